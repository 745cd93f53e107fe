import numpy as np
import pytest
from nanonis_writer import GridFile
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io import describe, open_map
from didymos.io.nanonis.frame import frame_positions
from didymos.io.nanonis.header import Frame


def read(tmp_path, grid, **kwargs):
    return open_map(grid.write(tmp_path / "grid.3ds", **kwargs))


def test_the_angle_of_a_frame_counts_clockwise():
    frame = Frame((1.0, 2.0), (1.0, 1.0), 90.0)
    # one step along the width of a frame turned by 90° clockwise goes down in y
    assert_allclose(frame_positions(np.array([1.0]), np.array([1.0]), frame), [[1.0, 0.0]], atol=1e-15)


@pytest.mark.parametrize("order", ["rows", "meander", "down"])
@pytest.mark.parametrize("layout", ["centres", "edges", "corners"])
@pytest.mark.parametrize("angle", [0.0, 45.0, -120.0, 180.0])
def test_every_record_is_put_in_place(tmp_path, order, layout, angle):
    grid = GridFile(columns=5, rows=4, order=order, layout=layout, angle=angle)
    array = read(tmp_path, grid)
    assert_array_equal(array.values, grid.spectra[:, :, 1])
    assert_array_equal(array.topography.values.astype(np.float32), grid.height)
    assert array.attrs["pixel_order"] == "by the recorded X and Y"


@pytest.mark.parametrize("keep", [3, 7, 11.5, 17])
@pytest.mark.parametrize("layout", ["centres", "edges", "corners"])
def test_an_aborted_meander(tmp_path, keep, layout):
    grid = GridFile(columns=5, rows=4, order="meander", layout=layout, angle=30.0)
    array = read(tmp_path, grid, keep_records=keep)
    for number, (row, column) in enumerate(grid.sequence()):
        spectrum = array.values[row, column]
        if number < int(keep):
            assert_array_equal(spectrum, grid.spectra[row, column, 1])
        elif number >= np.ceil(keep):
            assert np.isnan(spectrum).all()


def test_a_common_offset_of_the_positions(tmp_path):
    grid = GridFile(columns=5, rows=4, order="meander")
    path = grid.write(tmp_path / "grid.3ds")
    # the frame was moved by a third of a pixel after its settings were written
    text = path.read_bytes().replace(b"Grid settings=3.000000E-08", b"Grid settings=3.050000E-08")
    path.write_bytes(text)
    assert_array_equal(open_map(path).values, grid.spectra[:, :, 1])


@pytest.mark.parametrize("moved", [0.4, 1.3, -2.6])
def test_an_aborted_grid_that_has_drifted_off_its_frame(tmp_path, moved):
    grid = GridFile(columns=5, rows=4, size=(1e-8, 1e-8), center=(0.0, moved * 2.5e-9), header={"Comment": "drift"})
    grid.header["Grid settings"] = "0;0;1E-8;1E-8;0"
    array = read(tmp_path, grid, keep_records=10)
    assert_array_equal(array.values[:2], grid.spectra[:2, :, 1])
    assert np.isnan(array.values[2:]).all()


def test_an_aborted_grid_recorded_downwards(tmp_path):
    grid = GridFile(columns=5, rows=4, order="down")
    array = read(tmp_path, grid, keep_records=15)
    assert_array_equal(array.values[1:], grid.spectra[1:, :, 1])
    assert np.isnan(array.values[0]).all()


def test_a_meander_with_positions_missing_here_and_there(tmp_path):
    grid = GridFile(columns=5, rows=4, order="meander")
    records = grid.records()
    records[[6, 7, 13], 2:4] = np.nan
    path = tmp_path / "grid.3ds"
    path.write_bytes(grid.header_bytes() + records.tobytes())
    array = open_map(path)
    assert array.attrs["pixel_order"] == "by the direction of each row in X and Y"
    assert_array_equal(array.values, grid.spectra[:, :, 1])
    records[:, 2:4] = np.nan
    path.write_bytes(grid.header_bytes() + records.tobytes())
    assert open_map(path).attrs["pixel_order"] == "in the order of the file (positions are missing)"


def drifting(grid, per_record):
    records = grid.records()
    column = grid.names.index("X (m)")
    records[:, column] += per_record * np.arange(len(records))
    return grid.header_bytes() + records.tobytes()


def test_a_meander_laid_out_in_advance_with_nan(tmp_path):
    grid = GridFile(columns=5, rows=4, order="meander")
    records = grid.records()
    records[8:] = np.nan
    path = tmp_path / "grid.3ds"
    path.write_bytes(grid.header_bytes() + records.tobytes())
    array = open_map(path)
    assert array.attrs["pixel_order"] == "by the recorded X and Y"
    assert_array_equal(array.values[0], grid.spectra[0, :, 1])
    assert_array_equal(array.values[1, 2:], grid.spectra[1, 2:, 1])
    assert np.isnan(array.values[1, :2]).all()
    assert np.isnan(array.values[2:]).all()


def test_a_drifting_meander_is_turned_row_by_row(tmp_path):
    grid = GridFile(columns=5, rows=4, order="meander")
    path = tmp_path / "grid.3ds"
    path.write_bytes(drifting(grid, 3e-10))
    array = open_map(path)
    assert array.attrs["pixel_order"] == "by the direction of each row in X and Y"
    assert_array_equal(array.values, grid.spectra[:, :, 1])


@pytest.mark.parametrize(("columns", "rows"), [(20, 1), (1, 20), (5, 4)])
def test_positions_that_form_no_grid_are_scattered_points(tmp_path, columns, rows):
    grid = GridFile(columns=columns, rows=rows)
    records = grid.records()
    positions = (3e-8 + 1e-8 * np.random.default_rng(2).random((20, 2))).astype(np.float32)
    records[:, 2:4] = positions
    records[17:] = np.nan
    path = tmp_path / "grid.3ds"
    path.write_bytes(grid.header_bytes() + records.tobytes())
    array = open_map(path)
    assert array.attrs["pixel_order"] == "scattered points at the recorded X and Y (these form no grid)"
    assert array.dims == ("point", "energy")
    assert_array_equal(array.values, grid.spectra[:, :, 1].reshape(20, -1)[:17])
    assert_array_equal(np.stack([array.x, array.y], axis=1), positions[:17])
    assert (array.x.attrs["units"], array.topography.dims) == ("m", ("point",))
    assert dict(describe(path).rows())["spectra"] == "17 complete, 0 partial, 0 missing"
    lazy = open_map(path, lazy=True)
    assert_array_equal(lazy.values, array.values)


def test_a_grid_whose_positions_are_noisy_stays_a_grid(tmp_path):
    grid = GridFile(columns=5, rows=4)
    records = grid.records()
    records[:, 2:4] += 5e-10 * np.random.default_rng(2).standard_normal((20, 2))
    path = tmp_path / "grid.3ds"
    path.write_bytes(grid.header_bytes() + records.tobytes())
    assert_array_equal(open_map(path).values, grid.spectra[:, :, 1])


def test_single_broken_positions_leave_a_grid(tmp_path):
    grid = GridFile(columns=5, rows=4)
    records = grid.records()
    records[[3, 11], 2] = [4.0, -1e9]
    records[7, 3] = 1e-3
    path = tmp_path / "grid.3ds"
    path.write_bytes(grid.header_bytes() + records.tobytes())
    assert_array_equal(open_map(path).values, grid.spectra[:, :, 1])


@pytest.mark.parametrize("positions", ["zero", "twice the same"])
def test_positions_without_a_meaning_leave_the_order_of_the_file(tmp_path, positions):
    grid = GridFile(columns=5, rows=4)
    records = grid.records()
    if positions == "zero":
        records[:, 2:4] = 0
    else:
        records[7, 2:4] = records[12, 2:4]
    path = tmp_path / "grid.3ds"
    path.write_bytes(grid.header_bytes() + records.tobytes())
    array = open_map(path)
    assert array.attrs["pixel_order"] == "in the order of the file (the recorded positions form no exact grid)"
    assert_array_equal(array.values, grid.spectra[:, :, 1])


def test_an_angle_of_the_wrong_sign_does_not_turn_the_image(tmp_path):
    grid = GridFile(columns=5, rows=5, angle=45.0, size=(8e-9, 8e-9))
    content = grid.content().replace(b";4.500000E+01\r", b";-4.500000E+01\r")
    (tmp_path / "grid.3ds").write_bytes(content)
    array = open_map(tmp_path / "grid.3ds")
    assert array.attrs["frame_angle"] == -45.0
    assert_array_equal(array.values, grid.spectra[:, :, 1])


def test_without_positions_the_order_of_the_file_counts(tmp_path):
    array = read(tmp_path, GridFile(header={"Experiment parameters": '"Z (m)"'}))
    assert array.attrs["pixel_order"] == "in the order of the file (no positions were recorded)"


def test_positions_far_beyond_any_frame(tmp_path):
    grid = GridFile(size=(1e-300, 1e-300))
    assert_array_equal(read(tmp_path, grid).values, grid.spectra[:, :, 1])
    grid.header["Grid settings"] = "0;0;1E-300;1E-300;0"
    assert_array_equal(read(tmp_path, grid).values, grid.spectra[:, :, 1])


def test_a_frame_without_size_has_pixels_for_coordinates(tmp_path):
    array = read(tmp_path, GridFile(size=(0.0, 0.0)))
    assert_array_equal(array.x.values, [0, 1, 2, 3])
    assert array.x.attrs["units"] == "pixel"

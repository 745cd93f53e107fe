import nanonispy2
import numpy as np
import pytest
from nanonis_writer import GridFile
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io import open_map
from didymos.schema import InputError

LOCKIN = 1
TWINS = ("Current (A)", "LI Demod 1 X (A)", "Current [bwd] (A)", "LI Demod 1 X [bwd] (A)")


def test_a_complete_grid(tmp_path):
    grid = GridFile(header={"Comment": '"Au(111); 5 K"', "Lock-in>Amplitude": "2E-3", "Z-Controller>Setpoint": "5E-11"})
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    assert array.dims == ("y", "x", "energy")
    assert array.dtype == np.float32
    assert_array_equal(array.values, grid.spectra[:, :, LOCKIN])
    assert_allclose(array.energy.values, np.linspace(-500, 500, 8))
    assert_allclose(array.x.values, [1e-9, 3e-9, 5e-9, 7e-9])
    assert_allclose(array.y.values, [1e-9, 3e-9, 5e-9])
    assert_array_equal(array.topography.values.astype(np.float32), grid.height)
    assert (array.energy.attrs, array.x.attrs["units"]) == ({"units": "mV", "long_name": "Bias"}, "m")
    assert_allclose([*array.attrs["frame_center"], *array.attrs["frame_size"]], [3e-8, -2e-8, 8e-9, 6e-9])
    wanted = {
        "channel": "LI Demod 1 X (A)",
        "channel_rule": "lock-in X of the first harmonic",
        "units": "A",
        "long_name": "dI/dV",
        "comment": "Au(111); 5 K",
        "lockin_amplitude": 2e-3,
        "set_point": 5e-11,
        "start_time": "24.04.2024 15:17:05",
        "sweep_direction": "up",
        "input_file": "grid.3ds",
    }
    assert {key: array.attrs[key] for key in wanted} == wanted
    assert "derived" not in array.attrs


def test_the_same_numbers_as_nanonispy(tmp_path):
    path = GridFile(angle=30.0).write(tmp_path / "grid.3ds")
    peer = nanonispy2.read.Grid(str(path))
    for name in ("Current (A)", "LI Demod 1 X (A)", "LI Demod 1 Y (A)"):
        assert_array_equal(open_map(path, channel=name).values, peer.signals[name])
    array = open_map(path)
    assert_allclose(array.energy.values, 1e3 * peer.signals["sweep_signal"], rtol=1e-6)
    assert_array_equal(array.topography.values.astype(np.float32), peer.signals["topo"])


@pytest.mark.parametrize("keep", [1, 4, 5, 6.5, 11.99])
def test_an_aborted_grid_comes_as_nan(tmp_path, keep):
    grid = GridFile()
    array = open_map(grid.write(tmp_path / "grid.3ds", keep_records=keep))
    flat, true = array.values.reshape(12, -1), grid.spectra[:, :, LOCKIN].reshape(12, -1)
    assert_array_equal(flat[: int(keep)], true[: int(keep)])
    assert np.isnan(flat[int(np.ceil(keep)) :]).all()
    assert np.isnan(array.topography.values.ravel()[int(np.ceil(keep)) :]).all()
    assert not (flat == 0).any()


def test_a_record_cut_inside_a_channel_keeps_the_values_that_are_there(tmp_path):
    grid = GridFile()
    # record 6 holds 10 parameters, 8 currents and 3.5 lock-in values
    array = open_map(grid.write(tmp_path / "grid.3ds", keep_records=5 + 4 * 21.5 / grid.record_bytes))
    assert_array_equal(array.values[1, 1, :3], grid.spectra[1, 1, LOCKIN, :3])
    assert np.isnan(array.values[1, 1, 3:]).all()


def test_records_laid_out_in_advance_come_as_nan(tmp_path):
    grid = GridFile()
    array = open_map(grid.write(tmp_path / "grid.3ds", keep_records=5, zero_records=7))
    flat = array.values.reshape(12, -1)
    assert_array_equal(flat[:5], grid.spectra[:, :, LOCKIN].reshape(12, -1)[:5])
    assert np.isnan(flat[5:]).all()
    assert np.isnan(array.topography.values.ravel()[5:]).all()


def test_zeros_at_the_end_of_the_last_record_measured_come_as_nan(tmp_path):
    grid = GridFile()
    data = bytearray(grid.write(tmp_path / "grid.3ds", keep_records=6, zero_records=6).read_bytes())
    start = len(grid.header_bytes()) + 5 * grid.record_bytes + 4 * (10 + 8 + 5)
    data[start : len(data)] = bytes(len(data) - start)
    (tmp_path / "grid.3ds").write_bytes(data)
    array = open_map(tmp_path / "grid.3ds")
    assert_array_equal(array.values[1, 1, :5], grid.spectra[1, 1, LOCKIN, :5])
    assert np.isnan(array.values[1, 1, 5:]).all()


def test_nan_tails_inside_spectra_stay(tmp_path):
    grid = GridFile()
    grid.spectra[1, 2, :, 5:] = np.nan
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    assert_array_equal(array.values, grid.spectra[:, :, LOCKIN])


@pytest.mark.parametrize(("columns", "rows"), [(5, 1), (1, 5), (1, 1)])
def test_lines_and_single_points(tmp_path, columns, rows):
    grid = GridFile(columns=columns, rows=rows)
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    assert array.shape == (rows, columns, 8)
    assert_array_equal(array.values, grid.spectra[:, :, LOCKIN])


def test_a_line_whose_frame_has_no_height(tmp_path):
    grid = GridFile(columns=5, rows=1, size=(8e-9, 0.0))
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    assert_array_equal(array.values, grid.spectra[:, :, LOCKIN])
    assert_allclose(array.x.values, [0.8e-9, 2.4e-9, 4e-9, 5.6e-9, 7.2e-9])


def test_backward_sweeps_are_averaged_on_request(tmp_path):
    grid = GridFile(channels=TWINS)
    grid.spectra[0, 0, 1, 6:] = np.nan
    grid.spectra[0, 1, 3, :2] = np.nan
    grid.spectra[0, 2, [1, 3], 4] = np.nan
    path = grid.write(tmp_path / "grid.3ds")
    array = open_map(path, average_backward=True)
    assert_allclose(
        array.values,
        np.nanmean(np.where(np.isnan(grid.spectra), 0, grid.spectra)[:, :, [1, 3]], axis=2) * _weight(grid),
    )
    assert array.attrs["backward"] == "averaged with LI Demod 1 X [bwd] (A)"
    assert_array_equal(open_map(path).values, grid.spectra[:, :, 1])


def _weight(grid):
    count = np.isfinite(grid.spectra[:, :, [1, 3]]).sum(axis=2)
    return np.where(count > 0, 2 / np.maximum(count, 1), np.nan)


def test_no_backward_sweep_to_average_with(tmp_path):
    path = GridFile().write(tmp_path / "grid.3ds")
    with pytest.raises(InputError, match=r"no other sweep direction of 'LI Demod 1 X \(A\)'.*Current \(A\), LI Demod"):
        open_map(path, average_backward=True)


@pytest.mark.parametrize("sweep", [(-0.5, 0.5), (0.5, -0.5)])
def test_with_a_current_only_its_derivative_is_taken(tmp_path, sweep):
    bias = np.linspace(sweep[0], sweep[1], 21)
    current = 2e-9 * bias + 3e-9 * bias**2
    grid = GridFile(points=21, channels=("Current (A)",), sweep=sweep, spectra=np.tile(current, (3, 4, 1, 1)))
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    inner = array.values[1, 2, 1:-1]
    assert_allclose(inner, 2e-9 + 6e-9 * array.energy.values[1:-1] / 1e3, rtol=1e-4, atol=1e-14)
    assert (array.attrs["units"], array.attrs["long_name"]) == ("S", "dI/dV")
    assert array.attrs["derived"] == "dI/dV by numerical derivative of Current (A)"
    assert array.attrs["channel"] == "Current (A)"


def test_the_current_wanted_is_the_current_itself(tmp_path):
    grid = GridFile(channels=("Current (A)",))
    array = open_map(grid.write(tmp_path / "grid.3ds"), channel="current")
    assert_array_equal(array.values, grid.spectra[:, :, 0])
    assert (array.attrs["units"], array.attrs["long_name"]) == ("A", "Current")
    assert "derived" not in array.attrs


def test_a_missing_channel_is_told_with_what_there_is(tmp_path):
    path = GridFile().write(tmp_path / "grid.3ds")
    with pytest.raises(InputError, match=r"grid\.3ds: 'Phase' is no channel.*Current \(A\), LI Demod 1 X \(A\)"):
        open_map(path, channel="Phase")


@pytest.mark.parametrize(
    ("experiment", "factor"),
    [("X (m);Y (m);Z (m);Scan:Z (m)", 1), ("X (m);Y (m);Scan:Z (m)", 2), ("X (m);Y (m);Z offset (m)", None)],
)
def test_topography_comes_from_the_first_parameter_that_has_it(tmp_path, experiment, factor):
    grid = GridFile(header={"Experiment parameters": f'"{experiment}"'})
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    if factor is None:
        assert "topography" not in array.coords
    else:
        assert_allclose(array.topography.values, factor * grid.height, rtol=1e-6)


def test_a_grid_without_any_value_in_the_channel_is_refused(tmp_path):
    grid = GridFile()
    grid.spectra[:, :, LOCKIN] = np.nan
    with pytest.raises(InputError, match=r"no measured value of 'LI Demod 1 X \(A\)': take another channel"):
        open_map(grid.write(tmp_path / "grid.3ds"))


def test_the_attributes_go_into_netcdf(tmp_path):
    grid = GridFile(header={"Comment": '"line 1\x07\nline 2"'})
    array = open_map(grid.write(tmp_path / "grid.3ds"))
    array.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    again = open_map(tmp_path / "map.nc")
    assert_array_equal(again.values, array.values)
    assert again.attrs["comment"] == "line 1\nline 2"
    assert_allclose(again.attrs["frame_center"], array.attrs["frame_center"])

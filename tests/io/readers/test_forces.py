import numpy as np
import pytest
from damage import mutated, read_all, truncated
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.readers.forces import READER
from didymos.schema import InputError

afmformats = pytest.importorskip("afmformats", reason="afmformats is not installed")
h5py = pytest.importorskip("h5py")


def force_at(distance, number, backward=False):
    """Linear in the distance, so that every interpolation is exact."""
    return 1e-9 * (number + 1) + 0.01 * distance + (5e-10 if backward else 0)


def curve(number, *, points=20, lowest=None, grid=True, step=1e-9, **metadata):
    """A curve of the point `number` of a grid of 4 x 3, with its columns as afmformats keeps them."""
    from afmformats.mod_force_distance import AFMForceDistance

    lowest = 1e-6 + 2e-9 * number if lowest is None else lowest
    far = step * np.arange(points)[::-1]
    distance = np.concatenate([far, far[::-1]])
    segment = np.repeat([0, 1], points)
    force = np.where(segment == 0, force_at(distance, number), force_at(distance, number, True))
    data = {"force": force, "height (piezo)": lowest + distance, "segment": segment.astype(np.uint8)}
    column, row = number % 4, number // 4
    space = {
        "grid center x": 2e-6, "grid center y": 3e-6, "grid shape x": 4, "grid shape y": 3, "grid size x": 4e-6,
        "grid size y": 6e-6, "position x": 0.5e-6 + column * 1e-6, "position y": 1e-6 + row * 2e-6,
    }  # fmt: skip
    known = {
        "path": "a", "enum": number, "imaging mode": "force-distance", "spring constant": 0.05, "date": "2024-02-03",
        "time": "10:11:12", **(space if grid else {}),
    } | metadata  # fmt: skip
    return AFMForceDistance(data=data, metadata=known)


def map_of(path, curves):
    with h5py.File(path, "w") as file:
        for one in curves:
            one.export_data(file, fmt="hdf5")
    return path


def test_a_map_of_hdf5(tmp_path):
    path = map_of(tmp_path / "a.h5", [curve(number) for number in range(12)])
    assert READER.recognises(path)
    content = READER.read(path, None)
    approach, retract = content.arrays["Force (N)"], content.arrays["Force [bwd] (N)"]
    assert (approach.dims, approach.shape) == (("y", "x", "energy"), (3, 4, 20))
    distance = 1e-9 * np.arange(20)
    assert_allclose(approach.energy.values, distance, atol=1e-15)
    number = np.arange(12).reshape(3, 4, 1)
    assert_allclose(approach.values, force_at(distance, number), rtol=1e-5)
    assert_allclose(retract.values, force_at(distance, number, True), rtol=1e-5)
    assert_allclose(content.arrays["topography"].values, 1e-6 + 2e-9 * number[..., 0])
    assert_allclose(approach.x.values, [0.5e-6, 1.5e-6, 2.5e-6, 3.5e-6])
    assert_allclose(approach.y.values, [1e-6, 3e-6, 5e-6])
    units = [approach[name].attrs["units"] for name in ("x", "y", "energy")]
    assert (units, approach.attrs["units"], content.sweep_signal) == (["m"] * 3, "N", "Distance (m)")
    assert (content.attrs["spring_constant"], content.preferred) == (0.05, "Force (N)")
    assert content.attrs["start_time"] == "2024-02-03 10:11:12"


def test_missing_points_and_different_axes(tmp_path):
    curves = [curve(number, points=20 + number) for number in range(12) if number != 5]
    content = READER.read(map_of(tmp_path / "a.h5", curves), None)
    approach = content.arrays["Force (N)"]
    assert content.attrs["energy_axis"].endswith("the points have different axes")
    energy = approach.energy.values
    assert energy.size == 31
    assert_array_equal(np.isnan(approach.values[1, 1]), True)
    assert np.isnan(content.arrays["topography"].values[1, 1])
    assert_array_equal(np.isfinite(approach.values[0, 0]), energy < 19.5e-9)
    assert_allclose(approach.values[2, 3], force_at(energy, 11), rtol=1e-5)


def test_a_folder_of_tables_without_a_grid(tmp_path):
    folder = tmp_path / "curves"
    folder.mkdir()
    for number in range(11):
        place = {"position x": 1e-6 * number, "position y": -2e-6 * number}
        curve(number, grid=False, **place).export_data(folder / f"curve{number}.tab", fmt="tab")
    (folder / "other.tab").write_text("# nothing\n")
    assert READER.recognises(folder)
    content = READER.read(folder, None)
    approach = content.arrays["Force (N)"]
    assert (approach.dims, approach.shape) == (("point", "energy"), (11, 20))
    assert_allclose(approach.x.values, 1e-6 * np.arange(11), atol=1e-15)
    assert_allclose(approach.y.values, -2e-6 * np.arange(11), atol=1e-15)
    assert_allclose(approach.values, force_at(1e-9 * np.arange(20), np.arange(11)[:, None]), rtol=1e-5)
    assert content.attrs["left_out"].startswith("other.tab cannot be read as a force map")


def test_curves_whose_segments_are_not_told_apart_turn_at_the_lowest_position(tmp_path):
    curves = [curve(number) for number in range(2)]
    for one in curves:
        one["segment"] = np.zeros(40, dtype=np.uint8)
    content = READER.read(map_of(tmp_path / "a.h5", curves), None)
    distance = 1e-9 * np.arange(20)
    assert_allclose(content.arrays["Force (N)"].values[0, 0], force_at(distance, 0), rtol=1e-5)
    assert_allclose(content.arrays["Force [bwd] (N)"].values[0, 0, 1:], force_at(distance, 0, True)[1:], rtol=1e-5)


def test_what_is_no_force_map(tmp_path):
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["spectra"] = np.ones(3)
    (tmp_path / "c.h5").write_bytes(b"no HDF5")
    (tmp_path / "d.ibw").write_bytes(bytes(5000))
    (tmp_path / "e.ibw").write_bytes(bytes(5000) + b"Raw".ljust(32, b"\0") + b"Defl".ljust(32, b"\0"))
    (tmp_path / "f.zip").write_bytes(b"PK")
    recognised = [file.name for file in sorted(tmp_path.iterdir()) if READER.recognises(file)]
    assert recognised == ["e.ibw"]
    assert READER.recognises(tmp_path)  # a folder with a curve in it
    for name in ("b.h5", "c.h5"):
        with pytest.raises(InputError, match=f"{name} cannot be read as a force map"):
            READER.read(tmp_path / name, None)
    (tmp_path / "g.jpk-force-map").write_bytes(b"PK\3\4 cut")
    with pytest.raises(InputError, match=r"g\.jpk-force-map cannot be read as a force map"):
        READER.read(tmp_path / "g.jpk-force-map", None)


def test_damaged_copies(tmp_path):
    data = map_of(tmp_path / "a.h5", [curve(number) for number in range(3)]).read_bytes()
    contents, refusals = read_all(READER, tmp_path / "cut.h5", truncated(data))
    assert not contents
    assert len(refusals) > 30
    contents, refusals = read_all(READER, tmp_path / "changed.h5", mutated(data, 80))
    assert refusals
    # checksums guard the values, so what is read is right
    for content in contents:
        assert content.arrays["Force (N)"].sizes["energy"] == 20

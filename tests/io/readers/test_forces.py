import zipfile

import numpy as np
import pytest
from damage import mutated, read_all, recognised, truncated
from igor_writer import wave
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


def jpk(path, columns=3, rows=2, points=10):
    """A force map as JPK writes it: a zip file of property files and big-endian integers with scales."""

    def lines(properties):
        return "".join(f"{key}={value}\n" for key, value in properties.items())

    def channel(name, slot, unit, chain):
        conversion = f"channel.{name}.conversion-set"
        known = {
            f"channel.{name}.data.encoder.type": "signedinteger",
            f"channel.{name}.data.encoder.scaling.multiplier": 1e-3,
            f"channel.{name}.data.encoder.scaling.offset": 0.0, f"{conversion}.conversions.base": "volts",
            f"{conversion}.conversions.default": slot,
        }  # fmt: skip
        base = "volts"
        for step, multiplier, offset, of_unit in chain:
            one = f"{conversion}.conversion.{step}"
            known |= {
                f"{one}.name": step, f"{one}.scaling.multiplier": multiplier, f"{one}.scaling.offset": offset,
                f"{one}.base-calibration-slot": base, f"{one}.scaling.unit.unit": of_unit,
            }  # fmt: skip
            base = step
        return known

    grid = {
        "ilength": columns,
        "jlength": rows,
        "ulength": columns * 1e-6,
        "vlength": 4e-6,
        "xcenter": 5e-6,
        "ycenter": 7e-6,
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "header.properties", lines({f"force-scan-map.position-pattern.grid.{k}": v for k, v in grid.items()})
        )
        archive.writestr("index/", "")
        for number in range(columns * rows):
            column, row = number % columns, number // columns
            place = {
                "position.x": 5e-6 + (column - (columns - 1) / 2) * 1e-6,
                "position.y": 7e-6 + (row - 0.5) * 2e-6,
                "position-index": number,
            }
            here = f"index/{number}/"
            archive.writestr(here, "")
            archive.writestr(
                here + "header.properties", lines({f"force-scan-map.header.{k}": v for k, v in place.items()})
            )
            for way, style in enumerate(("extend", "retract")):
                part, head = f"{here}segments/{way}/", "force-segment-header."
                archive.writestr(part, "")
                settings = {
                    head + "settings.style": style, head + "num-points": points, head + "duration": 1.0,
                    head + "approach-id": "a", head + "time-stamp": "2024-02-03 10:11:12 UTC",
                    head + "settings.segment-settings.duration": 1.0, head + "settings.segment-settings.z-start": 0.0,
                    head + "settings.segment-settings.z-end": 1e-8,
                }  # fmt: skip
                settings |= channel(
                    "height", "calibrated", "m", [("nominal", 1e-6, 0.0, "m"), ("calibrated", 1.0, 2e-6, "m")]
                )
                settings |= channel(
                    "vDeflection", "force", "N", [("distance", 5e-8, 0.0, "m"), ("force", 0.04, 0.0, "N")]
                )
                archive.writestr(part + "segment-header.properties", lines(settings))
                steps = np.arange(points)[::-1] if way == 0 else np.arange(points)
                archive.writestr(part + "channels/height.dat", (10 * number + steps).astype(">i4").tobytes())
                archive.writestr(
                    part + "channels/vDeflection.dat", (100 * number + 50 * way + steps).astype(">i4").tobytes()
                )
    return path


def map_of(path, curves):
    with h5py.File(path, "w") as file:
        for one in curves:
            one.export_data(file, fmt="hdf5")
    return path


def test_a_map_of_hdf5(tmp_path):
    path = map_of(tmp_path / "a.h5", [curve(number) for number in range(12)])
    assert recognised(READER, path)
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
    assert recognised(READER, folder)
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


def test_a_map_of_jpk(tmp_path):
    content = READER.read(jpk(tmp_path / "a.jpk-force-map"), None)
    approach, retract = content.arrays["Force (N)"], content.arrays["Force [bwd] (N)"]
    number = np.arange(6).reshape(2, 3, 1)
    volts = 1e-3 * (100 * number + np.arange(10))
    assert_allclose(approach.values, volts * 5e-8 * 0.04, rtol=1e-4)
    assert_allclose(retract.values, (volts + 0.05) * 5e-8 * 0.04, rtol=1e-4)
    assert_allclose(approach.energy.values, 1e-9 * np.arange(10), atol=1e-13)
    assert_allclose(content.arrays["topography"].values, 2e-6 + 1e-8 * number[..., 0])
    assert_allclose(approach.y.values, [1e-6, 3e-6])
    assert content.attrs["height"] == "height (piezo)"
    # the same name again, with other values
    assert READER.read(jpk(tmp_path / "a.jpk-force-map", columns=2), None).arrays["Force (N)"].shape == (2, 2, 10)


def test_a_folder_of_asylum_curves(tmp_path):
    known = {
        "ScanSize": "1e-6", "ImagingMode": "Contact", "NumPtsPerSec": "100", "InvOLS": "5e-8",
        "TriggerChannel": "Force", "TriggerPoint": "1e-9", "SpringConstant": "0.05",
        "InputTime": "1",
        "ApproachVelocity": "1e-6", "RetractVelocity": "1e-6",
        "MicroscopeModel": "MFP3D", "Version": "1", "Date": "2024-02-03",
        "Time": "10:11:12 AM", "End": "",
    }  # fmt: skip
    note = "\r".join(f"{key}: {value}" for key, value in known.items())
    labels = b"".join(label.ljust(32, b"\0") for label in (b"", b"Raw", b"Defl"))
    distance = 1e-9 * np.r_[np.arange(10)[::-1], np.arange(1, 10)]
    for number in range(3):
        # Asylum counts the extension of the piezo, and a deflection
        columns = np.stack([1e-6 - distance, 1e-8 * number + distance], axis=1)
        made = wave(columns, (1, 1), (0, 0), ("", ""), note=note, labels=labels)
        (tmp_path / f"Line0000Point{number:04d}.ibw").write_bytes(made)
    assert recognised(READER, tmp_path)
    content = READER.read(tmp_path, None)
    approach = content.arrays["Force (N)"]
    assert (approach.dims, approach.shape) == (("point", "energy"), (3, 10))
    expected = 0.05 * (1e-8 * np.arange(3)[:, None] + 1e-9 * np.arange(10))
    assert_allclose(approach.values, expected, rtol=1e-4, atol=1e-14)
    assert_allclose(content.arrays["Force [bwd] (N)"].values[:, 1:], expected[:, 1:], rtol=1e-4)
    assert content.attrs["positions"] == "not recorded: the curves are numbered"


def test_a_map_of_afm_workshop(tmp_path):
    distance = 5.0 * np.arange(8)[::-1]  # nm above the lowest position
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(6):
            force = number + 0.1 * distance
            table = np.stack([-distance, force, -distance[::-1], force[::-1] + 3], axis=1)
            lines = [
                "Force-Distance Curve", "File Format:\t3", "", "Date:\tWednesday, August 1, 2018", "Time:\t1:07:47 PM",
                "Mode:\tMapping", f"Point:\t{number + 1}", f"X, um:\t{10 + number % 3}",
                f"Y, um:\t{20 + 2 * (number // 3)}",
                "", "Extend Z-Sense(nm),Extend Force(nN),Retract Z-Sense(nm),Retract Force(nN)",
                *[",".join(f"{value:.4f}" for value in row) for row in table],
            ]  # fmt: skip
            archive.writestr(f"point{number + 1}.csv", "\n".join(lines))
    assert recognised(READER, tmp_path / "a.zip")
    content = READER.read(tmp_path / "a.zip", None)
    approach, retract = content.arrays["Force (N)"], content.arrays["Force [bwd] (N)"]
    expected = 1e-9 * (np.arange(6).reshape(2, 3, 1) + 0.5 * np.arange(8))
    assert_allclose(approach.values, expected, rtol=1e-4, atol=1e-14)
    assert_allclose(retract.values, expected + 3e-9, rtol=1e-4)
    assert_allclose(approach.y.values, [1e-6, 3e-6], rtol=1e-6)


def test_damaged_copies_of_jpk(tmp_path):
    data = jpk(tmp_path / "a.jpk-force-map").read_bytes()
    contents, refusals = read_all(READER, tmp_path / "cut.jpk-force-map", truncated(data))
    assert not contents
    contents, refusals = read_all(READER, tmp_path / "changed.jpk-force-map", mutated(data, 60))
    assert refusals
    for content in contents:
        assert content.arrays["Force (N)"].sizes["energy"] == 10


def test_what_is_no_force_map(tmp_path):
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["spectra"] = np.ones(3)
    (tmp_path / "c.h5").write_bytes(b"no HDF5")
    (tmp_path / "d.ibw").write_bytes(bytes(5000))
    (tmp_path / "e.ibw").write_bytes(bytes(5000) + b"Raw".ljust(32, b"\0") + b"Defl".ljust(32, b"\0"))
    (tmp_path / "f.zip").write_bytes(b"PK")
    names = [file.name for file in sorted(tmp_path.iterdir()) if recognised(READER, file)]
    assert names == ["e.ibw"]
    assert recognised(READER, tmp_path)  # a folder with a curve in it
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

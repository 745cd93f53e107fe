import warnings

import h5py
import numpy as np
import pytest
from damaged_files import changes, cuts, refusals
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io.readers.nsid import READER, recognises
from didymos.schema import InputError

DATA = np.random.default_rng(0).normal(size=(3, 4, 6))
AXES = (
    ("y", np.arange(3) * 0.5, "nm", "SPATIAL"),
    ("x", np.arange(4) * 0.25, "nm", "SPATIAL"),
    ("energy_loss", np.linspace(-5, 20, 6), "eV", "SPECTRAL"),
)


def write(path, data=DATA, axes=AXES, name="SI", **attrs):
    """A dataset as the NSID standard describes it."""
    with h5py.File(path, "a") as file:
        group = file.create_group(f"Measurement_000/Channel_000/{name}")
        main = group.create_dataset(name, data=data)
        main.attrs.update({"quantity": "intensity", "units": "counts", "data_type": "SPECTRAL_IMAGE"} | attrs)
        for i, (label, values, units, kind) in enumerate(axes):
            scale = group.create_dataset(label, data=values)
            scale.attrs.update({"name": label, "units": units, "quantity": label, "dimension_type": kind})
            scale.make_scale(label)
            main.dims[i].attach_scale(scale)
    return path


def only(path, lazy=None):
    (array,) = READER.read(path, lazy).arrays.values()
    return array


@pytest.mark.real_data
def test_the_real_map(real_data):
    path = real_data / "pycroscopy" / "bfo_iv_final.hf5"
    assert recognises(path)
    content = READER.read(path, None)
    assert content.sweep_signal == "√E ((V/m)^0.5)"
    assert list(content.arrays) == ["log J (A/m^2)"]
    assert content.attrs["start_time"] == "2022_07_01-15_37_39"
    array = content.arrays["log J (A/m^2)"]
    with h5py.File(path) as file:
        group = file["Measurement_000/Channel_000/IV_BFO"]
        assert_array_equal(array.transpose("x", "y", "energy").values, group["IV_BFO"][()])
        assert_array_equal(array.x.values, group["x"][()])
        assert_array_equal(array.y.values, group["y"][()])
        assert_array_equal(array.energy.values, group["$\\sqrt E$"][()])
    assert (array.x.attrs["units"], array.y.attrs["units"]) == ("m", "m")
    # as in the file, but for the marks of LaTeX
    assert array.energy.attrs == {"units": "(V/m)^0.5", "long_name": "√E"}
    assert (array.attrs["units"], array.attrs["long_name"]) == ("A/m^2", "log J")
    assert_allclose(array.x.values[-1], 5e-9)
    lazy = READER.read(path, True).arrays["log J (A/m^2)"]
    assert_array_equal(lazy.values, array.values)
    assert lazy.chunks is not None


def test_axes_and_units(tmp_path):
    array = only(write(tmp_path / "a.h5"))
    assert array.dims == ("y", "x", "energy")
    assert_array_equal(array.values, DATA)
    assert array.energy.attrs == {"units": "eV", "long_name": "energy loss"}
    assert array.attrs["units"] == "counts"


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 0, 1), (1, 2, 0)])
def test_the_order_of_the_axes_does_not_matter(tmp_path, order):
    path = write(tmp_path / "a.h5", DATA.transpose(order), [AXES[i] for i in order])
    for lazy in (False, True):
        assert_array_equal(only(path, lazy).transpose("y", "x", "energy").values, DATA)


def test_a_line_is_one_row_and_a_sweep_up_and_down_is_two_channels(tmp_path):
    bias = np.array([-1, 0, 1, 1, 0, -1.0])
    content = READER.read(write(tmp_path / "a.h5", DATA[0], [AXES[1], ("bias", bias, "V", "SPECTRAL")]), None)
    assert list(content.arrays) == ["intensity (counts)", "intensity [bwd] (counts)"]
    forward, backward = content.arrays.values()
    assert dict(forward.sizes) == {"y": 1, "x": 4, "energy": 3}
    assert_array_equal(forward.values[0], DATA[0, :, :3])
    assert_array_equal(backward.energy, [1, 0, -1])
    assert_array_equal(backward.values[0], DATA[0, :, 3:])


def test_complex_values_are_lock_in_channels(tmp_path):
    content = READER.read(write(tmp_path / "a.h5", DATA + 2j), None)
    assert list(content.arrays) == ["intensity X (counts)", "intensity Y (counts)", "intensity R (counts)"]
    assert_array_equal(content.arrays["intensity X (counts)"].values, DATA)
    assert_allclose(content.arrays["intensity R (counts)"].values, np.hypot(DATA, 2))


def test_a_cloud_of_points_has_their_positions(tmp_path):
    axes = [("point_number", np.arange(12), "generic", "POINT_CLOUD"), AXES[2]]
    path = write(tmp_path / "a.h5", DATA.reshape(12, 6), axes)
    assert "x" not in only(path).coords
    places = np.random.default_rng(4).normal(size=(12, 2))
    with h5py.File(path, "a") as file:
        cloud = file["Measurement_000/Channel_000/SI"].create_group("point_cloud")
        cloud.attrs.update({"coordinates": places, "spacial_units": "nm"})
    array = only(path)
    assert array.dims == ("point", "energy")
    assert_array_equal(array.x, places[:, 0])
    assert_array_equal(array.y, places[:, 1])
    assert array.x.attrs["units"] == "nm"


def test_what_is_no_map_stands_beside_the_map_without_harm(tmp_path):
    path = write(tmp_path / "a.h5", DATA[0, 0], [AXES[2]], name="spectrum")
    with pytest.raises(InputError, match=r"a.h5: it holds no spectral map: spectrum: it has the axes energy_loss"):
        READER.read(path, None)
    assert only(write(path)).shape == DATA.shape


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"energy_loss": [0, 1, 1, 2, 3, 4]}, "holds 1 twice running"),
        ({"energy_loss": [0, 1, np.nan, 2, 3, 4]}, "not finite"),
        ({"y": [0, 1, 0]}, "the axis 'y' turns 1 times"),
    ],
)
def test_axes_that_are_not_monotonic_are_refused(tmp_path, change, message):
    axes = [(name, np.array(change.get(name, values), dtype=float), *rest) for name, values, *rest in AXES]
    with pytest.raises(InputError, match=message):
        READER.read(write(tmp_path / "a.h5", axes=axes), None)


def test_values_in_another_file_are_not_followed(tmp_path):
    path = tmp_path / "a.h5"
    DATA.tofile(tmp_path / "raw")
    write(path)
    with h5py.File(path, "a") as file:
        group = file["Measurement_000/Channel_000/SI"]
        attrs, scales = dict(group["SI"].attrs), [group[name] for name, *_ in AXES]
        del group["SI"]
        main = group.create_dataset("SI", DATA.shape, "f8", external=[(str(tmp_path / "raw"), 0, DATA.nbytes)])
        main.attrs.update({key: value for key, value in attrs.items() if "DIMENSION" not in key})
        for i, scale in enumerate(scales):
            main.dims[i].attach_scale(scale)
    with pytest.raises(InputError, match="keeps its values in another file"):
        READER.read(path, None)


def test_damaged_files(tmp_path):
    path = write(tmp_path / "a.h5")
    (tmp_path / "damaged").mkdir()
    refused = refusals(READER, path, tmp_path / "damaged", cuts(path))
    assert len(refused) == 40
    assert "damaged or incomplete" in refused[-1]
    assert refusals(READER, path, tmp_path / "damaged", changes(path))


def test_a_file_of_pynsid(tmp_path):
    sidpy = pytest.importorskip("sidpy", reason="sidpy is not installed")
    pynsid = pytest.importorskip("pyNSID", reason="pyNSID is not installed")
    dataset = sidpy.Dataset.from_array(DATA, title="SI")
    dataset.data_type, dataset.units, dataset.quantity = "spectral_image", "counts", "intensity"
    for i, (name, values, units, kind) in enumerate(AXES):
        axis = sidpy.Dimension(values, name=name, units=units, quantity=name, dimension_type=kind.lower())
        dataset.set_dimension(i, axis)
    with h5py.File(tmp_path / "a.hf5", "w") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pynsid.hdf_io.write_nsid_dataset(dataset, file.create_group("Measurement_000"), main_data_name="SI")
    array = only(tmp_path / "a.hf5")
    assert_array_equal(array.values, DATA)
    assert array.energy.attrs == {"units": "eV", "long_name": "energy loss"}
    assert_allclose(array.x, AXES[1][1])

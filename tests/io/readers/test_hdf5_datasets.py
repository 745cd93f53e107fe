import h5py
import numpy as np
import pytest
import xarray as xr

from didymos import InputError, open_map
from didymos.io import describe

VALUES = np.random.default_rng(0).random((4, 5, 6))


def written(path, **axes):
    with h5py.File(path, "w") as file:
        signal = file.create_dataset("scan/didv", data=VALUES)
        signal.attrs["units"] = "nS"
        for name, (values, units) in axes.items():
            file.create_dataset(f"scan/{name}", data=values).attrs["unit"] = units
        file["scan/notes"] = "a text"
    return path


AXES = {
    "bias": (np.linspace(-1, 1, 6), "mV"),
    "x": (1e-9 * np.arange(5), "m"),
    "y": (2e-9 * np.arange(4), "m"),
}


def test_axes_are_found_by_their_names_and_lengths(tmp_path):
    array = open_map(written(tmp_path / "map.h5", **AXES, temperature=(np.zeros(6), "K")))
    np.testing.assert_allclose(array.values, VALUES, rtol=1e-6)
    np.testing.assert_allclose(array.energy, AXES["bias"][0])
    np.testing.assert_allclose(array.y, AXES["y"][0])
    assert (array.energy.attrs["units"], array.x.attrs["units"], array.attrs["units"]) == ("mV", "m", "nS")
    assert array.energy.attrs["long_name"] == "bias"
    assert describe(tmp_path / "map.h5").format == "HDF5"


def test_dimension_scales_name_the_axes(tmp_path):
    square = np.random.default_rng(1).random((5, 5, 5))  # lengths tell nothing
    with h5py.File(tmp_path / "map.h5", "w") as file:
        signal = file.create_dataset("s", data=square)
        for axis, name in enumerate(("bias", "y", "x")):
            file[name] = np.arange(5.0) + axis
            file[name].make_scale(name)
            signal.dims[axis].attach_scale(file[name])
    array = open_map(tmp_path / "map.h5")
    np.testing.assert_allclose(array.values, np.moveaxis(square, 0, -1), rtol=1e-6)
    np.testing.assert_allclose(array.energy, np.arange(5.0))


def test_what_no_name_tells_the_user_says(tmp_path):
    path = written(tmp_path / "map.hdf5")
    with pytest.raises(InputError, match=r"scan/didv .*name the axes with dims, for example y,x,energy"):
        open_map(path)
    array = open_map(path, dims="energy,y,x")
    np.testing.assert_allclose(array.values, np.moveaxis(VALUES, 0, -1), rtol=1e-6)
    assert array.energy.attrs["units"] == "channel"
    assert array.x.attrs["units"] == "pixel"


@pytest.mark.parametrize("suffix", [".h5", ".hdf5"])
def test_netcdf_by_another_name(tmp_path, suffix):
    data = xr.DataArray(VALUES, {"energy": np.linspace(0, 1, 6)}, ("y", "x", "energy"), name="s", attrs={"units": "V"})
    data.to_netcdf(tmp_path / f"map{suffix}", engine="h5netcdf")
    array = open_map(tmp_path / f"map{suffix}")
    np.testing.assert_allclose(array.values, VALUES, rtol=1e-6)
    assert array.attrs["units"] == "V"


def test_a_large_map_stays_in_its_file(tmp_path):
    lazy = open_map(written(tmp_path / "map.h5", **AXES), lazy=True)
    assert lazy.chunks is not None
    np.testing.assert_allclose(lazy.compute().values, VALUES, rtol=1e-6)


def test_a_file_without_arrays_says_what_there_is(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a/line"] = np.zeros(7)
        file["text"] = "b"
    with pytest.raises(InputError, match=r"no array of numbers .*; there are: /a/line \(7,\) float64"):
        open_map(tmp_path / "other.h5")


@pytest.mark.parametrize("name", ["a.3ds", "a.nc", "a.csv", "a.sm4", "a.h5", "a.npy", "a.dm4"])
def test_a_pointer_of_git_lfs_is_named(tmp_path, name):
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:46\nsize 12\n")
    with pytest.raises(InputError, match="pointer of git-LFS, not the data"):
        open_map(tmp_path / name)

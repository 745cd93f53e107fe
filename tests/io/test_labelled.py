import contextlib
import zipfile

import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_array_equal

from didymos.io import open_map
from didymos.schema import InputError, spectral_map


def simulated():
    rng = np.random.default_rng(0)
    spectra = rng.random((3, 4, 5))
    spectra[1, 2] = np.nan
    array = spectral_map(
        spectra, np.linspace(-10, 10, 5), x=np.arange(4) * 1e-9, y=np.arange(3) * 1e-9, signal_units="S"
    )
    dataset = array.to_dataset()
    dataset["truth_amplitude"] = (("y", "x"), rng.random((3, 4)))
    dataset["truth_kind"] = (("x", "y"), np.arange(12, dtype=np.int8).reshape(4, 3))
    dataset["topography"] = (("y", "x"), rng.random((3, 4)), {"units": "m"})
    dataset["score"] = (("y", "x"), rng.random((3, 4)))
    dataset["spectrum"] = ("energy", np.arange(5.0))
    dataset["delay"] = ((), 3.0, {"units": "seconds"})
    dataset["acquired"] = (("y", "x"), np.arange(12.0).reshape(3, 4), {"units": "hours since 2024-01-01"})
    dataset.attrs.update(recipe="one", seed=7)
    return dataset


def save(dataset, folder, kind):
    path = folder / f"map{kind}"
    if kind == ".nc":
        dataset.to_netcdf(path, engine="h5netcdf")
    elif kind == ".nc4":
        dataset.drop_vars("truth_kind").to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")
    else:
        dataset.to_zarr(folder / "map.zarr", consolidated=False)
    if kind == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for part in sorted((folder / "map.zarr").rglob("*")):
                if part.is_file():
                    archive.write(part, part.relative_to(folder / "map.zarr").as_posix())
    return path


@pytest.mark.parametrize("kind", [".nc", ".nc4", ".zarr", ".zip"])
def test_simulated_maps_come_back_with_their_truth(tmp_path, kind):
    dataset = simulated()
    path = save(dataset, tmp_path, kind)
    array = open_map(path)
    assert array.dims == ("y", "x", "energy")
    assert array.dtype == np.float32
    assert_array_equal(array.values, dataset.spectra.values)
    assert_array_equal(array.energy.values, dataset.energy.values)
    assert_array_equal(array.truth_amplitude.values, dataset.truth_amplitude.values)
    assert array.topography.attrs["units"] == "m"
    if kind != ".nc4":
        assert_array_equal(array.truth_kind.values, dataset.truth_kind.values.T)
        assert array.truth_kind.dims == ("y", "x")
    assert array.acquired.dtype.kind == "f"
    # the score of an earlier analysis and the seed of another program are not part of the map
    assert "score" not in array.coords
    assert {"recipe": "one", "units": "S", "channel": "spectra", "input_file": path.name}.items() <= array.attrs.items()
    assert "seed" not in array.attrs


def test_the_file_is_closed_after_reading(tmp_path):
    path = save(simulated(), tmp_path, ".nc")
    open_map(path)
    path.unlink()
    simulated().isel(x=slice(2)).to_netcdf(path, engine="h5netcdf")
    assert open_map(path).sizes["x"] == 2


def test_scattered_spectra(tmp_path):
    array = spectral_map(np.random.default_rng(0).random((6, 5)), np.arange(5.0), x=np.arange(6.0), y=np.arange(6.0))
    array.to_netcdf(tmp_path / "points.nc", engine="h5netcdf")
    again = open_map(tmp_path / "points.nc")
    assert again.dims == ("point", "energy")
    assert_array_equal(again.values, array.values)
    assert_array_equal(again.x.values, array.x.values)


def test_a_single_variable_of_any_name_in_any_order_of_dims(tmp_path):
    values = np.random.default_rng(0).random((5, 4, 3)).astype(np.float32)
    array = xr.DataArray(values, dims=("energy", "x", "y"), coords={"energy": np.arange(5.0)[::-1]}, name="LIX")
    array.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    again = open_map(tmp_path / "map.nc")
    assert_array_equal(again.values, values.transpose(2, 1, 0)[..., ::-1])
    assert (again.attrs["channel"], again.x.attrs["units"]) == ("LIX", "pixel")


def several(folder):
    dims, coords = ("y", "x", "energy"), {"energy": np.arange(3.0)}
    data = np.arange(12.0, dtype=np.float32).reshape(2, 2, 3)
    back = data + 2
    back[0, 0, 0] = np.nan
    dataset = xr.Dataset({name: (dims, data + i) for i, name in enumerate(("Current", "LockinX", "LockinY"))}, coords)
    dataset["LockinX [bwd]"] = (dims, back)
    dataset.to_netcdf(folder / "map.nc", engine="h5netcdf")
    return folder / "map.nc", data


def test_several_variables_follow_the_rule_for_channels(tmp_path):
    path, data = several(tmp_path)
    assert_array_equal(open_map(path).values, data + 1)
    assert_array_equal(open_map(path, channel="lockiny").values, data + 2)
    both = open_map(path, average_backward=True)
    expected = data + 1.5
    expected[0, 0, 0] = data[0, 0, 0] + 1
    assert_array_equal(both.values, expected)
    assert both.attrs["backward"] == "averaged with LockinX [bwd]"
    with pytest.raises(InputError, match=r"map\.nc: there is no other sweep direction of 'Current'"):
        open_map(path, channel="Current", average_backward=True)
    with pytest.raises(InputError, match=r"map\.nc: 'Phase' is no channel of this file; there are: Current, LockinX"):
        open_map(path, channel="Phase")


def refused(path, message):
    with pytest.raises(InputError, match=message) as caught:
        open_map(path)
    assert "\n" not in str(caught.value)


def test_files_without_a_map(tmp_path):
    xr.Dataset({"height": (("y", "x"), np.zeros((2, 2)))}).to_netcdf(tmp_path / "height.nc", engine="h5netcdf")
    refused(
        tmp_path / "height.nc", r"no variable has dims that are known .*there are: height \('y', 'x'\): name the axes"
    )
    xr.Dataset().to_netcdf(tmp_path / "empty.nc", engine="h5netcdf")
    refused(tmp_path / "empty.nc", "there are: nothing")


def test_a_map_without_energies(tmp_path):
    xr.Dataset({"spectra": (("y", "x", "energy"), np.ones((2, 2, 2)))}).to_netcdf(tmp_path / "m.nc", engine="h5netcdf")
    refused(tmp_path / "m.nc", r"m\.nc: a map has no energy coordinate")


def test_damaged_netcdf(tmp_path):
    path = save(simulated(), tmp_path, ".nc")
    content = path.read_bytes()
    for end in (0, 4, 100, 3000, len(content) - 500):
        path.write_bytes(content[:end])
        refused(path, "is empty|is no netCDF file|cannot be read as")
    path.write_bytes(b"\x00" * 100)
    refused(path, "is no netCDF file")


def test_damaged_zarr(tmp_path):
    path = save(simulated(), tmp_path, ".zarr")
    (path / "spectra" / "zarr.json").write_text("{")
    refused(path, "cannot be read as zarr|no variable has the dims")
    (path / "zarr.json").write_text("{")
    refused(path, "cannot be read as zarr|named as zarr")


def test_folders_and_archives_that_are_no_zarr(tmp_path):
    refused(tmp_path, r"is a folder that no reader knows: it is no zarr store")
    (tmp_path / "map.zip").write_bytes(b"PK")
    refused(tmp_path / "map.zip", r"neither a zarr folder nor a \.zip of one")
    with zipfile.ZipFile(tmp_path / "map.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    refused(tmp_path / "map.zip", "cannot be read as zarr|named as zarr")


def test_a_damaged_archive_is_refused_without_a_traceback(tmp_path, capfd):
    folder = save(simulated(), tmp_path, ".zarr")
    with zipfile.ZipFile(tmp_path / "map.zip", "w") as archive:
        for part in sorted(folder.rglob("*")):
            if part.is_file():
                archive.write(part, part.relative_to(folder))
    content = (tmp_path / "map.zip").read_bytes()
    assert open_map(tmp_path / "map.zip").sizes["energy"] > 2
    rng = np.random.default_rng(0)
    for _ in range(60):
        damaged = bytearray(content)
        for place in rng.integers(0, len(content), 3):
            damaged[place] ^= int(rng.integers(1, 256))
        (tmp_path / "map.zip").write_bytes(damaged)
        # some bytes, such as dates, mean nothing
        with contextlib.suppress(InputError):
            open_map(tmp_path / "map.zip")
    for end in rng.integers(0, len(content), 20):
        (tmp_path / "map.zip").write_bytes(content[:end])
        refused(tmp_path / "map.zip", r"map\.zip")
    assert capfd.readouterr().err == ""

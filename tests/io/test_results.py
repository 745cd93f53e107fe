import subprocess
import sys
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
import xarray as xr
from numpy.testing import assert_array_equal

from didymos.io import open_map, open_result, save_result, saving
from didymos.schema import InputError, Region, region_attributes, spectral_map


def result():
    rng = np.random.default_rng(0)
    spectra = rng.random((3, 4, 5))
    spectra[0, 0] = np.nan
    dataset = spectral_map(spectra, np.arange(5.0), x=np.arange(4.0), y=np.arange(3.0)).to_dataset()
    score = rng.random((3, 4))
    score[0, 0] = np.nan
    dataset["score"] = (("y", "x"), score)
    region = np.zeros((3, 4), dtype=np.int8)
    region[0, :3] = Region.MISSING, Region.MINORITY, Region.ARTEFACT
    dataset["region"] = (("y", "x"), region, region_attributes())
    dataset["region_size"] = ("region_name", np.array([8, 2, 1]))
    dataset = dataset.assign_coords(region_name=["majority", "transition", "minority"])
    dataset["kind_spectrum"] = (("kind_index", "energy"), np.zeros((0, 5)))
    dataset["energy_correlation"] = (("energy", "energy_2"), np.eye(5))
    dataset["measured"] = (("y", "x"), np.isfinite(score))
    dataset["total"] = ((), 3)
    dataset.attrs.update(
        didymos_version="0.1.0", distinct_population=True, seed=None, settings={"metric": "robust"}, rank=3,
        distance_threshold=np.float64(0.5), frame_size=[1e-9, 2e-9], names=["a", "b"], mixed=[1, "a"], empty=[],
    )  # fmt: skip
    return dataset


def test_a_result_comes_back(tmp_path):
    dataset = result()
    path = save_result(dataset, tmp_path / "results.nc")
    again = open_result(path)
    for name in dataset.variables:
        assert_array_equal(again[name].values, dataset[name].values)
    assert again.region.dtype == np.int8
    assert again.score.dtype == np.float64
    assert again.spectra.dtype == np.float32
    assert again.region.attrs["flag_meanings"].split()[0] == "missing"
    assert_array_equal(again.region.attrs["flag_values"], [-1, 0, 1, 2, 3])
    assert "_FillValue" not in again.region.encoding
    wanted = {"distinct_population": 1, "seed": "none", "settings": '{"metric": "robust"}', "rank": 3, "empty": "[]"}
    assert {key: again.attrs[key] for key in wanted} == wanted
    assert_array_equal(again.attrs["frame_size"], [1e-9, 2e-9])
    assert list(again.attrs["names"]) == ["a", "b"]
    assert again.attrs["mixed"] == '[1, "a"]'


def test_saving_leaves_the_result_as_it_was(tmp_path):
    dataset = result()
    before = dataset.copy(deep=True)
    save_result(dataset, tmp_path / "results.nc")
    xr.testing.assert_identical(dataset, before)


def test_xarray_alone_reads_it(tmp_path):
    path = save_result(result(), tmp_path / "results.nc")
    with xr.open_dataset(path) as dataset:
        assert list(dataset.region_name.values) == ["majority", "transition", "minority"]
        assert dataset.region.dtype == np.int8


def test_h5py_alone_reads_it(tmp_path):
    path = save_result(result(), tmp_path / "results.nc")
    with h5py.File(path) as file:
        assert file["region"].dtype == np.int8
        assert list(file["region_name"].asstr()[:]) == ["majority", "transition", "minority"]
        assert file["spectra"].compression == "gzip"
        assert file.attrs["settings"] == '{"metric": "robust"}'
        assert np.isnan(file["score"][0, 0])


def test_a_result_can_be_saved_again_and_analysed_again(tmp_path):
    path = save_result(result(), tmp_path / "results.nc")
    first = open_result(path)
    save_result(first.isel(x=slice(1, None)), path)
    assert open_result(path).sizes["x"] == 3
    assert_array_equal(open_map(path).values, result().spectra.values[:, 1:])


def test_how_the_input_was_packed_does_not_matter(tmp_path):
    dataset = result()
    dataset.spectra.encoding = {"compressors": (), "chunks": (1, 1, 5), "dtype": "int16", "scale_factor": 0.5}
    dataset.encoding = {"unlimited_dims": {"time"}}
    assert_array_equal(open_result(save_result(dataset, tmp_path / "r.nc")).spectra.values, dataset.spectra.values)


def test_a_failed_save_leaves_the_old_result(tmp_path, monkeypatch):
    path = save_result(result(), tmp_path / "results.nc")
    before = path.read_bytes()

    def full_disk(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", full_disk)
    with pytest.raises(InputError, match=r"cannot write .*results\.nc: No space left on device"):
        save_result(result(), path)
    assert path.read_bytes() == before
    assert [part.name for part in tmp_path.iterdir()] == ["results.nc"]


FULL = """
import resource, sys
import numpy as np, xarray as xr
from didymos import InputError
from didymos.io.saving import write_dataset
from pathlib import Path

random = np.random.default_rng(0)
data = xr.Dataset({f"v{i}": ("x", random.normal(size=20_000)) for i in range(6)})
bad = 0
for level in [int(part) for part in sys.argv[2:]]:
    resource.setrlimit(resource.RLIMIT_FSIZE, (level, resource.RLIM_INFINITY))
    try:
        write_dataset(data, Path(sys.argv[1]))
    except InputError as error:
        bad += 1
        assert "cannot write" in str(error) and "\\n" not in str(error), error
print(bad)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit for the size of files")
def test_a_disk_that_is_full_at_any_moment_is_said_and_leaves_the_old_file(tmp_path):
    path = save_result(result(), tmp_path / "results.nc")
    before = path.read_bytes()
    levels = [str(level) for level in (0, 1, 4096, 20_000, 100_000, 300_000, 600_000, 900_000)]
    done = subprocess.run([sys.executable, "-c", FULL, str(path), *levels], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(len(levels)), "")
    assert path.read_bytes() == before
    assert [part.name for part in tmp_path.iterdir()] == ["results.nc"]


def test_a_large_file_is_refused_where_there_is_no_space_for_it(tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "IN_MEMORY", 0)
    assert_array_equal(open_result(save_result(result(), tmp_path / "r.nc")).score.values, result().score.values)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=10**6))
    with pytest.raises(InputError, match="1 MB free; up to 17 MB are needed"):
        save_result(result(), tmp_path / "s.nc")
    assert [part.name for part in tmp_path.iterdir()] == ["r.nc"]


def test_files_that_are_no_results(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.nc cannot be opened"):
        open_result(tmp_path / "nothing.nc")
    result().spectra.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    with pytest.raises(InputError, match=r"map\.nc is no result of didymos \(it has no score, didymos_version\)"):
        open_result(tmp_path / "map.nc")
    (tmp_path / "text.nc").write_text("text")
    with pytest.raises(InputError, match=r"text\.nc is no netCDF file"):
        open_result(tmp_path / "text.nc")

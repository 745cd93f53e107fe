"""Maps and results as netCDF, zarr and Nanonis grids, from memory and block by block."""

import json
from collections.abc import Callable
from typing import Any

import dask.array
import numpy as np
import pytest
import xarray as xr
from nanonis_writer import GridFile
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io import blocks, open_map, open_result, result_path, save_map, save_result, saving
from didymos.schema import InputError, spectral_map


def a_map(shape=(7, 6, 9)):
    """A map with a topography, a truth and attributes of every kind."""
    rng = np.random.default_rng(0)
    pitch = 1e-10
    array = spectral_map(
        rng.random(shape) + 0.1,
        np.linspace(-20, 20, shape[-1]),
        x=pitch * (np.arange(shape[-2]) + 0.5),
        y=pitch * (np.arange(shape[0]) + 0.5),
        signal_units="nS",
        signal_name="dI/dV",
        coords={"topography": (1e-9 * rng.random(shape[:-1]), "m")},
        attrs={"comment": "µ", "lockin_amplitude": 2e-3, "rank": 3, "frame_size": [6e-10, 7e-10], "names": ["a", "b"]},
    )
    array[1, 2] = np.nan
    return array.assign_coords(truth_kind=(array.dims[:-1], rng.integers(0, 3, shape[:-1]).astype(np.int8)))


def same(found, true):
    """Compare two opened maps, whose names of files differ."""
    found, true = (array.compute().assign_attrs(input_file="") for array in (found, true))
    xr.testing.assert_identical(found.reset_coords(drop=True), true.reset_coords(drop=True))
    assert {*found.coords} == {*true.coords}
    for name in true.coords:
        xr.testing.assert_identical(found[name].variable, true[name].variable)
        assert found[name].dtype == true[name].dtype


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("shape", [(7, 6, 9), (40, 9)], ids=["image", "points"])
def test_netcdf_and_zarr_and_back(tmp_path, shape, lazy):
    first = save_map(a_map(shape), tmp_path / "new" / "a.nc")
    assert first == tmp_path / "new" / "a.nc"
    true = open_map(first)
    assert_array_equal(true.values, a_map(shape).values)
    second = save_map(open_map(first, lazy=lazy), tmp_path / "b.zarr")
    same(open_map(second), true)
    third = save_map(open_map(second, lazy=lazy), tmp_path / "c.nc")
    same(open_map(third), true)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["b.zarr", "c.nc", "new"]


@pytest.mark.parametrize("kind", [".nc", ".zarr"])
def test_nanonis_and_back(tmp_path, kind):
    grid = GridFile(columns=6, rows=5, order="meander", angle=20.0)
    true = open_map(grid.write(tmp_path / "grid.3ds", keep_records=27))
    path = save_map(open_map(tmp_path / "grid.3ds", lazy=True), tmp_path / f"map{kind}")
    whole = save_map(open_map(path), tmp_path / "whole.3ds").read_bytes()
    again = open_map(save_map(open_map(path, lazy=True), tmp_path / "again.3ds"))
    assert (tmp_path / "again.3ds").read_bytes() == whole
    assert_array_equal(again.values, true.values)
    assert_allclose(again.topography.values, true.topography.values)
    assert again.attrs["frame_angle"] == 20.0


def test_blocks_in_both_directions_make_the_same_grid(tmp_path):
    array = a_map()
    array[6, 2:] = np.nan
    whole = save_map(array, tmp_path / "whole.3ds").read_bytes()
    for chunks in ({"y": 3, "x": 4}, {"y": 1, "x": 1, "energy": 2}, {"energy": 4}):
        assert save_map(array.chunk(chunks), tmp_path / "blocks.3ds").read_bytes() == whole


def test_a_dataset_keeps_what_it_has(tmp_path):
    dataset = a_map().to_dataset(name="spectra").assign(truth_position=(("defect", "axis"), np.zeros((2, 2))))
    for name in ("a.nc", "a.zarr"):
        with opened(save_map(dataset, tmp_path / name)) as again:
            assert again["truth_position"].shape == (2, 2)


def opened(path):
    """Open a file with plain xarray."""
    return xr.open_zarr(path, consolidated=False, chunks=None) if path.suffix == ".zarr" else xr.open_dataset(path)


def chunks_of(path):
    with opened(path) as dataset:
        return tuple(dataset["spectra"].encoding["preferred_chunks"][dim] for dim in dataset["spectra"].dims)


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of twelve spectra."""
    monkeypatch.setattr(saving, "CHUNK_BYTES", {".nc": 12 * 36, ".zarr": 12 * 36})


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("kind", [".nc", ".zarr"])
@pytest.mark.parametrize(
    ("given", "zarr"),
    [
        (None, (2, 6, 9)),
        ({"y": 1}, (1, 6, 9)),
        ({"y": 2, "x": 3}, (2, 3, 9)),
        ({"y": (2, 3, 2)}, (2, 6, 9)),
        ({"energy": 2}, (2, 6, 9)),
        ({"y": 1, "x": 1}, (2, 6, 9)),
        ({"y": 7}, (2, 6, 9)),
    ],
)
def test_chunks_hold_whole_spectra(tmp_path, kind, given, zarr):
    array = a_map()
    path = save_map(array if given is None else array.chunk(given), tmp_path / f"a{kind}")
    assert chunks_of(path) == (zarr if kind == ".zarr" else (2, 6, 9))
    assert_array_equal(open_map(path).values, array.values)


@pytest.mark.usefixtures("small_chunks")
def test_no_value_is_computed_twice_or_all_at_once(tmp_path):
    array = a_map((8, 6, 9))
    seen: list[tuple[int, ...]] = []

    def block(values):
        seen.append(values.shape)
        return values

    blocks_of_two = dask.array.from_array(array.values, (2, 6, 9))
    lazy = array.copy(data=dask.array.map_blocks(block, blocks_of_two, meta=array.values))
    for name in ("a.nc", "a.zarr", "a.3ds"):
        seen.clear()
        path = save_map(lazy, tmp_path / name)
        assert seen == [(2, 6, 9)] * 4, name
        assert_array_equal(open_map(path).values, array.values)


@pytest.mark.usefixtures("small_chunks")
def test_a_lost_chunk_is_missing_and_not_zero(tmp_path):
    path = save_map(a_map(), tmp_path / "a.zarr")
    (path / "spectra" / "c" / "1" / "0" / "0").unlink()
    read = open_map(path)
    assert np.isnan(read[2:4]).all()
    assert_array_equal(read[4:].values, a_map()[4:].values)


REFUSED: dict[str, tuple[Callable[[], Any], str, str]] = {
    "suffix": (
        a_map,
        "map.txt",
        r"map\.txt has the suffix '\.txt'; maps are written as \.nc, \.zarr, \.3ds: rename it",
    ),
    "no suffix": (a_map, "map", "has the suffix ''"),
    "scattered": (lambda: a_map((40, 9)), "map.3ds", "holds a grid"),
    "no spectra": (lambda: a_map().to_dataset(name="signal"), "map.nc", "save_map needs a spectral map"),
    "no energies": (lambda: a_map().drop_vars("energy"), "map.zarr", "no energy coordinate"),
    "other dims": (lambda: a_map().rename(y="z"), "map.nc", "allowed are"),
    "folder": (a_map, "folder.nc", "is a folder; a file is to be written there"),
    "other folder": (a_map, "folder.zarr", "exists and is no zarr store, so it is not replaced: give another name"),
    "below a file": (a_map, "file/map.nc", "file is a file, not a folder: give another name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_is_refused_in_one_line(tmp_path, case):
    make, name, line = REFUSED[case]
    for folder in ("folder.nc", "folder.zarr"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=line) as caught:
        save_map(make(), tmp_path / name)
    assert "\n" not in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zarr_store_is_replaced_as_a_whole(tmp_path):
    path = save_map(a_map(), tmp_path / "a.zarr")
    (path / "old").mkdir()
    save_map(a_map()[:3], path)
    assert open_map(path).sizes["y"] == 3
    assert not (path / "old").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["a.zarr"]
    # also by what was read from it
    save_map(open_map(path, lazy=True)[1:], path)
    assert_array_equal(open_map(path).values, a_map()[1:3].values)


@pytest.mark.parametrize("name", ["a.nc", "a.zarr", "a.3ds"])
def test_what_was_there_stays_where_writing_fails(tmp_path, name):
    path = save_map(a_map(), tmp_path / name)

    def broken(_):
        raise InputError("damaged; copy it again")

    lazy = a_map().copy(data=dask.array.map_blocks(broken, dask.array.zeros((7, 6, 9)), meta=np.zeros((0, 0, 0))))
    with pytest.raises(InputError, match="damaged"):
        save_map(lazy, path)
    assert_array_equal(open_map(path).values, a_map().values)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def a_result():
    dataset = a_map().to_dataset(name="spectra").assign(score=(("y", "x"), np.ones((7, 6))))
    dataset["usable"] = (("y", "x"), np.ones((7, 6), dtype=bool))
    dataset["kind_spectrum"] = (("kind_index", "energy"), np.zeros((0, 9)))
    dataset = dataset.assign_coords(region_name=["majority", "transition", "minority"])
    return dataset.assign_attrs(didymos_version="1", settings={"metric": "robust"}, seed=None, p=float("nan"))


def test_results_as_zarr_are_those_as_netcdf(tmp_path):
    netcdf = open_result(save_result(a_result(), tmp_path / "results.nc"))
    zarr = open_result(save_result(a_result().chunk({"y": 2}), tmp_path / "results.zarr"))
    assert {*zarr.variables} == {*netcdf.variables}
    for name in netcdf.variables:
        xr.testing.assert_identical(zarr[name].variable, netcdf[name].variable)
        assert zarr[name].dtype == netcdf[name].dtype
    assert {*zarr.attrs} == {*netcdf.attrs}
    assert json.loads(zarr.attrs["settings"]) == {"metric": "robust"}
    assert zarr.chunks == {}
    assert_array_equal(open_map(tmp_path / "results.zarr").values, a_map().values)


def test_large_variables_of_a_result_stay_in_a_zarr_store(tmp_path, monkeypatch):
    stores = [save_result(a_result(), tmp_path / f"results{kind}") for kind in (".nc", ".zarr")]
    assert [open_result(path, lazy=True)["spectra"].chunks is None for path in stores] == [False, False]
    monkeypatch.setattr(blocks, "LAZY_ABOVE", 4 * 7 * 6 * 9 - 1)
    netcdf, zarr = map(open_result, stores)
    assert (netcdf["spectra"].chunks, zarr["score"].chunks) == (None, None)
    assert zarr["spectra"].chunks is not None
    assert open_result(stores[1], lazy=False)["spectra"].chunks is None
    again = save_result(zarr, tmp_path / "again.nc")
    xr.testing.assert_equal(open_result(again), netcdf)


def test_the_result_in_a_folder(tmp_path):
    with pytest.raises(InputError, match=r"holds neither results\.nc nor results\.zarr: give a folder that"):
        result_path(tmp_path)
    first = save_result(a_result(), tmp_path / "results.zarr")
    assert result_path(tmp_path) == first

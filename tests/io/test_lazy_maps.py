"""Maps that stay in their file are those that are read at once, block by block."""

import pickle
import zipfile
from typing import Any

import numpy as np
import pytest
import xarray as xr
from nanonis_writer import GridFile

from didymos.io import blocks, labelled, open_map
from didymos.io.blocks import FileValues, block_sizes
from didymos.io.nanonis import file as nanonis_file
from didymos.io.nanonis import grid as nanonis
from didymos.io.nanonis.spectra import GridSpectra
from didymos.schema import InputError, spectral_map

TWINS = ("Current (A)", "LI Demod 1 X (A)", "Current [bwd] (A)", "LI Demod 1 X [bwd] (A)")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Let a block hold few spectra, so that small maps have several."""
    monkeypatch.setattr(nanonis_file, "WINDOW_BYTES", 300)
    for module in (labelled, nanonis):
        monkeypatch.setattr(module, "block_sizes", lambda sizes, stored=None: block_sizes(sizes, stored, 2 * 6 * 4 * 9))


def same(path, **options):
    """Open a map both ways, compare them, and return the lazy one."""
    eager, lazy = open_map(path, lazy=False, **options), open_map(path, lazy=True, **options)
    assert eager.chunks is None
    assert lazy.chunks is not None
    assert len(lazy.chunks[-1]) == 1  # whole spectra
    assert all(coordinate.chunks is None for coordinate in lazy.coords.values())
    assert lazy.dtype == eager.dtype == np.float32
    xr.testing.assert_identical(lazy.compute(), eager)
    assert {name: c.dtype for name, c in lazy.coords.items()} == {name: c.dtype for name, c in eager.coords.items()}
    xr.testing.assert_identical(pickle.loads(pickle.dumps(lazy)).compute(), eager)  # noqa: S301
    xr.testing.assert_identical(lazy[..., ::-2].compute(), eager[..., ::-2])
    return lazy


GRIDS: dict[str, dict[str, Any]] = {
    "rows": {},
    "meander": {"order": "meander", "angle": 30.0},
    "down": {"order": "down"},
    "descending": {"sweep": (0.5, -0.5)},
    "derivative": {"channels": ("Current (A)",)},
    "segments": {
        "header": {
            "Filetype": "MLS",
            "Segment Start (V), Segment End (V), Settling (s), Integration (s), Steps (xn)": "-1,0,1,1,4;0,2,1,1,4",
        }
    },
    "no size": {"size": (0.0, 0.0)},
    "no topography": {"header": {"Experiment parameters": '"X (m);Y (m)"'}},
    "one row": {"rows": 1},
}


@pytest.mark.parametrize("keep", [None, 4.6, 11])
@pytest.mark.parametrize("case", GRIDS)
def test_nanonis_grids(tmp_path, case, keep):
    grid = GridFile(columns=5, **({"rows": 4} | GRIDS[case]))
    grid.spectra[0, 1, :, 2:4] = np.nan
    lazy = same(grid.write(tmp_path / "grid.3ds", keep_records=keep))
    assert lazy.data.npartitions == (1 if case == "one row" else 2)
    same(tmp_path / "grid.3ds", energy_range=(-340, 1000))


def test_channels_and_backward_sweeps_of_a_grid(tmp_path):
    grid = GridFile(channels=TWINS, order="meander")
    grid.spectra[0, 0, 1, 6:] = grid.spectra[1, 1, 3, :2] = np.nan
    path = grid.write(tmp_path / "grid.3ds", keep_records=10)
    for channel in (None, "Current", "Current [bwd]"):
        same(path, channel=channel)
        same(path, channel=channel, average_backward=True, energy_range=(-300, 500))


def test_records_in_any_order(tmp_path):
    grid = GridFile(columns=5, rows=4)
    records = grid.records()[np.random.default_rng(0).permutation(20)]
    path = tmp_path / "grid.3ds"
    path.write_bytes(grid.header_bytes() + records.tobytes())
    lazy = same(path)
    assert lazy.attrs["pixel_order"] == "by the recorded X and Y"
    np.testing.assert_array_equal(lazy.values, grid.spectra[:, :, 1])


def labelled_map(kind="image"):
    """A Dataset with a map, its truth and what an analysis found."""
    rng = np.random.default_rng(0)
    shape = (7, 6, 9) if kind == "image" else (40, 9)
    energy = np.linspace(-10, 10, 9)
    array = spectral_map(rng.random(shape), energy, x=np.arange(shape[-2]) * 1e-9, y=np.arange(shape[0]) * 1e-9)
    array[1] = np.nan
    dims = array.dims[:-1]
    dataset = array.to_dataset()
    dataset["spectra [bwd]"] = (array.dims, rng.random(shape))
    dataset["topography"] = (dims, rng.random(shape[:-1]), {"units": "m"})
    dataset["truth_kind"] = (dims[::-1], rng.integers(0, 3, shape[:-1][::-1]).astype(np.int8))
    dataset["score"] = (dims, rng.random(shape[:-1]))
    dataset["embedding"] = ((*dims, "component"), rng.random((*shape[:-1], 2)))
    return dataset.assign_attrs(recipe="one", frame_size=[1e-9, 2e-9])


def zipped(store):
    path = store.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(store.rglob("*")):
            if part.is_file():
                archive.write(part, part.relative_to(store).as_posix())
    return path


def written(dataset, folder, kind, **encoding):
    """Write a data set with plain xarray."""
    if kind == "netcdf3":
        path = folder / "map.nc"
        dataset = dataset.assign(truth_kind=dataset["truth_kind"].astype(np.int16))
        dataset.rename({"spectra [bwd]": "back"}).to_netcdf(path, engine="scipy", format="NETCDF3_64BIT")
    elif kind == "netcdf":
        path = folder / "map.nc"
        dataset.to_netcdf(path, engine="h5netcdf", encoding={"spectra": encoding} if encoding else None)
    else:
        path = folder / "map.zarr"
        dataset.to_zarr(path, consolidated=False, encoding={"spectra": encoding} if encoding else None)
    return zipped(path) if kind == "zip" else path


@pytest.mark.parametrize("form", ["image", "points"])
@pytest.mark.parametrize("kind", ["netcdf", "netcdf3", "zarr", "zip"])
def test_labelled_files(tmp_path, kind, form):
    path = written(labelled_map(form), tmp_path, kind)
    lazy = same(path, channel="spectra")
    assert kind in ("zarr", "zip") or lazy.data.npartitions > 1  # plain xarray makes one chunk of a small variable
    assert "topography" in lazy.coords
    same(path, channel="spectra", energy_range=(-5, 4))
    if kind != "netcdf3":
        same(path, average_backward=True)


@pytest.mark.parametrize("dims", [("energy", "y", "x"), ("x", "energy", "y")])
@pytest.mark.parametrize("kind", ["netcdf", "netcdf3", "zarr"])
def test_dims_in_another_order_and_descending_energies(tmp_path, kind, dims):
    dataset = labelled_map().transpose(*dims, "component").isel(energy=slice(None, None, -1))
    assert same(written(dataset, tmp_path, kind)).dims == ("y", "x", "energy")


@pytest.mark.parametrize("dtype", [">f4", ">f8", "<f8", ">i2"])
@pytest.mark.parametrize("kind", ["netcdf", "zarr"])
def test_other_types_of_numbers(tmp_path, kind, dtype):
    dataset = labelled_map().drop_vars("spectra [bwd]").fillna(3.0)
    dataset["spectra"] = (("y", "x", "energy"), (100 * dataset["spectra"].values).astype(dtype))
    same(written(dataset, tmp_path, kind))


def test_packed_numbers(tmp_path):
    packing = {"dtype": "int16", "scale_factor": 1e-4, "_FillValue": -9999}
    assert np.isnan(same(written(labelled_map(), tmp_path, "netcdf", **packing))).any()


@pytest.mark.parametrize(("kind", "name"), [("netcdf", "chunksizes"), ("zarr", "chunks")])
def test_blocks_hold_whole_chunks_of_the_file(tmp_path, kind, name):
    lazy = same(written(labelled_map(), tmp_path, kind, **{name: (3, 2, 4)}))
    assert lazy.chunks == ((3, 3, 1), (4, 2), (9,))


def test_sizes_of_blocks():
    sizes = {"y": 100, "x": 50, "energy": 10}
    assert block_sizes(sizes, None, 40 * 50 * 7) == {"y": 7, "x": 50, "energy": 10}
    assert block_sizes(sizes, None, 40 * 20) == {"y": 1, "x": 20, "energy": 10}
    assert block_sizes(sizes, {"y": 4, "x": 50, "energy": 1}, 40 * 50 * 7) == {"y": 4, "x": 50, "energy": 10}
    assert block_sizes(sizes, {"y": 8, "x": 8}, 1) == {"y": 8, "x": 8, "energy": 10}
    assert block_sizes({"energy": 5, "point": 1000}, None, 20 * 30) == {"energy": 5, "point": 30}
    assert block_sizes({"y": 0, "x": 3, "energy": 5}, None, 1) == {"y": 1, "x": 1, "energy": 5}
    # images of a single energy, so large that all of them together are no block
    image = {"y": 4096, "x": 4096, "energy": 1000}
    assert block_sizes(image, {"y": 4096, "x": 4096, "energy": 1}) == {"y": 16, "x": 4096, "energy": 1000}


def test_a_large_map_is_left_in_its_file(tmp_path, monkeypatch):
    grid = GridFile().write(tmp_path / "grid.3ds")
    file = written(labelled_map(), tmp_path, "netcdf")
    assert open_map(grid).chunks is open_map(file).chunks is None
    monkeypatch.setattr(blocks, "LAZY_ABOVE", 4 * 3 * 4 * 8 - 1)
    assert open_map(grid).chunks is not None
    assert open_map(file).chunks is not None
    assert open_map(file, lazy=False).chunks is None
    monkeypatch.setattr(blocks, "LAZY_ABOVE", 4 * 7 * 6 * 9)
    assert open_map(grid).chunks is open_map(file).chunks is None


def test_no_more_is_read_than_up_to_the_first_value(tmp_path, monkeypatch):
    grid = GridFile(columns=5, rows=6)
    grid.spectra[:2] = np.nan
    path = grid.write(tmp_path / "grid.3ds")
    seen: list[Any] = []
    monkeypatch.setattr(GridSpectra, "__getitem__", counted(GridSpectra.__getitem__, seen))
    open_map(path, lazy=True)
    assert 2 <= len(seen) < 6
    grid.spectra[:] = np.nan
    with pytest.raises(InputError, match="no measured value of 'LI Demod 1 X"):
        open_map(grid.write(path), lazy=True)


def counted(function, seen):
    def call(self, key):
        seen.append(key)
        return function(self, key)

    return call


def test_the_values_of_a_block_are_all_that_is_read(tmp_path, monkeypatch):
    lazy = open_map(written(labelled_map(), tmp_path, "netcdf"), lazy=True)
    seen: list[Any] = []
    monkeypatch.setattr(FileValues, "__getitem__", counted(FileValues.__getitem__, seen))
    lazy[5, :, 2:4].compute()
    assert seen == [(slice(4, 6), slice(0, 6), slice(0, 9))] or seen == [(5, slice(0, 6), slice(2, 4))]


def refused(array, message):
    with pytest.raises(InputError, match=message) as caught:
        array.compute()
    assert "\n" not in str(caught.value)


def test_damage_met_later_is_one_line(tmp_path):
    path = GridFile(columns=5, rows=6).write(tmp_path / "grid.3ds")
    lazy = open_map(path, lazy=True)
    path.write_bytes(path.read_bytes()[:-3000])
    refused(lazy, r"grid\.3ds cannot be read as Nanonis grid .*damaged or incomplete; copy it again")
    path = written(labelled_map(), tmp_path, "zarr", chunks=(2, 6, 9))
    lazy = open_map(path, lazy=True)
    (path / "spectra" / "c" / "2" / "0" / "0").write_bytes(b"no chunk")
    refused(lazy, r"map\.zarr cannot be read as zarr .*damaged or incomplete; copy it again")

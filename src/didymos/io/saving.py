"""Writing maps and results: netCDF or zarr, block by block where the values do not lie in memory."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from didymos.io.atomic import check_map_target, replacing
from didymos.io.blocks import BLOCK_BYTES, SPACE, block_sizes, is_lazy
from didymos.io.nanonis.writing import save_nanonis
from didymos.schema import InputError, space_dims, validate_map
from didymos.schema.given import check_path, is_data_array, is_dataset, no_map

CHUNK_BYTES = {".nc": 2**20, ".zarr": BLOCK_BYTES}
"""Size of the chunks of a file, as float32: one of HDF5 is to fit into its cache, one of zarr is a file of its own."""

IN_MEMORY = 256 * 2**20
"""Bytes up to which a netCDF file is made in memory."""
SPARE = 16 * 2**20
"""Bytes that must stay free beside a file that is not."""


def save_map(data: xr.Dataset | xr.DataArray, path: str | os.PathLike[str]) -> Path:
    """Write a spectral map as netCDF (``.nc``), zarr (``.zarr``, a folder) or Nanonis grid (``.3ds``).

    A map that was left in its file (``open_map(path, lazy=True)``) is read and written block by block, so that it may
    be larger than the memory.

    Parameters
    ----------
    data : xarray.Dataset or xarray.DataArray
        A map with the dims (y, x, energy) or (point, energy), or a Dataset with such a variable ``spectra``.
        Attributes and coordinates, such as a topography, are written with it; :func:`save_nanonis` says what a
        ``.3ds`` holds of them.
    path : path
        The file to write. What stands there stays until the new file is complete.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        Where the suffix is another, the format cannot hold the map, the file cannot be written, or a folder that is
        no zarr store has its name.
    """
    if not is_dataset(data) and not is_data_array(data):
        raise no_map(data, "save_map")
    check_path(path, "the map")
    target = Path(path)
    check_map_target(target)
    if target.suffix.lower() == ".3ds":
        return save_nanonis(data, target)
    dataset = data.to_dataset(name="spectra") if isinstance(data, xr.DataArray) else data
    if "spectra" not in dataset.data_vars:
        raise no_map(dataset, "save_map")
    spectra = dataset["spectra"]
    validate_map(spectra.isel({dim: slice(1) for dim in space_dims(spectra) if dim in spectra.dims}))
    return write_dataset(dataset, target)


def write_dataset(dataset: xr.Dataset, path: Path) -> Path:
    """Write any data set, as zarr where the suffix is ``.zarr``, else as netCDF-4, compressed.

    Parameters
    ----------
    dataset : xarray.Dataset
        Truth values become 0 and 1, None becomes ``"none"``, mappings become JSON.
    path : pathlib.Path
        The file or store; what stands there stays until the new one is complete.

    Returns
    -------
    pathlib.Path
        The file or store.
    """
    zarr = path.suffix.lower() == ".zarr"
    plain, chunks = _in_chunks(_plain(dataset), CHUNK_BYTES[".zarr" if zarr else ".nc"], keep=zarr)
    if zarr:
        plain = plain.assign({n: v.astype(object) for n, v in plain.variables.items() if v.dtype.kind == "U"})
        encoding = {name: _zarr_encoding(variable, chunks.get(name)) for name, variable in plain.variables.items()}
    else:
        encoding = {name: _netcdf_encoding(variable, chunks.get(name)) for name, variable in plain.variables.items()}
    with replacing(path) as temporary:
        if zarr:
            plain.to_zarr(temporary, mode="w-", zarr_format=3, consolidated=False, encoding=encoding)
        else:
            _write_netcdf(plain, temporary, encoding)
    return path


def _write_netcdf(plain: xr.Dataset, path: Path, encoding: Mapping[Any, Any]) -> None:
    """Write netCDF-4 without letting HDF5 meet a full disk, which ends the process.

    What is not large is made in memory and written by Python, whose errors are errors. Before the rest is written there
    must be space for it without compression.
    """
    options: dict[str, Any] = {"engine": "h5netcdf", "format": "NETCDF4", "encoding": encoding}
    if plain.nbytes <= IN_MEMORY:
        loaded = plain.compute()
        with _without_cluster():
            content = loaded.to_netcdf(**options)
        with path.open("wb") as file:
            file.write(content)
        return
    free = shutil.disk_usage(path.parent).free
    if free < plain.nbytes + SPARE:
        raise InputError(
            f"{path.parent} has {free / 1e6:.0f} MB free; up to {(plain.nbytes + SPARE) / 1e6:.0f} MB are needed: "
            "free some space or choose another folder"
        )
    plain.to_netcdf(path, **options)


@contextlib.contextmanager
def _without_cluster() -> Iterator[None]:
    """Let xarray take a lock of this process: a cluster knows no file in memory."""
    if "distributed" not in sys.modules:
        yield
        return
    import dask

    with dask.config.set(scheduler="synchronous"):
        yield


def _in_chunks(dataset: xr.Dataset, chunk_bytes: int, *, keep: bool) -> tuple[xr.Dataset, dict[Any, tuple[int, ...]]]:
    """Choose chunks of whole spectra, and blocks that hold whole chunks, since a part of one cannot be written."""
    chosen: dict[Any, tuple[int, ...]] = {}
    blocks: dict[Any, xr.Variable] = {}
    for name, variable in dataset.variables.items():
        if not {*SPACE} & {*variable.dims} or (not is_lazy(variable.data) and 4 * variable.size <= chunk_bytes):
            continue
        sizes = {str(dim): size for dim, size in variable.sizes.items()}
        chunks = block_sizes(sizes, None, chunk_bytes)
        lengths = {str(dim): along for dim, along in variable.chunksizes.items()}
        if keep and _can_be_chunks(lengths, sizes, chunk_bytes):
            chunks = {dim: along[0] for dim, along in lengths.items()}
        if any(length % chunks[dim] for dim, along in lengths.items() for length in along[:-1]):
            blocks[name] = variable.chunk(block_sizes(sizes, chunks))
        chosen[name] = tuple(chunks.values())
    return dataset.assign(blocks), chosen


def _can_be_chunks(lengths: Mapping[str, tuple[int, ...]], sizes: Mapping[str, int], chunk_bytes: int) -> bool:
    """Tell whether blocks of these lengths are alike, hold whole spectra and are neither small nor large."""
    alike = all({*along[:-1]} <= {along[0]} and along[-1] <= along[0] for along in lengths.values())
    whole = all(len(along) == 1 for dim, along in lengths.items() if dim not in SPACE)
    size = 4 * int(np.prod([along[0] for along in lengths.values()]))
    small = 4 * size < chunk_bytes and any(len(along) > 1 for along in lengths.values())
    return bool(lengths) and alike and whole and size <= chunk_bytes and not small and all(sizes.values())


def _plain(dataset: xr.Dataset) -> xr.Dataset:
    """Leave only what netCDF knows: no truth values, None, mappings or mixed lists."""
    plain = dataset.drop_encoding()
    plain.attrs = _plain_attributes(dataset.attrs)
    for name, variable in dataset.variables.items():
        if variable.dtype.kind == "b":
            plain[name] = plain[name].astype(np.int8)
        plain[name].attrs = _plain_attributes(variable.attrs)
    return plain


def _plain_attributes(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): _plain_value(value) for key, value in attrs.items()}


def _plain_value(value: Any) -> Any:
    if value is None:
        return "none"
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, str | int | float | np.integer | np.floating):
        return value
    if isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and value.size:
        return value
    if isinstance(value, list | tuple) and value:
        if all(isinstance(part, int | float) and not isinstance(part, bool) for part in value):
            return np.asarray(value)
        if all(isinstance(part, str) for part in value):
            return list(value)
    return json.dumps(value, default=str)


def _netcdf_encoding(variable: xr.Variable, chunks: tuple[int, ...] | None) -> dict[str, Any]:
    if variable.dtype.kind not in "iuf":
        return {}
    encoding: dict[str, Any] = (
        {"zlib": True, "complevel": 4, "shuffle": True} if variable.size and variable.ndim else {}
    )
    if chunks and variable.size:
        encoding["chunksizes"] = chunks
    # integers have no missing value: -1 stands for one where it is needed
    encoding["_FillValue"] = np.nan if variable.dtype.kind == "f" and variable.ndim > 1 else None
    return encoding


def _zarr_encoding(variable: xr.Variable, chunks: tuple[int, ...] | None) -> dict[str, Any]:
    encoding: dict[str, Any] = {"chunks": chunks or tuple(max(1, size) for size in variable.shape)}
    # a chunk that is lost is missing, and not zero
    return encoding | ({"_FillValue": np.nan} if variable.dtype.kind == "f" else {})

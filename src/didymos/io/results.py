"""Saving and loading results: netCDF-4 that any netCDF or HDF5 tool reads, or zarr where they are large."""

from __future__ import annotations

import os
from pathlib import Path

import xarray as xr

from didymos.io.atomic import is_zarr_store, remove
from didymos.io.blocks import is_lazy
from didymos.io.labelled import open_labelled
from didymos.io.saving import write_dataset
from didymos.schema import InputError
from didymos.schema.given import check_path, is_dataset, no_result
from didymos.schema.suggestions import did_you_mean, files_beside

NAMES = ("results.nc", "results.zarr")
"""What a result is called in the folder of an analysis."""
ZARR_ABOVE = 256 * 2**20
"""A result whose spectra are not in memory and have more bytes than this is written as zarr."""
_ONE_OF = ("score", "distance_histogram", "method_score")
"""What an analysis, the statistics of pairs and a comparison hold."""


def save_result(result: xr.Dataset, path: str | os.PathLike[str]) -> Path:
    """Write a result as netCDF-4, compressed, or as zarr; an older one stays until the new one is complete.

    Parameters
    ----------
    result : xarray.Dataset
        A result (or any data set). Truth values become 0 and 1, None becomes ``"none"``, mappings become JSON. Dask
        arrays are computed and written block by block.
    path : path
        The file to write, usually ``results.nc``; a name that ends in ``.zarr`` becomes a zarr store.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        Where it cannot be written, or a folder that is no zarr store has its name.
    """
    if not is_dataset(result):
        raise no_result(result, "save_result")
    check_path(path, "the result")
    return write_dataset(result, Path(path))


def save_in_folder(result: xr.Dataset, folder: str | os.PathLike[str]) -> Path:
    """Write a result as ``results.nc``, or as ``results.zarr`` where it is large; an older one of either name goes.

    Parameters
    ----------
    result : xarray.Dataset
    folder : path

    Returns
    -------
    pathlib.Path
        The file or the store.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    spectra = result["spectra"].variable
    large = is_lazy(spectra) and 4 * spectra.size > ZARR_ABOVE
    small_name, large_name = (Path(folder) / name for name in NAMES)
    wanted, other = (large_name, small_name) if large else (small_name, large_name)
    written = save_result(result, wanted)
    if other.is_file() or is_zarr_store(other):
        remove(other)
    return written


def open_result(path: str | os.PathLike[str], *, lazy: bool | None = None) -> xr.Dataset:
    """Load a result.

    Parameters
    ----------
    path : path
        A file or store that :func:`save_result` wrote, or the folder of an analysis.
    lazy : bool, optional
        Leave the spectra, and every other variable of more than 64 MB over the surface, in the file, as dask arrays.
        Without it variables of that size stay in a zarr store; a netCDF file is loaded as a whole.

    Returns
    -------
    xarray.Dataset
        The result. Where nothing was left in the file, it is closed.

    Raises
    ------
    InputError
        Where the file is missing, damaged, or no result of didymos.
    """
    check_path(path, "a result")
    path = Path(path)
    if path.is_dir() and not is_zarr_store(path):
        path = result_path(path)
    try:
        result = open_labelled(path, False if lazy is None and not path.is_dir() else lazy)
    except OSError as error:
        near = "" if path.exists() else did_you_mean(path.name, files_beside(path))
        raise InputError(f"{path} cannot be opened ({error.strerror or error}): give a results.nc{near}") from error
    lacking = ["spectra"] if "spectra" not in result.data_vars else []
    lacking += [_ONE_OF[0]] if not {*_ONE_OF} & {*result.data_vars} else []
    lacking += ["didymos_version"] if "didymos_version" not in result.attrs else []
    if lacking:
        raise InputError(f"{path.name} is no result of didymos (it has no {', '.join(lacking)}): give a results.nc")
    return result


def result_path(folder: str | os.PathLike[str]) -> Path:
    """Return the result in the folder of an analysis: ``results.nc`` or ``results.zarr``, the younger of both.

    Parameters
    ----------
    folder : path

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        Where there is neither.
    """
    check_path(folder, "a result")
    found = [path for name in NAMES if (path := Path(folder) / name).exists()]
    if not found:
        raise InputError(f"{folder} holds neither {' nor '.join(NAMES)}: give a folder that 'didymos analyze' wrote")
    return max(found, key=lambda path: path.stat().st_mtime)

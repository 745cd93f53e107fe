"""Maps that carry their labels already: netCDF files and zarr stores, also results and simulated maps."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path
from typing import Any

import xarray as xr

from didymos.io.atomic import is_zarr_store
from didymos.io.axes import axes_of
from didymos.io.blocks import SPACE, FileValues, block_sizes, is_large, unreadable
from didymos.io.hdf5_check import check_hdf5
from didymos.io.readers.interface import Content
from didymos.schema import RESULT_ATTRIBUTES, InputError

CHECKED_BYTES = 256 * 2**20
"""An archive of up to so much is checked to its last byte."""


def open_labelled(path: Path, lazy: bool | None = False) -> xr.Dataset:
    """Open a netCDF file (4 or 3) or a zarr store, a folder or a ``.zip`` of one.

    Parameters
    ----------
    path : pathlib.Path
        The file or the store.
    lazy : bool, optional
        Leave every spectral map, and whatever else is large, in the file. None leaves what is large there.

    Returns
    -------
    xarray.Dataset
        Everything in it. What is left in the file is a dask array; without any the file is closed.

    Raises
    ------
    InputError
        Where it is neither, or is damaged.
    """
    zarr = path.is_dir() or path.suffix.lower() in (".zarr", ".zip")
    if not zarr:
        check_hdf5(path)
    kind = "zarr" if zarr else "netCDF"
    source: Any = _zarr_store(path) if zarr else path
    options: dict[str, Any] = {"consolidated": False} if zarr else {}
    options["engine"] = "zarr" if zarr else _netcdf_engine(path)
    left: list[str] = []
    try:
        # units such as "s" mean seconds here, not calendar times; no cache, so that a block that was read is not kept
        dataset = xr.open_dataset(source, cache=False, decode_times=False, decode_timedelta=False, **options)
        left = [] if lazy is False else _left_in_file(dataset, maps=lazy is True)
        for name, variable in dataset.variables.items():
            if name not in left:
                variable.load()
        if not left:
            dataset.close()
        # zarr stores and versions of the netCDF libraries give texts types of their own
        texts = {name: v.astype(object).astype(str) for name, v in dataset.variables.items() if _is_text(v)}
        return dataset.assign(texts | {name: _in_blocks(dataset[name], path, kind) for name in left})
    except Exception as error:
        raise unreadable(path, kind, error) from error
    finally:
        if zarr and not left:
            with contextlib.suppress(AttributeError):  # an archive that was never opened
                source.close()


def _is_text(variable: xr.Variable) -> bool:
    if variable.dtype.kind == "O":
        return all(isinstance(value, str) for value in variable.values.ravel().tolist())
    return bool(variable.dtype.kind == "T")


def _netcdf_engine(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\x89HDF"):
        return "h5netcdf"
    if start.startswith(b"CDF"):
        return "scipy"
    state = "is empty" if not start else "is no netCDF file"
    raise InputError(f"{path.name} {state}: give a netCDF file (.nc), copied in binary mode")


def _zarr_store(path: Path) -> Any:
    from zarr.storage import LocalStore, ZipStore

    if path.is_dir():
        if not is_zarr_store(path):
            raise InputError(f"{path.name} is a folder and no zarr store (it has no zarr.json): give the store itself")
        return LocalStore(path, read_only=True)
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path.name} is neither a zarr folder nor a .zip of one: give a .zarr folder or .zip file")
    _check_archive(path)
    return ZipStore(path, mode="r")


def _check_archive(path: Path) -> None:
    """Refuse an archive with a damaged member before zarr meets it, which prints a traceback for each.

    Of a large archive only the descriptions of the arrays are checked; their values are when they are read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            whole = sum(member.file_size for member in archive.infolist()) <= CHECKED_BYTES
            for member in archive.infolist():
                if whole or member.filename.endswith(".json"):
                    archive.read(member)
    except Exception as error:
        raise unreadable(path, "zarr", error) from error


def _left_in_file(dataset: xr.Dataset, *, maps: bool) -> list[str]:
    """Return the variables that stay in the file: those that are large, and all maps where these are wanted so."""
    return [
        str(name)
        for name, array in dataset.data_vars.items()
        if array.dtype.kind in "fiu"
        and ((maps and axes_of(array) is not None) or (is_large(array.shape) and _in_space(array)))
    ]


def _in_space(array: xr.DataArray) -> bool:
    return bool({*SPACE} & {*array.dims}) or axes_of(array, by_exclusion=True) is not None


def _in_blocks(array: xr.DataArray, path: Path, kind: str) -> xr.Variable:
    variable = array.variable
    axes = axes_of(array, by_exclusion=True) or {}
    stored = {axes.get(str(dim), str(dim)): size for dim, size in variable.encoding.get("preferred_chunks", {}).items()}
    sizes = {axes.get(str(dim), str(dim)): size for dim, size in variable.sizes.items()}
    blocks = block_sizes(sizes, {dim: size for dim, size in stored.items() if isinstance(size, int)})
    values = FileValues(variable, path, kind).in_blocks(tuple(blocks.values()))
    return xr.Variable(variable.dims, values, variable.attrs, variable.encoding)


def content_of(dataset: xr.Dataset) -> Content:
    """Return a labelled data set as the content of a file: its variables by name, its own attributes.

    Parameters
    ----------
    dataset : xarray.Dataset
        Such as :func:`open_labelled` returns.

    Returns
    -------
    Content
        Where there is a variable ``spectra`` it is preferred.
    """
    arrays = {str(name): dataset[name] for name in dataset.data_vars}
    attrs = {str(key): value for key, value in dataset.attrs.items() if key not in RESULT_ATTRIBUTES}
    sweep = str(attrs.get("Sweep Signal", ""))  # as xarray-nanonis has it
    return Content(arrays, attrs, sweep, "spectra" if "spectra" in arrays else None, "the variable spectra")

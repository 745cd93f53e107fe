"""Maps that carry their labels already: netCDF files and zarr stores, also results and simulated maps."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from didymos.io.atomic import is_zarr_store
from didymos.io.blocks import SPACE, FileValues, block_sizes, is_large, unreadable
from didymos.io.channels import Choice, backward_twin, choose_channel
from didymos.schema import (
    ENERGY,
    IMAGE_DIMS,
    POINT_DIMS,
    RESULT_ATTRIBUTES,
    RESULT_VARIABLES,
    InputError,
    space_dims,
    validate_map,
)


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
        # a zarr store gives its texts a type of their own
        texts = {name: v.astype(object).astype(str) for name, v in dataset.variables.items() if v.dtype.kind == "T"}
        return dataset.assign(texts | {name: _in_blocks(dataset.variables[name], path, kind) for name in left})
    except Exception as error:
        raise unreadable(path, kind, error) from error
    finally:
        if zarr and not left:
            source.close()


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
    return ZipStore(path, mode="r")


def _left_in_file(dataset: xr.Dataset, *, maps: bool) -> list[str]:
    """Return the variables that stay in the file: those that are large, and all maps where these are wanted so."""
    named = map_variables(dataset) if maps else []
    return [
        str(name)
        for name, variable in dataset.data_vars.items()
        if name in named or ({*SPACE} & {*variable.dims} and variable.dtype.kind in "fiu" and is_large(variable.shape))
    ]


def _in_blocks(variable: xr.Variable, path: Path, kind: str) -> xr.Variable:
    stored = variable.encoding.get("preferred_chunks", {})
    sizes = {str(dim): size for dim, size in variable.sizes.items()}
    blocks = block_sizes(sizes, {dim: size for dim, size in stored.items() if isinstance(size, int)})
    values = FileValues(variable, path, kind).in_blocks(tuple(blocks.values()))
    return xr.Variable(variable.dims, values, variable.attrs, variable.encoding)


def map_from(
    dataset: xr.Dataset, channel: str | None = None, *, average_backward: bool = False
) -> tuple[xr.DataArray, Choice]:
    """Take the spectral map out of a labelled data set.

    Parameters
    ----------
    dataset : xarray.Dataset
        With a variable ``spectra``, or others with the dims (y, x, energy) or (point, energy).
    channel : str, optional
        The variable wanted; without it ``spectra``, else the rule of :mod:`didymos.io.channels`.
    average_backward : bool
        Average the variable with its ``[bwd]`` twin.

    Returns
    -------
    array : xarray.DataArray
        The map in standard form; variables per point (truth, topography) are its coordinates.
    choice : Choice
        The variable and why.

    Raises
    ------
    InputError
        Where no variable is a spectral map.
    """
    names = map_variables(dataset)
    if not names:
        listed = "; ".join(f"{name} {tuple(map(str, v.dims))}" for name, v in dataset.data_vars.items()) or "nothing"
        raise InputError(
            f"no variable has the dims (y, x, energy) or (point, energy); there are: {listed}: rename the dims"
        )
    if channel is None and "spectra" in names:
        choice = Choice(names.index("spectra"), "spectra", "the variable spectra", False, "", "")
    else:
        choice = choose_channel(names, channel, sweep_signal="")
    array = dataset[choice.name]
    if average_backward:
        array = _with_backward(dataset, names, choice)
    array = _with_points(array, dataset)
    kept = {key: value for key, value in dataset.attrs.items() if key not in RESULT_ATTRIBUTES}
    array.attrs = {"units": "", "long_name": choice.long_name or "signal", **kept, **array.attrs}
    array.attrs |= {"channel": choice.name, "channel_rule": choice.reason}
    return validate_map(array), choice


def _with_points(array: xr.DataArray, dataset: xr.Dataset) -> xr.DataArray:
    """Attach the variables per point as coordinates and count pixels where the map has no positions."""
    space = space_dims(array)
    for name, variable in dataset.data_vars.items():
        # what an earlier analysis found is not part of the map
        if set(variable.dims) == set(space) and (name not in RESULT_VARIABLES or name == "topography"):
            array = array.assign_coords({name: variable.transpose(*space)})
    for dim in [dim for dim in IMAGE_DIMS if dim in array.dims and dim not in array.coords]:
        array = array.assign_coords({dim: (dim, np.arange(array.sizes[dim], dtype=float), {"units": "pixel"})})
    return array


def map_variables(dataset: xr.Dataset) -> list[str]:
    """Return the names of the variables that are spectral maps."""
    allowed = ({*IMAGE_DIMS, ENERGY}, {*POINT_DIMS, ENERGY})
    return [str(name) for name, v in dataset.data_vars.items() if set(v.dims) in allowed and v.dtype.kind in "fiu"]


def _with_backward(dataset: xr.Dataset, names: list[str], choice: Choice) -> xr.DataArray:
    twin = backward_twin(names, choice.index)
    if twin is None:
        raise InputError(
            f"there is no other sweep direction of {choice.name!r} to average with; there are: {', '.join(names)}: "
            "read it without averaging"
        )
    first, second = dataset[choice.name], dataset[names[twin]]
    array = ((first.fillna(second) + second.fillna(first)) / 2).assign_attrs(first.attrs)
    return array.assign_attrs(backward=f"averaged with {names[twin]}")

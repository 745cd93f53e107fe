"""Maps that carry their labels already: netCDF files and zarr stores, also results and simulated maps."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import xarray as xr

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


def load_netcdf(path: Path) -> xr.Dataset:
    """Load a netCDF file (4 or 3) into memory.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    xarray.Dataset
        Everything in it; the file is closed.

    Raises
    ------
    InputError
        Where it is no netCDF file or is damaged.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"\x89HDF"):
        engine = "h5netcdf"
    elif start.startswith(b"CDF"):
        engine = "scipy"
    else:
        state = "is empty" if not start else "is no netCDF file"
        raise InputError(f"{path.name} {state}: give a netCDF file (.nc), copied in binary mode")
    try:
        # units such as "s" mean seconds here, not calendar times
        with xr.open_dataset(path, engine=engine, decode_times=False, decode_timedelta=False) as dataset:
            loaded: xr.Dataset = dataset.load()
            return loaded
    except Exception as error:
        raise _unreadable(path, "netCDF", error) from error


def load_zarr(path: Path) -> xr.Dataset:
    """Load a zarr store, a folder or a ``.zip`` of one, into memory.

    Parameters
    ----------
    path : pathlib.Path
        The store.

    Returns
    -------
    xarray.Dataset
        Everything in its root group; the store is closed.

    Raises
    ------
    InputError
        Where it is no zarr store or is damaged.
    """
    from zarr.storage import LocalStore, ZipStore

    if path.is_dir():
        if not any((path / name).exists() for name in ("zarr.json", ".zgroup", ".zmetadata")):
            raise InputError(f"{path.name} is a folder and no zarr store (it has no zarr.json): give the store itself")
    elif not zipfile.is_zipfile(path):
        raise InputError(f"{path.name} is neither a zarr folder nor a .zip of one: give a .zarr folder or .zip file")
    store = LocalStore(path, read_only=True) if path.is_dir() else ZipStore(path, mode="r")
    try:
        with xr.open_zarr(
            store, consolidated=False, decode_times=False, decode_timedelta=False, chunks=None
        ) as dataset:
            loaded: xr.Dataset = dataset.load()
            return loaded
    except Exception as error:
        raise _unreadable(path, "zarr", error) from error
    finally:
        store.close()


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


def _unreadable(path: Path, kind: str, error: Exception) -> InputError:
    # damaged files raise whatever the libraries below meet first
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return InputError(f"{path.name} cannot be read as {kind} ({reason}): it is damaged or incomplete; copy it again")

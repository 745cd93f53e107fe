"""Saving and loading results: netCDF-4 that any netCDF or HDF5 tool reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from didymos.io.atomic import replacing
from didymos.io.labelled import open_labelled
from didymos.schema import InputError

_ONE_OF = ("score", "distance_histogram", "method_score")
"""What an analysis, the statistics of pairs and a comparison hold."""


def save_result(result: xr.Dataset, path: str | os.PathLike[str]) -> Path:
    """Write a result as netCDF-4, compressed; an older file of that name stays until the new one is complete.

    Parameters
    ----------
    result : xarray.Dataset
        A result (or any data set). Truth values become 0 and 1, None becomes ``"none"``, mappings become JSON.
    path : path
        The file to write, usually ``results.nc``.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    plain = _plain(result)
    encoding = {str(name): _encoding(variable) for name, variable in plain.variables.items()}
    with replacing(path) as temporary:
        plain.to_netcdf(temporary, engine="h5netcdf", format="NETCDF4", encoding=encoding)
    return Path(path)


def open_result(path: str | os.PathLike[str]) -> xr.Dataset:
    """Load a result into memory.

    Parameters
    ----------
    path : path
        A file that :func:`save_result` wrote.

    Returns
    -------
    xarray.Dataset
        The result; the file is closed.

    Raises
    ------
    InputError
        Where the file is missing, damaged, or no result of didymos.
    """
    path = Path(path)
    try:
        result = open_labelled(path)
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({error.strerror or error}): give a results.nc") from error
    lacking = ["spectra"] if "spectra" not in result.data_vars else []
    lacking += [_ONE_OF[0]] if not {*_ONE_OF} & {*result.data_vars} else []
    lacking += ["didymos_version"] if "didymos_version" not in result.attrs else []
    if lacking:
        raise InputError(f"{path.name} is no result of didymos (it has no {', '.join(lacking)}): give a results.nc")
    return result


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


def _encoding(variable: xr.Variable) -> dict[str, Any]:
    if variable.dtype.kind not in "iuf":
        return {}
    encoding: dict[str, Any] = (
        {"zlib": True, "complevel": 4, "shuffle": True} if variable.size and variable.ndim else {}
    )
    # integers have no missing value: -1 stands for one where it is needed
    encoding["_FillValue"] = np.nan if variable.dtype.kind == "f" and variable.ndim > 1 else None
    return encoding

"""The truth about a map, where somebody knows it: which spectra are from defects."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from didymos.io.labelled import open_labelled
from didymos.schema import InputError, space_dims
from didymos.schema.given import check_path, is_data_array, is_dataset, no_map
from didymos.schema.suggestions import did_you_mean, files_beside

DEFECT_AMPLITUDE = 0.5
"""A simulated spectrum with more than this of a defect in it is from a defect."""
FREE_AMPLITUDE = 0.02
"""One with less than this is not; what lies between is not counted."""
FLAGS = {"flag_values": np.array([-1, 0, 1], dtype=np.int8), "flag_meanings": "not_counted none defect"}


def open_truth(path: str | os.PathLike[str], data: xr.DataArray | xr.Dataset) -> xr.DataArray:
    """Read which spectra of a map are from defects.

    Parameters
    ----------
    path : path
        ``.npy``; ``.csv`` or ``.txt``, a line for each row of the map, numbers parted by commas or blanks; ``.png``,
        where any colour over half of full scale is a defect and transparency does not count; or ``.nc``, with a
        variable ``truth``, the ``truth_amplitude`` of a simulation, or a single variable that has the dims of the map
        without energy. The first row of the file, of an image its top line, is the first row of the map,
        ``map.isel(y=0)``, which figures draw at the bottom.
    data : xarray.DataArray or xarray.Dataset
        The map.

    Returns
    -------
    xarray.DataArray of int8, dims (y, x) or (point,)
        1 defect, 0 none, -1 not counted; ``attrs["source"]`` is the name of the file.

    Raises
    ------
    InputError
        Where the file cannot be read, does not fit the map, or holds other values than 1, 0, -1 and NaN.
    """
    check_path(path, "the truth")
    if not is_dataset(data) and not is_data_array(data):
        raise no_map(data, "open_truth")
    path = Path(path)
    if path.suffix.lower() not in READERS:
        raise InputError(
            f"{path.name} has the suffix {path.suffix!r}; a truth is read from {', '.join(READERS)}: convert it"
        )
    try:
        values = READERS[path.suffix.lower()](path, data)
    except InputError:
        raise
    except OSError as error:
        near = "" if path.exists() else did_you_mean(path.name, files_beside(path))
        raise InputError(f"{path} cannot be opened ({error.strerror or error}): check the name{near}") from error
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{path.name} cannot be read as a truth ({reason}): give one number for each spectrum") from (
            error
        )
    return as_truth(values, data, path.name)


def as_truth(values: ArrayLike | xr.DataArray, data: xr.DataArray | xr.Dataset, source: str) -> xr.DataArray:
    """Check a truth against its map and put it into the standard form.

    Parameters
    ----------
    values : array_like, shape (y, x) or (point,)
        Truth values, or 1 defect, 0 none, -1 or NaN not counted. Of a DataArray the names of the dims decide, else its
        first row is that of the map. A single row or column will do for scattered spectra.
    data : xarray.DataArray or xarray.Dataset
        The map.
    source : str
        Where the truth came from.

    Returns
    -------
    xarray.DataArray of int8, dims (y, x) or (point,)
        1 defect, 0 none, -1 not counted.

    Raises
    ------
    InputError
        Where the shape is not that of the map or a value is none of these.
    """
    dims = space_dims(data)
    shape = tuple(int(data.sizes[dim]) for dim in dims)
    if isinstance(values, xr.DataArray) and {*values.dims} == {*dims}:
        values = values.transpose(*dims).values
    table = np.asarray(values)
    if len(shape) == 1 and table.ndim == 2 and 1 in table.shape:
        table = table.ravel()
    if table.shape != shape:
        raise InputError(
            f"the truth ({source}) has the shape {table.shape}, the map {shape}: give one value for each spectrum, "
            "the first row for the first row of the map"
        )
    if table.dtype.kind not in "biuf":
        raise InputError(f"the truth ({source}) is of type {table.dtype}; allowed are truth values and numbers")
    numbers = np.where(np.isnan(table), -1, table) if table.dtype.kind == "f" else table.astype(np.int64)
    invalid = numbers[~np.isin(numbers, (-1, 0, 1))]
    if invalid.size:
        raise InputError(
            f"the truth ({source}) holds {invalid[0]:g}; allowed are 1 for a defect, 0 for none, and -1 or NaN for "
            "what does not count: set a level first"
        )
    return xr.DataArray(numbers.astype(np.int8), dims=dims, name="truth", attrs={**FLAGS, "source": source})


def simulated_truth(data: xr.DataArray | xr.Dataset) -> xr.DataArray | None:
    """Return the truth that a simulated map carries with it, None where there is none.

    Parameters
    ----------
    data : xarray.DataArray or xarray.Dataset
        With ``truth_amplitude`` and perhaps ``truth_artefact`` beside its spectra.

    Returns
    -------
    xarray.DataArray of int8, dims (y, x) or (point,), or None
        1 where the amplitude is over 0.5, 0 where it is under 0.02, else and where the spectrum is corrupted -1.
    """
    held = data.variables if isinstance(data, xr.Dataset) else data.coords
    dims = space_dims(data)
    if "truth_amplitude" not in held or {*data["truth_amplitude"].dims} != {*dims}:
        return None
    values = data["truth_amplitude"].transpose(*dims).values
    clear = (values > DEFECT_AMPLITUDE) | (values < FREE_AMPLITUDE)
    if "truth_artefact" in held:
        clear &= data["truth_artefact"].transpose(*dims).values == 0
    return as_truth(np.where(clear, values > DEFECT_AMPLITUDE, -1), data, "simulation")


def _array_file(path: Path, _: object) -> NDArray[Any]:
    return np.asarray(np.load(path, allow_pickle=False))


def _text_file(path: Path, _: object) -> NDArray[Any]:
    text = path.read_text(encoding="utf-8-sig")
    delimiter = next((mark for mark in ",;" if mark in text), None)
    values = np.loadtxt(io.StringIO(text), delimiter=delimiter, ndmin=2)
    if not values.size:
        raise ValueError("it is empty")
    return values


def _image_file(path: Path, _: object) -> NDArray[Any]:
    from matplotlib.image import imread

    image = imread(path)
    colours = image if image.ndim == 2 else image[..., :3].max(axis=2)
    return np.asarray(colours > (0.5 if colours.dtype.kind == "f" else np.iinfo(colours.dtype).max / 2))


def _netcdf_file(path: Path, data: xr.DataArray | xr.Dataset) -> xr.DataArray:
    dataset = open_labelled(path)
    if "truth" in dataset:
        return dataset["truth"]
    found = simulated_truth(dataset)
    if found is not None:
        return found
    dims = {*space_dims(data)}
    names = [str(name) for name, variable in dataset.data_vars.items() if {*variable.dims} == dims]
    if len(names) != 1:
        raise InputError(
            f"{path.name} holds {', '.join(names) or 'no variable'} with the dims ({', '.join(sorted(dims))}): name "
            "the truth 'truth'"
        )
    return dataset[names[0]]


READERS: dict[str, Callable[[Path, xr.DataArray | xr.Dataset], NDArray[Any] | xr.DataArray]] = {
    ".npy": _array_file,
    ".csv": _text_file,
    ".txt": _text_file,
    ".png": _image_file,
    ".nc": _netcdf_file,
}
"""What reads a truth, by the suffix of the file."""

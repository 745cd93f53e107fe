"""Parts of a map: a crop of the positions, and a mask of the spectra that stay."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from didymos.io.truth import as_truth, open_truth
from didymos.preparing.labelled import MARK, as_map, counted, noted, with_units
from didymos.preparing.settings import check_range
from didymos.schema import InputError, is_image, space_dims

Range = tuple[float, float]


def crop(data: xr.DataArray | xr.Dataset, x: Range | None = None, y: Range | None = None) -> xr.DataArray:
    """Keep a rectangle of a map.

    Parameters
    ----------
    data : spectral map
    x, y : (float, float), optional
        Lowest and highest position to keep, in the units of the positions; without it all of them.

    Returns
    -------
    xarray.DataArray

    Raises
    ------
    InputError
        Where no spectrum lies within, or all do.
    """
    spectra = as_map(data)
    parts = []
    for name, given in (("x", x), ("y", y)):
        limits = check_range(f"crop_{name}", given)
        if limits is None:
            continue
        if name not in spectra.coords:
            raise InputError(f"crop_{name} needs positions, and the map has no {name}: leave the option out")
        position = np.asarray(spectra[name].values, dtype=float)
        low, high = map(float, limits)
        rounding = 1e-9 * (high - low)
        kept = np.flatnonzero((position >= low - rounding) & (position <= high + rounding))
        units = str(spectra[name].attrs.get("units", ""))
        if kept.size in (0, position.size):
            effect = "leaves no spectrum" if kept.size == 0 else "leaves all spectra"
            raise InputError(
                f"crop_{name} {low:g} to {with_units(high, units)} {effect}; {name} runs from "
                f"{np.nanmin(position):g} to {with_units(float(np.nanmax(position)), units)}: give other limits"
                + _in_metres(units, limits, position)
            )
        spectra = spectra.isel({spectra[name].dims[0]: kept})
        parts.append(f"{name} from {low:g} to {high:g} {units}".rstrip())
    if not parts:
        return spectra
    size = " × ".join(str(spectra.sizes[dim]) for dim in space_dims(spectra))
    return noted(spectra, f"Cropped: {' and '.join(parts)}, {size} spectra left.")


def _in_metres(units: str, limits: tuple[float, float], position: NDArray[np.float64]) -> str:
    """Return how limits are written that seem to be in nm, where positions are in m."""
    low, high = np.nanmin(position), np.nanmax(position)
    if units != "m" or not (limits[0] * 1e-9 < high and limits[1] * 1e-9 > low):
        return ""
    return f", in m: {limits[0]:g} to {limits[1]:g} nm are {limits[0] * 1e-9:g} {limits[1] * 1e-9:g}"


def mask(data: xr.DataArray | xr.Dataset, kept: ArrayLike | xr.DataArray | str | os.PathLike[str]) -> xr.DataArray:
    """Keep the spectra that a mask names; the others become missing.

    Parameters
    ----------
    data : spectral map
    kept : array_like, shape (y, x) or (point,), xarray.DataArray, or path
        1 or true where a spectrum stays, 0, -1 or NaN where not; or a file of such values, as
        :func:`didymos.io.open_truth` reads them: ``.npy`` (the mask that the linked views save), ``.csv``, ``.txt``,
        ``.png`` (what is bright stays) or ``.nc``. The first row is the first row of the map.

    Returns
    -------
    xarray.DataArray
        Of the same shape, NaN where a spectrum does not stay.

    Raises
    ------
    InputError
        Where the mask cannot be read, does not fit the map or names no spectrum.
    """
    spectra = as_map(data)
    given: Any = kept
    try:
        if isinstance(given, (str, os.PathLike)):
            found = open_truth(given, spectra)
        else:
            found = as_truth(given, spectra, "given")
    except InputError as error:
        raise InputError(str(error).replace("the truth", "the mask").replace("a truth", "a mask")) from None
    stays = found == 1
    number, total = int(stays.sum()), int(stays.size)
    if number == 0:
        raise InputError("the mask names no spectrum: mark what stays with 1")
    result = spectra.where(stays.drop_vars([*stays.coords]).variable)
    result = result.astype(np.float32)
    result.attrs = dict(spectra.attrs)
    if MARK in result.coords:
        marks = spectra[MARK].transpose(*stays.dims)
        left = np.where(stays.values, marks.values, 0).astype(np.int8)
        result = result.assign_coords({MARK: (marks.dims, left, dict(marks.attrs))})
    return noted(result, f"Masked: {number} of {counted(total, 'spectrum', 'spectra')} stay.")


def whole_image(spectra: xr.DataArray, what: str) -> None:
    """Refuse scattered spectra where an image is needed."""
    if not is_image(spectra):
        raise InputError(f"{what} needs a grid of positions (y, x); those of the map are scattered: leave it out")

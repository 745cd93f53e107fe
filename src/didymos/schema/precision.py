"""Whether single precision, in which spectra are kept, holds what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from didymos.schema.names import InputError

if TYPE_CHECKING:
    import xarray as xr

SMALLEST, LARGEST = 1e-37, 3e38
"""Magnitudes that single precision has with all its digits."""
SMALLEST_SQUARED, LARGEST_SQUARED = 1e-18, 1e18
"""Magnitudes whose squares it has, with room for sums of these."""
DIGITS = float(np.finfo(np.float32).eps)
LEAST_SHARE = 0.1
"""Rounding over the spread of the values at one energy, at most."""
REAL = 1e-12
"""A spread under this share of the values is rounding of double precision, and no variation."""
SAMPLE = 4096
"""So many spectra are looked at."""


def check_precision(array: xr.DataArray) -> None:
    """Refuse spectra that single precision does not hold: their magnitude, or their variation beside a large offset.

    Parameters
    ----------
    array : xarray.DataArray
        Spectra as they came, energy last; those of a dask array are not looked at.

    Raises
    ------
    InputError
        Where they are too large or small, or their variation is lost in rounding.
    """
    rows = _sample(array)
    if rows is None or (array.dtype.kind == "f" and array.dtype.itemsize <= 4):
        return
    largest = _check_magnitude(array, rows, SMALLEST, LARGEST)
    known = rows[:, np.isfinite(rows).all(axis=0)]
    if known.size and len(known) > 1:
        spread = float(np.median(known.std(axis=0)))
        if spread > REAL * largest and DIGITS * largest > LEAST_SHARE * spread:
            raise InputError(
                f"the spectra are about {_with_units(largest, array)} and vary by {spread:.2g}, which single precision "
                "(7 digits) does not hold: subtract their common offset first"
            )


def check_squares(array: xr.DataArray) -> None:
    """Refuse spectra whose distances single precision does not hold.

    Parameters
    ----------
    array : xarray.DataArray
        A map in standard form; of a dask array nothing is looked at.

    Raises
    ------
    InputError
        Where they are too large or small.
    """
    rows = _sample(array)
    if rows is not None:
        _check_magnitude(array, rows, SMALLEST_SQUARED, LARGEST_SQUARED)


def _sample(array: xr.DataArray) -> NDArray[np.float64] | None:
    """Return some of the spectra in double precision, NaN where not finite; None where there are none in memory."""
    data: Any = array.data
    if hasattr(data, "__dask_graph__") or not array.size:
        return None
    rows = np.reshape(data, (-1, data.shape[-1]))
    rows = np.asarray(rows[:: max(1, len(rows) // SAMPLE)], dtype=np.float64)
    return np.where(np.isfinite(rows), rows, np.nan)


def _check_magnitude(array: xr.DataArray, rows: NDArray[np.float64], smallest: float, largest: float) -> float:
    """Return the largest magnitude, which is to lie in a range."""
    reached = float(np.fmax.reduce(np.abs(rows), axis=None, initial=0.0))
    if reached and not smallest <= reached <= largest:
        raise InputError(
            f"the spectra reach {_with_units(reached, array)}; single precision, in which they are kept, needs "
            f"{smallest:g} to {largest:g}: divide them by 1e{round(float(np.log10(reached)))} and change the unit"
        )
    return reached


def _with_units(value: float, array: xr.DataArray) -> str:
    return f"{value:.3g} {array.attrs.get('units', '')}".rstrip()

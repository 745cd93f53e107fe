"""Whether single precision, in which spectra are kept, holds what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from didymos.schema.names import InputError

if TYPE_CHECKING:
    import xarray as xr

SMALLEST, LARGEST = 1e-18, 1e18
"""Largest magnitude of spectra whose squares single precision holds, with room for sums of them."""
DIGITS = float(np.finfo(np.float32).eps)
LEAST_SHARE = 0.1
"""Rounding over the spread of the values at one energy, at most."""
SAMPLE = 4096
"""So many spectra are looked at."""


def check_precision(array: xr.DataArray) -> None:
    """Refuse spectra that single precision cannot hold: their magnitude, or their variation beside a large offset.

    Parameters
    ----------
    array : xarray.DataArray
        Spectra as they came, energy last; those of a dask array are not looked at.

    Raises
    ------
    InputError
        Where they are too large or small, or their variation is lost in rounding.
    """
    data: Any = array.data
    if hasattr(data, "__dask_graph__") or not array.size:
        return
    rows = np.reshape(data, (-1, data.shape[-1]))
    rows = np.asarray(rows[:: max(1, len(rows) // SAMPLE)], dtype=np.float64)
    rows = np.where(np.isfinite(rows), rows, np.nan)
    largest = float(np.fmax.reduce(np.abs(rows), axis=None, initial=0.0))
    units = str(array.attrs.get("units", ""))
    if largest and not SMALLEST <= largest <= LARGEST:
        power = round(float(np.log10(largest)))
        raise InputError(
            f"the spectra reach {largest:.3g} {units}".rstrip() + f"; single precision, in which they are kept, needs "
            f"{SMALLEST:g} to {LARGEST:g}: divide them by 1e{power} and change the unit"
        )
    if data.dtype.kind == "f" and data.dtype.itemsize <= 4:
        return
    known = rows[:, np.isfinite(rows).all(axis=0)]
    if known.size and len(known) > 1:
        spread = float(np.median(known.std(axis=0)))
        if spread > 0 and DIGITS * largest > LEAST_SHARE * spread:
            raise InputError(
                f"the spectra are about {largest:.3g} {units}".rstrip() + f" and vary by {spread:.2g}, which single "
                "precision (7 digits) does not hold: subtract their common offset first"
            )

"""Spectra that were clipped in a channel from which others are computed, where the result does not show it any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

SATURATED = "saturated"
"""The coordinate of a map that says which spectra were clipped in a channel that they are computed from."""


def with_saturated(array: xr.DataArray, channels: Sequence[NDArray[np.floating]]) -> xr.DataArray:
    """Return a map with the coordinate ``saturated``, where any of its spectra is clipped in a channel."""
    found = saturated(channels) if channels else np.zeros(0, dtype=bool)
    if not found.any():
        return array
    return array.assign_coords({SATURATED: (array.dims[:-1], found, {"long_name": "clipped in a channel"})})


def saturated(channels: Sequence[NDArray[np.floating]]) -> NDArray[np.bool_]:
    """Find the spectra that are clipped in any of some channels.

    A rotation of the lock-in, an average of sweeps and a derivative change the level at which an amplifier saturates
    from spectrum to spectrum, so that it is not seen afterwards.

    Parameters
    ----------
    channels : sequence of array, shape (..., n_energies)
        The channels as they were recorded, of one shape.

    Returns
    -------
    array of bool, shape (...)
        False where a value is missing; see :func:`didymos.core.artefacts.artefacts.clipped` and ``plateaus``.
    """
    # to tell what is in a file needs none of it
    from didymos.core.artefacts.artefacts import clipped, ends_of, plateaus

    found = np.zeros(channels[0].shape[:-1], dtype=bool)
    for values in channels:
        rows = values.reshape(-1, values.shape[-1])
        whole = np.flatnonzero(np.isfinite(rows).all(axis=1))
        if len(whole) and rows.shape[1] > 1:
            some = rows[whole]
            ends = ends_of(some)
            found.reshape(-1)[whole] |= clipped(some, ends) | plateaus(ends)
    return found

"""Smoothing: a polynomial through the energies around each energy (Savitzky and Golay)."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

EVEN = 1e-6
"""Steps that differ by less than this share are equal."""
ROWS = 64
"""Spectra with gaps that are smoothed at once."""


def smoothed(spectra: ArrayLike, energy: ArrayLike, window: int, order: int) -> NDArray[np.float64]:
    """Smooth spectra by local polynomials.

    The value at energy E_i becomes p_i(E_i), where the polynomial p_i of degree `order` minimises
    sum_k (s(E_k) - p_i(E_k))^2 over the `window` energies around E_i; at both ends over the first or last `window`
    energies. Only finite values count, so that a gap spreads nowhere. Polynomials up to the degree stay as they are,
    and white noise of standard deviation s becomes s sqrt(c), with c the central coefficient of the filter: 3/7 for
    `window` 5 and degree 1 ... see the source.

    Parameters
    ----------
    spectra : array_like, shape (n_points, n_energies)
        NaN where a value is missing.
    energy : array_like, shape (n_energies,)
        Strictly monotonic; the steps need not be equal.
    window : int
        Number of energies, odd, at most `n_energies`.
    order : int
        Degree of the polynomial, less than `window`.

    Returns
    -------
    array, shape (n_points, n_energies)
        A missing value stays missing. A value whose window holds no more than `order` values stays as it is.

    References
    ----------
    A. Savitzky, M. J. E. Golay, Anal. Chem. 36, 1627 (1964).
    """
    values, axis = np.array(spectra, dtype=np.float64), np.asarray(energy, dtype=np.float64)
    known = np.isfinite(values)
    step = np.diff(axis)
    even = bool(np.ptp(step) <= EVEN * np.abs(step).max())
    whole = known.all(axis=1) & even
    if whole.any():
        from scipy.signal import savgol_filter

        values[whole] = savgol_filter(values[whole], window, order, axis=1, mode="interp")
    rows = np.flatnonzero(~whole & known.any(axis=1))
    for first in range(0, len(rows), ROWS):
        part = rows[first : first + ROWS]
        values[part] = _through_gaps(values[part], known[part], axis, window, order)
    return values


def _through_gaps(
    values: NDArray[np.float64], known: NDArray[np.bool_], energy: NDArray[np.float64], window: int, order: int
) -> NDArray[np.float64]:
    """Return what :func:`smoothed` does, by least squares in every window; slower, for gaps and uneven steps."""
    half = window // 2
    within = sliding_window_view(energy, window)
    centre, reach = energy[half : len(energy) - half], np.ptp(within, axis=1) / 2
    powers = np.arange(order + 1)
    # positions of -1 to 1, so that powers are of one size
    terms = ((within - centre[:, None]) / reach[:, None])[..., None] ** powers
    mask = sliding_window_view(known.astype(np.float64), window, axis=1)
    data = sliding_window_view(np.where(known, values, 0.0), window, axis=1)
    gram = np.einsum("mkp,mkq,nmk->nmpq", terms, terms, mask, optimize=True)
    moment = np.einsum("mkp,nmk->nmp", terms, data, optimize=True)
    enough = mask.sum(axis=2) > order
    gram = np.where(enough[..., None, None], gram, np.eye(order + 1))
    fitted = np.linalg.solve(gram, moment[..., None])[..., 0]
    smooth = np.empty_like(values)
    # the polynomials of the first and the last window reach to the ends
    at = np.clip(np.arange(len(energy)) - half, 0, len(centre) - 1)
    place = ((energy - centre[at]) / reach[at])[:, None] ** powers
    smooth[:] = np.einsum("nmp,mp->nm", fitted[:, at], place)
    return np.where(known, np.where(enough[:, at], smooth, values), np.nan)

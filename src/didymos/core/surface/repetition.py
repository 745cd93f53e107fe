"""Patterns that repeat on an image: their autocorrelation, and the vectors of their lattice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from didymos.core.surface.settings import NeighbourhoodSettings

DEFAULTS = NeighbourhoodSettings()


def repetitions(
    pattern: NDArray[np.floating] | NDArray[np.bool_],
    present: NDArray[np.bool_],
    *,
    settings: NeighbourhoodSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Return the autocorrelation of a pattern for all shifts that count, 0 for others.

    With the pattern m, A(s) = <(m(r) - <m>) (m(r + s) - <m>)> over all pairs of points present, divided by A(0).
    Shifts up to half of the image count; the central peak ends where its radial average falls under 0.05.

    Parameters
    ----------
    pattern : array, shape (n_points,)
        Value of every point present, row by row.
    present : array of bool, shape (n_rows, n_columns)
    settings : NeighbourhoodSettings

    Returns
    -------
    array, shape (2 n_rows, 2 n_columns)
        Negative shifts are counted from the end.
    """
    pairs_of = present.astype(np.float64)
    size = (2 * present.shape[0], 2 * present.shape[1])
    deviation = np.zeros(present.shape)
    deviation[present] = pattern - pattern.mean()
    pairs = np.maximum(_autocorrelation(pairs_of, size), 1.0)
    correlation = _autocorrelation(deviation, size) / pairs
    if correlation[0, 0] <= 0:
        return np.zeros(size)
    correlation /= correlation[0, 0]
    rows, columns = (np.minimum(np.arange(side), side - np.arange(side)) for side in size)
    shift = np.hypot(rows[:, np.newaxis], columns)
    whole = shift.astype(np.intp).ravel()
    ring = np.bincount(whole, correlation.ravel()) / np.bincount(whole)
    peak_end = int(np.argmax(ring < settings.peak_end)) + 1
    largest = settings.largest_shift
    allowed = (rows[:, np.newaxis] <= largest * present.shape[0]) & (columns <= largest * present.shape[1])
    allowed &= (shift > peak_end) & (pairs >= settings.least_overlap * pairs[0, 0])
    return np.where(allowed, correlation, 0.0)


def lattice_vectors(
    pattern: NDArray[np.floating],
    present: NDArray[np.bool_],
    least: float,
    *,
    settings: NeighbourhoodSettings = DEFAULTS,
) -> tuple[tuple[int, int], ...]:
    """Return the shortest vectors under which a pattern repeats: peaks of its autocorrelation that reach `least`.

    Parameters
    ----------
    pattern : array, shape (n_points,)
        Value of every point present, with its sign: what repeats with the other sign is no lattice.
    present : array of bool, shape (n_rows, n_columns)
    least : float
    settings : NeighbourhoodSettings
        Of these, beside those of :func:`repetitions`: ``most_vectors`` and ``fewest_pairs``.

    Returns
    -------
    tuple of (int, int)
        Rows and columns, one of every two opposite vectors; empty where there are fewer than pairs are needed.
    """
    repetition = repetitions(pattern, present, settings=settings)
    vectors = np.argwhere((repetition == maximum_filter(repetition, 3, mode="wrap")) & (repetition >= least))
    size = np.array(repetition.shape)
    vectors = np.where(vectors > size / 2, vectors - size, vectors)
    half = vectors[(vectors[:, 0] > 0) | (vectors[:, 0] == 0) & (vectors[:, 1] > 0)]
    if len(half) < settings.fewest_pairs:
        return ()
    nearest = half[np.argsort(np.hypot(*half.T), kind="stable")][: settings.most_vectors]
    return tuple((int(row), int(column)) for row, column in nearest)


def _autocorrelation(image: NDArray[np.floating], size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the sums of the products of an image with itself for every shift, without wrapping around."""
    return np.asarray(np.fft.irfft2(np.abs(np.fft.rfft2(image, size)) ** 2, size))

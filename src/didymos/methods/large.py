"""What is done where there are too many spectra to compare all with all, or to fit all."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import pairwise_distances_argmin

MOST_SPECTRA = 10_000
"""Spectra that a method is fitted to at most; the distances of their pairs take 0.4 GB."""

ROWS = 1024
"""Spectra that a model is applied to at a time."""


def drawn(points: int, most: int, seed: int) -> NDArray[np.intp]:
    """Draw spectra at random without replacement.

    Parameters
    ----------
    points : int
        Number of spectra.
    most : int
        Number drawn where there are more, else all are taken.
    seed : int

    Returns
    -------
    array of int, ascending, shape (min(points, most),)
    """
    if points <= most:
        return np.arange(points)
    return np.sort(np.random.default_rng(seed).choice(points, most, replace=False)).astype(np.intp)


def nearest(features: NDArray[np.floating], chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the index of the nearest of the chosen spectra for every spectrum.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    chosen : array of int, ascending, shape (n_chosen,)

    Returns
    -------
    array of int, shape (n_points,)
        From 0 to n_chosen - 1; a chosen spectrum is its own nearest.
    """
    index = np.empty(len(features), dtype=np.intp)
    index[chosen] = np.arange(len(chosen))
    others = np.ones(len(features), dtype=bool)
    others[chosen] = False
    if others.any():
        index[others] = pairwise_distances_argmin(features[others], features[chosen])
    return index


def in_blocks(
    apply: Callable[[NDArray[np.floating]], NDArray[np.floating]], values: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Apply a fitted model to blocks of spectra, so that memory does not grow with their number.

    Parameters
    ----------
    apply : callable
        From spectra, shape (n, n_features), to their positions, shape (n, n_dims).
    values : array, shape (n_points, n_features)

    Returns
    -------
    array, shape (n_points, n_dims)
    """
    parts = [apply(values[start : start + ROWS]) for start in range(0, len(values), ROWS)]
    return np.concatenate(parts).astype(np.float64)


def fitted_note(points: int, chosen: NDArray[np.intp], others: str) -> tuple[str, ...]:
    """Return the note that the method was fitted to some of the spectra, or none where it was fitted to all.

    Parameters
    ----------
    points : int
        Number of spectra.
    chosen : array of int, shape (n_chosen,)
        The fitted spectra.
    others : str
        What was done with the others, such as "take the position of the nearest fitted spectrum".
    """
    if len(chosen) == points:
        return ()
    return (f"Fitted to {len(chosen)} of {points} spectra, drawn at random; the other spectra {others}.",)

"""The nearest neighbours of every point, all that are equally near."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

NEAREST = 4
"""Points that are equally near at most, as on a square lattice."""
SAME = 1 + 1e-6
"""Distances whose ratio is less are the same."""


def adjacent_pairs(positions: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return every point with each of the points that are nearest to it.

    On a lattice a point has several nearest neighbours, and to take one of them would prefer a direction: what is
    estimated from the pairs would change when the map is turned.

    Parameters
    ----------
    positions : array, shape (n_points, 2)
        Positions in any unit.

    Returns
    -------
    array of int, shape (n_pairs, 2)
        Indices of the points, the smaller one first, each pair once, in ascending order; (0, 0) where there is only one
        point.
    """
    count = len(positions)
    if count < 2:
        return np.zeros((count, 2), dtype=np.intp)
    away, index = cKDTree(positions).query(positions, k=min(NEAREST + 1, count))
    found, own = np.asarray(index, dtype=np.intp), np.arange(count)[:, np.newaxis]
    distance = np.where(found == own, np.inf, np.asarray(away))
    near = (found != own) & (distance <= SAME * distance.min(axis=1, keepdims=True))
    first = np.broadcast_to(own, found.shape)[near]
    pairs = np.sort(np.stack([first, found[near]], axis=1), axis=1)
    # as one number each they are sorted ten times as fast
    numbers = np.unique(pairs[:, 0] * count + pairs[:, 1])
    return np.stack([numbers // count, numbers % count], axis=1).astype(np.intp)


def as_pairs(neighbours: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return pairs of neighbours, shape (n_pairs, 2), from these or from one neighbour of every point."""
    if neighbours.ndim == 2:
        return neighbours
    return np.stack([np.arange(len(neighbours)), neighbours], axis=1)

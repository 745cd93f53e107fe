"""The nearest neighbour of every point."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree


def nearest_neighbours(positions: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the nearest other point of every point.

    Parameters
    ----------
    positions : array, shape (n_points, 2)
        Positions in any unit.

    Returns
    -------
    array of int, shape (n_points,)
        Index of the nearest other point; 0 where there is only one point.
    """
    if len(positions) < 2:
        return np.zeros(len(positions), dtype=np.intp)
    # coincident positions would list another point first, so the point itself is looked for and dropped
    found = np.asarray(cKDTree(positions).query(positions, k=2)[1])
    own = found[:, 0] == np.arange(len(positions))
    return np.asarray(np.where(own, found[:, 1], found[:, 0]), dtype=np.intp)

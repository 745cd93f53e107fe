"""How wide and how round objects on a surface are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.surface.settings import NeighbourhoodSettings

DEFAULTS = NeighbourhoodSettings()


def roundness_of(
    label: NDArray[np.intp],
    steps: NDArray[np.float64],
    *,
    settings: NeighbourhoodSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Return the number of points of every object over the area of the disc whose diameter is its largest extent.

    Parameters
    ----------
    label : array of int, shape (n_points,)
    steps : array, shape (n_points, 2)
        Positions in steps; a point covers one step each way.
    settings : NeighbourhoodSettings

    Returns
    -------
    array, shape (n_objects + 1,)
        At entry 0 stands 1.
    """
    roundness = np.bincount(label) / (np.pi / 4 * (extents(label, steps, settings.angles) + 1) ** 2)
    roundness[0] = 1.0
    return np.asarray(roundness)


def extents(label: NDArray[np.intp], positions: NDArray[np.float64], angles: int) -> NDArray[np.float64]:
    """Return the largest width of every object over so many directions.

    Parameters
    ----------
    label : array of int, shape (n_points,)
        Number of the object that a point belongs to, 0 for none.
    positions : array, shape (n_points, 2)
    angles : int

    Returns
    -------
    array, shape (n_objects + 1,)
        In the unit of the positions; 0 at entry 0.
    """
    count = int(label.max(initial=0)) + 1
    marked = np.flatnonzero(label)
    extent = np.zeros(count)
    for angle in np.linspace(0, np.pi, angles, endpoint=False):
        along = positions[marked] @ np.array([np.cos(angle), np.sin(angle)])
        low, high = np.full(count, np.inf), np.full(count, -np.inf)
        np.minimum.at(low, label[marked], along)
        np.maximum.at(high, label[marked], along)
        extent = np.maximum(extent, np.where(high >= low, high - low, 0.0))
    return extent

"""How evenly scattered points lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree


@dataclass(frozen=True)
class DensitySettings:
    """Numbers that steer how the density of the points is estimated.

    Attributes
    ----------
    around : int
        Neighbours whose farthest gives the density around a point.
    even_share : float
        Half of the points that lie evenly cover at least this share of the area; of sixteen points at random 99 % do.
    """

    around: int = 8
    even_share: float = 0.2


DEFAULTS = DensitySettings()


def densest_share(positions: NDArray[np.floating], *, settings: DensitySettings = DEFAULTS) -> float:
    """Return the share of the area on which the densest half of the points lie.

    The area of a point is that of the circle to its k-th neighbour, a_i = r_i^2; with these in ascending order the
    share is the sum of the first half over the sum of all: one half for a lattice, about 0.35 for points at random.

    Parameters
    ----------
    positions : array, shape (n_points, 2)
        Finite, in any unit.
    settings : DensitySettings

    Returns
    -------
    float
        NaN where the points are fewer than twice the neighbours, or all at one position.
    """
    if len(positions) < 2 * settings.around:
        return float("nan")
    distance = np.asarray(cKDTree(positions).query(positions, k=settings.around + 1)[0])
    area = np.sort(distance[:, -1] ** 2)
    total = float(area.sum())
    return float(area[: len(area) // 2].sum() / total) if total > 0 else float("nan")


def are_uneven(share: float, *, settings: DensitySettings = DEFAULTS) -> bool:
    """Tell whether the share of the area under the densest half of the points is too small for an even sampling."""
    return share < settings.even_share

"""How much a spectrum differs from its surroundings: what a defect has and a smooth surface lacks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

RADIUS = 3.0
"""Distance, in points, of the surroundings that a point is compared with."""

REACH = 4
"""Largest distance, in points, of the surroundings at the rim."""

FEWEST_PAIRS = 3
"""Pairs of opposite points whose median does not follow a single odd one."""

BLOCK = 2**18
"""Values that are compared with their surroundings at once."""

NEIGHBOURS = 16
"""Number of neighbours whose plane a scattered point is compared with."""


def image_residual(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Subtract from every point of an image the median of its surroundings.

    The surroundings are pairs of opposite points on a circle, whose averages do not change with a constant slope:
    a surface that drifts leaves no residual, an object smaller than the circle does. At the rim, where the circle has
    too few pairs, those straight ahead are added. The median of at least three pairs does not follow one odd
    spectrum.

    Parameters
    ----------
    features : array, shape (n_rows, n_columns, n_features)
        NaN where missing.

    Returns
    -------
    array, shape (n_rows, n_columns, n_features)
        NaN where the point is missing or has fewer than three pairs of opposite points (corners).
    """
    angles = np.linspace(0, np.pi, 8, endpoint=False)
    circle = sorted({(round(RADIUS * np.sin(a)), round(RADIUS * np.cos(a))) for a in angles})
    straight = [(0, REACH), (0, REACH - 2), (REACH, 0), (REACH - 2, 0)]
    padded = np.pad(features.astype(np.float64), ((REACH, REACH), (REACH, REACH), (0, 0)), constant_values=np.nan)
    middle = np.empty(features.shape)
    rows = max(1, BLOCK // max(middle[0].size, 1))
    for first in range(0, len(middle), rows):
        places = np.indices((len(middle[first : first + rows]), features.shape[1]))
        places[0] += first
        middle[first : first + rows] = _middle(padded, places, circle)
    lacking = np.isnan(middle).any(axis=-1)
    middle[lacking] = _middle(padded, np.stack(np.nonzero(lacking)), [*circle, *straight])
    return np.asarray(features - middle, dtype=np.float64)


def scattered_residual(features: NDArray[np.floating], positions: NDArray[np.floating]) -> NDArray[np.float64]:
    """Subtract from every scattered point the plane through its nearest neighbours, fitted by least squares.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        NaN where missing.
    positions : array, shape (n_points, 2)

    Returns
    -------
    array, shape (n_points, n_features)
        NaN where the point is missing or has fewer than four neighbours.
    """
    whole = np.isfinite(features).all(axis=1)
    result = np.full(features.shape, np.nan)
    count = min(NEIGHBOURS + 1, int(whole.sum()))
    if count < 5:
        return result
    present = np.flatnonzero(whole)
    nearest = np.asarray(cKDTree(positions[present]).query(positions[present], k=count)[1])[:, 1:]
    offset = positions[present[nearest]] - positions[present][:, np.newaxis]
    offset = offset / np.maximum(np.abs(offset).max(axis=(1, 2), keepdims=True), np.finfo(float).tiny)
    design = np.concatenate([np.ones((*offset.shape[:2], 1)), offset], axis=2)
    # the first row of the pseudo-inverse is the height of the plane at the point itself
    weight = np.linalg.pinv(design)[:, 0, :]
    result[present] = features[present] - np.einsum("pk,pkf->pf", weight, features[present[nearest]])
    return result


def _middle(padded: NDArray[np.float64], places: NDArray[np.intp], steps: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Return the median over the pairs of opposite points of their averages, NaN where there are too few pairs.

    Parameters
    ----------
    padded : array, shape (n_rows + 2 REACH, n_columns + 2 REACH, n_features)
        NaN beyond the rim.
    places : array of int, shape (2, ...)
        Rows and columns before the padding.
    steps : list of (int, int)
        Rows and columns from a place to one point of each pair.

    Returns
    -------
    array, shape (..., n_features)
    """
    y, x = places + REACH
    means = np.stack([(padded[y + dy, x + dx] + padded[y - dy, x - dx]) / 2 for dy, dx in steps])
    enough = np.isfinite(means).all(axis=-1).sum(axis=0) >= FEWEST_PAIRS
    result = np.full(means.shape[1:], np.nan)
    result[enough] = np.nanmedian(means[:, enough], axis=0)
    return result

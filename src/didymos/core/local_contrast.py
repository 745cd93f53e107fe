"""How much a spectrum differs from its surroundings: what a defect has and a smooth surface lacks."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

RADIUS = 3.0
"""Distance, in points, of the surroundings that a point is compared with."""

NEIGHBOURS = 16
"""Number of neighbours whose plane a scattered point is compared with."""


def image_residual(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Subtract from every point of an image the median of its surroundings.

    The surroundings are pairs of opposite points on a circle, whose averages do not change with a constant slope:
    a surface that drifts leaves no residual, an object smaller than the circle does.

    Parameters
    ----------
    features : array, shape (n_rows, n_columns, n_features)
        NaN where missing.

    Returns
    -------
    array, shape (n_rows, n_columns, n_features)
        NaN where the point is missing or has no pair of opposite points (corners).
    """
    rows, columns = features.shape[:2]
    angles = np.linspace(0, np.pi, 8, endpoint=False)
    steps = {(round(RADIUS * np.sin(a)), round(RADIUS * np.cos(a))) for a in angles}
    if rows == 1 or columns == 1:
        steps = {(0, dx) for dx in (2, 3, 4)} | {(dy, 0) for dy in (2, 3, 4)}
    steps = {(dy, dx) for dy, dx in steps if 2 * abs(dy) < rows and 2 * abs(dx) < columns}
    if not steps:
        return np.full(features.shape, np.nan)
    means = [(_shifted(features, dy, dx) + _shifted(features, -dy, -dx)) / 2 for dy, dx in sorted(steps)]
    return np.asarray(features - _median(np.stack(means)), dtype=np.float64)


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


def _shifted(values: NDArray[np.floating], dy: int, dx: int) -> NDArray[np.float64]:
    """Return the array whose point (y, x) holds the value at (y + dy, x + dx), NaN beyond the rim."""
    rows, columns = values.shape[:2]
    result = np.full(values.shape, np.nan)
    to_y, from_y = slice(max(-dy, 0), rows - max(dy, 0)), slice(max(dy, 0), rows - max(-dy, 0))
    to_x, from_x = slice(max(-dx, 0), columns - max(dx, 0)), slice(max(dx, 0), columns - max(-dx, 0))
    result[to_y, to_x] = values[from_y, from_x]
    return result


def _median(stack: NDArray[np.float64]) -> NDArray[np.float64]:
    with warnings.catch_warnings():
        # a point without any neighbour stays NaN, which is what the caller is told
        warnings.filterwarnings("ignore", "All-NaN slice")
        return np.asarray(np.nanmedian(stack, axis=0))

"""How much a spectrum differs from its neighbourhood: what a defect has and a smooth surface lacks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.numeric.robust import median_of_known
from didymos.core.numeric.rows import blocks
from didymos.core.numeric.threads import allowed_threads, in_order
from didymos.core.surface.settings import NeighbourhoodSettings

DEFAULTS = NeighbourhoodSettings()

BLOCK = 2**18
"""Values that are compared with their neighbourhood at once."""


def image_residual(
    features: NDArray[np.floating],
    vectors: Sequence[tuple[int, int]] = (),
    *,
    settings: NeighbourhoodSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Subtract from every point of an image the median of its neighbourhood.

    The neighbourhood is pairs of opposite points on a circle, whose averages do not change with a constant slope:
    a surface that drifts leaves no residual, an object smaller than the circle does. At the rim, where the circle has
    too few pairs, those straight ahead are added. The median of at least three pairs does not follow one unusual
    spectrum.

    Parameters
    ----------
    features : array, shape (n_rows, n_columns, n_features)
        NaN where missing.
    vectors : sequence of (int, int), optional
        Rows and columns from a point to one of each pair of opposite points, instead of the circle.
    settings : NeighbourhoodSettings

    Returns
    -------
    array, shape (n_rows, n_columns, n_features)
        NaN where the point is missing or has fewer than three pairs of opposite points (corners).
    """
    angles = np.linspace(0, np.pi, 8, endpoint=False)
    circle = vectors or sorted(
        {(round(settings.radius * np.sin(a)), round(settings.radius * np.cos(a))) for a in angles}
    )
    reach = settings.reach
    straight = [] if vectors else [(0, reach), (0, reach - 2), (reach, 0), (reach - 2, 0)]
    reach = max(reach, *(max(abs(row), abs(column)) for row, column in circle))
    residual = np.empty(features.shape)

    def subtract(rows: slice) -> None:
        first, last = max(rows.start - reach, 0), rows.stop + reach
        rim = (first - rows.start + reach, max(last - len(features), 0))
        strip = features[first:last].astype(np.float64)
        strip = np.pad(strip, (rim, (reach, reach), (0, 0)), constant_values=np.nan)
        middle = _middle(strip, np.indices(residual[rows].shape[:2]), circle, reach, settings)
        lacking = np.isnan(middle).any(axis=-1)
        middle[lacking] = _middle(strip, np.stack(np.nonzero(lacking)), [*circle, *straight], reach, settings)
        residual[rows] = features[rows] - middle

    strips = blocks(len(features), max(1, BLOCK // max(features[0].size, 1)))
    for _ in in_order(subtract, strips, allowed_threads()):
        pass
    return residual


def scattered_residual(
    features: NDArray[np.floating],
    positions: NDArray[np.floating],
    *,
    settings: NeighbourhoodSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Subtract from every scattered point the plane through the points around it, fitted by least squares.

    The nearest points are left out: on a defect they show it as well.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        NaN where missing.
    positions : array, shape (n_points, 2)
    settings : NeighbourhoodSettings

    Returns
    -------
    array, shape (n_points, n_features)
        NaN where the point is missing or has fewer than four others.
    """
    whole = np.isfinite(features).all(axis=1)
    result = np.full(features.shape, np.nan)
    count = min(settings.plane_points + 1, int(whole.sum()))
    if count < 5:
        return result
    present = np.flatnonzero(whole)
    left_out = min(settings.plane_left_out, count // 4)
    nearest = np.asarray(cKDTree(positions[present]).query(positions[present], k=count)[1])[:, 1 + left_out :]
    offset = positions[present[nearest]] - positions[present][:, np.newaxis]
    offset = offset / np.maximum(np.abs(offset).max(axis=(1, 2), keepdims=True), np.finfo(float).tiny)
    design = np.concatenate([np.ones((*offset.shape[:2], 1)), offset], axis=2)
    # the first row of the pseudo-inverse is the height of the plane at the point itself
    weight = np.linalg.pinv(design)[:, 0, :]
    result[present] = features[present] - np.einsum("pk,pkf->pf", weight, features[present[nearest]])
    return result


def _middle(
    padded: NDArray[np.float64],
    positions: NDArray[np.intp],
    steps: Sequence[tuple[int, int]],
    reach: int,
    settings: NeighbourhoodSettings,
) -> NDArray[np.float64]:
    """Return the median over the pairs of opposite points of their averages, NaN where there are too few pairs.

    Parameters
    ----------
    padded : array, shape (n_rows + 2 reach, n_columns + 2 reach, n_features)
        NaN beyond the rim.
    positions : array of int, shape (2, ...)
        Rows and columns before the padding.
    steps : list of (int, int)
        Rows and columns from a position to one point of each pair.
    reach : int
        Width of the padding.
    settings : NeighbourhoodSettings

    Returns
    -------
    array, shape (..., n_features)
    """
    y, x = positions + reach
    means = np.stack([(padded[y + dy, x + dx] + padded[y - dy, x - dx]) / 2 for dy, dx in steps])
    enough = np.isfinite(means).all(axis=-1).sum(axis=0) >= settings.fewest_pairs
    result = np.full(means.shape[1:], np.nan)
    result[enough] = median_of_known(means[:, enough])
    return result

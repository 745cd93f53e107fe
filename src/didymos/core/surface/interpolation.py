"""What the surface would show under a defect: averages of the points around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve, gaussian_filter
from scipy.spatial import cKDTree

from didymos.core.surface.settings import NeighbourhoodSettings

DEFAULTS = NeighbourhoodSettings()

BLOCK = 2**12
"""Scattered points averaged at once."""


def image_interpolation(
    image: NDArray[np.floating],
    known: NDArray[np.bool_],
    gap: float = 0.0,
    *,
    settings: NeighbourhoodSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Average the known points around every point of an image.

    b(r) = sum_s w(r - s) f(s) / sum_s w(r - s) over known points s with |r - s| > gap, w a Gaussian whose width is the
    smallest of 2, 4, 8 ... points that finds a fiftieth of its weight.

    Parameters
    ----------
    image : array, shape (n_rows, n_columns, n_features)
        Finite where known.
    known : array of bool, shape (n_rows, n_columns)
        At least one.
    gap : float
        Known points nearer than this, in points of the image, do not count; 0 counts the point itself as well.
    settings : NeighbourhoodSettings

    Returns
    -------
    array, shape (n_rows, n_columns, n_features)
    """
    masked = np.where(known[..., np.newaxis], image, 0.0).astype(np.float64)
    present = known.astype(np.float64)
    result = np.full(image.shape, np.nan)
    lacking = np.ones(known.shape, dtype=bool)
    width = settings.smallest_width
    while lacking.any() and width < 2 * max(known.shape):
        weight = _smooth(present, width, gap)
        enough = lacking & (weight > settings.least_weight)
        if enough.any():
            for index in range(image.shape[-1]):
                result[enough, index] = _smooth(masked[..., index], width, gap)[enough] / weight[enough]
            lacking &= ~enough
        width *= 2
    result[lacking] = masked[known].mean(axis=0)
    return result


def scattered_interpolation(
    features: NDArray[np.floating],
    positions: NDArray[np.floating],
    known: NDArray[np.bool_],
    spacing: float,
    gap: float = 0.0,
    *,
    settings: NeighbourhoodSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Average the known points around every scattered point, as :func:`image_interpolation` does on a grid.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Finite where known.
    positions : array, shape (n_points, 2)
    known : array of bool, shape (n_points,)
        At least one.
    spacing : float
        Usual distance of neighbours, in the unit of the positions.
    gap : float
        Known points nearer than this many spacings do not count.
    settings : NeighbourhoodSettings

    Returns
    -------
    array, shape (n_points, n_features)
        From the 64 nearest known points at most.
    """
    sources = np.flatnonzero(known)
    tree = cKDTree(positions[sources])
    # those within the gap come first and do not count: about so many more are asked for
    most = settings.most_sources
    count = min(most + int(np.ceil(settings.densest * np.pi * gap**2)), len(sources))
    used = min(most, count)
    mean = np.asarray(features[sources].mean(axis=0), dtype=np.float64)
    result = np.empty(features.shape)
    for first in range(0, len(features), BLOCK):
        rows = slice(first, first + BLOCK)
        distance, index = (np.reshape(part, (-1, count)) for part in tree.query(positions[rows], k=count))
        steps = distance / spacing
        within = (steps <= gap).sum(axis=1) if gap > 0 else np.zeros(len(steps), dtype=np.intp)
        order = within[:, np.newaxis] + np.arange(used)
        beyond = np.take_along_axis(steps, np.minimum(order, count - 1), axis=1)
        beyond[order >= count] = np.inf
        chosen = np.take_along_axis(index, np.minimum(order, count - 1), axis=1)
        result[rows] = _average(features[sources[chosen]], beyond, mean, settings)
    return result


def _average(
    values: NDArray[np.floating],
    steps: NDArray[np.float64],
    otherwise: NDArray[np.float64],
    settings: NeighbourhoodSettings,
) -> NDArray[np.float64]:
    """Return the weighted averages of values, shape (n_points, n_nearest, n_features), at so many steps."""
    result = np.tile(otherwise, (len(values), 1))
    lacking = np.ones(len(values), dtype=bool)
    width = settings.smallest_width
    # beyond the farthest of the nearest points a wider Gaussian finds nothing new
    while lacking.any() and width <= settings.smallest_width * 2**6:
        weight = np.exp(-((steps / width) ** 2) / 2)
        total = weight.sum(axis=1)
        enough = lacking & (total > settings.least_weight * min(2 * np.pi * width**2, steps.shape[1]))
        result[enough] = np.einsum("pk,pkf->pf", weight[enough], values[enough]) / total[enough, np.newaxis]
        lacking &= ~enough
        width *= 2
    return result


def _smooth(image: NDArray[np.float64], width: float, gap: float) -> NDArray[np.float64]:
    """Return the Gaussian average of an image, 0 beyond the rim, without the points within the gap."""
    smooth = np.asarray(gaussian_filter(image, width, mode="constant"))
    if gap <= 0:
        return smooth
    reach = int(gap)
    offset = np.arange(-reach, reach + 1)
    line = np.exp(-(offset**2) / (2 * width**2))
    # the filter's own kernel ends at four widths and has the sum 1
    whole = np.arange(-int(4 * width + 0.5), int(4 * width + 0.5) + 1)
    line /= np.exp(-(whole**2) / (2 * width**2)).sum()
    disc = np.outer(line, line) * (offset[:, np.newaxis] ** 2 + offset**2 <= gap**2)
    return smooth - np.asarray(convolve(image, disc, mode="constant"))

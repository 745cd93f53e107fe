"""Labels of points: groups numbered by size, the largest value of every group, how far groups stand apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def numbered_by_size(label: NDArray[np.integer]) -> NDArray[np.int16]:
    """Return new numbers for labels, without a gap: 1 for the most common, 2 for the next.

    Parameters
    ----------
    label : array of int, shape (n_points,)

    Returns
    -------
    array of int16, shape (n_points,)
    """
    present, index, size = np.unique(label, return_inverse=True, return_counts=True)
    rank = np.empty(len(present), dtype=np.int16)
    rank[np.argsort(-size, kind="stable")] = np.arange(1, len(present) + 1)
    return np.asarray(rank[index], dtype=np.int16)


def largest_by_label(values: NDArray[np.float64], label: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the largest value of every object, shape (n_objects + 1,); entry 0 are the points of none."""
    peak = np.zeros(int(label.max(initial=0)) + 1)
    np.maximum.at(peak, label, values)
    return peak


def mean_silhouette(distance: NDArray[np.floating], label: NDArray[np.integer]) -> float:
    """Return how far groups stand apart, the mean over i of (b_i - a_i) / max(a_i, b_i), from -1 to 1.

    Here a_i is the mean distance of a point to the others of its group, and b_i that to the nearest other group; a
    point without others counts 0 (P. J. Rousseeuw, J. Comput. Appl. Math. 20, 53 (1987)).

    Parameters
    ----------
    distance : array, shape (n_points, n_points)
        0 on the diagonal.
    label : array of int, shape (n_points,)
        Two groups at least.

    Returns
    -------
    float
    """
    group, size = np.unique(label, return_inverse=True, return_counts=True)[1:]
    total = np.stack([distance[:, group == number].sum(axis=1) for number in range(len(size))], axis=1)
    point = np.arange(len(group))
    within = total[point, group] / np.maximum(size[group] - 1, 1)
    between = total / size
    between[point, group] = np.inf
    nearest = between.min(axis=1)
    larger = np.maximum(within, nearest)
    share = (nearest - within) / np.where(larger > 0, larger, 1.0)
    return float(np.where(size[group] > 1, share, 0.0).mean())

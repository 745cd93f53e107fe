"""Labels of points: groups numbered by size, the largest value of every group."""

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

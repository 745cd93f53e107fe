"""Runs of marks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def longest_row(marked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the length of the longest row of marks in every line of an array, shape (n_lines,).

    Parameters
    ----------
    marked : array of bool, shape (n_lines, n_places)
    """
    longest = np.asarray(marked.any(axis=1), dtype=np.intp)
    # a single mark has no row, and most lines have no more than that
    several = np.flatnonzero(marked.sum(axis=1) > 1)
    found, running = longest[several], np.zeros(len(several), dtype=np.intp)
    for column in marked[several].T:
        running = (running + 1) * column
        np.maximum(found, running, out=found)
    longest[several] = found
    return longest

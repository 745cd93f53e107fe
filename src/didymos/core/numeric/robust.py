"""Robust statistics of plain numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MAD_TO_SD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""


def quantum(differences: NDArray[np.floating]) -> float:
    """Return the smallest difference that is not zero: 1 for counts, about 0 for continuous values."""
    size = np.abs(differences)
    return float(np.min(size, where=size > 0, initial=np.inf)) if (size > 0).any() else 0.0


def median_of_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median over the first axis of what is not NaN; NaN where nothing is."""
    count = np.isfinite(values).sum(axis=0)
    ordered = np.sort(values, axis=0)  # NaN come last
    low, high = (np.take_along_axis(ordered, at[np.newaxis], axis=0)[0] for at in ((count - 1) // 2, count // 2))
    return np.asarray(low + (high - low) / 2)

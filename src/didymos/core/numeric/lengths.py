"""Lengths of vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.rows import Spectra, over_rows

BLOCK = 2048
"""Spectra whose distances are computed together."""


def distance_to_centre(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the distance of every spectrum from the centre of the majority, |f|, shape (n_points,)."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", features, features)), dtype=np.float64)


def distance_to(values: Spectra, spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Euclidean distance of every spectrum from one, shape (n_points,), whether in memory or not."""
    found = np.empty(len(values))
    for rows, part in over_rows(lambda block: np.linalg.norm(block - spectrum, axis=1), values, BLOCK):
        found[rows] = part
    return found

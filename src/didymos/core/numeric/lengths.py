"""Lengths of vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def distance_to_centre(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the distance of every spectrum from the centre of the majority, |f|, shape (n_points,)."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", features, features)), dtype=np.float64)

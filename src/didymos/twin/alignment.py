"""How members of an ensemble are laid on each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def align(embedding: NDArray[np.floating], reference: NDArray[np.floating]) -> NDArray[np.float64]:
    """Move, rotate and reflect an embedding onto another (orthogonal Procrustes; Schoenemann, 1966).

    Parameters
    ----------
    embedding, reference : array, shape (n_points, n_components)

    Returns
    -------
    array, shape (n_points, n_components)
    """
    centre, goal = embedding.mean(axis=0), reference.mean(axis=0)
    left, _, right = np.linalg.svd((embedding - centre).T.astype(float) @ (reference - goal))
    return np.asarray((embedding - centre) @ (left @ right) + goal)

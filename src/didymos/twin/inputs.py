"""What the encoder sees of the features, and how members of an ensemble are laid on each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def compress(features: NDArray[np.floating], scale: float) -> NDArray[np.float32]:
    """Shorten long feature vectors and keep their direction, f -> f / |f| asinh(|f| / scale).

    Spectra of the majority pass unchanged but for the scale; a spectrum a thousand times farther out does not
    saturate the first layer. This is the log-rescaling of distances applied to the input.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    scale : float
        Typical length of a feature vector of the majority.

    Returns
    -------
    array of float32, shape (n_points, n_features)
    """
    length = np.linalg.norm(features, axis=1, keepdims=True) / scale
    factor = np.where(length > 1e-6, np.arcsinh(length) / np.maximum(length, 1e-6), 1.0)
    return np.asarray(features / scale * factor, dtype=np.float32)


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

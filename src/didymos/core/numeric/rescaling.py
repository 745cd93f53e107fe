"""Logarithmic rescaling: of distances, and of feature vectors along their own direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log_rescale(distance: NDArray[np.floating], offset: float) -> NDArray[np.float64]:
    """Return log(d + n), the paper's rescaling of distances (Fig. 4b).

    Parameters
    ----------
    distance : array
        Distances d.
    offset : float
        n, positive, in the units of d.
    """
    return np.asarray(np.log(distance + offset), dtype=np.float64)


def compress(features: NDArray[np.floating], length: float) -> NDArray[np.float64]:
    """Shorten long feature vectors and keep their direction, f -> f l asinh(|f| / l) / |f|.

    A vector of the majority hardly changes, one a thousand times longer becomes eight times longer: distances between
    far spectra count by their logarithm, and their direction as before.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    length : float
        l, the typical length of a feature vector of the majority.

    Returns
    -------
    array, shape (n_points, n_features)
    """
    ratio = np.linalg.norm(features, axis=1, keepdims=True) / length
    factor = np.where(ratio > 1e-6, np.arcsinh(ratio) / np.maximum(ratio, 1e-6), 1.0)
    return np.asarray(features * factor, dtype=np.float64)


def shorten_rest(features: NDArray[np.floating], kept: int, radius: float) -> NDArray[np.float64]:
    """Shorten the part of feature vectors behind the first coordinates by the length that noise alone gives it.

    With g the coordinates from `kept` on, g -> g max(0, 1 - radius / |g|): noise vanishes, what is far longer stays.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    kept : int
        Number of coordinates that stay as they are.
    radius : float
        Length of g that noise reaches.

    Returns
    -------
    array, shape (n_points, n_features)
    """
    rest = features[:, kept:]
    length = np.linalg.norm(rest, axis=1, keepdims=True)
    # a rest of no length stays; 1 - radius / length never needs a length under the radius
    factor = 1 - radius / np.maximum(length, radius) if radius > 0 else np.ones_like(length)
    return np.concatenate([features[:, :kept], rest * factor], axis=1)


def expanded_length(features: NDArray[np.floating], length: float) -> NDArray[np.float64]:
    """Return the length that compressed vectors had before, l sinh(|f| / l), shape (n_points,)."""
    return np.asarray(length * np.sinh(np.linalg.norm(features, axis=1) / length), dtype=np.float64)

"""What is usual at such a spectrum: the curved path of the majority, straightened."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.evidence.settings import PopulationSettings

DEFAULTS = PopulationSettings()

BLOCK = 1024
"""Points whose neighbours are compared at once."""


def beyond_usual(
    features: NDArray[np.floating], noise: NDArray[np.float64], *, settings: PopulationSettings = DEFAULTS
) -> NDArray[np.float64]:
    """Return features less what spectra that are alike along the strongest changes have on average.

    A majority that moves along a curved path, as lines that shift by many widths do, lies far out in some directions
    at the ends of the path. In coordinates u with noise of the variance 1 along every axis, the few axes whose signal
    exceeds the noise by most lead. Along every other axis

        v = u - m(leading),

    where m is the value at the point itself of a plane, fitted to the k points that are nearest along the leading axes.
    The leading coordinates have noise as well, which a ridge of k times its variance takes into account. A defect whose
    spectrum is like no usual one keeps its length; the ends of a path lose theirs.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    noise : array, shape (n_features, n_features)
        Covariance of the noise in the features.
    settings : PopulationSettings
        Of these: ``leading``, ``leading_noise`` and ``alike``.

    Returns
    -------
    array, shape (n_points, n_features)
        In rotated coordinates; as many as there are features. As they came where there are too few points, or no
        signal clearly beyond the noise.
    """
    share, axes = np.linalg.eigh(noise)
    scale = np.sqrt(np.maximum(share, np.finfo(float).eps * share[-1]))
    rotated = np.asarray(features @ axes, dtype=np.float64)
    # the majority has about the variance 1 along every axis: the share is that of the noise
    leading = min(settings.leading, int((share < settings.leading_noise).sum()), len(share) - 1)
    neighbours = settings.alike
    if leading < 1 or len(features) <= neighbours:
        return np.asarray(features, dtype=np.float64)
    unit = rotated / scale
    usual = _planes(unit[:, :leading], unit[:, leading:], neighbours)
    unit[:, leading:] -= usual
    return np.asarray(unit * scale, dtype=np.float64)


def _planes(lead: NDArray[np.float64], values: NDArray[np.float64], neighbours: int) -> NDArray[np.float64]:
    """Return the height of the plane through the nearest other points at every point, shape (n_points, n_values)."""
    points, axes = lead.shape
    tree = cKDTree(lead)
    ridge = np.diag([0.0, *[float(neighbours)] * axes])
    result = np.empty(values.shape)
    for start in range(0, points, BLOCK):
        own = lead[start : start + BLOCK]
        nearest = np.asarray(tree.query(own, k=neighbours + 1)[1])[:, 1:]
        design = np.ones((*nearest.shape, axes + 1))
        design[..., 1:] = lead[nearest] - own[:, np.newaxis]
        normal = np.swapaxes(design, 1, 2) @ design + ridge
        # the first row of the inverse gives the height at the point itself
        weight = design @ np.linalg.inv(normal)[:, 0, :, np.newaxis]
        result[start : start + BLOCK] = (np.swapaxes(weight, 1, 2) @ values[nearest])[:, 0]
    return result

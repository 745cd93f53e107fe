"""Evidence for a population distinct from the majority, against one population that varies smoothly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, chi2

from didymos.core.robust_covariance import majority_covariance, squared_distances

SIGNIFICANCE = 0.01
BROADENING = 1.6
"""How much broader than its core the local scatter of a defect-free surface may be (noise with tails, fine texture)."""

FEWEST_POINTS = 3
"""A population has at least this many spectra."""


@dataclass(frozen=True)
class Population:
    """The evidence for a distinct population.

    Attributes
    ----------
    p_value : float
        Probability of as many spectra as far from their surroundings on a smooth surface.
    contrast : array, shape (n_points,)
        Robust Mahalanobis distance of each spectrum from its surroundings over its median; NaN where unknown.
    critical : float
        Contrast that a single point of a smooth surface exceeds with probability 1 % over the whole map.
    """

    p_value: float
    contrast: NDArray[np.float64]
    critical: float

    @property
    def distinct(self) -> bool:
        """Whether the evidence is significant."""
        return self.p_value < SIGNIFICANCE


def find_population(residual: NDArray[np.floating]) -> Population:
    """Test for spectra that differ from their surroundings more than the surface does.

    The residuals r of the features from their surroundings are whitened by the minimum covariance determinant S. On
    a smooth surface r^T S^-1 r follows a chi-squared distribution with as many degrees of freedom as features; it is
    allowed to be broader by the square of :data:`BROADENING`. With q the probability of the third largest value, the
    p-value is the binomial probability that at least three of N points reach it.

    Parameters
    ----------
    residual : array, shape (n_points, n_features)
        Features minus those of the surroundings (:mod:`didymos.core.local_contrast`); NaN rows are left out.

    Returns
    -------
    Population
        With p-value 1 where fewer than three points can be compared.

    Notes
    -----
    Long tails of the distances alone are no evidence: a majority that moves along a curve has them, too. The
    broadening is an allowance, not a fit, so the p-value is conservative on quiet surfaces.
    """
    points, features = residual.shape
    contrast = np.full(points, np.nan)
    known = np.isfinite(residual).all(axis=1)
    count = int(known.sum())
    if count < max(FEWEST_POINTS, 2) or features == 0:
        return Population(1.0, contrast, np.inf)
    squared = squared_distances(residual[known], *majority_covariance(residual[known]))
    # the core of the residuals fixes the scale, whatever the consistency factor of the covariance
    median = max(float(np.median(squared)), np.finfo(float).tiny)
    usual = float(chi2.ppf(0.5, features))
    squared *= usual / median
    contrast[known] = np.sqrt(squared / usual)
    third = np.sort(squared)[-FEWEST_POINTS]
    single = chi2.sf(third / BROADENING**2, features)
    # a probability is never nought, only smaller than a float can say
    p_value = max(float(binom.sf(FEWEST_POINTS - 1, count, single)), np.finfo(float).tiny)
    critical = BROADENING * np.sqrt(chi2.isf(SIGNIFICANCE / count, features) / usual)
    return Population(p_value, contrast, float(critical))

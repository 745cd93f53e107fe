"""How far the local contrast of every point is from that of a majority without defects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from didymos.core.evidence.directions import LONGEST_LENGTH
from didymos.core.numeric.robust_covariance import majority_covariance, squared_distances
from didymos.core.surface.neighbourhood import Neighbourhood


@dataclass(frozen=True)
class Evidence:
    """Lengths of vectors of which a majority without defects would have a chi distribution."""

    length: NDArray[np.float64]
    degrees: int

    def limit(self, probability: float) -> float:
        """Return the length that a majority without defects exceeds with this probability."""
        return float(np.sqrt(chi2.isf(probability, self.degrees)))


def contrast_without_lines(
    features: NDArray[np.floating], neighbourhood: Neighbourhood
) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
    """Return features and their local contrast after lines that another tip has measured were put back.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    neighbourhood : Neighbourhood

    Returns
    -------
    features : array, shape (n_points, n_features)
        As they came where no line stands out.
    contrast : array, shape (n_points, n_features)
        NaN where unknown.
    """
    contrast = neighbourhood.residual(features)
    offset = neighbourhood.line_offsets(contrast)
    if offset.any():
        # such lines are in the surroundings of those beside them, too
        features = features - offset
        contrast = neighbourhood.residual(features)
        contrast = contrast - neighbourhood.line_offsets(contrast)
    return features, contrast


def contrast_evidence(residual: NDArray[np.float64], known: NDArray[np.bool_]) -> Evidence:
    """Return the robust Mahalanobis length of the local contrast, shape (n_points, n_features), where it is known."""
    squared = np.zeros(len(residual))
    squared[known] = squared_distances(residual[known], *majority_covariance(residual[known]))
    return _scaled(squared, residual.shape[1], known)


def evidence_along(contrast: NDArray[np.float64], quiet: NDArray[np.bool_], known: NDArray[np.bool_]) -> Evidence:
    """Return the length of contrasts, shape (n_points, n_directions), in units of that of the quiet points."""
    spread = np.atleast_2d(np.cov(contrast[quiet], rowvar=False))
    squared = np.where(known, squared_distances(contrast, np.median(contrast[quiet], axis=0), spread), 0.0)
    return _scaled(squared, contrast.shape[1], known)


def _scaled(squared: NDArray[np.float64], degrees: int, known: NDArray[np.bool_]) -> Evidence:
    """Give squared lengths the median of a chi-squared distribution."""
    # where more than half of the surface is exactly alike, what differs at all is far, not infinitely
    squared = np.minimum(squared, 1e150)
    median = max(float(np.median(squared[known])), float(squared.max()) / LONGEST_LENGTH**2) or 1.0
    return Evidence(np.sqrt(squared / median * float(chi2.ppf(0.5, degrees))), degrees)

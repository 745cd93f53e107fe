"""How far the local contrast of every point is from that of a majority without defects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.distributions import chi_squared_quantile, chi_squared_quantile_above
from didymos.core.numeric.robust_covariance import majority_covariance, squared_distances
from didymos.core.numeric.rows import evenly
from didymos.core.surface.neighbourhood import Neighbourhood
from didymos.core.surface.settings import ContrastSettings

DEFAULTS = ContrastSettings()


@dataclass(frozen=True)
class Evidence:
    """Lengths of vectors of which a majority without defects would have a chi distribution."""

    length: NDArray[np.float64]
    degrees: int

    def limit(self, probability: float) -> float:
        """Return the length that a majority without defects exceeds with this probability."""
        return float(np.sqrt(chi_squared_quantile_above(probability, self.degrees)))


def contrast_without_lines(
    features: NDArray[np.floating], neighbourhood: Neighbourhood
) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
    """Return features and their local contrast without the offsets of scan lines after a tip change.

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
        # such lines are in the neighbourhood of those beside them, too
        features = features - offset
        contrast = neighbourhood.residual(features)
        contrast = contrast - neighbourhood.line_offsets(contrast)
    return features, contrast


def contrast_evidence(
    residual: NDArray[np.float64], known: NDArray[np.bool_], *, settings: ContrastSettings = DEFAULTS
) -> Evidence:
    """Return the robust Mahalanobis length of the local contrast, where the contrast is known.

    Parameters
    ----------
    residual : array, shape (n_points, n_features)
        Local contrast.
    known : array of bool, shape (n_points,)
        Points whose contrast is finite.
    settings : ContrastSettings

    Returns
    -------
    Evidence
    """
    place = np.flatnonzero(known)
    covariance = majority_covariance(
        residual[place[evenly(len(place), settings.covariance.largest_sample)]], settings=settings.covariance
    )
    squared = np.where(known, squared_distances(residual, *covariance), 0.0)
    return _scaled(squared, residual.shape[1], known, settings.longest_length)


def evidence_along(
    contrast: NDArray[np.float64],
    background: NDArray[np.bool_],
    known: NDArray[np.bool_],
    *,
    settings: ContrastSettings = DEFAULTS,
) -> Evidence:
    """Return the length of contrasts in units of that of the background points.

    Parameters
    ----------
    contrast : array, shape (n_points, n_directions)
    background : array of bool, shape (n_points,)
        Points of the majority.
    known : array of bool, shape (n_points,)
        Points whose contrast is finite.
    settings : ContrastSettings

    Returns
    -------
    Evidence
    """
    spread = np.atleast_2d(np.cov(contrast[background], rowvar=False))
    squared = np.where(known, squared_distances(contrast, np.median(contrast[background], axis=0), spread), 0.0)
    return _scaled(squared, contrast.shape[1], known, settings.longest_length)


def _scaled(squared: NDArray[np.float64], degrees: int, known: NDArray[np.bool_], longest_length: float) -> Evidence:
    """Give squared lengths the median of a chi-squared distribution."""
    # where more than half of the surface is exactly alike, what differs at all is far, not infinitely
    squared = np.minimum(squared, 1e150)
    median = max(float(np.median(squared[known])), float(squared.max()) / longest_length**2) or 1.0
    return Evidence(np.sqrt(squared / median * float(chi_squared_quantile(0.5, degrees))), degrees)

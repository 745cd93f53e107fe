"""Centre and covariance of the majority: the minimum covariance determinant from deterministic starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.distributions import average_ranks, chi_squared_below, chi_squared_quantile
from didymos.core.numeric.robust import MAD_TO_SD
from didymos.core.numeric.rows import blocks, evenly
from didymos.core.numeric.threads import ONE_THREAD, allowed_threads, in_order

BLOCK = 65_536
"""Points whose distances are computed together."""


@dataclass(frozen=True)
class CovarianceSettings:
    """Numbers that steer the robust covariance.

    Attributes
    ----------
    largest_sample : int
        Points that the estimate uses at most.
    most_steps : int
        Concentration steps from one start at most.
    inliers : float
        Share of a normal majority that the final, reweighted estimate is made of.
    """

    largest_sample: int = 20_000
    most_steps: int = 100
    inliers: float = 0.975


DEFAULTS = CovarianceSettings()


def majority_covariance(
    points: NDArray[np.floating], *, settings: CovarianceSettings = DEFAULTS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimate centre and covariance of the majority, whatever the other (nearly) half does.

    Among halves of the points the one whose covariance has the smallest determinant is sought by concentration steps
    (each keeps the half nearest in the Mahalanobis distance of the last half) from three deterministic starts:
    coordinatewise medians, ranks and spatial signs. Its covariance is scaled to the median of the chi-squared
    distribution, and the points within the 97.5 % quantile give the final estimate.

    Parameters
    ----------
    points : array, shape (n_points, n_features)
        Finite. More than the largest sample are represented by evenly spaced ones.
    settings : CovarianceSettings

    Returns
    -------
    centre : array, shape (n_features,)
    covariance : array, shape (n_features, n_features)
        In squared units of the points; may be singular where the majority does not vary in some direction.

    Notes
    -----
    Rousseeuw and Van Driessen, Technometrics 41, 212 (1999); deterministic starts after Hubert, Rousseeuw and
    Verdonck, J. Comput. Graph. Stat. 21, 618 (2012). The result does not depend on the order of the points or on a
    seed. Where there are too few points for a covariance, the spread of each feature alone is returned.
    """
    if len(points) > settings.largest_sample:
        points = points[evenly(len(points), settings.largest_sample)]
    count, features = points.shape
    middle = np.median(points, axis=0)
    scale = MAD_TO_SD * np.median(np.abs(points - middle), axis=0)
    spread = np.std(points, axis=0)
    scale = np.where(scale > 1e-9 * spread, scale, np.where(spread > 0, spread, 1.0))
    standard = np.asarray((points - middle) / scale, dtype=np.float64)
    if count < 5 * features + 10:
        return np.asarray(middle, dtype=np.float64), np.diag(scale**2)
    half = (count + features + 1) // 2
    found = in_order(
        lambda start: _concentrate(standard, start, half, settings.most_steps), _starts(standard), allowed_threads()
    )
    _, centre, covariance = min(found, key=lambda result: result[0])
    with ONE_THREAD:
        centre, covariance = _reweighted(standard, centre, covariance, settings.inliers)
    return middle + scale * centre, covariance * np.outer(scale, scale)


def squared_distances(
    points: NDArray[np.float64], centre: NDArray[np.float64], covariance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the squared Mahalanobis distance (x - m)^T C^-1 (x - m) of every point, shape (n_points,).

    Directions in which the covariance vanishes count as a millionth of its mean variance.
    """
    variance, axes = np.linalg.eigh(covariance)
    floor = 1e-6 * float(np.mean(variance)) + np.finfo(float).tiny
    whitening = axes / np.sqrt(np.maximum(variance, floor))
    squared = np.empty(len(points))
    for rows in blocks(len(points), BLOCK):
        whitened = (points[rows] - centre) @ whitening
        squared[rows] = np.einsum("ij,ij->i", whitened, whitened)
    return squared


def _starts(standard: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return first guesses of the covariance of points with median 0 and spread 1 in every coordinate."""
    features = standard.shape[1]
    ranks = average_ranks(standard)
    length = np.linalg.norm(standard, axis=1, keepdims=True)
    signs = standard / np.where(length > 0, length, 1.0)
    return [np.eye(features), np.atleast_2d(np.cov(ranks, rowvar=False)), signs.T @ signs / len(signs)]


def _concentrate(
    points: NDArray[np.float64], covariance: NDArray[np.float64], half: int, most_steps: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Repeat concentration steps until the half no longer changes; return log determinant, centre, covariance."""
    centre = np.zeros(points.shape[1])
    previous = np.inf
    for _ in range(most_steps):
        nearest = np.argpartition(squared_distances(points, centre, covariance), half - 1)[:half]
        chosen = points[np.sort(nearest)]
        centre = chosen.mean(axis=0)
        covariance = np.atleast_2d(np.cov(chosen, rowvar=False))
        variance = np.linalg.eigvalsh(covariance)
        determinant = float(np.log(np.maximum(variance, 1e-12)).sum())
        if determinant >= previous - 1e-10:
            break
        previous = determinant
    return determinant, centre, covariance


def _reweighted(
    points: NDArray[np.float64], centre: NDArray[np.float64], covariance: NDArray[np.float64], inliers: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale the raw estimate to a normal majority and estimate again from all points that the majority holds."""
    features = points.shape[1]
    squared = squared_distances(points, centre, covariance)
    median = float(np.median(squared))
    if median <= np.finfo(np.float32).tiny:
        # half of the points coincide: their covariance is what it is, zero
        return centre, covariance
    squared *= chi_squared_quantile(0.5, features) / median
    limit = chi_squared_quantile(inliers, features)
    inside = points[squared <= limit]
    # cutting the tails off makes the variance too small by a known factor
    consistency = chi_squared_below(limit, features + 2) / inliers
    return inside.mean(axis=0), np.atleast_2d(np.cov(inside, rowvar=False)) / consistency

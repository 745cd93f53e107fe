"""From a continuous score to the regions majority, transition and minority."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

POPULATION_QUANTILE = 0.95
TRANSITION_SHARE = 0.1
"""Share of the way to the distinct population at which the transition may begin."""


MAJORITY_QUANTILE = 0.99
"""Share of the points far from every object that is majority at least."""


@dataclass(frozen=True)
class ScoreThresholds:
    """Scores that part the regions.

    Attributes
    ----------
    majority : float
        Spectra with a smaller score belong to the majority.
    minority : float
        Spectra with at least this score belong to the minority.
    """

    majority: float
    minority: float


def majority_end(distance: NDArray[np.floating], far: NDArray[np.bool_]) -> float:
    """Return the distance that 99 % of the points far from every object do not exceed; 0 where none is far.

    Parameters
    ----------
    distance : array, shape (n_points,)
        Distance from the centre of the majority.
    far : array of bool, shape (n_points,)

    Returns
    -------
    float
    """
    return float(np.quantile(distance[far], MAJORITY_QUANTILE)) if far.any() else 0.0


def score_thresholds(
    score: NDArray[np.floating],
    distance: NDArray[np.floating],
    boundary: float,
    evidence: NDArray[np.bool_],
) -> ScoreThresholds:
    """Translate two distances from the majority into scores.

    The majority ends at `boundary`, but not before a tenth of the way to the distinct population nor within the scatter
    of its own scores; the minority begins half-way to that population, whose distance is a high
    quantile of the spectra that stand out from their surroundings (their flanks stand out as well). Both are turned
    into scores by the isotonic regression of the score on the distance.

    Parameters
    ----------
    score : array, shape (n_points,)
    distance : array, shape (n_points,)
        Distance from the centre of the majority.
    boundary : float
        Distance that ends the majority, in the units of `distance`.
    evidence : array of bool, shape (n_points,)
        Spectra that stand out from their surroundings; at least one.

    Returns
    -------
    ScoreThresholds
    """
    population = float(np.quantile(distance[evidence], POPULATION_QUANTILE))
    curve = IsotonicRegression(out_of_bounds="clip").fit(distance, score)
    goals = np.array([max(TRANSITION_SHARE * population, boundary), max(population / 2, boundary)])
    majority, minority = (float(value) for value in curve.predict(goals))
    # the twins' own scatter within the majority is no transition
    majority = max(majority, float(np.quantile(score[distance <= max(boundary, np.median(distance))], 0.999)))
    return ScoreThresholds(majority, max(minority, majority))

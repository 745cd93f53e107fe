"""From a continuous score to the regions majority, transition and minority."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

POPULATION_QUANTILE = 0.95


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


def score_thresholds(
    score: NDArray[np.floating],
    distance: NDArray[np.floating],
    boundary: float,
    evidence: NDArray[np.bool_],
) -> ScoreThresholds:
    """Translate two distances from the majority into scores.

    The majority ends at `boundary`; the minority begins half-way to the distinct population, whose distance is a high
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
    half_way = max(population / 2, boundary)
    curve = IsotonicRegression(out_of_bounds="clip").fit(distance, score)
    majority, minority = (float(value) for value in curve.predict(np.array([boundary, half_way])))
    return ScoreThresholds(majority, max(minority, majority))

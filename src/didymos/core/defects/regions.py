"""From a continuous score to the regions majority, transition and minority."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from didymos.core.defects.amplitude import Amplitudes
from didymos.core.numeric.distributions import normal_below
from didymos.core.numeric.isotonic import isotonic_curve
from didymos.schema.printing import brief

LARGEST_SCORE = 1.0

LEAST_NOISE = 1e-6
"""Noise of an amplitude is taken as at least this."""

FLATTER = 1.2
"""What is measured is so much flatter than what is there: tip, sampling and noise lower the peak that it is compared
with."""

TRANSITION_AMPLITUDE, MINORITY_AMPLITUDE = 0.1 * FLATTER, 0.5 * FLATTER
"""Measured amplitudes from which a spectrum is transition and minority: a tenth and a half of the change at the core of
a defect."""


LIKE = 51
"""Spectra of about the same score from which the scatter of the true amplitude at that score is read."""


@dataclass(frozen=True)
class RegionModel:
    """What the score says about the region of a spectrum.

    Attributes
    ----------
    score : array, shape (n_knots,)
        Ascending.
    beyond_majority, minority : array, shape (n_knots,)
        Probability, at these scores, that a spectrum is transition or minority, and that it is minority; linear
        between, constant beyond.
    """

    score: NDArray[np.float64]
    beyond_majority: NDArray[np.float64]
    minority: NDArray[np.float64]

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)

    def probability(self, score: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the probabilities of majority, transition and minority, shape (n_points, 3)."""
        beyond = np.interp(score, self.score, self.beyond_majority)
        minority = np.minimum(np.interp(score, self.score, self.minority), beyond)
        return np.stack([1 - beyond, beyond - minority, minority], axis=-1)

    @property
    def thresholds(self) -> tuple[float, float]:
        """Scores from which a spectrum is rather transition than majority, and minority than transition."""
        first = _crossing(self.score, self.beyond_majority)
        return first, max(first, _crossing(self.score, self.minority))


def plain_regions(transition: float = 0.25, minority: float = 0.5, width: float = 0.1) -> RegionModel:
    """Return what a score means that runs from 0 at the majority to 1 at named kinds.

    Parameters
    ----------
    transition, minority : float
        Scores from which a spectrum is rather transition than majority, and minority than transition.
    width : float
        Score on either side of these bounds over which the probability rises from 0 to 1.

    Returns
    -------
    RegionModel
    """
    knots = np.array([transition - width, transition + width, minority - width, minority + width])
    return RegionModel(knots, np.array([0.0, 1.0, 1.0, 1.0]), np.array([0.0, 0.0, 0.0, 1.0]))


def learn_regions(score: NDArray[np.floating], amplitudes: Amplitudes) -> RegionModel:
    """Learn from the amplitudes which score means which region.

    The amplitude a of a spectrum has the noise s of its kind, so the true one exceeds a bound b with the probability
    Phi((a - b) / s); b is :data:`TRANSITION_AMPLITUDE` or :data:`MINORITY_AMPLITUDE`. The isotonic regression of these
    probabilities on the score gives them as functions of the score.

    Parameters
    ----------
    score : array, shape (n_points,)
    amplitudes : Amplitudes
        Of the same spectra.

    Returns
    -------
    RegionModel
    """
    known = ~amplitudes.ambiguous
    value, noise = amplitudes.value[known], _noise_of(amplitudes)[known]
    curves = []
    knots = np.unique(np.asarray(score[known], dtype=np.float64))
    for bound in (TRANSITION_AMPLITUDE, MINORITY_AMPLITUDE):
        above = normal_below((value - bound) / noise)
        curves.append(np.clip(np.interp(knots, *isotonic_curve(score[known], above)), 0.0, 1.0))
    bends = _bends(*curves)
    return RegionModel(knots[bends], curves[0][bends], curves[1][bends])


def region_probability(score: NDArray[np.floating], amplitudes: Amplitudes, model: RegionModel) -> NDArray[np.float64]:
    """Return the probability of every region from the score and from the amplitude that the surroundings tell.

    At a score s the true amplitudes have the mean m(s), the isotonic regression of the measured ones, and the variance
    t(s)^2 = <(a - m)^2 - n^2> over spectra of about that score, n the noise of the measured one. Given both, the true
    one is normal about m + (a - m) t^2 / (t^2 + n^2) with the variance t^2 n^2 / (t^2 + n^2), plus that of m
    (empirical Bayes; B. Efron and C. Morris, J. Am. Stat. Assoc. 68, 117 (1973)).

    Parameters
    ----------
    score : array, shape (n_points,)
    amplitudes : Amplitudes
        Of the same spectra; where they are ambiguous the score alone counts.
    model : RegionModel
        Of the same spectra.

    Returns
    -------
    array, shape (n_points, 3)
        Of majority, transition and minority.
    """
    noise = _noise_of(amplitudes) ** 2
    expected, scatter = _at_score(np.asarray(score, dtype=np.float64), amplitudes, noise)
    total = scatter + noise
    best = expected + (amplitudes.value - expected) * scatter / total
    spread = np.sqrt(scatter * noise / total + noise / LIKE)
    beyond, minority = (normal_below((best - bound) / spread) for bound in (TRANSITION_AMPLITUDE, MINORITY_AMPLITUDE))
    probability = np.stack([1 - beyond, beyond - minority, minority], axis=-1)
    return np.where(amplitudes.ambiguous[:, np.newaxis], model.probability(score), probability)


def _noise_of(amplitudes: Amplitudes) -> NDArray[np.float64]:
    """Return the noise of the amplitude of every spectrum, that of its kind, shape (n_points,)."""
    return np.asarray(np.maximum(amplitudes.noise[amplitudes.kind - 1], LEAST_NOISE), dtype=np.float64)


def _at_score(
    score: NDArray[np.float64], amplitudes: Amplitudes, noise: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance of the true amplitude of spectra with these scores."""
    known = np.flatnonzero(~amplitudes.ambiguous)
    value = amplitudes.value
    expected = np.interp(score, *isotonic_curve(score[known], value[known]))
    excess = ((value - expected) ** 2 - noise)[known]
    # spectra with the same score have no order: they share their mean, before and after
    place = np.unique(score[known], return_inverse=True)[1]
    shared = _mean_of_groups(excess, place)[np.sort(place)]
    smooth = uniform_filter1d(shared, min(LIKE, len(shared)), mode="nearest")
    scatter = np.zeros_like(score)
    scatter[known] = np.maximum(_mean_of_groups(smooth, np.sort(place)), 0.0)[place]
    return np.asarray(expected, dtype=np.float64), scatter


def _mean_of_groups(values: NDArray[np.float64], group: NDArray[np.intp]) -> NDArray[np.float64]:
    return np.asarray(np.bincount(group, values) / np.bincount(group), dtype=np.float64)


def _bends(*curves: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which knots are needed: the ends of the stretches on which every curve is constant."""
    change = np.any([np.diff(curve) != 0 for curve in curves], axis=0)
    return np.asarray(np.concatenate([[True], change]) | np.concatenate([change, [True]]), dtype=bool)


def _crossing(score: NDArray[np.float64], probability: NDArray[np.float64]) -> float:
    """Return the score at which a rising probability reaches one half; over all scores where it never does."""
    above = np.flatnonzero(probability >= 0.5)
    if len(above) == 0:
        return float(np.nextafter(max(float(score[-1]), LARGEST_SCORE), np.inf))
    last = above[0]
    if last == 0:
        return 0.0
    low, high = probability[last - 1], probability[last]
    share = (0.5 - low) / (high - low)
    return float(score[last - 1] + share * (score[last] - score[last - 1]))

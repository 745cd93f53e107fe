"""The amplitude of defects as a function of the spectrum alone, learned from where its surroundings tell it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.amplitude import Amplitudes
from didymos.core.defects.quadratic import QuadraticMap

LARGEST_AMPLITUDE = 1.2
"""Amplitudes to learn from are cut off here, and at 0."""

LARGEST_SAMPLE = 20_000
"""Spectra to learn from at most; those beside defects are all taken up to half of it."""

LEAST_NOISE = 1e-3
"""Scatter of the amplitude in the majority is taken as at least this."""


@dataclass(frozen=True)
class LearnedAmplitude:
    """Amplitude of every kind of defect in a spectrum.

    Attributes
    ----------
    forms : QuadraticMap
        From the features of a metric to the amplitude of each kind: 0 in the majority, 1 at the cores.
    noise : array, shape (n_kinds,)
        Scatter of these amplitudes in the majority.
    strangeness : float
        Length of the features across all known directions that counts as an amplitude of 1.
    """

    forms: QuadraticMap
    noise: NDArray[np.float64]
    strangeness: float

    @classmethod
    def of(
        cls, features: NDArray[np.float64], amplitudes: Amplitudes, strangeness: float, *, seed: int
    ) -> LearnedAmplitude:
        """Learn the amplitudes from the features, shape (n_points, n_features), of the same spectra."""
        chosen = _sample(amplitudes, seed)
        kinds = len(amplitudes.noise)
        value = np.where(amplitudes.quiet, 0.0, np.clip(amplitudes.value, 0.0, LARGEST_AMPLITUDE))[chosen]
        goal = value[:, np.newaxis] * (amplitudes.kind[chosen, np.newaxis] == np.arange(1, kinds + 1))
        forms = QuadraticMap.learned(features[chosen], goal)
        quiet = amplitudes.quiet[chosen]
        noise = forms(features[chosen][quiet]).std(axis=0) if quiet.any() else amplitudes.noise
        return cls(forms, np.maximum(noise, LEAST_NOISE), strangeness)

    def degree(self, amplitudes: NDArray[np.float64], rest: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how far a spectrum is from the majority, 1 as the core of a defect.

        The largest over the kinds of sqrt(max(a, 0)^2 + noise^2), and the length `rest` of what is strange to all
        directions, in units of `strangeness`, added in squares.

        Parameters
        ----------
        amplitudes : array, shape (n_points, n_kinds)
            The values of `forms`.
        rest : array, shape (n_points,)
        """
        largest = np.sqrt(np.maximum(amplitudes, 0.0) ** 2 + self.noise**2).max(axis=1)
        return np.asarray(np.hypot(largest, rest / self.strangeness), dtype=np.float64)


def _sample(amplitudes: Amplitudes, seed: int) -> NDArray[np.intp]:
    """Return the spectra to learn from, in order."""
    random = np.random.default_rng(seed)
    quiet = np.flatnonzero(amplitudes.quiet)
    beside = np.flatnonzero(~amplitudes.quiet & ~amplitudes.doubtful)
    if len(quiet) + len(beside) > LARGEST_SAMPLE:
        if len(beside) > LARGEST_SAMPLE // 2:
            beside = random.choice(beside, LARGEST_SAMPLE // 2, replace=False)
        quiet = random.choice(quiet, min(len(quiet), LARGEST_SAMPLE - len(beside)), replace=False)
    return np.sort(np.concatenate([quiet, beside]))

"""Step 3: the evidence for a population distinct from the majority."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.amplitude import Amplitudes, find_amplitudes
from didymos.core.defects.labels import UNKNOWN, certain_labels
from didymos.core.evidence.phases import find_phases
from didymos.core.evidence.population import Population, find_population
from didymos.core.surface.neighbourhood import NoNeighbourhood
from didymos.schema.given import check_kind
from didymos.schema.printing import counted, p_value, said
from didymos.workflow.features import Features
from didymos.workflow.points import Points
from didymos.workflow.settings import Settings, checked_settings


@dataclass(frozen=True)
class Evidence:
    """What is background for certain, what is a defect for certain and of which kind, and how probable that is.

    Attributes
    ----------
    population : Population
    amplitudes : Amplitudes or None
        How much of a defect is in every spectrum; None without a distinct population.
    label : array of int32, shape (n_usable,)
        0 for background, 1, 2 ... for the cores of each kind, -1 for what is neither.
    phase : array of int16, shape (n_usable,)
        Number of the common population that a spectrum belongs to, from 1, the largest. All are background.
    """

    population: Population
    amplitudes: Amplitudes | None
    label: NDArray[np.int32]
    phase: NDArray[np.int16]

    def __repr__(self) -> str:
        """Return whether there is a distinct population, in one line."""
        kinds = int(self.label.max(initial=0))
        return said(
            "Evidence",
            f"distinct population {'detected' if self.distinct else 'not detected'} ({p_value(self.p_value)})",
            counted(kinds, "kind") if kinds else "",
            counted(int(self.phase.max(initial=1)), "phase"),
        )

    @classmethod
    def none(
        cls, points: int, population: Population | None = None, phase: NDArray[np.int16] | None = None
    ) -> Evidence:
        """Return the evidence for no rare population, for so many spectra; one phase where none is given."""
        label = np.full(points, UNKNOWN, dtype=np.int32)
        found = np.ones(points, dtype=np.int16) if phase is None else phase
        return cls(population or Population.none(points), None, label, found)

    @property
    def distinct(self) -> bool:
        """Whether a distinct population was detected."""
        return self.population.distinct

    @property
    def p_value(self) -> float:
        """Probability of such evidence in a map with one smoothly varying population."""
        return self.population.p_value


def find_evidence(points: Points, features: Features, settings: Settings | None = None) -> Evidence:
    """Find out whether there is a distinct population, and which spectra belong to it for certain.

    Parameters
    ----------
    points : Points
        Of :func:`didymos.workflow.prepare`.
    features : Features
        Of :func:`didymos.workflow.fit_metric`.
    settings : Settings, optional
        Of these: ``spatial``.

    Returns
    -------
    Evidence
    """
    check_kind(points, Points, "find_evidence", "give what didymos.workflow.prepare(map) returns")
    check_kind(features, Features, "find_evidence", "give what didymos.workflow.fit_metric(points) returns")
    chosen = checked_settings(settings)
    neighbourhood = points.neighbourhood if chosen.spatial == "auto" else NoNeighbourhood()
    even = features.at_usual_noise
    population = find_population(even, neighbourhood, noise=features.metric.noise_covariance)
    if not population.distinct:
        phase = find_phases(even, population.core, neighbourhood)
        return Evidence.none(len(even), population, phase)
    amplitudes = find_amplitudes(even, population, neighbourhood)
    phase = find_phases(even, ~amplitudes.background & ~amplitudes.ambiguous, neighbourhood)
    return Evidence(population, amplitudes, certain_labels(population.core, amplitudes), phase)

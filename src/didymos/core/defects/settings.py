"""Numbers that steer the amplitude of defects."""

from __future__ import annotations

from dataclasses import dataclass, field

from didymos.core.evidence.settings import PopulationSettings


@dataclass(frozen=True)
class AmplitudeSettings:
    """Numbers that steer the amplitude of defects, their background and their growth.

    Attributes
    ----------
    reach : float
        Steps from a core within which a spectrum belongs to the kind of that core.
    suspect_probability : float
        Probability under which a point of the majority may be a defect that was not found.
    suspect_quantile : float
        Quantile of the largest lengths of the objects that counts as the length of a weak defect.
    together : int
        Two objects lie beside each other where so many steps around each of them meet.
    satellite_share : float
        An object weaker than this share of the strongest beside it is a part of the strongest.
    flank_share : float
        Share of the change at the core of a small object that its flank has.
    halo : float
        Steps around a defect at which the surface is not taken as undisturbed.
    widest_gap : float
        Largest distance, in steps, over which the interpolation is tried.
    alike : float
        Cosine of the angle to the direction of the nearest core from which a point counts as the flank of the core.
    wide_share : float
        Defects are wide where this share of all their points lies beyond the halo around the cores.
    most_rounds : int
        Rounds of the growth at most.
    population : PopulationSettings
        Of the search that found the population.
    """

    reach: float = 8.0
    suspect_probability: float = 1e-3
    suspect_quantile: float = 0.25
    together: int = 2
    satellite_share: float = 0.6
    flank_share: float = 0.2
    halo: float = 3.0
    widest_gap: float = 8.0
    alike: float = 0.7
    wide_share: float = 0.5
    most_rounds: int = 16
    population: PopulationSettings = field(default_factory=PopulationSettings)

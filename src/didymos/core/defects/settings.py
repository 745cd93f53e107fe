"""Numbers that steer the amplitude of defects and the labels of spectra."""

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


@dataclass(frozen=True)
class LabelSettings:
    """Numbers that say which spectra get a label, and how similar the spectra of a kind are.

    Attributes
    ----------
    core_amplitude : float
        A core is certain where its amplitude is over this.
    core_share : float
        The amplitude of the cores of a kind is the one that this share of these cores does not exceed.
    least_amplitude : float
        Spectra over this amplitude are more defect than background and get the label of their kind.
    full_amplitude : float
        Spectra from this amplitude on are alike; under it a spectrum is as unlike them as its amplitude falls short.
    """

    core_amplitude: float = 0.5
    core_share: float = 0.75
    least_amplitude: float = 0.5
    full_amplitude: float = 0.75

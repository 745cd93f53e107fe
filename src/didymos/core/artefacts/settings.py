"""Numbers that steer the search for corrupted spectra and tip changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from didymos.core.noise.noise import NoiseSettings
from didymos.core.surface.settings import ContrastSettings


@dataclass(frozen=True)
class ArtefactSettings:
    """Numbers that steer the search for corrupted spectra and tip changes.

    Attributes
    ----------
    widest_spike : int
        Energies that a spike covers at most.
    least_spread : float
        Range of a spectrum over the usual range, under which the spectrum is constant.
    pile : int
        Values at a saturation level over those at any value next to it, at least.
    most_clipped : float
        Share of the spectra from which an extreme value that they reach is no saturation level.
    shortest_plateau : int
        Equal values in a row that a clipped spectrum has at least.
    plateau_ratio : float
        Length of a plateau over that of nearly all spectra, at least.
    plateau_quantile : float
        Share of the spectra whose plateaus count as usual.
    plateau_share : float
        Share of the energies that a plateau covers at least.
    way_back : float
        Share of a spike that the step back covers at least.
    beside_share : float
        Share of a sharp step that the steps beside it reach at most.
    fewest_spectra, fewest_energies : int
        Fewer spectra or energies say too little about a tip change.
    modes : int
        Principal components in which the spectra are compared with their neighbourhood.
    candidate_probability : float
        Probability under which the contrast of a good spectrum makes the spectrum a candidate.
    largest_group : int
        Corrupted spectra come one at a time; so many may touch by chance.
    group_share : float
        Share of the largest contrast of a group from which a spectrum is part of the group.
    around, along : int
        Neighbours that a spectrum is compared with: in all directions, and along the scan line.
    line_distance : float
        Distance between scan lines, over that within, when the neighbours along a line are sought.
    shortest_part : int
        Energies before and after a tip change at least.
    clear : float
        Standard deviations of chi squared by which one factor fails to describe a spectrum with a tip change.
    left_share, smooth_share : float
        What two factors leave of that misfit at most, and of the misfit of a factor that changes smoothly.
    near, sharp : int, float
        Within so many energies of a tip change the mean square misfit is at most so many times that elsewhere.
    smallest_factor : float
        Ratio of the two factors, or its inverse, at least.
    larger : float
        Logarithm of that ratio, over that of any neighbouring spectrum, at least.
    shared : float
        Share of a sharp step that the neighbours of a defect have on average.
    largest_sample : int
        Spectra from which the usual steps are estimated.
    reference_variance : float
        Variance of a spectrum less the median of eight others, over its own: 1 + pi / 2 / 8.
    noise : NoiseSettings
        Of the noise of the energies.
    contrast : ContrastSettings
        Of the evidence of the local contrast.
    """

    widest_spike: int = 3
    least_spread: float = 1e-6
    pile: int = 3
    most_clipped: float = 0.5
    shortest_plateau: int = 6
    plateau_ratio: float = 4.0
    plateau_quantile: float = 0.9
    plateau_share: float = 0.03
    way_back: float = 0.5
    beside_share: float = 0.3
    fewest_spectra: int = 50
    fewest_energies: int = 12
    modes: int = 20
    candidate_probability: float = 1e-4
    largest_group: int = 2
    group_share: float = 1 / 3
    around: int = 8
    along: int = 4
    line_distance: float = 1e3
    shortest_part: int = 3
    clear: float = 10.0
    left_share: float = 0.1
    smooth_share: float = 0.5
    near: int = 5
    sharp: float = 4.0
    smallest_factor: float = 1.4
    larger: float = 1.5
    shared: float = 1 / 7
    largest_sample: int = 5000
    reference_variance: float = 1.2
    noise: NoiseSettings = field(default_factory=NoiseSettings)
    contrast: ContrastSettings = field(default_factory=ContrastSettings)

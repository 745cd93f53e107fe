"""Numbers that steer the search for corrupted spectra and tip changes."""

from __future__ import annotations

from dataclasses import dataclass, field

from didymos.core.noise.noise import NoiseSettings
from didymos.core.noise.stabilisation import StabilisationSettings
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
    fewest_spectra, fewest_energies : int
        Fewer spectra or energies say too little about noise, and about a tip change.
    chance : float
        Probability with which a search among all spectra of a map finds a good one by chance.
    largest_sample : int
        Spectra from which the majority, its noise and the spread of the filters are estimated.
    majority : float
        Share of the spectra that the subspace of the majority is fitted to.
    common : float
        Share of the majority that varies along a component of its subspace at least: a common population, no rare one.
    reach : float
        A spectrum may lie so many times as far along a component as the majority does.
    half_window : int
        Energies on each side of a spike or a step that its background is fitted to.
    smooth_width : float
        Standard deviation of the narrowest smooth line, in energies: three times the widest spike's.
    smooth_tolerance : float
        Part of a smooth background, over the largest, that may stay in a filter.
    step_width : int
        Energies before and after a step that show its height.
    tolerance : float
        Share of the height of a spike or step by which its sharp part differs from the height at most. The narrowest
        smooth line has a sharp part of 0.25, and 0.15 more where noise chooses the place on its flank: half way to 1.
    noise_quantile : float
        Quantile of the second differences of a spectrum that stands for its noise: telegraph noise reaches fewer.
    noise_window : int
        Energies around one that show the noise there.
    noisier : float
        That noise counts where it is so many times the noise of the whole spectrum.
    fewest_periods : int
        Periods of a hum within the sweep at least, two in every third; fewer are like the broad lines of a defect.
    explained : float
        Share of a residual that an oscillation explains where it is a hum.
    parts : int
        Frequencies that are tried from half way before to half way after one of the periodogram.
    alike : float
        Cosine of two changes that are alike.
    most_others : int
        Spectra that a change is looked for in at most.
    shifts : int
        Shifts along the energy that show how often changes are alike by chance.
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
    reference_variance : float
        Variance of a spectrum less the median of eight others, over its own: 1 + pi / 2 / 8.
    noise : NoiseSettings
        Of the noise of the energies.
    stabilisation : StabilisationSettings
        Of noise that depends on the signal.
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
    fewest_spectra: int = 50
    fewest_energies: int = 12
    chance: float = 1e-5
    largest_sample: int = 2000
    majority: float = 0.75
    common: float = 0.1
    reach: float = 2.0
    half_window: int = 6
    smooth_width: float = 3.0
    smooth_tolerance: float = 0.03
    step_width: int = 4
    tolerance: float = 0.3
    noise_quantile: float = 0.25
    noise_window: int = 47
    noisier: float = 2.0
    fewest_periods: int = 6
    explained: float = 2 / 3
    parts: int = 9
    alike: float = 0.5
    most_others: int = 1000
    shifts: int = 32
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
    reference_variance: float = 1.2
    noise: NoiseSettings = field(default_factory=NoiseSettings)
    stabilisation: StabilisationSettings = field(default_factory=lambda: StabilisationSettings(largest_sample=1000))
    contrast: ContrastSettings = field(default_factory=ContrastSettings)

"""Numbers that steer the search for a distinct population, and the division of its objects into kinds."""

from __future__ import annotations

from dataclasses import dataclass, field

from didymos.core.surface.settings import ContrastSettings


@dataclass(frozen=True)
class KindSettings:
    """Numbers that steer the division of objects into kinds.

    Attributes
    ----------
    smallest_silhouette : float
        Under this silhouette groups have no structure to speak of (Kaufman and Rousseeuw, 1990, Table 4).
    least_gap : float
        The gap between two groups, over the largest step from one direction to the next within them.
    mixed : float
        Share of the objects that may lie between two kinds, since such an object is two defects at once.
    most_objects : int
        Objects that are divided at most, the largest; the others join the kind of the nearest direction.
    smallest_angle : float
        Degrees between the directions of two kinds at least.
    clear_angle : float
        Degrees from which a single object is a kind of its own, and one object two that touch.
    fewest_spectra : int
        Spectra of a kind that has only one object, at least.
    smallest_share : float
        Share of all spectra in a kind that has only one object, at least.
    clear_share : float
        The direction of an object is read from its points with this share of its largest length.
    peak_share : float
        Share of the points of an object, the longest, that its direction is the average of.
    largest_object : int
        Points of an object whose directions are compared at most.
    """

    smallest_silhouette: float = 0.5
    least_gap: float = 1.5
    mixed: float = 0.1
    most_objects: int = 1000
    smallest_angle: float = 30.0
    clear_angle: float = 45.0
    fewest_spectra: int = 3
    smallest_share: float = 0.03
    clear_share: float = 0.6
    peak_share: float = 0.05
    largest_object: int = 300


@dataclass(frozen=True)
class PopulationSettings:
    """Numbers that steer the search for a distinct population.

    Attributes
    ----------
    significance : float
        p-value under which a population is distinct.
    fewest_points : int
        A population of fewer spectra must be far more significant.
    lone_significance : float
        Significance of a population of fewer spectra than `fewest_points`.
    edge_probability : float
        Probability that a point of the majority belongs to the edge around the core of an object.
    core_share : float
        The core of an object are its points with at least this share of its largest contrast.
    flank : int
        Steps around a core that do not count as majority.
    majority_probability : float
        Probability that the length along the directions of a point of a normal majority exceeds its limit.
    far : int
        Steps away from every core at which the majority is undisturbed.
    halo : int
        Steps around an object that its halo reaches at most; the tails of the majority are read beyond.
    rounds : int
        Rounds of the search; in the last two the directions are those of the spectra, before of their local contrast.
    least_roundness : float
        Share of the disc over its extent that an object covers; a wall between two domains covers less.
    longest_vector : float
        A vector longer than this many standard deviations of the majority counts as one of this length.
    most_weight : int
        An object counts as at most so many points.
    own_share : float
        An object gets a direction of its own where the others leave out this share of its length.
    own_probability : float
        Probability that a point of a normal majority is as far from it as an object with a direction of its own.
    fewest_beyond : int
        Lengths beyond the last quantile that the tail is estimated at.
    tail_shares : tuple of float
        Shares of the majority whose lengths give how much longer its tail is than that of a normal distribution.
    alone : float
        Probability with which chance gives an object what it shares with others, at most; else it counts for nothing.
    curved : float
        Standard errors by which the tail of the majority along the directions is longer than a normal one where its
        path may be curved.
    leading : int
        Directions of the strongest changes along which spectra are sought that are alike.
    leading_noise : float
        Share of the noise in the variance of the majority along such a direction, at most.
    alike : int
        Spectra whose plane is what is usual: ten for each coefficient of a plane over three directions. What has so
        many of its like is usual as well.
    largest_repetition : float
        Objects that repeat better than this under a shift are the texture of the surface, not defects.
    fewest_repeated : int
        Objects of a texture at least.
    kinds : KindSettings
        Of the division of the objects into kinds.
    contrast : ContrastSettings
        Of the evidence of the local contrast.
    """

    significance: float = 0.01
    fewest_points: int = 3
    lone_significance: float = 1e-6
    edge_probability: float = 1e-3
    core_share: float = 0.5
    flank: int = 2
    majority_probability: float = 0.003
    far: int = 4
    halo: int = 6
    rounds: int = 4
    least_roundness: float = 0.35
    longest_vector: float = 4.0
    most_weight: int = 15
    own_share: float = 0.9
    own_probability: float = 1e-6
    fewest_beyond: int = 10
    tail_shares: tuple[float, ...] = (0.9, 0.99, 0.999)
    alone: float = 1e-3
    curved: float = 2.0
    leading: int = 3
    leading_noise: float = 0.25
    alike: int = 40
    largest_repetition: float = 0.65
    fewest_repeated: int = 10
    kinds: KindSettings = field(default_factory=KindSettings)
    contrast: ContrastSettings = field(default_factory=ContrastSettings)

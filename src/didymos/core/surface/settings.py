"""Numbers that steer neighbourhoods, the interpolation from them and the evidence of their contrast."""

from __future__ import annotations

from dataclasses import dataclass, field

from didymos.core.numeric.robust_covariance import CovarianceSettings


@dataclass(frozen=True)
class NeighbourhoodSettings:
    """Numbers that steer what counts as the neighbourhood of a point.

    Attributes
    ----------
    radius : float
        Distance, in points, of the neighbourhood that a point is compared with.
    reach : int
        Largest distance, in points, of the neighbourhood at the rim.
    fewest_pairs : int
        Pairs of opposite points whose median does not follow a single unusual one.
    plane_points : int
        A scattered point is compared with the plane through so many of its nearest points: those within the reach.
    plane_left_out : int
        Without so many, the nearest of all: those within the circle.
    line_width : int
        Points, in the order of the scan, whose median contrast is that of the tip; a map has twice as many columns.
    line_limit : float
        Standard errors by which the median contrast of a line after a tip change differs from that of all. Smooth
        surfaces reach 10, since points beside each other are alike.
    touching : int
        Number of neighbours of a point: those that touch the point on a grid, the nearest where points are scattered.
    straight : int
        Number of neighbours of a point on a grid at a distance of one step.
    largest_shift : float
        A pattern is compared with itself shifted by at most this share of the image.
    peak_end : float
        Radial average of an autocorrelation under which its central peak ends.
    most_vectors : int
        Vectors of a lattice, the shortest, that a point is compared across.
    least_overlap : float
        Share of the points that a shifted pattern has in common with itself at least.
    angles : int
        Directions in which the extent of an object is computed.
    smallest_width : float
        Standard deviation of the narrowest Gaussian weight of the interpolation, in points.
    least_weight : float
        Share of the weight of a Gaussian that must lie on known points; where less does, the width doubles.
    most_sources : int
        Known points that a scattered point is averaged over at most.
    densest : float
        Density of the points around one point, over the usual, up to which those beyond a gap are found.
    """

    radius: float = 3.0
    reach: int = 4
    fewest_pairs: int = 3
    plane_points: int = 48
    plane_left_out: int = 12
    line_width: int = 17
    line_limit: float = 12.0
    touching: int = 8
    straight: int = 4
    largest_shift: float = 0.5
    peak_end: float = 0.05
    most_vectors: int = 12
    least_overlap: float = 0.2
    angles: int = 12
    smallest_width: float = 2.0
    least_weight: float = 0.02
    most_sources: int = 64
    densest: float = 1.5


@dataclass(frozen=True)
class ContrastSettings:
    """Numbers that steer the evidence of the local contrast.

    Attributes
    ----------
    longest_length : float
        No vector counts as longer than this many times the usual length.
    covariance : CovarianceSettings
        Of the local contrast of the majority.
    """

    longest_length: float = 1e6
    covariance: CovarianceSettings = field(default_factory=CovarianceSettings)

"""How far from the majority objects are: against its tails, each alone and all together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from didymos.core.evidence.directions import covariance_of, longest_of_objects
from didymos.core.evidence.settings import PopulationSettings
from didymos.core.evidence.tail import Tail
from didymos.core.numeric.distributions import beta_above, chi_squared_above, normal_above, poisson_above
from didymos.core.numeric.labels import largest_by_label
from didymos.core.surface.contrast_evidence import evidence_along
from didymos.core.surface.neighbourhood import Neighbourhood


def undisturbed(
    neighbourhood: Neighbourhood, label: NDArray[np.intp], known: NDArray[np.bool_], settings: PopulationSettings
) -> NDArray[np.bool_]:
    """Return the points as far from all objects as leaves enough of them to read the tails of the majority from.

    Parameters
    ----------
    neighbourhood : Neighbourhood
    label : array of int, shape (n_points,)
        Number of the object whose core a point belongs to; 0 for none.
    known : array of bool, shape (n_points,)
        Points whose local contrast is known.
    settings : PopulationSettings
        Of these: ``halo``, and ``fewest_beyond`` with ``tail_shares``.

    Returns
    -------
    array of bool, shape (n_points,)
    """
    # a tail needs points beyond the first of its quantiles, too
    enough = settings.fewest_beyond / (1 - min(settings.tail_shares))
    for steps in range(settings.halo, 0, -1):
        far = known & ~neighbourhood.grow(label > 0, steps)
        if far.sum() >= enough:
            return far
    far = known & (label == 0)
    return far if far.any() else known


@dataclass(frozen=True)
class Seen:
    """Whitened features of all points, their local contrast, and how to compare them.

    Attributes
    ----------
    white, contrast : array, shape (n_points, n_features)
        Whitened by the majority; the contrast is 0 where it is not known.
    known : array of bool, shape (n_points,)
        Points whose contrast is known.
    shifted : array of bool, shape (n_points,)
        Points of scan lines whose shift after a tip change was subtracted, as far as it is known.
    neighbourhood : Neighbourhood
    settings : PopulationSettings
    """

    white: NDArray[np.float64]
    contrast: NDArray[np.float64]
    known: NDArray[np.bool_]
    shifted: NDArray[np.bool_]
    neighbourhood: Neighbourhood
    settings: PopulationSettings

    def curves(self, basis: NDArray[np.float64], far: NDArray[np.bool_]) -> bool:
        """Return whether the majority has a longer tail along the directions than a normal one: its path may curve."""
        tail = Tail.of(np.linalg.norm(self.white[far] @ basis, axis=1), basis.shape[1], settings=self.settings)
        return tail.excess > self.settings.curved

    def apart_from_objects(
        self, basis: NDArray[np.float64], label: NDArray[np.intp], far: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Return the undisturbed points, less those that lead to an object without a gap.

        What an object consists of must not lengthen the tail that the object is compared with. Wide objects and lines
        are larger than the cores by which they stand out from their neighbourhood. All points belong to an object that
        are connected to its core within its halo, and longer along the directions than a normal majority with the same
        median. What a tip change has left in scan lines is the surface.

        Parameters
        ----------
        basis : array, shape (n_features, n_directions)
        label : array of int, shape (n_points,)
        far : array of bool, shape (n_points,)
            Of :func:`undisturbed`.

        Returns
        -------
        array of bool, shape (n_points,)
        """
        settings = self.settings
        length, degrees = np.linalg.norm(self.white @ basis, axis=1), basis.shape[1]
        limit = Tail(float(np.median(length[far])), degrees, 1.0).limit(settings.edge_probability)
        connected = self.neighbourhood.objects((length > limit) | (label > 0))
        own = np.isin(connected, connected[label > 0]) & ~self.shifted
        own &= self.neighbourhood.nearest(label > 0)[0] <= settings.halo
        return undisturbed(self.neighbourhood, np.where(own, 1, label), self.known, settings)

    def expected_by_chance(
        self, basis: NDArray[np.float64], label: NDArray[np.intp], far: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how many points of the majority are as long as every object, by features and by local contrast.

        Parameters
        ----------
        basis : array, shape (n_features, n_directions)
            Orthonormal directions, found from the objects.
        label : array of int, shape (n_points,)
        far : array of bool, shape (n_points,)
            Of :func:`undisturbed`.

        Returns
        -------
        two arrays, shape (n_objects + 1,)
        """
        columns, degrees = basis.shape
        length = np.linalg.norm(self.white @ basis, axis=1)
        local = evidence_along(self.contrast @ basis, far, self.known, settings=self.settings.contrast).length
        # the directions were fitted to the objects: the fewer objects, the more of their noise is in the directions
        fitted = degrees + (columns - degrees) / max(int(label.max()), 1)
        beyond, apart = (
            expected_by_chance(each, label, far, degrees, fitted, self.settings) for each in (length, local)
        )
        return beyond, apart


def expected_by_chance(
    length: NDArray[np.float64],
    label: NDArray[np.intp],
    far: NDArray[np.bool_],
    degrees: int,
    fitted: float,
    settings: PopulationSettings,
) -> NDArray[np.float64]:
    """Return how many points of a majority with such a tail are as long as every object.

    Parameters
    ----------
    length : array, shape (n_points,)
        Length along the directions, of the features or of the local contrast.
    label : array of int, shape (n_points,)
    far : array of bool, shape (n_points,)
        Of :func:`undisturbed`.
    degrees : int
        Number of directions.
    fitted : float
        Degrees of freedom of an object, from which the directions were fitted as well.
    settings : PopulationSettings

    Returns
    -------
    array, shape (n_objects + 1,)
        Expected numbers; entry 0 stands for no object.
    """
    peak = largest_by_label(length, label)
    tail = Tail.of(length[far], degrees, settings=settings)
    # a majority that is exactly alike has no median length: what differs at all is then far, not infinitely
    tail = replace(tail, median=max(tail.median, float(peak.max()) / settings.contrast.longest_length) or 1.0)
    return np.asarray(len(length) * chi_squared_above(tail.normal(peak) ** 2, fitted))


def alone_by_chance(
    contrast: NDArray[np.float64],
    label: NDArray[np.intp],
    far: NDArray[np.bool_],
    neighbourhood: Neighbourhood,
    settings: PopulationSettings,
) -> NDArray[np.float64]:
    """Return how probable it is that a small object shares its change with nothing else.

    One odd spectrum may be an accident of its sweep, which shares nothing. A defect shares its change with the spectra
    beside it, or with its like elsewhere. With the contrast w of the object, whitened by that of the majority, and its
    direction u = w / |w|, the neighbours have the projections <w_j, u>, normal without a defect; and the angle to the
    most similar other object has a cosine c, which a random direction in d dimensions exceeds with the probability
    P(B > c^2) / 2, B of the beta distribution of 1/2 and (d - 1) / 2. The smaller of the two probabilities counts, the
    latter times the number of objects.

    Parameters
    ----------
    contrast : array, shape (n_points, n_features)
        Local contrast, 0 where it is not known.
    label : array of int, shape (n_points,)
    far : array of bool, shape (n_points,)
        Of :func:`undisturbed`.
    neighbourhood : Neighbourhood
    settings : PopulationSettings
        Of these: ``fewest_points``.

    Returns
    -------
    array, shape (n_objects + 1,)
        0 for objects of several points.
    """
    size = np.bincount(label)
    result = np.zeros(len(size))
    small = np.flatnonzero(size < settings.fewest_points)
    small = small[small > 0]
    if not len(small) or not neighbourhood.known:
        return result
    centre, whitening = covariance_of(contrast, far)
    white = (contrast - centre) @ whitening
    longest = longest_of_objects(white, label)
    axes = longest / np.linalg.norm(longest, axis=1, keepdims=True)
    cosine = axes @ axes.T
    np.fill_diagonal(cosine, 0.0)
    likeness = np.maximum(cosine.max(axis=1), 0.0) ** 2
    like = (
        len(axes) * beta_above(likeness, 0.5, (white.shape[1] - 1) / 2) / 2
        if white.shape[1] > 1
        else np.ones(len(axes))
    )
    for number in small:
        own = label == number
        beside = neighbourhood.grow(own, 1) & ~own
        shared = white[beside] @ axes[number - 1]
        by_neighbours = float(normal_above(shared.sum() / np.sqrt(max(len(shared), 1)))) if len(shared) else 1.0
        result[number] = min(by_neighbours, float(like[number - 1]))
    return result


def together(expected: NDArray[np.float64], *, objects: bool = True) -> float:
    """Return the p-value of all objects together.

    Where the majority explains lambda objects as far out as the k-th, k of them have the probability
    P(n >= k) of a Poisson distribution. The smallest of these over k counts, times k (k + 1), so that the sum over all
    k holds for the smallest. Spectra without positions are no objects that stand for themselves: the farthest counts.

    Parameters
    ----------
    expected : array, shape (n_objects,)
        Of :func:`expected_by_chance`; at least one.
    objects : bool
        Whether the objects are independent of each other.

    Returns
    -------
    float
        Positive, 1 at most.
    """
    order = np.sort(expected)[: None if objects else 1]
    number = np.arange(1, len(order) + 1)
    probability = float((number * (number + 1) * poisson_above(number - 1, order)).min())
    # a probability is never 0, only smaller than the smallest float
    return min(1.0, max(probability, float(np.finfo(float).tiny)))

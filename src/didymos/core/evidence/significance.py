"""How far from the majority objects are: against its tails, each alone and all together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, poisson

from didymos.core.evidence.settings import PopulationSettings
from didymos.core.evidence.tail import Tail
from didymos.core.numeric.labels import largest_by_label
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
        Of these: ``halo`` and ``least_undisturbed``.

    Returns
    -------
    array of bool, shape (n_points,)
    """
    for steps in range(settings.halo, 0, -1):
        far = known & ~neighbourhood.grow(label > 0, steps)
        if far.sum() >= settings.least_undisturbed * known.sum():
            return far
    far = known & (label == 0)
    return far if far.any() else known


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
    return np.asarray(len(length) * chi2.sf(tail.normal(peak) ** 2, fitted))


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
    probability = float((number * (number + 1) * poisson.sf(number - 1, order)).min())
    # a probability is never 0, only smaller than the smallest float
    return min(1.0, max(probability, float(np.finfo(float).tiny)))

"""Objects that stand out from their neighbourhood, and the majority around them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.evidence.directions import Directions, length_along
from didymos.core.evidence.settings import PopulationSettings
from didymos.core.numeric.distributions import chi_squared_quantile_above
from didymos.core.numeric.labels import largest_by_label
from didymos.core.surface.contrast_evidence import Evidence
from didymos.core.surface.neighbourhood import Neighbourhood

DEFAULTS = PopulationSettings()


def with_unknown(
    label: NDArray[np.intp],
    length: NDArray[np.float64],
    known: NDArray[np.bool_],
    neighbourhood: Neighbourhood,
    settings: PopulationSettings,
) -> NDArray[np.intp]:
    """Add to the cores the points without a contrast, as in corners, that are as long as the core beside them."""
    if known.all() or not label.any():
        return label
    distance, nearest = neighbourhood.nearest(label > 0)
    peak = largest_by_label(length, label)[label[nearest]]
    joins = ~known & (distance <= settings.far) & (length >= settings.core_share * peak)
    return np.where(joins, label[nearest], label)


def defect_like(
    neighbourhood: Neighbourhood,
    label: NDArray[np.intp],
    outside: NDArray[np.bool_],
    *,
    settings: PopulationSettings = DEFAULTS,
) -> NDArray[np.bool_]:
    """Return which objects are round and more than a single unusual spectrum, shape (n_objects,).

    Parameters
    ----------
    neighbourhood : Neighbourhood
    label : array of int, shape (n_points,)
        Number of the object whose core a point belongs to.
    outside : array of bool, shape (n_points,)
        Points outside the majority, of cores and around them.
    settings : PopulationSettings
    """
    fewest, roundest = settings.fewest_points, settings.least_roundness
    whole = neighbourhood.objects(outside)
    round_whole = (np.bincount(whole) >= fewest) & (neighbourhood.roundness(whole) >= roundest)
    around = np.zeros(int(label.max(initial=0)) + 1, dtype=bool)
    np.logical_or.at(around, label, round_whole[whole])
    several = np.bincount(label, minlength=len(around)) >= fewest
    return np.asarray((around | several) & (neighbourhood.roundness(label) >= roundest))[1:]


def cores_of(
    neighbourhood: Neighbourhood, evidence: Evidence, first: Evidence, settings: PopulationSettings
) -> NDArray[np.intp]:
    """Return the number of the object whose core a point belongs to, shape (n_points,).

    Where an object already stood out before any direction was chosen, its core is that of the plain contrast: the
    waves around a defect may be as long along the directions as the defect itself.
    """
    single = settings.significance / len(evidence.length)
    label = neighbourhood.objects(evidence.length > evidence.limit(settings.edge_probability))
    peak = largest_by_label(evidence.length, label)
    first_peak = largest_by_label(first.length, label)
    plain = first_peak > first.limit(single)
    kept = peak > evidence.limit(single)
    kept[0] = False
    reached = np.where(
        plain[label],
        first.length >= settings.core_share * first_peak[label],
        evidence.length >= settings.core_share * peak[label],
    )
    number = np.where(kept, np.cumsum(kept), 0)
    return np.where(reached, number[label], 0)


def majority_around(
    features: NDArray[np.floating],
    neighbourhood: Neighbourhood,
    known: NDArray[np.bool_],
    evidence: Evidence,
    label: NDArray[np.intp],
    directions: Directions | None,
    settings: PopulationSettings,
) -> NDArray[np.bool_]:
    """Return which points make the covariance of the majority, at first the background of the contrast."""
    enough = 5 * features.shape[1]
    if directions is None:
        contrasting = evidence.length > evidence.limit(settings.significance)
        majority = known & ~neighbourhood.grow(contrasting, settings.flank)
    else:
        length = length_along(features, directions, settings=settings)
        usual = float(np.median(largest_by_label(length, label)[1:]))
        normal = float(np.sqrt(chi_squared_quantile_above(settings.majority_probability, directions.basis.shape[1])))
        limit = max(normal, settings.core_share * usual)
        majority = known & ~neighbourhood.grow(label > 0, settings.flank) & (length < limit)
    return majority if majority.sum() >= enough else known & (label == 0)

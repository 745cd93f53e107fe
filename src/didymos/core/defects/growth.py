"""Wide defects, whose flanks fade into the surface over many steps, grown from their cores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.background import HALO
from didymos.core.evidence.directions import covariance_of, discriminant_directions, longest_of_objects
from didymos.core.evidence.population import LEAST_ROUNDNESS, Population
from didymos.core.evidence.tail import Tail
from didymos.core.surface.neighbourhood import Neighbourhood

EDGE = 1e-3
"""Probability that a point of the majority belongs to what surrounds a core."""

ALIKE = 0.7
"""Cosine of the angle to the direction of the nearest core from which a point counts as its flank."""

WIDE_SHARE = 0.5
"""Defects are wide where this share of all their points lies beyond the halo around the cores."""

MOST_ROUNDS = 16


def wide_defects(
    features: NDArray[np.floating],
    population: Population,
    disturbed: NDArray[np.bool_],
    neighbourhood: Neighbourhood,
) -> NDArray[np.bool_]:
    """Return which points belong to wide defects: none where most of what there is lies within a halo.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Features in which `population` was found.
    population : Population
        With at least one object.
    disturbed : array of bool, shape (n_points,)
        Points that count as defects in any case.
    neighbourhood : Neighbourhood

    Returns
    -------
    array of bool, shape (n_points,)
    """
    whole = whole_defects(features, population, neighbourhood)
    beyond = whole & (neighbourhood.nearest(disturbed)[0] > HALO)
    return whole if beyond.sum() > WIDE_SHARE * whole.sum() else np.zeros_like(whole)


def whole_defects(
    features: NDArray[np.floating], population: Population, neighbourhood: Neighbourhood
) -> NDArray[np.bool_]:
    """Grow the cores of defects by all that is connected with them, like them, and outside the majority.

    The flanks of a wide defect, as long as they count as majority, are in its covariance and hide themselves. So the
    majority is measured three steps away from what has been found, its covariance whitens the spectra, and what is
    connected with the cores, longer along their directions than the tail of the majority allows, and within 45 degrees
    of the nearest core is added; again, until nothing is.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Features in which `population` was found.
    population : Population
        With at least one object.
    neighbourhood : Neighbourhood

    Returns
    -------
    array of bool, shape (n_points,)
        Points of defects.
    """
    columns = features.shape[1]
    own = neighbourhood.roundness(population.label)[1:] >= LEAST_ROUNDNESS
    defect = population.core
    nearest = neighbourhood.nearest(defect)[1]
    for _ in range(MOST_ROUNDS):
        quiet = neighbourhood.nearest(defect)[0] > HALO
        if quiet.sum() < 5 * columns:
            break
        centre, whitening = covariance_of(features, quiet)
        white = (features - centre) @ whitening
        along = white @ discriminant_directions(white, population.label, np.eye(columns), own)
        length = np.linalg.norm(along, axis=1)
        peak = longest_of_objects(along, population.label)[population.label[nearest] - 1]
        alike = np.einsum("ij,ij->i", along, peak) > ALIKE * length * np.linalg.norm(peak, axis=1)
        outside = alike & (length > Tail.of(length[quiet], along.shape[1]).limit(EDGE))
        part = neighbourhood.objects(outside | defect)
        connected = np.zeros(int(part.max()) + 1, dtype=bool)
        connected[part[defect]] = True
        if connected[part].sum() == defect.sum():
            break
        defect = connected[part]
    return defect

"""Wide defects, whose flanks fade into the surface over many steps, grown from their cores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.settings import AmplitudeSettings
from didymos.core.evidence.directions import covariance_of, discriminant_directions, longest_of_objects
from didymos.core.evidence.population import Population
from didymos.core.evidence.tail import Tail
from didymos.core.surface.neighbourhood import Neighbourhood

DEFAULTS = AmplitudeSettings()


def wide_defects(
    features: NDArray[np.floating],
    population: Population,
    disturbed: NDArray[np.bool_],
    neighbourhood: Neighbourhood,
    *,
    settings: AmplitudeSettings = DEFAULTS,
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
    settings : AmplitudeSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    whole = whole_defects(features, population, neighbourhood, settings=settings)
    beyond = whole & (neighbourhood.nearest(disturbed)[0] > settings.halo)
    return whole if beyond.sum() > settings.wide_share * whole.sum() else np.zeros_like(whole)


def whole_defects(
    features: NDArray[np.floating],
    population: Population,
    neighbourhood: Neighbourhood,
    *,
    settings: AmplitudeSettings = DEFAULTS,
) -> NDArray[np.bool_]:
    """Grow the cores of defects by all points connected with them, like them, and outside the majority.

    The flanks of a wide defect, as long as they count as majority, are in the covariance of the majority and hide
    themselves. So the covariance of the points three steps away from the defects whitens the spectra. The points
    connected with the cores, longer along their directions than the tail of the majority allows, and within 45 degrees
    of the nearest core are added; again, until no point is.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Features in which `population` was found.
    population : Population
        With at least one object.
    neighbourhood : Neighbourhood
    settings : AmplitudeSettings

    Returns
    -------
    array of bool, shape (n_points,)
        Points of defects.
    """
    columns = features.shape[1]
    evidence = settings.population
    own = neighbourhood.roundness(population.label)[1:] >= evidence.least_roundness
    defect = population.core
    nearest = neighbourhood.nearest(defect)[1]
    for _ in range(settings.most_rounds):
        background = neighbourhood.nearest(defect)[0] > settings.halo
        if background.sum() < 5 * columns:
            break
        centre, whitening = covariance_of(features, background)
        white = (features - centre) @ whitening
        along = white @ discriminant_directions(white, population.label, np.eye(columns), own, settings=evidence)
        length = np.linalg.norm(along, axis=1)
        peak = longest_of_objects(along, population.label)[population.label[nearest] - 1]
        alike = np.einsum("ij,ij->i", along, peak) > settings.alike * length * np.linalg.norm(peak, axis=1)
        tail = Tail.of(length[background], along.shape[1], settings=evidence)
        outside = alike & (length > tail.limit(evidence.edge_probability))
        part = neighbourhood.objects(outside | defect)
        connected = np.zeros(int(part.max()) + 1, dtype=bool)
        connected[part[defect]] = True
        if connected[part].sum() == defect.sum():
            break
        defect = connected[part]
    return defect

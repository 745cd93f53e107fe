"""How much of a defect is in every spectrum: the share of the change that its kind makes at the core.

The amplitude comes from the positions of the spectra. Under a defect the surface is interpolated from the
neighbourhood; the difference is the change that the defect makes, and its share along the change at the cores is the
amplitude.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.background import surface_background
from didymos.core.defects.growth import wide_defects
from didymos.core.defects.settings import AmplitudeSettings
from didymos.core.evidence.directions import covariance_of, discriminant_directions, length_along, longest_of_objects
from didymos.core.evidence.kinds import find_kinds, mean_peaks
from didymos.core.evidence.population import Population
from didymos.core.evidence.tail import Tail
from didymos.core.numeric.labels import largest_by_label
from didymos.core.surface.neighbourhood import Neighbourhood
from didymos.schema.printing import brief

DEFAULTS = AmplitudeSettings()


@dataclass(frozen=True)
class Amplitudes:
    """The amplitude of every spectrum, and of which kind.

    Attributes
    ----------
    value : array, shape (n_points,)
        1 at the cores, about 0 in the majority; noise takes it below 0.
    kind : array of int16, shape (n_points,)
        The kind that the amplitude is one of, from 1; 1 has most points.
    background : array of bool, shape (n_points,)
        Points that no defect disturbs.
    ambiguous : array of bool, shape (n_points,)
        Points as far from the majority as defects, but with no defect about: neither majority nor defect.
    noise : array, shape (n_kinds,)
        Standard deviation of the amplitude of each kind at background points.
    """

    value: NDArray[np.float64]
    kind: NDArray[np.int16]
    background: NDArray[np.bool_]
    ambiguous: NDArray[np.bool_]
    noise: NDArray[np.float64]

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)


def find_amplitudes(
    features: NDArray[np.floating],
    population: Population,
    neighbourhood: Neighbourhood,
    *,
    settings: AmplitudeSettings = DEFAULTS,
) -> Amplitudes:
    """Compute how much of a defect is in every spectrum.

    1. Defects that fade into the surface over many steps are grown to their whole width
       (`wide_defects`). The surface under the defects is interpolated
       (`surface_background`) and subtracted; the rest is whitened by its covariance S
       at background points, x = S^(-1/2) (f - b).
    2. The directions of the cores are sought again in x, and their kinds (`find_kinds`).
       Weak objects beside a strong one are lobes and waves of the strong one and have its kind.
    3. With t the mean x at the peaks of the objects of a kind, the amplitude is <x, t> / <t, t>: the output
       of a linear filter matched to t. Within eight steps of a core a spectrum is of the kind of that core, else of
       the kind whose direction is nearest.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Features in which `population` was found.
    population : Population
        Distinct.
    neighbourhood : Neighbourhood
    settings : AmplitudeSettings

    Returns
    -------
    Amplitudes
    """
    evidence = settings.population
    suspect = _suspects(features, population, settings)
    wide = wide_defects(features, population, population.core | suspect, neighbourhood, settings=settings)
    surface = surface_background(features, population.core | suspect | wide, neighbourhood, settings=settings)
    background = surface.background
    residual = features - surface.values
    centre, whitening = covariance_of(residual, background)
    white = (residual - centre) @ whitening
    own = neighbourhood.roundness(population.label)[1:] >= evidence.least_roundness
    basis = discriminant_directions(white, population.label, np.eye(white.shape[1]), own, settings=evidence)
    along = white @ basis
    label = _with_flanks(population.label, along, neighbourhood, settings)
    label = _with_satellites(label, along, neighbourhood, settings)
    core = np.flatnonzero(label)
    kind_of_core = find_kinds(along[core], label[core], settings=evidence.kinds)
    peaks = mean_peaks(along[core], label[core], kind_of_core, settings=evidence.kinds)
    share = along @ (peaks / (peaks**2).sum(axis=1, keepdims=True)).T
    distance, nearest = neighbourhood.nearest(label > 0)
    kind = np.asarray(np.argmax(along @ (peaks / np.linalg.norm(peaks, axis=1, keepdims=True)).T, axis=1) + 1)
    of_core = np.zeros(len(features), dtype=np.int16)
    of_core[core] = kind_of_core
    beside = (distance <= settings.reach) | wide
    kind[beside] = of_core[nearest[beside]]
    return Amplitudes(
        share[np.arange(len(share)), kind - 1],
        kind.astype(np.int16),
        background,
        ~background & ~beside,
        share[background].std(axis=0),
    )


def _with_flanks(
    label: NDArray[np.intp],
    change: NDArray[np.float64],
    neighbourhood: Neighbourhood,
    settings: AmplitudeSettings,
) -> NDArray[np.intp]:
    """Add to cores of one or two points those beside them that share their change; an unusual spectrum stays alone."""
    small = np.bincount(label) < settings.population.fewest_points
    small[0] = False
    if not small.any():
        return label
    distance, nearest = neighbourhood.nearest(small[label])
    mine = longest_of_objects(change, label)[label[nearest] - 1]
    shares = np.einsum("ij,ij->i", change, mine) >= settings.flank_share * (mine**2).sum(axis=1)
    return np.where((label == 0) & (distance < settings.population.flank) & shares, label[nearest], label)


def _with_satellites(
    label: NDArray[np.intp],
    change: NDArray[np.float64],
    neighbourhood: Neighbourhood,
    settings: AmplitudeSettings,
) -> NDArray[np.intp]:
    """Give weak objects beside a strong one its number: they are lobes and waves of the strong one."""
    peak = largest_by_label(np.linalg.norm(change, axis=1), label)
    cluster = neighbourhood.objects(neighbourhood.grow(label > 0, settings.together))
    core = np.flatnonzero(label)
    order = core[np.argsort(peak[label[core]], kind="stable")]
    strongest = np.zeros(int(cluster.max()) + 1, dtype=np.intp)
    strongest[cluster[order]] = label[order]  # the strongest of every cluster comes last
    host = np.arange(len(peak))
    host[label[core]] = strongest[cluster[core]]
    return np.where(peak < settings.satellite_share * peak[host], host, np.arange(len(peak)))[label]


def _suspects(features: NDArray[np.floating], population: Population, settings: AmplitudeSettings) -> NDArray[np.bool_]:
    """Return which points are as far along the directions as weak defects are, whether found as objects or not."""
    assert population.directions is not None
    length = length_along(features, population.directions, settings=settings.population)
    degrees = population.directions.basis.shape[1]
    far = length[population.far] if population.far.any() else length
    tail = Tail.of(far, degrees, settings=settings.population)
    weak = float(np.quantile(largest_by_label(length, population.label)[1:], settings.suspect_quantile))
    limit = max(tail.limit(settings.suspect_probability), settings.population.core_share * weak)
    return np.asarray(length > limit)

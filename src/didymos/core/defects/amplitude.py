"""How much of a defect is in every spectrum: the share of the change that its kind makes at the core.

The places of the spectra teach this. Under a defect the surface is interpolated from around it; what is left is the
change that the defect makes, and the share of it along the change at the cores is the amplitude.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.background import surface_background
from didymos.core.defects.growth import wide_defects
from didymos.core.evidence.directions import covariance_of, discriminant_directions, length_along, longest_of_objects
from didymos.core.evidence.kinds import find_kinds, mean_peaks
from didymos.core.evidence.population import CORE_SHARE, FEWEST_POINTS, FLANK, LEAST_ROUNDNESS, Population
from didymos.core.evidence.tail import Tail
from didymos.core.numeric.labels import largest_by_label
from didymos.core.surface.neighbourhood import Neighbourhood

REACH = 8.0
"""Steps from a core within which a spectrum belongs to the kind of that core."""

SUSPECT = 1e-3
"""Probability under which a point of the majority may be a defect that was not found."""

BESIDE = 2
"""Two objects lie beside each other where so many steps around each of them meet."""

SATELLITE = 0.6
"""An object weaker than this share of the strongest beside it is a part of that one."""

FLANK_SHARE = 0.2
"""Share of the change at the core of a small object that its flank has."""


@dataclass(frozen=True)
class Amplitudes:
    """The amplitude of every spectrum, and of which kind.

    Attributes
    ----------
    value : array, shape (n_points,)
        1 at the cores, about 0 in the majority; noise takes it below 0.
    kind : array of int16, shape (n_points,)
        The kind that the amplitude is one of, from 1; 1 has most points.
    quiet : array of bool, shape (n_points,)
        Points that no defect disturbs.
    doubtful : array of bool, shape (n_points,)
        Points as far from the majority as defects, but with no defect about: what they are is not known.
    noise : array, shape (n_kinds,)
        Standard deviation of the amplitude of each kind at quiet points.
    """

    value: NDArray[np.float64]
    kind: NDArray[np.int16]
    quiet: NDArray[np.bool_]
    doubtful: NDArray[np.bool_]
    noise: NDArray[np.float64]


def find_amplitudes(features: NDArray[np.floating], population: Population, neighbourhood: Neighbourhood) -> Amplitudes:
    """Measure how much of a defect is in every spectrum.

    1. Defects that fade into the surface over many steps are grown to their whole width
       (`wide_defects`). The surface under the defects is interpolated
       (`surface_background`) and subtracted; what is left is whitened by its covariance S
       at quiet points, x = S^(-1/2) (f - b).
    2. The directions of the cores are sought again in x, and their kinds (`find_kinds`).
       Weak objects beside a strong one are its lobes and waves and have its kind.
    3. With t the mean x at the peaks of the objects of a kind, the amplitude is <x, t> / <t, t>: what a linear filter
       matched to t measures. Within eight steps of a core a spectrum is of the kind of that core, else of the kind
       whose direction is nearest.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Features in which `population` was found.
    population : Population
        Distinct.
    neighbourhood : Neighbourhood

    Returns
    -------
    Amplitudes
    """
    suspect = _suspects(features, population)
    wide = wide_defects(features, population, population.core | suspect, neighbourhood)
    background = surface_background(features, population.core | suspect | wide, neighbourhood)
    residual = features - background.values
    centre, whitening = covariance_of(residual, background.quiet)
    white = (residual - centre) @ whitening
    own = neighbourhood.roundness(population.label)[1:] >= LEAST_ROUNDNESS
    along = white @ discriminant_directions(white, population.label, np.eye(white.shape[1]), own)
    label = _with_satellites(_with_flanks(population.label, along, neighbourhood), along, neighbourhood)
    core = np.flatnonzero(label)
    kind_of_core = find_kinds(along[core], label[core])
    peaks = mean_peaks(along[core], label[core], kind_of_core)
    share = along @ (peaks / (peaks**2).sum(axis=1, keepdims=True)).T
    distance, nearest = neighbourhood.nearest(label > 0)
    kind = np.asarray(np.argmax(along @ (peaks / np.linalg.norm(peaks, axis=1, keepdims=True)).T, axis=1) + 1)
    of_core = np.zeros(len(features), dtype=np.int16)
    of_core[core] = kind_of_core
    beside = (distance <= REACH) | wide
    kind[beside] = of_core[nearest[beside]]
    return Amplitudes(
        share[np.arange(len(share)), kind - 1],
        kind.astype(np.int16),
        background.quiet,
        ~background.quiet & ~beside,
        share[background.quiet].std(axis=0),
    )


def _with_flanks(
    label: NDArray[np.intp], change: NDArray[np.float64], neighbourhood: Neighbourhood
) -> NDArray[np.intp]:
    """Add to cores of one or two points those beside them that share their change; a strange spectrum stays alone."""
    small = np.bincount(label) < FEWEST_POINTS
    small[0] = False
    if not small.any():
        return label
    distance, nearest = neighbourhood.nearest(small[label])
    mine = longest_of_objects(change, label)[label[nearest] - 1]
    shares = np.einsum("ij,ij->i", change, mine) >= FLANK_SHARE * (mine**2).sum(axis=1)
    return np.where((label == 0) & (distance < FLANK) & shares, label[nearest], label)


def _with_satellites(
    label: NDArray[np.intp], change: NDArray[np.float64], neighbourhood: Neighbourhood
) -> NDArray[np.intp]:
    """Give weak objects beside a strong one its number: they are its lobes and waves."""
    peak = largest_by_label(np.linalg.norm(change, axis=1), label)
    cluster = neighbourhood.objects(neighbourhood.grow(label > 0, BESIDE))
    core = np.flatnonzero(label)
    order = core[np.argsort(peak[label[core]], kind="stable")]
    strongest = np.zeros(int(cluster.max()) + 1, dtype=np.intp)
    strongest[cluster[order]] = label[order]  # the strongest of every cluster comes last
    host = np.arange(len(peak))
    host[label[core]] = strongest[cluster[core]]
    return np.where(peak < SATELLITE * peak[host], host, np.arange(len(peak)))[label]


def _suspects(features: NDArray[np.floating], population: Population) -> NDArray[np.bool_]:
    """Return which points are as far along the directions as weak defects are, whether found as objects or not."""
    assert population.directions is not None
    length = length_along(features, population.directions)
    degrees = population.directions.basis.shape[1]
    tail = Tail.of(length[population.far] if population.far.any() else length, degrees)
    weak = float(np.quantile(largest_by_label(length, population.label)[1:], 0.25))
    limit = max(tail.limit(SUSPECT), CORE_SHARE * weak)
    return np.asarray(length > limit)

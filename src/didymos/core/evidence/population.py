"""Evidence for a population distinct from the majority: objects on the surface, and the directions they point to.

A majority that varies by itself has long tails of distances, so distance alone proves nothing. A defect differs from
its neighbourhood, over an area that is compact. The difference has a direction of its own, and along that direction a
defect lies beyond what the majority reaches anywhere on the surface.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from didymos.core.evidence.directions import (
    Directions,
    covariance_of,
    discriminant_directions,
    length_along,
    longest_of_objects,
    with_left_out,
)
from didymos.core.evidence.lattices import without_lattices
from didymos.core.evidence.settings import PopulationSettings
from didymos.core.evidence.significance import alone_by_chance, expected_by_chance, together, undisturbed
from didymos.core.numeric.labels import largest_by_label
from didymos.core.surface.contrast_evidence import Evidence, contrast_evidence, contrast_without_lines, evidence_along
from didymos.core.surface.neighbourhood import Neighbourhood

DEFAULTS = PopulationSettings()


@dataclass(frozen=True)
class Population:
    """The evidence for a distinct population.

    Attributes
    ----------
    p_value : float
        Probability that a majority with such tails has anywhere a spectrum as far along the directions.
    label : array of int, shape (n_points,)
        Number of the object whose core a point belongs to, from 1; 0 for none.
    far : array of bool, shape (n_points,)
        Points some steps away from every object; all where there is none.
    directions : Directions or None
        Directions in which the objects differ from the majority; None without any object.
    repetition : float
        How well the objects repeat under a shift: 1 for a lattice.
    significance : float
        p-value under which the population is distinct.
    """

    p_value: float
    label: NDArray[np.intp]
    far: NDArray[np.bool_]
    directions: Directions | None = None
    repetition: float = 0.0
    significance: float = DEFAULTS.significance

    @classmethod
    def none(cls, points: int, repetition: float = 0.0) -> Population:
        """Return the evidence where nothing stands out from the majority."""
        return cls(1.0, np.zeros(points, dtype=np.intp), np.ones(points, dtype=bool), None, repetition)

    @property
    def core(self) -> NDArray[np.bool_]:
        """Points that belong to the core of an object, shape (n_points,)."""
        return self.label > 0

    @property
    def distinct(self) -> bool:
        """Whether the evidence is significant."""
        return self.p_value < self.significance


def find_population(
    features: NDArray[np.floating], neighbourhood: Neighbourhood, *, settings: PopulationSettings = DEFAULTS
) -> Population:
    """Look for objects that differ from their neighbourhood and from the majority in directions of their own.

    1. The local contrast r of every point (:meth:`Neighbourhood.residual`) is divided by its minimum covariance
       determinant; objects are connected groups over the 0.1 % limit of a normal majority with a point over the 1 %
       limit of the whole map, and their core is what reaches half of their largest contrast.
    2. The majority is what lies outside the cores, two steps around them, and half-way to them. Its mean and
       covariance S whiten the features: x = S^(-1/2) (f - c).
    3. The directions are the leading eigenvectors of the second moment of the cores, minus that of the majority: in
       whitened space these are Fisher's discriminants (R. A. Fisher, Ann. Eugenics 7, 179 (1936)).
    4. The contrast along the directions is the new evidence; again from 1, four times.

    An object counts where its largest length |x| along the directions exceeds what a majority with such a tail
    reaches once in a hundred maps, and its local contrast is at least a fifth of that length: a smooth surface has
    extremes, but the extremes do not stand out from their neighbourhood. Objects that repeat like a lattice are the
    surface.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Finite features of the spectra, in any linear coordinates.
    neighbourhood : Neighbourhood
    settings : PopulationSettings

    Returns
    -------
    Population
        With p-value 1 where no object stands out or fewer points can be compared than features.
    """
    points, columns = features.shape
    nothing = Population.none(points)
    features, residual = contrast_without_lines(features, neighbourhood)
    known = np.asarray(np.isfinite(residual).all(axis=1))
    if columns == 0 or known.sum() < max(5, 2 * columns):
        return nothing
    residual = np.where(known[:, np.newaxis], residual, 0.0)
    first = contrast_evidence(residual, known, settings=settings.contrast)
    evidence, directions = first, None
    for round_ in range(settings.rounds):
        label = _cores(neighbourhood, evidence, first, settings)
        if not label.any():
            return nothing
        majority = _majority(features, neighbourhood, known, evidence, label, directions, settings)
        centre, whitening = covariance_of(features, majority)
        white, contrast = (features - centre) @ whitening, residual @ whitening
        background = known & ~neighbourhood.grow(evidence.length > evidence.limit(settings.significance), 1)
        background = background if background.sum() > 5 * columns else majority
        outside = evidence.length > evidence.limit(settings.edge_probability)
        own = defect_like(neighbourhood, label, outside, settings=settings)
        if round_ < settings.rounds - 2:
            spread = np.cov(contrast[background], rowvar=False)
            basis = discriminant_directions(contrast, label, spread, own, settings=settings)
        else:
            basis = discriminant_directions(white, label, np.eye(columns), own, settings=settings)
        directions = Directions.of(white, majority, centre, whitening, basis, settings=settings)
        evidence = evidence_along(contrast @ basis, background, known, settings=settings.contrast)
    assert directions is not None
    label = _with_unknown(label, np.linalg.norm(white @ directions.basis, axis=1), known, neighbourhood, settings)
    found = _validated(white, contrast, known, label, directions, neighbourhood, settings)
    if found.directions is None:
        return found
    # a direction too many makes a claim where there is none, but costs little once a population was found
    outside = evidence.length > evidence.limit(settings.edge_probability)
    own = defect_like(neighbourhood, found.label, outside, settings=settings)
    longest = longest_of_objects(white, found.label)[own]
    basis = with_left_out(basis, longest, settings.last_own_share, settings=settings)
    return replace(found, directions=Directions.of(white, majority, centre, whitening, basis, settings=settings))


def _with_unknown(
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


def _cores(
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


def _majority(
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
        normal = float(np.sqrt(chi2.isf(settings.majority_probability, directions.basis.shape[1])))
        limit = max(normal, settings.core_share * usual)
        majority = known & ~neighbourhood.grow(label > 0, settings.flank) & (length < limit)
    return majority if majority.sum() >= enough else known & (label == 0)


def _validated(
    white: NDArray[np.float64],
    contrast: NDArray[np.float64],
    known: NDArray[np.bool_],
    label: NDArray[np.intp],
    directions: Directions,
    neighbourhood: Neighbourhood,
    settings: PopulationSettings,
) -> Population:
    """Keep the objects that neither the tail of the majority nor a smooth change of the surface explains."""
    points, columns = white.shape
    basis = directions.basis
    far = undisturbed(neighbourhood, label, known, settings)
    along = np.linalg.norm(white @ basis, axis=1)
    local = evidence_along(contrast @ basis, far, known, settings=settings.contrast).length
    # the directions were fitted to the objects: the fewer objects, the more of their noise is in the directions
    fitted = basis.shape[1] + (columns - basis.shape[1]) / max(int(label.max()), 1)
    lengths = (along, local)
    beyond, apart = (expected_by_chance(each, label, far, basis.shape[1], fitted, settings) for each in lengths)
    alone = alone_by_chance(contrast, label, far, neighbourhood, settings)
    expected = np.maximum(np.maximum(beyond, apart), alone)
    p_value = together(expected[1:], objects=neighbourhood.known)
    # of a population that is there, its weaker objects need not differ as much from their neighbourhood
    kept = (beyond <= settings.significance) & (apart <= settings.flank_expected) & (alone <= settings.significance)
    kept |= expected <= expected[1:].min()
    kept[0] = False
    number = np.where(kept, np.cumsum(kept), 0)[label]
    several = np.count_nonzero(number) >= settings.fewest_points
    if p_value >= (settings.significance if several else settings.lone_significance):
        return Population.none(points)
    number, repetition = without_lattices(white @ basis, number, neighbourhood, settings=settings)
    if not number.any():
        return Population.none(points, repetition)
    far = ~neighbourhood.grow(number > 0, settings.far)
    return Population(p_value, number, far, directions, repetition, settings.significance)

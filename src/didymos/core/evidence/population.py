"""Evidence for a population distinct from the majority: objects on the surface, and the directions they point to.

A majority that varies by itself has long tails of distances, so distance alone proves nothing. A defect differs from
its surroundings, over an area that is compact; it points into a direction of its own; and along that direction it
lies beyond what the majority reaches anywhere on the surface.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from didymos.core.evidence.directions import (
    LONGEST_LENGTH,
    Directions,
    covariance_of,
    discriminant_directions,
    length_along,
    longest_of_objects,
    with_left_out,
)
from didymos.core.evidence.lattices import without_lattices
from didymos.core.evidence.tail import Tail
from didymos.core.numeric.labels import largest_by_label
from didymos.core.surface.contrast_evidence import Evidence, contrast_evidence, contrast_without_lines, evidence_along
from didymos.core.surface.neighbourhood import Neighbourhood

SIGNIFICANCE = 0.01
FEWEST_POINTS = 3
"""A population of fewer spectra must be far more significant."""

EDGE = 1e-3
"""Probability that a point of the majority belongs to what surrounds the core of an object."""

CORE_SHARE = 0.5
"""The core of an object are its points with at least this share of its largest contrast."""

FLANK = 2
"""Steps around a core that do not count as majority."""

FAR = 4
"""Steps away from every core at which the majority is undisturbed."""

ROUNDS = 4
"""Rounds of the search; in the last two the directions are those of the spectra, before of their local contrast."""

MEASURED_SHARE = 0.8
"""What is measured has a direction of its own for an object of which the others leave out this share."""

LEAST_CONTRAST = 0.2
"""An object differs from its surroundings by at least this share of what it differs from the majority."""

SMALL_OBJECT, SMALL_CONTRAST = 28, 0.5
"""An object of so few points, which the circle of its surroundings encloses, differs from them by this share."""

LEAST_ROUNDNESS = 0.35
"""Share of the disc over its extent that an object covers; a wall between two domains covers less."""

ANY_SHAPE = 1e-12
"""Significance from which an object may look as it likes."""

LONE_SIGNIFICANCE = 1e-6
"""Significance of a population of fewer spectra than :data:`FEWEST_POINTS`."""


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
    """

    p_value: float
    label: NDArray[np.intp]
    far: NDArray[np.bool_]
    directions: Directions | None = None
    repetition: float = 0.0

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
        return self.p_value < SIGNIFICANCE


def find_population(features: NDArray[np.floating], neighbourhood: Neighbourhood) -> Population:
    """Look for objects that differ from their surroundings and from the majority in directions of their own.

    1. The local contrast r of every point (:meth:`Neighbourhood.residual`) is measured with its minimum covariance
       determinant; objects are connected groups over the 0.1 % limit of a normal majority with a point over the 1 %
       limit of the whole map, and their core is what reaches half of their largest contrast.
    2. The majority is what lies outside the cores, two steps around them, and half-way to them. Its mean and
       covariance S whiten the features: x = S^(-1/2) (f - c).
    3. The directions are the leading eigenvectors of the second moment of the cores, minus that of the majority: in
       whitened space these are Fisher's discriminants (R. A. Fisher, Ann. Eugenics 7, 179 (1936)).
    4. The contrast along the directions is the new evidence; again from 1, four times.

    An object counts where its largest length |x| along the directions exceeds what a majority with such a tail
    reaches once in a hundred maps, and its local contrast is at least a fifth of that length: a smooth surface has
    extremes, but they do not stand out from what surrounds them. Objects that repeat like a lattice are the surface.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Finite features of the spectra, in any linear coordinates.
    neighbourhood : Neighbourhood

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
    first = contrast_evidence(residual, known)
    evidence, directions = first, None
    for round_ in range(ROUNDS):
        label = _cores(neighbourhood, evidence, first)
        if not label.any():
            return nothing
        majority = _majority(features, neighbourhood, known, evidence, label, directions)
        centre, whitening = covariance_of(features, majority)
        white, contrast = (features - centre) @ whitening, residual @ whitening
        quiet = known & ~neighbourhood.grow(evidence.length > evidence.limit(SIGNIFICANCE), 1)
        quiet = quiet if quiet.sum() > 5 * columns else majority
        own = defect_like(neighbourhood, label, evidence.length > evidence.limit(EDGE))
        if round_ < ROUNDS - 2:
            basis = discriminant_directions(contrast, label, np.cov(contrast[quiet], rowvar=False), own)
        else:
            basis = discriminant_directions(white, label, np.eye(columns), own)
        directions = Directions.of(white, majority, centre, whitening, basis)
        evidence = evidence_along(contrast @ basis, quiet, known)
    assert directions is not None
    label = _with_unknown(label, np.linalg.norm(white @ directions.basis, axis=1), known, neighbourhood)
    judged = _judged(white, contrast, label, directions, neighbourhood)
    if judged.directions is None:
        return judged
    # a direction too many makes a claim where there is none, but costs little in the measure of what was found
    own = defect_like(neighbourhood, judged.label, evidence.length > evidence.limit(EDGE))
    basis = with_left_out(basis, longest_of_objects(white, judged.label)[own], MEASURED_SHARE)
    return replace(judged, directions=Directions.of(white, majority, centre, whitening, basis))


def _with_unknown(
    label: NDArray[np.intp], length: NDArray[np.float64], known: NDArray[np.bool_], neighbourhood: Neighbourhood
) -> NDArray[np.intp]:
    """Add to the cores the points without a contrast, as in corners, that are as long as the core beside them."""
    if known.all() or not label.any():
        return label
    distance, nearest = neighbourhood.nearest(label > 0)
    peak = largest_by_label(length, label)[label[nearest]]
    joins = ~known & (distance <= FAR) & (length >= CORE_SHARE * peak)
    return np.where(joins, label[nearest], label)


def defect_like(neighbourhood: Neighbourhood, label: NDArray[np.intp], outside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which objects are round and more than a single strange spectrum, shape (n_objects,).

    Parameters
    ----------
    neighbourhood : Neighbourhood
    label : array of int, shape (n_points,)
        Number of the object whose core a point belongs to.
    outside : array of bool, shape (n_points,)
        Points outside the majority, of cores and around them.
    """
    whole = neighbourhood.objects(outside)
    round_whole = (np.bincount(whole) >= FEWEST_POINTS) & (neighbourhood.roundness(whole) >= LEAST_ROUNDNESS)
    around = np.zeros(int(label.max(initial=0)) + 1, dtype=bool)
    np.logical_or.at(around, label, round_whole[whole])
    several = np.bincount(label, minlength=len(around)) >= FEWEST_POINTS
    return np.asarray((around | several) & (neighbourhood.roundness(label) >= LEAST_ROUNDNESS))[1:]


def _cores(neighbourhood: Neighbourhood, evidence: Evidence, first: Evidence) -> NDArray[np.intp]:
    """Return the number of the object whose core a point belongs to, shape (n_points,).

    Where an object already stood out before any direction was chosen, its core is that of the plain contrast: the
    waves around a defect may be as long along the directions as the defect itself.
    """
    points = len(evidence.length)
    label = neighbourhood.objects(evidence.length > evidence.limit(EDGE))
    peak = largest_by_label(evidence.length, label)
    first_peak = largest_by_label(first.length, label)
    plain = first_peak > first.limit(SIGNIFICANCE / points)
    kept = peak > evidence.limit(SIGNIFICANCE / points)
    kept[0] = False
    reached = np.where(
        plain[label],
        first.length >= CORE_SHARE * first_peak[label],
        evidence.length >= CORE_SHARE * peak[label],
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
) -> NDArray[np.bool_]:
    """Return which points make the covariance of the majority, at first whatever is quiet."""
    enough = 5 * features.shape[1]
    if directions is None:
        majority = known & ~neighbourhood.grow(evidence.length > evidence.limit(SIGNIFICANCE), FLANK)
    else:
        length = length_along(features, directions)
        usual = float(np.median(largest_by_label(length, label)[1:]))
        limit = max(float(np.sqrt(chi2.isf(0.003, directions.basis.shape[1]))), CORE_SHARE * usual)
        majority = known & ~neighbourhood.grow(label > 0, FLANK) & (length < limit)
    return majority if majority.sum() >= enough else known & (label == 0)


def _judged(
    white: NDArray[np.float64],
    contrast: NDArray[np.float64],
    label: NDArray[np.intp],
    directions: Directions,
    neighbourhood: Neighbourhood,
) -> Population:
    """Keep the objects that neither the tail of the majority nor a smooth change of the surface explains."""
    points, columns = white.shape
    degrees = directions.basis.shape[1]
    length = np.linalg.norm(white @ directions.basis, axis=1)
    local = np.linalg.norm(contrast @ directions.basis, axis=1)
    far = ~neighbourhood.grow(label > 0, FAR)
    peak = largest_by_label(length, label)
    contrast_share = largest_by_label(local, label) / np.where(peak > 0, peak, 1.0)
    tail = Tail.of(length[far] if far.any() else length, degrees)
    # a majority that is exactly alike has no median length: what differs at all is then far, not infinitely
    tail = replace(tail, median=max(tail.median, float(peak.max()) / LONGEST_LENGTH) or 1.0)
    peak = tail.normal(peak)
    # the directions were fitted to the objects: the fewer there are, the more of their noise is in them
    fitted = degrees + (columns - degrees) / max(int(label.max()), 1)
    probability = np.where(contrast_share >= LEAST_CONTRAST, np.minimum(1.0, points * chi2.sf(peak**2, fitted)), 1.0)
    probability[0] = 1.0
    kept = probability < SIGNIFICANCE
    # what is kept is shown; what speaks for a population must also look like a defect: round, and sharp where small
    small = np.bincount(label, minlength=len(peak)) <= SMALL_OBJECT
    sharp = ~small | (contrast_share >= SMALL_CONTRAST)
    shaped = sharp & (neighbourhood.roundness(label) >= LEAST_ROUNDNESS)
    speaks = kept & (shaped | (probability < ANY_SHAPE))
    number = np.where(kept, np.cumsum(kept), 0)[label]
    # a probability is never nought, only smaller than a float can say
    p_value = max(float(probability[speaks].min(initial=1.0)), np.finfo(float).tiny)
    limit = SIGNIFICANCE if np.count_nonzero(number) >= FEWEST_POINTS else LONE_SIGNIFICANCE
    if p_value >= limit:
        return Population.none(points)
    number, repetition = without_lattices(white @ directions.basis, number, neighbourhood)
    if not number.any():
        return Population.none(points, repetition)
    return Population(p_value, number, ~neighbourhood.grow(number > 0, FAR), directions, repetition)

"""Evidence for a population distinct from the majority: objects on the surface, and the directions they point to.

A majority that varies by itself has long tails of distances, so distance alone proves nothing. A defect differs from
its neighbourhood, over an area that is compact. The difference has a direction of its own, and along that direction a
defect lies beyond what the majority reaches anywhere on the surface.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from didymos.core.evidence.directions import (
    Directions,
    covariance_of,
    discriminant_directions,
)
from didymos.core.evidence.lattices import without_lattices
from didymos.core.evidence.objects import cores_of, defect_like, majority_around, with_unknown
from didymos.core.evidence.settings import PopulationSettings
from didymos.core.evidence.significance import Seen, alone_by_chance, together, undisturbed
from didymos.core.evidence.usual import beyond_usual
from didymos.core.surface.contrast_evidence import contrast_evidence, contrast_without_lines, evidence_along
from didymos.core.surface.neighbourhood import Neighbourhood
from didymos.schema.printing import brief

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

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)

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
    features: NDArray[np.floating],
    neighbourhood: Neighbourhood,
    *,
    noise: NDArray[np.float64] | None = None,
    settings: PopulationSettings = DEFAULTS,
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

    An object counts by how many points of a majority with such tails are expected to be as far out in length |x| along
    the directions, and as far in local contrast: a smooth surface has extremes, but the extremes do not stand out from
    their neighbourhood. The same must hold beyond what is usual at such a spectrum (:func:`beyond_usual`): a majority
    on a curved path has ends. An object that shares its change with nothing else is an accident of a single spectrum.
    Objects that repeat like a lattice are the surface.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Finite features of the spectra, in any linear coordinates.
    neighbourhood : Neighbourhood
    noise : array, shape (n_features, n_features), optional
        Covariance of the noise in the features. Without, a curved path of the majority is not known.
    settings : PopulationSettings

    Returns
    -------
    Population
        With p-value 1 where no object stands out or fewer points can be compared than features.
    """
    points, columns = features.shape
    nothing = Population.none(points)
    measured = features
    features, residual = contrast_without_lines(features, neighbourhood)
    shifted = np.asarray((features != measured).any(axis=1))
    known = np.asarray(np.isfinite(residual).all(axis=1))
    if columns == 0 or known.sum() < max(5, 2 * columns):
        return nothing
    residual = np.where(known[:, np.newaxis], residual, 0.0)
    first = contrast_evidence(residual, known, settings=settings.contrast)
    evidence, directions = first, None
    for round_ in range(settings.rounds):
        label = cores_of(neighbourhood, evidence, first, settings)
        if not label.any():
            return nothing
        majority = majority_around(features, neighbourhood, known, evidence, label, directions, settings)
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
        directions = Directions(centre, whitening, basis)
        evidence = evidence_along(contrast @ basis, background, known, settings=settings.contrast)
    assert directions is not None
    label = with_unknown(label, np.linalg.norm(white @ directions.basis, axis=1), known, neighbourhood, settings)
    seen = Seen(white, contrast, known, shifted, neighbourhood, settings)
    other = None if noise is None else partial(_beyond_usual, features, noise, seen)
    found = _validated(seen, other, label, directions, own)
    if found.directions is None:
        # the lattice hides what is no part of it, where the neighbourhood is that of other places in its cell
        pattern = np.where(label > 0, contrast @ directions.basis[:, 0], 0.0)
        lattice = neighbourhood.of_lattice(pattern, settings.largest_repetition) if found.repetition else None
        if lattice is not None:
            within = find_population(features, lattice, noise=noise, settings=settings)
            return replace(within, repetition=found.repetition)
    return found


def _beyond_usual(
    features: NDArray[np.floating], noise: NDArray[np.float64], seen: Seen, far: NDArray[np.bool_]
) -> Seen:
    """Return the features beyond what is usual at such a spectrum, whitened by the undisturbed majority."""
    straight = beyond_usual(features, noise, settings=seen.settings)
    contrast = np.where(seen.known[:, np.newaxis], seen.neighbourhood.residual(straight), 0.0)
    centre, whitening = covariance_of(straight, far)
    return replace(seen, white=(straight - centre) @ whitening, contrast=contrast @ whitening)


def _validated(
    seen: Seen,
    other: Callable[[NDArray[np.bool_]], Seen] | None,
    label: NDArray[np.intp],
    directions: Directions,
    own: NDArray[np.bool_],
) -> Population:
    """Keep the objects that no tail or path of the majority and no smooth change explains."""
    settings, neighbourhood = seen.settings, seen.neighbourhood
    far = undisturbed(neighbourhood, label, seen.known, settings)
    curves = other is not None and seen.curves(directions.basis, far)
    far = seen.apart_from_objects(directions.basis, label, far)
    beyond, apart = seen.expected_by_chance(directions.basis, label, far)
    expected = np.maximum(beyond, apart)
    # of a population that is there, its weaker objects need not differ as much from their neighbourhood
    weaker = beyond <= settings.significance
    if other is not None and curves:
        straight = other(far)
        basis = discriminant_directions(straight.white, label, np.eye(len(directions.basis)), own, settings=settings)
        usual, apart = straight.expected_by_chance(basis, label, far)
        expected = np.maximum(expected, np.maximum(usual, apart))
        weaker &= usual <= 1.0
    alone = alone_by_chance(seen.contrast, label, far, neighbourhood, settings)
    counts = alone <= settings.alone
    counts[0] = False
    if not counts.any():
        return Population.none(len(label))
    expected[~counts] = np.inf
    p_value = together(expected[counts], objects=neighbourhood.known)
    kept = (weaker | (expected <= expected.min())) & counts
    number = np.where(kept, np.cumsum(kept), 0)[label]
    if np.count_nonzero(number) < settings.fewest_points:
        # so few must be far more significant
        p_value = max(p_value, float(alone[kept].min())) * settings.significance / settings.lone_significance
    if p_value >= settings.significance:
        return replace(Population.none(len(label)), p_value=min(1.0, p_value), significance=settings.significance)
    number, repetition = without_lattices(seen.white @ directions.basis, number, neighbourhood, settings=settings)
    if not number.any():
        return Population.none(len(label), repetition)
    far = ~neighbourhood.grow(number > 0, settings.far)
    return Population(p_value, number, far, directions, repetition, settings.significance)

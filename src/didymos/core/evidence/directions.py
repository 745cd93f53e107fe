"""Directions in which defects differ from the majority: Fisher's discriminants of several kinds at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.evidence.settings import PopulationSettings
from didymos.core.numeric.distributions import chi_squared_quantile_above

DEFAULTS = PopulationSettings()


@dataclass(frozen=True)
class Directions:
    """Whitened coordinates of the majority, rotated so that the discriminants come first.

    Attributes
    ----------
    centre : array, shape (n_features,)
        c, mean of the majority.
    whitening : array, shape (n_features, n_features)
        S^(-1/2) of the majority: x = (f - c) S^(-1/2).
    basis : array, shape (n_features, n_directions)
        Orthonormal directions in whitened coordinates.
    """

    centre: NDArray[np.float64]
    whitening: NDArray[np.float64]
    basis: NDArray[np.float64]

    @property
    def rotation(self) -> NDArray[np.float64]:
        """The directions and, after them, what is perpendicular to them, shape (n_features, n_features)."""
        complete = np.linalg.qr(self.basis, mode="complete")[0]
        return np.concatenate([self.basis, complete[:, self.basis.shape[1] :]], axis=1)


def covariance_of(
    features: NDArray[np.floating], majority: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and whitening of the majority.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    majority : array of bool, shape (n_points,)

    Returns
    -------
    centre : array, shape (n_features,)
    whitening : array, shape (n_features, n_features)
        S^(-1/2), symmetric; variances under a millionth of their mean (a billionth of that of all) count as that.
    """
    some = features[majority]
    variance, axes = np.linalg.eigh(np.atleast_2d(np.cov(some, rowvar=False)))
    everything = float(np.var(features, axis=0).mean())
    floor = max(1e-6 * float(variance.mean()), 1e-9 * everything) or 1.0
    return some.mean(axis=0), (axes / np.sqrt(np.maximum(variance, floor))) @ axes.T


def length_along(
    features: NDArray[np.floating], directions: Directions, *, settings: PopulationSettings = DEFAULTS
) -> NDArray[np.float64]:
    """Return the length along the directions with the median of a normal majority, shape (n_points,)."""
    length = np.linalg.norm((features - directions.centre) @ (directions.whitening @ directions.basis), axis=1)
    # the median of a chi distribution with k degrees is sqrt(k) (1 - 2/(9k))^(3/2) (Wilson and Hilferty, 1931)
    degrees = directions.basis.shape[1]
    usual = np.sqrt(degrees) * (1 - 2 / (9 * degrees)) ** 1.5
    # a majority that is exactly alike has no median length: what differs at all is then far, not infinitely
    longest = settings.contrast.longest_length
    median = max(float(np.median(length)), float(length.max(initial=0.0)) / longest) or 1.0
    return np.asarray(length / median * usual)


def discriminant_directions(
    white: NDArray[np.float64],
    label: NDArray[np.intp],
    background: NDArray[np.float64],
    own: NDArray[np.bool_] | None = None,
    *,
    settings: PopulationSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Find the directions in which the cores of objects differ from the majority.

    The eigenvectors of <x x^T> - B over the cores, with B that of the majority, whose eigenvalue exceeds the variance
    1 of the majority; always at least one. Long vectors are shortened (`PopulationSettings.longest_vector`), and the
    weight of an object is limited (`most_weight`), so that one strong or large object does not hide the others. A kind
    of few points among many may still be too little of the moment: the object whose longest vector reaches farthest
    across the directions gives one more, as long as most of its length (`own_share`) lies across them and is longer
    than the majority.

    Parameters
    ----------
    white : array, shape (n_points, n_features)
        Whitened features or local contrasts.
    label : array of int, shape (n_points,)
        Number of the object whose core a point belongs to; 0 for none.
    background : array, shape (n_features, n_features)
    own : array of bool, shape (n_objects,), optional
        Which objects, from number 1, may get a direction of their own; none by default.
    settings : PopulationSettings

    Returns
    -------
    array, shape (n_features, n_directions)
        Orthonormal, the strongest first.
    """
    core = label > 0
    vectors = white[core]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    longest = settings.longest_vector
    vectors = vectors * (longest / np.maximum(length, longest))
    size = np.bincount(label[core])
    weight = np.minimum(1.0, settings.most_weight / size[label[core]])
    moment = (vectors * weight[:, np.newaxis]).T @ vectors / weight.sum()
    strength, axes = np.linalg.eigh(moment - background)
    count = max(1, int(np.count_nonzero(strength > 1.0)))
    basis = axes[:, ::-1][:, :count].copy()
    if own is None:
        return basis
    return with_left_out(basis, longest_of_objects(white, label)[own], settings=settings)


def longest_of_objects(white: NDArray[np.float64], label: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the longest vector of every object, shape (n_objects, n_features)."""
    points = np.flatnonzero(label > 0)
    length = np.linalg.norm(white[points], axis=1)
    order = np.lexsort((length, label[points]))
    last = np.flatnonzero(np.diff(label[points][order], append=-1))
    return np.asarray(white[points[order[last]]], dtype=np.float64)


def with_left_out(
    basis: NDArray[np.float64],
    longest: NDArray[np.float64],
    *,
    settings: PopulationSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Add directions of objects that point across all others, the farthest first.

    Parameters
    ----------
    basis : array, shape (n_features, n_directions)
        Orthonormal directions in whitened features.
    longest : array, shape (n_objects, n_features)
        Longest vector of each object.
    settings : PopulationSettings
        Of these: ``own_share`` and ``own_probability``.
    settings : PopulationSettings

    Returns
    -------
    array, shape (n_features, n_directions or more)
    """
    limit = float(chi_squared_quantile_above(settings.own_probability, len(basis)))
    size = (longest**2).sum(axis=1)
    while basis.shape[1] < len(basis):
        across = longest - (longest @ basis) @ basis.T
        left = (across**2).sum(axis=1)
        left[left < np.maximum(limit, settings.own_share**2 * size)] = 0.0
        if not left.any():
            break
        farthest = int(left.argmax())
        basis = np.column_stack([basis, across[farthest] / np.sqrt(left[farthest])])
    return basis

"""Similarity metrics: a map from spectra to features whose Euclidean distance is the distance of the spectra.

A metric is any object with ``name``, ``fit`` and ``transform`` as in :class:`Metric`; :data:`METRICS` lists them by
name and may be added to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from didymos.core.directions import Directions
from didymos.core.noise import MAXIMUM_RANK, noise_of_energies, signal_rank
from didymos.core.principal_components import moments, principal_components, project
from didymos.core.rescaling import compress, expanded_length, shorten_rest
from didymos.core.robust_covariance import majority_covariance


@dataclass(frozen=True)
class FittedMetric:
    """A fitted metric: features = ((spectra / scale) - mean) @ projection.

    Attributes
    ----------
    scale : array, shape (n_energies,)
        What every energy is divided by, in the units of the spectra.
    mean : array, shape (n_energies,)
        Centre of the majority, after the division.
    projection : array, shape (n_energies, n_features)
        From centred spectra to features.
    rank : int
        Number of signal components found above the noise.
    length : float, optional
        Features longer than this are compressed (:func:`didymos.core.rescaling.compress`); None leaves them.
    kept : int, optional
        Number of leading features that defects point to; the others are shortened by `radius`
        (:func:`didymos.core.rescaling.shorten_rest`). None: all features count alike.
    radius : float
        Length of the other features that the majority reaches.
    adapts : bool
        Whether the metric may be turned to the directions of defects (:meth:`turned`).
    """

    scale: NDArray[np.float64]
    mean: NDArray[np.float64]
    projection: NDArray[np.float64]
    rank: int
    length: float | None = None
    kept: int | None = None
    radius: float = 0.0
    adapts: bool = False

    def transform(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Turn spectra into features.

        Parameters
        ----------
        values : array, shape (n_points, n_energies)
            Spectra in the units of the fit; a spectrum with a NaN gives NaN features.

        Returns
        -------
        array, shape (n_points, n_features)
        """
        linear = self.length is None and self.kept is None
        return project(values, self.scale, self.mean, self.projection, None if linear else self._reshaped)

    def _reshaped(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.kept is not None:
            features = shorten_rest(features, self.kept, self.radius)
        return features if self.length is None else compress(features, self.length)

    def turned(self, directions: Directions, values: NDArray[np.floating]) -> FittedMetric:
        """Return the metric whose first features are the directions in which defects differ from the majority.

        The features are whitened by the covariance of the majority outside the defects; across the directions they
        are shortened by what 99 % of the majority reach, so that their noise no longer hides what lies along them.

        Parameters
        ----------
        directions : Directions
            In the features of this metric, before compression.
        values : array, shape (n_points, n_energies)
            Spectra that tell the typical length of the new features.

        Returns
        -------
        FittedMetric
        """
        matrix = directions.whitening @ directions.rotation
        # the mean whose projection is the centre: projections have as many independent columns as features
        shift = np.linalg.lstsq(self.projection.T, directions.centre, rcond=None)[0]
        fitted = replace(
            self,
            mean=self.mean + shift,
            projection=self.projection @ matrix,
            length=None,
            kept=directions.basis.shape[1],
            radius=directions.radius,
        )
        length = float(np.median(distance_to_centre(fitted.transform(values))))
        return replace(fitted, length=length if length > 0 else None)

    def uncompressed(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the features before any compression, linear in the spectra, shape (n_points, n_features)."""
        return project(values, self.scale, self.mean, self.projection)

    def distance(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the distance of every spectrum from the centre of the majority, before any compression.

        Parameters
        ----------
        features : array, shape (n_points, n_features)
            From :meth:`transform`.

        Returns
        -------
        array, shape (n_points,)
        """
        return distance_to_centre(features) if self.length is None else expanded_length(features, self.length)


class Metric(Protocol):
    """What a similarity metric must offer."""

    name: ClassVar[str]

    def fit(self, values: NDArray[np.floating], neighbours: NDArray[np.intp], *, seed: int) -> FittedMetric:
        """Fit to finite spectra, shape (n_points, n_energies), with a surface neighbour of each."""
        ...


@dataclass(frozen=True)
class Euclidean:
    """The paper's metric: the Euclidean distance of the spectra, d_ij = |x_i - x_j|.

    The features are the scores of as many principal components as hold the signal; what is left out is the same
    noise in every distance.

    Attributes
    ----------
    rank : int, optional
        Number of principal components; default from the noise.
    """

    name: ClassVar[str] = "euclidean"
    rank: int | None = None

    def fit(self, values: NDArray[np.floating], neighbours: NDArray[np.intp], *, seed: int) -> FittedMetric:
        """Find the principal components of the spectra as they are."""
        del seed
        noise = float(np.sqrt(np.mean(noise_of_energies(values, neighbours) ** 2)))
        components = principal_components(moments(values), MAXIMUM_RANK if self.rank is None else self.rank)
        rank = self.rank or signal_rank(
            components.variance / noise**2, components.scores(values) / noise, neighbours, energies=values.shape[1]
        )
        basis = components.spectra[:rank]
        centre = np.median(components.scores(values, rank), axis=0)
        return FittedMetric(components.scale, components.mean + centre @ basis, basis.T.copy(), rank)


@dataclass(frozen=True)
class Robust:
    """Mahalanobis distance by a robust covariance of the majority, so that its own variation counts as similar.

    Every energy is divided by its noise, the principal components above the noise are kept, and their scores z are
    whitened by the minimum covariance determinant S of the majority (Rousseeuw and Van Driessen, Technometrics 41,
    212 (1999); breakdown point one half): d_ij^2 = (z_i - z_j)^T S^-1 (z_i - z_j). Features much longer than those
    of the majority are compressed along their own direction, so that a far spectrum counts by its logarithm.

    Attributes
    ----------
    rank : int, optional
        Number of principal components; default from the noise.
    """

    name: ClassVar[str] = "robust"
    rank: int | None = None

    def fit(self, values: NDArray[np.floating], neighbours: NDArray[np.intp], *, seed: int) -> FittedMetric:
        """Find noise, rank and the covariance of the majority."""
        del seed
        noise = noise_of_energies(values, neighbours)
        modes = MAXIMUM_RANK if self.rank is None else self.rank
        components = principal_components(moments(values), modes, noise)
        scores = components.scores(values)
        rank = self.rank or signal_rank(components.variance, scores, neighbours, energies=values.shape[1])
        centre, covariance = majority_covariance(scores[:, :rank])
        variance, axes = np.linalg.eigh(covariance)
        # no direction can vary by less than the noise, whose variance is 1 after the division
        whitening = axes / np.sqrt(np.maximum(variance, 1e-3))
        basis = components.spectra[:rank]
        fitted = FittedMetric(noise, components.mean + centre @ basis, basis.T @ whitening, rank, adapts=True)
        length = float(np.median(distance_to_centre(fitted.transform(values))))
        return replace(fitted, length=length if length > 0 else None)


LARGEST_SAMPLE = 20_000
"""Spectra that a metric is fitted to at most."""

METRICS: dict[str, Callable[[int | None], Metric]] = {"euclidean": Euclidean, "robust": Robust}
"""Metrics by name; each is made from a rank (None: from the data)."""


def distance_to_centre(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the distance of every spectrum from the centre of the majority, |f|, shape (n_points,)."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", features, features)), dtype=np.float64)


def fit_metric(
    name: str, values: NDArray[np.floating], neighbours: NDArray[np.intp], *, rank: int | None, seed: int
) -> FittedMetric:
    """Fit the metric of that name, to a random sample where there are very many spectra.

    Parameters
    ----------
    name : str
        A key of :data:`METRICS`.
    values : array, shape (n_points, n_energies)
        Finite spectra.
    neighbours : array of int, shape (n_points,)
        A neighbour on the surface of every point.
    rank : int, optional
        Number of components; None reads it from the noise.
    seed : int
        Seed of random subsets.

    Returns
    -------
    FittedMetric

    Raises
    ------
    KeyError
        Where no metric has that name.
    """
    return METRICS[name](rank).fit(*sample_with_neighbours(values, neighbours, seed=seed), seed=seed)


def sample_with_neighbours(
    values: NDArray[np.floating], neighbours: NDArray[np.intp], *, seed: int
) -> tuple[NDArray[np.floating], NDArray[np.intp]]:
    """Draw :data:`LARGEST_SAMPLE` spectra, each with its neighbour, where there are more.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
    neighbours : array of int, shape (n_points,)
    seed : int

    Returns
    -------
    values : array, shape (n_drawn, n_energies)
    neighbours : array of int, shape (n_drawn,)
        Within the sample; the neighbour of a spectrum that came as one is that whose neighbour it is.
    """
    if len(values) <= LARGEST_SAMPLE:
        return values, neighbours
    half = LARGEST_SAMPLE // 2
    chosen = np.sort(np.random.default_rng(seed).choice(len(values), half, replace=False))
    place = np.arange(LARGEST_SAMPLE)
    return values[np.concatenate([chosen, neighbours[chosen]])], (place + half) % LARGEST_SAMPLE


__all__ = [
    "METRICS",
    "Euclidean",
    "FittedMetric",
    "Metric",
    "Robust",
    "distance_to_centre",
    "fit_metric",
    "sample_with_neighbours",
]

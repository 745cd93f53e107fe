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

from didymos.core.metrics.fitted_metric import FittedMetric
from didymos.core.noise.noise import MAXIMUM_RANK, noise_of_energies, signal_rank
from didymos.core.numeric.lengths import distance_to_centre
from didymos.core.numeric.principal_components import moments, principal_components
from didymos.core.numeric.robust_covariance import majority_covariance


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

"""Metrics by name, and how one is fitted.

A metric is any object with ``name`` and ``fit`` as in :class:`Metric`; :data:`METRICS` lists them by name and may be
added to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from didymos.core.metrics.euclidean import Euclidean
from didymos.core.metrics.linear import LinearMetric
from didymos.core.metrics.robust import Robust


class Metric(Protocol):
    """What a similarity metric must offer."""

    name: ClassVar[str]

    def fit(self, values: NDArray[np.floating], neighbours: NDArray[np.intp], *, seed: int) -> LinearMetric:
        """Fit to finite spectra, shape (n_points, n_energies), with a surface neighbour of each."""
        ...


METRICS: dict[str, Callable[[int | None], Metric]] = {"euclidean": Euclidean, "robust": Robust}
"""Metrics by name; each is made from a rank (None: from the data)."""


def fit_metric(
    name: str,
    values: NDArray[np.floating],
    neighbours: NDArray[np.intp],
    *,
    rank: int | None,
    seed: int,
    largest_sample: int = 20_000,
) -> LinearMetric:
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
    largest_sample : int
        Spectra that the metric is fitted to at most.

    Returns
    -------
    LinearMetric

    Raises
    ------
    KeyError
        Where no metric has that name.
    """
    return METRICS[name](rank).fit(*sample_with_neighbours(values, neighbours, largest_sample, seed=seed), seed=seed)


def sample_with_neighbours(
    values: NDArray[np.floating], neighbours: NDArray[np.intp], largest: int = 20_000, *, seed: int
) -> tuple[NDArray[np.floating], NDArray[np.intp]]:
    """Draw a sample of spectra, each with its neighbour, where there are very many.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
    neighbours : array of int, shape (n_points,)
    largest : int
        Spectra to draw at most.
    seed : int

    Returns
    -------
    values : array, shape (n_drawn, n_energies)
    neighbours : array of int, shape (n_drawn,)
        Within the sample; the neighbour of a spectrum that came as one is that whose neighbour it is.
    """
    if len(values) <= largest:
        return values, neighbours
    half = largest // 2
    chosen = np.sort(np.random.default_rng(seed).choice(len(values), half, replace=False))
    place = np.arange(2 * half)
    return values[np.concatenate([chosen, neighbours[chosen]])], (place + half) % (2 * half)

"""Metrics by name, and how one is fitted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.metrics.catalogue import METRICS, Metric
from didymos.core.metrics.linear import LinearMetric
from didymos.core.numeric.rows import Spectra

__all__ = ["METRICS", "Metric", "fit_metric", "sample_with_neighbours"]


def fit_metric(
    name: str,
    values: Spectra,
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
        A key of :data:`didymos.core.metrics.catalogue.METRICS`.
    values : array, shape (n_points, n_energies)
        Finite spectra.
    neighbours : array of int, shape (n_points,) or (n_pairs, 2)
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
    values: Spectra, neighbours: NDArray[np.intp], largest: int = 20_000, *, seed: int
) -> tuple[NDArray[np.floating], NDArray[np.intp]]:
    """Draw a sample of spectra, each with its neighbour, where there are very many.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
    neighbours : array of int, shape (n_points,) or (n_pairs, 2)
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
        return values[:], neighbours
    half = largest // 2
    chosen = np.sort(np.random.default_rng(seed).choice(len(values), half, replace=False))
    place = np.arange(2 * half)
    beside = neighbours[chosen] if neighbours.ndim == 1 else _one_of_each(neighbours, len(values))[chosen]
    return values[np.concatenate([chosen, beside])], (place + half) % (2 * half)


def _one_of_each(pairs: NDArray[np.intp], points: int) -> NDArray[np.intp]:
    """Return one neighbour of every point from pairs that each point has a part in."""
    found = np.zeros(points, dtype=np.intp)
    found[pairs[:, 1]] = pairs[:, 0]
    found[pairs[:, 0]] = pairs[:, 1]
    return found

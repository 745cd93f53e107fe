"""Average and covariance of spectra, one block of spectra at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.rows import Spectra, over_rows

BLOCK = 4096
WIDE = 1024
"""Energies beyond which products are summed in single precision: the covariance is then all that is exact to 1e-6."""


@dataclass(frozen=True)
class Moments:
    """Average spectrum m and covariance C = (X - m)^T (X - m) / (N - 1) of a set of spectra.

    Attributes
    ----------
    mean : array, shape (n_energies,)
        In the units of the spectra.
    covariance : array, shape (n_energies, n_energies)
        In squared units of the spectra.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def are_wide(energies: int) -> bool:
    """Tell whether spectra have so many energies that a covariance of all costs too much."""
    return energies > WIDE


def moments(values: Spectra) -> Moments:
    """Average the spectra and their products, in float64 and in blocks.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra, in memory or not.

    Returns
    -------
    Moments

    Notes
    -----
    The mean is subtracted before the products are summed, so neither a large common offset nor float32 input distorts
    small variances, and memory does not grow with the number of spectra. The products of very many energies are
    rounded to single precision.
    """
    points, energies = values.shape
    mean = mean_of(values)
    kind = np.float32 if are_wide(energies) else np.float64

    def product(block: NDArray[np.floating]) -> NDArray[np.floating]:
        centred: NDArray[np.floating] = np.asarray(block - mean, dtype=kind)
        return np.asarray(centred.T @ centred)

    covariance = np.zeros((energies, energies))
    for _, part in over_rows(product, values, BLOCK):
        covariance += part
    covariance /= max(points - 1, 1)
    return Moments(mean, covariance)


def mean_of(values: Spectra) -> NDArray[np.float64]:
    """Return the average spectrum, shape (n_energies,)."""
    total = np.zeros(values.shape[1])
    for _, part in over_rows(lambda block: block.sum(axis=0, dtype=np.float64), values, BLOCK):
        total += part
    return total / max(len(values), 1)

"""Principal components of spectra from their covariance, one block of spectra at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.threads import ONE_THREAD, allowed_threads, in_order

BLOCK = 4096
SMALL_BLOCK = 1024
"""Spectra whose projection stays in the cache of a core."""


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


@dataclass(frozen=True)
class PrincipalComponents:
    """Principal components of spectra divided by a scale.

    Attributes
    ----------
    scale : array, shape (n_energies,)
        What every energy is divided by.
    mean : array, shape (n_energies,)
        Average of the divided spectra.
    spectra : array, shape (n_modes, n_energies)
        Orthonormal component spectra, largest variance first, the largest entry of each positive.
    variance : array, shape (n_energies,)
        Variance along every component, also those not in `spectra`.
    """

    scale: NDArray[np.float64]
    mean: NDArray[np.float64]
    spectra: NDArray[np.float64]
    variance: NDArray[np.float64]

    @property
    def variance_ratio(self) -> NDArray[np.float64]:
        """Share of the variance in each component; zeros where nothing varies."""
        total = self.variance.sum()
        return self.variance / total if total > 0 else np.zeros_like(self.variance)

    def scores(self, values: NDArray[np.floating], modes: int | None = None) -> NDArray[np.float64]:
        """Project spectra onto the components.

        Parameters
        ----------
        values : array, shape (n_points, n_energies)
            Spectra in the units of the fit; a NaN gives NaN scores.
        modes : int, optional
            How many components; default all in `spectra`.

        Returns
        -------
        array, shape (n_points, n_modes)
        """
        return project(values, self.scale, self.mean, self.spectra[:modes].T)


def project(
    values: NDArray[np.floating],
    scale: NDArray[np.float64],
    mean: NDArray[np.float64],
    projection: NDArray[np.float64],
    after: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
    width: int | None = None,
    before: Callable[[NDArray[np.floating]], NDArray[np.floating]] | None = None,
) -> NDArray[np.float64]:
    """Return (values / scale - mean) @ projection, shape (n_points, n_features), in blocks of bounded memory.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
    scale, mean : array, shape (n_energies,)
    projection : array, shape (n_energies, n_features)
    after : callable, optional
        What is done with the features of every point.
    width : int, optional
        Number of features after that; default as before.
    before : callable, optional
        What is done with the spectra first.
    """
    result = np.empty((len(values), projection.shape[1] if width is None else width))
    # the scale is folded into the projection; the centre goes first, so that a large common offset costs no digits
    centre, scaled = mean * scale, projection / scale[:, np.newaxis]

    def part(start: int) -> None:
        rows = slice(start, start + SMALL_BLOCK)
        block = values[rows] if before is None else before(values[rows])
        features = (block - centre) @ scaled
        result[rows] = features if after is None else after(features)

    for _ in in_order(part, range(0, len(values), SMALL_BLOCK), allowed_threads()):
        pass
    return result


def moments(values: NDArray[np.floating]) -> Moments:
    """Average the spectra and their products, in float64 and in blocks.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.

    Returns
    -------
    Moments

    Notes
    -----
    The mean is subtracted before the products are summed, so neither a large common offset nor float32 input distorts
    small variances, and memory does not grow with the number of spectra.
    """
    points, energies = values.shape
    mean = values.mean(axis=0, dtype=np.float64)

    def part(start: int) -> NDArray[np.float64]:
        block = values[start : start + BLOCK] - mean
        return np.asarray(block.T @ block)

    covariance = np.zeros((energies, energies))
    for product in in_order(part, range(0, points, BLOCK), allowed_threads()):
        covariance += product
    return Moments(mean, covariance / max(points - 1, 1))


def principal_components(data: Moments, modes: int, scale: NDArray[np.float64] | None = None) -> PrincipalComponents:
    """Find the principal components, C v = lambda v.

    Parameters
    ----------
    data : Moments
        Average and covariance of the spectra.
    modes : int
        How many component spectra to keep.
    scale : array, shape (n_energies,), optional
        What every energy is divided by first; default 1.

    Returns
    -------
    PrincipalComponents
    """
    divisor = np.ones_like(data.mean) if scale is None else scale
    with ONE_THREAD:
        variance, vectors = np.linalg.eigh(data.covariance / np.outer(divisor, divisor))
    variance = np.maximum(variance[::-1], 0.0)
    spectra = vectors.T[::-1][: min(modes, len(variance))]
    largest = np.take_along_axis(spectra, np.abs(spectra).argmax(axis=1)[:, np.newaxis], axis=1)
    return PrincipalComponents(divisor, data.mean / divisor, spectra * np.sign(largest), variance)

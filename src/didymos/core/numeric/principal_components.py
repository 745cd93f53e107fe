"""Principal components of spectra: from their covariance, or, of many energies, without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.moments import Moments, are_wide, mean_of, moments
from didymos.core.numeric.rows import Spectra, blocks, over_rows, some_rows
from didymos.core.numeric.threads import ONE_THREAD

BLOCK = 4096
SMALL_BLOCK = 1024
"""Spectra whose projection stays in the cache of a core."""
FEW = 512
"""Spectra up to which singular vectors cost less than the eigenvectors of a covariance of more energies."""
MOST = 20_000
"""Spectra of very many energies whose components are computed."""


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
    variance : array, shape (n_variances,)
        Variance along the components, also those not in `spectra` where known.
    total : float
        Variance along all components together.
    """

    scale: NDArray[np.float64]
    mean: NDArray[np.float64]
    spectra: NDArray[np.float64]
    variance: NDArray[np.float64]
    total: float

    @property
    def variance_ratio(self) -> NDArray[np.float64]:
        """Share of the variance in each component; zeros where nothing varies."""
        return self.variance / self.total if self.total > 0 else np.zeros_like(self.variance)

    def scores(self, values: Spectra, modes: int | None = None) -> NDArray[np.float64]:
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
    values: Spectra,
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

    def features(block: NDArray[np.floating]) -> NDArray[np.float64]:
        known = block if before is None else before(block)
        found = (known - centre) @ scaled
        return found if after is None else after(found)

    for rows, part in over_rows(features, values, SMALL_BLOCK):
        result[rows] = part
    return result


def principal_components(
    data: Moments | Spectra, modes: int, scale: NDArray[np.float64] | None = None
) -> PrincipalComponents:
    """Find the principal components, C v = lambda v.

    Few spectra of many energies never cost the cube of the number of energies: their components are the singular
    vectors of the spectra. Where both are many, the components come from random projections, refined by six rounds of
    subspace iteration (Halko, Martinsson and Tropp, SIAM Rev. 53, 217 (2011)), the same for the same spectra, of which
    at most 20,000 count, evenly spaced.

    Parameters
    ----------
    data : Moments or spectra, shape (n_points, n_energies)
        Finite spectra, or their average and covariance where these are known.
    modes : int
        How many component spectra to keep.
    scale : array, shape (n_energies,), optional
        What every energy is divided by first; default 1.

    Returns
    -------
    PrincipalComponents
    """
    if not isinstance(data, Moments):
        if not covariance_serves(*data.shape):
            return _of_spectra(some_rows(data, MOST), modes, scale)
        data = moments(data)
    divisor = np.ones_like(data.mean) if scale is None else scale
    with ONE_THREAD:
        variance, vectors = np.linalg.eigh(data.covariance / np.outer(divisor, divisor))
    variance = np.maximum(variance[::-1], 0.0)
    spectra = vectors.T[::-1][: min(modes, len(variance))]
    return PrincipalComponents(divisor, data.mean / divisor, _upright(spectra), variance, float(variance.sum()))


def covariance_serves(points: int, energies: int) -> bool:
    """Tell whether the principal components of so many spectra cost least by their covariance."""
    return energies <= FEW or (points >= FEW and not are_wide(energies))


def _of_spectra(values: NDArray[np.floating], modes: int, scale: NDArray[np.float64] | None) -> PrincipalComponents:
    """Find the principal components without the covariance."""
    points, energies = values.shape
    divisor = np.ones(energies) if scale is None else scale
    mean = mean_of(values)
    known = min(modes, points, energies)
    even = np.empty(values.shape, dtype=np.float64 if points <= FEW else np.float32)
    total = 0.0
    for rows in blocks(points, BLOCK):
        part = (values[rows] - mean) / divisor
        total += float((part**2).sum())
        even[rows] = part
    if points <= FEW:
        _, size, spectra = np.linalg.svd(even, full_matrices=False)
    else:
        from sklearn.utils.extmath import randomized_svd

        _, size, spectra = randomized_svd(even, known, n_oversamples=20, n_iter=6, flip_sign=False, random_state=0)
    variance = size.astype(np.float64) ** 2 / max(points - 1, 1)
    found = _upright(spectra[:known].astype(np.float64))
    return PrincipalComponents(divisor, mean / divisor, found, variance, total / max(points - 1, 1))


def _upright(spectra: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return component spectra whose largest entry is positive."""
    largest = np.take_along_axis(spectra, np.abs(spectra).argmax(axis=1)[:, np.newaxis], axis=1)
    return np.asarray(spectra * np.sign(largest))

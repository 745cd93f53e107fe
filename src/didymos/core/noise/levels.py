"""The noise of every spectrum over the usual noise, and features as they would be at the usual noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.robust import MAD_TO_SD
from didymos.core.numeric.rows import Spectra, over_rows

BLOCK = 1024
"""Spectra whose residual is in memory at once."""


@dataclass(frozen=True)
class LevelSettings:
    """Numbers that steer the noise level of single spectra.

    Attributes
    ----------
    outlier : float
        A residual longer than this many standard deviations of its spectrum counts as one of this length.
    certain : float
        Standard errors from which on a level that differs from the usual one is taken as it is.
    fewest_energies : int
        With fewer energies beyond the rank all spectra have the usual level.
    """

    outlier: float = 3.0
    certain: float = 4.0
    fewest_energies: int = 24


DEFAULTS = LevelSettings()


def noise_levels(
    values: Spectra,
    scaled: Callable[[NDArray[np.floating]], NDArray[np.float64]],
    projection: NDArray[np.float64],
    *,
    settings: LevelSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Estimate the noise of every spectrum over the usual noise.

    What the features do not hold of a spectrum is noise, e. Its level g is the standard deviation of the second
    differences of e over the energies, over the median of that of all spectra. Two estimates from two halves of the
    energies, in alternating blocks, show how much of the spread of log g is real, w = 2 c / (1 + c) with their
    correlation c (Spearman and Brown, 1910); log g is shrunk by w. A level that differs from 1 by many of its standard
    errors is kept as it is.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    scaled : callable
        From spectra to centred ones, every energy divided by its noise, of the same shape.
    projection : array, shape (n_energies, n_features)
        From scaled spectra to features.
    settings : LevelSettings

    Returns
    -------
    array, shape (n_points,)
        Positive; 1 is the usual level.
    """
    points, energies = values.shape
    if energies - projection.shape[1] < settings.fewest_energies:
        return np.ones(points)
    basis = np.linalg.qr(projection)[0].astype(np.float32)
    block = max(3, energies // 16)
    even = (np.arange(energies - 2) // block) % 2 == 0

    def halves(some: NDArray[np.floating]) -> NDArray[np.float32]:
        spectra = scaled(some).astype(np.float32)
        rest = spectra - (spectra @ basis) @ basis.T
        curved = rest[:, :-2] - 2 * rest[:, 1:-1] + rest[:, 2:]
        limit = settings.outlier * MAD_TO_SD * np.median(np.abs(curved), axis=1, keepdims=True)
        squared = np.minimum(np.abs(curved), limit) ** 2
        return np.stack([squared[:, part].mean(axis=1) for part in (even, ~even)])

    logarithm = np.empty((2, points))
    for rows, part in over_rows(halves, values, BLOCK):
        logarithm[:, rows] = 0.5 * np.log(np.maximum(part, np.finfo(np.float32).tiny))
    return _shrunk(logarithm - np.median(logarithm, axis=1, keepdims=True), settings)


def _shrunk(halves: NDArray[np.float64], settings: LevelSettings) -> NDArray[np.float64]:
    """Return the levels from the logarithms of both halves, shape (2, n_points)."""
    level = halves.mean(axis=0)
    error = MAD_TO_SD * np.median(np.abs(halves[0] - halves[1])) / 2
    spread = MAD_TO_SD * np.median(np.abs(level))
    if spread <= 0:
        return np.ones(len(level))
    # the variance of the mean of both is that of the level and that of its error
    weight = max(0.0, 1.0 - (error / spread) ** 2)
    certain = np.abs(level) > settings.certain * error
    return np.asarray(np.exp(np.where(certain, level, weight * level)))


def at_usual_noise(
    features: NDArray[np.float64], level: NDArray[np.float64], projection: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return features as they would be if all spectra had the usual noise.

    With the share N of the noise in the covariance 1 of the features, a spectrum at the level g has the covariance
    S_g = 1 + (g^2 - 1) N; its features become S_g^(-1/2) f.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Whitened: the majority has the covariance 1.
    level : array, shape (n_points,)
        Of :func:`noise_levels`.
    projection : array, shape (n_energies, n_features)
        From spectra, every energy divided by its noise, to the features.

    Returns
    -------
    array, shape (n_points, n_features)
    """
    if np.all(level == 1.0):
        return features
    share, axes = np.linalg.eigh(projection.T @ projection)
    share = np.clip(share, 0.0, 1.0)
    stretched = np.sqrt(1.0 + (level[:, np.newaxis] ** 2 - 1.0) * share)
    return np.asarray(((features @ axes) / stretched) @ axes.T)

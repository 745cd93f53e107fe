"""Hum: an oscillation along the whole sweep, a line in the periodogram of the residual."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from didymos.core.artefacts.majority import Majority, positive
from didymos.core.artefacts.settings import ArtefactSettings

DEFAULTS = ArtefactSettings()


def periodogram(residual: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return |sum_E r(E) exp(-2 pi i f E)|^2 / n at the frequencies f = 0, 1/n, ... under 1/2.

    At 1/2 the power of noise has another distribution.

    Parameters
    ----------
    residual : array, shape (n_points, n_energies)

    Returns
    -------
    array of float32, shape (n_points, (n_energies + 1) // 2)
    """
    energies = residual.shape[1]
    power = np.abs(rfft(residual, axis=1)[:, : (energies + 1) // 2]) ** 2 / energies
    return np.asarray(power, dtype=np.float32)


def usual_power(majority: Majority, residual: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean power of noise at every frequency, at least that of the least noise, shape (n_frequencies,).

    The power of noise is distributed exponentially: its mean is its median over log 2.

    Parameters
    ----------
    majority : Majority
    residual : array, shape (n_sample, n_energies)
        Of a sample of the spectra.

    Returns
    -------
    array of float32, shape (n_frequencies,)
    """
    power = positive(np.median(periodogram(residual), axis=0) / np.log(2))
    return np.asarray(np.maximum(power, np.mean(majority.least_noise**2)), dtype=np.float32)


def strongest_line(
    residual: NDArray[np.float32],
    noise: NDArray[np.float32],
    usual: NDArray[np.float32],
    *,
    settings: ArtefactSettings = DEFAULTS,
) -> NDArray[np.float32]:
    """Return the largest power over that of noise, of all frequencies of a few periods in the sweep and more.

    Parameters
    ----------
    residual : array, shape (n_points, n_energies)
    noise : array, shape (n_points,)
        Own noise of every spectrum.
    usual : array, shape (n_frequencies,)

    Returns
    -------
    array, shape (n_points,)
    """
    power = periodogram(residual)[:, settings.fewest_periods :] / usual[settings.fewest_periods :]
    return np.asarray(power.max(axis=1, initial=0.0) / noise**2)


def hums(
    residual: NDArray[np.float32], noise: NDArray[np.float32], *, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.bool_]:
    """Find the residuals that are one oscillation from end to end.

    A sinusoid of the frequency with the largest power, refined between the frequencies of the periodogram, must
    explain in every third of the sweep two thirds of the mean square that the residual has on average, the noise
    aside. A line of a defect is somewhere in the sweep.

    Parameters
    ----------
    residual : array, shape (n_points, n_energies)
        Of the spectra whose periodogram has an unusual line.
    noise : array, shape (n_points,)
        Own noise of every spectrum; a fast hum is part of it, so what the sinusoid leaves counts where that is less.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    values = residual - residual.mean(axis=1, keepdims=True, dtype=np.float64)
    left = _without_sinusoid(values, settings)
    thirds = np.array_split(np.arange(values.shape[1]), 3)
    before, after = (np.stack([(part[:, third] ** 2).mean(axis=1) for third in thirds]) for part in (values, left))
    excess = before.mean(axis=0) - np.minimum(noise**2, after.mean(axis=0))
    return np.asarray((before - after > settings.explained * excess).all(axis=0))


def _without_sinusoid(values: NDArray[np.float64], settings: ArtefactSettings) -> NDArray[np.float64]:
    """Return spectra less the sinusoid, and the constant, that explain most."""
    power = periodogram(values)
    peak = settings.fewest_periods + power[:, settings.fewest_periods :].argmax(axis=1)
    place = np.arange(values.shape[1]) / values.shape[1]
    least, left = np.full(len(values), np.inf), values.copy()
    for part in np.linspace(-0.5, 0.5, settings.parts):
        angle = 2 * np.pi * (peak + part)[:, np.newaxis] * place
        waves = np.stack([np.cos(angle), np.sin(angle), np.ones_like(angle)], axis=2)
        height = np.linalg.pinv(waves) @ values[:, :, np.newaxis]
        rest = values - (waves @ height)[:, :, 0]
        misfit = (rest**2).sum(axis=1)
        better = misfit < least
        least[better], left[better] = misfit[better], rest[better]
    return left

"""How rough a residual is along the energy: spikes of one to three energies and steps, beside all that is smooth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, percentile_filter

from didymos.core.artefacts.majority import Majority, positive
from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.artefacts.templates import Template, filtered, rough, spike, step
from didymos.core.numeric.distributions import chi_squared_quantile_above, normal_quantile_above
from didymos.core.numeric.robust import MAD_TO_SD

DEFAULTS = ArtefactSettings()


@dataclass(frozen=True)
class Scales:
    """The usual spread of what the filters give, from a sample of residuals.

    Attributes
    ----------
    plain : tuple of arrays, shape (n_places,)
        Standard deviation of the output of the filters that look for something unusual, at every place.
    spike, step : array, shape (n_coefficients, n_places)
        Of the sharp filters of a spike and of a step.
    rough : array, shape (n_energies,)
        Of what is not smooth.
    curvature : array, shape (n_energies - 2,)
        A low quantile of the second difference of a residual along the energy.
    """

    plain: tuple[NDArray[np.float32], ...]
    spike: NDArray[np.float32]
    step: NDArray[np.float32]
    rough: NDArray[np.float32]
    curvature: NDArray[np.float32]


def unusual_filters(settings: ArtefactSettings = DEFAULTS) -> tuple[NDArray[np.float64], ...]:
    """Return the filters that look for something unusual: averages over the widths of spikes, and a step."""
    averages = tuple(np.full(width, 1 / width) for width in range(1, settings.widest_spike + 1))
    return (*averages, step(settings).plain[0])


def scales_of(majority: Majority, residual: NDArray[np.float32], *, settings: ArtefactSettings = DEFAULTS) -> Scales:
    """Return the usual spread of what the filters give, at least that of the least noise.

    Parameters
    ----------
    majority : Majority
    residual : array, shape (n_sample, n_energies)
        Of a sample of the spectra.
    settings : ArtefactSettings

    Returns
    -------
    Scales
    """
    least_variance = majority.least_noise[np.newaxis] ** 2

    def spread(kernel: NDArray[np.float64]) -> NDArray[np.float32]:
        deviation = positive(MAD_TO_SD * np.median(np.abs(filtered(residual, kernel)), axis=0))
        least = np.sqrt(filtered(least_variance, kernel**2)[0])
        return np.asarray(np.maximum(deviation, least), dtype=np.float32)

    curvature = np.quantile(np.abs(np.diff(residual, 2, axis=1)), settings.noise_quantile, axis=0)
    return Scales(
        tuple(spread(kernel) for kernel in unusual_filters(settings)),
        np.stack([spread(kernel) for kernel in spike(settings).sharp]),
        np.stack([spread(kernel) for kernel in step(settings).sharp]),
        spread(rough(settings)),
        np.asarray(positive(curvature), dtype=np.float32),
    )


def _curvature(residual: NDArray[np.float32], scales: Scales) -> NDArray[np.float32]:
    """Return the second differences of residuals along the energy, over the usual ones."""
    return np.asarray(np.abs(np.diff(residual, 2, axis=1)) / scales.curvature)


def own_noise(
    residual: NDArray[np.float32], scales: Scales, *, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.float32]:
    """Return the noise of every spectrum over the usual noise, at least 1, shape (n_points,).

    A low quantile of the second differences along the energy does not follow steps and spikes.
    """
    curvature = _curvature(residual, scales)
    order = int(settings.noise_quantile * (curvature.shape[1] - 1))
    return np.maximum(np.float32(1), np.partition(curvature, order, axis=1)[:, order])


def local_noise(
    residual: NDArray[np.float32], noise: NDArray[np.float32], scales: Scales, *, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.float32]:
    """Return the noise of every spectrum around every energy over the usual noise.

    Where the signal of a defect is high, its noise may be, too, and at these energies only. Elsewhere the noise is that
    of the whole spectrum, which is known better.

    Parameters
    ----------
    residual : array, shape (n_points, n_energies)
    noise : array, shape (n_points,)
        Own noise of every spectrum.
    scales : Scales
    settings : ArtefactSettings

    Returns
    -------
    array of float32, shape (n_points, n_energies)
    """
    curvature = _curvature(residual, scales)
    window = min(settings.noise_window, curvature.shape[1])
    around = percentile_filter(curvature, 100 * settings.noise_quantile, (1, window), mode="nearest")
    around = np.pad(around, ((0, 0), (1, 1)), mode="edge")
    whole = noise[:, np.newaxis]
    return np.asarray(np.where(around > settings.noisier * whole, around, whole), dtype=np.float32)


def unusual_heights(
    residual: NDArray[np.float32], noise: NDArray[np.float32], scales: Scales, *, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.float32]:
    """Return the largest height that every filter gives, in standard deviations.

    Parameters
    ----------
    residual : array, shape (n_points, n_energies)
    noise : array, shape (n_points,)
        Own noise of every spectrum.
    scales : Scales

    Returns
    -------
    array, shape (n_points, n_filters)
    """
    largest = [
        (np.abs(filtered(residual, kernel)) / scale).max(axis=1)
        for kernel, scale in zip(unusual_filters(settings), scales.plain, strict=True)
    ]
    return np.asarray(np.stack(largest, axis=1) / noise[:, np.newaxis])


def sharp_spectra(
    residual: NDArray[np.float32],
    noise: NDArray[np.float32],
    scales: Scales,
    trials: int,
    *,
    settings: ArtefactSettings = DEFAULTS,
) -> NDArray[np.bool_]:
    """Find the residuals that are sharper than a smooth spectrum: with a spike, or with steps.

    The plain filters of a template see heights h, its sharp filters see s of the standard deviations sigma, and would
    see e = E h were there no smooth background. The share sum(e s / sigma^2) / sum(e^2 / sigma^2) is 1 for a spike or
    a step, less `tolerance` at least, and nearly 0 for what is smooth. A spike is the highest within its window. Its
    sum(s^2 / sigma^2), of a chi-squared distribution, is over the limit that noise exceeds at no energy of so many
    spectra. The steps that the plain filter finds in a spectrum count together.

    Parameters
    ----------
    residual : array, shape (n_points, n_energies)
        Of the spectra that something unusual has been found in.
    noise : array, shape (n_points,)
        Own noise of every spectrum.
    scales : Scales
    trials : int
        Number of spectra that the limits allow for.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    local = local_noise(residual, noise, scales, settings=settings)
    return _has_spike(residual, local, scales, trials, settings) | _has_steps(residual, local, scales, trials, settings)


def _seen_by(
    residual: NDArray[np.float32], shape: Template, deviation: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return the heights, the sharp parts and the expected sharp parts, in standard deviations, coefficients first."""
    plain = np.stack([filtered(residual, kernel) for kernel in shape.plain])
    sharp = np.stack([filtered(residual, kernel) for kernel in shape.sharp])
    expected = np.tensordot(shape.expected.astype(np.float32), plain, axes=1)
    return plain, sharp / deviation, expected / deviation


def _has_spike(
    residual: NDArray[np.float32],
    local: NDArray[np.float32],
    scales: Scales,
    trials: int,
    settings: ArtefactSettings,
) -> NDArray[np.bool_]:
    """Return which residuals have a spike of one to a few energies."""
    plain, sharp, expected = _seen_by(residual, spike(settings), scales.spike[:, np.newaxis] * local)
    height = np.sqrt((plain**2).sum(axis=0))
    highest = height >= maximum_filter1d(height, 2 * settings.half_window + 1, axis=1)
    limit = chi_squared_quantile_above(settings.chance / (trials * residual.shape[1]), len(sharp))
    share = (expected * sharp).sum(axis=0) / np.maximum((expected**2).sum(axis=0), np.finfo(np.float32).tiny)
    sharper = share > 1 - settings.tolerance
    return np.asarray((highest & sharper & ((sharp**2).sum(axis=0) > limit)).any(axis=1))


def _has_steps(
    residual: NDArray[np.float32],
    local: NDArray[np.float32],
    scales: Scales,
    trials: int,
    settings: ArtefactSettings,
) -> NDArray[np.bool_]:
    """Return which residuals have steps."""
    plain, sharp, expected = (
        part[0] for part in _seen_by(residual, step(settings), scales.step[:, np.newaxis] * local[:, 1:])
    )
    height = np.abs(plain)
    limit = normal_quantile_above(settings.chance / 2 / residual.shape[1]) * scales.plain[-1] * local[:, 1:]
    peak = (height == maximum_filter1d(height, settings.step_width + 1, axis=1)) & (height > limit)
    # the flank of a high line is not smooth for a filter that sees only its foot
    peak &= 2 * height > maximum_filter1d(height, 2 * settings.half_window + 1, axis=1)
    weight = (peak * expected**2).sum(axis=1)
    share = (peak * expected * sharp).sum(axis=1) / np.where(weight > 0, weight, 1.0)
    clear = share * np.sqrt(weight) > normal_quantile_above(
        settings.chance * settings.step_width / (trials * residual.shape[1])
    )
    return np.asarray(clear & (share > 1 - settings.tolerance))

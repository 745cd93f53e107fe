"""How rough a residual is along the energy: spikes of one to three energies and steps, beside all that is smooth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d
from scipy.stats import norm

from didymos.core.artefacts.majority import Majority, positive
from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.numeric.robust import MAD_TO_SD

DEFAULTS = ArtefactSettings()


@dataclass(frozen=True)
class Template:
    """A shape of one unit of height that no smooth spectrum has, and two filters that estimate its height.

    Attributes
    ----------
    step : bool
        A step between two energies, or else a spike.
    plain : array, shape (n_window,)
        Mean over the spike, or mean over a few energies after a step less that over those before it.
    sharp : array, shape (n_window,)
        The height beside any smooth background: the template without its projection on smooth functions, over the
        square of its norm.
    """

    step: bool
    plain: NDArray[np.float64]
    sharp: NDArray[np.float64]


@cache
def templates(settings: ArtefactSettings = DEFAULTS) -> tuple[Template, ...]:
    """Return spikes of one energy and more, and the step.

    Smooth is what Gaussians of `smooth_width` energies, a constant and a straight line make up within the window.
    """
    found = []
    for width in range(1, settings.widest_spike + 1):
        half = settings.half_window
        place = np.arange(-half, half + 1.0) if width % 2 else np.arange(-half + 0.5, half)
        shape = (2 * np.abs(place) < width).astype(np.float64)
        found.append(Template(False, shape / width, _sharp(shape, place, settings)))
    place = np.arange(-settings.half_window + 0.5, settings.half_window)
    beside = np.abs(place) < settings.step_width
    plain = np.sign(place) * beside / settings.step_width
    return (*found, Template(True, plain, _sharp(0.5 * np.sign(place), place, settings)))


def _sharp(shape: NDArray[np.float64], place: NDArray[np.float64], settings: ArtefactSettings) -> NDArray[np.float64]:
    """Return a filter that gives 1 for the shape and 0 for what is smooth."""
    width = settings.smooth_width
    end = place.max() + 6 * width
    centre = np.arange(-end, end + width / 8, width / 4)
    smooth = np.exp(-0.5 * ((place - centre[:, np.newaxis]) / width) ** 2)
    smooth = np.vstack([smooth, np.ones_like(place), place / place.max()])
    _, size, basis = np.linalg.svd(smooth, full_matrices=False)
    basis = basis[size > settings.smooth_tolerance * size[0]]
    rough = shape - basis.T @ (basis @ shape)
    return np.asarray(rough / (rough @ rough))


def filtered(residual: NDArray[np.float32], kernel: NDArray[np.float64]) -> NDArray[np.float32]:
    """Correlate every spectrum with a kernel; beyond its ends a spectrum is its mirror image.

    Parameters
    ----------
    residual : array, shape (n_points, n_energies)
    kernel : array, shape (n_window,)

    Returns
    -------
    array of float32, shape (n_points, n_energies) for an odd window, (n_points, n_energies - 1) for an even one
        At every energy, or between every two.
    """
    energies, window = residual.shape[1], len(kernel)
    places = energies if window % 2 else energies - 1
    reach = (window - 1) // 2
    padded = np.pad(residual, ((0, 0), (reach, reach)), mode="symmetric")
    result = np.zeros((len(residual), places), dtype=np.float32)
    for first in np.flatnonzero(kernel):
        result += np.float32(kernel[first]) * padded[:, first : first + places]
    return result


@dataclass(frozen=True)
class Scales:
    """The usual spread of what the filters give, from a sample of residuals.

    Attributes
    ----------
    plain, sharp : tuple of arrays, shape (n_places,)
        Standard deviation of the output of the filters of every template at every place.
    curvature : array, shape (n_energies - 2,)
        A low quantile of the second difference of a residual along the energy.
    """

    plain: tuple[NDArray[np.float32], ...]
    sharp: tuple[NDArray[np.float32], ...]
    curvature: NDArray[np.float32]


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

    shapes = templates(settings)
    curvature = np.quantile(np.abs(np.diff(residual, 2, axis=1)), settings.noise_quantile, axis=0)
    plain = tuple(spread(shape.plain) for shape in shapes)
    sharp = tuple(spread(shape.sharp) for shape in shapes)
    return Scales(plain, sharp, np.asarray(positive(curvature), dtype=np.float32))


def own_noise(
    residual: NDArray[np.float32], scales: Scales, *, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.float32]:
    """Return the noise of every spectrum over the usual noise, at least 1, shape (n_points,).

    A low quantile of the second differences along the energy does not follow steps and spikes.
    """
    curvature = np.abs(np.diff(residual, 2, axis=1)) / scales.curvature
    order = int(settings.noise_quantile * (curvature.shape[1] - 1))
    return np.maximum(np.float32(1), np.partition(curvature, order, axis=1)[:, order])


def unusual_heights(
    residual: NDArray[np.float32], noise: NDArray[np.float32], scales: Scales, *, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.float32]:
    """Return the largest height that the plain filter of every template gives, in standard deviations.

    Parameters
    ----------
    residual : array, shape (n_points, n_energies)
    noise : array, shape (n_points,)
        Own noise of every spectrum.
    scales : Scales

    Returns
    -------
    array, shape (n_points, n_templates)
    """
    largest = [
        (np.abs(filtered(residual, shape.plain)) / scale).max(axis=1)
        for shape, scale in zip(templates(settings), scales.plain, strict=True)
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

    With h the largest height that the plain filter sees within the window, and s, of standard deviation sigma, that
    beside any smooth background, the share s / h is 1 for a spike or a step, within `tolerance`, and nearly 0 for what
    is smooth. A spike must have s / sigma over the limit that noise exceeds at no energy of so many spectra. The steps
    that the plain filter finds in a spectrum count together: their share is sum(h s / sigma^2) / sum(h^2 / sigma^2),
    with the error 1 / sqrt(sum(h^2 / sigma^2)).

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
    found = np.zeros(len(residual), dtype=bool)
    shapes = templates(settings)
    places = trials * residual.shape[1]
    for shape, usual, scale in zip(shapes, scales.plain, scales.sharp, strict=True):
        plain, sharp = (filtered(residual, kernel) for kernel in (shape.plain, shape.sharp))
        sharp *= np.sign(plain)
        plain = np.abs(plain)
        deviation = scale * noise[:, np.newaxis]
        # the flank of a high line is not smooth for a filter that sees only its foot
        height = maximum_filter1d(plain, 2 * settings.half_window + 1, axis=1)
        if shape.step:
            limit = norm.isf(settings.chance / 2 / residual.shape[1]) * usual * noise[:, np.newaxis]
            peak = (plain == maximum_filter1d(plain, settings.step_width + 1, axis=1)) & (plain > limit)
            peak &= 2 * plain > height
            weight = (peak * (plain / deviation) ** 2).sum(axis=1)
            share = (peak * plain * sharp / deviation**2).sum(axis=1) / np.where(weight > 0, weight, 1.0)
            clear = share * np.sqrt(weight) > norm.isf(settings.chance / (places / settings.step_width))
            found |= clear & (np.abs(share - 1) < settings.tolerance)
        else:
            share = sharp / np.where(height > 0, height, np.inf)
            clear = sharp > norm.isf(settings.chance / 2 / (places * (len(shapes) - 1))) * deviation
            found |= (clear & (np.abs(share - 1) < settings.tolerance)).any(axis=1)
    return found

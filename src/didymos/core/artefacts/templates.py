"""Filters that see spikes of one to three energies and steps, beside all that is smooth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from didymos.core.artefacts.settings import ArtefactSettings

DEFAULTS = ArtefactSettings()


@dataclass(frozen=True)
class Template:
    """Filters that see the shape of a spike or a step, and what of it no smooth spectrum has.

    A shape h of a few coefficients, here the heights of a spike at neighbouring energies or the height of a step, is
    seen by the plain filters P with P h = h, and by the sharp filters S, to which all that is smooth is invisible.
    Their outputs have independent noise. Without any smooth background S gives `expected` h.

    Attributes
    ----------
    plain : array, shape (n_coefficients, n_window)
        The values of a spike, or the mean over a few energies after a step less that over those before it.
    sharp : array, shape (n_coefficients, n_window)
        Orthonormal, and orthogonal to smooth functions.
    expected : array, shape (n_coefficients, n_coefficients)
        The sharp part of each shape of unit height.
    """

    plain: NDArray[np.float64]
    sharp: NDArray[np.float64]
    expected: NDArray[np.float64]


@cache
def spike(settings: ArtefactSettings = DEFAULTS) -> Template:
    """Return the filters of a spike of any heights at so many neighbouring energies."""
    place = np.arange(-settings.half_window, settings.half_window + 1.0)
    shapes = np.eye(len(place))[np.abs(place) <= settings.widest_spike // 2]
    return Template(shapes, *_sharp(shapes, place, settings))


@cache
def step(settings: ArtefactSettings = DEFAULTS) -> Template:
    """Return the filters of a step between two energies."""
    place = np.arange(-settings.half_window + 0.5, settings.half_window)
    plain = np.sign(place) * (np.abs(place) < settings.step_width) / settings.step_width
    return Template(plain[np.newaxis], *_sharp(0.5 * np.sign(place)[np.newaxis], place, settings))


@cache
def rough(settings: ArtefactSettings = DEFAULTS) -> NDArray[np.float64]:
    """Return the filter that leaves of a spectrum what is not smooth, shape (n_window,)."""
    place = np.arange(-settings.half_window, settings.half_window + 1.0)
    return np.asarray(_sharp((place == 0).astype(np.float64)[np.newaxis], place, settings)[0][0])


def _sharp(
    shapes: NDArray[np.float64], place: NDArray[np.float64], settings: ArtefactSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return orthonormal filters to which what is smooth is invisible, and what they give for every shape.

    Smooth is what Gaussians of `smooth_width` energies, a constant and a straight line make up within the window.
    """
    width = settings.smooth_width
    end = place.max() + 6 * width
    centre = np.arange(-end, end + width / 8, width / 4)
    smooth = np.exp(-0.5 * ((place - centre[:, np.newaxis]) / width) ** 2)
    smooth = np.vstack([smooth, np.ones_like(place), place / place.max()])
    _, size, basis = np.linalg.svd(smooth, full_matrices=False)
    basis = basis[size > settings.smooth_tolerance * size[0]]
    left = shapes - (shapes @ basis.T) @ basis
    sharp = np.linalg.svd(left, full_matrices=False)[2]
    return sharp, sharp @ shapes.T


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

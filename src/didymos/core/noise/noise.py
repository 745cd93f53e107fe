"""Noise of a map, and how many principal components stand out of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.robust import MAD_TO_SD, quantum
from didymos.core.numeric.rows import Spectra, evenly
from didymos.core.numeric.threads import allowed_threads, in_order
from didymos.core.surface.nearest import as_pairs

COLUMNS = 64
"""Energies whose differences are in memory at once."""


@dataclass(frozen=True)
class NoiseSettings:
    """Numbers that steer the estimate of the noise and of the rank.

    Attributes
    ----------
    smallest_rank : int
        Principal components at least; they keep directions that only a few faint defects point to.
    largest_rank : int
        Principal components at most.
    largest_sample : int
        Pairs of spectra, evenly spaced, that the noise is estimated from: its error is then 1 %.
    fluctuations : float
        Widths of the Tracy-Widom fluctuation beyond the Marchenko-Pastur edge at which a component is signal.
    margin : float
        Of the variance of a component over its own noise, 1 + margin / sqrt(number of spectra).
    """

    smallest_rank: int = 6
    largest_rank: int = 20
    largest_sample: int = 10_000
    fluctuations: float = 3.0
    margin: float = 8.0


DEFAULTS = NoiseSettings()


def noise_of_energies(
    values: Spectra, neighbours: NDArray[np.intp], *, settings: NoiseSettings = DEFAULTS
) -> NDArray[np.float64]:
    """Estimate the standard deviation of the noise at every energy.

    With t the difference of a spectrum and its neighbour on the surface, sigma^2(E) is the variance of
    t(E-1) - 2 t(E) + t(E+1) divided by 12: smooth changes along energy and along the surface both drop out.
    The variance is robust (median absolute deviation), so sharp defects do not count. Values in steps of q, counts
    above all, where most differences vanish, have at least the noise q / sqrt(12) of their rounding.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    neighbours : array of int, shape (n_points,) or (n_pairs, 2)
        A neighbour of every point, or pairs of neighbours.
    settings : NoiseSettings

    Returns
    -------
    array, shape (n_energies,)
        Standard deviation in the units of the spectra, smoothed over five energies; positive everywhere.
    """
    energies = values.shape[1]
    pairs = as_pairs(neighbours)
    first, second = pairs[evenly(len(pairs), settings.largest_sample)].T
    some, beside = values[first], values[second]

    def part(first: int) -> tuple[NDArray[np.float64], float]:
        columns = slice(first, first + COLUMNS + 2)
        difference = some[:, columns].astype(np.float64) - beside[:, columns]
        change, variance = difference, 2
        if energies >= 3:
            change, variance = difference[:, :-2] - 2 * difference[:, 1:-1] + difference[:, 2:], 12
        return MAD_TO_SD * np.median(np.abs(change), axis=0) / np.sqrt(variance), quantum(difference)

    parts = list(in_order(part, range(0, max(energies - 2, 1), COLUMNS), allowed_threads()))
    noise = np.concatenate([noise for noise, _ in parts])
    noise = np.pad(noise, 1, mode="edge") if energies >= 3 else noise
    steps = [step for _, step in parts if step > 0]
    noise = np.maximum(_running_median(noise, 5), min(steps, default=0.0) / np.sqrt(12))
    # data without noise: a floor far under the signal keeps the division by the noise finite
    floor = 1e-6 * float(np.median(np.std(some, axis=0))) + 1e-12 * float(np.abs(some).max())
    return np.asarray(np.maximum(noise, floor + np.finfo(np.float32).tiny), dtype=np.float64)


def marchenko_pastur_edge(points: int, energies: int, *, settings: NoiseSettings = DEFAULTS) -> float:
    """Return the largest eigenvalue that pure unit noise reaches, (1 + sqrt(D/N))^2 (Marchenko and Pastur, 1967).

    Parameters
    ----------
    points, energies : int
        Number of spectra N and of energies D.
    settings : NoiseSettings

    Returns
    -------
    float
        The edge, with three times the width of its Tracy-Widom fluctuation added (Johnstone, Ann. Stat.
        29, 295 (2001)).
    """
    ratio = energies / max(points, 1)
    fluctuation = (1 + np.sqrt(ratio)) ** (4 / 3) * ratio ** (-1 / 6) * max(points, 1) ** (-2 / 3)
    return float((1 + np.sqrt(ratio)) ** 2 + settings.fluctuations * fluctuation)


def signal_rank(
    variance: NDArray[np.floating],
    scores: NDArray[np.floating],
    neighbours: NDArray[np.intp],
    *,
    energies: int,
    settings: NoiseSettings = DEFAULTS,
) -> int:
    """Count the principal components that are more than noise.

    A component counts where its variance lies over the Marchenko-Pastur edge and also over its own noise, taken from
    the differences of neighbours on the surface: noise that is correlated along energy (smoothed spectra) passes the
    first test but not the second.

    Parameters
    ----------
    variance : array, shape (n_modes,)
        Variance of the components of spectra divided by their noise.
    scores : array, shape (n_points, n_modes)
        The components' scores.
    neighbours : array of int, shape (n_points,) or (n_pairs, 2)
        A neighbour of every point, or pairs of neighbours.
    energies : int
        Number of energies.
    settings : NoiseSettings

    Returns
    -------
    int
    """
    points = len(scores)
    modes = min(scores.shape[1], len(variance))
    first, second = as_pairs(neighbours).T
    difference = scores[first, :modes] - scores[second, :modes]
    own_noise = (MAD_TO_SD * np.median(np.abs(difference), axis=0)) ** 2 / 2
    margin = 1 + settings.margin / np.sqrt(points)
    edge = marchenko_pastur_edge(points, energies, settings=settings)
    over = (variance[:modes] > edge) & (variance[:modes] > margin * own_noise)
    last = int(np.flatnonzero(over)[-1]) + 1 if over.any() else 0
    return int(np.clip(last, min(settings.smallest_rank, modes), min(settings.largest_rank, modes)))


def _running_median(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    if len(values) < width:
        return values
    padded = np.pad(values, width // 2, mode="edge")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1))

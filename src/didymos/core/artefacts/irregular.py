"""Spectra that are rough or hum in a way that the majority, their neighbours and their like do not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.artefacts.hum import hums, strongest_line, usual_power
from didymos.core.artefacts.majority import Majority, majority_of
from didymos.core.artefacts.roughness import (
    Scales,
    own_noise,
    scales_of,
    sharp_spectra,
    unusual_filters,
    unusual_heights,
)
from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.artefacts.sharing import shared_by_majority, shared_by_neighbours, shared_by_others
from didymos.core.artefacts.templates import filtered, rough
from didymos.core.numeric.distributions import normal_quantile_above
from didymos.core.numeric.rows import Spectra, blocks, over_rows, some_rows

DEFAULTS = ArtefactSettings()
BLOCK = 512
"""Spectra whose residuals are filtered together: they stay in the cache of a core."""
COMPARED = 2048
"""Spectra beside others that are read together."""


@dataclass(frozen=True)
class _Usual:
    """What residuals are compared with."""

    majority: Majority
    scales: Scales
    power: NDArray[np.float32]


def irregular_spectra(
    values: Spectra,
    positions: NDArray[np.floating] | None = None,
    *,
    settings: ArtefactSettings = DEFAULTS,
) -> NDArray[np.bool_]:
    """Find spectra with spikes, steps (a tip change, telegraph noise) or hum.

    The subspace of the majority predicts every spectrum. The residual of a good spectrum is noise, or smooth along the
    energy, or shared: by the spectra beside it, or by its like elsewhere at the same energies. A corrupted spectrum has
    a residual that is none of these.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    positions : array, shape (n_points, 2), optional
        Without, spectra are not compared with their neighbours.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    found = np.zeros(len(values), dtype=bool)
    if len(values) < settings.fewest_spectra or values.shape[1] < settings.fewest_energies:
        return found
    majority = majority_of(values, settings=settings)
    some = majority.residual(some_rows(values, settings.largest_sample))
    usual = _Usual(majority, scales_of(majority, some, settings=settings), usual_power(majority, some))
    heights, lines = _unusual(values, usual, settings)
    for unusual, of_hum in ((heights, False), (lines, True)):
        chosen = _irregular(values, np.flatnonzero(unusual), usual, of_hum, settings)
        if len(chosen):
            found[chosen[~_shared(values, positions, chosen, usual, of_hum, settings)]] = True
    return found


def _unusual(values: Spectra, usual: _Usual, settings: ArtefactSettings) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which residuals are too high anywhere, and which have too strong a line in their periodogram."""

    def seen(block: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        residual = usual.majority.residual(block)
        noise = own_noise(residual, usual.scales, settings=settings)
        heights = unusual_heights(residual, noise, usual.scales, settings=settings)
        return heights, strongest_line(residual, noise, usual.power, settings=settings)

    heights = np.empty((len(values), len(unusual_filters(settings))), dtype=np.float32)
    lines = np.empty((len(values), 1), dtype=np.float32)
    for rows, part in over_rows(seen, values, BLOCK):
        heights[rows], lines[rows, 0] = part
    squared = heights**2 / 2
    of_heights = float(normal_quantile_above(settings.chance / 2 / (heights.size * values.shape[1]))) ** 2 / 2
    of_lines = float(np.log(len(values) * values.shape[1] / 2 / settings.chance))
    too_high = squared > _limit(squared, of_heights, settings)
    too_strong = lines > _limit(lines, of_lines, settings)
    return np.asarray(too_high.any(axis=1)), np.asarray(too_strong[:, 0])


def _irregular(
    values: Spectra, chosen: NDArray[np.intp], usual: _Usual, of_hum: bool, settings: ArtefactSettings
) -> NDArray[np.intp]:
    """Return which of the chosen spectra hum, or have spikes or steps."""
    odd = np.zeros(len(chosen), dtype=bool)
    # the limits count the spectra that are compared, at least as many as are corrupted in most maps
    trials = max(len(chosen), int(settings.chance * len(values)))
    for rows in blocks(len(chosen), COMPARED):
        residual = usual.majority.residual(values[chosen[rows]])
        noise = own_noise(residual, usual.scales, settings=settings)
        if of_hum:
            odd[rows] = hums(residual, noise, settings=settings)
        else:
            odd[rows] = sharp_spectra(residual, noise, usual.scales, trials, settings=settings)
    return chosen[odd]


def _limit(largest: NDArray[np.floating], least: float, settings: ArtefactSettings) -> NDArray[np.float64]:
    """Return what the largest value of a good spectrum exceeds by chance in no spectrum of the map.

    Largest values have the distribution exp(-exp(-(x - m) / b)) (Gumbel) where single ones fall off as exp(-x), as the
    power of noise does and half of the square of a normal variable. The quartiles over the spectra give m and b, so the
    noise of the map itself sets the scale; the limit is never under that of normal noise.

    Parameters
    ----------
    largest : array, shape (n_points, n_kinds)
    least : float
        Limit for normal noise.
    settings : ArtefactSettings

    Returns
    -------
    array, shape (n_kinds,)
    """
    lower, middle, upper = np.quantile(largest, (0.25, 0.5, 0.75), axis=0)
    quartiles = -np.log(-np.log([0.25, 0.5, 0.75]))
    spread = (upper - lower) / (quartiles[2] - quartiles[0])
    own = middle + spread * (np.log(len(largest) / settings.chance) - quartiles[1])
    return np.asarray(np.maximum(least, own), dtype=np.float64)


def _shared(
    values: Spectra,
    positions: NDArray[np.floating] | None,
    chosen: NDArray[np.intp],
    usual: _Usual,
    of_hum: bool,
    settings: ArtefactSettings,
) -> NDArray[np.bool_]:
    """Return which of the chosen spectra share their change with the majority, their like or their neighbours."""

    def change_of(residual: NDArray[np.float32]) -> NDArray[np.float32]:
        return residual if of_hum else filtered(residual, rough(settings)) / usual.scales.rough

    majority = usual.majority
    whole = majority.residual(values[chosen])
    change = change_of(whole)
    # steps and spikes are what exceeds noise
    noise = 0.0 if of_hum else normal_quantile_above(settings.chance / 2 / change.shape[1])
    shared = shared_by_others(np.where(np.abs(change) > noise, change, 0), settings=settings)
    signal = change_of(np.vstack([majority.mean, majority.spectra]) / majority.noise)
    shared |= shared_by_majority(change, signal, settings=settings)
    if positions is not None and len(values) > settings.around:
        nearest = np.asarray(cKDTree(positions).query(positions[chosen], k=settings.around + 1)[1])[:, 1:]
        for rows in blocks(len(chosen), COMPARED // settings.around):
            beside = majority.residual(values[nearest[rows].ravel()])
            pairs = [(whole, beside)] if of_hum else [(whole, beside), (change, change_of(beside))]
            for own, others in pairs:
                around = others.reshape(*nearest[rows].shape, -1)
                shared[rows] |= shared_by_neighbours(own[rows], around, settings=settings)
    return shared

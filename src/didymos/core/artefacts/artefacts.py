"""Corrupted spectra: non-finite, constant, clipped, with spikes or tip changes."""

from __future__ import annotations

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.numeric.robust import MAD_TO_SD, quantum

DEFAULTS = ArtefactSettings()


class Artefact(IntFlag):
    """What is wrong with a spectrum; several may hold at once."""

    NONE = 0
    NON_FINITE = 1
    CONSTANT = 2
    CLIPPED = 4
    JUMP = 8


def find_artefacts(
    spectra: NDArray[np.floating], *, jump_threshold: float = 12.0, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.int8]:
    """Find corrupted spectra, each test on its own evidence.

    Parameters
    ----------
    spectra : array, shape (n_points, n_energies)
        Any unit; NaN where a value is missing. Spectra without any finite value are missing, not corrupted.
    jump_threshold : float
        Height of a jump or spike from one energy to the next, in standard deviations of such differences.
    settings : ArtefactSettings

    Returns
    -------
    array of int8, shape (n_points,)
        Sum of the :class:`Artefact` flags of each spectrum.
    """
    finite = np.isfinite(spectra)
    whole = finite.all(axis=1)
    flags = np.zeros(len(spectra), dtype=np.int8)
    flags[finite.any(axis=1) & ~whole] |= Artefact.NON_FINITE
    if not whole.any():
        return flags
    values = spectra[whole]
    found = np.zeros(len(values), dtype=np.int8)
    spread = np.ptp(values, axis=1)
    found[constant(spread, settings=settings)] |= Artefact.CONSTANT
    found[clipped(values, settings=settings) | plateaus(values, settings=settings)] |= Artefact.CLIPPED
    ordinary = found == 0
    found[np.flatnonzero(ordinary)[jumps(values[ordinary], jump_threshold, settings=settings)]] |= Artefact.JUMP
    flags[whole] |= found
    return flags


def constant(spread: NDArray[np.floating], *, settings: ArtefactSettings = DEFAULTS) -> NDArray[np.bool_]:
    """Find spectra that do not vary with energy: a range below a millionth of the usual range.

    Parameters
    ----------
    spread : array, shape (n_points,)
        Largest minus smallest value of each spectrum.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    flat: NDArray[np.bool_] = spread <= settings.least_spread * np.median(spread)
    # a map in which nothing varies has no usual range to compare with
    return flat if np.median(spread) > 0 else spread <= 0


def clipped(values: NDArray[np.floating], *, settings: ArtefactSettings = DEFAULTS) -> NDArray[np.bool_]:
    """Find spectra that reach a saturation level of the amplifier.

    The largest (smallest) value of the whole map is such a level where samples pile up on it: at least three, and
    three times as many as on any of the hundred values next to it. Zero is never one (counts and gaps end there),
    nor a level that half of the spectra reach.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    found = np.zeros(len(values), dtype=bool)
    for sign in (1, -1):
        signed = sign * values
        highest = signed.max(axis=1)
        level = highest.max()
        at_level = highest == level
        if level == 0 or at_level.mean() >= settings.most_clipped:
            continue
        # the values next to the level can only lie in the spectra that come nearest to it
        near = signed[np.argsort(highest)[-200:]]
        pile = int((near == level).sum())
        repeats = np.unique(near[near < level], return_counts=True)[1][-100:].max(initial=1)
        if pile >= settings.pile * repeats:
            found |= at_level
    return found


def plateaus(values: NDArray[np.floating], *, settings: ArtefactSettings = DEFAULTS) -> NDArray[np.bool_]:
    """Find spectra that stay at their own largest or smallest value for many energies in a row.

    An amplifier that saturates does so at its own level; noise never repeats a value. Values in steps repeat, so the
    row must be longer than four times that of nine tenths of the spectra, and than 3 % of the energies. Zero counts
    as no such value (counts and gaps end there), nor do plateaus of more than a tenth of the spectra.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    found = np.zeros(len(values), dtype=bool)
    for extreme in (values.max(axis=1), values.min(axis=1)):
        row = _longest_row(values == extreme[:, np.newaxis])
        usual = settings.plateau_ratio * float(np.quantile(row, settings.plateau_quantile))
        least = max(settings.shortest_plateau - 1, usual, settings.plateau_share * values.shape[1])
        flat = (row > least) & (row < values.shape[1]) & (extreme != 0)
        found |= flat
    return found


def _longest_row(marked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the length of the longest row of marks in every line, shape (n_points,)."""
    longest = np.zeros(len(marked), dtype=np.intp)
    running = np.zeros(len(marked), dtype=np.intp)
    for column in marked.T:
        running = (running + 1) * column
        np.maximum(longest, running, out=longest)
    return longest


def usual_steps(step: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return median and robust standard deviation of steps from one energy to the next, over the spectra.

    Parameters
    ----------
    step : array, shape (n_points, n_steps)

    Returns
    -------
    middle, usual : array, shape (n_steps,)
        The second is positive everywhere.
    """
    # counts in the dark are nearly all equal: there the unit of a step is one count
    finest = quantum(step) + np.finfo(float).tiny
    middle = np.median(step, axis=0)
    away = step - middle
    usual = MAD_TO_SD * np.median(np.abs(away, out=away), axis=0)
    return middle, np.maximum(usual, 1e-3 * float(np.median(usual)) + finest)


def jumps(
    values: NDArray[np.floating], threshold: float, *, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.bool_]:
    """Find spectra with a sudden step or spike between two neighbouring energies.

    Each difference of neighbouring energies is compared with the differences of all spectra there (median and
    median absolute deviation), and with those of its own spectrum, so that a defect with a stronger signal and more
    noise is no artefact. What remains must be sharper than the resolution: the differences beside it stay small,
    or, for a spike of one to three energies, one of them undoes it.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    threshold : float
        Smallest height in standard deviations.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    found = np.zeros(len(values), dtype=bool)
    if values.shape[1] < 8 or len(values) < 8:
        return found
    step = np.diff(values.astype(np.float64), axis=1)
    middle, usual = usual_steps(step)
    step -= middle
    step /= usual
    own = np.maximum(1.0, MAD_TO_SD * np.median(np.abs(step), axis=1))
    candidates = np.flatnonzero((np.abs(step) > threshold * own[:, np.newaxis]).any(axis=1))
    for index in candidates:
        found[index] = _is_sharp(step[index] / own[index], threshold, settings)
    return found


def _is_sharp(step: NDArray[np.float64], threshold: float, settings: ArtefactSettings) -> bool:
    """Return whether the largest standardised step stands alone: a resonance spreads over several energies."""
    height = np.abs(step)
    widest = settings.widest_spike
    peak = int(height.argmax())
    first = max(0, peak - widest)
    near = step[first : peak + widest + 1] * np.sign(step[peak])
    beside = np.delete(near, peak - first)
    if beside.min(initial=0.0) < -settings.way_back * height[peak]:
        # the way back from a spike
        beside = np.delete(beside, beside.argmin())
    largest = np.abs(beside).max(initial=0.0)
    return bool(height[peak] > threshold and largest < settings.beside_share * height[peak])

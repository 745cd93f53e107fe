"""Corrupted spectra: non-finite, constant, clipped, with spikes or tip changes."""

from __future__ import annotations

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from didymos.core.artefacts.irregular import irregular_spectra
from didymos.core.artefacts.settings import ArtefactSettings

DEFAULTS = ArtefactSettings()


class Artefact(IntFlag):
    """What is wrong with a spectrum; several may hold at once."""

    NONE = 0
    NON_FINITE = 1
    CONSTANT = 2
    CLIPPED = 4
    JUMP = 8


def find_artefacts(
    spectra: NDArray[np.floating],
    positions: NDArray[np.floating] | None = None,
    *,
    settings: ArtefactSettings = DEFAULTS,
) -> NDArray[np.int8]:
    """Find corrupted spectra, each test on its own evidence.

    Parameters
    ----------
    spectra : array, shape (n_points, n_energies)
        Any unit; NaN where a value is missing. Spectra without any finite value are missing, not corrupted.
    positions : array, shape (n_points, 2), optional
        Row and column, or y and x; without, spectra are not compared with their neighbours.
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
    places = None if positions is None else positions[whole][ordinary]
    found[np.flatnonzero(ordinary)[irregular_spectra(values[ordinary], places, settings=settings)]] |= Artefact.JUMP
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

"""Corrupted spectra: non-finite, constant, clipped, with spikes or tip changes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from didymos.core.artefacts.irregular import irregular_spectra
from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.numeric.rows import Spectra, over_rows, selected
from didymos.core.numeric.runs import longest_row

DEFAULTS = ArtefactSettings()
BLOCK = 512
"""Spectra that stay in the cache of a core."""


class Artefact(IntFlag):
    """What is wrong with a spectrum; several may hold at once."""

    NONE = 0
    NON_FINITE = 1
    CONSTANT = 2
    CLIPPED = 4
    JUMP = 8


def find_artefacts(
    spectra: Spectra,
    positions: NDArray[np.floating] | None = None,
    *,
    known: NDArray[np.integer] | None = None,
    settings: ArtefactSettings = DEFAULTS,
) -> NDArray[np.int8]:
    """Find corrupted spectra, each test on its own evidence.

    Parameters
    ----------
    spectra : array, shape (n_points, n_energies)
        Any unit; NaN where a value is missing. Spectra without any finite value are missing, not corrupted.
    positions : array, shape (n_points, 2), optional
        Row and column, or y and x; without, spectra are not compared with their neighbours.
    known : array of int, shape (n_points,), optional
        Number of finite values of every spectrum, where that has been counted.
    settings : ArtefactSettings

    Returns
    -------
    array of int8, shape (n_points,)
        Sum of the :class:`Artefact` flags of each spectrum.
    """
    flags = np.zeros(len(spectra), dtype=np.int8)
    known = finite_values(spectra) if known is None else known
    whole = known == spectra.shape[1]
    flags[(known > 0) & ~whole] |= Artefact.NON_FINITE
    if not whole.any():
        return flags
    values = selected(spectra, whole)
    ends = ends_of(values)
    found = np.zeros(len(values), dtype=np.int8)
    found[constant(ends.highest - ends.lowest, settings=settings)] |= Artefact.CONSTANT
    found[clipped(values, ends, settings=settings) | plateaus(ends, settings=settings)] |= Artefact.CLIPPED
    ordinary = found == 0
    places = None if positions is None else positions[whole][ordinary]
    irregular = irregular_spectra(selected(values, ordinary), places, settings=settings)
    found[np.flatnonzero(ordinary)[irregular]] |= Artefact.JUMP
    flags[whole] |= found
    return flags


@dataclass(frozen=True)
class Ends:
    """The smallest and the largest value of every spectrum, and for how many energies in a row it stays there.

    Attributes
    ----------
    lowest, highest : array, shape (n_points,)
        In the units of the spectra.
    at_lowest, at_highest : array of int, shape (n_points,)
        Energies in the longest row.
    energies : int
        Number of energies.
    """

    lowest: NDArray[np.floating]
    highest: NDArray[np.floating]
    at_lowest: NDArray[np.intp]
    at_highest: NDArray[np.intp]
    energies: int


def ends_of(values: Spectra) -> Ends:
    """Return the smallest and the largest value of finite spectra, and how long they stay there."""

    def ends(block: NDArray[np.floating]) -> tuple[NDArray[np.floating], ...]:
        lowest, highest = block.min(axis=1), block.max(axis=1)
        rows = (longest_row(block == extreme[:, np.newaxis]) for extreme in (lowest, highest))
        return lowest, highest, *rows

    parts = zip(*(part for _, part in over_rows(ends, values, BLOCK)), strict=True)
    lowest, highest, at_lowest, at_highest = (np.concatenate(part) for part in parts)
    return Ends(lowest, highest, at_lowest.astype(np.intp), at_highest.astype(np.intp), values.shape[1])


def finite_values(spectra: Spectra) -> NDArray[np.intp]:
    """Return how many values of every spectrum are finite, shape (n_points,)."""
    count = over_rows(lambda block: np.isfinite(block).sum(axis=1), spectra, BLOCK)
    return np.concatenate([np.zeros(0, dtype=np.intp), *(part for _, part in count)])


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


def clipped(values: Spectra, ends: Ends, *, settings: ArtefactSettings = DEFAULTS) -> NDArray[np.bool_]:
    """Find spectra that reach a saturation level of the amplifier.

    The largest (smallest) value of the whole map is such a level where samples pile up on it: at least three, and
    three times as many as on any of the hundred values next to it. Zero is never one (counts and gaps end there),
    nor a level that half of the spectra reach.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    ends : Ends
        Of these.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    found = np.zeros(len(values), dtype=bool)
    for sign, highest in ((1, ends.highest), (-1, -ends.lowest)):
        level = highest.max()
        at_level = highest == level
        if level == 0 or at_level.mean() >= settings.most_clipped:
            continue
        # the values next to the level can only lie in the spectra that come nearest to it
        near = sign * values[np.argsort(highest)[-200:]]
        pile = int((near == level).sum())
        repeats = np.unique(near[near < level], return_counts=True)[1][-100:].max(initial=1)
        if pile >= settings.pile * repeats:
            found |= at_level
    return found


def plateaus(ends: Ends, *, settings: ArtefactSettings = DEFAULTS) -> NDArray[np.bool_]:
    """Find spectra that stay at their own largest or smallest value for many energies in a row.

    An amplifier that saturates does so at its own level; noise never repeats a value. Values in steps repeat, so the
    row must be longer than four times that of nine tenths of the spectra, and than 3 % of the energies. Zero counts
    as no such value (counts and gaps end there), nor do plateaus of more than a tenth of the spectra.

    Parameters
    ----------
    ends : Ends
        Of finite spectra.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    found = np.zeros(len(ends.lowest), dtype=bool)
    for extreme, row in ((ends.highest, ends.at_highest), (ends.lowest, ends.at_lowest)):
        usual = settings.plateau_ratio * float(np.quantile(row, settings.plateau_quantile))
        least = max(settings.shortest_plateau - 1, usual, settings.plateau_share * ends.energies)
        flat = (row > least) & (row < ends.energies) & (extreme != 0)
        found |= flat
    return found

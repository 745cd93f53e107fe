"""Whether a spectrum shares its change with its neighbours or with its like: then the change is no artefact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.numeric.distributions import normal_quantile_above, poisson_above
from didymos.core.numeric.rows import some_rows

DEFAULTS = ArtefactSettings()
BLOCK = 2048
"""Spectra that are compared with all others together."""


def shared_by_majority(
    change: NDArray[np.floating], signal: NDArray[np.floating], *, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.bool_]:
    """Find the spectra whose change is more of what the majority has: the signals explain most of its square.

    Parameters
    ----------
    change : array, shape (n_points, n_energies)
        In standard deviations of the noise.
    signal : array, shape (n_signals, n_energies)
        The mean spectrum and the principal components, filtered as the change.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    basis = np.linalg.svd(signal.astype(np.float64), full_matrices=False)[2]
    explained, whole = ((values**2).sum(axis=1) for values in (change @ basis.T, change))
    return np.asarray(explained > settings.explained * whole)


def shared_by_neighbours(
    change: NDArray[np.floating], beside: NDArray[np.floating], *, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.bool_]:
    """Find the spectra whose neighbours share their change.

    With c the change of a spectrum at n energies and r_j what its neighbour j shows, both with noise of the standard
    deviation 1, a_j = (c . r_j) / (c . c - n) is the share of neighbour j, limited to -1 ... 1, since one neighbour
    alone may be corrupted at the same energy. The mean share of all is more than what one alone can give (1/8 of
    eight), and than its error.

    Parameters
    ----------
    change : array, shape (n_points, n_energies)
        In standard deviations of the noise.
    beside : array, shape (n_points, n_neighbours, n_energies)
        Likewise.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    squared = (change**2).sum(axis=1)
    strength = np.maximum(squared - change.shape[1], 1)
    share = np.clip(np.einsum("pe,pne->pn", change, beside) / strength[:, np.newaxis], -1, 1).mean(axis=1)
    error = np.sqrt(squared / beside.shape[1]) / strength
    return np.asarray((share > 1 / (beside.shape[1] - 1)) & (share > normal_quantile_above(settings.chance) * error))


def shared_by_others(
    change: NDArray[np.floating], *, seed: int = 0, settings: ArtefactSettings = DEFAULTS
) -> NDArray[np.bool_]:
    """Find the spectra whose change many others have at the same energies.

    Two changes are alike where their cosine is over a half. Cosmic rays and telegraph noise are so by chance: how often
    is counted with the others shifted along the energy by random numbers of energies, up to a quarter of all. A
    spectrum has its like where so many others are alike that a Poisson distribution of this mean gives as many with a
    probability under `chance`, in all these spectra.

    Parameters
    ----------
    change : array, shape (n_points, n_energies)
    seed : int
        Of the random shifts.
    settings : ArtefactSettings

    Returns
    -------
    array of bool, shape (n_points,)
    """
    points, energies = change.shape
    if points < 2:
        return np.zeros(points, dtype=bool)
    others = some_rows(change, settings.most_others)
    shifts = np.random.default_rng(seed).integers(1, energies // 4 + 1, settings.shifts)
    shared = np.zeros(points, dtype=bool)
    for start in range(0, points, BLOCK):
        some = change[start : start + BLOCK]
        alike = _alike(some, others, settings) - 1
        by_chance = np.zeros(len(some))
        for shift in shifts:
            by_chance += _alike(some[:, shift:], others[:, :-shift], settings)
        expected = (by_chance + 1) / settings.shifts
        shared[start : start + BLOCK] = poisson_above(alike - 1, expected) < settings.chance / points
    return shared


def _alike(some: NDArray[np.floating], others: NDArray[np.floating], settings: ArtefactSettings) -> NDArray[np.intp]:
    """Return how many of the others every change is alike, shape (n_points,)."""
    some, others = (
        part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        for part in (some, others)
    )
    return np.asarray((some @ others.T > settings.alike).sum(axis=1))

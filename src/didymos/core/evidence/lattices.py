"""Objects that repeat like a lattice: such objects are the surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.evidence.kinds import find_kinds
from didymos.core.evidence.settings import PopulationSettings
from didymos.core.surface.neighbourhood import Neighbourhood

DEFAULTS = PopulationSettings()


def without_lattices(
    along: NDArray[np.float64],
    number: NDArray[np.intp],
    neighbourhood: Neighbourhood,
    *,
    settings: PopulationSettings = DEFAULTS,
) -> tuple[NDArray[np.intp], float]:
    """Leave out the objects of every kind that repeats like a lattice.

    Parameters
    ----------
    along : array, shape (n_points, n_directions)
        Whitened features along the directions of the objects.
    number : array of int, shape (n_points,)
        Number of the object whose core a point belongs to; 0 for none.
    neighbourhood : Neighbourhood
    settings : PopulationSettings

    Returns
    -------
    number : array of int, shape (n_points,)
        Of the other objects.
    repetition : float
        The largest of all kinds and of all objects together.
    """
    core = np.flatnonzero(number)
    kind = np.zeros(len(number), dtype=np.intp)
    kind[core] = find_kinds(along[core], number[core], settings=settings.kinds)
    largest = 0.0
    for one in range(1, int(kind.max(initial=0)) + 1):
        own = kind == one
        if len(np.unique(number[own])) >= settings.fewest_repeated:
            repetition = neighbourhood.repetition(own)
            largest = max(largest, repetition)
            number = np.where(own, 0, number) if repetition > settings.largest_repetition else number
    number = np.unique(number, return_inverse=True)[1] + int(number.min() > 0)
    whole = neighbourhood.repetition(number > 0)
    if whole > settings.largest_repetition and number.max() >= settings.fewest_repeated:
        number = np.zeros_like(number)
    return number, max(largest, whole)

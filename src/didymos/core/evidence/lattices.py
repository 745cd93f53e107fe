"""Objects that repeat like a lattice: they are the surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.evidence.kinds import find_kinds
from didymos.core.surface.neighbourhood import Neighbourhood

MOST_REPEATED, FEWEST_REPEATED = 0.65, 10
"""So many objects that repeat like this under a shift are the texture of the surface, not defects."""


def without_lattices(
    along: NDArray[np.float64], number: NDArray[np.intp], neighbourhood: Neighbourhood
) -> tuple[NDArray[np.intp], float]:
    """Leave out the objects of every kind that repeats like a lattice; return the others and the largest repetition."""
    core = np.flatnonzero(number)
    kind = np.zeros(len(number), dtype=np.intp)
    kind[core] = find_kinds(along[core], number[core])
    largest = 0.0
    for one in range(1, int(kind.max(initial=0)) + 1):
        own = kind == one
        if len(np.unique(number[own])) >= FEWEST_REPEATED:
            repetition = neighbourhood.repetition(own)
            largest = max(largest, repetition)
            number = np.where(own, 0, number) if repetition > MOST_REPEATED else number
    number = np.unique(number, return_inverse=True)[1] + int(number.min() > 0)
    whole = neighbourhood.repetition(number > 0)
    if whole > MOST_REPEATED and number.max() >= FEWEST_REPEATED:
        number = np.zeros_like(number)
    return number, max(largest, whole)

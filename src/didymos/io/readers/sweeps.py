"""Axes that turn: a sweep up and down again is two spectra, the forward and the backward one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.schema import InputError

LARGEST_COUNT = 64
"""Of runs between turns; an axis that turns more often is noise and no sweep."""
SHORTEST = 3
"""Values of a run."""


class Leg(NamedTuple):
    """One run of a sweep in one direction.

    Attributes
    ----------
    tag : str
        What the name of its channel gets: nothing, ``[bwd]``, and where there are several cycles their number.
    indices : array of int
        Of its values along the axis.
    """

    tag: str
    indices: NDArray[np.intp]


def sweep_legs(values: NDArray[np.float64], name: str) -> list[Leg]:
    """Cut an axis where it turns.

    The value at a turn belongs to both runs, unless it was taken twice. A triangle that begins inside its range
    (0, 1, -1, 0) is joined over its ends: its last run goes on in its first.

    Parameters
    ----------
    values : array, shape (n_energies,)
        The axis.
    name : str
        Of the axis, for messages.

    Returns
    -------
    list of Leg
        The one that begins first, the one back, then those of further cycles.

    Raises
    ------
    InputError
        Where a value is not finite, is held from one to the next or the axis turns too often to be a sweep.
    """
    if values.ndim != 1 or not len(values):
        raise InputError(f"the axis {name!r} has the shape {values.shape}; allowed is a list of numbers")
    if not np.isfinite(values).all():
        raise InputError(f"the axis {name!r} holds {int((~np.isfinite(values)).sum())} values that are not finite")
    runs = _runs(values, name)
    if len(runs) == 1:
        return [Leg("", runs[0])]
    joined = _joined(runs, values)
    if len(runs) > LARGEST_COUNT or min(map(len, joined)) < SHORTEST:
        raise InputError(
            f"the axis {name!r} turns {len(runs) - 1} times in {len(values)} values, within runs of "
            f"{min(map(len, joined))} values: a sweep goes up and down in runs of at least {SHORTEST}; sort the axis"
        )
    cycles = (len(joined) + 1) // 2
    numbers = [f"[{cycle + 1:05d}]" if cycles > 1 else "" for cycle in range(cycles)]
    return [Leg(f"{numbers[i // 2]} {'[bwd]' if i % 2 else ''}".strip(), run) for i, run in enumerate(joined)]


def _runs(values: NDArray[np.float64], name: str) -> list[NDArray[np.intp]]:
    """Return the runs in one direction; the value at a turn is in both."""
    direction = np.sign(np.diff(values)).astype(int)
    if len(values) == 1:
        return [np.arange(1)]
    runs, first, last = [], 0, 0
    for step, sign in enumerate(direction):
        if sign == 0:
            turn = 0 < step < len(direction) - 1 and direction[step - 1] * direction[step + 1] < 0
            if not turn:
                raise InputError(
                    f"the axis {name!r} holds {values[step]:g} twice running, at {step} and {step + 1}: "
                    "give every energy once"
                )
            runs.append(np.arange(first, step + 1))
            first, last = step + 1, 0
        elif last and sign != last:
            runs.append(np.arange(first, step + 1))
            first, last = step, sign
        else:
            last = sign
    return [*runs, np.arange(first, len(values))]


def _joined(runs: list[NDArray[np.intp]], values: NDArray[np.float64]) -> list[NDArray[np.intp]]:
    """Join the last run with the first where it leads to the beginning of the axis."""
    start, end = values[runs[0]], values[runs[-1]]
    up = start[-1] > start[0]
    if len(runs) % 2 == 0 or (end[-1] > end[0]) != up:
        return runs
    largest = np.abs(np.diff(values)).max()
    gap = (start[0] - end[-1]) * (1 if up else -1)
    if not -1e-9 * largest <= gap <= 1.5 * largest:
        return runs
    tail = runs[-1] if gap > 1e-9 * largest else runs[-1][:-1]
    return [np.concatenate([tail, runs[0]]), *runs[1:-1]]

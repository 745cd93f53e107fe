"""How a map is read from a file, where the file leaves a choice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from didymos.schema import InputError


@dataclass(frozen=True)
class Reading:
    """What the user wants of a file; every field is one of :func:`didymos.open_map`.

    Attributes
    ----------
    channel : str, optional
        The channel to read.
    average_backward, average_sweeps : bool
        Average it with the other sweep direction; with the repeated sweeps.
    dims : tuple of str, optional
        Which axis of the array is which.
    lockin_phase : float or "auto", optional
        By how many degrees X and Y of the lock-in are rotated.
    lazy : bool, optional
        Leave the spectra in the file.
    """

    channel: str | None = None
    average_backward: bool = False
    average_sweeps: bool = False
    dims: tuple[str, ...] | None = None
    lockin_phase: float | Literal["auto"] | None = None
    lazy: bool | None = None


def parse_phase(phase: float | str | None) -> float | Literal["auto"] | None:
    """Check the phase of a lock-in: a number of degrees, "auto" or none.

    Raises
    ------
    InputError
        Where it is neither.
    """
    if phase is None or phase == "auto":
        return phase  # type: ignore[return-value]  # mypy does not narrow a str by its value
    try:
        degrees = float(phase)
    except (TypeError, ValueError):
        degrees = math.nan
    if not math.isfinite(degrees):
        raise InputError(f"lockin_phase is {phase!r}; allowed are auto or a number of degrees")
    return degrees


def parse_range(energy_range: Sequence[float]) -> tuple[float, float]:
    """Check a range of energies and return its ends, the lower one first.

    Raises
    ------
    InputError
        Where it is not two numbers.
    """
    try:
        low, high = sorted(float(edge) for edge in energy_range)
    except (TypeError, ValueError):
        raise InputError(f"energy_range is {energy_range!r}; allowed are a lowest and a highest energy") from None
    return low, high

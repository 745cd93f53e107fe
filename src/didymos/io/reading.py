"""How a map is read from a file, where the file leaves a choice."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from didymos.schema import InputError
from didymos.schema.given import in_words
from didymos.schema.records import from_mapping

READING = "reading"
"""The attribute of a map that holds the options it was read with, as JSON; the table of a file of settings."""


@dataclass(frozen=True, kw_only=True)
class ReadingSettings:
    """How a map is read from a file.

    Parameters
    ----------
    channel
        Channel to take; 'didymos info INPUT' lists the channels.
    average_backward
        Average the channel with its backward twin.
    average_sweeps
        Average the repeated sweeps of the channel.
    lockin_phase
        Degrees by which X and Y of the lock-in are rotated; auto finds the phase with the most signal in X.
    dims
        What each axis of the array is, in its order, where the names in the file do not tell: y,x,energy or
        point,energy.
    photon_energy
        Turn wavelengths into photon energies in eV, the signal with them.
    topography
        Nanonis scan image (.sxm) to take the topography from.
    current
        Channel of the recorded current, for calibrate and for normalise feenstra.
    """

    channel: str | None = None
    average_backward: bool = False
    average_sweeps: bool = False
    lockin_phase: str | None = None
    dims: str | None = None
    photon_energy: bool = False
    topography: Path | None = None
    current: str = "Current"

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, in one line."""
        for name in ("channel", "current"):
            value = getattr(self, name)
            if not (isinstance(value, str) or (value is None and name == "channel")):
                raise InputError(f"{name} is {in_words(value)}; allowed is the name of a channel, a text")
        for name in ("average_backward", "average_sweeps", "photon_energy"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} is {in_words(getattr(self, name))}; allowed are True and False")
        parse_phase(self.lockin_phase)

    @property
    def options(self) -> dict[str, Any]:
        """What :func:`didymos.open_map` is called with."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "current"}

    @property
    def given(self) -> dict[str, Any]:
        """The options that are not the defaults, as JSON values."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        usual = {field.name: field.default for field in fields(self)}
        return {n: str(v) if isinstance(v, Path) else v for n, v in named.items() if v != usual[n]}


def reading_of(values: Any, where: str = "") -> ReadingSettings:
    """Return the options a map is read with from a mapping of their names and values; the defaults from none.

    Raises
    ------
    InputError
        Where a name is unknown or a value is not allowed; the message begins with `where`.
    """
    if not values:
        return ReadingSettings()
    if not isinstance(values, Mapping):
        raise InputError(f"{where}{READING} is {in_words(values)}; allowed is a table: begin one with [{READING}]")
    values = dict(values)
    for name, kind in (("topography", Path), ("lockin_phase", str)):
        if isinstance(values.get(name), str | int | float):
            values[name] = kind(values[name])
    return from_mapping(ReadingSettings, values, f"{where}[{READING}] " if where else "")


def given_reading(attrs: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the options that a map was read with, by the attributes of the map; none where they do not say."""
    try:
        found = json.loads(str(attrs.get(READING, "{}")))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


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

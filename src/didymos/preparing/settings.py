"""How a map is prepared before anything else, checked when it is made."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from didymos.schema.given import in_words
from didymos.schema.names import InputError

BACKGROUNDS = ("none", "power-law", "als")
NORMALISATIONS = ("none", "feenstra", "set-point", "area", "maximum")
LEVELLINGS = ("none", "plane", "lines")
KERNELS = ("exponential", "gaussian")
PLACES = ("mask", "crop_x", "crop_y", "drift_reference")
"""Settings that name places of one surface: another map is not prepared with them."""

WITH = (
    ("background_range", "background", "power-law"),
    ("background_width", "background", "als"),
    ("broadening", "normalise", "feenstra"),
    ("kernel", "normalise", "feenstra"),
    ("set_point", "normalise", "set-point"),
)
"""Settings, and the step without which each has no effect."""


@dataclass(frozen=True)
class PreparingSettings:
    """How a map is prepared: nothing is done that is not asked for.

    The order is that of the fields: mask, crop, despike, level, drift, calibrate, align, background, normalise, smooth,
    bin.

    Parameters
    ----------
    mask
        File that names the positions to keep: .npy, .csv, .txt, .png or .nc, 1 where a spectrum stays and 0 where not.
    crop_x
        Lowest and highest x to keep, in units of the positions.
    crop_y
        Lowest and highest y to keep, in units of the positions.
    despike
        Remove values at single energies that neither the noise nor the neighbours explain.
    level
        Level the topography: none, plane (the tilt) or lines (the tilt, and scan lines to each other).
    drift_reference
        Map or topography of the same surface, whose positions the map gets.
    calibrate
        Bring a lock-in signal to nS with the recorded current.
    align
        Shift every spectrum in energy onto the median spectrum; not where shifts are physics.
    background
        Subtract a background: none, power-law (EELS) or als (a smooth line under peaks, for Raman and CL).
    background_range
        Energies before the edge that the power law is fitted to.
    background_width
        Structures broader than this belong to the smooth line, in units of the energies; a third of the range where it
        is not given.
    normalise
        Divide every spectrum: none, feenstra (by the broadened current over voltage), set-point (by its average from
        zero to the set-point), area (by its average) or maximum.
    broadening
        Width that the current over voltage is broadened by, in units of the energies; a tenth of the range where it is
        not given.
    kernel
        Shape of the broadening: exponential or gaussian.
    set_point
        Bias of the set-point, in units of the energies. Where it is not given, that of the file if it lies in the
        sweep, else the end of the range farther from zero.
    smooth
        Number of energies that a polynomial is fitted through (Savitzky-Golay), odd; 0 does not smooth.
    smooth_order
        Degree of the polynomial.
    bin_space
        Average so many rows and columns.
    bin_energy
        Average so many energies.
    """

    mask: str | None = None
    crop_x: tuple[float, float] | None = None
    crop_y: tuple[float, float] | None = None
    despike: bool = False
    level: Literal["none", "plane", "lines"] = "none"
    drift_reference: str | None = None
    calibrate: bool = False
    align: bool = False
    background: Literal["none", "power-law", "als"] = "none"
    background_range: tuple[float, float] | None = None
    background_width: float | None = None
    normalise: Literal["none", "feenstra", "set-point", "area", "maximum"] = "none"
    broadening: float | None = None
    kernel: Literal["exponential", "gaussian"] = "exponential"
    set_point: float | None = None
    smooth: int = 0
    smooth_order: int = 2
    bin_space: int = 1
    bin_energy: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, in one line."""
        for name in ("crop_x", "crop_y", "background_range"):
            object.__setattr__(self, name, check_range(name, getattr(self, name)))
        for name in ("mask", "drift_reference"):
            object.__setattr__(self, name, _checked_path(name, getattr(self, name)))
        for name in ("despike", "calibrate", "align"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} is {getattr(self, name)!r}; allowed are true and false")
        for name, allowed in (("level", LEVELLINGS), ("background", BACKGROUNDS), ("normalise", NORMALISATIONS),
                              ("kernel", KERNELS)):  # fmt: skip
            _one_of(name, getattr(self, name), allowed)
        for name in ("background_width", "broadening"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and value > 0):
                raise InputError(f"{name} is {value!r}; allowed are positive numbers")
        if self.set_point is not None and not (_is_number(self.set_point) and self.set_point != 0):
            raise InputError(f"set_point is {self.set_point!r}; allowed is a bias other than 0")
        if self.background == "power-law":
            check_window(self.background_range)
        check_smoothing(self.smooth, self.smooth_order)
        for name, step, wanted in WITH:
            if getattr(self, name) != type(self).__dict__[name] and getattr(self, step) != wanted:
                raise InputError(f"{name} has no effect without {step} {wanted!r}: give that as well, or leave it out")
        for name in ("bin_space", "bin_energy"):
            check_bin(name, getattr(self, name))

    @property
    def nothing(self) -> bool:
        """Whether a map stays as it is."""
        return (
            all(getattr(self, name) is None for name in PLACES)
            and not (self.despike or self.calibrate or self.align or self.smooth)
            and self.level == self.background == self.normalise == "none"
            and self.bin_space == self.bin_energy == 1
        )

    @property
    def changes_values(self) -> bool:
        """Whether values are averaged, shifted or divided, which can hide that a spectrum is corrupted."""
        return (
            self.align
            or self.background != "none"
            or self.normalise != "none"
            or self.smooth > 0
            or self.bin_space > 1
            or self.bin_energy > 1
        )

    @property
    def needs_current(self) -> bool:
        """Whether a step needs the recorded current."""
        return self.calibrate or self.normalise == "feenstra"

    def elsewhere(self) -> PreparingSettings:
        """Return how another map is prepared in the same way: without what names places of this one."""
        return dataclasses.replace(self, mask=None, crop_x=None, crop_y=None, drift_reference=None)

    def to_json(self) -> str:
        """Return all settings as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))


def check_smoothing(window: object, order: object) -> None:
    """Refuse a window or a degree that no polynomial can have; a window of 0 smooths nothing."""
    if not _is_whole(order) and order != 0:
        raise InputError(f"smooth_order is {order!r}; allowed are 0 and positive integers")
    if window == 0 and not isinstance(window, bool):
        return
    assert isinstance(order, int)
    if not (isinstance(window, int) and not isinstance(window, bool) and window > max(order, 1) and window % 2 == 1):
        raise InputError(
            f"smooth is {window!r}; allowed are 0 and odd numbers of energies over smooth_order ({order}), from 3 on"
        )


def check_bin(name: str, count: object) -> None:
    """Refuse what is no number of values to average."""
    if not _is_whole(count):
        raise InputError(f"{name} is {count!r}; allowed are positive integers")


def check_window(window: tuple[float, float] | None) -> None:
    """Refuse a window that no power law can be fitted to."""
    if window is None:
        raise InputError("background is 'power-law' without a background_range: give the energies before the edge")
    if window[0] <= 0:
        raise InputError(f"background_range begins at {window[0]:g}; a power law needs positive energies")


def preparing_of(given: Any) -> PreparingSettings:
    """Return settings from themselves, from a mapping of their values by name, or the defaults from None.

    Raises
    ------
    InputError
        Where they are anything else, a name is unknown or a value not allowed.
    """
    if isinstance(given, PreparingSettings):
        return given
    if given is None:
        return PreparingSettings()
    if not isinstance(given, dict):
        raise InputError(f"preparing is {in_words(given)}; allowed are PreparingSettings or their values by name")
    known = [field.name for field in dataclasses.fields(PreparingSettings)]
    for name in given:
        if name not in known:
            raise InputError(f"there is no setting {name!r} of preparing; there are {', '.join(sorted(known))}")
    return PreparingSettings(**given)


def check_range(name: str, given: object) -> tuple[float, float] | None:
    """Return a lowest and a highest value, or None where there are none; refuse everything else."""
    if given is None:
        return None
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != 2:
        raise InputError(f"{name} is {given!r}; allowed are a lowest and a highest value")
    low, high = given
    if not (_is_number(low) and _is_number(high) and low < high):
        raise InputError(f"{name} is {low} to {high}; the first value must be the smaller one")
    return (low, high)


def _checked_path(name: str, given: object) -> str | None:
    path = getattr(given, "__fspath__", lambda: given)()
    if path is not None and not (isinstance(path, str) and path):
        raise InputError(f"{name} is {given!r}; allowed is the name of a file")
    return path


def _one_of(name: str, value: object, allowed: Collection[str]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise InputError(f"{name} is {value!r}; allowed are {', '.join(allowed)}")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)

"""Options that all recipes share, checked when they are made, and what they mean."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import math
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from didymos.schema.names import InputError
from didymos.schema.suggestions import did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

Shape = tuple[int, int]
OptionsType = TypeVar("OptionsType", bound="MapOptions")


def is_finite(value: float) -> bool:
    """Return whether a number is finite, as a float."""
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def check_range(name: str, value: float, low: float, high: float = math.inf) -> None:
    """Raise an InputError where a number is outside of its range (ends included)."""
    if not low <= value <= high or not is_finite(value):
        upper = f" to {high:g}" if high < math.inf else ""
        raise InputError(f"{name} is {value}; allowed are numbers from {low:g}{upper}: choose one")


@dataclass(frozen=True, kw_only=True)
class MapOptions:
    """What every recipe can be asked for.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    energies : int
        Number of energies.
    energy_range : (float, float)
        First and last energy in mV.
    seed : int
        Seed of all random numbers.
    defects : int, optional
        Number of defects, the kinds in turn; without it as many as the recipe's density gives, at least one.
    defect_free : bool
        Leave the defects out.

    Raises
    ------
    InputError
        Where a value is outside its range.
    """

    KINDS: ClassVar[tuple[str, ...]] = ()
    """Kinds of defects that can be chosen."""
    DENSITY: ClassVar[float] = 0.0
    """Defects per point unless asked otherwise."""

    shape: Shape = (100, 100)
    energies: int = 512
    energy_range: tuple[float, float] = (-15.0, 15.0)
    seed: int = 0
    defects: int | None = None
    defect_free: bool = False

    def __post_init__(self) -> None:
        sizes = tuple(self.shape)
        if len(sizes) != 2 or any(int(size) != size or size < 1 for size in sizes):
            raise InputError(f"shape is {self.shape}; allowed are two positive integers, rows and columns: choose them")
        low, high = self.energy_range
        if (
            int(self.energies) != self.energies
            or self.energies < 2
            or not (is_finite(low) and is_finite(high))
            or low >= high
        ):
            raise InputError(
                f"{self.energies} energies from {low} to {high} mV came; allowed are at least 2 over an ascending "
                "range: choose them"
            )
        if isinstance(self.seed, bool) or not isinstance(self.seed, Integral) or self.seed < 0:
            raise InputError(f"seed is {self.seed!r}; allowed are non-negative integers: choose one")
        if self.defects is not None and (int(self.defects) != self.defects or self.defects < 0):
            raise InputError(f"defects is {self.defects}; allowed are non-negative integers: choose one")
        # plain numbers, so that the parameters of a map are the same whoever asked for it
        object.__setattr__(self, "shape", (int(sizes[0]), int(sizes[1])))
        object.__setattr__(self, "energy_range", (float(low), float(high)))
        for name in ("energies", "seed", "defects"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else int(value))

    @property
    def energy(self) -> NDArray[np.float64]:
        """Evenly spaced energies in mV, ascending, shape (energies,)."""
        import numpy as np  # whoever only reads options is spared numpy

        return np.linspace(*self.energy_range, int(self.energies))

    @property
    def defect_number(self) -> int:
        """How many defects: those asked for, none, or (at least one) as the density per point gives."""
        if self.defect_free:
            return 0
        if self.defects is None:
            return max(1, round(self.DENSITY * self.shape[0] * self.shape[1]))
        return int(self.defects)

    def parameters(self) -> dict[str, Any]:
        """Return all options with the number of defects, as JSON knows them."""
        values = dataclasses.asdict(self) | {"defects": self.defect_number}
        return dict(json.loads(json.dumps(values, default=float)))


def recipe(kind: type[OptionsType]) -> Callable[[Callable[[OptionsType], xr.Dataset]], Callable[..., xr.Dataset]]:
    """Turn a function of an options object into one of keywords, with their defaults and meanings in its help.

    Parameters
    ----------
    kind : type
        Class of the options.

    Returns
    -------
    callable
        A decorator. The function that it makes raises an InputError, which lists the names that are known, at an
        unknown one.
    """
    allowed = {field.name: field for field in dataclasses.fields(kind)}

    def decorate(function: Callable[[OptionsType], xr.Dataset]) -> Callable[..., xr.Dataset]:
        @functools.wraps(function)
        def simulate(**given: Any) -> xr.Dataset:
            return function(options_of(kind, given))

        signature = inspect.Signature(
            [
                inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=field.type)
                for name, field in allowed.items()
            ],
            return_annotation="xr.Dataset",
        )
        vars(simulate)["__signature__"] = signature  # what inspect, help and editors read
        before, _, after = (function.__doc__ or "").partition("    Returns\n")
        simulate.__doc__ = f"{before}{_parameter_section(kind)}\n    Returns\n{after}"
        return simulate

    return decorate


def options_of(kind: type[OptionsType], given: dict[str, Any]) -> OptionsType:
    """Return options from keywords.

    Parameters
    ----------
    kind : type
        Class of the options.
    given : dict
        Values by name.

    Raises
    ------
    InputError
        Where a name is unknown, or a value is of a wrong type or outside its range.
    """
    allowed = [field.name for field in dataclasses.fields(kind)]
    unknown = sorted(set(given) - set(allowed))
    if unknown:
        near = did_you_mean(unknown[0], allowed) or ": correct the name"
        raise InputError(f"unknown option {', '.join(unknown)}; allowed are {', '.join(allowed)}{near}")
    try:
        return kind(**given)
    except InputError:
        raise
    except (TypeError, ValueError):
        for name, value in given.items():
            try:
                kind(**{name: value})
            except InputError:
                continue
            except (TypeError, ValueError) as error:
                what = option_meanings(kind)[name][0]
                raise InputError(f"{name} is {value!r}; allowed is {what}: correct it") from error
        raise


def _parameter_section(kind: type[MapOptions]) -> str:
    lines = ["    Parameters", "    ----------"]
    for name, (what, meaning) in option_meanings(kind).items():
        lines += [
            f"    {name} : {what}",
            *textwrap.wrap(meaning, 110, initial_indent=" " * 8, subsequent_indent=" " * 8),
        ]
    return "\n".join(lines) + "\n"


def option_meanings(kind: type[MapOptions]) -> dict[str, tuple[str, str]]:
    """Return type and meaning of each option by its name, read from the docstrings of its class and their parents.

    Parameters
    ----------
    kind : type
        Class of the options.

    Returns
    -------
    dict
        In the order of the fields.
    """
    known: dict[str, tuple[str, str]] = {}
    for parent in reversed(kind.__mro__):
        section = re.search(r"Parameters\s+-{10,}\n(.*?)(\n\s*\n|\Z)", parent.__doc__ or "", flags=re.DOTALL)
        entries = re.findall(r"^ {4}(\w+) : (.+)\n((?: {8}.*\n?)+)", section[1] if section else "", flags=re.MULTILINE)
        known |= {name: (what, " ".join(meaning.split())) for name, what, meaning in entries}
    return {field.name: known[field.name] for field in dataclasses.fields(kind)}

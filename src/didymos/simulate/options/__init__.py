"""Options of the recipes, checked when they are made; nothing heavy is imported for them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from didymos.schema.names import InputError
from didymos.schema.suggestions import did_you_mean
from didymos.simulate.options.base import MapOptions, Shape, check_range, option_meanings, options_of, recipe
from didymos.simulate.options.fese import FeseOptions
from didymos.simulate.options.kondo import KondoOptions
from didymos.simulate.options.landau import LandauOptions
from didymos.simulate.options.measurement import Measurement
from didymos.simulate.options.polynomials import PolynomialsOptions
from didymos.simulate.options.semiconductor import SemiconductorOptions
from didymos.simulate.options.surface import SurfaceOptions, Texture

__all__ = [
    "OPTIONS",
    "FeseOptions",
    "KondoOptions",
    "LandauOptions",
    "MapOptions",
    "Measurement",
    "PolynomialsOptions",
    "SemiconductorOptions",
    "Shape",
    "SurfaceOptions",
    "Texture",
    "check_range",
    "option_meanings",
    "options_of",
    "recipe",
    "recipe_options",
]

OPTIONS: Mapping[str, type[MapOptions]] = MappingProxyType(
    {
        "fese": FeseOptions,
        "kondo": KondoOptions,
        "landau": LandauOptions,
        "polynomials": PolynomialsOptions,
        "semiconductor": SemiconductorOptions,
    }
)
"""The options of every recipe by its name."""


def recipe_options(name: str) -> dict[str, Any]:
    """Return the options of a recipe by name, with their defaults.

    Parameters
    ----------
    name : str
        A key of `OPTIONS`.

    Returns
    -------
    dict
        Of the recipe itself, and of its `Measurement`.

    Raises
    ------
    InputError
        Where there is no such recipe.
    """
    if not isinstance(name, str) or name not in OPTIONS:
        raise InputError(f"no recipe is called {name!r}; allowed are {', '.join(OPTIONS)}{did_you_mean(name, OPTIONS)}")
    return {field.name: field.default for field in dataclasses.fields(OPTIONS[name])}

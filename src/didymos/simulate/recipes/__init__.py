"""Ready-made maps with known truth, one file per recipe."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import xarray as xr

from didymos.schema import InputError
from didymos.simulate.options import MapOptions
from didymos.simulate.recipes.fese import FeseOptions, fese
from didymos.simulate.recipes.kondo import KondoOptions, kondo
from didymos.simulate.recipes.landau import LandauOptions, landau
from didymos.simulate.recipes.polynomials import PolynomialsOptions, polynomials
from didymos.simulate.recipes.semiconductor import SemiconductorOptions, semiconductor

__all__ = ["OPTIONS", "RECIPES", "fese", "kondo", "landau", "polynomials", "recipe_options", "semiconductor"]

RECIPES: Mapping[str, Callable[..., xr.Dataset]] = MappingProxyType(
    {"fese": fese, "kondo": kondo, "landau": landau, "polynomials": polynomials, "semiconductor": semiconductor}
)
"""Every recipe by its name."""

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


def recipe_options(recipe: str) -> dict[str, Any]:
    """Return the options of a recipe by name, with their defaults.

    Parameters
    ----------
    recipe : str
        A key of `RECIPES`.

    Returns
    -------
    dict
        Of the recipe itself, and of its `Measurement`.

    Raises
    ------
    InputError
        Where there is no such recipe.
    """
    if recipe not in RECIPES:
        raise InputError(f"no recipe is called {recipe!r}; allowed are {', '.join(RECIPES)}: choose one")
    return {field.name: field.default for field in dataclasses.fields(OPTIONS[recipe])}

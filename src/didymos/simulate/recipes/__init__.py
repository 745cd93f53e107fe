"""Ready-made maps with known truth, one file per recipe."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import xarray as xr

from didymos.schema import InputError
from didymos.simulate.measurement import Measurement
from didymos.simulate.recipes.fese import MEASUREMENT as FESE_MEASUREMENT
from didymos.simulate.recipes.fese import fese
from didymos.simulate.recipes.polynomials import polynomials
from didymos.simulate.recipes.semiconductor import MEASUREMENT as SEMICONDUCTOR_MEASUREMENT
from didymos.simulate.recipes.semiconductor import semiconductor

__all__ = ["RECIPES", "fese", "polynomials", "recipe_options", "semiconductor"]

RECIPES: Mapping[str, Callable[..., xr.Dataset]] = MappingProxyType(
    {"fese": fese, "polynomials": polynomials, "semiconductor": semiconductor}
)
"""Every recipe by its name."""

MEASUREMENTS: Mapping[str, Measurement] = MappingProxyType(
    {"fese": FESE_MEASUREMENT, "semiconductor": SEMICONDUCTOR_MEASUREMENT}
)
"""How the recipes that model a microscope measure unless asked otherwise."""


def recipe_options(recipe: str) -> dict[str, Any]:
    """Return the options of a recipe by name, with their defaults.

    Parameters
    ----------
    recipe : str
        A key of `RECIPES`.

    Returns
    -------
    dict
        Of the recipe itself, then of its `Measurement`.

    Raises
    ------
    InputError
        Where there is no such recipe.
    """
    if recipe not in RECIPES:
        raise InputError(f"no recipe is called {recipe!r}; allowed are {', '.join(RECIPES)}: choose one")
    parameters = inspect.signature(RECIPES[recipe]).parameters.values()
    own = {each.name: each.default for each in parameters if each.kind is not each.VAR_KEYWORD}
    return own | (asdict(MEASUREMENTS[recipe]) if recipe in MEASUREMENTS else {})

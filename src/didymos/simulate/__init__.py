"""Surfaces with known truth: what a microscope would have seen, and what is really there."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.simulate.options import OPTIONS, recipe_options
    from didymos.simulate.recipes.fese import fese
    from didymos.simulate.recipes.kondo import kondo
    from didymos.simulate.recipes.landau import landau
    from didymos.simulate.recipes.polynomials import polynomials
    from didymos.simulate.recipes.registry import RECIPES
    from didymos.simulate.recipes.semiconductor import semiconductor

__all__ = ["OPTIONS", "RECIPES", "fese", "kondo", "landau", "polynomials", "recipe_options", "semiconductor"]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "options": ("OPTIONS", "recipe_options"),
        "recipes.fese": ("fese",),
        "recipes.kondo": ("kondo",),
        "recipes.landau": ("landau",),
        "recipes.polynomials": ("polynomials",),
        "recipes.registry": ("RECIPES",),
        "recipes.semiconductor": ("semiconductor",),
    },
)

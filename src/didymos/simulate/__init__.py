"""Surfaces with known truth: what a microscope would have seen, and what is really there."""

from didymos.simulate.recipes import OPTIONS, RECIPES, fese, kondo, landau, polynomials, recipe_options, semiconductor

__all__ = ["OPTIONS", "RECIPES", "fese", "kondo", "landau", "polynomials", "recipe_options", "semiconductor"]

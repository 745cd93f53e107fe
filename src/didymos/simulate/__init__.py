"""Surfaces with known truth: what a microscope would have seen, and what is really there."""

from didymos.simulate.recipes import RECIPES, fese, polynomials, recipe_options, semiconductor

__all__ = ["RECIPES", "fese", "polynomials", "recipe_options", "semiconductor"]

"""The recipes by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import xarray as xr

from didymos.simulate.recipes.fese import fese
from didymos.simulate.recipes.kondo import kondo
from didymos.simulate.recipes.landau import landau
from didymos.simulate.recipes.polynomials import polynomials
from didymos.simulate.recipes.semiconductor import semiconductor

RECIPES: Mapping[str, Callable[..., xr.Dataset]] = MappingProxyType(
    {"fese": fese, "kondo": kondo, "landau": landau, "polynomials": polynomials, "semiconductor": semiconductor}
)
"""Every recipe by its name, as :data:`didymos.simulate.OPTIONS` has their options."""

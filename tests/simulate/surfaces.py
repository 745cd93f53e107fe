"""Simulated surfaces that several tests look at, each made once in a process; nobody may change them."""

from functools import lru_cache

from didymos.simulate import RECIPES

QUICK = {"fese": {"lifetime": 4.0}, "kondo": {"lifetime": 20.0}, "landau": {"lifetime": 20.0}}
QUICK["semiconductor"] = {"lifetime": 80.0}
"""Electrons of shorter life need fewer energies or a smaller lattice."""


@lru_cache(maxsize=None, typed=True)
def simulated(recipe, **options):
    """Return a surface of electrons of short life, where no other is asked for."""
    return made(recipe, **{**QUICK.get(recipe, {}), **options})


@lru_cache(maxsize=None, typed=True)
def made(recipe, **options):
    """Return the surface of a recipe with these options, and the recipe's own ones otherwise."""
    data = RECIPES[recipe](**options)
    for variable in data.variables.values():
        if isinstance(variable.data, type(data["spectra"].values)):
            variable.values.setflags(write=False)
    return data

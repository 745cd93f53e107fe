"""Packages whose names are imported on first use: whoever needs one of them does not wait for the others."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def lazily(
    package: str, homes: Mapping[str, Sequence[str]], modules: Sequence[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package that imports a name when it is first asked for.

    Parameters
    ----------
    package : str
        Name of the package; its ``__all__`` lists the names that are there.
    homes : mapping of str to sequence of str
        Names by the module within the package that has them.
    modules : sequence of str
        Modules within the package that are names themselves.

    Returns
    -------
    tuple of two callables
        See PEP 562.
    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> Any:
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{package}.{home_of[name]}"), name)
        vars(sys.modules[package])[name] = found  # the next one to ask finds it at once
        return found

    def names() -> list[str]:
        return sorted(sys.modules[package].__all__)

    return get, names

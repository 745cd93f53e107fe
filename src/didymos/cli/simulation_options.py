"""The options of `didymos simulate`: those of all recipes."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, get_type_hints

from cyclopts import Parameter

from didymos.simulate.options import OPTIONS, option_meanings


def _simulation_options() -> type:
    """Return a class of the options of all recipes; those that are not given stay None."""
    types: dict[str, Any] = {}
    meanings: dict[str, dict[str, list[str]]] = {}  # option: meaning: recipes
    for name, kind in OPTIONS.items():
        types |= get_type_hints(kind)
        for option, (_, meaning) in option_meanings(kind).items():
            meanings.setdefault(option, {}).setdefault(meaning, []).append(name)
    fields = []
    for option, texts in meanings.items():
        parts = [_for_recipes(recipes) + meaning for meaning, recipes in texts.items()]
        if option == "kinds":
            parts += [f"[{name}] {', '.join(kind.KINDS)}." for name, kind in OPTIONS.items() if kind.KINDS]
        help_text = Parameter(help=" ".join(parts), negative=())
        fields.append((option, Annotated[types[option] | None, help_text], dataclasses.field(default=None)))
    return dataclasses.make_dataclass("SimulationOptions", fields, kw_only=True, namespace={"__module__": __name__})


def _for_recipes(names: list[str]) -> str:
    """Return which recipes a meaning is for, in brackets, or nothing where it is for all."""
    others = [name for name in OPTIONS if name not in names]
    if not others:
        return ""
    return f"[not {others[0]}] " if len(others) == 1 else f"[{', '.join(names)}] "


SimulationOptions = Annotated[_simulation_options(), Parameter(name="*")]  # type: ignore[valid-type]  # see simulate

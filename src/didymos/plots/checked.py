"""What every figure function does: it checks what came and draws in the style."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib
from matplotlib.colors import Colormap

from didymos.plots.styling import style
from didymos.schema import InputError
from didymos.schema.given import in_words, is_dataset, no_result
from didymos.schema.suggestions import did_you_mean

METHOD = "one method of a comparison"
COMPARED = (METHOD, "a comparison")

P = ParamSpec("P")
R = TypeVar("R")


def styled(*needs: str, of: str = "a result") -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a figure function draw in the style, and answer wrong input in one line.

    Parameters
    ----------
    *needs : str
        Variables without which nothing can be drawn.
    of : str
        What the function draws, for messages.
    """

    def decorated(draw: Callable[P, R]) -> Callable[P, R]:
        name = getattr(draw, "__name__", "a figure")
        known = tuple(inspect.signature(draw).parameters)

        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
            unknown = next((keyword for keyword in kwargs if keyword not in known), None)
            if unknown is not None:
                allowed = ", ".join(known[1:])
                raise InputError(f"{name} has no {unknown!r}; allowed are {allowed}{did_you_mean(unknown, known)}")
            data: Any = args[0] if args else kwargs.get(known[0])
            _check_data(data, name, needs, of)
            if "cmap" in kwargs:
                kwargs["cmap"] = _colours(kwargs["cmap"])
                if kwargs["cmap"] is None:
                    del kwargs["cmap"]
            with style():
                return draw(*args, **kwargs)

        return drawn

    return decorated


def _check_data(data: Any, name: str, needs: tuple[str, ...], of: str) -> None:
    if not is_dataset(data) or (of in COMPARED and ("algorithm" in data.dims) is (of == METHOD)):
        raise no_result(data, name, of)
    lacking = [need for need in needs if need not in data.variables]
    if lacking and in_words(data) != of:
        raise no_result(data, name, f"{of} with {', '.join(lacking)}")
    if lacking:
        raise InputError(
            f"{name} draws {', '.join(lacking)}, which this result does not hold: didymos.plots.available(result) "
            "names the figures that it can show"
        )


def _colours(cmap: Any) -> Any:
    """Return a colour map or its name as they are, and refuse what is neither."""
    if cmap is None or isinstance(cmap, Colormap):
        return cmap
    names = sorted(matplotlib.colormaps)
    if not isinstance(cmap, str) or cmap not in names:
        raise InputError(
            f"cmap is {cmap!r}; allowed are the colour maps of matplotlib, such as cividis, viridis and RdBu_r"
            f"{did_you_mean(cmap, names)}"
        )
    return cmap

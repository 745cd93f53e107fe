"""The panels of a figure: made anew, or those of the caller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from didymos.plots.styling import COLUMN_WIDTH, logarithmic, tidy
from didymos.schema import InputError
from didymos.schema.given import in_words

AxesLike = Axes | Sequence[Axes] | np.ndarray[Any, Any] | None
"""What a figure function takes as `ax`: one, as many as there are panels, or None for a new figure."""
Panels = Any
"""What a figure function with several panels returns: an array of Axes, or the one Axes that it was given."""
Size = tuple[float, float] | None
"""Width and height in inches; None for those that suit the figure."""
Colours = str | Colormap
"""A colour map or its name."""

_DETACHED: ContextVar[bool] = ContextVar("detached", default=False)


@contextmanager
def detached() -> Iterator[None]:
    """Keep new figures from pyplot: who writes files shows none, and may draw in several threads."""
    token = _DETACHED.set(True)
    try:
        yield
    finally:
        _DETACHED.reset(token)


def new_figure(width: float, height: float, figsize: Size, **options: Any) -> Figure:
    """Return a new figure of a size in inches; pyplot knows and shows it, but for figures within :func:`detached`."""
    size = (width, height) if figsize is None else _checked_size(figsize)
    if _DETACHED.get():
        return Figure(figsize=size, **options)
    from matplotlib import pyplot  # chooses a backend, which only who looks at a figure needs

    return pyplot.figure(figsize=size, **options)


def figure_of(drawn: Figure | Panels) -> Figure:
    """Return the figure of what a figure function has returned.

    Parameters
    ----------
    drawn : matplotlib.axes.Axes, array of them, or matplotlib.figure.Figure

    Returns
    -------
    matplotlib.figure.Figure
    """
    if isinstance(drawn, Figure):
        return drawn
    known = isinstance(drawn, Axes | np.ndarray | list | tuple)
    panels = np.ravel(np.asarray(drawn if known else [], dtype=object))
    if not panels.size or not all(isinstance(panel, Axes) for panel in panels):
        raise InputError(
            f"a figure is {in_words(drawn)}; allowed are a matplotlib figure and what a function of "
            "didymos.plots returns"
        )
    figure: Figure = panels[0].figure.figure
    return figure


@dataclass(frozen=True)
class Sheet:
    """The panels of a figure, and whether the figure is ours to lay out.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
        The figure that the panels belong to.
    axes : list of matplotlib.axes.Axes
        The panels, row by row.
    own : bool
        False where the caller gave the axes.
    first_only : bool
        Whether the caller gave one axes for the first of several panels; the others are drawn aside.
    """

    figure: Figure
    axes: list[Axes]
    own: bool
    first_only: bool = False

    @property
    def single(self) -> Axes:
        """The panel of a figure with one panel."""
        return self.axes[0]

    @property
    def several(self) -> Panels:
        """The panels, shape (n_panels,); the first one where the caller gave only that."""
        if self.first_only:
            return self.axes[0]
        panels = np.empty(len(self.axes), dtype=object)
        panels[:] = self.axes
        return panels

    def legend(self, handles: Sequence[Artist], columns: int = 4, panel: int = 0) -> None:
        """Put a legend under a figure of ours, or into panel number `panel` of somebody else's."""
        if not handles:
            return
        if self.own:
            # Figure-wide handles are shown in rows, so that a short last row stays at the left
            self.figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)))
        else:
            frame = {"frameon": True, "framealpha": 0.85, "edgecolor": "none"}
            self.axes[panel].legend(handles=handles, loc="best", **frame)

    def letters(self) -> None:
        """Write a, b, c ... above the panels of a figure of ours."""
        if self.own and len(self.axes) > 1:
            for axes, letter in zip(self.axes, "abcdefgh", strict=False):
                axes.set_title(letter, loc="left", fontweight="bold", pad=3)

    def colour_bar(
        self,
        mappable: ScalarMappable,
        axes: Axes | list[Axes],
        label: str,
        location: str,
        extend: str,
        aspect: float = 18,
        room: float = 0.08,
    ) -> None:
        """Put a labelled colour bar beside or above a panel, or several."""
        given = [axes[0]] if isinstance(axes, list) and self.first_only else axes
        bar = figure_of(given if isinstance(given, Axes) else given[0]).colorbar(
            mappable,
            ax=given,
            location=location,
            label=label,
            extend=extend,
            aspect=aspect,
            pad=0.375 * room,
            fraction=room,
        )
        tidy(bar.ax)
        bar.outline.set_linewidth(0.5)
        axis = bar.ax.xaxis if location in ("top", "bottom") else bar.ax.yaxis
        locator = axis.get_major_locator()
        if isinstance(locator, MaxNLocator):
            locator.set_params(nbins=3 if location in ("top", "bottom") else 4)
        elif isinstance(locator, LogLocator):
            logarithmic(axis)


def sheet(ax: AxesLike, mosaic: Sequence[Sequence[str]], height: float, figsize: Size = None, **options: Any) -> Sheet:
    """Make the panels of a figure, or take those that the caller gave.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or sequence of them, optional
        The caller's axes, as many as there are panels; a single one becomes the first panel.
    mosaic : sequence of rows of names
        The arrangement of the panels.
    height : float
        Height of a new figure in inches.
    figsize : (float, float), optional
        Width and height of a new figure instead.
    **options
        Passed to :meth:`matplotlib.figure.Figure.subplot_mosaic`.

    Returns
    -------
    Sheet
        The figure with its panels.

    Raises
    ------
    InputError
        Where the number of axes does not fit, or something else came.
    """
    count = len(dict.fromkeys(name for row in mosaic for name in row))
    if ax is None:
        figure = new_figure(COLUMN_WIDTH, height, figsize, layout="constrained")
        panels = list(figure.subplot_mosaic([list(row) for row in mosaic], **options).values())
    else:
        panels = checked_axes(ax, count)
        figure = figure_of(panels[0])
    first_only = len(panels) < count
    if first_only:
        aside = Figure().subplots(1, count - 1, squeeze=False)
        panels += list(aside.ravel())
    for panel in panels:
        tidy(panel)
    return Sheet(figure, panels, own=ax is None, first_only=first_only)


def checked_axes(ax: Any, count: int) -> list[Axes]:
    """Return the caller's axes: as many as there are panels, or one for the first."""
    if isinstance(ax, Axes):
        return [ax]
    panels = list(np.ravel(np.asarray(ax, dtype=object)))
    if not panels or not all(isinstance(panel, Axes) for panel in panels):
        raise InputError(
            f"ax is {in_words(ax)}; allowed is a matplotlib Axes"
            + (f", or a list or array of {count}" if count > 1 else "")
        )
    if len(panels) != count:
        remedy = "pass one" if count == 1 else f"pass {count}, or one for the first panel"
        what = f"this figure has {count} panel{'s' * (count > 1)}"
        raise InputError(f"{what}, {len(panels)} axes were given: {remedy}")
    return panels


def _checked_size(figsize: Any) -> tuple[float, float]:
    try:
        width, height = (float(side) for side in figsize)
    except (TypeError, ValueError):
        width = height = 0.0
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise InputError(f"figsize is {figsize!r}; allowed are a width and a height in inches, for example (3.4, 2.6)")
    return width, height

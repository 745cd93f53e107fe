"""One style for every figure: colours safe for colour-blind readers, one journal column wide, nothing under 7 pt."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, cast

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from didymos.schema import Region

COLUMN_WIDTH = 8.6 / 2.54
"""Width of every figure in inches: one journal column of 8.6 cm."""

REGION_COLOURS = {
    Region.MISSING: "#e3e3e3",
    Region.MAJORITY: "#0072b2",
    Region.TRANSITION: "#e69f00",
    Region.MINORITY: "#d55e00",
    Region.ARTEFACT: "#cc79a7",
}
"""Colours of the regions (Okabe and Ito)."""

REGION_LINES = {Region.MAJORITY: "-", Region.TRANSITION: "--", Region.MINORITY: "-"}

KIND_COLOURS = (
    "#117733",
    "#882255",
    "#88ccee",
    "#ddcc77",
    "#332288",
    "#aa4499",
    "#44aa99",
    "#999933",
    "#cc6677",
)
"""Colours of the kinds, repeated beyond nine (Tol, muted)."""

NEAR_COLOUR, FAR_COLOUR = "#56b4e9", "#009e73"
SCORE_COLOURS, HEIGHT_COLOURS, ABUNDANCE_COLOURS, CORRELATION_COLOURS = "cividis", "gray", "viridis", "RdBu_r"
DENSITY_COLOURS = ListedColormap(matplotlib.colormaps["Greys"](np.linspace(0.35, 1, 256)))
"""Greys for counts: even the lowest is seen on white."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
INK, FAINT = "#1a1a1a", "#8c8c8c"

STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 7.5,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.5,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.linewidth": 0.6,
    "axes.formatter.useoffset": False,
    "axes.formatter.use_mathtext": False,
    "axes.labelpad": 2.5,
    "axes.unicode_minus": True,
    "axes.spines.top": True,
    "axes.spines.right": True,
    "figure.facecolor": "white",
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.handlelength": 1.5,
    "legend.handletextpad": 0.5,
    "legend.columnspacing": 1.2,
    "legend.borderaxespad": 0.3,
    "lines.linewidth": 1.1,
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "didymos",
    "text.usetex": False,
}

AxesLike = Axes | Sequence[Axes] | np.ndarray[Any, Any] | None
"""What a figure function takes as `axes`: one, several, or None for a new figure."""

P = ParamSpec("P")


@contextmanager
def style() -> Iterator[None]:
    """Apply the style within a ``with`` block; the settings of the caller come back afterwards."""
    with matplotlib.rc_context(cast(Any, STYLE)):
        yield


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let a figure function draw in the style."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with style():
            return draw(*args, **kwargs)

    return drawn


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
    """

    figure: Figure
    axes: list[Axes]
    own: bool

    def legend(self, handles: Sequence[Artist], columns: int = 4, panel: int = 0) -> None:
        """Put a legend under a figure of ours, or into panel number `panel` of somebody else's."""
        if not handles:
            return
        if self.own:
            # Figure-wide handles are shown in rows, so that a short last row stays at the left
            self.figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)))
        else:
            self.axes[panel].legend(handles=handles, loc="best")

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
        bar = self.figure.colorbar(
            mappable,
            ax=axes,
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


def power_of_ten(value: float, position: int | None = None) -> str:
    """Return "10³": in plain characters, as the parser of formulas takes longer than all the rest of a figure."""
    exponent = round(math.log10(value)) if value > 0 else 0
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def logarithmic(axis: Any) -> None:
    """Label a logarithmic axis with whole powers of ten where it holds two of them, else with numbers."""
    low, high = axis.get_view_interval()
    decades = math.floor(math.log10(high)) - math.ceil(math.log10(low)) if low > 0 else 2
    axis.set_minor_formatter(NullFormatter())
    if decades >= 1:
        axis.set_major_locator(LogLocator(numticks=6))
        axis.set_major_formatter(FuncFormatter(power_of_ten))
    else:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
        axis.set_minor_locator(NullLocator())


def tidy(axes: Axes) -> None:
    """Fix the ticks of an axes: they are made at drawing time, when the style no longer applies."""
    axes.tick_params(which="major", labelsize=7, length=2.5, width=0.6, pad=2, color=INK, labelcolor=INK)
    axes.tick_params(which="minor", length=1.5, width=0.4, color=INK)


def sheet(axes: AxesLike, mosaic: Sequence[Sequence[str]], height: float, **options: Any) -> Sheet:
    """Make the panels of a figure, or take those that the caller gave.

    Parameters
    ----------
    axes : matplotlib.axes.Axes or sequence of them, optional
        The caller's axes, as many as there are panels.
    mosaic : sequence of rows of names
        The arrangement of the panels.
    height : float
        Height of a new figure in inches.
    **options
        Passed to :meth:`matplotlib.figure.Figure.subplot_mosaic`.

    Returns
    -------
    Sheet
        The figure with its panels.

    Raises
    ------
    ValueError
        Where the number of axes does not fit.
    """
    count = len(dict.fromkeys(name for row in mosaic for name in row))
    if axes is None:
        figure = Figure(figsize=(COLUMN_WIDTH, height), layout="constrained")
        panels = list(figure.subplot_mosaic([list(row) for row in mosaic], **options).values())
    else:
        panels = [axes] if isinstance(axes, Axes) else list(np.ravel(np.asarray(axes, dtype=object)))
        if len(panels) != count:
            raise ValueError(f"this figure has {count} panels, {len(panels)} axes were given: pass {count} or none")
        figure = panels[0].figure.figure
    for panel in panels:
        tidy(panel)
    return Sheet(figure, panels, own=axes is None)

"""One style for every figure: colours safe for colour-blind readers, one journal column wide, nothing under 7 pt."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from didymos.plots.numbers import SUPERSCRIPTS, number
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
SCORE_COLOURS, SPREAD_COLOURS, ABUNDANCE_COLOURS = "cividis", "viridis", "viridis"
HEIGHT_COLOURS, CORRELATION_COLOURS = "gray", "RdBu_r"
DENSITY_COLOURS = ListedColormap(matplotlib.colormaps["Greys"](np.linspace(0.35, 1, 256)))
"""Greys for counts: even the lowest is seen on white."""
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


@contextmanager
def style() -> Iterator[None]:
    """Apply the style within a ``with`` block; the settings of the caller come back afterwards."""
    with matplotlib.rc_context(cast(Any, STYLE)):
        yield


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
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        axis.set_minor_locator(NullLocator())


def tidy(axes: Axes) -> None:
    """Fix the ticks of an axes: they are made at drawing time, when the style no longer applies."""
    axes.tick_params(which="major", labelsize=7, length=2.5, width=0.6, pad=2, color=INK, labelcolor=INK)
    axes.tick_params(which="minor", length=1.5, width=0.4, color=INK)

"""All methods at a glance: small pictures without words, alone or on one sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from didymos.plots.comparison import has_truth, of_method
from didymos.plots.comparison_plane import draw_plane, truth_dots
from didymos.plots.histogram import draw_density
from didymos.plots.latent_distances import step_words
from didymos.plots.maps import draw_flags, draw_values, over_space
from didymos.plots.styling import COLUMN_WIDTH, FAINT, SCORE_COLOURS, AxesLike, styled
from didymos.plots.surface import Surface, surface
from didymos.plots.units import edges, plain

THUMBNAIL = 1.6
"""Width and height of a small picture in inches."""
GAP, TITLE, HEAD, FOOT = 0.08, 0.19, 0.34, 0.3
"""Space between panels, and heights of the title of a row, the head and the foot of the sheet, in inches."""
LONGEST_PAGE, FLATTEST = 9.6, 0.5
"""Height in inches beyond which rows become flatter, down to this height over width."""
LONGEST_NAME = 34


def draw_small_map(axes: Axes, one: xr.Dataset) -> None:
    """Draw the map of the score; outlines would hide defects this small."""
    where = surface(one)
    draw_values(None, axes, where, over_space(one, "method_score").astype(float), "", SCORE_COLOURS)
    draw_flags(axes, where, one)


def draw_small_plane(axes: Axes, one: xr.Dataset) -> None:
    """Draw the latent plane coloured by truth, without one by group."""
    draw_plane(axes, one, size=3)


def draw_small_distances(axes: Axes, one: xr.Dataset) -> None:
    """Draw the density of spectra over distance from the mean in the data (across) and to the method (up)."""
    counts = one["distance_correlation"].transpose("latent_distance_bin", "raw_distance_bin").values
    draw_density(axes, edges(one["raw_distance_bin"].values), edges(one["latent_distance"].values), counts)


SMALL: Mapping[str, tuple[str, Callable[[Axes, xr.Dataset], None]]] = {
    "map": ("method_score", draw_small_map),
    "plane": ("latent", draw_small_plane),
    "distances": ("distance_correlation", draw_small_distances),
}
"""The small pictures by name: the variable that each needs, and what draws it."""


def can_draw_small(one: xr.Dataset, kind: str) -> bool:
    """Return whether one method of a comparison holds what a small picture shows."""
    name = SMALL[kind][0]
    if name not in one:
        return False
    known = one[name] > 0 if kind == "distances" else one[name].notnull()
    return bool(known.any())


@styled
def thumbnail(one: xr.Dataset, kind: str, axes: AxesLike = None) -> Figure:
    """Draw a small picture without any words.

    Parameters
    ----------
    one : xarray.Dataset
        One method of a comparison (:func:`didymos.plots.of_method`).
    kind : {"map", "plane", "distances"}
        Score over the surface, latent plane, or distance correlation.
    axes : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, a square.
    """
    if isinstance(axes, Axes):
        figure, panel = axes.figure.figure, axes
    else:
        figure = Figure(figsize=(THUMBNAIL, THUMBNAIL))
        panel = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    SMALL[kind][1](panel, one)
    _bare(panel)
    return figure


@styled
def comparison_overview(comparison: xr.Dataset) -> Figure:
    """Draw one row for each method: map of the score, latent plane, distance correlation.

    Parameters
    ----------
    comparison : xarray.Dataset
        A comparison.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, longer for more methods.
    """
    names = [str(name) for name in comparison["algorithm"].values]
    where = surface(comparison)
    width = (COLUMN_WIDTH - 2 * GAP) / len(SMALL) - GAP
    room = (LONGEST_PAGE - HEAD - FOOT) / len(names) - TITLE
    flat = min(max(where.ratio, FLATTEST), 1.0)
    panel_height = max(min(flat * width, room), FLATTEST * width)
    height = HEAD + FOOT + len(names) * (panel_height + TITLE)
    figure = Figure(figsize=(COLUMN_WIDTH, height))
    lefts = [1.5 * GAP + column * (width + GAP) for column in range(len(SMALL))]
    heads = (f"score\n{_size_words(where)}", "latent plane\n(arb. units)", "distance from mean\ndata →, latent ↑")
    for left, words in zip(lefts, heads, strict=True):
        middle = (left + width / 2) / COLUMN_WIDTH
        figure.text(middle, 1 - 0.04 / height, words, ha="center", va="top", fontsize=7, linespacing=1.1)
    for row, name in enumerate(names):
        one = of_method(comparison, name)
        top = height - HEAD - row * (panel_height + TITLE)
        for x, side, words in zip((lefts[0], lefts[-1] + width), ("left", "right"), _row_words(one), strict=True):
            line = (top - TITLE + 0.04) / height
            figure.text(x / COLUMN_WIDTH, line, words, ha=side, va="bottom", fontsize=7)
        for left, kind in zip(lefts, SMALL, strict=True):
            bottom = top - TITLE - panel_height
            size = (left / COLUMN_WIDTH, bottom / height, width / COLUMN_WIDTH, panel_height / height)
            _draw_or_say(figure.add_axes(size), one, kind)
    if has_truth(comparison):
        figure.legend(handles=truth_dots(comparison, counted=False), loc="lower center", ncols=3)
    return figure


def _draw_or_say(panel: Axes, one: xr.Dataset, kind: str) -> None:
    if can_draw_small(one, kind):
        SMALL[kind][1](panel, one)
    else:
        panel.text(0.5, 0.5, "none", color=FAINT, fontsize=7, ha="center", va="center", transform=panel.transAxes)
    _bare(panel)


def _row_words(one: xr.Dataset) -> tuple[str, str]:
    title = str(one["method_title"].item())
    precision = float(one["average_precision"]) if "average_precision" in one else math.nan
    words = [f"AP {precision:.2f}"] if math.isfinite(precision) else []
    if "step_index" in one and math.isfinite(float(one["step_index"])):
        words.append(step_words(float(one["step_index"])))
    short = title if len(title) <= LONGEST_NAME else one["algorithm"].item()
    return plain(short, LONGEST_NAME), " · ".join(words)


def _size_words(where: Surface) -> str:
    units = where.x_label[1:].strip(" ()")
    left, right, bottom, top = where.extent
    width, height = abs(right - left), abs(top - bottom)
    if where.layout == "points":
        width, height = np.ptp(where.x), np.ptp(where.y)
    return f"({width:.3g} {units})" if where.layout == "line" else f"({width:.3g} × {height:.3g} {units})"


def _bare(panel: Axes) -> None:
    panel.set(xlabel="", ylabel="", xticks=[], yticks=[])
    panel.minorticks_off()
    for side in panel.spines.values():
        side.set_color(FAINT)

"""All methods at a glance: small pictures without words, alone or on one sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from didymos.plots.checked import styled
from didymos.plots.comparison import has_truth, of_method
from didymos.plots.comparison_plane import draw_plane, truth_dots
from didymos.plots.histogram import draw_density
from didymos.plots.latent_distances import step_words
from didymos.plots.maps import draw_flags, draw_values, over_space
from didymos.plots.sheets import AxesLike, Colours, Panels, Size, checked_axes, new_figure
from didymos.plots.styling import COLUMN_WIDTH, FAINT, SCORE_COLOURS
from didymos.plots.surface import Surface, surface
from didymos.plots.units import edges, plain
from didymos.schema import InputError
from didymos.schema.suggestions import did_you_mean

THUMBNAIL = 1.6
"""Width and height of a small picture in inches."""
GAP, TITLE, HEAD, FOOT = 0.08, 0.19, 0.34, 0.3
"""Space between panels, and heights of the title of a row, the head and the foot of the sheet, in inches."""
LONGEST_PAGE, FLATTEST = 9.6, 0.5
"""Height in inches beyond which rows become flatter, down to this height over width."""
LONGEST_NAME = 34


def draw_small_map(axes: Axes, one: xr.Dataset, colours: Colours) -> None:
    """Draw the map of the score; outlines would hide defects this small."""
    where = surface(one)
    draw_values(None, axes, where, over_space(one, "method_score").astype(float), "", colours)
    draw_flags(axes, where, one)


def draw_small_plane(axes: Axes, one: xr.Dataset, colours: Colours) -> None:
    """Draw the latent plane coloured by truth, without one by group."""
    del colours  # those of groups are their own
    draw_plane(axes, one, size=3)


def draw_small_distances(axes: Axes, one: xr.Dataset, colours: Colours) -> None:
    """Draw the density of spectra over distance from the mean in the data (across) and to the method (up)."""
    del colours  # counts are grey
    counts = one["distance_correlation"].transpose("latent_distance_bin", "raw_distance_bin").values
    draw_density(axes, edges(one["raw_distance_bin"].values), edges(one["latent_distance"].values), counts)


SMALL: Mapping[str, tuple[str, Callable[[Axes, xr.Dataset, Colours], None]]] = {
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


@styled(of="one method of a comparison")
def thumbnail(one: xr.Dataset, kind: str, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw a small picture without any words.

    Parameters
    ----------
    one : xarray.Dataset
        One method of a comparison (:func:`didymos.plots.of_method`).
    kind : {"map", "plane", "distances"}
        Score over the surface, latent plane, or distance correlation.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    if kind not in SMALL:
        raise InputError(f"kind is {kind!r}; allowed are {', '.join(SMALL)}{did_you_mean(kind, SMALL)}")
    if not can_draw_small(one, kind):
        raise InputError(f"the method has no {SMALL[kind][0]}, which a small {kind} shows: choose another")
    if ax is None:
        panel = new_figure(THUMBNAIL, THUMBNAIL, figsize).add_axes((0.01, 0.01, 0.98, 0.98))
    else:
        panel = checked_axes(ax, 1)[0]
    SMALL[kind][1](panel, one, SCORE_COLOURS)
    _bare(panel)
    return panel


@styled("method_score", "spectra", of="a comparison")
def comparison_overview(comparison: xr.Dataset, *, figsize: Size = None, cmap: Colours = SCORE_COLOURS) -> Panels:
    """Draw one row for each method: map of the score, latent plane, distance correlation.

    Parameters
    ----------
    comparison : xarray.Dataset
        A comparison.
    figsize : (float, float), optional
        Width and height of a new figure in inches.
    cmap : str or matplotlib.colors.Colormap, optional
        Colours of the values.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels, shape (n_methods, 3).
    """
    names = [str(name) for name in comparison["algorithm"].values]
    where = surface(comparison)
    width = (COLUMN_WIDTH - 2 * GAP) / len(SMALL) - GAP
    room = (LONGEST_PAGE - HEAD - FOOT) / len(names) - TITLE
    flat = min(max(where.ratio, FLATTEST), 1.0)
    panel_height = max(min(flat * width, room), FLATTEST * width)
    height = HEAD + FOOT + len(names) * (panel_height + TITLE)
    figure = new_figure(COLUMN_WIDTH, height, figsize)
    panels = np.empty((len(names), len(SMALL)), dtype=object)
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
        for column, (left, kind) in enumerate(zip(lefts, SMALL, strict=True)):
            bottom = top - TITLE - panel_height
            size = (left / COLUMN_WIDTH, bottom / height, width / COLUMN_WIDTH, panel_height / height)
            panels[row, column] = figure.add_axes(size)
            _draw_or_say(panels[row, column], one, kind, cmap)
    if has_truth(comparison):
        figure.legend(handles=truth_dots(comparison, counted=False), loc="lower center", ncols=3)
    return panels


def _draw_or_say(panel: Axes, one: xr.Dataset, kind: str, colours: Colours) -> None:
    if can_draw_small(one, kind):
        SMALL[kind][1](panel, one, colours)
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

"""The distances between spectra over a logarithm, and their distribution for every single spectrum."""

from __future__ import annotations

import math

import matplotlib
import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from didymos.plots.checked import styled
from didymos.plots.distances import distance_units
from didymos.plots.maps import draw_flags, draw_values, level, map_sheet, over_space, region_handles
from didymos.plots.numbers import number
from didymos.plots.sheets import AxesLike, Colours, Panels, Size, sheet
from didymos.plots.styling import ABUNDANCE_COLOURS, FAINT, FAR_COLOUR, INK, NEAR_COLOUR
from didymos.plots.units import edges, label, plain, scale
from didymos.schema import Region

RIDGE = 1.7
"""Height of a curve of the sweep over the step from one curve to the next."""
SWEEP_COLOURS = "viridis"
GROUPS = {"majority": ("mostly small d", NEAR_COLOUR, "-"), "minority": ("mostly large d", FAR_COLOUR, "--")}
"""Name, colour and line of the groups by distance: not the regions of the score, so with names of their own."""


@styled("log_distance_sweep")
def distance_sweep(
    result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = SWEEP_COLOURS
) -> Axes:
    """Draw the density of all pairs over log(d + n) for several shifts n, one above the other (Fig. 4b).

    Parameters
    ----------
    result : xarray.Dataset
        With ``log_distance_sweep``, and the attributes ``distance_offset`` and ``metric``.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.
    cmap : str or matplotlib.colors.Colormap, optional
        Colours of the values.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    result = result.sortby("sweep_offset")
    panels = sheet(ax, [["a"]], 3.0, figsize=figsize)
    panel = panels.axes[0]
    density = result["log_distance_sweep"].transpose("sweep_offset", "sweep_bin").values
    where, offsets = result["sweep_bin"].values, result["sweep_offset"].values
    units = distance_units(result)
    shown = scale(offsets, units)
    chosen = nearest_offset(result)
    colours = matplotlib.colormaps[cmap] if isinstance(cmap, str) else cmap
    handles: list[Artist] = []
    for place, row in enumerate(density):
        # the widths differ tenfold: on one common scale the wide curves would be flat
        height = RIDGE * row / (row.max() or 1.0)
        drawn = _ridge(panel, where, height, (place, len(density)), colours, place == chosen)
        if place == chosen:
            drawn.set_label(_chosen(result, f"{number(shown(offsets[place]))} {shown.units}"))
            handles.append(drawn)
    panel.set_yticks(range(len(offsets)), [number(value) for value in shown(offsets)])
    panel.set(xlabel=f"log(d + n), d in {plain(units)}", ylabel=label("shift n", shown.units))
    panel.set(xlim=edges(where)[[0, -1]], ylim=(-0.35, len(density) - 1 + 1.1 * RIDGE))
    panels.legend(handles)
    return panels.single


def group_words(name: str) -> str:
    """Return the words for a group by distance: "mostly small d"."""
    return GROUPS[name][0] if name in GROUPS else name


def nearest_offset(result: xr.Dataset) -> int | None:
    """Return which shift of the sweep is nearest to the chosen shift, None where none was chosen."""
    offset = result.attrs.get("distance_offset")
    if offset is None or not math.isfinite(float(offset)):
        return None
    return int(np.abs(result["sweep_offset"].values - float(offset)).argmin())


def is_swept(result: xr.Dataset) -> bool:
    """Return whether the chosen shift is one of the sweep."""
    return bool(np.isclose(result["sweep_offset"].values, float(result.attrs["distance_offset"]), atol=0).any())


def _chosen(result: xr.Dataset, words: str) -> str:
    return f"n = {words}, as chosen" if is_swept(result) else f"n = {words}, nearest to the chosen shift"


def _ridge(
    axes: Axes,
    where: NDArray[np.float64],
    height: NDArray[np.float64],
    place: tuple[int, int],
    colours: Colormap,
    chosen: bool,
) -> Line2D:
    """Draw one curve on its own base line, the first of `place`; lower curves hide those behind them."""
    number, count = place
    order = 2 + 2 * (count - number)
    colour = colours(0.8 * number / max(count - 1, 1))
    axes.axhline(number, color=FAINT, linewidth=0.4, zorder=1)
    # the whole of the curve with the zero before and after it, not its way along the axis
    drawn = np.convolve(height > 0, [1, 1, 1], mode="same") > 0
    x, y = where[drawn], number + height[drawn]
    axes.fill_between(x, number, y, color="white", alpha=0.8, linewidth=0, zorder=order)
    if chosen:
        axes.fill_between(x, number, y, color=colour, alpha=0.35, linewidth=0, zorder=order)
    return axes.plot(x, y, color=colour, linewidth=1.8 if chosen else 0.9, zorder=order + 1)[0]


@styled("abundance", "typical_log_distance_histogram")
def abundance(
    result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = ABUNDANCE_COLOURS
) -> Panels:
    """Draw the density of every spectrum's distances at the peak of large distances, and typical histograms (Fig. 4d).

    Parameters
    ----------
    result : xarray.Dataset
        With ``abundance`` and ``typical_log_distance_histogram``, and where known ``distance_group_size``,
        ``region`` and the attribute ``distance_peak``.
    ax : two matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.
    cmap : str or matplotlib.colors.Colormap, optional
        Colours of the values.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    panels, where = map_sheet(result, ax, 2, figsize, share=False)
    over_map, typical = panels.axes
    values = over_space(result, "abundance")
    draw_values(panels, over_map, where, values, "abundance (normed)", cmap)
    draw_flags(over_map, where, result)
    handles = _typical(typical, result)
    level(panels, where)
    panels.letters()
    flags = region_handles(result, where, (Region.ARTEFACT, Region.MISSING)) if "region" in result else []
    panels.legend([*handles, *flags], columns=3, panel=1)
    return panels.several


def _typical(axes: Axes, result: xr.Dataset) -> list[Artist]:
    sides = edges(result["log_distance_bin"].values)
    handles: list[Artist] = []
    for name, (words, colour, dashes) in GROUPS.items():
        density = result["typical_log_distance_histogram"].sel(distance_group=name).values
        if not np.isfinite(density).any():
            continue
        size = result["distance_group_size"].sel(distance_group=name) if "distance_group_size" in result else None
        text = words if size is None else f"{words} ({int(size)})"
        handles.append(axes.stairs(density, sides, color=colour, linestyle=dashes, linewidth=1.1, label=text))
    peak = float(result.attrs.get("distance_peak", math.nan))
    if math.isfinite(peak):
        handles.append(axes.axvline(peak, color=INK, linestyle=":", linewidth=1, label="peak of large d"))
    axes.set(xlabel=f"log(d + n), d in {plain(distance_units(result))}", ylabel="density (normed)")
    axes.set(xlim=(sides[0], sides[-1]), ylim=(0, None))
    return handles

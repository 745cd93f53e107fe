"""Distance of every spectrum from the mean spectrum, against the distance of its position in a latent space."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from matplotlib.ticker import MaxNLocator

from didymos.plots.checked import styled
from didymos.plots.histogram import density_norm, draw_density
from didymos.plots.sheets import AxesLike, Colours, Panels, Sheet, Size, sheet
from didymos.plots.styling import DENSITY_COLOURS
from didymos.plots.units import ARBITRARY, edges, label, plain, scale, units_of

LONGEST_TITLE, LONGEST_SINGLE = 23, 60
"""Letters over half a column, and over a whole one."""
BAR = 0.16
"""Height of the colour bar in inches."""
RAW, LATENT = "distance from the mean spectrum", "latent distance"


@styled("distance_correlation", "latent_distance")
def distance_correlation(
    result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = DENSITY_COLOURS
) -> Panels:
    """Draw the density of spectra over their distance from the mean, in the data and in each latent space (Fig. 5, 6).

    Parameters
    ----------
    result : xarray.Dataset
        With ``distance_correlation`` and ``latent_distance``, and ``step_index`` where known.
    ax : as many matplotlib.axes.Axes as there are latent spaces, optional
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
    names = [str(name) for name in result["latent_space"].values]
    panels = _panels(ax, len(names), figsize)
    counts = result["distance_correlation"].transpose("latent_space", "latent_distance_bin", "raw_distance_bin").values
    latent = result["latent_distance"].transpose("latent_space", "latent_distance_bin").values
    raw = result["raw_distance_bin"]
    shown = scale(raw.values, units_of(raw))
    index = result["step_index"].values if "step_index" in result else np.full(len(names), np.nan)
    norm, drawn = density_norm(counts), []
    longest = LONGEST_TITLE if len(names) > 1 else LONGEST_SINGLE
    for number, (panel, name) in enumerate(zip(panels.axes, names, strict=True)):
        power = scale(latent[number], "")
        sides = edges(shown(raw.values)), edges(power(latent[number]))
        drawn.append(draw_density(panel, *sides, counts[number], norm, cmap))
        if power.factor != 1:
            panel.set_ylabel(f"({power.units})")  # only this space has other units than the common label
        if len(names) > 1:
            # few fixed steps: where the number of ticks follows the size, layout and ticks chase each other
            panel.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        panel.set_title(f"{plain(name, longest)}\n{step_words(index[number])}", loc="left", pad=3)
    room = BAR / panels.figure.get_figheight()
    panels.colour_bar(drawn[0], panels.axes, "number of spectra", "top", "neither", 40, room)
    _name_axes(panels, shown.units)
    return panels.several


def step_words(index: float) -> str:
    """Return "step index 0.83", for a title or a caption."""
    return f"step index {index:.2f}".replace("-", "−") if math.isfinite(index) else "no step index"


def _panels(ax: AxesLike, count: int, figsize: Size) -> Sheet:
    if count == 1:
        return sheet(ax, [["0"]], 2.9, figsize)
    names = [str(number) for number in range(count)]
    if ax is None and count % 2:
        names.append(names[-1])  # the last panel takes the whole row; a caller has no empty one to give
    rows = [names[start : start + 2] for start in range(0, len(names), 2)]
    return sheet(ax, rows, 1.35 * len(rows) + 0.7, figsize)


def _name_axes(panels: Sheet, units: str) -> None:
    x_label, y_label = label(RAW, units), label(LATENT, ARBITRARY)
    if panels.own and len(panels.axes) > 1:
        # beside panels this small the words would stand once each
        panels.figure.supxlabel(x_label, fontsize=7.5)
        panels.figure.supylabel(y_label, fontsize=7.5)
        return
    for panel in panels.axes:
        own = panel.get_ylabel()
        panel.set(xlabel=x_label, ylabel=f"{LATENT} {own}" if own else y_label)

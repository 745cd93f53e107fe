"""The density of all spectra over energy and signal."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from numpy.typing import ArrayLike, NDArray

from didymos.plots.checked import styled
from didymos.plots.sheets import AxesLike, Colours, Size, sheet
from didymos.plots.spectra import frame_energy, region_averages
from didymos.plots.styling import DENSITY_COLOURS, REGION_COLOURS, REGION_LINES
from didymos.plots.units import edges, energy_axis, label, signal_scale

HALO = 2.4


@styled("signal_histogram")
def signal_histogram(
    result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = DENSITY_COLOURS
) -> Axes:
    """Draw the number of spectra at each energy and signal, with the averages of the regions (Fig. 2b).

    Parameters
    ----------
    result : xarray.Dataset
        With ``signal_histogram``, and ``region_spectrum`` where known.
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
    panels = sheet(ax, [["a"]], 2.7, figsize=figsize)
    panel = panels.axes[0]
    counts = result["signal_histogram"].transpose("signal_bin", "energy").values
    shown, signal = signal_scale(result, result["signal_bin"].values)
    energy, energy_label = energy_axis(result)
    drawn = draw_density(panel, edges(energy), edges(shown(result["signal_bin"].values)), counts, colours=cmap)
    panels.colour_bar(drawn, panel, "number of spectra", "right", "neither")
    handles: list[Artist] = []
    for name, region, values in region_averages(result):
        line = panel.plot(energy, shown(values), REGION_LINES[region], color=REGION_COLOURS[region], label=name)
        line[0].set_path_effects([patheffects.withStroke(linewidth=HALO, foreground="white")])
        handles += line
    panel.set(xlabel=energy_label, ylabel=label(signal, shown.units))
    frame_energy(panel, energy)
    panels.legend(handles)
    return panels.single


def density_norm(counts: ArrayLike) -> LogNorm:
    """Return a logarithmic scale from the lowest to the highest of some counts, leaving out zero."""
    filled = np.ma.masked_less_equal(np.asarray(counts, dtype=float), 0)
    highest = max(float(filled.max()), 2.0) if filled.count() else 2.0
    return LogNorm(min(float(filled.min()), highest / 2) if filled.count() else 1.0, highest)


def draw_density(
    axes: Axes,
    x_edges: NDArray[np.float64],
    y_edges: NDArray[np.float64],
    counts: ArrayLike,
    norm: LogNorm | None = None,
    colours: Colours = DENSITY_COLOURS,
) -> QuadMesh:
    """Draw counts on a logarithmic scale, their own or a given one; bins without any stay white."""
    filled = np.ma.masked_less_equal(np.asarray(counts, dtype=float), 0)
    rows = np.flatnonzero(filled.count(axis=1))
    if rows.size:
        axes.set_ylim(y_edges[rows[0]], y_edges[rows[-1] + 1])
    own = norm or density_norm(counts)
    return axes.pcolormesh(x_edges, y_edges, filled, cmap=colours, norm=own, rasterized=True)

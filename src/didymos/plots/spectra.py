"""Average spectra of the regions and of the kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

from didymos.plots.checked import styled
from didymos.plots.regions import kind_colour
from didymos.plots.sheets import AxesLike, Size, sheet
from didymos.plots.styling import FAINT, REGION_COLOURS, REGION_LINES
from didymos.plots.units import energy_axis, label, plain, signal_scale
from didymos.schema import Region

HEIGHT = 2.5
LINES = ("-", "--", "-.", ":")


@styled("region_spectrum")
def region_spectra(result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw the average spectrum of each region, with one standard deviation as a band (Fig. 8a of the method paper).

    Parameters
    ----------
    result : xarray.Dataset
        With ``region_spectrum``, and ``region_spectrum_std``, ``region_size`` where known.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    panels = sheet(ax, [["a"]], HEIGHT, figsize=figsize)
    panel = panels.axes[0]
    mean = result["region_spectrum"].transpose("region_name", "energy").values
    shown, signal = signal_scale(result, mean)
    energy, energy_label = energy_axis(result)
    handles: list[Artist] = []
    for index, (name, region) in enumerate(named_regions(result)):
        if not np.isfinite(mean[index]).any():
            continue
        colour, line = REGION_COLOURS[region], REGION_LINES[region]
        handles += panel.plot(energy, shown(mean[index]), line, color=colour, label=_counted(result, index, name))
        if "region_spectrum_std" in result:
            spread = result["region_spectrum_std"].transpose("region_name", "energy").values[index]
            panel.fill_between(
                energy, shown(mean[index] - spread), shown(mean[index] + spread), color=colour, alpha=0.18, linewidth=0
            )
    panel.set(xlabel=energy_label, ylabel=label(signal, shown.units))
    frame_energy(panel, energy)
    panels.legend(handles, columns=3)
    return panels.single


@styled("kind_spectrum")
def kind_spectra(result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw the average spectrum of each kind of minority spectrum, over that of the majority.

    Parameters
    ----------
    result : xarray.Dataset
        With ``kind_spectrum``, and ``kind_size``, ``region_spectrum`` where known.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    panels = sheet(ax, [["a"]], HEIGHT, figsize=figsize)
    panel = panels.axes[0]
    spectra = result["kind_spectrum"].transpose("kind_index", "energy").values
    shown, signal = signal_scale(result, spectra)
    energy, energy_label = energy_axis(result)
    handles: list[Artist] = []
    for name, region, values in region_averages(result):
        if region is Region.MAJORITY:
            handles += panel.plot(energy, shown(values), color=REGION_COLOURS[region], label=name, linewidth=0.8)
    for index, number in enumerate(result["kind_index"].values.astype(int)):
        if not np.isfinite(spectra[index]).any():
            continue
        size = f" ({int(result['kind_size'].values[index])})" if "kind_size" in result else ""
        line = LINES[index % len(LINES)]
        handles += panel.plot(
            energy, shown(spectra[index]), line, color=kind_colour(int(number)), label=f"kind {number}{size}"
        )
    panel.set(xlabel=energy_label, ylabel=label(signal, shown.units))
    frame_energy(panel, energy)
    panels.legend(handles, columns=3)
    return panels.single


def named_regions(result: xr.Dataset) -> list[tuple[str, Region]]:
    """Return the names along the dim ``region_name`` with the regions they stand for."""
    return [(str(name), Region[str(name).upper()]) for name in result["region_name"].values]


def region_averages(result: xr.Dataset) -> list[tuple[str, Region, NDArray[Any]]]:
    """Return name, region and average spectrum of each region that has one; empty where none is stored."""
    if "region_spectrum" not in result:
        return []
    mean = result["region_spectrum"].transpose("region_name", "energy").values
    named = zip(named_regions(result), mean, strict=True)
    return [(name, region, values) for (name, region), values in named if np.isfinite(values).any()]


def frame_energy(axes: Axes, energy: NDArray[np.float64]) -> None:
    """Let the energy axis end where the data ends, and mark zero."""
    low, high = float(energy.min()), float(energy.max())
    if low < high:
        axes.set_xlim(low, high)
    if low < 0 < high:
        axes.axvline(0, color=FAINT, linewidth=0.5, zorder=0.5)


def _counted(result: xr.Dataset, index: int, name: str) -> str:
    size = f" ({int(result['region_size'].values[index])})" if "region_size" in result else ""
    return plain(name) + size

"""Transfer of spectral weight between energies in the minority."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from didymos.plots.checked import styled
from didymos.plots.histogram import draw_density
from didymos.plots.sheets import AxesLike, Colours, Panels, Sheet, Size, sheet
from didymos.plots.spectra import frame_energy
from didymos.plots.styling import CORRELATION_COLOURS, FAINT, INK
from didymos.plots.units import edges, energy_axis, label, plain, scale, signal_scale, units_of
from didymos.schema import InputError

GAIN, LOSS = "#b2182b", "#2166ac"
"""Colours of both signs: the ends of the diverging colour map of the correlation."""


@styled("spectra")
def weight_transfer(
    result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = CORRELATION_COLOURS
) -> Panels:
    """Draw differences between minority and majority, and the correlation between energies, over one energy axis.

    From top to bottom: the density of the differences of all majority-minority pairs (Fig. 8b), the spectral weight
    moved in each energy window, the correlation of the map at every two energies with the windows (Fig. 8c). What the
    result does not hold is left out.

    Parameters
    ----------
    result : xarray.Dataset
        With ``energy_correlation``, and ``region_distance_histogram``, ``window_start`` ... where known.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure, one for each panel.
    figsize : (float, float), optional
        Width and height of a new figure in inches.
    cmap : str or matplotlib.colors.Colormap, optional
        Colours of the values.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    drawn = [
        (draw, height)
        for draw, height, needed in (
            (_differences, 1.5, "region_distance_histogram"),
            (_moved, 1.2, "window_weight_transfer"),
            (_correlation, 2.6, "energy_correlation"),
        )
        if _holds(result, needed)
    ]
    if not drawn:
        raise InputError(
            "weight_transfer draws energy_correlation, window_weight_transfer and region_distance_histogram; this "
            "result holds no number of any: give a whole result of didymos.analyze"
        )
    heights = [height for _, height in drawn]
    mosaic = [[name] for name in "abc"[: len(drawn)]]
    panels = sheet(ax, mosaic, sum(heights) + 0.5, height_ratios=heights, sharex=True, figsize=figsize)
    for panel, (draw, _) in zip(panels.axes, drawn, strict=True):
        draw(panels, panel, result, cmap)
        panel.set_xlabel(energy_axis(result)[1])
        panel.label_outer()
        for boundary in _boundaries(result):
            panel.axvline(boundary, color=INK, linewidth=0.6, linestyle=":")
    panels.letters()
    return panels.several


def _holds(result: xr.Dataset, name: str) -> bool:
    values = result[name].values if name in result else np.zeros(0)
    return bool((np.nan_to_num(values) != 0).any())


def _boundaries(result: xr.Dataset) -> list[float]:
    names = [name for name in ("window_start", "window_stop") if name in result]
    return sorted({float(edge) for name in names for edge in result[name].values if np.isfinite(edge)})


def _differences(panels: Sheet, axes: Axes, result: xr.Dataset, colours: Colours) -> None:
    bins = result["region_distance_bin"]
    shown, signal = signal_scale(result, bins.values)
    energy, _ = energy_axis(result)
    counts = result["region_distance_histogram"].transpose("region_distance_bin", "energy").values
    drawn = draw_density(axes, edges(energy), edges(shown(bins.values)), counts)
    panels.colour_bar(drawn, axes, "pairs", "right", "neither")
    signed = bool(bins.values.min() < 0)
    axes.set_ylabel(label(f"Δ {signal}" if signed else f"|Δ {signal}|", shown.units))
    frame_energy(axes, energy)
    if signed:
        axes.axhline(0, color=FAINT, linewidth=0.5)


def _moved(panels: Sheet, axes: Axes, result: xr.Dataset, colours: Colours) -> None:
    start, stop = result["window_start"].values, result["window_stop"].values
    moved = result["window_weight_transfer"]
    shown = scale(moved.values, units_of(moved) or _weight_units(result))
    height = shown(moved.values)
    axes.bar(
        start, height, width=stop - start, align="edge", color=np.where(height > 0, GAIN, LOSS), alpha=0.75, linewidth=0
    )
    if "window_weight_transfer_std" in result:
        error = shown(result["window_weight_transfer_std"].values)
        axes.errorbar((start + stop) / 2, height, yerr=error, fmt="none", ecolor=INK, elinewidth=0.8, capsize=2)
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.margins(y=0.15)
    axes.set_ylabel(label("weight moved", shown.units))
    frame_energy(axes, energy_axis(result)[0])


def _correlation(panels: Sheet, axes: Axes, result: xr.Dataset, colours: Colours) -> None:
    energy, energy_label = energy_axis(result)
    values = result["energy_correlation"].transpose("energy_2", "energy").values
    sides = edges(energy)
    drawn = axes.pcolormesh(sides, sides, values, cmap=colours, vmin=-1, vmax=1, rasterized=True)
    panels.colour_bar(drawn, axes, "correlation (−1 to 1)", "right", "neither")
    axes.set_ylabel(energy_label)
    frame_energy(axes, energy)
    axes.set_ylim(axes.get_xlim())
    for boundary in _boundaries(result):
        axes.axhline(boundary, color=INK, linewidth=0.6, linestyle=":")
    if has_both_signs(result):
        for low, high, sign in zip(*(result[f"window_{n}"].values for n in ("start", "stop", "sign")), strict=True):
            middle = (low + high) / 2
            axes.text(middle, middle, "+" if sign > 0 else "−", ha="center", va="center", color="white", fontsize=8)


def has_both_signs(result: xr.Dataset) -> bool:
    """Return whether there are windows that are anticorrelated."""
    signs = result["window_sign"].values if "window_sign" in result else np.zeros(0)
    return bool((signs > 0).any() and (signs < 0).any())


def _weight_units(result: xr.Dataset) -> str:
    signal, energy = (units_of(result[name]) for name in ("spectra", "energy"))
    return plain(" ".join(unit for unit in (signal, energy) if unit))

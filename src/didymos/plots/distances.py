"""Statistics of the distances between all pairs of spectra."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

from didymos.plots.checked import styled
from didymos.plots.numbers import number
from didymos.plots.sheets import AxesLike, Panels, Sheet, Size, sheet
from didymos.plots.styling import FAINT, FAR_COLOUR, INK, NEAR_COLOUR, logarithmic, power_of_ten
from didymos.plots.units import edges, label, plain, scale, units_of

MOSAIC = [["a", "b"], ["c", "c"]]
FILL, ERROR = "#d0d0d0", "#8c8c8c"


@styled("distance_histogram", "log_distance_histogram", "distance_components")
def distance_statistics(result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Panels:
    """Draw the histogram of all pair distances, and the two Gaussians fitted to its logarithm (Fig. 4a and c).

    Parameters
    ----------
    result : xarray.Dataset
        With ``distance_histogram``, ``log_distance_histogram`` and ``distance_components``, and the attributes
        ``distance_threshold``, ``distance_offset`` and ``metric``.
    ax : three matplotlib.axes.Axes, optional
        Where to draw instead of a new figure: linear counts, logarithmic counts, logarithm of the distance.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    panels = sheet(ax, MOSAIC, 4.1, figsize)
    _counts(panels, result)
    handles = _rescaled(panels.axes[2], result)
    panels.letters()
    panels.legend(handles, columns=2, panel=2)
    return panels.several


def distance_units(result: xr.Dataset) -> str:
    """Return the unit of the distances; the robust metric counts standard deviations of the majority."""
    units = units_of(result["distance_bin"]) if "distance_bin" in result else ""
    robust = str(result.attrs.get("metric", "")) == "robust"
    return "σ" if robust and units in ("", "1") else units or "arb. units"


def _counts(panels: Sheet, result: xr.Dataset) -> None:
    counts = result["distance_histogram"].values.astype(float)
    units = distance_units(result)
    shown = scale(result["distance_bin"].values, units)
    sides = shown(edges(result["distance_bin"].values))
    exponent = 3 * (math.floor(math.log10(max(counts.max(), 1))) // 3)
    power = f"{power_of_ten(10.0**exponent)} pairs" if exponent else "pairs"
    for axes, factor in zip(panels.axes[:2], (10.0**-exponent, 1.0), strict=True):
        axes.stairs(factor * counts, sides, fill=True, color=FILL)
        axes.stairs(factor * counts, sides, color=INK, linewidth=0.8)
        threshold = result.attrs.get("distance_threshold")
        if threshold is not None and math.isfinite(threshold):
            axes.axvline(float(shown(threshold)), color=INK, linestyle=":", linewidth=1)
        axes.set_xlim(sides[0], sides[-1])
        axes.set_xlabel(label("pair distance d", shown.units))
    panels.axes[0].set(ylabel=label("number", power), ylim=(0, None))
    panels.axes[1].set(ylabel=label("number", "pairs"), yscale="log", ylim=(0.5, 3 * max(counts.max(), 1)))
    logarithmic(panels.axes[1].yaxis)


def _rescaled(axes: Axes, result: xr.Dataset) -> list[Artist]:
    centres = result["log_distance_bin"].values
    density = result["log_distance_histogram"].values
    handles: list[Artist] = [axes.stairs(density, edges(centres), fill=True, color=FILL, label="all pairs")]
    handles += _standard_error(axes, result)
    where = np.linspace(centres.min(), centres.max(), 400)
    total = np.zeros_like(where)
    components = sorted(result["distance_components"].values.tolist(), key=lambda component: component[1])
    for (weight, mean, deviation), name, colour in zip(
        components, ("small d", "large d"), (NEAR_COLOUR, FAR_COLOUR), strict=False
    ):
        if not (math.isfinite(weight) and deviation > 0):
            continue
        curve = weight * _gaussian(where, mean, deviation)
        total += curve
        handles += axes.plot(where, curve, color=colour, label=f"{name}: {100 * weight:.3g} % of pairs")
    if total.any():
        handles += axes.plot(where, total, "--", color=INK, linewidth=0.9, label="their sum")
    offset, threshold = (result.attrs.get(f"distance_{name}") for name in ("offset", "threshold"))
    if threshold is not None and offset is not None and threshold + offset > 0:
        handles.append(
            axes.axvline(math.log(threshold + offset), color=INK, linestyle=":", linewidth=1, label="threshold")
        )
    shift = f", n = {number(offset)}" if offset is not None else ""
    axes.set(
        xlabel=f"log(d + n){shift}, d in {plain(distance_units(result))}", ylabel="density (normed)", ylim=(0, None)
    )
    axes.axhline(0, color=FAINT, linewidth=0.5)
    axes.set_xlim(*edges(centres)[[0, -1]])
    return handles


def _standard_error(axes: Axes, result: xr.Dataset) -> list[Artist]:
    """Draw the standard error of the density as a band, where only a sample of the pairs was taken."""
    if "log_distance_histogram_std" not in result:
        return []
    error = np.nan_to_num(result["log_distance_histogram_std"].values)
    if not (error > 0).any():
        return []
    density, sides = result["log_distance_histogram"].values, edges(result["log_distance_bin"].values)
    band = axes.stairs(density + error, sides, baseline=density - error, fill=True, color=ERROR, label="standard error")
    return [band]


def _gaussian(values: NDArray[np.float64], mean: float, deviation: float) -> NDArray[np.float64]:
    standard = (values - mean) / deviation
    return np.exp(-(standard**2) / 2) / (deviation * math.sqrt(2 * math.pi))

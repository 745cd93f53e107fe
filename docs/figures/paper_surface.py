"""Figures 2 and 8: the surface and its spectra, and the spectral weight that moves at a vacancy."""

from __future__ import annotations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from paper_data import ISO_ENERGY, Paper
from paper_style import legend_above, letter, page, with_regions

from didymos import plots
from didymos.plots.maps import draw_outlines, draw_values, ground_map, map_sheet, signal_map
from didymos.plots.styling import HEIGHT_COLOURS
from didymos.plots.surface import surface

PARTS = {
    "region_distance_histogram": "|Δ dI/dV| (nS)",
    "window_weight_transfer": "weight moved (nS mV)",
    "energy_correlation": "sample bias (mV)",
}
"""What the figure of the transfer of weight is made of, and the labels of its axes."""
SEGMENTED = "#e69f00"


def figure_2(data: Paper) -> Figure:
    """Return Fig. 2 a and b."""
    figure = page(2.9)
    a, second, b = figure.subplots(1, 3, width_ratios=(1, 1, 1.55))
    where = surface(data.twin)
    above = data.twin.iso_energy_label.values == 1
    for axes, drawn, inside, energy in (
        (a, ground_map(data.twin), data.segmented, data.chosen_energy),
        (second, signal_map(data.twin, ISO_ENERGY), above, ISO_ENERGY),
    ):
        sheet, _ = map_sheet(data.twin, axes, 1)
        draw_values(sheet, axes, where, *drawn, HEIGHT_COLOURS)
        draw_outlines(axes, where, inside, SEGMENTED)
        words = f"segmented at {energy:.0f} mV ({inside.sum()})".replace("-", "−")
        handles = [Line2D([], [], color=SEGMENTED, label=words)]
        axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    second.set_ylabel("")
    plots.signal_histogram(with_regions(data.twin, data.segmented), ax=b)
    b.legend(b.get_lines()[:2], ["defect-free regions", "vacancy regions"], loc="upper right")
    b.set_ylim(top=b.get_ylim()[1] * 1.05)
    letter(a, "a", 30)
    letter(b, "b")
    return figure


def figure_8(data: Paper) -> Figure:
    """Return Fig. 8 a to c, and below a and b the same with the robust metric."""
    figure = page(4.8)
    panels = figure.subplot_mosaic([["a", "b", "c"], ["a′", "b′", ""]], width_ratios=(1, 1.05, 1.15))
    for mark, result, title in (("", data.twin, "twin of the paper"), ("′", data.robust, "robust metric")):
        plots.region_spectra(result, ax=panels[f"a{mark}"])
        legend_above(panels[f"a{mark}"])
        panels[f"a{mark}"].set_title(title, loc="right", pad=3)
        part(panels[f"b{mark}"], result, "region_distance_histogram", "minority against majority")
    part(panels["c"], data.twin, "energy_correlation", "correlation of all spectra")
    part(panels[""], data.twin, "window_weight_transfer", "weight moved in the windows of c")
    panels["c"].set_ylabel(panels["a"].get_xlabel())
    for name, axes in panels.items():
        letter(axes, name, 26)
    return figure


def part(axes: Axes, result: xr.Dataset, name: str, title: str) -> None:
    """Draw one of the parts of the transfer of weight."""
    plots.weight_transfer(result.drop_vars([each for each in PARTS if each != name]), ax=axes)
    axes.tick_params(labelleft=True, labelbottom=True)
    axes.set(xlabel="sample bias (mV)", ylabel=PARTS[name])
    axes.set_title(title, loc="right", pad=3)

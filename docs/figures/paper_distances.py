"""Figures 4 and 5: the distances of all pairs, rescaled, and distances in the data against those in a latent space."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from paper_data import Paper
from paper_style import SURFACE, VACANCY, legend_above, letter, no_legend, page

from didymos import plots
from didymos.plots.styling import FAINT, tidy


def figure_4(data: Paper) -> Figure:
    """Return Fig. 4 a to d."""
    figure = page(5.4)
    top, low = figure.subfigures(2, 1)
    panels = dict(zip("ab", top.subplots(1, 2), strict=True))
    panels |= dict(zip(("c", "d", ""), low.subplots(1, 3, width_ratios=(1.35, 1, 1)), strict=True))
    inset = panels["a"].inset_axes((0.45, 0.38, 0.52, 0.56))
    plots.distance_statistics(data.pairs, ax=(panels["a"], inset, panels["c"]))
    inset.set(xlabel="", ylabel="")
    for axes in (panels["a"], inset):
        axes.get_lines()[0].remove()
    c = panels["c"]
    handles, words = c.get_legend_handles_labels()
    c.set_ylim(top=1.75 * c.get_ylim()[1])
    c.legend(handles, words, loc="upper left", ncols=1)
    plots.distance_sweep(data.pairs, ax=panels["b"])
    no_legend(panels["b"])
    plots.abundance(data.pairs, ax=(panels["d"], panels[""]))
    legend_above(panels[""], "left")
    for name in "abcd":
        letter(panels[name], name, 30)
    return figure


def figure_5(data: Paper) -> Figure:
    """Return Fig. 5 a to c."""
    figure = page(2.6)
    a, b, c = figure.subplots(1, 3)
    for axes, name in ((a, "pca"), (b, "log-rescaled")):
        plots.method_distance_correlation(plots.of_method(data.compared, name), ax=axes)
    ideal(c)
    for axes, name in zip((a, b, c), "abc", strict=True):
        letter(axes, name, 26)
    return figure


def ideal(axes: Axes) -> None:
    """Draw the ideal case: two levels, with many spectra on the lower and few on the upper one."""
    raw = np.linspace(0, 8, 400)
    axes.plot(raw, 0.6 + 2.6 / (1 + np.exp(-4 * (raw - 4))), "--", color=FAINT)
    for centre, size, colour, name in (
        ((2.0, 0.62), (3.2, 0.8), SURFACE, "group 1\n(many)"),
        ((6.0, 3.18), (3.0, 0.6), VACANCY, "group 2 (few)"),
    ):
        axes.add_patch(Ellipse(centre, *size, facecolor=colour, alpha=0.45, linewidth=0))
        axes.text(centre[0], centre[1] + size[1] / 2 + 0.1, name, color=colour, ha="center", fontsize=7.5)
    tidy(axes)
    axes.set(xlim=(0, 8), ylim=(0, 4.2), xlabel="distance from the mean spectrum", ylabel="latent distance")
    axes.set(xticks=[], yticks=[])
    axes.set_title("the ideal case", loc="left", pad=3)

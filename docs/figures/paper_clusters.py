"""Figure 3: principal components, k-means and agglomerative clusters."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from paper_data import Paper
from paper_measures import FEW, LINKAGES, second_largest
from paper_style import SURFACE, VACANCY, letter, no_legend, page, with_regions

from didymos import plots
from didymos.plots.styling import FAINT, INK, logarithmic, tidy

LOOKS = (("#0072b2", "o"), ("#e69f00", "s"), ("#1a1a1a", "."), ("#882255", "^"))


def figure_3(data: Paper) -> Figure:
    """Return Fig. 3 a to d."""
    figure = page(9.6)
    rows = figure.subfigures(4, 1, height_ratios=(1, 1, 0.95, 0.95))
    top, middle, low, lowest = (row.subplots(1, columns) for row, columns in zip(rows, (3, 3, 2, 2), strict=True))
    latent(top[0], data)
    for axes, number in zip(top[1:], (2, 3), strict=True):
        plots.method_plane(plots.of_method(data.compared, f"kmeans-{number}").drop_vars("truth"), ax=axes)
        no_legend(axes)
        axes.set(xlabel=top[0].get_xlabel(), ylabel="", title=f"k-means, {number} clusters")
    centres(middle[0], data)
    for axes, number in zip(middle[1:], (2, 3), strict=True):
        plots.method_group_map(plots.of_method(data.compared, f"kmeans-{number}"), ax=axes)
        no_legend(axes)
        axes.set_title(f"map of the {number} clusters")
    for axes, linkage in zip(low, ("single", "ward"), strict=False):
        plots.method_dendrogram(plots.of_method(data.compared, f"agglomerative-{linkage}"), ax=axes)
        axes.set_title(f"{linkage} linkage")
    sizes(lowest[0], data)
    largest(lowest[1], data)
    for axes, name in zip((top[0], top[1], middle[0], low[0]), "abcd", strict=True):
        letter(axes, name, 26)
    return figure


def latent(axes: Axes, data: Paper) -> None:
    """Draw the plane of the first two principal components, and the scree plot as an inset."""
    scree = axes.inset_axes((0.5, 0.72, 0.47, 0.24))
    result = with_regions(data.twin, data.segmented)
    plots.scree_and_latent(result, ax=(scree, axes))
    no_legend(axes)
    handles = [
        Line2D([], [], marker="o", linestyle="", markersize=3, color=colour, label=word)
        for colour, word in ((SURFACE, "surface"), (VACANCY, "vacancy"))
    ]
    axes.legend(
        handles=handles,
        loc="lower right",
        title=f"segmented at {data.chosen_energy:.0f} mV".replace("-", "−"),
        title_fontsize=7,
    )
    axes.set_title("principal components")
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom - 0.6 * (top - bottom), top + 1.0 * (top - bottom))
    for text in scree.texts:
        text.remove()
    scree.set(xlim=(0.5, 8.5), xticks=[1, 4, 8], xlabel="component", ylabel="share (%)")


def centres(axes: Axes, data: Paper) -> None:
    """Draw the cluster centres, and the spectrum of the vacancy regions for reference."""
    plots.method_spectra(plots.of_method(data.compared, "kmeans-3"), ax=axes)
    result = with_regions(data.twin, data.segmented)
    axes.plot(result.energy, result.region_spectrum.values[2], ":", color=INK, label="vacancy regions", linewidth=1.4)
    no_legend(axes)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.5 * (high - low))
    axes.legend(loc="upper right")
    axes.set_title("centres of the 3 clusters")


def sizes(axes: Axes, data: Paper) -> None:
    """Draw how many spectra each split takes from a cluster, for every linkage, against the number of clusters."""
    for linkage, (colour, marker) in zip(LINKAGES, LOOKS, strict=True):
        size = data.compared.split_size.sel(linkage=f"agglomerative-{linkage}").values
        order = np.arange(2, len(size) + 2)
        axes.plot(order, size, marker, color=colour, markersize=2.4, alpha=0.8, label=linkage, markeredgewidth=0)
    axes.set(ylabel="spectra in the smaller part", ylim=(0.7, 2e5), title="size of each split")
    finish(axes, 2)


def largest(axes: Axes, data: Paper) -> None:
    """Draw the largest cluster beside the main one against the number of clusters, for every linkage."""
    for linkage, (colour, _), line in zip(LINKAGES, LOOKS, ("-", "--", "-.", ":"), strict=True):
        size = second_largest(data, linkage)
        axes.plot(np.arange(2, len(size) + 2), size, line, color=colour, label=linkage)
    axes.set(ylabel="spectra", ylim=(0.7, 2e5), title="largest cluster beside the main one")
    finish(axes, 1)


def finish(axes: Axes, markers: float) -> None:
    """Label the axes of the sizes, and mark what no cluster but the main one exceeds in the paper."""
    axes.axhline(FEW, color=FAINT, linewidth=0.8, zorder=0.5)
    axes.set(xlabel="number of clusters", yscale="log", xlim=(0, 305))
    tidy(axes)
    logarithmic(axes.yaxis)
    axes.legend(loc="upper right", ncols=4, markerscale=markers)

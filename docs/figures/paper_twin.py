"""Figure 7: the twin network, its embedding, its distance correlation and its score."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from paper_data import Paper, plane_of
from paper_latent import correlation, latent_inset
from paper_style import BETWEEN, SURFACE, letter, page, truth_legend
from scipy.ndimage import gaussian_filter

from didymos import plots
from didymos.plots.latent_distances import step_words
from didymos.plots.maps import draw_values
from didymos.plots.styling import INK, SCORE_COLOURS
from didymos.plots.surface import surface

SMOOTHING = 0.8  # pixels, of the Gaussian
FIRST, SECOND = (0.04, 0.55, 0.44, 0.42), (0.52, 0.55, 0.44, 0.42)
"""Positions of the insets."""


def figure_7(data: Paper) -> Figure:
    """Return Fig. 7 a to d, and below b to d the same with the robust metric."""
    figure = page(7.6)
    rows = figure.subfigures(3, 1, height_ratios=(1.05, 1, 1))
    a, b, robust = rows[0].subplots(1, 3)
    scheme(a)
    twin_correlation(b, data, "twin-euclidean", "two trainings")
    latent_inset(b, plane_of(data.again, "twin-euclidean"), data.truth, SECOND)
    twin_correlation(robust, data, "twin-robust", "robust metric")
    robust.set_ylabel("")
    rows[0].legend(handles=truth_legend(data.truth), loc="outside lower right", ncols=3)
    for row, result, mark in ((rows[1], data.twin, ""), (rows[2], data.robust, "′")):
        left, middle, right = row.subplots(1, 3, width_ratios=(1.25, 1, 1))
        plots.embedding(result, ax=left)
        where = surface(result)
        score = result.score.values
        for axes, values, words in (
            (middle, gaussian_filter(score, SMOOTHING), "score, slightly smoothed"),
            (right, score, "score as it is"),
        ):
            draw_values(None, axes, where, values, "", SCORE_COLOURS, (0, 1))
            axes.set_title(words)
        left.set_title("robust metric" if mark else "twin of the paper", loc="right")
        right.set_ylabel("")
        letter(left, f"c{mark}", 28)
        letter(middle, f"d{mark}", 28)
    letter(a, "a", 0)
    letter(b, "b", 28)
    letter(robust, "b′", 28)
    return figure


def twin_correlation(axes: Axes, data: Paper, method: str, words: str) -> None:
    """Draw the distance correlation of a twin, with its embedding as an inset."""
    correlation(axes, data.raw_distance, data.latent_distance(method), data.truth)
    latent_inset(axes, data.plane(method), data.truth, FIRST)
    index = float(data.compared.step_index.sel(algorithm=method))
    axes.set_title(f"{words}\n{step_words(index)}", loc="left", pad=3)
    axes.set(xlabel="distance from the mean spectrum (nS)", ylabel="latent distance (arb. units)")


def scheme(axes: Axes) -> None:
    """Draw the scheme of the twin network, from the top down."""
    axes.set(xlim=(0, 10), ylim=(0, 10))
    axes.axis("off")
    for x, name in ((2.3, "1"), (7.7, "2")):
        box(axes, (x - 1.8, 8.7), (3.6, 1.1), f"spectrum {name}", "white")
        box(axes, (x - 1.8, 5.9), (3.6, 1.9), "network\n20 – 5 – 2", SURFACE)
        arrow(axes, (x, 8.7), (x, 7.8))
        arrow(axes, (x, 5.9), (5 + np.sign(x - 5) * 0.6, 4.6))
    axes.text(5, 8.25, "shared $w_i$", ha="center", va="center", fontsize=7.5)
    for start, stop in (((4.9, 7.9), (4.15, 7.2)), ((5.1, 7.9), (5.85, 7.2))):
        arrow(axes, start, stop)
    box(axes, (2.2, 3.4), (5.6, 1.2), "Euclidean distance", BETWEEN)
    box(axes, (2.2, 1.4), (5.6, 1.2), "contrastive loss", BETWEEN)
    arrow(axes, (5, 3.4), (5, 2.6))
    arrow(axes, (5, 0.75), (5, 1.4))
    axes.text(5, 0.3, "is the pair similar?", ha="center", va="center", fontsize=7.5)


def box(axes: Axes, corner: tuple[float, float], size: tuple[float, float], words: str, colour: str) -> None:
    """Draw a box with words in it."""
    look = {"boxstyle": "round,pad=0,rounding_size=0.15", "linewidth": 0.8, "edgecolor": INK}
    axes.add_patch(FancyBboxPatch(corner, *size, facecolor=colour, alpha=0.35, **look))
    axes.text(corner[0] + size[0] / 2, corner[1] + size[1] / 2, words, ha="center", va="center", fontsize=7.5)


def arrow(axes: Axes, start: tuple[float, float], stop: tuple[float, float]) -> None:
    """Draw an arrow."""
    axes.add_patch(FancyArrowPatch(start, stop, arrowstyle="-|>", mutation_scale=7, color=INK, linewidth=0.8))

"""Figure 6: distance correlations and latent planes of kernel PCA, NMF, UMAP, the autoencoder and t-SNE."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from paper_data import LATENT_METHODS, Paper
from paper_style import letter, page, small, truth_legend, truth_scatter

from didymos.plots.latent_distances import step_words
from didymos.plots.styling import tidy
from didymos.plots.units import scale

LETTERS = ("a", "", "b", "c", "d", "e")
TITLES = ("kernel PCA, wide kernel", "kernel PCA, narrow kernel", "NMF", "UMAP", "autoencoder", "t-SNE")
ROOM = 0.95
"""Height of the room for the latent plane over the height of the correlation."""


def figure_6(data: Paper) -> Figure:
    """Return Fig. 6 a to d, and t-SNE."""
    figure = page(5.6)
    panels = figure.subplots(2, 3)
    for axes, method, title, name in zip(panels.ravel(), LATENT_METHODS, TITLES, LETTERS, strict=True):
        index = float(data.compared.step_index.sel(algorithm=method))
        correlation(axes, data.raw_distance, data.latent_distance(method), data.truth)
        latent_inset(axes, data.plane(method), data.truth)
        axes.set_title(f"{title}\n{step_words(index)}", loc="left", pad=3)
        letter(axes, name, 26)
    figure.supxlabel("distance from the mean spectrum (nS)", fontsize=7.5)
    for axes in panels[:, 0]:
        axes.set_ylabel("latent distance (arb. units)")
    figure.legend(handles=truth_legend(data.truth), loc="outside upper center", ncols=3)
    return figure


def correlation(axes: Axes, raw: np.ndarray, latent: np.ndarray, truth: np.ndarray, room: float = ROOM) -> None:
    """Draw latent against raw distances in the colours of the truth, with room above."""
    shown = scale(latent, "")
    values = shown(latent)
    truth_scatter(axes, raw, values, truth, 2.5, 0.5)
    low, high = float(values.min()), float(values.max())
    axes.set(xlim=(0, 1.03 * raw.max()), ylim=(low - 0.04 * (high - low), high + room * (high - low)))
    tidy(axes)
    ticks = [tick for tick in axes.get_yticks() if low - 0.05 * (high - low) <= tick <= high]
    axes.set_yticks(ticks)
    if shown.factor != 1:
        axes.set_ylabel(f"({shown.units})")


def latent_inset(
    axes: Axes, plane: np.ndarray, truth: np.ndarray, where: tuple[float, ...] = (0.3, 0.56, 0.4, 0.42)
) -> None:
    """Draw the latent plane into a panel."""
    inset = axes.inset_axes(where)
    truth_scatter(inset, *plane.T, truth, 1.5, 0.6)
    small(inset)

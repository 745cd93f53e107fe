"""Spaces of few dimensions: principal components, and the embedding of the twin network."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from didymos.plots.checked import styled
from didymos.plots.maps import mask, over_space
from didymos.plots.sheets import AxesLike, Colours, Panels, Size, sheet
from didymos.plots.styling import INK, REGION_COLOURS, SCORE_COLOURS, logarithmic
from didymos.plots.units import label, scale, units_of
from didymos.schema import Region

MANY = 2000
CROWDED, SMALLEST = 50_000, 0.1
"""From so many points on markers become smaller, down to this share of their area."""
"""Beyond so many points a scatter plot becomes an image within an SVG file."""
DRAWN_REGIONS = (Region.MAJORITY, Region.TRANSITION, Region.MINORITY)
MODES_SHOWN = 15


@styled("pca", "explained_variance_ratio", "region")
def scree_and_latent(result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Panels:
    """Draw the scree plot, and the first two principal component scores coloured by region (Fig. 3a).

    Parameters
    ----------
    result : xarray.Dataset
        With ``explained_variance_ratio``, ``pca`` and ``region``.
    ax : two matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    panels = sheet(ax, [["a", "b"]], 2.2, figsize=figsize)
    scree, latent = panels.axes
    _scree(scree, result)
    scores = over_space(result, "pca")
    scores = scores.reshape(-1, scores.shape[-1])
    shown = scale(scores[:, :2], units_of(result["pca"]))
    x, y = shown(scores[:, 0]), shown(scores[:, min(1, scores.shape[1] - 1)])
    handles: list[Artist] = []
    for region in DRAWN_REGIONS:
        chosen = mask(result, region).ravel()
        if chosen.any():
            colour = REGION_COLOURS[region]
            latent.scatter(
                *(x[chosen], y[chosen]),
                s=4 * smaller(x.size),
                linewidth=0,
                color=colour,
                alpha=0.7,
                rasterized=x.size > MANY,
            )
            text = f"{region.name.lower()} ({int(chosen.sum())})"
            handles.append(Line2D([], [], marker="o", linestyle="", markersize=3, color=colour, label=text))
    second = min(2, scores.shape[1])
    latent.set(xlabel=label("PC 1", shown.units), ylabel=label(f"PC {second}", shown.units))
    panels.letters()
    panels.legend(handles, columns=3, panel=1)
    return panels.several


def _scree(axes: Axes, result: xr.Dataset) -> None:
    share = result["explained_variance_ratio"].values[:MODES_SHOWN]
    number = np.arange(1, share.size + 1)
    axes.plot(number, 100 * share, ".-", color=INK, markersize=4, linewidth=0.7)
    axes.set(xlabel="principal component", ylabel="variance (%)")
    axes.set_xlim(0.5, share.size + 0.5)
    if share[0] > 0:
        axes.set_yscale("log", nonpositive="mask")
        logarithmic(axes.yaxis)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


@styled("embedding", "score")
def embedding(result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = SCORE_COLOURS) -> Axes:
    """Draw the embedding of the twin network, coloured by the score (Fig. 7b and c).

    Parameters
    ----------
    result : xarray.Dataset
        With ``embedding`` and ``score``.
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
    panels = sheet(ax, [["a"]], 2.6, figsize=figsize)
    panel = panels.axes[0]
    space = over_space(result, "embedding")
    space = space.reshape(-1, space.shape[-1])
    score = over_space(result, "score").ravel()
    plane = space.shape[1] > 1
    order = np.argsort(score)  # the few of high score on top of the many
    x, y = space[order, 0], space[order, 1] if plane else score[order]
    drawn = panel.scatter(
        x,
        y,
        c=score[order],
        cmap=cmap,
        vmin=0,
        vmax=1,
        s=6 * smaller(x.size),
        linewidth=0,
        rasterized=x.size > MANY,
    )
    units = units_of(result["embedding"]) or "arb. units"
    panel.set_xlabel(label("twin component 1", units))
    panel.set_ylabel(label("twin component 2", units) if plane else "score (0 to 1)")
    panels.colour_bar(drawn, panel, "score (0 to 1)", "right", "neither")
    return panels.single


def smaller(points: int) -> float:
    """Return by how much the area of the markers shrinks, so that very many points do not hide each other."""
    return float(np.clip(CROWDED / max(points, 1), SMALLEST, 1.0))

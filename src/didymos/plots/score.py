"""Map of the score, and its standard deviation over independently trained twin networks."""

from __future__ import annotations

import numpy as np
import xarray as xr

from didymos.plots.checked import styled
from didymos.plots.maps import (
    draw_flags,
    draw_outlines,
    draw_values,
    ground_map,
    has_relief,
    level,
    map_sheet,
    mask,
    over_space,
    region_handles,
)
from didymos.plots.sheets import AxesLike, Colours, Panels, Size
from didymos.plots.styling import FAINT, HEIGHT_COLOURS, REGION_COLOURS, SCORE_COLOURS, SPREAD_COLOURS
from didymos.schema import Region

OUTLINED = (Region.TRANSITION, Region.MINORITY)


@styled("score", "region", "spectra")
def score_map(
    result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = SCORE_COLOURS
) -> Panels:
    """Draw the score beside the topography (or the mean map) with the regions outlined.

    Parameters
    ----------
    result : xarray.Dataset
        With ``score``, ``region`` and ``topography`` or ``spectra``.
    ax : two matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.
    cmap : str or matplotlib.colors.Colormap, optional
        Colours of the values.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    panels, where = map_sheet(result, ax, 2, figsize)
    score, ground = panels.axes
    draw_values(panels, score, where, over_space(result, "score"), "score (0 to 1)", cmap, (0, 1))
    draw_flags(score, where, result)
    draw_values(panels, ground, where, *ground_map(result), HEIGHT_COLOURS)
    if not has_relief(result):
        draw_flags(ground, where, result, artefacts=False)
    for region in OUTLINED:
        draw_outlines(ground, where, mask(result, region), REGION_COLOURS[region])
    panels.letters()
    shown = region_handles(result, where, (*OUTLINED, Region.ARTEFACT, Region.MISSING), outlines=True)
    panels.legend(shown, columns=2 if len(shown) == 4 else 3, panel=1)
    return panels.several


@styled("score", "score_std", "spectra")
def score_uncertainty(
    result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = SPREAD_COLOURS
) -> Panels:
    """Draw how much the score differs between independently trained twin networks: as a map, and against the score.

    Parameters
    ----------
    result : xarray.Dataset
        With ``score`` and ``score_std``.
    ax : two matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.
    cmap : str or matplotlib.colors.Colormap, optional
        Colours of the values.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    panels, where = map_sheet(result, ax, 2, figsize, share=False)
    over_map, against = panels.axes
    deviation = over_space(result, "score_std")
    name = "standard deviation of the score"
    highest = float(np.nanmax(deviation, initial=0.0)) or 1.0
    draw_values(
        panels, over_map, where, deviation, "sd of score" if where.layout == "line" else name, cmap, (0, highest)
    )
    draw_flags(over_map, where, result)
    score = over_space(result, "score").ravel()
    against.scatter(score, deviation.ravel(), s=3, linewidth=0, color=FAINT, alpha=0.6, rasterized=score.size > 2000)
    against.set(xlabel="score (0 to 1)", ylabel="sd of score", xlim=(-0.03, 1.03))
    against.set_ylim(0, highest * 1.05)
    level(panels, where)
    panels.letters()
    panels.legend(region_handles(result, where, (Region.ARTEFACT, Region.MISSING)) if "region" in result else [])
    return panels.several

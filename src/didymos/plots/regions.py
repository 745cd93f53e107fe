"""Which region and which kind every point belongs to."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from didymos.plots.maps import draw_flags, draw_labels, handle, map_sheet, over_space, region_handles
from didymos.plots.styling import KIND_COLOURS, REGION_COLOURS, AxesLike, styled
from didymos.schema import Region

GROUND = "#f4f4f4"


@styled
def region_map(result: xr.Dataset, axes: AxesLike = None) -> Figure:
    """Draw the region that each point belongs to.

    Parameters
    ----------
    result : xarray.Dataset
        With ``region``.
    axes : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    panels, where = map_sheet(result, axes, 1)
    colours = {int(region): colour for region, colour in REGION_COLOURS.items() if region is not Region.MISSING}
    draw_flags(panels.axes[0], where, result, artefacts=False)
    draw_labels(panels.axes[0], where, over_space(result, "region"), colours)
    panels.legend(region_handles(result, where, (*list(Region)[1:], Region.MISSING)), columns=3)
    return panels.figure


@styled
def kind_map(result: xr.Dataset, axes: AxesLike = None) -> Figure:
    """Draw which kind of minority spectrum each point shows.

    Parameters
    ----------
    result : xarray.Dataset
        With ``kind`` and ``region``.
    axes : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    return _numbered_map(result, axes, "kind")


@styled
def phase_map(result: xr.Dataset, axes: AxesLike = None) -> Figure:
    """Draw which phase, a population that covers much of the surface, each point belongs to.

    Parameters
    ----------
    result : xarray.Dataset
        With ``phase`` and ``region``.
    axes : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    return _numbered_map(result, axes, "phase")


def _numbered_map(result: xr.Dataset, axes: AxesLike, name: str) -> Figure:
    """Draw the number, from 1, that a variable gives to each point, with the name of the variable in the legend."""
    panels, where = map_sheet(result, axes, 1)
    label = over_space(result, name)
    present = np.unique(label[label > 0]).astype(int)
    colours = {int(number): kind_colour(int(number)) for number in present}
    ground = np.where(over_space(result, "region") == int(Region.MISSING), -1, label)
    draw_labels(panels.axes[0], where, ground, {0: GROUND, **colours})
    draw_flags(panels.axes[0], where, result)
    handles: list[Artist] = [
        handle(where, f"{name} {number} ({int((label == number).sum())})", colour) for number, colour in colours.items()
    ]
    panels.legend([*handles, *region_handles(result, where, (Region.ARTEFACT, Region.MISSING))], columns=3)
    return panels.figure


def kind_colour(number: int) -> str:
    """Return the colour of kind number 1, 2 ..."""
    return KIND_COLOURS[(number - 1) % len(KIND_COLOURS)]

"""Which region and which kind every point belongs to."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from didymos.plots.checked import styled
from didymos.plots.maps import draw_flags, draw_labels, handle, map_sheet, over_space, region_handles
from didymos.plots.sheets import AxesLike, Size
from didymos.plots.styling import KIND_COLOURS, REGION_COLOURS
from didymos.schema import Region

GROUND = "#f4f4f4"


@styled("region", "spectra")
def region_map(result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw the region that each point belongs to.

    Parameters
    ----------
    result : xarray.Dataset
        With ``region``.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    panels, where = map_sheet(result, ax, 1, figsize)
    colours = {int(region): colour for region, colour in REGION_COLOURS.items() if region is not Region.MISSING}
    draw_flags(panels.axes[0], where, result, artefacts=False)
    draw_labels(panels.axes[0], where, over_space(result, "region"), colours)
    panels.legend(region_handles(result, where, (*list(Region)[1:], Region.MISSING)), columns=3)
    return panels.single


@styled("kind", "region", "spectra")
def kind_map(result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw which kind of minority spectrum each point shows.

    Parameters
    ----------
    result : xarray.Dataset
        With ``kind`` and ``region``.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    return _numbered_map(result, ax, figsize, "kind")


@styled("phase", "region", "spectra")
def phase_map(result: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw which phase, a population that covers much of the surface, each point belongs to.

    Parameters
    ----------
    result : xarray.Dataset
        With ``phase`` and ``region``.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    return _numbered_map(result, ax, figsize, "phase")


def _numbered_map(result: xr.Dataset, ax: AxesLike, figsize: Size, name: str) -> Axes:
    """Draw the number, from 1, that a variable gives to each point, with the name of the variable in the legend."""
    panels, where = map_sheet(result, ax, 1, figsize)
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
    return panels.single


def kind_colour(number: int) -> str:
    """Return the colour of kind number 1, 2 ..."""
    return KIND_COLOURS[(number - 1) % len(KIND_COLOURS)]

"""The result of one method of a comparison: maps of its score and of its groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from numpy.typing import NDArray

from didymos.plots.checked import styled
from didymos.plots.maps import (
    draw_flags,
    draw_labels,
    draw_outlines,
    draw_values,
    ground_map,
    handle,
    has_relief,
    map_sheet,
    over_space,
    region_handles,
)
from didymos.plots.regions import GROUND
from didymos.plots.sheets import AxesLike, Colours, Size
from didymos.plots.styling import HEIGHT_COLOURS, INK, REGION_COLOURS, SCORE_COLOURS
from didymos.plots.surface import Surface
from didymos.plots.units import label, scale
from didymos.schema import InputError, Region
from didymos.schema.given import check_result, no_result
from didymos.schema.suggestions import did_you_mean

GROUP_COLOURS = ("#0072b2", "#e69f00", "#56b4e9", "#882255", "#f0e442", "#332288", "#44aa99", "#999933")
"""Colours of the largest groups, largest first (Okabe and Ito, Tol): none is that of the truth or of an artefact."""
FURTHER_COLOUR = "#9a9a9a"
TRUE_COLOUR = REGION_COLOURS[Region.MINORITY]
TRUE, OTHER, UNCOUNTED = 1, 0, -1
"""Values of ``truth``."""
OUTSIDE = (Region.ARTEFACT, Region.MISSING)


def of_method(comparison: xr.Dataset, name: str) -> xr.Dataset:
    """Return what a comparison holds of one method, as the figures of a method take it.

    Parameters
    ----------
    comparison : xarray.Dataset
        A comparison.
    name : str
        One of its methods.

    Returns
    -------
    xarray.Dataset
        Without the dims ``algorithm`` and ``linkage``.
    """
    check_result(comparison, "of_method", "a comparison")
    names = [str(known) for known in comparison["algorithm"].values] if "algorithm" in comparison.coords else []
    if not names:
        raise no_result(comparison, "of_method", "a comparison")
    if not isinstance(name, str) or name not in names:
        raise InputError(f"there is no method {name!r}; there are {', '.join(names)}{did_you_mean(name, names)}")
    one = comparison.sel(algorithm=name)
    if "linkage" not in one.dims:
        return one
    known = "linkage" in one.coords and name in one["linkage"].values
    return one.sel(linkage=name) if known else one.drop_dims("linkage")


@styled("method_score", "region", of="one method of a comparison")
def method_score_map(
    one: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = SCORE_COLOURS
) -> Axes:
    """Draw the map of the score of a method, its colours from the 0.5 to the 99.5 % quantile.

    Parameters
    ----------
    one : xarray.Dataset
        One method of a comparison (:func:`of_method`), with ``method_score`` and ``region``.
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
    panels, where = map_sheet(one, ax, 1, figsize)
    panel = panels.axes[0]
    score = over_space(one, "method_score")
    shown = scale(score, "")
    draw_values(panels, panel, where, shown(score), label("score", shown.units), cmap)
    draw_flags(panel, where, one)
    draw_truth(panel, where, one)
    panels.legend([*truth_handles(one, where), *region_handles(one, where, OUTSIDE)], columns=3)
    return panels.single


@styled("method_label", "region", of="one method of a comparison")
def method_group_map(one: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw the group that each point belongs to, the largest groups in colours of their own (Fig. 3c).

    Parameters
    ----------
    one : xarray.Dataset
        One method of a comparison (:func:`of_method`), with ``method_label`` and ``region``.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    panels, where = map_sheet(one, ax, 1, figsize)
    panel = panels.axes[0]
    draw_flags(panel, where, one)
    groups = drawn_groups(one)
    draw_labels(panel, where, groups, {0: GROUND, **group_colours(groups)})
    draw_truth(panel, where, one, INK)  # seen on every colour
    handles: list[Artist] = [
        handle(where, text, colour)
        for text, colour in zip(group_words(groups), group_colours(groups).values(), strict=True)
    ]
    if bool((groups == 0).any()):
        handles.append(handle(where, f"in no group ({int((groups == 0).sum())})", GROUND))
    panels.legend([*handles, *truth_handles(one, where, INK), *region_handles(one, where, OUTSIDE)], columns=3)
    return panels.single


@styled("spectra", "region", of="a comparison")
def compared_surface(
    comparison: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = HEIGHT_COLOURS
) -> Axes:
    """Draw the topography (or the mean map) with the true defects outlined where they are known (Fig. 2a).

    Parameters
    ----------
    comparison : xarray.Dataset
        With ``spectra``, ``region`` and ``topography``, ``truth`` where known.
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
    panels, where = map_sheet(comparison, ax, 1, figsize)
    panel = panels.axes[0]
    draw_values(panels, panel, where, *ground_map(comparison), cmap)
    if not has_relief(comparison):
        draw_flags(panel, where, comparison, artefacts=False)
    draw_truth(panel, where, comparison)
    panels.legend(truth_handles(comparison, where))
    return panels.single


def drawn_groups(one: xr.Dataset) -> NDArray[np.int64]:
    """Return the group of each point in the order of the map, all beyond the largest as one more."""
    groups = over_space(one, "method_label").astype(np.int64)
    return np.minimum(groups, len(GROUP_COLOURS) + 1)


def group_colours(groups: NDArray[np.int64]) -> dict[int, str]:
    """Return the colours of the groups that occur, largest first."""
    every = dict(enumerate((*GROUP_COLOURS, FURTHER_COLOUR), start=1))
    return {number: every[number] for number in np.unique(groups).tolist() if number > 0}


def group_words(groups: NDArray[np.int64]) -> list[str]:
    """Return the names of the groups that occur, with the number of their spectra."""
    words = []
    for number in group_colours(groups):
        name = f"group {number}" if number <= len(GROUP_COLOURS) else "further groups"
        words.append(f"{name} ({int((groups == number).sum())})")
    return words


def has_truth(comparison: xr.Dataset) -> bool:
    """Return whether a comparison knows any defect."""
    return "truth" in comparison and bool((comparison["truth"] == TRUE).any())


def draw_truth(
    axes: Axes, where: Surface, comparison: xr.Dataset, colour: str = TRUE_COLOUR, linewidth: float = 0.5
) -> None:
    """Outline the true defects."""
    if has_truth(comparison):
        inside = over_space(comparison, "truth") == TRUE
        draw_outlines(axes, where, inside, colour, linewidth=linewidth)


def truth_handles(comparison: xr.Dataset, where: Surface, colour: str = TRUE_COLOUR) -> Sequence[Artist]:
    """Return the entry of the true defects for a legend; none where they are not known."""
    if not has_truth(comparison):
        return []
    count = int((comparison["truth"] == TRUE).sum())
    return [handle(where, f"true defect ({count})", colour, outlined=True)]

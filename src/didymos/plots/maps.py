"""Drawing maps of values and labels: as an image, as scattered points, or along a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from didymos.core.preparation.levelling import levelled
from didymos.plots.sheets import AxesLike, Colours, Sheet, Size, sheet
from didymos.plots.styling import COLUMN_WIDTH, FAINT, INK, REGION_COLOURS
from didymos.plots.surface import Surface, positions, surface
from didymos.plots.units import edges, label, limits, plain, scale, units_of
from didymos.schema import Region, space_dims

STACKED_BELOW = 0.55
"""Maps flatter than this (height over width) stand above each other instead of side by side."""
NARROWEST, WIDEST = 0.25, 2.5
"""Height over width of a map that can still be drawn to scale."""
SHADE = 0.4
FILL = 0.7
"""Opacity of marked stretches of a line, and of marked pixels of a fine map."""
HATCH = "//////"
ROUNDING = 8 * float(np.finfo(np.float32).eps)
"""Relief of this share of the largest height is none."""


def map_sheet(
    result: xr.Dataset, ax: AxesLike, count: int, figsize: Size = None, *, share: bool = True
) -> tuple[Sheet, Surface]:
    """Return `count` panels in the arrangement that suits maps, with common axes or without."""
    where = surface(result)
    ratio = float(np.clip(where.ratio, NARROWEST, WIDEST))
    names = "abcdefgh"[:count]
    stacked: list[list[str]] = [[name] for name in names]
    if where.layout == "line":
        return sheet(ax, stacked, 1.4 * count + 0.4, figsize, sharex=share), where
    if count == 1:
        return sheet(ax, [["a"]], min(2.2 * ratio, 4.5) + 0.8, figsize), where
    if ratio < STACKED_BELOW:
        height = count * (2.8 * ratio + 0.4) + 0.7
        return sheet(ax, stacked, height, figsize, sharex=share, sharey=share), where
    width = (COLUMN_WIDTH - (0.6 if share else 1.0)) / count
    return sheet(ax, [list(names)], width * ratio + 1.2, figsize, sharex=share, sharey=share), where


def level(panels: Sheet, where: Surface) -> None:
    """Give the plot beside a map the height of the map."""
    if panels.own and where.layout != "line" and where.ratio >= STACKED_BELOW:
        for axes in panels.axes:
            axes.set_anchor("S")
        panels.axes[1].set_box_aspect(float(np.clip(where.ratio, STACKED_BELOW, WIDEST)))
        # few fixed steps: where the number of ticks follows the size, layout and ticks chase each other
        panels.axes[1].yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], min_n_ticks=3))


def over_space(result: xr.Dataset, name: str) -> NDArray[Any]:
    """Return a variable as an array over the map, its dims in the order of the map."""
    values: NDArray[Any] = result[name].transpose(*space_dims(result), ...).values
    return values


def mask(result: xr.Dataset, region: Region) -> NDArray[np.bool_]:
    """Return which points belong to a region."""
    belongs: NDArray[np.bool_] = over_space(result, "region") == int(region)
    return belongs


def draw_values(
    panels: Sheet | None,
    axes: Axes,
    where: Surface,
    values: NDArray[Any],
    name: str,
    colours: Colours,
    between: tuple[float, float] | None = None,
) -> None:
    """Draw one number per point (on a line: as a curve), with a colour bar where the sheet for it is given."""
    low, high, extend = (*between, "neither") if between else limits(values)
    if where.layout == "line":
        axes.plot(where.x, values.ravel(), ".-", color=INK, markersize=2.5, linewidth=0.8)
        margin = 0.05 * (high - low)
        axes.set(ylabel=name, ylim=(low - margin, high + margin) if between else None)
        _frame(axes, where)
        return
    if where.layout == "image":
        drawn: Any = axes.imshow(
            values, cmap=colours, vmin=low, vmax=high, origin="lower", extent=where.extent, interpolation="none"
        )
    else:
        order = np.argsort(values)
        drawn = axes.scatter(
            where.x[order], where.y[order], c=values[order], cmap=colours, vmin=low, vmax=high, **_markers(where)
        )
    _frame(axes, where)
    if panels is not None:
        panels.colour_bar(drawn, axes, name, "top", extend, 18 / min(where.ratio / STACKED_BELOW, 1) ** 0.5)


def draw_labels(
    axes: Axes, where: Surface, labels: NDArray[Any], colours: Mapping[int, str], opacity: float = 1.0
) -> None:
    """Draw one label per point in its colour; labels without a colour are left out."""
    shown = np.zeros((*labels.shape, 4))
    for value, colour in colours.items():
        shown[labels == value] = to_rgba(colour, opacity)
    if where.layout == "points":
        for value, colour in colours.items():
            chosen = labels == value
            axes.scatter(where.x[chosen], where.y[chosen], color=colour, **_markers(where))
    elif where.layout == "image":
        axes.imshow(shown, origin="lower", extent=where.extent, interpolation="none")
    else:
        axes.imshow(
            shown.reshape(1, -1, 4),
            origin="lower",
            extent=(*where.extent[:2], 0, 1),
            aspect="auto",
            interpolation="none",
        )
        axes.set_yticks([])
        axes.set_ylim(0, 1)
    _frame(axes, where)


def draw_flags(axes: Axes, where: Surface, result: xr.Dataset, artefacts: bool = True) -> None:
    """Mark missing spectra (grey, hatched) and artefacts (in their colour)."""
    if "region" not in result:
        return
    missing, artefact = mask(result, Region.MISSING), mask(result, Region.ARTEFACT)
    if where.layout == "points":
        axes.scatter(
            where.x[missing], where.y[missing], marker="x", color=FAINT, linewidth=0.6, s=0.5 * _markers(where)["s"]
        )
        if artefacts:
            axes.scatter(where.x[artefact], where.y[artefact], color=REGION_COLOURS[Region.ARTEFACT], **_markers(where))
        return
    if missing.any():
        corners = ((0, 0), 1, 1)
        ground = Rectangle(*corners, transform=axes.transAxes, zorder=-1, hatch=HATCH, linewidth=0)
        ground.set(facecolor=REGION_COLOURS[Region.MISSING], edgecolor=FAINT)
        if where.layout == "image":
            axes.add_patch(ground)
        else:
            _shade(axes, where, missing.ravel(), facecolor=REGION_COLOURS[Region.MISSING], edgecolor=FAINT, hatch=HATCH)
    if artefacts and artefact.any():
        colour = REGION_COLOURS[Region.ARTEFACT]
        if where.layout == "image":
            draw_labels(axes, where, artefact.astype(int), {1: colour})
        else:
            _shade(axes, where, artefact.ravel(), facecolor=colour)


def draw_outlines(axes: Axes, where: Surface, inside: NDArray[np.bool_], colour: str, **options: Any) -> None:
    """Outline the chosen points: along the pixel edges, as rings, or as shaded stretches of a line.

    Where pixels are finer than lines, the points are filled.
    """
    if where.layout == "points":
        size = 2.2 * _markers(where)["s"]
        axes.scatter(where.x[inside], where.y[inside], s=size, facecolor="none", edgecolor=colour, linewidth=0.8)
    elif where.layout == "line":
        _shade(axes, where, inside.ravel(), facecolor=colour, alpha=SHADE)
    elif where.is_fine:
        draw_labels(axes, where, inside.astype(int), {1: colour}, FILL)
    else:
        axes.add_collection(
            LineCollection(pixel_edges(inside, where), **{"color": colour, "linewidth": 0.8, **options}), autolim=False
        )


def pixel_edges(inside: NDArray[np.bool_], where: Surface) -> list[NDArray[np.float64]]:
    """Return the straight pieces of the border between pixels inside and outside."""
    x, y = edges(where.x), edges(where.y)
    padded = np.pad(inside, 1).astype(np.int8)
    pieces: list[NDArray[np.float64]] = []
    for change, fixed, along, swapped in (
        (np.diff(padded[:, 1:-1], axis=0) != 0, y, x, False),
        ((np.diff(padded[1:-1], axis=1) != 0).T, x, y, True),
    ):
        for position, row in zip(fixed, change, strict=True):
            # runs of neighbouring edges become one line: a smaller file and clean corners
            changes = np.flatnonzero(np.diff(np.pad(row.astype(np.int8), 1)))
            for start, stop in zip(changes[::2], changes[1::2], strict=True):
                piece = np.array([[along[start], position], [along[stop], position]])
                pieces.append(piece[:, ::-1] if swapped else piece)
    return pieces


def region_handles(
    result: xr.Dataset, where: Surface, regions: Sequence[Region], outlines: bool = False
) -> list[Artist]:
    """Return the entries of a legend: the regions that occur, with the number of their spectra."""
    counts = {region: int(mask(result, region).sum()) for region in regions}
    handles: list[Artist] = []
    for region, count in counts.items():
        if not count:
            continue
        text, colour = f"{region.name.lower()} ({count})", REGION_COLOURS[region]
        outlined = outlines and region is not Region.ARTEFACT
        if region is not Region.MISSING:
            handles.append(handle(where, text, colour, outlined))
        elif where.layout == "points":
            handles.append(Line2D([], [], color=FAINT, linestyle="", marker="x", markersize=4, label=text))
        else:
            handles.append(Patch(facecolor=colour, edgecolor=FAINT, hatch=HATCH, linewidth=0, label=text))
    return handles


def handle(where: Surface, text: str, colour: str, outlined: bool = False) -> Artist:
    """Return an entry of a legend in the style of the drawing: an area or a dot, filled or outlined."""
    if where.layout == "points":
        filled = "none" if outlined else colour
        return Line2D([], [], color=colour, linestyle="", marker="o", markersize=5, markerfacecolor=filled, label=text)
    if where.layout == "line" or where.is_fine or not outlined:
        opacity = FILL if where.is_fine else SHADE
        return Patch(facecolor=colour, alpha=opacity if outlined else None, label=text)
    return Line2D([], [], color=colour, linewidth=1.2, label=text)


def signal_map(result: xr.Dataset, energy: float | None = None) -> tuple[NDArray[np.float64], str]:
    """Return the map of the signal at one energy, or averaged over all, with the label of its colour bar."""
    spectra = result["spectra"]
    chosen = spectra.mean("energy", skipna=True) if energy is None else spectra.sel(energy=energy, method="nearest")
    values = chosen.transpose(*space_dims(result)).values
    shown = scale(values, units_of(spectra))
    name = plain(spectra.attrs.get("long_name", "signal"))
    return shown(values), label(f"mean {name}" if energy is None else name, shown.units)


def has_relief(result: xr.Dataset) -> bool:
    """Return whether a result holds a topography that is more than a plane."""
    return height_map(result) is not None


def height_map(result: xr.Dataset) -> tuple[NDArray[np.float64], str] | None:
    """Return the levelled height with the label of its colour bar, None without relief."""
    if "topography" not in result:
        return None
    measured, height = over_space(result, "topography"), _levelled(result)
    known = np.isfinite(height)
    # files hold heights in single precision: a plane leaves the rounding
    if not known.any() or np.abs(height[known]).max() <= ROUNDING * np.abs(measured[known]).astype(float).max():
        return None
    length = scale(np.ptp(height[known]), units_of(result["topography"]) or "m")
    return length(height - np.nanmin(height)), label("levelled height", length.units)


def ground_map(result: xr.Dataset) -> tuple[NDArray[np.float64], str]:
    """Return the levelled height, without relief the mean signal, with the label of its colour bar."""
    return height_map(result) or signal_map(result)


def _levelled(result: xr.Dataset) -> NDArray[np.float64]:
    x, y = (np.asarray(position.values, dtype=float) for position in positions(result))
    height = over_space(result, "topography")
    return levelled(height, x, y[:, np.newaxis] if height.ndim == 2 else y)


def _frame(axes: Axes, where: Surface) -> None:
    axes.set_xlabel(where.x_label)
    left, right, bottom, top = where.extent
    if where.layout == "line":
        axes.set_xlim(min(left, right), max(left, right))
    else:
        axes.set_ylabel(where.y_label)
        axes.set_aspect("equal" if NARROWEST <= where.ratio <= WIDEST else "auto")
        if where.layout == "image":
            axes.set_xlim(min(left, right), max(left, right))
            axes.set_ylim(min(bottom, top), max(bottom, top))
        else:
            axes.margins(0.06)
    if len(axes.get_shared_x_axes().get_siblings(axes)) > 1:
        axes.label_outer()


def _markers(where: Surface) -> dict[str, Any]:
    # about touching: the drawn area of some 90 x 90 pt shared among the points
    spacing = 90 / np.sqrt(max(where.x.size, 1))
    return {"s": float(np.clip(0.8 * spacing, 1.2, 7)) ** 2, "linewidth": 0, "rasterized": where.x.size > 2000}


def _shade(axes: Axes, where: Surface, chosen: NDArray[np.bool_], **options: Any) -> None:
    sides = edges(where.x)
    changes = np.flatnonzero(np.diff(np.pad(chosen.astype(np.int8), 1)))
    for start, stop in zip(changes[::2], changes[1::2], strict=True):
        axes.axvspan(sides[start], sides[stop], **{"linewidth": 0, "zorder": 0, **options})

"""The plane of a method: the positions of all spectra in its latent space, and how far they are from the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from didymos.plots.checked import styled
from didymos.plots.comparison import (
    OTHER,
    TRUE,
    TRUE_COLOUR,
    UNCOUNTED,
    drawn_groups,
    group_colours,
    group_words,
    has_truth,
)
from didymos.plots.latent import MANY
from didymos.plots.latent_distances import LONGEST_TITLE, distance_correlation
from didymos.plots.maps import over_space
from didymos.plots.sheets import AxesLike, Colours, Panels, Size, sheet
from didymos.plots.styling import DENSITY_COLOURS, FAINT, INK, power_of_ten
from didymos.plots.units import ARBITRARY, Scale, label, scale, units_of
from didymos.schema import Region

TRUTH_COLOURS = {UNCOUNTED: "#d4d4d4", OTHER: FAINT, TRUE: TRUE_COLOUR}
TRUTH_WORDS = {UNCOUNTED: "not counted", OTHER: "no defect", TRUE: "true defect"}
SMALL = 0.1
FINENESS = 300
"""Steps along either axis in which the boundaries are followed."""


@styled("latent", "method_label", of="one method of a comparison")
def method_plane(one: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Panels:
    """Draw the first two latent dims coloured by group and, where known, by truth (Fig. 3b).

    Where the nearest centre decides the group, the centres are marked and the boundaries between them drawn.

    Parameters
    ----------
    one : xarray.Dataset
        One method of a comparison (:func:`didymos.plots.of_method`), with ``latent`` and ``method_label``.
    ax : matplotlib.axes.Axes or, with a truth, two of them, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    array of matplotlib.axes.Axes
        The panels; the single one where `ax` is one.
    """
    truth = has_truth(one)
    mosaic, height = ([["a", "b"]], 2.5) if truth else ([["a"]], 2.9)
    panels = sheet(ax, mosaic, height, figsize, sharex=True, sharey=True)
    positions = plane(one)
    groups = drawn_groups(one).ravel()
    colours = group_colours(groups)
    _scatter(panels.axes[0], positions, groups, colours)
    _draw_centres(panels.axes[0], one, positions)
    handles: list[Artist] = _dots(list(colours.values()), group_words(groups))
    if truth:
        known = over_space(one, "truth").ravel()
        _scatter(panels.axes[1], positions, known, TRUTH_COLOURS)
        handles += truth_dots(one)
    for panel in panels.axes:
        panel.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
        panel.set_xlabel(positions.x_label.replace(ARBITRARY, "arb.") if truth else positions.x_label)
    panels.axes[0].set_ylabel(positions.y_label)
    panels.letters()
    panels.legend(handles, columns=3)
    return panels.several


@styled("distance_correlation", "latent_distance", "method_title", of="one method of a comparison")
def method_distance_correlation(
    one: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = DENSITY_COLOURS
) -> Axes:
    """Draw the density of spectra over their distance from the mean, in the data and to the method (Fig. 5, 6).

    Parameters
    ----------
    one : xarray.Dataset
        One method of a comparison (:func:`didymos.plots.of_method`), with ``distance_correlation``.
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
    spaces = _as_spaces(one.expand_dims("algorithm"), short=False)
    drawn = distance_correlation(spaces, ax, figsize=figsize, cmap=cmap)
    return drawn if isinstance(drawn, Axes) else drawn[0]


@styled("distance_correlation", "latent_distance", of="a comparison")
def distance_correlations(
    comparison: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None, cmap: Colours = DENSITY_COLOURS
) -> Panels:
    """Draw the distance correlation of every method that has one, side by side (Fig. 5, 6).

    Parameters
    ----------
    comparison : xarray.Dataset
        With ``distance_correlation`` and ``latent_distance``.
    ax : matplotlib.axes.Axes, optional
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
    counted = (comparison["distance_correlation"] > 0).any(("raw_distance_bin", "latent_distance_bin")).values
    spaces = _as_spaces(comparison.isel(algorithm=np.flatnonzero(counted)), short=True)
    return distance_correlation(spaces, ax, figsize=figsize, cmap=cmap)


def _as_spaces(comparison: xr.Dataset, short: bool) -> xr.Dataset:
    names = [str(name) for name in comparison["algorithm"].values]
    titles = [str(title) for title in comparison["method_title"].values]
    shown = [name if short and len(title) > LONGEST_TITLE else title for name, title in zip(names, titles, strict=True)]
    chosen = comparison[["distance_correlation", "latent_distance", "step_index"]]
    return chosen.rename(algorithm="latent_space").assign_coords(latent_space=shown)


class Plane:
    """Positions of the spectra in the units of the axes.

    Attributes
    ----------
    x, y : numpy.ndarray, shape (n_points,)
        First and second latent component; where the space has only one, `y` is the score.
    x_label, y_label : str
        Labels of the axes.
    """

    def __init__(self, one: xr.Dataset) -> None:
        space = over_space(one, "latent")
        space = space.reshape(-1, space.shape[-1])
        self._scale = _short(scale(space, units_of(one["latent"])), space)
        self.x = self._scale(space[:, 0])
        self.x_label = label("component 1", self._scale.units)
        self.flat = space.shape[1] > 1 and bool(np.isfinite(space[:, 1]).any())
        if self.flat:
            self.y, self.y_label = self._scale(space[:, 1]), label("component 2", self._scale.units)
        else:
            score = over_space(one, "method_score").ravel()
            shown = scale(score, "")
            self.y, self.y_label = shown(score), label("score", shown.units)

    def __call__(self, positions: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return further positions of the latent space in the units of the axes."""
        return self._scale(positions)


def plane(one: xr.Dataset) -> Plane:
    """Return the positions of the spectra in the plane of a method."""
    return Plane(one)


def _short(chosen: Scale, values: NDArray[np.floating]) -> Scale:
    """Return a scale whose numbers are not 0.0001: two panels have no room for them."""
    largest = float(np.nanmax(np.abs(values), initial=0.0))
    if chosen.factor != 1 or not 0 < largest < SMALL:
        return chosen
    return Scale(1e3, f"{power_of_ten(1e-3)} {chosen.units}")


def draw_plane(axes: Axes, one: xr.Dataset, size: float) -> None:
    """Draw the plane of a method coloured by truth where it is known, else by group."""
    positions = plane(one)
    if has_truth(one):
        _scatter(axes, positions, over_space(one, "truth").ravel(), TRUTH_COLOURS, size)
    else:
        groups = drawn_groups(one).ravel()
        _scatter(axes, positions, groups, group_colours(groups), size)


def truth_dots(comparison: xr.Dataset, counted: bool = True) -> list[Artist]:
    """Return the entries of a legend for dots coloured by truth."""
    known = over_space(comparison, "truth")[over_space(comparison, "region") == Region.MAJORITY]
    counts = {value: int((known == value).sum()) for value in reversed(TRUTH_COLOURS)}
    words = {value: TRUTH_WORDS[value] + f" ({count})" * counted for value, count in counts.items() if count}
    return _dots([TRUTH_COLOURS[value] for value in words], list(words.values()))


def _scatter(axes: Axes, positions: Plane, labels: NDArray[Any], colours: dict[int, str], size: float = 4) -> None:
    # the rare last, on top of the many
    for value in sorted(colours, key=lambda value: -int((labels == value).sum())):
        chosen = labels == value
        axes.scatter(
            positions.x[chosen],
            positions.y[chosen],
            s=size,
            linewidth=0,
            color=colours[value],
            alpha=0.8,
            rasterized=labels.size > MANY,
        )


def _dots(colours: list[str], words: list[str]) -> list[Artist]:
    return [
        Line2D([], [], marker="o", linestyle="", markersize=3.5, color=colour, label=text)
        for colour, text in zip(colours, words, strict=True)
    ]


def _draw_centres(axes: Axes, one: xr.Dataset, positions: Plane) -> None:
    if "group_centre" not in one or not positions.flat:
        return
    centres = positions(one["group_centre"].transpose("group", "latent_component").values)
    centres = centres[np.isfinite(centres).all(axis=1)]
    if not len(centres):
        return
    if len(centres) == int(one["group_count"]):
        _draw_boundaries(axes, centres)
    axes.plot(*centres.T, "X", color=INK, markeredgecolor="white", markeredgewidth=0.6, markersize=6)


def _draw_boundaries(axes: Axes, centres: NDArray[np.float64]) -> None:
    """Draw where two centres are the nearest, both at the same distance."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    x, y = np.meshgrid(np.linspace(left, right, FINENESS), np.linspace(bottom, top, FINENESS))
    squared = (x - centres[:, :1, np.newaxis]) ** 2 + (y - centres[:, 1:, np.newaxis]) ** 2
    for number in range(len(centres)):
        others = np.delete(squared, number, axis=0)
        if len(others):
            axes.contour(x, y, others.min(axis=0) - squared[number], [0.0], colors=INK, linewidths=0.7)
    axes.set(xlim=(left, right), ylim=(bottom, top))

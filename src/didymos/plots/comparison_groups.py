"""The groups of a method: their average spectra, and the upper end of the tree they come from."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray
from scipy.cluster.hierarchy import dendrogram

from didymos.plots.checked import styled
from didymos.plots.comparison import GROUP_COLOURS
from didymos.plots.sheets import AxesLike, Size, sheet
from didymos.plots.spectra import HEIGHT, LINES, frame_energy
from didymos.plots.styling import FAINT, INK, logarithmic
from didymos.plots.units import energy_axis, label, scale, signal_scale, units_of

LEAVES = 24
"""Leaves of a drawn tree: as many as a column has room to label."""
WIDE_RANGE = 10
"""Ratio of heights from which on their axis is logarithmic."""


@styled("group_spectrum", "group_size", of="one method of a comparison")
def method_spectra(one: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw the average spectrum of each of the largest groups (Fig. 3c).

    Parameters
    ----------
    one : xarray.Dataset
        One method of a comparison (:func:`didymos.plots.of_method`), with ``group_spectrum`` and ``group_size``.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    panels = sheet(ax, [["a"]], HEIGHT, figsize=figsize)
    panel = panels.axes[0]
    spectra = one["group_spectrum"].transpose("group", "energy").values
    shown, signal = signal_scale(one, spectra)
    energy, energy_label = energy_axis(one)
    handles: list[Artist] = []
    for index, (values, size) in enumerate(zip(spectra, one["group_size"].values, strict=True)):
        if not np.isfinite(values).any():
            continue
        handles += panel.plot(
            energy,
            shown(values),
            LINES[index // 2 % len(LINES)],
            color=GROUP_COLOURS[index % len(GROUP_COLOURS)],
            label=f"group {index + 1} ({int(size)})",
        )
    panel.set(xlabel=energy_label, ylabel=label(signal, shown.units))
    frame_energy(panel, energy)
    panels.legend(handles, columns=3)
    return panels.single


@styled("merges", "leaf_size", of="one method of a comparison")
def method_dendrogram(one: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw how the last clusters merge, with the number of spectra in each (Fig. 3d, top).

    Parameters
    ----------
    one : xarray.Dataset
        One agglomerative method of a comparison (:func:`didymos.plots.of_method`), with ``merges`` and ``leaf_size``.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    panels = sheet(ax, [["a"]], 2.7, figsize=figsize)
    panel = panels.axes[0]
    tree, sizes = upper_end(one, LEAVES)
    drawn = dendrogram(tree, no_plot=True)
    shown = scale(tree[:, 2], units_of(one["merges"]))
    heights = shown(drawn["dcoord"])
    lowest, highest = float(shown(tree[0, 2])), float(shown(tree[-1, 2]))
    steep = lowest > 0 and highest > WIDE_RANGE * lowest
    floor = lowest * (lowest / highest) ** 0.1 if steep else max(0.0, lowest - 0.15 * (highest - lowest))
    lines = np.stack([drawn["icoord"], np.maximum(heights, floor)], axis=-1)
    panel.add_collection(LineCollection(list(lines), colors=INK, linewidths=0.8))
    # SciPy puts the leaves at 5, 15, 25 ...
    panel.set_xlim(0, 10 * len(sizes))
    panel.set_xticks(5 + 10 * np.arange(len(sizes)), [str(sizes[leaf]) for leaf in drawn["leaves"] or []], rotation=90)
    panel.tick_params(axis="x", length=0)
    panel.set(xlabel="number of spectra", ylabel=label("height of the merge", shown.units))
    if steep:
        panel.set_yscale("log")
    panel.set_ylim(floor, highest * (highest / floor) ** 0.05 if steep else highest + 0.05 * (highest - floor) or 1)
    if steep:
        logarithmic(panel.yaxis)
    return panels.single


@styled("split_size", of="one method of a comparison")
def method_split_sizes(one: xr.Dataset, ax: AxesLike = None, *, figsize: Size = None) -> Axes:
    """Draw the size of the smaller cluster of each split, from the top of the tree on (Fig. 3d, bottom).

    Parameters
    ----------
    one : xarray.Dataset
        One agglomerative method of a comparison (:func:`didymos.plots.of_method`), with ``split_size``.
    ax : matplotlib.axes.Axes, optional
        Where to draw instead of a new figure.
    figsize : (float, float), optional
        Width and height of a new figure in inches.

    Returns
    -------
    matplotlib.axes.Axes
        The panel.
    """
    panels = sheet(ax, [["a"]], 2.2, figsize=figsize)
    panel = panels.axes[0]
    size = one["split_size"].values
    order = one["order"].values if "order" in one.coords else np.arange(2, size.size + 2)
    split = size > 0
    panel.vlines(order[split], 0.7, size[split], color=FAINT, linewidth=0.4)
    panel.plot(order[split], size[split], ".", color=INK, markersize=2.5)
    panel.set_yscale("log")
    panel.set_ylim(0.7, max(1.6 * float(size[split].max(initial=1)), 10))
    logarithmic(panel.yaxis)
    panel.set(xlabel="number of clusters after the split", ylabel="spectra in the smaller part")
    return panels.single


def upper_end(one: xr.Dataset, leaves: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the last merges of a stored tree as SciPy takes them, and the number of spectra in each of its leaves.

    Parameters
    ----------
    one : xarray.Dataset
        One agglomerative method of a comparison, with ``merges`` and ``leaf_size``.
    leaves : int
        The most leaves to leave.

    Returns
    -------
    tree : array, shape (n_leaves - 1, 4)
        In the format of SciPy's linkage matrix; its last column counts leaves.
    sizes : array of int, shape (n_leaves,)
        Number of spectra in each.
    """
    merges = one["merges"].transpose("merge", "merge_field").values
    merges = merges[np.isfinite(merges).all(axis=1)]
    count = len(merges) + 1
    size = np.concatenate([one["leaf_size"].values[:count], merges[:, 3]])
    hidden = max(count - leaves, 0)
    upper = merges[hidden:].copy()
    children = upper[:, :2].astype(int)
    below = np.unique(children[children < count + hidden])
    number = {int(node): index for index, node in enumerate(below)}
    number |= {count + hidden + row: len(below) + row for row in range(len(upper))}
    holds = [1] * len(below)
    for row, (left, right) in enumerate(children.tolist()):
        upper[row, :2] = number[left], number[right]
        holds.append(holds[number[left]] + holds[number[right]])
        upper[row, 3] = holds[-1]
    return upper, size[below].astype(np.int64)

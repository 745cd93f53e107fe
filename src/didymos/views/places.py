"""The points of a map that a page shows, where they lie, and which of them come with their spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.numeric.rows import evenly
from didymos.plots.surface import Surface, surface
from didymos.plots.units import edges
from didymos.schema import Region, is_image
from didymos.views.settings import ViewSettings

STRIP = 0.12
"""Height over width of the picture of a single line."""


@dataclass(frozen=True)
class Picture:
    """A picture of the map: which place is in which cell.

    Attributes
    ----------
    place : array of int32, shape (rows, columns)
        Number of the place in every cell, the lowest row first; -1 where there is none.
    left, bottom, width, height : float
        Of the whole picture, in the units of the axes.
    """

    place: NDArray[np.int32]
    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True)
class Places:
    """The points of a map that a page shows.

    Attributes
    ----------
    index : array of int, shape (n_places,)
        Which points of the map they are, counted through all of them.
    x, y : array, shape (n_places,)
        Positions in the units of the axes.
    x_label, y_label : str
        Labels of the axes.
    picture : Picture
    with_spectrum : array of int, shape (n_spectra,)
        Numbers of the places whose spectra the page holds.
    nearest : array of int, shape (n_places,)
        Which of these spectra is nearest to every place.
    points : int
        Number of all points of the map.
    """

    index: NDArray[np.intp]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_label: str
    y_label: str
    picture: Picture
    with_spectrum: NDArray[np.intp]
    nearest: NDArray[np.int32]
    points: int


def places_of(result: xr.Dataset, settings: ViewSettings) -> Places:
    """Choose the points of a result that a page shows.

    All points are places up to ``most_places``; beyond, every place is the point with the largest score in a block, so
    that no defect is lost. All places come with their spectrum up to ``most_spectra``; beyond, half of the sample lies
    evenly over the map and half of it is what scores highest.

    Parameters
    ----------
    result : xarray.Dataset
        A result, dims (y, x) or (point).
    settings : ViewSettings

    Returns
    -------
    Places
    """
    where = surface(result)
    score = np.nan_to_num(result["score"].values.ravel(), nan=-1.0) if "score" in result else None
    if is_image(result):
        rows, columns = result.sizes["y"], result.sizes["x"]
        index = _of_blocks(rows, columns, score, settings.most_places)
        x, y = _grid(where, rows, columns)
        picture = _image(index, x, y)
        chosen = index.ravel()
    else:
        points = result.sizes["point"]
        chosen = np.arange(points) if points <= settings.most_places else evenly(points, settings.most_places)
        x, y = (np.asarray(values, dtype=float) for values in _scattered(where, points))
        picture = _raster(x[chosen], y[chosen], settings.cells)
    x, y = x[chosen], y[chosen]
    held = _held(chosen, result, score, settings)
    nearest = np.arange(len(chosen), dtype=np.int32)
    if len(held) < len(chosen):
        found = cKDTree(np.stack([x[held], y[held]], axis=1)).query(np.stack([x, y], axis=1))[1]
        nearest = np.asarray(found, dtype=np.int32)
        nearest[held] = np.arange(len(held))
    labels = (where.x_label, where.y_label)
    total = int(result["score"].size) if score is not None else len(chosen)
    return Places(chosen, x, y, *labels, picture, held, nearest, total)


def _of_blocks(rows: int, columns: int, score: NDArray[np.floating] | None, most: int) -> NDArray[np.intp]:
    """Return the points of a grid, or of each block of it the one with the largest score, shape (rows, columns)."""
    index = np.arange(rows * columns).reshape(rows, columns)
    side = int(np.ceil(np.sqrt(rows * columns / most)))
    if side == 1 or score is None:
        return index[::side, ::side]
    down, across = -(-rows // side), -(-columns // side)
    # a block at the edge repeats its last row and column
    row = np.minimum(np.arange(down * side), rows - 1)
    column = np.minimum(np.arange(across * side), columns - 1)
    blocks = (
        index[np.ix_(row, column)].reshape(down, side, across, side).transpose(0, 2, 1, 3).reshape(down, across, -1)
    )
    best = score[blocks].argmax(axis=2)
    return np.take_along_axis(blocks, best[..., np.newaxis], axis=2)[..., 0]


def _grid(where: Surface, rows: int, columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the positions of all points of a grid; a single row or column lies along x."""
    if where.layout == "line":
        return where.x, np.zeros(len(where.x))
    x, y = np.meshgrid(where.x, where.y)
    assert x.shape == (rows, columns)
    return x.ravel(), y.ravel()


def _scattered(where: Surface, points: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return (where.x, np.zeros(points)) if where.layout == "line" else (where.x, where.y)


def _image(index: NDArray[np.intp], x: NDArray[np.float64], y: NDArray[np.float64]) -> Picture:
    """Return the picture of a grid, its columns and rows ascending."""
    number = np.arange(index.size, dtype=np.int32).reshape(index.shape)
    across, down = x[index].mean(axis=0), y[index].mean(axis=1)
    if 1 in index.shape:
        # along a line x is the position, whichever way the line lies
        along = edges(np.sort(x[index].ravel()))
        width = float(along[-1] - along[0])
        row = number.ravel()[np.argsort(x[index].ravel())][np.newaxis]
        return Picture(row, float(along[0]), -STRIP * width / 2, width, STRIP * width)
    picture = number[np.ix_(np.argsort(down), np.argsort(across))]
    left, bottom = edges(np.sort(across)), edges(np.sort(down))
    return Picture(picture, *(float(v) for v in (left[0], bottom[0], left[-1] - left[0], bottom[-1] - bottom[0])))


def _raster(x: NDArray[np.float64], y: NDArray[np.float64], cells: int) -> Picture:
    """Return the picture of scattered points: every cell shows the nearest point, if that is near enough."""
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return Picture(np.full((1, 1), -1, dtype=np.int32), 0.0, 0.0, 1.0, 1.0)
    numbers, position = np.flatnonzero(known), np.stack([x[known], y[known]], axis=1)
    low, span = position.min(axis=0), np.ptp(position, axis=0)
    longest = float(span.max()) or 1.0
    tree = cKDTree(position)
    # a disc that touches its neighbours where the points are evenly spread
    spacing = longest * max(float(np.prod(np.maximum(span / longest, STRIP))), 1e-9) ** 0.5 / len(position) ** 0.5
    low, span = low - spacing, span + 2 * spacing
    size = float(span.max()) / cells
    columns, rows = (max(int(np.ceil(part / size)), 1) for part in span)
    across, down = low[0] + (np.arange(columns) + 0.5) * size, low[1] + (np.arange(rows) + 0.5) * size
    grid = np.stack(np.meshgrid(across, down), axis=2)
    away, nearest = tree.query(grid, distance_upper_bound=max(0.55 * spacing, 0.75 * size))
    place = np.where(np.isfinite(away), numbers[np.minimum(nearest, len(numbers) - 1)], -1).astype(np.int32)
    return Picture(place, float(low[0]), float(low[1]), columns * size, rows * size)


def _held(
    chosen: NDArray[np.intp], result: xr.Dataset, score: NDArray[np.floating] | None, settings: ViewSettings
) -> NDArray[np.intp]:
    """Return the numbers of the places whose spectra the page holds, ascending."""
    count = len(chosen)
    missing = result["region"].values.ravel()[chosen] == Region.MISSING if "region" in result else np.zeros(count, bool)
    if count <= settings.most_spectra:
        return np.arange(count)
    there = np.flatnonzero(~missing)
    if score is None:
        return there[evenly(len(there), settings.sample)]
    highest = there[np.argsort(-score[chosen][there], kind="stable")[: settings.sample // 2]]
    rest = np.setdiff1d(there, highest, assume_unique=True)
    # a fixed draw: even steps through the points make stripes
    drawn = np.random.default_rng(0).permutation(len(rest))[: settings.sample - len(highest)]
    return np.sort(np.concatenate([highest, rest[drawn]]))

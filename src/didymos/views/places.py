"""The points of a map that a page shows, where they lie, and which of them come with their spectrum."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.numeric.rows import evenly
from didymos.plots.maps import over_space
from didymos.plots.surface import Surface, surface
from didymos.plots.units import edges
from didymos.schema import Region, is_image, space_dims
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
        Which of these spectra is nearest to every place; -1 where the place has no spectrum, or no position, and not
        all are held.
    points : int
        Number of all points of the map.
    side : int
        Rows and columns of the block of a grid that a place stands for.
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
    side: int = 1


def places_of(result: xr.Dataset, settings: ViewSettings) -> Places:
    """Choose the points of a result that a page shows.

    All points are places up to ``most_places``; beyond, every place is the point with the largest score in a block, so
    that no defect is lost. All places come with their spectrum up to ``most_spectra``; beyond, missing spectra are left
    out, and of more than that half of the sample is drawn at random and half of it is what scores highest.

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
    x, y = positions(where)
    score = np.nan_to_num(over_space(result, "score").ravel(), nan=-1.0) if "score" in result else None
    if is_image(result):
        rows, columns = result.sizes["y"], result.sizes["x"]
        side = _side(rows, columns, settings.most_places)
        index = _of_blocks(rows, columns, score, side)
        picture = _image(index, where, side)
        chosen, total = index.ravel(), rows * columns
    else:
        total, side = result.sizes["point"], 1
        chosen = _of_groups(x, y, score, settings.most_places)
        picture = _raster(x[chosen], y[chosen], None if score is None else score[chosen], settings.cells)
    x, y = x[chosen], y[chosen]
    missing = _missing(result)[chosen]
    held = _held(missing, None if score is None else score[chosen], settings)
    nearest = _nearest(x, y, held, missing)
    return Places(chosen, x, y, where.x_label, where.y_label, picture, held, nearest, total, side)


def _side(rows: int, columns: int, most: int) -> int:
    """Return the side of the smallest blocks of a grid of which there are at most so many."""
    side = max(math.isqrt(max(rows * columns - 1, 0) // most), 1)
    while -(-rows // side) * -(-columns // side) > most:
        side += 1
    return side


def _of_blocks(rows: int, columns: int, score: NDArray[np.floating] | None, side: int) -> NDArray[np.intp]:
    """Return the points of a grid, or of each block of it the one with the largest score, shape (rows, columns)."""
    index = np.arange(rows * columns).reshape(rows, columns)
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


def _of_groups(
    x: NDArray[np.float64], y: NDArray[np.float64], score: NDArray[np.floating] | None, most: int
) -> NDArray[np.intp]:
    """Return scattered points, or of each group of neighbours the one with the largest score, ascending."""
    count = len(x)
    if count <= most:
        return np.arange(count)
    if score is None:
        return evenly(count, most)
    # strips of equally many points from left to right, and in each strip groups of neighbours from below
    rank = np.argsort(np.argsort(x, kind="stable"), kind="stable")
    order = np.lexsort((y, rank * max(math.isqrt(most), 1) // count))
    starts = np.arange(most) * count // most
    best = np.lexsort((-score[order], np.repeat(np.arange(most), np.diff(starts, append=count))))
    return np.sort(order[best[starts]])


def positions(where: Surface) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y of all points of a map in the units of its axes; a line lies along x, whichever way it lies."""
    if where.layout == "line":
        return np.asarray(where.x, dtype=float), np.zeros(len(where.x))
    x, y = np.meshgrid(where.x, where.y) if where.layout == "image" else (where.x, where.y)
    return np.asarray(x, dtype=float).ravel(), np.asarray(y, dtype=float).ravel()


def _image(index: NDArray[np.intp], where: Surface, side: int) -> Picture:
    """Return the picture of a grid, its columns and rows ascending."""
    number = np.arange(index.size, dtype=np.int32).reshape(index.shape)
    if where.layout == "line":
        # along a line x is the position, whichever way the line lies
        order, left, width = _cells(where.x, side)
        return Picture(number.ravel()[order][np.newaxis], left, -STRIP * width / 2, width, STRIP * width)
    (across, left, width), (up, bottom, height) = _cells(where.x, side), _cells(where.y, side)
    return Picture(number[np.ix_(up, across)], left, bottom, width, height)


def _cells(position: NDArray[np.float64], side: int) -> tuple[NDArray[np.intp], float, float]:
    """Return the ascending order of blocks of positions, where the first cell begins, and the width of all cells.

    A block at the end that is not full takes the room of a full one.
    """
    order = np.argsort(position[::side], kind="stable")
    along = edges(np.sort(position))
    left, right = float(along[0]), float(along[-1])
    width = (right - left) * len(order) * side / len(position)
    # where positions descend the last block lies at the left
    return order, right - width if position[0] > position[-1] else left, width


def _raster(x: NDArray[np.float64], y: NDArray[np.float64], score: NDArray[np.floating] | None, cells: int) -> Picture:
    """Return the picture of scattered points: every cell shows the nearest point, if that is near enough.

    Where several points lie in one cell the cell shows the one with the largest score.
    """
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
    if score is not None:
        column, row = ((position - low) / size).astype(np.intp).T
        order = np.argsort(score[numbers], kind="stable")
        cell = (np.minimum(row, rows - 1) * columns + np.minimum(column, columns - 1))[order]
        # of several in one cell the last one, which has the largest score
        last = np.unique(cell[::-1], return_index=True)
        place.ravel()[last[0]] = numbers[order[::-1][last[1]]]
    return Picture(place, float(low[0]), float(low[1]), columns * size, rows * size)


def _missing(result: xr.Dataset) -> NDArray[np.bool_]:
    """Return which points of a result have no spectrum."""
    if "region" not in result:
        return np.zeros(int(np.prod([result.sizes[dim] for dim in space_dims(result)])), dtype=bool)
    return np.asarray(over_space(result, "region").ravel() == Region.MISSING)


def _held(missing: NDArray[np.bool_], score: NDArray[np.floating] | None, settings: ViewSettings) -> NDArray[np.intp]:
    """Return the numbers of the places whose spectra the page holds, ascending."""
    if len(missing) <= settings.most_spectra:
        return np.arange(len(missing))
    there = np.flatnonzero(~missing)
    if len(there) <= settings.most_spectra:
        return there
    if score is None:
        return there[evenly(len(there), settings.sample)]
    highest = there[np.argsort(-score[there], kind="stable")[: settings.sample // 2]]
    rest = np.setdiff1d(there, highest, assume_unique=True)
    # a fixed draw: even steps through the points make stripes
    drawn = np.random.default_rng(0).permutation(len(rest))[: settings.sample - len(highest)]
    return np.sort(np.concatenate([highest, rest[drawn]]))


def _nearest(
    x: NDArray[np.float64], y: NDArray[np.float64], held: NDArray[np.intp], missing: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Return which of the spectra that the page holds every place shows."""
    if len(held) == len(x):
        return np.arange(len(x), dtype=np.int32)
    nearest = np.full(len(x), -1, dtype=np.int32)
    position = np.stack([x, y], axis=1)
    known = np.isfinite(x) & np.isfinite(y)
    placed = np.flatnonzero(known[held])
    asked = np.flatnonzero(known & ~missing)
    if placed.size:
        found = cKDTree(position[held[placed]]).query(position[asked])[1]
        nearest[asked] = placed[np.asarray(found)]
    nearest[held] = np.arange(len(held))
    return nearest

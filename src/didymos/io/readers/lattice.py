"""Points in any order that fill a lattice are an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

ROUNDING = 1e-6
"""Of the whole extent: positions closer than this are the same row or column."""


class Lattice(NamedTuple):
    """Where the points of an image lie.

    Attributes
    ----------
    y, x : array
        Positions of rows and columns, ascending.
    points : array of int, shape (y, x)
        Which point lies there.
    """

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    points: NDArray[np.intp]


def lattice_of(x: NDArray[np.float64], y: NDArray[np.float64]) -> Lattice | None:
    """Find the lattice that points fill.

    Parameters
    ----------
    x, y : array, shape (point,)
        Positions.

    Returns
    -------
    Lattice or None
        None where a position of the lattice has no point or more than one.
    """
    if not len(x) or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    columns, column = _positions(x)
    rows, row = _positions(y)
    if len(rows) * len(columns) != len(x):
        return None
    cell = row * len(columns) + column
    order = np.argsort(cell, kind="stable")
    if not np.array_equal(cell[order], np.arange(len(x))):
        return None
    return Lattice(rows, columns, order.reshape(len(rows), len(columns)))


def as_image(array: xr.DataArray) -> xr.DataArray:
    """Turn points with the coordinates x and y that fill a lattice into an image.

    Parameters
    ----------
    array : xarray.DataArray
        With the dim ``point``.

    Returns
    -------
    xarray.DataArray
        With the dims ``y`` and ``x`` in the place of ``point``, else as it was.
    """
    import xarray as xr

    if not {"x", "y"} <= {*map(str, array.coords)}:
        return array
    lattice = lattice_of(array["x"].values, array["y"].values)
    if lattice is None:
        return array
    # one index for both dims: they come where the dim of the points was
    placed = array.isel(point=xr.Variable(("y", "x"), lattice.points))
    axes = {dim: (dim, getattr(lattice, dim), array[dim].attrs) for dim in ("y", "x")}
    return placed.drop_vars(["x", "y"]).assign_coords(axes)


def _positions(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the different positions and which of them each value is."""
    order = np.argsort(values, kind="stable")
    span = values[order[-1]] - values[order[0]]
    new = np.diff(values[order]) > ROUNDING * span
    number = np.empty(len(values), dtype=np.intp)
    number[order] = np.concatenate([[0], np.cumsum(new)])
    return values[order][np.concatenate([[True], new])], number

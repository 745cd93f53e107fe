"""Where the spectra were taken, in the units of the axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.plots.units import Scale, edges, label, scale, units_of
from didymos.schema import is_image, space_dims

Layout = Literal["image", "points", "line"]
FLAT = 1e-3
"""Scattered points whose extents differ by more than this ratio lie on a line."""

FINE = 256
"""Rows or columns beyond which a pixel is narrower than a line, in half a column of a paper."""


@dataclass(frozen=True)
class Surface:
    """Where the spectra were taken, in the units of the axes.

    Attributes
    ----------
    layout : {"image", "points", "line"}
        How values over it are drawn.
    x, y : numpy.ndarray
        Columns and rows of an image, or the position of each point; on a line `x` is the position along it.
    x_label, y_label : str
        Labels of the axes.
    """

    layout: Layout
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    x_label: str
    y_label: str

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of the image, in the order of the array."""
        x, y = edges(self.x), edges(self.y)
        return (float(x[0]), float(x[-1]), float(y[0]), float(y[-1]))

    @property
    def is_fine(self) -> bool:
        """Whether pixels are so small in print that lines along their edges would hide them."""
        return self.layout == "image" and max(self.x.size, self.y.size) > FINE

    @property
    def ratio(self) -> float:
        """Height over width."""
        left, right, bottom, top = self.extent
        width, height = (np.ptp(self.x), np.ptp(self.y)) if self.layout == "points" else (right - left, top - bottom)
        return abs(float(height / width))


def positions(result: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Return x and y of the columns and rows, or of the points; numbers from 0 where a map has none."""
    space = space_dims(result)
    x, y = (
        result[name] if name in result.coords else xr.DataArray(np.arange(result.sizes[dim]), dims=dim)
        for name, dim in (("x", space[-1]), ("y", space[0]))
    )
    if not is_image(result) and "y" not in result.coords:
        y = x
    return x, y


def length_scale(result: xr.Dataset) -> Scale:
    """Return the unit of all lengths of a result in figures, sentences and tables of the report."""
    coordinates = positions(result)
    spans = [_span(coordinate.values) for coordinate in coordinates]
    return scale(max(spans) or coordinates[0].values, units_of(coordinates[0]) or "pixel")


def _span(values: NDArray[np.generic]) -> float:
    """Return the extent of positions, of which some may be unknown."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    return float(np.ptp(known)) if known.size else 0.0


def surface(result: xr.Dataset) -> Surface:
    """Return where the spectra of a result were taken."""
    length = length_scale(result)
    x, y = (length(coordinate.values) for coordinate in positions(result))
    spans = [_span(x), _span(y)]
    labels = [label(name, length.units) for name in ("x", "y")]
    if is_image(result):
        flat = 1 if y.size == 1 else 0 if x.size == 1 else None
    else:
        flat = next((axis for axis in (1, 0) if spans[axis] <= FLAT * spans[1 - axis]), None)
    if flat is None:
        return Surface("image" if is_image(result) else "points", x, y, *labels)
    along = 1 - flat
    return Surface("line", (x, y)[along], np.zeros(1), labels[along], "")

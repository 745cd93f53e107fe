"""Where spectra were taken: on a grid, along a line or anywhere; and the value of a scan image at such positions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Index = NDArray[np.int64]


class Lattice(NamedTuple):
    """A grid that points lie on.

    Attributes
    ----------
    points : ndarray, shape (row, column)
        Which point is at each pixel, the lowest row first.
    x, y : ndarray, shape (column,), (row,)
        Centres of the pixels in m, from the lower left corner.
    center, size : tuple of float
        Of the frame, in m.
    angle : float
        Of its width against the x axis of the scanner in degrees, positive counter-clockwise.
    """

    points: Index
    x: Values
    y: Values
    center: tuple[float, float]
    size: tuple[float, float]
    angle: float


def rotated(positions: Values, center: tuple[float, float], angle: float) -> Values:
    """Return positions along the axes of a frame: u = dx cos a + dy sin a, v = -dx sin a + dy cos a.

    Parameters
    ----------
    positions : ndarray, shape (point, 2)
        In m.
    center : tuple of float
        Of the frame.
    angle : float
        In degrees, positive counter-clockwise.

    Returns
    -------
    ndarray, shape (point, 2)
        In m from the centre.
    """
    turn = np.deg2rad(angle)
    dx, dy = (positions - np.asarray(center)).T
    return np.stack([dx * np.cos(turn) + dy * np.sin(turn), -dx * np.sin(turn) + dy * np.cos(turn)], axis=1)


def on_lattice(positions: Values, columns: int, rows: int, angle: float | None = None) -> Lattice | None:
    """Find the pixel of each point of a grid, whatever the order in which they were taken.

    Parameters
    ----------
    positions : ndarray, shape (point, 2)
        In m, one for each pixel.
    columns, rows : int
        Of the grid.
    angle : float, optional
        Of the frame in degrees, positive counter-clockwise; without it the direction from the first point to the last
        of the first row, turned to the right half of the plane.

    Returns
    -------
    Lattice or None
        None where the positions form no such grid: a point lies further than 0.3 pixels from its lattice, or two fall
        on one pixel.
    """
    if len(positions) != columns * rows or min(columns, rows) < 2:
        return None
    if angle is None:
        dx, dy = positions[columns - 1] - positions[0]
        angle = float(np.rad2deg(np.arctan2(dy, dx)))
        angle -= 180 * round(angle / 180)
    center = (positions.min(axis=0) + positions.max(axis=0)) / 2
    along = rotated(positions, (center[0], center[1]), angle)
    low, high = along.min(axis=0), along.max(axis=0)
    steps = (high - low) / (columns - 1, rows - 1)
    if not (steps > 0).all():
        return None
    scaled = (along - low) / steps
    pixel = np.rint(scaled).astype(np.int64)
    flat = pixel[:, 1] * columns + pixel[:, 0]
    if np.abs(scaled - pixel).max() > 0.3 or np.unique(flat).size != flat.size:
        return None
    x, y = ((np.arange(count) + 0.5) * step for count, step in zip((columns, rows), steps, strict=True))
    size = (float(columns * steps[0]), float(rows * steps[1]))
    return Lattice(np.argsort(flat).reshape(rows, columns), x, y, (float(center[0]), float(center[1])), size, angle)


def along_line(positions: Values) -> Values | None:
    """Return the distances from the first of points that lie on a straight line, at equal distances.

    Parameters
    ----------
    positions : ndarray, shape (point, 2)
        In m.

    Returns
    -------
    ndarray, shape (point,), or None
        In m; None where they form no line.
    """
    if len(positions) < 3:
        return None
    ideal = np.linspace(positions[0], positions[-1], len(positions))
    distance = np.hypot(*(ideal - ideal[0]).T)
    if distance[-1] <= 0 or np.abs(positions - ideal).max() > 0.1 * distance[1]:
        return None
    return np.asarray(distance, dtype=np.float64)


def image_at(image: Values, column: Values, row: Values) -> Values:
    """Return the values of an image between its pixels, linear in both directions.

    Parameters
    ----------
    image : ndarray, shape (row, column)
        NaN where it was not scanned.
    column, row : ndarray, any shape
        Where, in pixels: 0 is the centre of the first.

    Returns
    -------
    ndarray
        In the shape of `column`; NaN further than half a pixel outside of the image and beside what was not scanned.
    """
    from scipy.ndimage import map_coordinates

    inside = np.ones(column.shape, dtype=bool)
    places = []
    for place, count in ((row, image.shape[0]), (column, image.shape[1])):
        inside &= (place >= -0.5 - 1e-6) & (place <= count - 0.5 + 1e-6)
        places.append(np.clip(np.nan_to_num(place), 0, count - 1))
    values = map_coordinates(image, places, order=1, mode="nearest")
    return np.where(inside, values, np.nan)

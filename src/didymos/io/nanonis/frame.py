"""Which pixel each record of a Nanonis grid belongs to: meander rows are ordered by the recorded positions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.io.nanonis.file import Records
from didymos.io.nanonis.header import Frame

Index = NDArray[np.int64]


def frame_positions(x: NDArray[np.float64], y: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    """Transform positions of the scanner to positions along the axes of the frame.

    The angle of a Nanonis frame counts clockwise: u = dx cos a - dy sin a, v = dx sin a + dy cos a.

    Parameters
    ----------
    x, y : ndarray, shape (record,)
        Positions in m.
    frame : Frame
        Centre, size and angle of the grid.

    Returns
    -------
    ndarray, shape (record, 2)
        Positions (u, v) in m from the centre of the frame, along its width and its height.
    """
    angle = np.deg2rad(frame.angle)
    dx, dy = x - frame.center[0], y - frame.center[1]
    return np.stack([dx * np.cos(angle) - dy * np.sin(angle), dx * np.sin(angle) + dy * np.cos(angle)], axis=1)


def place_records(records: Records) -> tuple[Index | None, str]:
    """Find the pixel of each record.

    Parameters
    ----------
    records : Records
        The records of a grid.

    Returns
    -------
    pixels : ndarray, shape (record,), or None
        Index into the flattened image (row by row, the lowest row first) of each record; None where the records are
        scattered points.
    how : str
        One sentence: how the pixels were found.
    """
    columns, rows = records.header.columns, records.header.rows
    order = np.arange(records.count)
    x, y = records.parameter("X (m)"), records.parameter("Y (m)")
    if x is None or y is None:
        return order, "in the order of the file (no positions were recorded)"
    known = np.isfinite(x) & np.isfinite(y)
    started = records.written > len(records.header.parameters)
    if not (started & known).any():
        return order, "in the order of the file (positions are missing)"
    # a record without position can only be placed by its neighbours in the row
    found = None if (started & ~known).any() else _by_lattice(x, y, known, records)
    if found is not None:
        return found, "by the recorded X and Y"
    backward = _reversed_rows(x, y, known, columns, rows)
    if backward is None and not (started & ~known).any() and not _is_grid(x, y, known, columns):
        return None, "scattered points at the recorded X and Y (these form no grid)"
    if backward is None or not backward.any():
        return order, "in the order of the file (the recorded positions form no exact grid)"
    row, column = np.divmod(order, columns)
    ordered = np.where(backward[row], row * columns + columns - 1 - column, order)
    return ordered, "by the direction of each row in X and Y"


def _is_grid(x: NDArray[np.float64], y: NDArray[np.float64], known: NDArray[np.bool_], columns: int) -> bool:
    """Tell whether most positions follow rows and columns: position = a + b column + c row, but for half a step.

    The steps b and c and the origin a are medians. Drift, a creeping scanner, noise of its sensors and single broken
    values leave a grid recognisable; scattered points follow no rows. Positions that are the same for most records were
    not recorded, and say nothing against a grid.
    """
    order = np.flatnonzero(known)
    where = x[known] + 1j * y[known]
    if np.unique(where).size <= order.size / 2:
        return True
    place = np.full(known.size, np.nan + 0j)
    place[order] = where
    table = place.reshape(-1, columns)
    steps = [_median(np.diff(table, axis=axis)) for axis in (1, 0)]
    row, column = np.divmod(order, columns)
    offset = where - steps[0] * column - steps[1] * row
    residual = np.abs(offset - _median(offset))
    lengths = [abs(step) for step in steps if step != 0]
    return bool(lengths) and bool((residual <= 0.5 * min(lengths)).mean() > 0.5)


def _median(values: NDArray[np.complex128]) -> complex:
    """Return the median of both parts of finite values, 0 where there are none."""
    finite = values[np.isfinite(values)]
    return complex(np.median(finite.real), np.median(finite.imag)) if finite.size else 0j


def _by_lattice(
    x: NDArray[np.float64], y: NDArray[np.float64], known: NDArray[np.bool_], records: Records
) -> Index | None:
    """Round the positions to the lattice of the frame; None where they do not lie on it, each pixel once."""
    frame, columns, rows = records.header.frame, records.header.columns, records.header.rows
    order = np.flatnonzero(known)
    positions = frame_positions(x[known], y[known], frame)
    column = _axis_index(positions[:, 0], frame.size[0], columns, order % columns)
    row = _axis_index(positions[:, 1], frame.size[1], rows, order // columns)
    if column is None or row is None:
        return None
    pixel = row * columns + column
    across = (np.diff(column) == 0) & (np.abs(np.diff(row)) == 1)
    if columns > 1 and across.sum() > 0.5 * order.size:
        # grids are recorded row by row: the angle in the header is not the angle of these positions
        return None
    if np.unique(pixel).size != pixel.size:
        return None
    # records without a position were not measured: they take the pixels that are left
    pixels = np.empty(records.count, dtype=np.int64)
    pixels[known] = pixel
    pixels[~known] = np.setdiff1d(np.arange(records.count), pixel)
    return pixels


def _axis_index(position: NDArray[np.float64], size: float, count: int, expected: Index) -> Index | None:
    """Find the lattice index of each position along one axis of the frame; None where the positions form no lattice.

    Points stand at the centres of their pixels, in some versions at the edges of the frame (pitch size / (count - 1));
    a common offset (drift since the frame was set) is taken out.
    """
    if count == 1:
        return np.zeros(position.size, dtype=np.int64)
    if size <= 0:
        return None
    for pitch in (size / count, size / (count - 1)):
        scaled = position / pitch + (count - 1) / 2
        if np.abs(scaled).max() > 1e6 * count:
            continue
        phase = np.angle(np.exp(2j * np.pi * scaled).mean()) / (2 * np.pi)
        index = np.rint(scaled - phase).astype(np.int64)
        lowest, highest = -int(index.min()), count - 1 - int(index.max())
        if lowest > highest or np.abs(scaled - phase - index).max() > 0.3:
            continue
        # an aborted grid leaves the whole shift open: the order of the file decides where most records agree with it
        shifts, votes = np.unique(expected - index, return_counts=True)
        shift = int(shifts[votes.argmax()]) if votes.max() > 0.5 * index.size else 0
        return np.asarray(index + min(max(shift, lowest), highest), dtype=np.int64)
    return None


def _reversed_rows(
    x: NDArray[np.float64], y: NDArray[np.float64], known: NDArray[np.bool_], columns: int, rows: int
) -> NDArray[np.bool_] | None:
    """Return which rows ran against the first one, shape (row,); None where the rows do not step alike."""
    position = np.where(known, x + 1j * y, np.nan).reshape(rows, columns)
    if columns < 2 or not np.isfinite(position[0]).all():
        return None
    step = position[:, 1:] - position[:, :-1]
    first = step[0].mean()
    if abs(first) == 0:
        return None
    ratio = (step / first).real
    sign = np.sign(np.where(np.isfinite(ratio), ratio, 0).sum(axis=1))
    alike = np.isnan(ratio) | (np.abs(ratio * sign[:, None] - 1) < 0.5)
    return np.asarray(sign < 0, dtype=bool) if alike.all() else None

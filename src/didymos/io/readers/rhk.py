"""RHK spectroscopy (``.sm4``): maps, lines and single points, with the topography that was scanned beside them.

The file is read here and not by spym or rhkpy. The module of spym that reads it cannot be imported as it is installed
(its package imports plotting libraries that it does not ask for), rhkpy brings a copy of spym that replaces it and sets
options of other libraries on import, and neither checks sizes before it trusts them. The tests compare with spym.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.io.readers.arrays import Axis, labelled
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.positions import Lattice, along_line, image_at, on_lattice, rotated
from didymos.io.readers.rhk_pages import IMAGE, LINE, Page, is_rhk, read_pages
from didymos.schema import InputError

if TYPE_CHECKING:
    import xarray as xr

_SWEPT = {7: ("Bias", "V"), 8: ("Z", "m")}
"""What kinds of lines are spectra, and over what."""
_TOPOGRAPHY = 1
_FORWARD = 0


class _Layout(NamedTuple):
    """Which spectra belong to which point: the order of the points, sweeps at each, and the axes of space."""

    order: NDArray[np.int64]
    sweeps: int
    axes: dict[str, Axis]
    positions: NDArray[np.float64] | None
    attrs: dict[str, Any]


def _read(path: Path, lazy: bool | None) -> Content:
    pages = read_pages(path)
    spectra = [page for page in pages if page.kind == LINE and page.integers["line_type"] in _SWEPT]
    if not spectra:
        labels = ", ".join(dict.fromkeys(page.label for page in pages)) or "nothing"
        raise InputError(f"{path.name} holds no spectra over bias or z (it holds: {labels}): give the file of a map")
    first = spectra[0]
    same = [page for page in spectra if page.values.shape == first.values.shape and _axis(page) == _axis(first)]
    try:
        layout = _layout(first, next((page.numbers["angle"] for page in pages if page.kind == IMAGE), None))
        arrays: dict[str, xr.DataArray] = {}
        for page in same:
            arrays |= _channels(page, layout, arrays)
        topography = _topography(pages, layout)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    if topography is not None:
        arrays["topography"] = topography
    lockin = next((name for name in arrays if name.casefold().startswith(("lia", "lock-in", "lockin"))), None)
    return Content(
        arrays,
        attrs=_attributes(first) | layout.attrs,
        sweep_signal="{} ({})".format(*_SWEPT[first.integers["line_type"]]),
        preferred=lockin,
        why_preferred="the channel of the lock-in amplifier (LIA)" if lockin else "",
    )


def _axis(page: Page) -> tuple[float, ...]:
    """Return what the axis of a page of spectra depends on."""
    return (page.integers["line_type"], page.numbers["x_scale"], page.numbers["x_offset"])


def _layout(page: Page, angle: float | None) -> _Layout:
    """Find out how the spectra of a page lie in space."""
    count, (columns, rows) = len(page.values), page.grid
    on_grid = columns > 0 and rows > 0 and count % (columns * rows) == 0
    sweeps = count // (columns * rows) if on_grid else _repeated(page.positions, count)
    positions = None if page.positions is None else page.positions[::sweeps]
    order = np.arange(count // sweeps)
    attrs: dict[str, Any] = {}
    if sweeps > 1:
        by_turns = "taken as forward and backward by turns" if sweeps % 2 == 0 else "averaged"
        attrs["sweeps"] = f"{sweeps} at each point, {by_turns}; the file does not say their direction"
    if on_grid and columns > 1 and rows > 1:
        # the frame of the image is that of the map, unless it was turned in between
        found = [] if positions is None else [on_lattice(positions, columns, rows, way) for way in (angle, None)]
        lattice = next((lattice for lattice in found if lattice is not None), None)
        if lattice is not None:
            axes = {"y": Axis(lattice.y, "m"), "x": Axis(lattice.x, "m")}
            attrs |= _frame(lattice) | {"pixel_order": "by the recorded positions"}
            return _Layout(lattice.points, sweeps, axes, positions, attrs)
        attrs["pixel_order"] = "in the order of the file (the recorded positions form no grid)"
        axes = {"y": Axis(np.arange(rows, dtype=float), "pixel"), "x": Axis(np.arange(columns, dtype=float), "pixel")}
        return _Layout(order.reshape(rows, columns), sweeps, axes, positions, attrs)
    if positions is None:
        numbers = np.arange(len(order), dtype=float)
        axes = {"y": Axis(np.zeros(len(order)), "pixel"), "x": Axis(numbers, "pixel")}
        return _Layout(order, sweeps, axes, None, attrs)
    distance = along_line(positions)
    if distance is not None:
        attrs |= {"line_start": positions[0].tolist(), "line_end": positions[-1].tolist()}
        return _Layout(
            order[None, :], sweeps, {"y": Axis(np.zeros(1), "m"), "x": Axis(distance, "m")}, positions, attrs
        )
    axes = {"y": Axis(positions[:, 1], "m"), "x": Axis(positions[:, 0], "m")}
    return _Layout(order, sweeps, axes, positions, attrs)


def _frame(lattice: Lattice) -> dict[str, Any]:
    """Return the attributes of a frame; the angle counts clockwise there."""
    return {
        "frame_center": list(lattice.center),
        "frame_size": list(lattice.size),
        "frame_angle": -lattice.angle,
    }


def _repeated(positions: NDArray[np.float64] | None, count: int) -> int:
    """Return how many spectra follow one another at each point; 1 where that differs between points."""
    if positions is None:
        return 1
    begins = np.flatnonzero(np.append(True, (np.diff(positions, axis=0) != 0).any(axis=1)))
    lengths = np.diff(np.append(begins, count))
    return int(lengths[0]) if (lengths == lengths[0]).all() else 1


def _channels(page: Page, layout: _Layout, taken: dict[str, Any]) -> dict[str, xr.DataArray]:
    """Return the spectra of a page, forward and backward where there is an even number at each point."""
    name, units = _SWEPT[page.integers["line_type"]]
    if page.texts.get("x_units", units) not in (units, ""):
        raise InputError(f"the axis of {page.label!r} is in {page.texts['x_units']!r}; allowed is {units}")
    energy = page.numbers["x_offset"] + page.numbers["x_scale"] * np.arange(page.values.shape[1], dtype=float)
    # a point that was not reached holds the value 0 of the converter only
    unmeasured = (page.values == page.numbers["offset"]).all(axis=1)
    values = np.where(unmeasured[:, None], np.nan, page.values).reshape(-1, layout.sweeps, page.values.shape[1])
    label, unit = page.label or "signal", page.texts.get("units", "")
    number = 2
    while f"{label} ({unit})" in taken:
        label, number = f"{page.label} {number}", number + 1
    axes = layout.axes | {"energy": Axis(energy, units, name)}
    if layout.sweeps % 2:
        parts = {label: _mean(values)}
    else:
        parts = {label: _mean(values[:, ::2]), f"{label} [bwd]": _mean(values[:, 1::2])}
    return {
        f"{part} ({unit})": labelled(mean[layout.order], axes, name=part, units=unit) for part, mean in parts.items()
    }


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean over the sweeps of each point, shape (point, energy), of those that were measured."""
    count = np.isfinite(values).sum(axis=1)
    return np.where(count > 0, np.nansum(values, axis=1) / np.maximum(count, 1), np.nan)


def _topography(pages: Sequence[Page], layout: _Layout) -> xr.DataArray | None:
    """Return the height at each point from the image that was scanned forward; None where there is none."""
    images = [page for page in pages if page.kind == IMAGE and page.integers["page_type"] == _TOPOGRAPHY]
    images.sort(key=lambda page: page.integers["direction"] != _FORWARD)
    if not images or layout.positions is None or images[0].texts.get("units") != "m":
        return None
    image, numbers = images[0], images[0].numbers
    steps = (numbers["x_scale"], numbers["y_scale"])
    if 0 in steps:
        return None
    along = rotated(layout.positions, (numbers["x_offset"], numbers["y_offset"]), numbers["angle"])
    rows, columns = image.values.shape
    # the scales are negative where a scan begins at the right, at the top
    column, row = (along / steps + ((columns - 1) / 2, (rows - 1) / 2)).T
    heights = image_at(image.values, column, row)
    if not np.isfinite(heights).any():
        return None
    return labelled(heights[layout.order], layout.axes, name="topography", units="m")


def _attributes(page: Page) -> dict[str, Any]:
    date, time = page.texts.get("date", ""), page.texts.get("time", "")
    attrs: dict[str, Any] = {
        "set_point_bias": page.numbers["bias"],
        "set_point": page.numbers["current"],
        "set_point_units": "A",
        "start_time": f"{date} {time} (month/day/year)" if date else "",
        "comment": page.texts.get("comment", ""),
    }
    return {name: value for name, value in attrs.items() if value == value and value != ""}


def _recognises(path: Path) -> bool:
    if path.is_dir():
        return False
    with path.open("rb") as file:
        return is_rhk(file.read(40))


READER = Reader(
    name="RHK SM4",
    suffixes=(".sm4",),
    read=_read,
    holds="Maps, lines and single points of spectra over bias or z; the topography scanned beside them.",
    tested_on=(
        "One real map (32 x 32 points, no repeated sweeps) compared with what spym reads; lines, single points and "
        "repeated sweeps only on files made for the tests from the published layout."
    ),
    recognises=_recognises,
)

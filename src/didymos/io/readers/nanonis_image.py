"""A Nanonis scan image (``.sxm``) as the topography of a map: its height at the positions of the spectra.

The file is text, lines ``:KEY:`` and what belongs to them up to ``:SCANIT_END:``, the bytes 1A 04, and then for every
channel the forward image and the backward image, big-endian float32, line by line as they were scanned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from didymos.io.nanonis.frame import frame_positions
from didymos.io.nanonis.header import Frame
from didymos.io.readers.positions import image_at
from didymos.schema import InputError, is_image

if TYPE_CHECKING:
    import xarray as xr

_END = re.compile(rb":SCANIT_END:\s*?[\r\n]+\s*?\x1a\x04", re.DOTALL)
_HEADER_LIMIT = 2**24
_LARGEST_IMAGE = 2**28
_METRES = {"m": 1.0, "mm": 1e-3, "um": 1e-6, "µm": 1e-6, "nm": 1e-9, "pm": 1e-12}


@dataclass(frozen=True)
class ScanImage:
    """A height image.

    Attributes
    ----------
    height : ndarray, shape (row, column)
        In m, the lowest row first; NaN where the scan was stopped.
    frame : Frame
        Where it lies.
    """

    height: NDArray[np.float64]
    frame: Frame


def topography_from(path: Path, array: xr.DataArray) -> NDArray[np.float64]:
    """Return the height of a scan image at each point of a map.

    Parameters
    ----------
    path : pathlib.Path
        A Nanonis scan image, ``.sxm``.
    array : xarray.DataArray, dims (y, x, energy) or (point, energy)
        The map; an image has the attributes ``frame_center``, ``frame_size`` (m) and ``frame_angle`` (degrees,
        clockwise), scattered points have the positions of the scanner.

    Returns
    -------
    ndarray, shape (y, x) or (point,)
        In m; linear between the pixels of the image, NaN outside of it.

    Raises
    ------
    InputError
        Where the file is no sound image, has no height, or does not lie over the map.
    """
    image = read_height(path)
    x, y = _positions(array)
    frame = image.frame
    along = frame_positions(x.ravel(), y.ravel(), frame)
    rows, columns = image.height.shape
    column = along[:, 0] / frame.size[0] * columns + (columns - 1) / 2
    row = along[:, 1] / frame.size[1] * rows + (rows - 1) / 2
    height = image_at(image.height, column, row).reshape(x.shape)
    if not np.isfinite(height).any():
        raise InputError(
            f"{path.name} does not lie over the map: its centre is ({frame.center[0]:.3g}, {frame.center[1]:.3g}) m, "
            f"that of the map ({x.mean():.3g}, {y.mean():.3g}) m; give the image that was scanned around the map"
        )
    return height


def read_height(path: Path) -> ScanImage:
    """Read the forward height image of a scan.

    Parameters
    ----------
    path : pathlib.Path
        An ``.sxm`` file.

    Returns
    -------
    ScanImage
        The height and its frame.

    Raises
    ------
    InputError
        Where the file is none, is damaged, or has no channel Z in m.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_LIMIT)
            end = _END.search(head)
            if end is None:
                state = "is empty" if not head else "is no Nanonis scan image, or its header is incomplete"
                raise InputError(f"{state}: give an .sxm file as the instrument wrote it")
            entries = _entries(head[: end.start()])
            columns, rows = (int(count) for count in _numbers(entries, "SCAN_PIXELS", 2))
            if not (columns > 1 and rows > 1 and columns * rows < _LARGEST_IMAGE):
                raise InputError(f"claims {columns} x {rows} pixels: it is damaged; copy it again")
            count, images = columns * rows, _images(entries)
            file.seek(end.end())
            raw = file.read()
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({error.strerror or error}): check that it exists") from error
    except InputError as error:
        raise InputError(f"{path.name} {error}") from error
    needed = 4 * count * len(images)
    if len(raw) < needed:
        raise InputError(f"{path.name} is incomplete (it has {len(raw)} of {needed} bytes of images): copy it again")
    try:
        position = images.index(("Z", "m", "forward"))
        frame = _frame(entries)
    except ValueError as error:
        reason = str(error) if isinstance(error, InputError) else f"has no forward height: it has {images}"
        raise InputError(f"{path.name} {reason}; give an image with the channel Z") from error
    stored = np.frombuffer(raw, dtype=">f4", count=count, offset=4 * count * position)
    height = stored.reshape(rows, columns).astype(np.float64)
    if entries.get("SCAN_DIR", "").strip().casefold() == "down":
        height = height[::-1]
    return ScanImage(np.where(np.isfinite(height), height, np.nan), frame)


def _entries(head: bytes) -> dict[str, str]:
    """Return the entries of the header by their keys."""
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("cp1252", "replace")
    parts = re.split(r"^:([^:\r\n]+(?:>[^:\r\n]+)?):[ \t]*\r?$", text, flags=re.MULTILINE)
    return {key: value.strip("\r\n") for key, value in zip(parts[1::2], parts[2::2], strict=True)}


def _numbers(entries: dict[str, str], key: str, count: int) -> list[float]:
    try:
        numbers = [float(word) for word in entries.get(key, "").split()]
    except ValueError:
        numbers = []
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InputError(f"has a header with {key} {entries.get(key, 'missing')[:40]!r}: it is damaged; copy it again")
    return numbers


def _images(entries: dict[str, str]) -> list[tuple[str, str, str]]:
    """Return name, unit and direction of each image, in the order of the file."""
    if not entries.get("SCANIT_TYPE", "FLOAT MSBFIRST").split() == ["FLOAT", "MSBFIRST"]:
        raise InputError(f"holds values of type {entries['SCANIT_TYPE'].strip()[:40]!r}; allowed is FLOAT MSBFIRST")
    rows = [line.split() for line in entries.get("DATA_INFO", "").splitlines() if line.strip()]
    if len(rows) < 2 or any(len(row) < 4 for row in rows[1:]):
        raise InputError("has no table of its channels (DATA_INFO): it is damaged; copy it again")
    images = []
    for _, name, unit, direction, *_rest in rows[1:]:
        both = ("forward", "backward") if direction.casefold() == "both" else (direction.casefold(),)
        images += [(name, unit, way) for way in both]
    return images


def _frame(entries: dict[str, str]) -> Frame:
    width, height = _numbers(entries, "SCAN_RANGE", 2)
    x, y = _numbers(entries, "SCAN_OFFSET", 2)
    (angle,) = _numbers(entries, "SCAN_ANGLE", 1) if "SCAN_ANGLE" in entries else [0.0]
    if width <= 0 or height <= 0:
        raise InputError(f"has a frame of {width:g} x {height:g} m: it is damaged; copy it again")
    return Frame((x, y), (width, height), angle)


def _positions(array: xr.DataArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the positions of all spectra of a map in the coordinates of the scanner, in m."""
    units = [str(array[name].attrs.get("units", "")) for name in ("x", "y")]
    if not set(units) <= set(_METRES):
        raise InputError(f"the map has positions in {units[0]!r}: a topography needs them in m")
    x, y = (array[name].values * _METRES[unit] for name, unit in zip(("x", "y"), units, strict=True))
    if not is_image(array):
        return x, y
    if not {"frame_center", "frame_size", "frame_angle"} <= array.attrs.keys():
        raise InputError("the map does not say where its frame lies: a topography from another file has no place in it")
    (left, bottom), (width, height) = array.attrs["frame_center"], array.attrs["frame_size"]
    u, v = np.meshgrid(x - width / 2, y - height / 2)
    angle = np.deg2rad(array.attrs["frame_angle"])
    return left + u * np.cos(angle) + v * np.sin(angle), bottom - u * np.sin(angle) + v * np.cos(angle)

"""The pages of an RHK file (``.sm4``): images and sets of spectra, each with a header, texts and values.

A file begins with a header and a list of objects (kind, offset, size); one of them leads to the index of the pages,
which for every page has a list of objects of its own: its header, its values, and from the header its texts and
positions.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didymos.schema import InputError

IMAGE, LINE = 0, 1
_PAGE_INDEX_HEADER, _PAGE_INDEX, _PAGE_HEADER, _PAGE_DATA, _POSITIONS, _TEXTS = 1, 2, 3, 4, 8, 10
_TEXT_NAMES = {0: "label", 3: "comment", 5: "date", 6: "time", 7: "x_units", 8: "y_units", 9: "units", 10: "x_label"}
_HEADER = struct.Struct("<2H13i11f4i64x")
_INTEGERS = (
    "page_type", "source", "line_type", "x_corner", "y_corner", "columns", "rows", "image_type", "direction", "group",
    "data_size", "lowest", "highest",
)  # fmt: skip
_NUMBERS = (
    "x_scale", "y_scale", "scale", "xy_scale", "x_offset", "y_offset", "offset", "period", "bias", "current", "angle",
)  # fmt: skip
_FLOAT_LINES = frozenset((1, 6, 9, 10, 11, 13, 18, 19, 21, 22))
"""Kinds of lines whose values are float32; all others are int32."""
_MOST = 10_000
"""More pages or objects than that are damage."""


@dataclass(frozen=True)
class Page:
    """One page: an image, or spectra of many points over one axis.

    Attributes
    ----------
    kind : int
        ``IMAGE``, ``LINE`` (spectra) or another.
    integers, numbers : mapping
        The values of the header, named as in this file.
    texts : mapping
        ``label``, ``comment``, ``date``, ``time``, ``x_units``, ``y_units``, ``units``, ``x_label``.
    positions : ndarray, shape (row, 2), optional
        Where the spectra were taken, in m.
    values : ndarray, shape (row, column)
        In ``units``: rows of an image, or one spectrum a row.
    """

    kind: int
    integers: Mapping[str, int]
    numbers: Mapping[str, float]
    texts: Mapping[str, str]
    positions: NDArray[np.float64] | None
    values: NDArray[np.float64]
    grid: tuple[int, int]

    @property
    def label(self) -> str:
        """Return the name of the page, as ``LIA Current``."""
        return self.texts.get("label", "").strip()


def read_pages(path: Path) -> list[Page]:
    """Read the images and the spectra of an RHK file.

    Parameters
    ----------
    path : pathlib.Path
        An ``.sm4`` file.

    Returns
    -------
    list of Page
        In the order of the file; pages of other kinds (texts, drawings, sequences) are left out.

    Raises
    ------
    InputError
        Where the file is none, is damaged or ends early.
    """
    data = path.read_bytes()
    if not is_rhk(data[:40]):
        state = "is empty" if not data else "is no RHK file (it does not begin with STiMage)"
        raise InputError(f"{path.name} {state}: give an .sm4 file as the instrument wrote it")
    try:
        pages = [_page(data, *entry) for entry in _index(data)]
    except (struct.error, ValueError, KeyError, OverflowError) as error:
        reason = str(error) if isinstance(error, InputError) else "an entry leads outside of the file"
        raise InputError(f"{path.name} is damaged or incomplete ({reason}): copy it again") from error
    return [page for page in pages if page is not None]


def is_rhk(head: bytes) -> bool:
    """Tell whether a file that begins with these bytes is an RHK file of the kind ``.sm4``."""
    return "STiMage 00".encode("utf-16-le") == head[2:22]


def _objects(data: bytes, start: int, count: int) -> dict[int, tuple[int, int]]:
    """Return offset and size of each object of a list by its kind; the first of several of a kind."""
    if not 0 <= count <= _MOST:
        raise InputError(f"a list claims {count} objects")
    found: dict[int, tuple[int, int]] = {}
    for number in range(count):
        kind, offset, size = struct.unpack_from("<3I", data, start + 12 * number)
        if offset and size:
            if offset + size > len(data):
                raise InputError(f"an object reaches to byte {offset + size}, the file has {len(data)}")
            found.setdefault(kind, (offset, size))
    return found


def _index(data: bytes) -> list[tuple[int, dict[int, tuple[int, int]]]]:
    """Return kind and objects of each page."""
    (size,) = struct.unpack_from("<H", data)
    _, objects = struct.unpack_from("<2I", data, 38)
    header, _ = _objects(data, size + 2, objects)[_PAGE_INDEX_HEADER]
    pages, objects = struct.unpack_from("<2I", data, header)
    if pages > _MOST:
        raise InputError(f"the index claims {pages} pages")
    position, _ = _objects(data, header + 16, objects)[_PAGE_INDEX]
    entries = []
    for _number in range(pages):
        kind, _source, objects, _minor = struct.unpack_from("<4I", data, position + 16)
        entries.append((kind, _objects(data, position + 32, objects)))
        position += 32 + 12 * objects
    return entries


def _page(data: bytes, kind: int, objects: Mapping[int, tuple[int, int]]) -> Page | None:
    if kind not in (IMAGE, LINE):
        return None
    start, _ = objects[_PAGE_HEADER]
    _, texts, *rest = _HEADER.unpack_from(data, start)
    integers = dict(zip(_INTEGERS, rest, strict=False))
    numbers = dict(zip(_NUMBERS, rest[len(_INTEGERS) :], strict=False))
    columns, rows, count = integers["columns"], integers["rows"], rest[-1]
    position, size = objects[_PAGE_DATA]
    if columns < 1 or rows < 1 or 4 * columns * rows != integers["data_size"] or size != integers["data_size"]:
        if integers["line_type"] == 22 and kind == LINE:  # spectra over an axis of their own
            return None
        raise InputError(f"a page of {columns} x {rows} values has {size} bytes")
    names = [*_NUMBERS[:3], *_NUMBERS[4:7]]
    if not np.isfinite([numbers[name] for name in names]).all():
        raise InputError("the scale of a page is no finite number")
    parts = _objects(data, start + _HEADER.size, count)
    real = kind == LINE and integers["line_type"] in _FLOAT_LINES
    raw = np.frombuffer(data, dtype="<f4" if real else "<i4", count=columns * rows, offset=position)
    with np.errstate(invalid="ignore"):
        values = raw.reshape(rows, columns).astype(np.float64) * numbers["scale"] + numbers["offset"]
    return Page(
        kind,
        integers,
        numbers,
        _texts(data, parts[_TEXTS][0], texts) if _TEXTS in parts else {},
        _positions(data, parts, rows) if kind == LINE else None,
        values,
        (rest[-3], rest[-2]),
    )


def _texts(data: bytes, position: int, count: int) -> dict[str, str]:
    """Return the named texts: each a length and that many letters of two bytes."""
    texts = {}
    for number in range(count):
        (length,) = struct.unpack_from("<H", data, position)
        letters = data[position + 2 : position + 2 + 2 * length]
        if len(letters) < 2 * length:
            raise InputError(f"text {number + 1} of a page claims {length} letters")
        if number in _TEXT_NAMES:
            texts[_TEXT_NAMES[number]] = letters.decode("utf-16-le", "replace").rstrip("\0").strip()
        position += 2 + 2 * length
    return texts


def _positions(data: bytes, parts: Mapping[int, tuple[int, int]], rows: int) -> NDArray[np.float64] | None:
    """Return x and y of each spectrum, shape (row, 2), in m: of the seven numbers of each, the second and the third."""
    if _POSITIONS not in parts:
        return None
    start, _ = parts[_POSITIONS]  # its size is that of one spectrum
    table = np.frombuffer(data, dtype="<f4", count=7 * rows, offset=start).reshape(rows, 7)
    if not np.isfinite(table[:, 1:3]).all():
        raise InputError("a position is no finite number")
    return table[:, 1:3].astype(np.float64)

"""The header of a Nanonis grid (``.3ds``): lines of ``key=value`` up to ``:HEADER_END:``, then the records.

Headers differ between versions and laboratories: keys come and go, comments run over several lines, the text may be
UTF-8 or of an older code page. What the size of a record depends on must be there and must agree; the rest is optional.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from didymos.io.code_pages import decode
from didymos.schema import InputError

HEADER_LIMIT = 16 * 2**20
_TAG = re.compile(rb"(?:^|[\r\n]):HEADER_END:[ \t]*(\r*\n)")
_KEY = re.compile(
    r"(?:Grid dim|Grid settings|Filetype|Sweep Signal|Fixed parameters|Experiment parameters|# Parameters \(4 byte\)|"
    r"Experiment size \(bytes\)|Points|Channels|Delay before measuring \(s\)|Experiment|Start time|End time|Date|User|"
    r"Comment|[\w .-]+>[^=]+)=",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Frame:
    """Where the grid lies: centre (x, y) and size (width, height) in m, angle in degrees, positive clockwise."""

    center: tuple[float, float]
    size: tuple[float, float]
    angle: float


@dataclass(frozen=True)
class GridHeader:
    """The entries of the header of a grid; `entries` holds every key in lower case, the first of repeated ones."""

    entries: Mapping[str, str]
    columns: int
    rows: int
    frame: Frame
    sweep_signal: str
    points: int
    parameters: tuple[str, ...]
    channels: tuple[str, ...]
    data_offset: int
    line_end: bytes

    @property
    def values_per_record(self) -> int:
        """Number of float32 values per pixel: the parameters, then the channels one after the other."""
        return len(self.parameters) + len(self.channels) * self.points

    def parameter(self, name: str) -> int | None:
        """Return the position of a parameter in the record, None where it was not recorded."""
        names = [parameter.casefold() for parameter in self.parameters]
        return names.index(name.casefold()) if name.casefold() in names else None

    def text(self, key: str) -> str | None:
        """Return the value of a key, None where it is missing or empty."""
        return self.entries.get(key.casefold()) or None

    def number(self, key: str) -> float | None:
        """Return the value of a key as a finite number, None where it is missing or no number."""
        value = to_number(self.entries.get(key.casefold(), ""))
        return value if value is not None and math.isfinite(value) else None


def read_header(path: Path) -> GridHeader:
    """Read and check the header of a Nanonis grid.

    Parameters
    ----------
    path : pathlib.Path
        A ``.3ds`` file.

    Returns
    -------
    GridHeader
        The sizes, names and settings.

    Raises
    ------
    InputError
        Where the file is no grid, the header is truncated, or its sizes do not agree with one another.
    """
    with path.open("rb") as file:
        head = file.read(2**16)
        while (tag := _TAG.search(head)) is None and len(head) < HEADER_LIMIT and (more := file.read(len(head))):
            head += more
    if tag is None:
        raise InputError(f"{path.name} {_why_no_header(head)}")
    entries = header_entries(decode(head[: tag.start()]))
    try:
        header = _header(entries, tag.end(), tag.group(1))
    except InputError as error:
        raise InputError(f"the header of {path.name} {error}") from error
    return header


def header_entries(text: str) -> dict[str, str]:
    """Split a header into its entries: keys in lower case, values without quotes, the first of repeated keys.

    Parameters
    ----------
    text : str
        Lines of ``key=value``, ended by CR LF, LF or CR. A quoted value may run over several lines; a line without
        ``=`` continues the value before it.

    Returns
    -------
    dict of str to str
        The entries in the order of the file.
    """
    found: list[tuple[str, list[str]]] = []
    quoted = False
    for line in re.split(r"\r*\n|\r", text):
        # a known key ends even an open quote: a lone quotation mark in a comment must not swallow the header
        if quoted and not _KEY.match(line):
            found[-1][1].append(line)
            quoted = not line.rstrip().endswith('"')
            continue
        key, separator, value = line.partition("=")
        if separator and key.strip():
            found.append((key.strip(), [value]))
            value = value.strip()
            quoted = value.startswith('"') and (len(value) < 2 or not value.endswith('"'))
        elif line.strip() and found:
            found[-1][1].append(line)
    entries: dict[str, str] = {}
    for key, lines in found:
        entries.setdefault(key.casefold(), _unquote("\n".join(lines)))
    return entries


def to_number(text: str) -> float | None:
    """Read a number, also with a decimal comma; None where it is none."""
    text = text.strip().strip('"')
    try:
        return float(text if "." in text else text.replace(",", ".", 1))
    except ValueError:
        return None


def names_in(text: str) -> tuple[str, ...]:
    """Split a list such as ``Current (A);LI Demod 1 X (A)`` into its names."""
    return tuple(name for part in text.split(";") if (name := " ".join(part.replace('"', " ").split())))


def _header(entries: Mapping[str, str], data_offset: int, line_end: bytes) -> GridHeader:
    dim = re.fullmatch(r"\s*(\d{1,9})\s*[xX×;,]\s*(\d{1,9})\s*", entries.get("grid dim", ""))
    if dim is None or "0" in (dim.group(1).lstrip("0") or "0", dim.group(2).lstrip("0") or "0"):
        raise InputError(f"gives the grid dim {entries.get('grid dim', '')!r}; a grid dim such as '30 x 30' is needed")
    parameters = names_in(entries.get("fixed parameters", "")) + names_in(entries.get("experiment parameters", ""))
    channels = names_in(entries.get("channels", ""))
    points = _count(entries, "points")
    if points is None or points < 1 or not channels:
        raise InputError("names no channels or no number of points: take the file as the instrument wrote it")
    if points == 1:
        raise InputError("gives one point for each sweep; a spectrum needs at least two")
    _agree(entries, "# parameters (4 byte)", len(parameters), "parameters named")
    _agree(entries, "experiment size (bytes)", 4 * len(channels) * points, "bytes of channels × points × 4")
    return GridHeader(
        entries=entries,
        columns=int(dim.group(1)),
        rows=int(dim.group(2)),
        frame=_frame(entries.get("grid settings", "")),
        sweep_signal=" ".join(entries.get("sweep signal", "").split()) or "Bias (V)",
        points=points,
        parameters=parameters,
        channels=channels,
        data_offset=data_offset,
        line_end=line_end,
    )


def _agree(entries: Mapping[str, str], key: str, counted: int, what: str) -> None:
    if key in entries and _count(entries, key) != counted:
        raise InputError(
            f"gives '{key}' as {entries[key]!r} where there are {counted} {what}: the file is damaged or was edited; "
            "take the file as the instrument wrote it"
        )


def _count(entries: Mapping[str, str], key: str) -> int | None:
    value = to_number(entries.get(key, ""))
    return int(value) if value is not None and 0 <= value < 2**40 and value == int(value) else None


def _frame(settings: str) -> Frame:
    numbers = [to_number(part) for part in settings.split(";")]
    if len(numbers) < 5 or any(number is None or not math.isfinite(number) for number in numbers[:5]):
        raise InputError(
            f"gives the grid settings {settings!r}; centre x; centre y; width; height; angle are needed, five numbers"
        )
    x, y, width, height, angle = (float(number) for number in numbers[:5] if number is not None)
    return Frame((x, y), (abs(width), abs(height)), angle)


def _unquote(value: str) -> str:
    value = value.strip()
    return value[1:-1].strip() if len(value) > 1 and value[0] == value[-1] == '"' else value.strip('"').strip()


def _why_no_header(head: bytes) -> str:
    if not head:
        return "is empty: copy it again from where it was measured"
    if head.startswith(b"version https://git-lfs"):
        return "is a pointer of git-LFS, not the data: fetch the file with 'git lfs pull'"
    if b"Grid dim" in head[:4096]:
        return "ends inside its header (no line :HEADER_END:): the copy is incomplete; copy it again"
    return "is no Nanonis grid (it has no line :HEADER_END:): give a .3ds file as the instrument wrote it"

"""Tables in text files: what separates their fields, which line names the columns, and the numbers."""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.schema import InputError

HEAD = 2**20
"""Letters of a file that tell what it is."""
LARGEST = 2**31
"""Bytes."""
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class TextTable(NamedTuple):
    """A table of numbers.

    Attributes
    ----------
    header : list of str
        One name for each column, empty where there is none; no list where no line names columns.
    numbers : array, shape (row, column)
        NaN where a field is empty.
    comments : list of str
        Lines that begin with ``#``, without it.
    first_line : int
        Number of the line of the first row.
    """

    header: list[str]
    numbers: NDArray[np.float64]
    comments: list[str]
    first_line: int


def decoded(data: bytes) -> str:
    """Return the text of a file: UTF-8 or UTF-16 by its mark, else Latin-1.

    Raises
    ------
    InputError
        Where it is no text.
    """
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    if "\0" in text:
        raise InputError("it is no text: give a table of numbers")
    return text


def read_table(path: Path) -> TextTable:
    """Read a table of numbers.

    Parameters
    ----------
    path : pathlib.Path
        A text file.

    Returns
    -------
    TextTable

    Raises
    ------
    InputError
        Where lines have different numbers of fields or a field is no number.
    """
    if path.stat().st_size > LARGEST:
        raise InputError(f"it has {path.stat().st_size} bytes; a text has at most {LARGEST}: convert it to netCDF")
    return table_of(decoded(path.read_bytes()))


def table_of(text: str) -> TextTable:
    """Return the table of a text."""
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    comments = [(number, line.strip()) for number, line in lines if line.lstrip().startswith("#")]
    body = [(number, line) for number, line in lines if not line.lstrip().startswith("#")]
    if len(body) < 2:
        raise InputError(f"it has {len(body)} lines of a table: at least 2 are needed")
    mark = delimiter([line for _, line in body[1:21]])
    rows = [(number, fields(line, mark)) for number, line in body]
    if mark != " ":
        rows = [*without_end_marks(rows[:1]), *without_end_marks(rows[1:])] if len(rows) > 1 else rows
    header: list[str] = []
    if not all(_is_number(field, mark) for field in rows[0][1]):
        header = rows.pop(0)[1]
    width = Counter(len(row) for _, row in rows).most_common(1)[0][0]
    if not header:
        header = _commented(comments, rows[0][0], mark, width)
    elif len(header) != width:
        header = header_of_width([body[0][1]], mark, width) or header
    if header and len(header) != width:
        raise InputError(f"its first line has {len(header)} fields and the others {width}: each column needs a name")
    for number, row in rows:
        if len(row) != width:
            raise InputError(f"line {number} has {len(row)} fields, most lines have {width}: it is incomplete")
    values = _values(rows, mark)
    kept = [line.lstrip("# ") for _, line in comments]
    return TextTable([field.strip().strip('"').lstrip("#").strip() for field in header], values, kept, rows[0][0])


def begins_as_table(text: str) -> bool:
    """Tell whether numbers come after at most one line of names, as in a table, perhaps a damaged one.

    Parameters
    ----------
    text : str
        The beginning of a file, its last line whole.
    """
    body = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")][:20]
    if len(body) < 2:
        return False
    mark = delimiter(body[1:])
    rows = [[field for field in fields(line, mark) if field] for line in body[1:]]
    numeric = [len(row) > 1 and all(_is_number(field, mark) for field in row) for row in rows]
    return numeric[0] and 2 * sum(numeric) >= len(numeric)


def delimiter(lines: list[str]) -> str:
    """Return what separates the fields of lines of numbers: a tab, a semicolon, a comma or blanks.

    Where a tab, a semicolon or blanks do, a comma is the decimal sign.
    """
    for mark in "\t;":
        if all(mark in line for line in lines):
            return mark
    if all("," in line for line in lines) and not any(
        re.search(r"\d\s+[-+\d]", part) for line in lines for part in line.split(",")
    ):
        return ","
    return " "


def fields(line: str, mark: str) -> list[str]:
    """Split a line into its fields."""
    parts = line.split() if mark == " " else line.rstrip("\r\n").split(mark)
    return [part.strip() for part in parts]


def without_end_marks(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Return rows without the empty field after a mark at the end of lines, where every line of full width has one.

    A field that only some lines leave empty is a missing value.
    """
    most = Counter(len(row) for _, row in rows).most_common(1)[0][0]
    full = [row for _, row in rows if len(row) >= most]
    if most < 2 or any(row[-1] for row in full if len(row) == most):
        # a mark too many at the end of some lines
        return [(n, row[:-1] if len(row) == most + 1 and not row[-1] else row) for n, row in rows]
    return [(n, row[:-1] if len(row) > 1 and not row[-1] else row) for n, row in rows]


def header_of_width(lines: list[str], mark: str, width: int) -> list[str]:
    """Return the names of a line that has as many as there are columns, however it separates them."""
    for line in reversed(lines):
        bare = line.strip().lstrip("#") if line.lstrip().startswith("#") else line
        ways = (fields(bare, mark), [part for part in fields(bare, mark) if part], re.split(r"\s{2,}|\t", bare.strip()))
        for names in (*ways, bare.split()):
            if len(names) == width:
                return names
    return []


def _commented(comments: list[tuple[int, str]], first: int, mark: str, width: int) -> list[str]:
    """Return the names of columns in the comment right before the numbers."""
    before = [line for number, line in comments if number < first]
    return header_of_width(before[-1:], mark, width) if width > 1 else []


def _plain(field: str, mark: str) -> str:
    field = field.strip().strip('"')
    return field.replace(",", ".") if mark != "," else field


def _is_number(field: str, mark: str) -> bool:
    try:
        return math.isfinite(float(_plain(field, mark))) and "_" not in field
    except ValueError:
        return False


def _values(rows: list[tuple[int, list[str]]], mark: str) -> NDArray[np.float64]:
    """Return the numbers of all rows; field by field only where one is empty, wrong or has a decimal comma."""
    try:
        values = np.array([[float(field) for field in row] for _, row in rows])
    except ValueError:
        values = np.array([np.nan])
    if np.isfinite(values).all() and not any("_" in "".join(row) for _, row in rows):
        return values
    return np.array([[_number(field, mark, number) for field in row] for number, row in rows])


def _number(field: str, mark: str, line: int) -> float:
    """Return a number, NaN of an empty field."""
    plain = _plain(field, mark)
    try:
        value = float(plain) if plain else math.nan
    except ValueError:
        value = math.inf
    if math.isinf(value) or "_" in plain:
        raise InputError(f"line {line} holds {field[:40]!r}; allowed are finite numbers and empty fields")
    return value

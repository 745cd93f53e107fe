"""Tables of examples: labelled positions in a CSV file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from typing import Any

from didymos.io.atomic import replacing
from didymos.schema import InputError
from didymos.schema.suggestions import did_you_mean, files_beside

LARGEST_FILE = 50_000_000
"""Bytes; a table of labelled spectra is far smaller."""


def read_examples(path: str | os.PathLike[str]) -> dict[str, list[str]]:
    """Read the columns of a CSV file.

    Parameters
    ----------
    path : path
        Separated by commas, semicolons or tabs, with a first line that names the columns; empty lines and lines that
        begin with ``#`` are skipped.

    Returns
    -------
    dict of str to list of str
        The columns by name, in lower case.

    Raises
    ------
    InputError
        Where the file is missing, no text, or its lines have different numbers of values.
    """
    name = os.path.basename(path)
    try:
        if os.path.getsize(path) > LARGEST_FILE:
            raise InputError(f"{name} is larger than {LARGEST_FILE // 1_000_000} MB: examples are a table x, y, label")
        with open(path, encoding="utf-8-sig", newline="") as stream:
            numbered = list(enumerate(stream, 1))
    except (FileNotFoundError, IsADirectoryError):
        near = did_you_mean(name, files_beside(path))
        raise InputError(f"{name}: no such file of examples: give a CSV file with columns x, y, label{near}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name} cannot be read as text ({type(error).__name__}): save it as CSV in UTF-8") from None
    kept = [(number, line) for number, line in numbered if line.strip() and not line.lstrip().startswith("#")]
    if not kept:
        raise InputError(f"{name} is empty: examples are a table with columns x, y, label")
    separator = max((",", ";", "\t"), key=kept[0][1].count)
    reader = csv.reader((line for _, line in kept), delimiter=separator)
    try:
        rows = [(kept[reader.line_num - 1][0], [value.strip() for value in row]) for row in reader]
    except csv.Error as error:
        raise InputError(f"{name} cannot be read as CSV ({error}): save it as CSV in UTF-8") from None
    header = [value.lower() for value in rows[0][1]]
    for column in header:
        if header.count(column) > 1:
            raise InputError(f"{name} has two columns {column!r}: name every column once")
    for number, row in rows[1:]:
        if len(row) != len(header):
            raise InputError(f"{name}: line {number} has {len(row)} values, the first line names {len(header)}")
    return {column: [row[place] for _, row in rows[1:]] for place, column in enumerate(header)}


def write_examples(path: str | os.PathLike[str], table: Mapping[str, Iterable[Any]]) -> None:
    """Write the columns of a table as a CSV file that :func:`read_examples` reads; what stood there stays until then.

    Parameters
    ----------
    path : path
    table : mapping of str to iterable
        Columns of the same length by name, for example those of :meth:`didymos.workflow.marks.Marks.table`. Text loses
        the spaces around it.

    Raises
    ------
    InputError
        Where there is no column, the columns have different lengths, a text holds a line break, or the file cannot be
        written.
    """
    names, columns = [str(name).strip() for name in table], [list(column) for column in table.values()]
    if not names or len(set(map(len, columns))) != 1:
        raise InputError(f"the table has the columns {', '.join(names) or 'none'}; they must all be of one length")
    rows = [[_plain(value) for value in row] for row in zip(*columns, strict=True)]
    for text in (*names, *(value for row in rows for value in row if isinstance(value, str))):
        if len(f"{text}.".splitlines()) > 1:
            raise InputError(f"{text!a} holds a line break: write it in one line")
    for name in names:
        if not name or set(name) & set(";\t,"):
            raise InputError(f"{name!r} is no name of a column: use letters, as in x, y, label")
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as stream:
        # every text is quoted: a line that begins with a number sign would be a comment
        csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n").writerows([names, *rows])


def _plain(value: Any) -> Any:
    """Return a number as the plain one that is written in full, and all else as text without spaces around it."""
    number = value.item() if hasattr(value, "item") else value
    return number if isinstance(number, (int, float)) and not isinstance(number, bool) else str(number).strip()

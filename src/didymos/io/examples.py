"""Tables of examples: labelled positions in a CSV file."""

from __future__ import annotations

import csv
import os

from didymos.schema import InputError

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
        raise InputError(f"{name}: no such file of examples: give a CSV file with columns x, y, label") from None
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

"""Tables as CSV files: units in the headers, and as many digits as a person can use."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from didymos.io.atomic import replacing

Column = Sequence[Any] | np.ndarray[Any, Any]
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
DIGITS = 5
"""Significant digits of a column of numbers, beyond those that all of its numbers share."""
STEP_DIGITS = 3
"""Digits of the smallest step of a column whose values follow each other, such as energies and positions."""
MOST_DIGITS = 15


@dataclass(frozen=True)
class Table:
    """One table: the names of its columns with units, and the columns.

    Attributes
    ----------
    header : tuple of str
        Names of the columns.
    columns : tuple of sequences or arrays
        Values of the columns, all of one length.
    """

    header: tuple[str, ...]
    columns: tuple[Column, ...]


def write_table(table: Table, path: Path) -> Path:
    """Write one table as CSV; what stands there stays until the new one is complete."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([_cell(name) for name in table.header])
        writer.writerows(zip(*map(_written, table.columns), strict=True))
    return path


def digits_of(values: np.ndarray[Any, Any]) -> int:
    """Return how many significant digits tell the numbers of a column apart.

    Parameters
    ----------
    values : array of float

    Returns
    -------
    int
        Five beyond what all numbers share; where the values are few and even, as of an axis, so many that their
        smallest step keeps three.
    """
    finite = values[np.isfinite(values)]
    known = np.unique(finite)
    if known.size < 2:
        return DIGITS
    largest, spread = float(np.abs(known).max()), float(np.ptp(known))
    digits = DIGITS + _decades(largest / spread)
    steps = np.diff(known)
    if steps.max() <= 2 * np.median(steps):
        digits = max(digits, STEP_DIGITS + _decades(largest / float(np.median(steps))))
    return min(digits, MOST_DIGITS)


def _decades(ratio: float) -> int:
    return max(0, math.floor(math.log10(ratio))) if math.isfinite(ratio) and ratio > 0 else 0


def _written(column: Column) -> Iterable[str]:
    array = np.asarray(column)
    if array.dtype.kind in "OUS":
        return (_cell(value) for value in array.tolist())
    if array.dtype.kind != "f":
        return map(str, array.tolist())
    digits = digits_of(array.astype(float))
    # a number has a decimal point in any locale
    return (f"{value:.{digits}g}" for value in array.tolist())


def _cell(text: Any) -> str:
    # a spreadsheet would run a text from a file that starts like a formula
    words = " ".join(str(text).split())
    return f"'{words}" if words.startswith(FORMULA_STARTS) else words

"""One spectrum as text of two columns, as it is pasted from a table or from the output of a calculation."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.schema import InputError

WHAT = "two columns, energy and value"
LARGEST_TEXT = 5_000_000
"""Letters; a spectrum is far shorter."""


class TextSpectrum(NamedTuple):
    """A spectrum without units.

    Attributes
    ----------
    energy : array, shape (n_energies,)
        Ascending.
    values : array, shape (n_energies,)
    """

    energy: NDArray[np.float64]
    values: NDArray[np.float64]


def read_spectrum(text: str) -> TextSpectrum:
    """Read a spectrum from text of two columns.

    Parameters
    ----------
    text : str
        A line for every energy: energy and value, separated by spaces, a tab, a comma or a semicolon. With a tab or a
        semicolon the decimal sign may be a comma. Empty lines and what follows a ``#`` are skipped; the first line may
        name the columns. Energies in any order.

    Returns
    -------
    TextSpectrum

    Raises
    ------
    InputError
        Where a line does not hold two numbers, an energy occurs twice, or fewer than two lines are left.
    """
    if len(text) > LARGEST_TEXT:
        raise InputError(f"the text has {len(text)} letters; a spectrum has at most {LARGEST_TEXT}: paste one only")
    # a mark at the beginning tells the encoding and is no letter
    lines = [line.partition("#")[0].strip() for line in text.removeprefix("\ufeff").splitlines()]
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line]
    if numbered and not any(_number(value) is not None for value in _fields(numbered[0][1])):
        del numbered[0]
    rows = [_row(line, number) for number, line in numbered]
    if len(rows) < 2:
        raise InputError(f"the text holds {len(rows)} values; a spectrum needs at least 2 lines of {WHAT}")
    table = np.array(rows, dtype=np.float64)
    energy, values = table[np.argsort(table[:, 0], kind="stable")].T
    twice = energy[:-1][np.diff(energy) == 0]
    if len(twice):
        raise InputError(f"the energy {twice[0]:g} occurs twice: give every energy once")
    return TextSpectrum(energy, values)


def _fields(line: str) -> list[str]:
    """Return the values of a line as text, a decimal comma made a point."""
    if ";" in line or "\t" in line:
        return [field.strip().replace(",", ".") for field in re.split(r"\s*;\s*|\s*\t\s*", line.rstrip("; \t"))]
    return [field.strip() for field in (line.split(",") if "," in line else line.split())]


def _number(text: str) -> float | None:
    """Return a finite number, None where the text is none."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def _row(line: str, number: int) -> tuple[float, float]:
    """Return energy and value of a line."""
    fields = _fields(line)
    if len(fields) != 2:
        raise InputError(f"line {number} has {len(fields)} values; allowed are {WHAT}")
    energy, value = map(_number, fields)
    if energy is None or value is None:
        wrong = fields[0] if energy is None else fields[1]
        raise InputError(f"line {number} holds {wrong[:40]!r}; allowed are finite numbers in {WHAT}")
    return energy, value

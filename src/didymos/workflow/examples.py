"""Examples: spectra that the user has labelled, by their position."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.defects.labels import UNKNOWN
from didymos.io.examples import read_examples
from didymos.schema import InputError, is_image
from didymos.schema.printing import brief
from didymos.schema.suggestions import nearest_word
from didymos.twin.training.similarity import OTHER
from didymos.workflow.locations import locations

MAJORITY_LABEL, ARTEFACT_LABEL, OTHER_LABEL = "majority", "artefact", "other"
MISSPELT = 0.85
"""A label that shares so many letters with a reserved one is a slip, not a kind."""
RESERVED = (MAJORITY_LABEL, ARTEFACT_LABEL, OTHER_LABEL)
"""Labels that are no kind: bare surface, corrupted spectrum, unlike the named kinds."""

COLUMNS = (("x", "y", "label"), ("row", "column", "label"))
WHAT = "a table (file, DataFrame, dict or rows) with columns x, y, label or row, column, label"


class Row(NamedTuple):
    """One example: a position and a label."""

    first: Any
    second: Any
    label: Any


@dataclass(frozen=True)
class LabelledExamples:
    """Labelled spectra of a map.

    Attributes
    ----------
    index : array of int, shape (n_examples,)
        Which points of the map, counted through all of them; every point once.
    text : tuple of str
        Their labels.
    names : tuple of str
        The kinds 1, 2 ... in the order of their first example.
    """

    index: NDArray[np.intp]
    text: tuple[str, ...]
    names: tuple[str, ...]

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)

    @property
    def present(self) -> tuple[str, ...]:
        """The labels that occur, each once."""
        return tuple(dict.fromkeys(self.text))

    def labelled(self, label: str) -> NDArray[np.intp]:
        """Return the points with a label."""
        return np.asarray(self.index[[text == label for text in self.text]], dtype=np.intp)

    def labels(self, usable: NDArray[np.bool_]) -> NDArray[np.int32]:
        """Return the label of every usable point, shape (n_usable,).

        0 stands for the majority, 1, 2 ... for the kinds, :data:`UNKNOWN` for points without an example and
        :data:`OTHER` for those unlike the kinds.
        """
        number = {MAJORITY_LABEL: 0, ARTEFACT_LABEL: UNKNOWN, OTHER_LABEL: OTHER}
        number |= {name: kind for kind, name in enumerate(self.names, 1)}
        everywhere = np.full(len(usable), UNKNOWN, dtype=np.int32)
        everywhere[self.index] = [number[text] for text in self.text]
        return everywhere[usable]


def examples_of(given: Any, spectra: xr.DataArray) -> LabelledExamples:
    """Read examples and find the spectra they name.

    Parameters
    ----------
    given : path, DataFrame, mapping of columns, or rows (x, y, label)
        Columns x, y, label with positions in the units of the map, or row, column, label counted from 0. Any number of
        labels; reserved are "majority", "artefact" (a corrupted spectrum) and "other" (unlike the named kinds).
    spectra : spectral map

    Returns
    -------
    LabelledExamples

    Raises
    ------
    InputError
        Where columns are missing, a position is outside the map, or a spectrum has two labels.
    """
    by_row, rows = _table(given)
    if not rows:
        raise InputError(f"the examples are empty; allowed is {WHAT}")
    position, unit = (np.empty((0, 2)), "") if by_row else locations(spectra)
    found: dict[int, str] = {}
    for number, row in enumerate(rows, 1):
        label = "" if row.label is None else str(row.label).strip()
        if not label or label.lower() == "nan":
            raise InputError(f"example {number} has no label; reserved are {', '.join(RESERVED)}, all others are kinds")
        label = label.lower() if label.lower() in RESERVED else label
        near = None if label in RESERVED else nearest_word(label, RESERVED, MISSPELT)
        if near is not None:
            raise InputError(
                f"example {number} has the label {label!r}, which is nearly a reserved one; did you mean {near!r}? A "
                "kind needs another name"
            )
        try:
            first, second = float(row.first), float(row.second)
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"example {number} is at {row.first!r}, {row.second!r}; allowed are numbers") from None
        point = _at_row(first, second, spectra, number) if by_row else _at(first, second, position, unit, number)
        if found.setdefault(point, label) != label:
            raise InputError(f"example {number} says {label!r} of a spectrum that another calls {found[point]!r}")
    kinds = tuple(dict.fromkeys(label for label in found.values() if label not in RESERVED))
    return LabelledExamples(np.array(list(found), dtype=np.intp), tuple(found.values()), kinds)


def _table(given: Any) -> tuple[bool, list[Row]]:
    """Return the rows of a table, and whether they name rows and columns."""
    if isinstance(given, (str, os.PathLike)):
        given = read_examples(given)
    columns = getattr(given, "columns", given if isinstance(given, Mapping) else None)
    if columns is not None:
        names = {str(name).strip().lower(): name for name in columns}
        for wanted in COLUMNS:
            if set(wanted) <= set(names):
                parts = [list(given[names[name]]) for name in wanted]
                if len({len(part) for part in parts}) != 1:
                    raise InputError("the columns of the examples have different lengths")
                return wanted[0] == "row", [Row(*values) for values in zip(*parts, strict=True)]
        raise InputError(f"the examples have the columns {', '.join(names) or 'none'}; allowed is {WHAT}")
    if not isinstance(given, Iterable):
        raise InputError(f"examples are a {type(given).__name__}; allowed is {WHAT}")
    rows = [tuple(row) if isinstance(row, Iterable) and not isinstance(row, str) else () for row in given]
    if any(len(row) != len(Row._fields) for row in rows):
        raise InputError(f"a row of the examples does not hold three values; allowed is {WHAT}")
    return False, [Row(*row) for row in rows]


def _at(x: float, y: float, position: NDArray[np.float64], unit: str, number: int) -> int:
    """Return the point nearest to x and y, which must lie on the map; its points lie at `position`."""
    away = np.hypot(position[:, 0] - x, position[:, 1] - y)
    nearest = int(np.nanargmin(np.where(np.isfinite(away), away, np.inf)))
    if not np.isfinite(away[nearest]) or away[nearest] > _reach(position):
        low, high = np.nanmin(position, axis=0), np.nanmax(position, axis=0)
        raise InputError(
            f"example {number} is at x = {x:g}, y = {y:g}; the map spans x = {low[0]:g} to {high[0]:g} and "
            f"y = {low[1]:g} to {high[1]:g} {unit}".rstrip()
        )
    return nearest


def _reach(position: NDArray[np.float64]) -> float:
    """Return how far an example may lie from the nearest spectrum: the mean distance of neighbours."""
    spread = np.nanmax(position, axis=0) - np.nanmin(position, axis=0)
    area, length = float(spread.prod()), float(spread.max())
    count = len(position)
    return float(np.sqrt(2 * area / count)) if area > 0 else length / max(count - 1, 1) or 1.0


def _at_row(row: float, column: float, spectra: xr.DataArray, number: int) -> int:
    """Return the point in a row and a column, counted from 0."""
    shape = spectra.shape[:2] if is_image(spectra) else (1, spectra.shape[0])
    if not (0 <= row < shape[0] and 0 <= column < shape[1] and row % 1 == 0 and column % 1 == 0):
        raise InputError(
            f"example {number} is at row {row:g}, column {column:g}; the map has rows 0 to {shape[0] - 1} and columns "
            f"0 to {shape[1] - 1}"
        )
    return int(row) * shape[1] + int(column)

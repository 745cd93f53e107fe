"""Marks: labels that a user gives to spectra one after the other, with undo and redo."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.schema import InputError, is_image
from didymos.schema.printing import said
from didymos.workflow.examples import RESERVED, examples_of
from didymos.workflow.locations import locations

State = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Marks:
    """Labelled points of a map; every change gives new marks and the old ones stay.

    Attributes
    ----------
    states : tuple of tuples of (int, str)
        Point, counted through all of the map, and label: before the first change, after it, and so on.
    place : int
        Which of the states is the present one; those behind it can be redone.
    """

    states: tuple[State, ...] = ((),)
    place: int = 0

    def __repr__(self) -> str:
        """Return how many points have which label, in one line."""
        labels = list(self.labels.values())
        words = [f"{labels.count(label)} {label}" for label in dict.fromkeys(labels)]
        return said("Marks", *(words or ["none"]))

    @classmethod
    def of(cls, examples: Any, spectra: xr.DataArray) -> Marks:
        """Return the marks that a table of examples stands for, as one change.

        Parameters
        ----------
        examples : table
            See :func:`didymos.workflow.examples.examples_of`.
        spectra : spectral map

        Returns
        -------
        Marks

        Raises
        ------
        InputError
            Where the table cannot be read or names no spectrum of the map.
        """
        found = examples_of(examples, spectra)
        return cls()._with(dict(zip(found.index.tolist(), map(label_of, found.text), strict=True)))

    @property
    def labels(self) -> dict[int, str]:
        """The label of every marked point, in the order in which they were marked first."""
        return dict(self.states[self.place])

    @property
    def points(self) -> NDArray[np.intp]:
        """The marked points, shape (n_marks,)."""
        return np.array([point for point, _ in self.states[self.place]], dtype=np.intp)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return self.place > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to redo."""
        return self.place < len(self.states) - 1

    def __len__(self) -> int:
        """Return the number of marked points."""
        return len(self.states[self.place])

    def add(self, points: int | Iterable[int], label: str) -> Marks:
        """Mark one or several points as one change; a later mark of a point replaces the earlier one.

        Parameters
        ----------
        points : int or iterable of int
        label : str
            "majority", "artefact", "other" or the name of a kind; see :func:`label_of`.

        Returns
        -------
        Marks

        Raises
        ------
        InputError
            Where the label is none.
        """
        name = label_of(label)
        return self._with(self.labels | dict.fromkeys(_each(points), name))

    def remove(self, points: int | Iterable[int]) -> Marks:
        """Take the marks of one or several points away as one change; points without a mark do not matter."""
        gone = set(_each(points))
        return self._with({point: label for point, label in self.labels.items() if point not in gone})

    def undo(self) -> Marks:
        """Return the marks before the last change; the same ones where there was none."""
        return Marks(self.states, max(self.place - 1, 0))

    def redo(self) -> Marks:
        """Return the marks after the change that was undone last; the same ones where there is none."""
        return Marks(self.states, min(self.place + 1, len(self.states) - 1))

    def table(self, spectra: xr.DataArray) -> dict[str, list[Any]]:
        """Return the marks as a table that :func:`didymos.workflow.examples.examples_of` reads back to the same points.

        Parameters
        ----------
        spectra : spectral map

        Returns
        -------
        dict of str to list
            Columns x, y, label, in the units of the map; row, column, label where two spectra lie at one position, or
            one of them has none.

        Raises
        ------
        InputError
            Where the map has no such points.
        """
        points, labels = self.points, list(self.labels.values())
        position, _ = locations(spectra)
        outside = points[(points < 0) | (points >= len(position))]
        if len(outside):
            raise InputError(f"point {outside[0]} is marked; the map has the points 0 to {len(position) - 1}")
        if all(_alone(position, point) for point in points):
            x, y = position[points].T.tolist()
            return {"x": x, "y": y, "label": labels}
        row, column = np.divmod(points, spectra.shape[1] if is_image(spectra) else len(position))
        return {"row": row.tolist(), "column": column.tolist(), "label": labels}

    def _with(self, labels: dict[int, str]) -> Marks:
        """Return the marks after a change; without a difference there is nothing to undo."""
        state = tuple(labels.items())
        if state == self.states[self.place]:
            return self
        return Marks((*self.states[: self.place + 1], state), self.place + 1)


def label_of(text: str) -> str:
    """Return a label as the twins know it: without surrounding and repeated spaces, reserved ones in lower case.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Raises
    ------
    InputError
        Where nothing is left, it is "nan", which tables call an empty cell, or it holds what no file can.
    """
    label = " ".join(text.split())
    if not label or label.lower() == "nan":
        raise InputError(f"{text!r} is no label; reserved are {', '.join(RESERVED)}, all others are kinds")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in label):
        raise InputError(f"the label {label!a} holds control characters: write it in letters")
    return label.lower() if label.lower() in RESERVED else label


def _each(points: int | Iterable[int]) -> list[int]:
    """Return one or several points as a list."""
    return [int(point) for point in (points if isinstance(points, Iterable) else (points,))]


def _alone(position: NDArray[np.float64], point: int) -> bool:
    """Tell whether a point has a position, and no other one has the same."""
    return bool(np.isfinite(position[point]).all()) and int((position == position[point]).all(axis=1).sum()) == 1

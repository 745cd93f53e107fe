"""The data of a Nanonis grid as they lie in the file: one record of float32, big-endian, for each pixel."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didymos.io.nanonis.header import GridHeader

WINDOW_BYTES = 4 * 2**20
"""So much of a file is looked at at once."""


@dataclass(frozen=True)
class RecordFile:
    """The records of a file, of which only what is asked for is read.

    Attributes
    ----------
    path : pathlib.Path
    header : GridHeader
    size : int
        How many values stand in the file; they may end anywhere.
    """

    path: Path
    header: GridHeader
    size: int

    @property
    def count(self) -> int:
        """Number of records that begin in the file."""
        return -(-self.size // self.header.values_per_record)

    def window(self, first: int, last: int) -> NDArray[np.float32]:
        """Return some records as they stand in the file, shape (last - first, value); zero after its end.

        Parameters
        ----------
        first, last : int
            The records from `first` up to but not `last`; the file has a value of each.

        Returns
        -------
        ndarray, shape (last - first, value)
            Big-endian, mapped into memory for as long as it is used.
        """
        length = self.header.values_per_record
        start, stop = first * length, min(last * length, self.size)
        place = self.header.data_offset + 4 * start
        values: NDArray[np.float32] = np.memmap(self.path, ">f4", "r", offset=place, shape=(stop - start,))
        if stop < last * length:
            values = np.concatenate([values, np.zeros(last * length - stop, ">f4")], dtype=">f4")
        return values.reshape(-1, length)

    def strips(self) -> Iterator[slice]:
        """Yield all records that begin in the file, in strips that fit into memory."""
        length = max(1, WINDOW_BYTES // (4 * self.header.values_per_record))
        return (slice(first, min(first + length, self.count)) for first in range(0, self.count, length))


@dataclass(frozen=True)
class Records:
    """The records of a file in the order in which they were measured.

    Attributes
    ----------
    file : RecordFile
    written : array, shape (record,)
        How many values of each record were measured.
    parameters : array, shape (record, parameter)
        The parameters of each record, NaN where not measured.
    """

    file: RecordFile
    written: NDArray[np.int64]
    parameters: NDArray[np.float32]

    @property
    def header(self) -> GridHeader:
        """Header of the file."""
        return self.file.header

    @property
    def count(self) -> int:
        """Number of records that the grid should have."""
        return self.header.columns * self.header.rows

    def parameter(self, name: str) -> NDArray[np.float64] | None:
        """Return a parameter of each record, NaN where not measured; None where it was not recorded."""
        column = self.header.parameter(name)
        with np.errstate(invalid="ignore"):
            return None if column is None else self.parameters[:, column].astype(np.float64)

    def channel(self, index: int, wanted: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Return the spectra of one channel.

        Parameters
        ----------
        index : int
            Position of the channel.
        wanted : ndarray, optional
            Numbers of the records, in any order; all without it.

        Returns
        -------
        ndarray, shape (record, point)
            NaN where not measured.
        """
        start = len(self.header.parameters) + index * self.header.points
        positions = np.arange(start, start + self.header.points)
        numbers = np.arange(self.count) if wanted is None else wanted
        block = np.full((numbers.size, positions.size), np.nan, dtype=np.float32)
        order = np.argsort(numbers, kind="stable")
        order = order[self.written[numbers[order]] > start]
        for places in self._runs(numbers[order]):
            rows = order[places]
            window = self.file.window(int(numbers[rows[0]]), int(numbers[rows[-1]]) + 1)
            block[rows] = window[:, start : start + self.header.points]
        block[positions >= self.written[numbers][:, None]] = np.nan
        return block

    def _runs(self, numbers: NDArray[np.int64]) -> Iterator[slice]:
        """Yield where numbers in ascending order follow one another, in strips that fit into memory."""
        length = max(1, WINDOW_BYTES // (4 * self.header.values_per_record))
        edges = [0, *(np.flatnonzero(np.diff(numbers) != 1) + 1), numbers.size]
        for first, last in itertools.pairwise(edges):
            for start in range(first, last, length):
                yield slice(start, min(start + length, last))

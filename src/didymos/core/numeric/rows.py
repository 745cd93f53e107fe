"""Spectra as rows of a matrix that is read a block at a time, so that it need not be in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.threads import allowed_threads, in_order

Answer = TypeVar("Answer")
Array = NDArray[Any]


class StoredRows(Protocol):
    """A matrix of spectra that is not in memory; what reads it knows how many rows are best read at once."""

    @property
    def shape(self) -> tuple[int, int]:
        """Number of spectra and of energies."""
        ...

    def __len__(self) -> int:
        """Return the number of spectra."""
        ...

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> NDArray[np.float32]:
        """Read some spectra, shape (n_rows, n_energies)."""
        ...

    def selected(self, where: NDArray[np.bool_]) -> StoredRows:
        """Return the same spectra without some."""
        ...

    def over_rows(self, work: Callable[..., Answer], block: int, *beside: Array) -> Iterator[tuple[slice, Answer]]:
        """Do the work on blocks of at most so many spectra; see :func:`over_rows`."""
        ...


Spectra = NDArray[np.floating] | StoredRows
"""A matrix of spectra, shape (n_points, n_energies), in memory or not."""


def over_rows(
    work: Callable[..., Answer], spectra: Spectra, block: int, *beside: Array
) -> Iterator[tuple[slice, Answer]]:
    """Do the work on every block of spectra and yield the answers in order, in as many threads as are allowed.

    Parameters
    ----------
    work : callable
        From a block, shape (n_rows, n_energies), and the same rows of what is beside it, to anything. It must not
        change them.
    spectra : array or StoredRows, shape (n_points, n_energies)
    block : int
        Spectra in a block at most.
    *beside : array, shape (n_points, ...)
        What else is known of every spectrum.

    Yields
    ------
    slice
        The rows of the block.
    object
        What `work` returned.
    """
    if not isinstance(spectra, np.ndarray):
        yield from spectra.over_rows(work, block, *beside)
        return
    pieces = blocks(len(spectra), block)

    def answer(rows: slice) -> Answer:
        return work(spectra[rows], *(known[rows] for known in beside))

    yield from zip(pieces, in_order(answer, pieces, allowed_threads()), strict=True)


def blocks(count: int, size: int) -> list[slice]:
    """Return the slices of so many rows each that make up all rows."""
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def selected(spectra: Spectra, where: NDArray[np.bool_]) -> Spectra:
    """Return some of the spectra; all as they are, without a copy."""
    if where.all():
        return spectra
    return spectra[where] if isinstance(spectra, np.ndarray) else spectra.selected(where)


def some_rows(spectra: Spectra, most: int) -> NDArray[np.floating]:
    """Return at most so many spectra, evenly spaced; all as they are, without a copy."""
    return spectra[evenly(len(spectra), most)] if len(spectra) > most else spectra[:]


def in_memory(spectra: Spectra, most: int = 20_000) -> NDArray[np.floating]:
    """Return the spectra; of those that are not in memory at most so many, evenly spaced."""
    return spectra if isinstance(spectra, np.ndarray) else some_rows(spectra, most)


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """Return at most so many evenly spaced indices out of `count`."""
    return np.linspace(0, count - 1, min(count, most)).astype(np.intp)


def are_identical(spectra: Spectra) -> bool:
    """Tell whether all spectra are the same."""
    first = spectra[:1]
    return all(same for _, same in over_rows(lambda block: bool((block == first).all()), spectra, 4096))


def column(spectra: Spectra, index: int, block: int = 65_536) -> NDArray[np.float32]:
    """Return one energy of all spectra, shape (n_points,)."""
    values = np.empty(len(spectra), dtype=np.float32)
    for rows, part in over_rows(lambda some: some[:, index].copy(), spectra, block):
        values[rows] = part
    return values

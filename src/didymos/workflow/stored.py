"""Spectra of a map that is not in memory: read block by block, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.noise.missing import MissingSettings, fill_gaps
from didymos.core.numeric.rows import Array, Spectra, blocks, evenly
from didymos.core.numeric.threads import allowed_threads, in_order
from didymos.schema import ENERGY, is_image

Answer = TypeVar("Answer")
DEFAULTS = MissingSettings()
FILLED_AT_ONCE = 4096
"""Spectra whose gaps are filled together."""
READ_AT_ONCE = 2**24
"""Bytes of spectra that are read at once, unless the chunks of the map are larger."""


@dataclass(frozen=True)
class Filling:
    """Values that take the place of gaps.

    Attributes
    ----------
    rows : array of int, shape (n_gaps,)
        Spectrum of every value, ascending.
    energies : array of int, shape (n_gaps,)
    values : array of float32, shape (n_gaps,)
    """

    rows: NDArray[np.intp]
    energies: NDArray[np.intp]
    values: NDArray[np.float32]

    def into(self, spectra: NDArray[np.float32], first: int) -> None:
        """Fill the gaps of the spectra from the row `first` on."""
        part = slice(*np.searchsorted(self.rows, (first, first + len(spectra))))
        spectra[self.rows[part] - first, self.energies[part]] = self.values[part]


@dataclass(frozen=True)
class StoredSpectra:
    """The spectra of a map in chunks on a disk, as rows; see :class:`didymos.core.numeric.rows.StoredRows`.

    Attributes
    ----------
    map : xarray.DataArray
        In chunks of dask, dims (y, x, energy) or (point, energy).
    rows : array of int, shape (n_rows,), optional
        The spectra of the map that count, ascending; all where it is not given.
    filling : Filling, optional
        What takes the place of gaps.
    weights : array, shape (n_energies of the map, n_energies), optional
        What brings the spectra to other energies.
    """

    map: xr.DataArray
    rows: NDArray[np.intp] | None = None
    filling: Filling | None = None
    weights: NDArray[np.float64] | None = None
    _recent: dict[int, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return int(np.prod(self.map.shape[:-1])) if self.rows is None else len(self.rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of spectra and of energies."""
        return len(self), self.map.sizes[ENERGY] if self.weights is None else self.weights.shape[1]

    @property
    def _width(self) -> int:
        """Spectra in a line of the map."""
        return int(self.map.shape[1]) if is_image(self.map) else 1

    @cached_property
    def _edges(self) -> NDArray[np.intp]:
        """First line of every block that is read at once, and the end of the last; whole chunks as far as it goes."""
        lines = self.map.chunks[0] if self.map.chunks else (self.map.shape[0],)
        most = max(READ_AT_ONCE // (4 * self._width * self.map.sizes[ENERGY]), 1)
        edges = [0]
        for end in np.cumsum(lines):
            # small chunks are read together, too large ones in parts
            if end - edges[-1] >= most or end == self.map.shape[0]:
                parts = max(round((end - edges[-1]) / (2 * most)), 1)
                edges.extend(np.linspace(edges[-1], end, parts + 1)[1:].astype(int).tolist())
        return np.asarray(edges, dtype=np.intp)

    def selected(self, where: NDArray[np.bool_]) -> StoredSpectra:
        """Return the same spectra without some."""
        kept = np.flatnonzero(where)
        return replace(self, rows=kept if self.rows is None else self.rows[kept], _recent={})

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> NDArray[np.float32]:
        asked = np.arange(len(self))[rows]
        wanted = asked.ravel() if self.rows is None else self.rows[asked.ravel()]
        result = np.empty((len(wanted), self.shape[1]), dtype=np.float32)
        edges = self._edges * self._width
        block_of = np.searchsorted(edges, wanted, side="right") - 1
        numbers = np.unique(block_of).tolist()
        few = len(numbers) <= 2

        def take(number: int) -> None:
            at = np.flatnonzero(block_of == number)
            result[at] = self._block(number, keep=few)[wanted[at] - edges[number]]

        for _ in in_order(take, numbers, allowed_threads()):
            pass
        return result.reshape(*asked.shape, self.shape[1])

    def over_rows(self, work: Callable[..., Answer], block: int, *beside: Array) -> Iterator[tuple[slice, Answer]]:
        """Do the work on blocks of at most so many spectra; see :func:`didymos.core.numeric.rows.over_rows`."""
        edges = self._edges * self._width
        ends = edges if self.rows is None else np.searchsorted(self.rows, edges)
        numbers = [number for number in range(len(edges) - 1) if ends[number + 1] > ends[number]]

        def answers(number: int) -> list[Answer]:
            spectra = self._block(number)
            if self.rows is not None:
                spectra = spectra[self.rows[ends[number] : ends[number + 1]] - edges[number]]
            known = [one[ends[number] : ends[number + 1]] for one in beside]
            return [work(spectra[rows], *(one[rows] for one in known)) for rows in blocks(len(spectra), block)]

        for number, found in zip(numbers, in_order(answers, numbers, allowed_threads()), strict=True):
            pieces = blocks(int(ends[number + 1] - ends[number]), block)
            for piece, answer in zip(pieces, found, strict=True):
                yield slice(int(ends[number]) + piece.start, int(ends[number]) + piece.stop), answer

    def _block(self, number: int, *, keep: bool = False) -> NDArray[np.float32]:
        """Read a block, shape (n_rows, n_energies), and keep the last two where they may be asked for again."""
        if (known := self._recent.get(number)) is not None:
            return known
        lines = slice(int(self._edges[number]), int(self._edges[number + 1]))
        data: Any = self.map.data[lines]
        spectra = np.ascontiguousarray(data.compute(scheduler="synchronous"), dtype=np.float32)
        spectra = spectra.reshape(-1, self.map.sizes[ENERGY])
        if self.filling is not None:
            spectra = spectra.copy()
            self.filling.into(spectra, lines.start * self._width)
        if self.weights is not None:
            spectra = (spectra @ self.weights).astype(np.float32)
        if keep:
            for old in tuple(self._recent)[:-1]:
                self._recent.pop(old, None)
            self._recent[number] = spectra
        return spectra


def rows_of(spectra: xr.DataArray) -> Spectra:
    """Return the spectra of a map as rows: an array where the map is in memory, stored spectra where it is not."""
    if spectra.chunks is not None:
        return StoredSpectra(spectra)
    values = np.ascontiguousarray(spectra.values)
    return values.reshape(int(np.prod(values.shape[:-1])), values.shape[-1])


def fill_stored(
    spectra: StoredSpectra,
    gaps: NDArray[np.bool_],
    enough: NDArray[np.bool_],
    positions: NDArray[np.float64] | None,
    settings: MissingSettings = DEFAULTS,
) -> tuple[Filling, NDArray[np.float64]]:
    """Fill the gaps of stored spectra, some spectra with their neighbours at a time.

    Parameters
    ----------
    spectra : StoredSpectra
        Of all points of a map.
    gaps : array of bool, shape (n_points,)
        Spectra with gaps that can be filled.
    enough : array of bool, shape (n_points,)
        Spectra that gaps are filled from.
    positions : array, shape (n_points, 2), optional
    settings : MissingSettings

    Returns
    -------
    Filling
    array, shape (n_gaps,)
        Standard error of every filled value over the noise, see :class:`didymos.core.noise.missing.Filled`.
    """
    complete = np.flatnonzero(enough)
    placed = positions is not None and bool(np.isfinite(positions[complete]).all())
    tree = cKDTree(positions[complete]) if placed and positions is not None else None
    found: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32], NDArray[np.float64]]] = []
    lacking = np.flatnonzero(gaps)
    for part in blocks(len(lacking), FILLED_AT_ONCE):
        own = lacking[part]
        if tree is None or positions is None:
            beside = complete[evenly(len(complete), settings.largest_sample)]
        else:
            beside = complete[np.ravel(tree.query(positions[own], k=min(settings.around + 1, len(complete)))[1])]
        rows = np.union1d(own, beside)
        filled = fill_gaps(spectra[rows], positions[rows] if placed and positions is not None else None)
        at = np.flatnonzero(np.isin(rows[filled.gaps[:, 0]], own))
        row, energy = filled.gaps[at].T
        found.append((rows[row], energy, filled.values[row, energy], filled.error[at]))
    rows, energies, values, error = (np.concatenate(one) for one in zip(*found, strict=True))
    return Filling(rows, energies.astype(np.intp), values), error

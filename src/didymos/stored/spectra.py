"""Spectra of a map that is not in memory: read block by block, wherever they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.noise.missing import MissingSettings, fill_gaps
from didymos.core.numeric.rows import Array, Spectra, blocks, evenly
from didymos.io.blocks import is_lazy
from didymos.schema import ENERGY, is_image
from didymos.stored.passes import Passes

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

    def between(self, first: int, stop: int) -> Filling:
        """Return the values of the spectra from `first` on, rows counted from there."""
        part = slice(*np.searchsorted(self.rows, (first, stop)))
        return Filling(self.rows[part] - first, self.energies[part], self.values[part])


@dataclass(frozen=True)
class Part:
    """Lines of a map that are read at once; whoever works on them reads them.

    Attributes
    ----------
    data : dask.array.Array
        The lines.
    filling : Filling, optional
        What takes the place of gaps, rows counted from the first spectrum of the part.
    weights : array, shape (n_energies of the map, n_energies), optional
        What brings the spectra to other energies.
    """

    data: Any
    filling: Filling | None = None
    weights: NDArray[np.float64] | None = None

    def read(self) -> NDArray[np.float32]:
        """Return the spectra, shape (n_rows, n_energies)."""
        values = np.asarray(self.data.compute(scheduler="synchronous"), dtype=np.float32)
        spectra = np.ascontiguousarray(values).reshape(-1, values.shape[-1])
        if self.filling is not None:
            spectra = spectra.copy()
            spectra[self.filling.rows, self.filling.energies] = self.filling.values
        return spectra if self.weights is None else (spectra @ self.weights).astype(np.float32)


def _answers(
    part: Part, own: NDArray[np.intp] | None, work: Callable[..., Answer], block: int, beside: Sequence[Array]
) -> list[Answer]:
    """Do the work on blocks of the spectra of a part."""
    spectra = part.read() if own is None else part.read()[own]
    return [work(spectra[rows], *(one[rows] for one in beside)) for rows in blocks(len(spectra), block)]


def _taken(part: Part, own: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return some spectra of a part."""
    return part.read()[own]


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
    passes : Passes
        Who works on the parts.
    """

    map: xr.DataArray
    rows: NDArray[np.intp] | None = None
    filling: Filling | None = None
    weights: NDArray[np.float64] | None = None
    passes: Passes = field(default_factory=Passes, repr=False, compare=False)

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
        """First row of every part that is read at once, and the end of the last; whole chunks as far as it goes."""
        lines = self.map.variable.chunksizes[self.map.dims[0]]
        most = max(READ_AT_ONCE // (4 * self._width * self.map.sizes[ENERGY]), 1)
        edges = [0]
        for end in np.cumsum(lines):
            # small chunks are read together, too large ones in parts
            if end - edges[-1] >= most or end == self.map.shape[0]:
                parts = max(round((end - edges[-1]) / (2 * most)), 1)
                edges.extend(np.linspace(edges[-1], end, parts + 1)[1:].astype(int).tolist())
        return np.asarray(edges, dtype=np.intp) * self._width

    def selected(self, where: NDArray[np.bool_]) -> StoredSpectra:
        """Return the same spectra without some."""
        kept = np.flatnonzero(where)
        return replace(self, rows=kept if self.rows is None else self.rows[kept])

    def __getitem__(self, rows: slice | NDArray[np.integer]) -> NDArray[np.float32]:
        asked = np.arange(len(self))[rows]
        wanted = asked.ravel() if self.rows is None else self.rows[asked.ravel()]
        # spectra that are asked for twice are read once
        known, place = np.unique(wanted, return_inverse=True)
        ends = np.searchsorted(known, self._edges)
        numbers = np.flatnonzero(np.diff(ends)).tolist()
        pieces = [(self._part(n), known[ends[n] : ends[n + 1]] - self._edges[n]) for n in numbers]
        found = np.empty((len(known), self.shape[1]), dtype=np.float32)
        for number, spectra in zip(numbers, self.passes.over(_taken, pieces), strict=True):
            found[ends[number] : ends[number + 1]] = spectra
        return found[place.ravel()].reshape(*asked.shape, self.shape[1])

    def over_rows(self, work: Callable[..., Answer], block: int, *beside: Array) -> Iterator[tuple[slice, Answer]]:
        """Do the work on blocks of at most so many spectra; see :func:`didymos.core.numeric.rows.over_rows`."""
        edges = self._edges
        ends = edges if self.rows is None else np.searchsorted(self.rows, edges)
        numbers = np.flatnonzero(np.diff(ends)).tolist()
        pieces = []
        for number in numbers:
            rows = slice(int(ends[number]), int(ends[number + 1]))
            own = None if self.rows is None else self.rows[rows] - edges[number]
            pieces.append((self._part(number), own, work, block, [one[rows] for one in beside]))
        for number, found in zip(numbers, self.passes.over(_answers, pieces), strict=True):
            first = int(ends[number])
            for piece, answer in zip(blocks(int(ends[number + 1]) - first, block), found, strict=True):
                yield slice(first + piece.start, first + piece.stop), answer

    def _part(self, number: int) -> Part:
        """Return a part without what the others need."""
        first, stop = self._edges[number : number + 2]
        data: Any = self.map.data[first // self._width : stop // self._width]
        filling = None if self.filling is None else self.filling.between(int(first), int(stop))
        return Part(culled(data), filling, self.weights)


def culled(data: Any) -> Any:
    """Return a dask array that knows only of the chunks it is made of."""
    from dask.base import optimize

    return optimize(data)[0]  # type: ignore[no-untyped-call]


def rows_of(spectra: xr.DataArray, passes: Passes | None = None) -> Spectra:
    """Return the spectra of a map as rows: an array where the map is in memory, stored spectra where it is not."""
    if is_lazy(spectra):
        return StoredSpectra(spectra, passes=passes or Passes())
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
    if positions is not None and not np.isfinite(positions[complete]).all():
        positions = None
    tree = None if positions is None else cKDTree(positions[complete])
    found: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32], NDArray[np.float64]]] = []
    lacking = np.flatnonzero(gaps)
    for part in blocks(len(lacking), FILLED_AT_ONCE):
        own = lacking[part]
        if tree is None or positions is None:
            beside = complete[evenly(len(complete), settings.largest_sample)]
        else:
            beside = complete[np.ravel(tree.query(positions[own], k=min(settings.around + 1, len(complete)))[1])]
        rows = np.union1d(own, beside)
        filled = fill_gaps(spectra[rows], None if positions is None else positions[rows])
        at = np.flatnonzero(np.isin(rows[filled.gaps[:, 0]], own))
        row, energy = filled.gaps[at].T
        found.append((rows[row], energy, filled.values[row, energy], filled.error[at]))
    rows, energies, values, error = (np.concatenate(one) for one in zip(*found, strict=True))
    return Filling(rows, energies.astype(np.intp), values), error

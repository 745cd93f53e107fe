"""Statistics of the distances between all pairs of spectra, from one pass over tiles of the Gram product.

Every tile of squared distances is consumed at once by a compiled loop that only counts, so memory does not grow with
the number of pairs. One fine histogram of d serves every shift of the logarithm: no logarithm is taken per pair. Beyond
some number of spectra each is compared with a random sample of them, the references; shares and averages over all pairs
then have a standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.threads import allowed_threads, in_order
from didymos.core.pairs import pair_counting
from didymos.core.pairs.distance_histogram import PairHistogram
from didymos.core.pairs.pair_tiles import TILE, PreparedSpectra, blocks, prepare, squared_distances
from didymos.core.pairs.settings import PairSettings
from didymos.core.pairs.spectrum_bins import choose_bins
from didymos.core.pairs.spectrum_distances import PairStatistics

DEFAULTS = PairSettings()

Progress = Callable[[float], None]
TileIndex = tuple[int, int]
"""Row and column of a tile."""
Answer = TypeVar("Answer")


def pair_histogram(
    features: NDArray[np.floating],
    *,
    references: NDArray[np.intp] | None = None,
    progress: Progress | None = None,
) -> PairHistogram:
    """Count the distances of all pairs of spectra.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Spectra, or features whose Euclidean distance is the distance wanted. Those with NaN or infinite values have
        no distance and are left out.
    references : array of int, optional
        Take only the pairs of one of these spectra with another one.
    progress : callable, optional
        Called with the share that is done.

    Returns
    -------
    PairHistogram
        Its bins cover the smallest to the largest distance; the first one starts at 0.
    """
    spectra, _, chosen = _prepared(features, references)
    grid = _Grid(spectra, chosen)

    def count(index: TileIndex) -> None:
        with grid.workspace() as own:
            grid.tile(index, own)

    for _ in grid.each(count, progress):
        pass
    return grid.histogram()


def pair_statistics(
    features: NDArray[np.floating],
    *,
    references: NDArray[np.intp] | None = None,
    progress: Progress | None = None,
    settings: PairSettings = DEFAULTS,
) -> PairStatistics:
    """Count the distances of all pairs of spectra, in all and for every spectrum.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Spectra, or features whose Euclidean distance is the distance wanted. Those with NaN or infinite values have
        no distance and are left out.
    references : array of int, optional
        Compare every spectrum with these only, see :func:`choose_references`.
    progress : callable, optional
        Called with the share that is done.
    settings : PairSettings

    Returns
    -------
    PairStatistics
    """
    spectra, usable, chosen = _prepared(features, references)
    each = _EachSpectrum(spectra, chosen, settings)
    for index, row_sums, column_sums in each.grid.each(each.count, progress):
        each.add(index, row_sums, column_sums)
    return each.statistics(usable)


def choose_references(
    points: int,
    *,
    seed: int,
    pairs: int | None = None,
    all_up_to: int | None = None,
    settings: PairSettings = DEFAULTS,
) -> NDArray[np.intp] | None:
    """Draw the spectra that all others are compared with.

    Parameters
    ----------
    points : int
        Number of spectra.
    seed : int
    pairs : int, optional
        About how many pairs to take in all; default of the settings.
    all_up_to : int, optional
        Up to this many spectra every pair is taken; default of the settings.
    settings : PairSettings

    Returns
    -------
    array of int, ascending, or None
        None where every pair is taken.
    """
    if points <= (settings.all_pairs_up_to if all_up_to is None else all_up_to):
        return None
    wanted = settings.sampled_pairs if pairs is None else pairs
    number = min(max(wanted // points, settings.fewest_references), points)
    return np.sort(np.random.default_rng(seed).choice(points, number, replace=False)).astype(np.intp)


def _prepared(
    features: NDArray[np.floating], references: NDArray[np.intp] | None
) -> tuple[PreparedSpectra, NDArray[np.bool_], NDArray[np.intp] | None]:
    """Return the finite spectra, which these are, and the indices of the references among them."""
    usable = np.concatenate(
        [np.zeros(0, dtype=bool), *(np.isfinite(features[rows]).all(axis=1) for rows in blocks(len(features)))]
    )
    finite = features if usable.all() else features[usable]
    if references is None:
        return prepare(finite), usable, None
    index = np.cumsum(usable) - 1
    chosen = np.asarray(references, dtype=np.intp)
    return prepare(finite), usable, np.unique(index[chosen[usable[chosen]]]).astype(np.intp)


class _Workspace:
    """What one thread works in."""

    def __init__(self, bins: int) -> None:
        self.tile = np.empty((TILE, TILE), dtype=np.float32)
        self.total = np.zeros(pair_counting.TOTAL_BINS, dtype=np.int64)
        self.rows, self.columns = (np.zeros((TILE if bins else 0, bins), dtype=np.uint16) for _ in range(2))


class _Grid:
    """The tiles of all pairs, of which only the upper half is made, or of all spectra with the references."""

    def __init__(self, spectra: PreparedSpectra, chosen: NDArray[np.intp] | None, bins: int = 0) -> None:
        self.spectra, self.chosen = spectra, chosen
        self.others = spectra if chosen is None else spectra.take(chosen)
        self.rows, self.columns = blocks(len(spectra)), blocks(len(self.others))
        self.threads = allowed_threads()
        self.workspaces: SimpleQueue[_Workspace] = SimpleQueue()
        for _ in range(self.threads):
            self.workspaces.put(_Workspace(bins))

    @contextmanager
    def workspace(self) -> Iterator[_Workspace]:
        """Lend the memory of one thread."""
        own = self.workspaces.get()
        try:
            yield own
        finally:
            self.workspaces.put(own)

    def is_triangle(self, index: TileIndex) -> bool:
        """Return whether rows and columns of a tile are the same spectra."""
        return self.chosen is None and index[0] == index[1]

    def tile(self, index: TileIndex, own: _Workspace) -> NDArray[np.float32]:
        """Return the squared distances of a tile, counted for the histogram of all pairs."""
        rows, columns = self.rows[index[0]], self.columns[index[1]]
        squared = squared_distances(self.spectra, rows, self.others, columns, own.tile)
        pair_counting.count_all(squared.view(np.int32), self.is_triangle(index), own.total)
        return squared

    def each(self, work: Callable[[TileIndex], Answer], progress: Progress | None) -> Iterator[Answer]:
        """Do some work on every tile and yield the answers in the order of the tiles."""
        half = self.chosen is None
        number = len(self.rows) * (len(self.rows) + 1) // 2 if half else len(self.rows) * len(self.columns)
        indices = (
            (row, column) for row in range(len(self.rows)) for column in range(row if half else 0, len(self.columns))
        )
        for done, answer in enumerate(in_order(work, indices, self.threads), start=1):
            yield answer
            if progress is not None:
                progress(done / number)

    def histogram(self) -> PairHistogram:
        """Return what all threads have counted."""
        workspaces = [self.workspaces.get() for _ in range(self.threads)]
        total = np.sum([own.total for own in workspaces], axis=0)
        if self.chosen is not None:
            total[0] -= len(self.chosen)  # every reference has met itself
        used = np.flatnonzero(total)
        last = int(used[-1]) + 1 if used.size else 1
        start = int(used[used > 0][0]) if (used > 0).any() else 1
        edges = pair_counting.bin_edges(start, last, pair_counting.TOTAL_BITS) * self.spectra.unit
        return PairHistogram(np.concatenate([[0.0], edges]), np.concatenate([[total[0]], total[start:last]]))


class _EachSpectrum:
    """Histogram and sum of the distances of every spectrum."""

    def __init__(
        self, spectra: PreparedSpectra, chosen: NDArray[np.intp] | None, settings: PairSettings = DEFAULTS
    ) -> None:
        others = len(spectra) if chosen is None else len(chosen)
        self.bins = choose_bins(spectra, others, settings=settings)
        self.grid = grid = _Grid(spectra, chosen, self.bins.number)
        kind = np.uint16 if len(grid.others) <= np.iinfo(np.uint16).max else np.uint32
        self.counts: NDArray[np.unsignedinteger] = np.zeros((len(spectra), self.bins.number), dtype=kind)
        self.sums = np.zeros(len(spectra))
        self.row_locks = [Lock() for _ in grid.rows]
        if chosen is None:
            self.other_counts, self.other_sums, self.column_locks = self.counts, self.sums, self.row_locks
        else:
            self.other_counts = np.zeros((len(chosen), self.bins.number), dtype=np.uint32)
            self.other_sums, self.column_locks = np.zeros(len(chosen)), [Lock() for _ in grid.columns]

    def count(self, index: TileIndex) -> tuple[TileIndex, NDArray[np.float64], NDArray[np.float64]]:
        """Count one tile; its sums are added later, in order, so that they round alike however threads take turns."""
        grid, bins = self.grid, self.bins
        sums = np.zeros((2, TILE))
        with grid.workspace() as own:
            squared = grid.tile(index, own)
            layout = (bins.shift, bins.first, bins.number)
            pair_counting.count_each(
                squared, squared.view(np.int32), grid.is_triangle(index), layout, own.rows, own.columns, *sums
            )
            with self.row_locks[index[0]]:
                pair_counting.empty_into(own.rows, self.counts[grid.rows[index[0]]])
            with self.column_locks[index[1]]:
                pair_counting.empty_into(own.columns, self.other_counts[grid.columns[index[1]]])
        return index, sums[0, : squared.shape[0]], sums[1, : squared.shape[1]]

    def add(self, index: TileIndex, row_sums: NDArray[np.float64], column_sums: NDArray[np.float64]) -> None:
        """Add the sums of one tile."""
        self.sums[self.grid.rows[index[0]]] += row_sums
        self.other_sums[self.grid.columns[index[1]]] += column_sums

    def statistics(self, usable: NDArray[np.bool_]) -> PairStatistics:
        """Return what was counted, with a row for the spectra that were left out as well."""
        grid, chosen = self.grid, self.grid.chosen
        number = np.full(len(self.counts), len(grid.others))
        number[slice(None) if chosen is None else chosen] -= 1
        if chosen is not None:
            self.counts[chosen, 0] -= 1
            self.other_counts[:, 0] -= 1
        mean = np.divide(self.sums * grid.spectra.unit, number, out=np.full(len(number), np.nan), where=number > 0)
        histogram = grid.histogram()
        edges = self.bins.edges() * grid.spectra.unit
        edges[-1] = max(edges[-1], histogram.edges[-1])
        counts = self.counts
        if not usable.all():
            counts = np.zeros((len(usable), self.bins.number), dtype=counts.dtype)
            counts[usable] = self.counts
            mean = _spread(mean, usable)
            chosen = None if chosen is None else np.flatnonzero(usable)[chosen]
        others = None if chosen is None else self.other_counts
        return PairStatistics(histogram, edges, counts, mean, usable, chosen, others)


def _spread(values: NDArray[np.float64], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    everywhere = np.full(len(where), np.nan)
    everywhere[where] = values
    return everywhere

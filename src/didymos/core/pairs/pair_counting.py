"""Compiled loops that count a tile of squared distances.

The bins are equal steps of the bits of d^2 as a float32, so no root and no logarithm is taken to find one: with M bits
of the mantissa there are 2^M bins to a doubling of d^2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.compiled import compiled

MANTISSA = 23
"""Bits of the mantissa of a float32."""
TOTAL_BITS = 8
TOTAL_BINS = 255 << TOTAL_BITS
"""The histogram of all pairs has 256 bins to a doubling of d^2, over all that a float32 can be."""
TOTAL_SHIFT = MANTISSA - TOTAL_BITS


def bin_edges(first: int, last: int, bits: int) -> NDArray[np.float64]:
    """Return the edges, in d, of the bins from `first` up to, not including, `last`.

    Parameters
    ----------
    first, last : int
        The bits of d^2 without the lowest 23 - `bits`.
    bits : int
        M, the bits of the mantissa that count.

    Returns
    -------
    array, shape (last - first + 1,)
        In the unit of d.
    """
    pattern = np.arange(first, last + 1, dtype=np.uint32) << (MANTISSA - bits)
    return np.sqrt(pattern.view(np.float32).astype(np.float64))


@compiled(nogil=True)
def count_all(bits: NDArray[np.int32], triangle: bool, total: NDArray[np.int64]) -> None:
    """Add the squared distances of a tile to one histogram.

    Parameters
    ----------
    bits : array of int32, shape (rows, columns)
        The bits of the squared distances as float32.
    triangle : bool
        Whether rows and columns are the same spectra, so that only j > i is a pair.
    total : array of int, shape (TOTAL_BINS,)
    """
    # loops over slices from 0 and unsigned indices: else every step checks for a negative index
    for i in range(bits.shape[0]):
        row = bits[i, i + 1 if triangle else 0 :]
        for j in range(row.shape[0]):
            total[np.uint32(row[j] >> TOTAL_SHIFT)] += 1


@compiled(nogil=True, fastmath={"reassoc"})
def count_each(
    squared: NDArray[np.float32],
    bits: NDArray[np.int32],
    triangle: bool,
    layout: tuple[int, int, int],
    row_counts: NDArray[np.uint16],
    column_counts: NDArray[np.uint16],
    row_sums: NDArray[np.float64],
    column_sums: NDArray[np.float64],
) -> None:
    """Add the squared distances of a tile to the histogram of either spectrum of each pair, and sum up d.

    Parameters
    ----------
    squared : array of float32, shape (rows, columns)
    bits : array of int32, shape (rows, columns)
        The same memory.
    triangle : bool
        Whether rows and columns are the same spectra, so that only j > i is a pair.
    layout : (int, int, int)
        Shift, first bin and number of bins: squared distances beyond go into the first and the last one.
    row_counts, column_counts : array of uint16, shape (TILE, n_bins)
        One histogram for every spectrum, of this tile alone.
    row_sums, column_sums : array of float64, shape (TILE,)
        Sums of the distances of every spectrum, of this tile alone.
    """
    shift, base, last = np.int32(layout[0]), np.int32(layout[1]), np.int32(layout[2] - 1)
    index = np.empty(squared.shape[1], dtype=np.uint32)
    for i in range(squared.shape[0]):
        first = i + 1 if triangle else 0
        row, pattern = squared[i, first:], bits[i, first:]
        own_counts, other_counts, other_sums = row_counts[i], column_counts[first:], column_sums[first:]
        own = 0.0
        for j in range(row.shape[0]):
            distance = np.float64(np.sqrt(row[j]))
            own += distance
            other_sums[j] += distance
        row_sums[i] += own
        for j in range(row.shape[0]):
            index[j] = min(max((pattern[j] >> shift) - base, np.int32(0)), last)
        for j in range(row.shape[0]):
            own_counts[index[j]] += 1
        for j in range(row.shape[0]):  # a loop of its own: twice as fast as together
            other_counts[j, index[j]] += 1


@compiled(nogil=True)
def empty_into(tile: NDArray[np.uint16], counts: NDArray[np.unsignedinteger]) -> None:
    """Add the counts of a tile to the histograms of its spectra and set them back to zero.

    Parameters
    ----------
    tile : array of uint16, shape (n, n_bins)
    counts : array of uint16 or uint32, shape (n, n_bins)
    """
    for i in range(counts.shape[0]):
        for k in range(counts.shape[1]):
            counts[i, k] += tile[i, k]
            tile[i, k] = 0

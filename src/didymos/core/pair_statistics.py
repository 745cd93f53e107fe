"""Distances of all pairs of spectra, as histograms, from one pass over tiles of the Gram product.

The squared distance of two spectra is d_ij^2 = |x_i|^2 + |x_j|^2 - 2 x_i . x_j. Every tile of the product x_i . x_j is
made by BLAS and consumed at once by a compiled loop that only increments a histogram, so memory does not grow with
the number of pairs. The bins are equal steps of the bits of d^2 as a float32 (256 to a doubling of d^2): no root and
no logarithm is taken per pair, and the histogram of any function of d follows from this one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from didymos.core.rescaling import log_rescale

TILE = 512
MANTISSA_BITS = 8
SHIFT = 23 - MANTISSA_BITS
BINS = 255 << MANTISSA_BITS
CANCELLATION = 1e-2
"""Squared distances under this share of the squared lengths are computed again as a difference, in float64."""


@dataclass(frozen=True)
class PairHistogram:
    """How many pairs of spectra lie at each distance.

    Attributes
    ----------
    edges : array, shape (n_bins + 1,)
        Edges of the bins of the distance, ascending, in the units of the spectra.
    counts : array of int, shape (n_bins,)
        Number of pairs i < j in each bin.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def pairs(self) -> int:
        """Number of pairs counted."""
        return int(self.counts.sum())

    def quantile(self, share: float) -> float:
        """Return the distance that this share of the pairs does not exceed (linear within a bin)."""
        cumulative = np.concatenate([[0], np.cumsum(self.counts)])
        return float(np.interp(share * cumulative[-1], cumulative, self.edges))

    def rebin(self, edges: NDArray[np.floating], offset: float | None = None) -> NDArray[np.float64]:
        """Return the number of pairs in other bins, a fine bin's pairs shared out in proportion.

        Parameters
        ----------
        edges : array, shape (n + 1,)
            Ascending edges of d, or of log(d + offset) where an offset is given.
        offset : float, optional
            n of log(d + n), in the units of d.

        Returns
        -------
        array, shape (n,)
        """
        with np.errstate(divide="ignore"):
            fine = self.edges if offset is None else log_rescale(self.edges, offset)
        known = np.isfinite(fine)
        cumulative = np.concatenate([[0], np.cumsum(self.counts)])
        return np.diff(np.interp(edges, fine[known], cumulative[known]))


def pair_histogram(features: NDArray[np.floating]) -> PairHistogram:
    """Count the distances of all pairs of spectra.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Finite spectra, or features whose Euclidean distance is the distance wanted.

    Returns
    -------
    PairHistogram
        Its bins cover the smallest to the largest distance; the first one starts at 0.
    """
    if not np.isfinite(features).all():
        raise ValueError("features with NaN or infinite values have no distance: leave those spectra out")
    # a common scale near 1 keeps the bits of float32 in range whatever the units; a power of two rounds nothing
    centred = features - features.mean(axis=0, dtype=np.float64)
    scale = float(np.abs(centred).max()) if centred.size else 0.0
    scale = float(np.exp2(np.ceil(np.log2(scale)))) if scale > 0 else 1.0
    precise = np.ascontiguousarray(centred / scale, dtype=np.float64)
    data = precise.astype(np.float32)
    squared = np.einsum("ij,ij->i", data, data, dtype=np.float64).astype(np.float32)
    counts = np.zeros((numba.get_num_threads(), BINS), dtype=np.int64)
    for first in range(0, len(data), TILE):
        rows = slice(first, first + TILE)
        for second in range(first, len(data), TILE):
            columns = slice(second, second + TILE)
            product = data[rows] @ data[columns].T
            _count(product, squared[rows], squared[columns], precise[rows], precise[columns], first == second, counts)
    total = counts.sum(axis=0)
    used = np.flatnonzero(total)
    last = int(used[-1]) + 1 if used.size else 1
    start = int(used[used > 0][0]) if (used > 0).any() else 1
    bits = np.arange(start, last + 1, dtype=np.uint32) << SHIFT
    edges = np.sqrt(bits.view(np.float32).astype(np.float64)) * scale
    return PairHistogram(np.concatenate([[0.0], edges]), np.concatenate([[total[0]], total[start:last]]))


@numba.njit(parallel=True, cache=True, fastmath=False)
def _count(
    product: NDArray[np.float32],
    squared_i: NDArray[np.float32],
    squared_j: NDArray[np.float32],
    precise_i: NDArray[np.float64],
    precise_j: NDArray[np.float64],
    diagonal: bool,
    counts: NDArray[np.int64],
) -> None:
    """Add the pairs of one tile to the histogram of the thread that meets them."""
    threads = counts.shape[0]
    for thread in numba.prange(threads):
        own = counts[thread]
        value = np.empty(1, dtype=np.float32)
        bits = value.view(np.uint32)
        for i in range(thread, product.shape[0], threads):
            for j in range(i + 1 if diagonal else 0, product.shape[1]):
                lengths = squared_i[i] + squared_j[j]
                distance = lengths - 2 * product[i, j]
                if distance < CANCELLATION * lengths:
                    exact = 0.0
                    for k in range(precise_i.shape[1]):
                        difference = precise_i[i, k] - precise_j[j, k]
                        exact += difference * difference
                    distance = np.float32(exact)
                value[0] = distance
                own[bits[0] >> SHIFT] += 1

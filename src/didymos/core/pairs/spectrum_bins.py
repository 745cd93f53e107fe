"""The bins in which the distances of single spectra are counted: fine, over the whole range, and not too many."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from didymos.core.numeric.rows import evenly
from didymos.core.pairs.pair_counting import MANTISSA, bin_edges
from didymos.core.pairs.pair_tiles import TILE, PreparedSpectra, squared_distances
from didymos.core.pairs.settings import PairSettings

DEFAULTS = PairSettings()


@dataclass(frozen=True)
class SpectrumBins:
    """Bins of d^2 as equal steps of the bits of a float32.

    Attributes
    ----------
    bits : int
        Bits of the mantissa that count: 2^bits bins to a doubling of d^2.
    first, number : int
        The first bin, in units of its step, and how many there are; distances beyond go into the first and the last.
    """

    bits: int
    first: int
    number: int

    @property
    def shift(self) -> int:
        """Bits that do not count."""
        return MANTISSA - self.bits

    def edges(self) -> NDArray[np.float64]:
        """Return the edges in d, in the unit of the prepared spectra; the first bin begins at 0."""
        edges = bin_edges(self.first, self.first + self.number, self.bits)
        edges[0] = 0.0
        return edges


def choose_bins(spectra: PreparedSpectra, others: int, *, settings: PairSettings = DEFAULTS) -> SpectrumBins:
    """Choose bins that reach from well under the usual distances to the largest possible one.

    Whatever the order of the spectra, the pairs of the same few are used: of those evenly spaced by length.

    Parameters
    ----------
    spectra : PreparedSpectra
    others : int
        How many spectra each is compared with.
    settings : PairSettings

    Returns
    -------
    SpectrumBins
    """
    low, high = _range(spectra, settings.lowest_share)
    lowest = max(math.floor(math.log2(low)) - settings.doublings_below, -126)
    doublings = max(math.floor(math.log2(high)) + 1 - lowest, 1)
    size = 2 if others <= np.iinfo(np.uint16).max else 4
    bits = settings.finest_bits
    while bits > 0:
        number = doublings << bits
        too_large = bits > 2 and len(spectra) * size * number > settings.most_bytes
        if number <= settings.most_bins and not too_large:
            break
        bits -= 1
    return SpectrumBins(bits, (lowest + 127) << bits, doublings << bits)


def _range(spectra: PreparedSpectra, share: float) -> tuple[float, float]:
    """Return a low squared distance and one that no pair exceeds."""
    # |x_i - x_j| is at most twice the largest length
    high = 4.001 * float(spectra.squared.max(initial=0.0))
    if spectra.identical or high <= 0:
        return 1.0, 1.0
    by_length = np.argsort(spectra.squared, kind="stable")
    few = spectra.take(by_length[evenly(len(by_length), TILE)])
    every = slice(0, len(few))
    with threadpool_limits(1, "blas"):  # the same bins for any number of threads
        squared = squared_distances(few, every, few, every, np.empty((TILE, TILE), dtype=np.float32))
    apart = squared[squared > 0]
    return (float(np.quantile(apart, share)) if apart.size else high), high

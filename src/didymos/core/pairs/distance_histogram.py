"""How many pairs of spectra lie at each distance, and at each logarithm of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.rescaling import log_rescale


@dataclass(frozen=True)
class PairHistogram:
    """How many pairs of spectra lie at each distance.

    Attributes
    ----------
    edges : array, shape (n_bins + 1,)
        Edges of the bins of the distance, ascending, in the units of the spectra.
    counts : array of int, shape (n_bins,)
        Number of pairs in each bin. Of a sample: pairs of a reference with any other spectrum, so that a pair of two
        references counts from both sides.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def pairs(self) -> int:
        """Number of pairs counted."""
        return int(self.counts.sum())

    @property
    def centres(self) -> NDArray[np.float64]:
        """Middle of every bin, 0 for the bin that begins there: it holds the pairs of identical spectra."""
        return bin_centres(self.edges)

    def quantile(self, share: float) -> float:
        """Return the distance that this share of the pairs does not exceed (linear within a bin, 0 in the first)."""
        return quantile_of(self.edges, np.concatenate([[0], np.cumsum(self.counts)]), share)

    def moments(self) -> tuple[float, float, float, float]:
        """Return mean, standard deviation, skewness and excess kurtosis of the distance.

        A bin counts as its middle, which is within a thousandth. NaN without a pair, and where all distances are the
        same for the last two.
        """
        if not self.pairs:
            return (np.nan, np.nan, np.nan, np.nan)
        share = self.counts / self.pairs
        mean = float(share @ self.centres)
        if mean == 0:
            return (0.0, 0.0, np.nan, np.nan)
        deviation = self.centres / mean - 1  # powers of the distance itself leave the range of numbers
        second, third, fourth = (float(share @ deviation**power) for power in (2, 3, 4))
        if second <= 1e-6:
            return (mean, mean * float(np.sqrt(second)), np.nan, np.nan)
        return (mean, mean * float(np.sqrt(second)), third / second**1.5, fourth / second**2 - 3)

    def rebin(self, edges: NDArray[np.floating], offset: float | None = None) -> NDArray[np.float64]:
        """Return the number of pairs in other bins, see :func:`rebin`.

        Parameters
        ----------
        edges : array, shape (n + 1,)
            Ascending edges of d, or of log(d + offset) where an offset is given.
        offset : float, optional
            Shift of the logarithm, in the units of d.

        Returns
        -------
        array, shape (n,)
        """
        return rebin(self.edges, self.counts, edges, offset)


def bin_centres(edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle of every bin, 0 for a bin that begins at 0, shape (n_bins,)."""
    return np.where(edges[:-1] > 0, (edges[1:] + edges[:-1]) / 2, 0.0)


def quantile_of(
    edges: NDArray[np.float64], cumulative: NDArray[np.integer] | NDArray[np.floating], share: float
) -> float:
    """Return the distance that this share of the pairs does not exceed.

    Parameters
    ----------
    edges : array, shape (n_bins + 1,)
        Ascending edges of d; what lies in a bin that begins at 0 is at 0.
    cumulative : array, shape (n_bins + 1,)
        Number of pairs below each edge.
    share : float
        0 to 1.

    Returns
    -------
    float
        Linear within a bin.
    """
    wanted = share * cumulative[-1]
    if edges[0] == 0 and cumulative[1] > 0 and wanted <= cumulative[1]:
        return 0.0
    # bins beyond the last pair are empty
    return min(float(np.interp(wanted, cumulative, edges)), float(edges[np.searchsorted(cumulative, cumulative[-1])]))


def rebin(
    fine: NDArray[np.float64],
    counts: NDArray[np.integer] | NDArray[np.floating],
    edges: NDArray[np.floating],
    offset: float | None = None,
) -> NDArray[np.float64]:
    """Return histograms of d over other bins, or of log-distances: a fine bin's pairs are shared out in proportion.

    The pairs of a bin that begins at 0 are all at 0, where identical spectra are.

    Parameters
    ----------
    fine : array, shape (n_bins + 1,)
        Ascending edges of d.
    counts : array, shape (..., n_bins)
        One histogram or many over the same edges.
    edges : array, shape (n + 1,)
        Ascending edges of d, or of log(d + offset) where an offset is given.
    offset : float, optional
        Shift of the logarithm, in the units of d.

    Returns
    -------
    array, shape (..., n)
        What lies beyond the edges is left out.
    """
    with np.errstate(divide="ignore"):
        scale = fine if offset is None else log_rescale(fine, offset)
    # log(0) is not on the axis: the first bin is then left out
    first = 0 if np.isfinite(scale[0]) else 1
    index = np.where(edges > scale[first], np.interp(edges, scale[first:], np.arange(first, len(scale))), first)
    if fine[0] == 0:
        index[(index > 0) & (index < 1)] = 1
    below = np.minimum(index.astype(np.intp), len(scale) - 2)
    cumulative = np.zeros((*counts.shape[:-1], len(scale)))
    np.cumsum(counts, axis=-1, out=cumulative[..., 1:])
    reached = cumulative[..., below] + (index - below) * counts[..., below]
    return np.diff(reached, axis=-1)

"""The distances of every single spectrum to all others, and how sure a sample of them is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.rows import blocks
from didymos.core.pairs.distance_histogram import PairHistogram, bin_centres, quantile_of, rebin

ROWS = 4096


@dataclass(frozen=True)
class PairStatistics:
    """The distances of every spectrum to all others, or to all references.

    Attributes
    ----------
    histogram : PairHistogram
        All pairs; with references, all pairs of a reference and another spectrum.
    edges : array, shape (n_bins + 1,)
        Edges of the bins of the distance for the histograms of single spectra, in the units of the spectra.
    counts : array of uint16 or uint32, shape (n_points, n_bins)
        How many spectra lie at each distance from each spectrum.
    mean_distance : array, shape (n_points,)
        Mean distance of each spectrum from the others; NaN for spectra that were left out.
    usable : array of bool, shape (n_points,)
        False for spectra with NaN or infinite values: they have no distance and their counts are no data.
    references : array of int, shape (n_references,), or None
        The spectra that all others were compared with; None where every pair was taken.
    reference_counts : array of int, shape (n_references, n_bins), or None
        The complete histograms of the references.
    """

    histogram: PairHistogram
    edges: NDArray[np.float64]
    counts: NDArray[np.unsignedinteger]
    mean_distance: NDArray[np.float64]
    usable: NDArray[np.bool_]
    references: NDArray[np.intp] | None = None
    reference_counts: NDArray[np.uint32] | None = None

    @property
    def centres(self) -> NDArray[np.float64]:
        """Middle of every bin of the single spectra, 0 for the one that begins there."""
        return bin_centres(self.edges)

    def log_histogram(self, edges: NDArray[np.floating], offset: float) -> NDArray[np.float32]:
        """Return the histogram of log-distances of every spectrum (the paper, Fig. 4d).

        Parameters
        ----------
        edges : array, shape (n + 1,)
            Ascending edges of log(d + offset).
        offset : float
            Shift of the logarithm, in the units of d.

        Returns
        -------
        array of float32, shape (n_points, n)
            Number of spectra; NaN for spectra that were left out.
        """
        out = np.full((len(self.counts), len(edges) - 1), np.nan, dtype=np.float32)
        for rows in self._rows():
            out[rows] = rebin(self.edges, self.counts[rows], edges, offset)
        out[~self.usable] = np.nan
        return out

    def quantile(self, share: float) -> NDArray[np.float64]:
        """Return the distance that this share of the others does not exceed, for every spectrum, shape (n_points,).

        Linear within a bin, 0 in the first.
        """
        out = np.full(len(self.counts), np.nan)
        for rows in self._rows():
            cumulative = np.zeros((rows.stop - rows.start, len(self.edges)))
            np.cumsum(self.counts[rows], axis=1, out=cumulative[:, 1:])
            for row, each in zip(range(rows.start, rows.stop), cumulative, strict=True):
                out[row] = quantile_of(self.edges, each, share) if each[-1] > 0 else np.nan
        return out

    def mean_of(self, weight: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the average over the others of a function of the distance, for every spectrum.

        Parameters
        ----------
        weight : array, shape (n_bins,)
            The function in every bin.

        Returns
        -------
        array, shape (n_points,)
            NaN for spectra that were left out or have no other.
        """
        return _mean_of(self.counts, weight, self.usable)

    def references_mean_of(self, weight: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the same average for every reference, over all others, shape (n_references,).

        Where every pair was taken all spectra are references.
        """
        if self.reference_counts is None:
            return self.mean_of(weight)
        return _mean_of(self.reference_counts, weight, np.ones(len(self.reference_counts), dtype=bool))

    def standard_error(self, weight: NDArray[np.floating]) -> float:
        """Return the standard error of the average over all pairs of a function of the distance.

        Only the references are random, not their pairs: with h_r the average of reference r over all N - 1 others,
        se = sd(h_r) / sqrt(m) sqrt(1 - m / N), for m references drawn from N spectra without replacement.

        Parameters
        ----------
        weight : array, shape (n_bins,)
            The function in every bin.

        Returns
        -------
        float
            0 where every pair was taken.
        """
        if self.reference_counts is None:
            return 0.0
        means = self.references_mean_of(weight)
        return float(_standard_error(means[:, np.newaxis], int(self.usable.sum()))[0])

    def share(
        self, edges: NDArray[np.floating], offset: float | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the share of all pairs in each bin, and its standard error (0 where every pair was taken).

        Parameters
        ----------
        edges : array, shape (n + 1,)
            Ascending edges of d, or of log(d + offset) where an offset is given.
        offset : float, optional
            Shift of the logarithm, in the units of d.

        Returns
        -------
        (array, array), shape (n,)
        """
        share = self.histogram.rebin(edges, offset) / max(self.histogram.pairs, 1)
        if self.reference_counts is None:
            return share, np.zeros_like(share)
        others = int(self.usable.sum())
        single = np.empty((len(self.reference_counts), len(share)))
        for rows in blocks(len(single), ROWS):
            single[rows] = rebin(self.edges, self.reference_counts[rows], edges, offset) / max(others - 1, 1)
        return share, _standard_error(single, others)

    def _rows(self) -> list[slice]:
        return blocks(len(self.counts), ROWS)


def _mean_of(
    counts: NDArray[np.integer], weight: NDArray[np.floating], usable: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the average of a function of the distance over each histogram."""
    mean = np.full(len(counts), np.nan)
    for rows in blocks(len(counts), ROWS):
        number = counts[rows].sum(axis=1, dtype=np.int64)
        known = usable[rows] & (number > 0)
        mean[rows][known] = np.einsum("ij,j->i", counts[rows][known], weight) / number[known]
    return mean


def _standard_error(values: NDArray[np.float64], population: int) -> NDArray[np.float64]:
    """Return the standard error of the mean of values drawn without replacement, shape (n_references, n) -> (n,)."""
    number = len(values)
    if number < 2:
        return np.full(values.shape[1], np.nan)
    left = max(1 - number / population, 0.0)
    return np.asarray(values.std(axis=0, ddof=1) * np.sqrt(left / number), dtype=np.float64)

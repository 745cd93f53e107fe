"""Every spectrum labelled by its own histogram of log-distances to all others (the paper, Fig. 4d)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from didymos.core.numeric.rescaling import log_rescale
from didymos.core.numeric.rows import blocks
from didymos.core.pairs.distance_histogram import PairHistogram, rebin
from didymos.core.pairs.mixture import TwoGaussians, log_histogram
from didymos.core.pairs.spectrum_distances import PairStatistics

ROWS = 4096
LABELS = (0, 1)
"""Majority and minority."""


def farther_peak(histogram: PairHistogram, fit: TwoGaussians) -> float:
    """Return the log-distance u = log(d + n) of the peak of large distances.

    The peak is the highest point of the part of the histogram that belongs to the component of large distances,
    h(u) p_2(u), smoothed over s_2 / 4. Where spectra pass gradually from the one kind to the other, the peak lies
    beyond the mean m_2. The shift of the logarithm, n, is that of the fit.

    Parameters
    ----------
    histogram : PairHistogram
        All pairs.
    fit : TwoGaussians
        Of their log-distances.

    Returns
    -------
    float
        A log-distance. Source: the paper, Fig. 4c and d.
    """
    edges, counts = log_histogram(histogram, fit.offset)
    u = (edges[1:] + edges[:-1]) / 2
    step = edges[1] - edges[0]
    width = min(fit.sd[1] / (4 * step), len(u))
    smooth = gaussian_filter1d(counts * _belongs(u, fit), width, mode="constant")
    return float(u[smooth.argmax()])


def abundance(statistics: PairStatistics, fit: TwoGaussians) -> NDArray[np.float64]:
    """Return the density of each spectrum's own log-distances at the peak of large distances of all pairs.

    The density is averaged over s_2 around the peak, at least three bins of the single spectra, so that the answer
    does not depend on a few pairs. Spectra of the majority have few others there, those of a sparse minority nearly
    all.

    Parameters
    ----------
    statistics : PairStatistics
    fit : TwoGaussians
        Of the log-distances of all pairs.

    Returns
    -------
    array, shape (n_points,)
        Per unit of the log-distance, NaN for spectra that were left out. Source: the paper, Fig. 4d.
    """
    peak = farther_peak(statistics.histogram, fit)
    # du = dd / (d + n), with the widest bin of all: the answer may not depend on where in the bins the peak lies
    relative = float((statistics.edges[2:] / statistics.edges[1:-1]).max(initial=1.0)) - 1
    narrowest = 3 * relative * max(1 - fit.offset * float(np.exp(-peak)), 0.0)
    window = peak + max(fit.sd[1], narrowest) * np.array([-0.5, 0.5])
    every_bin = np.eye(len(statistics.edges) - 1)
    inside = rebin(statistics.edges, every_bin, window, fit.offset)[:, 0]
    return statistics.mean_of(inside / (window[1] - window[0]))


def farther_share(statistics: PairStatistics, fit: TwoGaussians) -> NDArray[np.float64]:
    """Return the share of each spectrum's pairs that belong to the component of large distances.

    The share is the average over the pairs of p_2(u) = w_2 N(u; m_2, s_2) / p(u), made to rise with the distance:
    nearer than m_1 no pair belongs to the component of large distances, whichever of the two is wider.

    Parameters
    ----------
    statistics : PairStatistics
    fit : TwoGaussians
        Of the log-distances u of all pairs.

    Returns
    -------
    array, shape (n_points,)
        0 to 1, NaN for spectra that were left out.
    """
    centres = statistics.centres
    positive = np.maximum(centres, np.finfo(float).tiny) if fit.offset == 0 else centres
    return statistics.mean_of(_belongs(log_rescale(positive, fit.offset), fit))


def _belongs(u: NDArray[np.float64], fit: TwoGaussians) -> NDArray[np.float64]:
    """Return the probability that a pair at each of ascending u belongs to the component of large distances."""
    near, far = fit.density(u)
    total = near + far
    belongs = np.divide(far, total, out=(u > fit.mean[1]).astype(np.float64), where=total > 0)
    belongs[u < fit.mean[0]] = 0
    return np.maximum.accumulate(belongs)


def label(share: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return 1 (minority) for spectra most of whose pairs are in the component of large distances, else 0; -1 for NaN.

    Where that would be more than half of the spectra none is a minority, and all that are known have 0. The labels are
    formal: the labels do not say whether there are two populations at all.
    """
    minority = share > 0.5
    if 2 * minority.sum() > np.isfinite(share).sum():
        minority = np.zeros_like(minority)
    return np.where(np.isnan(share), -1, minority).astype(np.int8)


def typical_histograms(
    statistics: PairStatistics, labels: NDArray[np.int8], edges: NDArray[np.floating], offset: float
) -> NDArray[np.float64]:
    """Return the average density of the log-distances of single spectra of the majority and of the minority.

    Parameters
    ----------
    statistics : PairStatistics
    labels : array of int, shape (n_points,)
        Of :func:`label`.
    edges : array, shape (n + 1,)
        Ascending edges of log(d + offset).
    offset : float
        Shift of the logarithm, in the units of d.

    Returns
    -------
    array, shape (2, n)
        Majority and minority; NaN where nothing has that label. Source: the paper, inset of Fig. 4d.
    """
    counts = np.zeros((len(LABELS), len(statistics.edges) - 1), dtype=np.int64)
    for rows in blocks(len(labels), ROWS):
        for total, each in zip(counts, LABELS, strict=True):
            total += statistics.counts[rows].sum(axis=0, dtype=np.int64, where=labels[rows, np.newaxis] == each)
    number = counts.sum(axis=1, keepdims=True)
    share = np.divide(
        rebin(statistics.edges, counts, edges, offset),
        number,
        where=number > 0,
        out=np.full((2, len(edges) - 1), np.nan),
    )
    return np.asarray(share / np.diff(edges), dtype=np.float64)

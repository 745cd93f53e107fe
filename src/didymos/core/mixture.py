"""Two Gaussians fitted to a histogram of log-distances, and the threshold where they cross."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.pair_statistics import PairHistogram
from didymos.core.rescaling import log_rescale

LOG_BINS = 256
ITERATIONS = 2000


@dataclass(frozen=True)
class TwoGaussians:
    """Mixture of two Gaussians in u = log(d + n), the one with the smaller mean first.

    Attributes
    ----------
    weight, mean, sd : array, shape (2,)
        Share, mean and standard deviation of each, in u.
    offset : float
        n, in the units of d.
    log_likelihood_gain : float
        Mean log-likelihood per pair over that of a single Gaussian.
    """

    weight: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    offset: float
    log_likelihood_gain: float

    def density(self, u: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the density of both components at u, shape (2, n)."""
        return self.weight[:, np.newaxis] * _normal(u, self.mean, self.sd)

    @property
    def separation(self) -> float:
        """Ashman's D, sqrt(2) |m1 - m2| / sqrt(s1^2 + s2^2): over 2 the two are cleanly apart."""
        return float(np.sqrt(2) * abs(self.mean[1] - self.mean[0]) / np.hypot(*self.sd))

    @property
    def crossing(self) -> float:
        """Distance at which a pair is as likely of either component, exp(u) - n, in the units of d."""
        u = np.linspace(self.mean[0], self.mean[1], 4001)
        near, far = self.density(u)
        # where one covers the other between the means there is no crossing: the point of equal standard scores
        over = np.flatnonzero(far >= near)
        meets = over.size > 0 and over[0] > 0
        equal = self.mean[0] + (self.mean[1] - self.mean[0]) * self.sd[0] / self.sd.sum()
        return float(np.exp(u[over[0]] if meets else equal) - self.offset)


def log_histogram(
    histogram: PairHistogram, offset: float, bins: int = LOG_BINS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the edges, shape (bins + 1,), and counts, shape (bins,), of the histogram of log(d + offset).

    The range ends at the largest distance; the lowest hundred-thousandth of the pairs falls into the first bin.
    """
    lowest = histogram.quantile(1e-5) if offset > 0 else _smallest_positive(histogram)
    low, high = log_rescale(np.array([lowest, histogram.edges[-1]]), offset)
    edges = np.linspace(low, max(high, low + 1e-9), bins + 1)
    counts = histogram.rebin(edges, offset)
    counts[0] += max(histogram.pairs - counts.sum(), 0.0)
    return edges, counts


def fit_two_gaussians(histogram: PairHistogram, offset: float) -> TwoGaussians:
    """Fit two Gaussians to log(d + n) by expectation maximisation on the histogram.

    Parameters
    ----------
    histogram : PairHistogram
        At least one pair.
    offset : float
        n, in the units of d.

    Returns
    -------
    TwoGaussians
        The best of several starts.
    """
    edges, counts = log_histogram(histogram, offset)
    u = (edges[1:] + edges[:-1]) / 2
    share = counts / counts.sum()
    floor = (edges[1] - edges[0]) / 2
    mean = float(share @ u)
    sd = max(float(np.sqrt(share @ (u - mean) ** 2)), floor)
    single = float(share @ np.log(_normal(u, np.array([mean]), np.array([sd]))[0] + 1e-300))
    cumulative = np.cumsum(share)
    best: tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None = None
    for split in (0.5, 0.75, 0.9, 0.97):
        fitted = _maximise(u, share, float(np.interp(split, cumulative, u)), floor)
        if best is None or fitted[0] > best[0] + 1e-9:
            best = fitted
    assert best is not None
    likelihood, weight, means, sds = best
    order = np.argsort(means)
    return TwoGaussians(weight[order], means[order], sds[order], offset, likelihood - single)


def choose_offset(histogram: PairHistogram) -> float:
    """Return n of log(d + n) of the :func:`best_fit`."""
    return best_fit(histogram).offset


def best_fit(histogram: PairHistogram) -> TwoGaussians:
    """Fit two Gaussians to log(d + n) with the n that parts them best.

    The best is the largest Ashman's D times the root of the smaller weight.

    Parameters
    ----------
    histogram : PairHistogram

    Returns
    -------
    TwoGaussians
        Its offset is one of several multiples of the median distance, so that it scales with the data.
    """
    median = histogram.quantile(0.5)
    if median <= 0:
        return fit_two_gaussians(histogram, float(histogram.edges[-1]))
    offsets = [median * multiple for multiple in (0.03, 0.1, 0.3, 1.0, 3.0)]
    fits = [fit_two_gaussians(histogram, offset) for offset in offsets]
    return max(fits, key=lambda fit: fit.separation * np.sqrt(fit.weight.min()))


def _maximise(
    u: NDArray[np.float64], share: NDArray[np.float64], split: float, floor: float
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    responsible = np.stack([(u <= split).astype(float), (u > split).astype(float)])
    likelihood = -np.inf
    for _ in range(ITERATIONS):
        weighted = responsible * share
        weight = np.maximum(weighted.sum(axis=1), 1e-12)
        mean = (weighted @ u) / weight
        sd = np.sqrt(np.maximum((weighted * (u - mean[:, np.newaxis]) ** 2).sum(axis=1) / weight, floor**2))
        density = weight[:, np.newaxis] * _normal(u, mean, sd) + 1e-300
        total = density.sum(axis=0)
        responsible = density / total
        updated = float(share @ np.log(total))
        if updated - likelihood < 1e-10:
            break
        likelihood = updated
    return updated, weight / weight.sum(), mean, sd


def _normal(u: NDArray[np.floating], mean: NDArray[np.float64], sd: NDArray[np.float64]) -> NDArray[np.float64]:
    score = (u - mean[:, np.newaxis]) / sd[:, np.newaxis]
    return np.asarray(np.exp(-0.5 * score**2) / (sd[:, np.newaxis] * np.sqrt(2 * np.pi)), dtype=np.float64)


def _smallest_positive(histogram: PairHistogram) -> float:
    return float(histogram.edges[1]) if len(histogram.edges) > 1 else 1.0

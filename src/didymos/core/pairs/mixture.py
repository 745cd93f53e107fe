"""Two Gaussians fitted to a histogram of log-distances log(d + n), and the threshold where they cross.

The shift of the logarithm, n, is called `offset` and has the units of the distance d.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from didymos.core.numeric.expectation_maximisation import LOG_ROOT_TWO_PI, climb, start
from didymos.core.numeric.rescaling import log_rescale
from didymos.core.pairs.distance_histogram import PairHistogram
from didymos.core.pairs.settings import MixtureSettings
from didymos.core.pairs.spectrum_distances import PairStatistics

Floats = NDArray[np.float64]
DEFAULTS = MixtureSettings()


@dataclass(frozen=True)
class TwoGaussians:
    """Mixture of two Gaussians in u = log(d + n), the one with the smaller mean first, and the single Gaussian.

    Attributes
    ----------
    weight, mean, sd : array, shape (2,)
        Share, mean and standard deviation of each, in u.
    offset : float
        Shift of the logarithm, n, in the units of d.
    log_likelihood_gain : float
        Mean log-likelihood per pair over that of a single Gaussian.
    single_mean, single_sd : float
        Mean and standard deviation of the single Gaussian, in u.
    """

    weight: Floats
    mean: Floats
    sd: Floats
    offset: float
    log_likelihood_gain: float
    single_mean: float
    single_sd: float

    def density(self, u: NDArray[np.floating]) -> Floats:
        """Return the density of both components at u, shape (2, n)."""
        return self.weight[:, np.newaxis] * np.exp(_log_normal(u, self.mean, self.sd))

    def log_ratio(self, distance: NDArray[np.floating]) -> Floats:
        """Return log f2(u) - log f1(u) at u = log(d + n): both Gaussians against the single one, shape (n,)."""
        u = log_rescale(distance, self.offset)
        near, far = _log_normal(u, self.mean, self.sd) + np.log(self.weight)[:, np.newaxis]
        (single,) = _log_normal(u, np.array([self.single_mean]), np.array([self.single_sd]))
        return np.asarray(np.logaddexp(near, far) - single, dtype=np.float64)

    @property
    def log_likelihood(self) -> float:
        """Mean log-likelihood of the distances themselves, <log p(u) - u>: p(u) du/dd is the density of d."""
        # that of the single Gaussian, whose mean is the mean of u, and the gain over it
        return self.log_likelihood_gain - float(np.log(self.single_sd)) - LOG_ROOT_TWO_PI - 0.5 - self.single_mean

    @property
    def separation(self) -> float:
        """Ashman's D, sqrt(2) |m1 - m2| / sqrt(s1^2 + s2^2): over 2 the two are cleanly apart."""
        return float(np.sqrt(2) * abs(self.mean[1] - self.mean[0]) / np.hypot(*self.sd))

    @property
    def crossing(self) -> float:
        """Distance at which a pair is as likely of either component, exp(u) - n, in the units of d.

        The logarithms of the two weighted densities differ by a quadratic in u, which has at most one root between
        the means. Where one covers the other there is none, and the point of equal standard scores is taken.
        """
        gap = self.mean[1] - self.mean[0]
        near, far = (gap / self.sd) ** 2 / 2
        ahead = float(np.diff(np.log(self.sd) - np.log(self.weight))[0])
        # log near - log far = curve t^2 + slope t + start, with t from 0 to 1 between the means
        curve, slope, start = far - near, -2 * far, far + ahead
        if start > 0 and curve + slope + start <= 0:
            t = 2 * start / (-slope + np.sqrt(slope**2 - 4 * curve * start))
        else:
            t = self.sd[0] / self.sd.sum()
        return float(np.exp(self.mean[0] + gap * t) - self.offset)


def log_histogram(
    histogram: PairHistogram, offset: float, *, settings: MixtureSettings = DEFAULTS
) -> tuple[Floats, Floats]:
    """Return the edges, shape (bins + 1,), and counts, shape (bins,), of the histogram of log(d + offset).

    The range ends at the largest distance; the lowest hundred-thousandth of the pairs falls into the first bin.
    """
    lowest = histogram.quantile(1e-5) if offset > 0 else histogram.edges[1]
    low, high = log_rescale(np.array([lowest, histogram.edges[-1]]), offset)
    edges = np.linspace(low, max(high, low + 1e-9), settings.bins + 1)
    counts = histogram.rebin(edges, offset)
    counts[0] += max(histogram.pairs - counts.sum(), 0.0)
    return edges, counts


def fit_two_gaussians(histogram: PairHistogram, offset: float, *, settings: MixtureSettings = DEFAULTS) -> TwoGaussians:
    """Fit two Gaussians to log-distances by expectation maximisation on the histogram.

    Parameters
    ----------
    histogram : PairHistogram
        At least one pair.
    offset : float
        Shift of the logarithm, in the units of d.
    settings : MixtureSettings

    Returns
    -------
    TwoGaussians
        The best of several starts.

    Raises
    ------
    ValueError
        Where there is no pair.

    Notes
    -----
    The steps are extrapolated (SQUAREM: Varadhan and Roland, Scand. J. Stat. 35, 335 (2008)), and an extrapolation
    that lowers the likelihood is undone. No component is narrower than half a bin.
    """
    if not histogram.pairs:
        raise ValueError("there is no pair to fit: two spectra without gaps are the least")
    edges, counts = log_histogram(histogram, offset, settings=settings)
    u = (edges[1:] + edges[:-1]) / 2
    share, floor = counts / counts.sum(), (edges[1] - edges[0]) / 2
    mean = float(share @ u)
    variance = float(share @ (u - mean) ** 2)
    sd = max(float(np.sqrt(variance)), floor)
    single = -np.log(sd) - LOG_ROOT_TWO_PI - variance / (2 * sd**2)
    # from the mean, so that the sums of squares lose no digits
    centred, share = (u - mean)[share > 0], share[share > 0]
    theta, highest = np.full((5, 5), np.inf), -np.inf
    for split in np.interp(settings.splits, np.cumsum(share), centred):
        theta[0] = start(centred, share, float(split), floor)
        likelihood = climb(centred, share, theta, floor, settings.tolerance, settings.cycles, settings.basin)
        if likelihood > highest + 1e-9:
            theta[4], highest = theta[0], likelihood
    weight = expit(theta[4, 0] * np.array([-1.0, 1.0]))
    means, sds = mean + theta[4, 1:3], np.maximum(np.exp(theta[4, 3:]), floor)
    order = np.argsort(means, kind="stable")
    return TwoGaussians(weight[order], means[order], sds[order], offset, float(highest - single), mean, sd)


def best_fit(histogram: PairHistogram, *, settings: MixtureSettings = DEFAULTS) -> TwoGaussians:
    """Fit two Gaussians to log-distances with the shift of the logarithm under which the distances are most likely.

    The likelihood is that of the distances, L(n) = <log p(u) - u> with u = log(d + n): those of different shifts n can
    be compared, and the largest belongs to the n that makes the two populations of pairs most nearly Gaussian.

    Parameters
    ----------
    histogram : PairHistogram
    settings : MixtureSettings

    Returns
    -------
    TwoGaussians
        Its offset is one of several multiples of the median distance, so that it scales with the data.

    Notes
    -----
    Choosing a transformation by likelihood: Box and Cox, J. R. Stat. Soc. B 26, 211 (1964).
    """
    return max(fits_of_offsets(histogram, settings=settings), key=lambda fit: fit.log_likelihood)


def fits_of_offsets(histogram: PairHistogram, *, settings: MixtureSettings = DEFAULTS) -> list[TwoGaussians]:
    """Fit two Gaussians to log-distances for each shift of the logarithm, multiples of the median distance.

    Parameters
    ----------
    histogram : PairHistogram
    settings : MixtureSettings

    Returns
    -------
    list of TwoGaussians
        A single one where half of the distances are zero.
    """
    median = histogram.quantile(0.5)
    offsets = [median * each for each in settings.multiples] if median > 0 else [float(histogram.edges[-1])]
    return [fit_two_gaussians(histogram, offset, settings=settings) for offset in offsets]


def gain_of_spectra(statistics: PairStatistics, fit: TwoGaussians) -> Floats:
    """Return how much better two Gaussians fit the distances of each spectrum than one, h_i = <log f2 - log f1>_j.

    Parameters
    ----------
    statistics : PairStatistics
    fit : TwoGaussians
        Both models, fitted to all pairs.

    Returns
    -------
    array, shape (n_points,)
        Per pair, NaN for spectra that were left out. With as many pairs for each, their mean is the gain of the fit.
    """
    return statistics.mean_of(_ratio(statistics, fit))


def gain_standard_error(statistics: PairStatistics, fit: TwoGaussians) -> float:
    """Return the standard error of the gain of the fit, sd(h) sqrt(1 / m + 3 / N); infinite for fewer than two spectra.

    Pairs that share a spectrum are not independent: this is the error of Hajek's projection on single spectra
    (Hoeffding, Ann. Math. Stat. 19, 293 (1948)), with the mean gains h of the m references among N spectra. Where every
    pair was taken, m = N, it is 2 sd(h) / sqrt(N).

    Parameters
    ----------
    statistics : PairStatistics
    fit : TwoGaussians

    Returns
    -------
    float
        Per pair.
    """
    gains = statistics.references_mean_of(_ratio(statistics, fit))
    known = gains[np.isfinite(gains)]
    if len(known) < 2:
        return np.inf
    return float(np.std(known, ddof=1) * np.sqrt(1 / len(known) + 3 / statistics.usable.sum()))


def _ratio(statistics: PairStatistics, fit: TwoGaussians) -> Floats:
    # without an offset the bin that begins at 0 has no logarithm there
    return fit.log_ratio(np.maximum(statistics.centres, 0 if fit.offset > 0 else statistics.edges[1] / 2))


def _log_normal(u: NDArray[np.floating], mean: Floats, sd: Floats) -> Floats:
    score = (u - mean[:, np.newaxis]) / sd[:, np.newaxis]
    return np.asarray(-0.5 * score**2 - np.log(sd[:, np.newaxis]) - LOG_ROOT_TWO_PI, dtype=np.float64)

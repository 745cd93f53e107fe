"""Numbers that steer the statistics of all pairs of spectra, and the models fitted to their distances."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PairSettings:
    """Numbers that steer which pairs are counted, and in which bins.

    Attributes
    ----------
    all_pairs_up_to : int
        Beyond this many spectra, references are drawn.
    sampled_pairs : int
        About how many pairs the references take part in.
    fewest_references : int
        References at least.
    finest_bits : int
        Bits of the mantissa of d^2 that count at most: 32 bins to a doubling of d^2 are 0.8 to 1.6 % of d wide.
    most_bins : int
        Bins of the histogram of one spectrum at most.
    most_bytes : int
        All histograms together; with a hundred thousand spectra the bins become wider instead.
    lowest_share : float
        Share of the pairs that do not exceed a low distance.
    doublings_below : int
        Doublings of d^2 below the distance that `lowest_share` of the pairs do not exceed.
    """

    all_pairs_up_to: int = 100_000
    sampled_pairs: int = 100_000**2 // 2
    fewest_references: int = 1000
    finest_bits: int = 5
    most_bins: int = 1024
    most_bytes: int = 2**26
    lowest_share: float = 1e-3
    doublings_below: int = 4


@dataclass(frozen=True)
class MixtureSettings:
    """Numbers that steer the fit of two Gaussians to log-distances.

    Attributes
    ----------
    bins : int
        Of the histogram of log-distances.
    splits : tuple of float
        Shares of the pairs that the component of small distances holds when a fit starts.
    multiples : tuple of float
        Shifts of the logarithm, n, that are tried, over the median distance.
    tolerance : float
        A fit ends where three steps raise the mean log-likelihood by less.
    cycles : int
        Cycles of three steps of one fit at most.
    basin : float
        A fit ends where all its parameters are this near to a maximum found before.
    """

    bins: int = 256
    splits: tuple[float, ...] = (0.5, 0.75, 0.9, 0.97)
    multiples: tuple[float, ...] = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
    tolerance: float = 1e-10
    cycles: int = 700
    basin: float = 0.01


@dataclass(frozen=True)
class OnePopulationSettings:
    """Numbers that steer the comparison with one population.

    Attributes
    ----------
    most_spectra : int
        Of more spectra a random sample of this size is used, and as many are drawn.
    fewest_spectra : int
        Fewer spectra cannot be compared.
    flat_under : float
        p-value under which the flat population is drawn as well: the flat population can only raise the p-value.
    enough : int
        Replicates that reach the gain of the data: then there is no evidence, and more draws would not change that.
    stragglers : int
        The most distant spectra, left out everywhere: a population has more members.
    tails : tuple of float
        Degrees of freedom of the t distributions that are tried, from the lightest tails that one population is
        granted.
    unknown_tails : float
        Degrees of freedom where they cannot be read from the data.
    bulk : tuple of float
        Quantiles of the squared radii that give the length of the tails; what lies beyond could be another population.
    decays : tuple of float
        By how much narrower, in the logarithm, each principal axis may be than the axis before, beyond its variance.
    near : tuple of float
        Quantiles of the distances that give the number of directions to go: those between populations lie beyond.
    caution : float
        Standard deviations by which tails and decay are taken on the long side of what they seem to be.
    all_equal : float
        Ratio of the smallest to the largest distance from which all fall into a bin or two of their histogram.
    trials : int
        Draws that give a quantile of one population.
    rounds : int
        Of the iteration for the scatter.
    mixture : MixtureSettings
        Of the fits: enough bins for the gain, and four times as fast.
    """

    most_spectra: int = 1000
    fewest_spectra: int = 10
    flat_under: float = 0.1
    enough: int = 10
    stragglers: int = 2
    tails: tuple[float, ...] = (15.0, 10.0, 7.0, 5.0, 4.0, 3.0, 2.5, 2.0)
    unknown_tails: float = 5.0
    bulk: tuple[float, float] = (0.25, 0.8)
    decays: tuple[float, ...] = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5.0)
    near: tuple[float, float] = (0.03, 0.35)
    caution: float = 1.5
    all_equal: float = 0.995
    trials: int = 12
    rounds: int = 10
    mixture: MixtureSettings = field(default_factory=lambda: MixtureSettings(bins=64, tolerance=1e-6))

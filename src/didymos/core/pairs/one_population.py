"""Whether two Gaussians fit the log-distances better than those of one population, whose pairs are not independent."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from didymos.core.pairs.mixture import fits_of_offsets
from didymos.core.pairs.pair_statistics import pair_histogram
from didymos.core.pairs.settings import MixtureSettings, OnePopulationSettings

DEFAULTS = OnePopulationSettings()


@dataclass(frozen=True)
class OnePopulationTest:
    """Two Gaussians against one, compared with what one population would give.

    Attributes
    ----------
    gain : float
        Mean log-likelihood per pair of two Gaussians over that of one, of the spectra that were used.
    p_value : float
        Probability of as large a gain from one population with long tails; 1 where nothing can be said.
    replicate_gains : array, shape (n_drawn,)
        The same gain of spectra drawn from one population; empty where nothing can be said.
    spectra : int
        Number of spectra used: the finite ones, or a random sample of them, without the stragglers.
    widths : array, shape (rank,)
        Widths of the population that was drawn along its principal axes, in the units of the features up to a
        common factor.
    degrees_of_freedom : float
        Of its t distribution; NaN where nothing was drawn.
    """

    gain: float
    p_value: float
    replicate_gains: NDArray[np.float64]
    spectra: int
    widths: NDArray[np.float64]
    degrees_of_freedom: float


def compare_with_one_population(
    features: NDArray[np.floating],
    *,
    replicates: int = 99,
    seed: int,
    progress: Callable[[float], None] | None = None,
    settings: OnePopulationSettings = DEFAULTS,
) -> OnePopulationTest:
    """Test whether the log-distances are parted more than those of one population with long tails.

    One population, a multivariate t distribution, is fitted to the spectra. As many spectra are drawn from the
    population again and again. All their pairs are counted and fitted like those of the data, with the choice of the
    shift of the logarithm. With g the gain,

    p = (1 + #{g_replicate >= g_data}) / (replicates + 1)

    or, once ten of them reach the data, ten over the number drawn so far. Where p is small the same is done with a flat
    population, uniform along its axes, and the larger p counts. Spectra are drawn, not pairs, so it does not
    matter that the pairs of N spectra are not independent.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Features whose Euclidean distance is the distance of the spectra; those with NaN or infinite values are left
        out.
    replicates : int
        Most draws; the smallest possible p-value is 1 / (replicates + 1).
    seed : int
        Seed of the sample and of the draws.
    progress : callable, optional
        Called with the share that is done.
    settings : OnePopulationSettings

    Returns
    -------
    OnePopulationTest
        With p-value 1 for fewer spectra than `OnePopulationSettings.fewest_spectra`, and where all their distances are
        equal.

    Raises
    ------
    ValueError
        Where features are not a matrix, or fewer than one replicate or than the fewest spectra are asked for.

    Notes
    -----
    The population has three properties, each read from what a rare second population does not reach. The shape of
    its scatter is Tyler's (Ann. Stat. 15, 234 (1987)), which long tails do not inflate. Its degrees of freedom come
    from the bulk of the radii, and are never over the first of `OnePopulationSettings.tails`. Its smaller axes are
    shortened until the nearest third of its distances spreads as that of the data does: a surface that moves along a
    curve fills fewer dimensions than its covariance says. Both are taken with caution
    (`OnePopulationSettings.caution`), so that for a normal population of any covariance the test is conservative. The
    two most distant spectra are left out of data and draws alike.

    The gain is that of the shift under which the two Gaussians are farthest apart, whatever shift was chosen for the
    data. The test is too liberal where one population has a gap or two humps by nature, where it is skewed along a
    single line, and on a smooth surface with little noise: of ten features that are plane waves over 10 x 10 points
    with a noise of a fifth, nearly half are called two, since such spectra lie on a bent sheet and, neighbours being
    alike, are fewer than they seem. The test knows no positions; :mod:`didymos.core.evidence.population` is the test
    that compares with the neighbourhood. The test is blind to populations that long tails could explain, and to fewer
    than three spectra among those used. Drawing until enough replicates reach the data is the sequential test of Besag
    and Clifford (Biometrika 78, 301 (1991)).
    """
    if features.ndim != 2 or replicates < 1 or settings.most_spectra < settings.fewest_spectra:
        raise ValueError(f"a matrix of features, a replicate and {settings.fewest_spectra} spectra are the least")
    rng = np.random.default_rng(seed)
    known = np.asarray(features[np.isfinite(features).all(axis=1)], dtype=np.float64)
    if len(known) > settings.most_spectra:
        known = known[rng.choice(len(known), settings.most_spectra, replace=False)]
    nothing = OnePopulationTest(0.0, 1.0, np.empty(0), len(known), np.empty(0), np.nan)
    if len(known) < settings.fewest_spectra or features.shape[1] == 0:
        return nothing
    used = _without_stragglers(known, settings.stragglers)
    distances = pdist(used)
    if distances.min() >= settings.all_equal * distances.max():
        return nothing
    scores, widths = _principal(used)
    shape, freedom = _shape_and_tails(scores, rng, settings)
    variance = np.linalg.eigvalsh(shape * np.outer(widths, widths))[::-1]
    # distances do not depend on the directions of the axes
    widths = _thinned(used, np.sqrt(np.maximum(variance, 0.0)), freedom, rng, settings)
    gain = _gain(used, settings.mixture)
    size = (len(known), len(widths))
    report = progress or (lambda _share: None)
    p_value, gains = _share_reaching(
        gain, lambda: _student(rng, *size, freedom) * widths, replicates, lambda share: report(share / 2), settings
    )
    if p_value < settings.flat_under:
        flat, others = _share_reaching(
            gain,
            lambda: rng.uniform(-1, 1, size) * widths,
            replicates,
            lambda share: report(0.5 + share / 2),
            settings,
        )
        p_value, gains = max(p_value, flat), gains + others
    return OnePopulationTest(gain, p_value, np.array(gains), len(used), widths, freedom)


def _share_reaching(
    gain: float,
    draw: Callable[[], NDArray[np.float64]],
    replicates: int,
    report: Callable[[float], None],
    settings: OnePopulationSettings,
) -> tuple[float, list[float]]:
    """Return the p-value of a gain among draws from one population, and their gains."""
    gains: list[float] = []
    reached = 0
    while len(gains) < replicates and reached < settings.enough:
        gains.append(_gain(_without_stragglers(draw(), settings.stragglers), settings.mixture))
        reached += gains[-1] >= gain
        report(len(gains) / replicates)
    return (reached / len(gains) if reached == settings.enough else (1 + reached) / (replicates + 1)), gains


def _gain(features: NDArray[np.float64], settings: MixtureSettings) -> float:
    """Return the gain with the shift that parts the Gaussians best: Ashman's D times the root of the lesser weight.

    That of the most likely shift would also be large for distances that are skewed, and not parted.
    """
    fits = fits_of_offsets(pair_histogram(features), settings=settings)
    return max(fits, key=lambda fit: fit.separation * np.sqrt(fit.weight.min())).log_likelihood_gain


def _without_stragglers(features: NDArray[np.float64], stragglers: int) -> NDArray[np.float64]:
    for _ in range(stragglers):
        # one after the other: the farthest one may have shifted the mean
        squared = ((features - features.mean(axis=0)) ** 2).sum(axis=1)
        features = np.delete(features, int(squared.argmax()), axis=0)
    return features


def _principal(features: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return scores of variance 1, shape (n_points, rank), and the standard deviation of each, shape (rank,)."""
    left, singular, _ = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    # what is left of a constant is rounding
    rank = int((singular > 1e-9 * singular[0]).sum())
    root = np.sqrt(len(features))
    return left[:, :rank] * root, singular[:rank] / root


def _student(rng: np.random.Generator, count: int, features: int, freedom: float) -> NDArray[np.float64]:
    """Draw from the multivariate t distribution of unit shape, shape (count, features)."""
    chi = rng.chisquare(freedom, size=(count, 1))
    return np.asarray(rng.normal(size=(count, features)) * np.sqrt(freedom / chi), dtype=np.float64)


def _cautious(
    observed: float,
    candidates: tuple[float, ...],
    statistic: Callable[[float], float],
    settings: OnePopulationSettings,
) -> float:
    """Return the first of ascending candidates whose random statistic is clearly no less than the observed one."""

    def enough(candidate: float) -> bool:
        drawn = [statistic(candidate) for _ in range(settings.trials)]
        return bool(observed <= np.mean(drawn) - settings.caution * np.std(drawn))

    return candidates[min(bisect_left(candidates, True, key=enough), len(candidates) - 1)]


def _shape_and_tails(
    scores: NDArray[np.float64], rng: np.random.Generator, settings: OnePopulationSettings
) -> tuple[NDArray[np.float64], float]:
    """Return the shape of the scatter, shape (rank, rank), and the degrees of freedom of the tails.

    The radii are compared with those of draws whose scatter is found in the same way: few spectra in many dimensions
    do not have the radii of many. Where there are too few, the covariance and tails in the middle are returned.
    """
    count, rank = scores.shape
    # the lower quartile of too few spectra, or where many coincide, says nothing
    squared = _radii(scores - np.median(scores, axis=0), np.eye(rank))
    if count < 2 * rank + 5 or np.quantile(squared, settings.bulk[0]) <= 1e-9 * squared.mean():
        return np.eye(rank), settings.unknown_tails
    shape, tail = _scatter(scores, settings)

    def tail_of(freedom: float) -> float:
        return _scatter(_student(rng, count, rank, freedom), settings)[1]

    return shape, _cautious(tail, settings.tails, tail_of, settings)


def _radii(scores: NDArray[np.float64], shape: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.einsum("ij,ij->i", scores @ np.linalg.inv(shape), scores), dtype=np.float64)


def _scatter(scores: NDArray[np.float64], settings: OnePopulationSettings) -> tuple[NDArray[np.float64], float]:
    """Return Tyler's shape, and the logarithm of the ratio of two quantiles of the squared radii."""
    centred = scores - np.median(scores, axis=0)
    rank = scores.shape[1]
    shape = np.eye(rank)
    for _ in range(settings.rounds):
        squared = _radii(centred, shape)
        # a spectrum in the very centre has no direction
        weighted = centred / np.maximum(squared, 1e-9 * np.median(squared))[:, np.newaxis]
        shape = weighted.T @ centred
        shape *= rank / np.trace(shape)
    low, high = np.quantile(_radii(centred, shape), settings.bulk)
    return shape, float(np.log(high / low))


def _thinned(
    features: NDArray[np.float64],
    widths: NDArray[np.float64],
    freedom: float,
    rng: np.random.Generator,
    settings: OnePopulationSettings,
) -> NDArray[np.float64]:
    """Return the widths with the smaller ones shortened until near distances spread like those of the features."""
    order = np.arange(len(widths))

    def near(decay: float) -> float:
        drawn = _student(rng, len(features), len(widths), freedom) * widths * np.exp(-decay * order)
        return _near(drawn, settings.near)

    decay = _cautious(_near(features, settings.near), settings.decays, near, settings)
    return np.asarray(widths * np.exp(-decay * order), dtype=np.float64)


def _near(features: NDArray[np.float64], quantiles: tuple[float, float]) -> float:
    """Return the logarithm of the ratio of two quantiles of the distances, 0 where many spectra coincide."""
    low, high = np.quantile(pdist(features), quantiles)
    return float(np.log(high / low)) if low > 0 else 0.0

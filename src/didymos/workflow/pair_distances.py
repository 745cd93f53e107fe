"""The distances of all pairs of spectra: they describe a map, and give the threshold of the paper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from didymos.core.pairs.mixture import TwoGaussians, best_fit, fit_two_gaussians
from didymos.core.pairs.one_population import OnePopulationTest, compare_with_one_population
from didymos.core.pairs.pair_statistics import choose_references, pair_statistics
from didymos.core.pairs.spectrum_distances import PairStatistics
from didymos.schema import InputError
from didymos.schema.printing import brief
from didymos.workflow.features import Features
from didymos.workflow.progress import Report, silent
from didymos.workflow.settings import Settings, checked_settings

PAIRS = "distances of all pairs"
ONE_POPULATION = "two Gaussians or one"
LARGEST_SHIFT = 1e4
"""Shift of the logarithm over the largest distance."""


@dataclass(frozen=True)
class Pairs:
    """The distances of all pairs of spectra.

    Attributes
    ----------
    statistics : PairStatistics
    mixture : TwoGaussians
        Of the logarithm of the distances.
    threshold : float
        Pairs nearer than this are similar in the paper's way.
    one_population : OnePopulationTest or None
        Whether the two Gaussians are more than one population would give; None where that was not asked for.
    """

    statistics: PairStatistics
    mixture: TwoGaussians
    threshold: float
    one_population: OnePopulationTest | None = None

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)


def describe_pairs(
    features: Features, settings: Settings | None = None, report: Report = silent, *, one_population: bool = False
) -> Pairs:
    """Compute the distances of all pairs and fit two Gaussians to their logarithm (the paper, Fig. 4).

    Parameters
    ----------
    features : Features
        Of :func:`didymos.workflow.fit_metric`.
    settings : Settings, optional
        Of these: ``pairs``, ``distance_offset``, ``threshold`` and ``seed``.
    report : callable
        Progress, see :data:`didymos.workflow.progress.Report`.
    one_population : bool
        Whether to test the two Gaussians against one population, which takes seconds.

    Returns
    -------
    Pairs

    Raises
    ------
    InputError
        Where the shift of the logarithm is far larger than all distances.
    """
    chosen = checked_settings(settings)
    report(PAIRS, 0.0)
    values = features.values
    references = None if chosen.pairs == "all" else choose_references(len(values), seed=chosen.seed)
    statistics = pair_statistics(values, references=references, progress=partial(report, PAIRS))
    shift, histogram = chosen.distance_offset, statistics.histogram
    if shift != "auto" and shift > LARGEST_SHIFT * histogram.edges[-1]:
        raise InputError(
            f"distance_offset is {shift:g}; over {LARGEST_SHIFT:g} times the largest distance "
            f"({histogram.edges[-1]:.3g}) log(d + n) is the same for all pairs: give about the median distance, "
            f"{histogram.quantile(0.5):.3g}"
        )
    mixture = best_fit(histogram) if shift == "auto" else fit_two_gaussians(histogram, shift)
    threshold = float(mixture.crossing if chosen.threshold == "auto" else chosen.threshold)
    report(PAIRS, 1.0)
    if not one_population:
        return Pairs(statistics, mixture, threshold)
    report(ONE_POPULATION, 0.0)
    test = compare_with_one_population(values, seed=chosen.seed, progress=partial(report, ONE_POPULATION))
    report(ONE_POPULATION, 1.0)
    return Pairs(statistics, mixture, threshold, test)

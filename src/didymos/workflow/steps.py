"""The steps of an analysis: distances and threshold, the two twins, regions and kinds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.amplitude import Amplitudes, find_amplitudes
from didymos.core.defects.kind_balance import kind_gains
from didymos.core.defects.regions import RegionModel, learn_regions, region_probability
from didymos.core.evidence.population import Population, find_population
from didymos.core.metrics.metric import FittedMetric, fit_metric
from didymos.core.numeric.labels import numbered_by_size
from didymos.core.pairs.mixture import TwoGaussians, best_fit, fit_two_gaussians
from didymos.core.pairs.one_population import OnePopulationTest, compare_with_one_population
from didymos.core.pairs.pair_statistics import choose_references, pair_statistics
from didymos.core.pairs.spectrum_distances import PairStatistics
from didymos.core.surface.neighbourhood import NoNeighbourhood
from didymos.schema import InputError, Region
from didymos.twin.compilation import import_finished
from didymos.twin.ensemble import Ensemble
from didymos.twin.stages import fit_embedding, fit_score, levels
from didymos.twin.storage import TwinModel
from didymos.workflow.points import Points
from didymos.workflow.progress import Report
from didymos.workflow.settings import Settings

PAIRS = "distances of all pairs"
ONE_POPULATION = "two Gaussians or one"
MAJORITY_SHARE = 0.99
LARGEST_DEGREE = 1.5
"""What is stranger than this scores no higher, so that one spectrum does not squeeze the scores of all others."""

LARGEST_OFFSET = 1e4
"""n over the largest distance."""


@dataclass(frozen=True)
class Pairs:
    """The distances of the spectra and their statistics.

    Attributes
    ----------
    metric_name : str
    metric : FittedMetric
    features : array, shape (n_usable, n_features)
    statistics : PairStatistics
    mixture : TwoGaussians
    threshold : float
        Pairs nearer than this are similar.
    one_population : OnePopulationTest
        Whether the two Gaussians are more than one population would give.
    population : Population
        The evidence for a distinct population.
    amplitudes : Amplitudes or None
        How much of a defect is in every spectrum; None without a distinct population.
    """

    metric_name: str
    metric: FittedMetric
    features: NDArray[np.float64]
    statistics: PairStatistics
    mixture: TwoGaussians
    threshold: float
    one_population: OnePopulationTest
    population: Population
    amplitudes: Amplitudes | None


@dataclass(frozen=True)
class Distances:
    """Step one: distances of the spectra, and where the majority ends.

    Attributes
    ----------
    pairs : Pairs
    distance : array, shape (n_usable,)
        From the centre of the majority.
    degree : array, shape (n_usable,)
        What the score orders the spectra by: how much of a defect is in them, or the distance where that is not known.
    """

    pairs: Pairs
    distance: NDArray[np.float64]
    degree: NDArray[np.float64]

    @property
    def population(self) -> Population:
        """The evidence for a distinct population."""
        return self.pairs.population

    @property
    def boundary(self) -> float:
        """Degree that ends the majority.

        With learned amplitudes that is what 99 % of the undisturbed spectra do not exceed, else the distance at which
        two spectra are the threshold apart on average. Without a distinct population the majority does not end before
        the last spectrum.
        """
        amplitudes = self.pairs.amplitudes
        if self.pairs.metric.learned is not None and amplitudes is not None and amplitudes.quiet.any():
            return float(np.quantile(self.degree[amplitudes.quiet], MAJORITY_SHARE))
        edge = self.pairs.threshold / float(np.sqrt(2))
        return edge if self.population.distinct else max(edge, float(self.degree.max()))


@dataclass(frozen=True)
class Regions:
    """Step three: what the score means.

    Attributes
    ----------
    population : Population
    model : RegionModel or None
        What the score alone says; None without a distinct population.
    probability : array, shape (n_usable, 3)
        Of majority, transition and minority.
    region : array of int8, shape (n_usable,)
    kind : array of int16, shape (n_usable,)
    """

    population: Population
    model: RegionModel | None
    probability: NDArray[np.float64]
    region: NDArray[np.int8]
    kind: NDArray[np.int16]


def measure_pairs(points: Points, settings: Settings, report: Report) -> Pairs:
    """Fit the metric and the two Gaussians of the log-distances, and read the threshold where they cross."""
    report(PAIRS, 0.0)
    values = points.values[points.usable]
    rank = None if settings.rank == "auto" else settings.rank
    metric = fit_metric(settings.metric, values, points.neighbours(), rank=rank, seed=settings.seed)
    neighbourhood = points.neighbourhood() if settings.spatial == "auto" else NoNeighbourhood()
    import_finished()
    plain = metric.uncompressed(values)
    population = find_population(plain, neighbourhood)
    amplitudes = find_amplitudes(plain, population, neighbourhood) if population.distinct else None
    if metric.adapts and amplitudes is not None and population.directions is not None:
        metric = metric.turned(population.directions, values).taught(amplitudes, values, seed=settings.seed)
    features = metric.transform(values)
    references = None if settings.pairs == "all" else choose_references(len(features), seed=settings.seed)
    statistics = pair_statistics(features, references=references, progress=partial(report, PAIRS))
    offset = settings.distance_offset
    histogram = statistics.histogram
    if offset != "auto" and offset > LARGEST_OFFSET * histogram.edges[-1]:
        raise InputError(
            f"distance_offset is {offset:g}; over {LARGEST_OFFSET:g} times the largest distance "
            f"({histogram.edges[-1]:.3g}) log(d + n) is the same for all pairs: give about the median distance, "
            f"{histogram.quantile(0.5):.3g}"
        )
    mixture = best_fit(histogram) if offset == "auto" else fit_two_gaussians(histogram, offset)
    threshold = mixture.crossing if settings.threshold == "auto" else settings.threshold
    report(PAIRS, 1.0)
    report(ONE_POPULATION, 0.0)
    # across the directions of defects nearly all features are 0
    along = features[:, : metric.leading]
    test = compare_with_one_population(along, seed=settings.seed, progress=partial(report, ONE_POPULATION))
    report(ONE_POPULATION, 1.0)
    return Pairs(settings.metric, metric, features, statistics, mixture, float(threshold), test, population, amplitudes)


def measure_distances(points: Points, settings: Settings, report: Report) -> Distances:
    """Measure the pairs, and every spectrum against the majority."""
    pairs = measure_pairs(points, settings, report)
    distance = pairs.metric.distance(pairs.features)
    known = pairs.metric.learned is not None
    degree = np.minimum(pairs.metric.degree(points.values[points.usable]), LARGEST_DEGREE) if known else distance
    return Distances(pairs, distance, degree)


def train_twins(
    points: Points, distances: Distances, settings: Settings, report: Report
) -> tuple[TwinModel, tuple[Ensemble, Ensemble]]:
    """Train the twin that embeds and the twin that scores, every member of the ensemble at once."""

    def advance(step: str, share: float, _loss: float) -> None:
        report(step, share)

    features = distances.pairs.features
    embedding, first = fit_embedding(
        features,
        np.linalg.norm(features, axis=1),
        distances.pairs.threshold,
        settings.training(settings.layers),
        members=settings.members,
        seed=settings.seed,
        progress=partial(advance, "first twin: embedding"),
    )
    report("first twin: embedding", 1.0)
    embedded = embedding.embed(features)
    score, second = fit_score(
        embedded,
        levels(distances.degree, distances.boundary),
        distances.degree,
        settings.training(settings.score_layers),
        members=embedding.encoder.members,
        seed=settings.seed + 1,
        progress=partial(advance, "second twin: score"),
    )
    report("second twin: score", 1.0)
    model = TwinModel(points.energy, distances.pairs.metric, embedding, score, first.reference, {})
    amplitudes = distances.pairs.amplitudes
    if amplitudes is not None and model.metric.learned is not None and len(amplitudes.noise) > 1:
        model = replace(model, kind_gains=kind_gains(score.score(embedded), amplitudes))
    return model, (first, second)


def find_regions(distances: Distances, score: NDArray[np.floating]) -> Regions:
    """Divide the surface into regions and kinds where there is a distinct population; else all is majority."""
    amplitudes = distances.pairs.amplitudes
    if amplitudes is None:
        probability = by_score(None, score)
        return Regions(distances.population, None, probability, regions_of(probability), np.zeros(len(score), np.int16))
    model = learn_regions(score, amplitudes)
    probability = region_probability(score, amplitudes, model)
    region = regions_of(probability)
    kind = np.zeros(len(score), dtype=np.int16)
    # kinds without a spectrum in the minority leave no gap in the numbers, and the largest stays the first
    minority = region == Region.MINORITY
    kind[minority] = numbered_by_size(amplitudes.kind[minority])
    return Regions(distances.population, model, probability, region, kind)


def by_score(model: RegionModel | None, score: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probabilities of the regions at every score; certain majority where nothing distinct is known."""
    return np.tile([1.0, 0.0, 0.0], (len(score), 1)) if model is None else model.probability(score)


def regions_of(probability: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return the region that a spectrum reaches with a probability of one half, from shape (n_points, 3)."""
    region = np.full(len(probability), Region.MAJORITY, dtype=np.int8)
    region[probability[:, 1] + probability[:, 2] >= 0.5] = Region.TRANSITION
    region[probability[:, 2] >= 0.5] = Region.MINORITY
    return region

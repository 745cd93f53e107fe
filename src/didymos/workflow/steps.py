"""The steps of an analysis: distances and threshold, the two twins, regions and kinds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from didymos.core.kinds import find_kinds
from didymos.core.metric import FittedMetric, fit_metric
from didymos.core.mixture import TwoGaussians, best_fit, fit_two_gaussians
from didymos.core.pair_statistics import PairHistogram, pair_histogram
from didymos.core.population import Population, find_population
from didymos.core.regions import ScoreThresholds, score_thresholds
from didymos.schema import Region
from didymos.twin.stages import fit_embedding, fit_score, reference_member
from didymos.twin.storage import TwinModel
from didymos.twin.training import Trained
from didymos.workflow.points import Points
from didymos.workflow.progress import Report
from didymos.workflow.settings import Settings

MOST_PAIRED_SPECTRA = 30_000
"""Beyond this many spectra the pair statistics are those of a random sample."""


@dataclass(frozen=True)
class Distances:
    """Step one: distances of the spectra, their statistics and the threshold.

    Attributes
    ----------
    metric : FittedMetric
    features : array, shape (n_usable, n_features)
    distance : array, shape (n_usable,)
        From the centre of the majority.
    histogram : PairHistogram
    mixture : TwoGaussians
    threshold : float
        Pairs nearer than this are similar.
    residual : array, shape (n_usable, n_features)
        Features before compression minus those of the surroundings.
    population : Population
        The evidence for a distinct population.
    """

    metric: FittedMetric
    features: NDArray[np.float64]
    distance: NDArray[np.float64]
    histogram: PairHistogram
    mixture: TwoGaussians
    threshold: float
    residual: NDArray[np.float64]
    population: Population

    @property
    def boundary(self) -> float:
        """Distance from the centre that ends the majority: two spectra there are sqrt(2) of it apart on average.

        Without a distinct population the majority does not end before the last spectrum.
        """
        edge = self.threshold / float(np.sqrt(2))
        return edge if self.population.distinct else max(edge, float(self.distance.max()))


@dataclass(frozen=True)
class Regions:
    """Step three: what the score means.

    Attributes
    ----------
    population : Population
    thresholds : ScoreThresholds or None
        None without a distinct population.
    region : array of int8, shape (n_usable,)
    kind : array of int16, shape (n_usable,)
    """

    population: Population
    thresholds: ScoreThresholds | None
    region: NDArray[np.int8]
    kind: NDArray[np.int16]


def measure_distances(points: Points, settings: Settings, report: Report) -> Distances:
    """Fit the metric and the two Gaussians of the log-distances, and read the threshold where they cross."""
    report("distances of all pairs", 0.0)
    values = points.values[points.usable]
    rank = None if settings.rank == "auto" else settings.rank
    metric = fit_metric(settings.metric, values, points.neighbours(), rank=rank, seed=settings.seed)
    features = metric.transform(values)
    sample = features
    if len(features) > MOST_PAIRED_SPECTRA:
        generator = np.random.default_rng(settings.seed)
        sample = features[generator.choice(len(features), MOST_PAIRED_SPECTRA, replace=False)]
    histogram = pair_histogram(sample)
    offset = settings.distance_offset
    mixture = best_fit(histogram) if offset == "auto" else fit_two_gaussians(histogram, offset)
    threshold = mixture.crossing if settings.threshold == "auto" else settings.threshold
    residual = points.residual(metric.uncompressed(values))
    population = find_population(residual)
    distance = metric.distance(features)
    report("distances of all pairs", 1.0)
    return Distances(metric, features, distance, histogram, mixture, float(threshold), residual, population)


def train_twins(
    points: Points, distances: Distances, settings: Settings, report: Report
) -> tuple[TwinModel, tuple[Trained, Trained]]:
    """Train the twin that embeds and the twin that scores, every member of the ensemble at once."""

    def advance(step: str, share: float, _loss: float) -> None:
        report(step, share)

    lengths = np.linalg.norm(distances.features, axis=1)
    embedding, first = fit_embedding(
        distances.features,
        lengths,
        distances.threshold,
        settings.training(settings.layers),
        members=settings.members,
        seed=settings.seed,
        progress=partial(advance, "first twin: embedding"),
    )
    report("first twin: embedding", 1.0)
    embedded = embedding.embed(distances.features)
    score, second = fit_score(
        embedded,
        distances.distance,
        distances.boundary,
        settings.training(settings.score_layers),
        seed=settings.seed + 1,
        progress=partial(advance, "second twin: score"),
    )
    report("second twin: score", 1.0)
    reference, _ = reference_member(embedded)
    return TwinModel(points.energy, distances.metric, embedding, score, reference, {}), (first, second)


def find_regions(distances: Distances, score: NDArray[np.floating], settings: Settings) -> Regions:
    """Divide the surface into regions and kinds where there is a distinct population; else all is majority."""
    population, residual = distances.population, distances.residual
    region = np.full(len(score), Region.MAJORITY, dtype=np.int8)
    kind = np.zeros(len(score), dtype=np.int16)
    evidence = np.nan_to_num(population.contrast) > population.critical
    if not population.distinct or not evidence.any():
        return Regions(population, None, region, kind)
    thresholds = score_thresholds(score, distances.distance, distances.boundary, evidence)
    region[score >= thresholds.majority] = Region.TRANSITION
    region[score >= thresholds.minority] = Region.MINORITY
    minority = region == Region.MINORITY
    if minority.any():
        kind[minority] = find_kinds(residual[minority], evidence[minority], seed=settings.seed)
    return Regions(population, thresholds, region, kind)

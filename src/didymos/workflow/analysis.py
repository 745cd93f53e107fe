"""One analysis from a map to a result: each step of the method, in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos import __version__
from didymos.core.kinds import find_kinds
from didymos.core.metric import FittedMetric, fit_metric
from didymos.core.mixture import TwoGaussians, choose_offset, fit_two_gaussians
from didymos.core.pair_statistics import PairHistogram, pair_histogram
from didymos.core.population import Population, find_population
from didymos.core.regions import ScoreThresholds, score_thresholds
from didymos.schema import Region
from didymos.twin.stages import fit_embedding, fit_score, reference_member
from didymos.twin.storage import TwinModel
from didymos.twin.training import Trained
from didymos.workflow.assembly import assemble
from didymos.workflow.points import Points, points_of
from didymos.workflow.progress import Report, shown
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
    """

    metric: FittedMetric
    features: NDArray[np.float64]
    distance: NDArray[np.float64]
    histogram: PairHistogram
    mixture: TwoGaussians
    threshold: float

    @property
    def boundary(self) -> float:
        """Distance from the centre that ends the majority: two spectra there are sqrt(2) of it apart on average."""
        return self.threshold / float(np.sqrt(2))


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


@dataclass(frozen=True)
class Analysis:
    """A result and the model that gave it.

    Attributes
    ----------
    result : xarray.Dataset
        The variables of :data:`didymos.schema.RESULT_VARIABLES`.
    model : TwinModel
        Scores other spectra.
    """

    result: xr.Dataset
    model: TwinModel


def analyze(
    data: xr.DataArray | xr.Dataset, settings: Settings | None = None, *, progress: bool | Report | None = None
) -> xr.Dataset:
    """Find what is different in a spectral map.

    Parameters
    ----------
    data : xarray.DataArray or xarray.Dataset
        A spectral map, dims (y, x, energy) or (point, energy), or a Dataset with the variable ``spectra``.
    settings : Settings, optional
        Default: ``Settings()``.
    progress : bool or callable, optional
        See :func:`didymos.workflow.progress.shown`.

    Returns
    -------
    xarray.Dataset
        A result, see :data:`didymos.schema.RESULT_VARIABLES`.

    Raises
    ------
    InputError
        Where the map cannot be analysed; the message says why and what to do.
    """
    return run(data, settings, progress=progress).result


def run(
    data: xr.DataArray | xr.Dataset, settings: Settings | None = None, *, progress: bool | Report | None = None
) -> Analysis:
    """Analyse a map as :func:`analyze` does and return the trained model as well.

    Parameters
    ----------
    data, settings, progress
        As in :func:`analyze`.

    Returns
    -------
    Analysis
    """
    chosen = settings or Settings()
    with shown(progress) as report:
        points = points_of(data, chosen.energy_range)
        distances = measure_distances(points, chosen, report)
        model, losses = train_twins(points, distances, chosen, report)
        report("regions", 0.0)
        score = model.predict(points.values[points.usable])[1]
        regions = find_regions(points, distances, score, chosen)
        model.about.update(_about(points, chosen, regions))
        result = assemble(points, chosen, distances, model, losses, regions)
        _carry_truth(data, result)
        report("regions", 1.0)
    return Analysis(result, model)


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
    offset = choose_offset(histogram) if settings.distance_offset == "auto" else settings.distance_offset
    mixture = fit_two_gaussians(histogram, offset)
    threshold = mixture.crossing if settings.threshold == "auto" else settings.threshold
    report("distances of all pairs", 1.0)
    return Distances(metric, features, metric.distance(features), histogram, mixture, float(threshold))


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


def find_regions(points: Points, distances: Distances, score: NDArray[np.floating], settings: Settings) -> Regions:
    """Test for a distinct population and, where there is one, divide the surface into regions and kinds."""
    metric = distances.metric
    raw = metric.uncompressed(points.values[points.usable])
    residual = points.residual(raw)
    population = find_population(residual, seed=settings.seed)
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


def _about(points: Points, settings: Settings, regions: Regions) -> dict[str, object]:
    thresholds = regions.thresholds
    return {
        "didymos_version": __version__,
        "settings": settings.to_json(),
        "metric": settings.metric,
        "energy_units": str(points.map["energy"].attrs.get("units", "")),
        "signal_units": str(points.map.attrs.get("units", "")),
        "score_thresholds": None if thresholds is None else [thresholds.majority, thresholds.minority],
    }


def _carry_truth(data: xr.DataArray | xr.Dataset, result: xr.Dataset) -> None:
    """Keep the truth of a simulated map beside the result, so that the report can compare."""
    source = data.data_vars if isinstance(data, xr.Dataset) else data.coords
    for name, variable in source.items():
        if str(name).startswith("truth_") and set(variable.dims) <= set(result["score"].dims):
            result[name] = (variable.dims, variable.values, dict(variable.attrs))

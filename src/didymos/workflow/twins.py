"""Step 5: the twins learn the similarity, and one model embeds and scores."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.regions import RegionModel
from didymos.io.reading import given_reading
from didymos.schema import VERSION
from didymos.schema.given import check_kind
from didymos.schema.printing import brief
from didymos.twin.distances import distance_to_phases, phase_centres
from didymos.twin.embedding_stage import fit_embedding, prepare_embedding
from didymos.twin.ensemble.members import Ensemble
from didymos.twin.example_score import example_score
from didymos.twin.model import Networks, Prediction, TwinModel
from didymos.twin.score_stage import fit_score, prepare_score
from didymos.twin.training.compilation import Compiler
from didymos.twin.training.settings import TrainingSettings
from didymos.twin.training.similarity import ByDistance, ByLabel
from didymos.workflow.features import Features
from didymos.workflow.maps import read_as
from didymos.workflow.points import Points
from didymos.workflow.progress import Report, silent
from didymos.workflow.settings import Settings, checked_settings
from didymos.workflow.similarity import PairSimilarity

HALF_SCORE = 4.0
"""Distance with a score of one half where no network is trained, over the median distance; the order is the same."""

TRAIN = "train twins"
FEW, MANY = 2, 10_000
"""Examples of which no pair, and of which some pairs, are held out of the training."""


@dataclass(frozen=True)
class Twins:
    """A trained model and what is known of its training.

    Attributes
    ----------
    model : TwinModel
        Whole but for the regions, which need the scores (:meth:`with_regions`).
    prediction : Prediction
        Of the usable spectra.
    embedded : array, shape (n_members, n_usable, n_components), or None
        Embedding of the usable spectra by every member; None where no network was trained.
    ensembles : tuple of Ensemble
        Of the first twin and, where it was trained, of the second; empty where nothing was known to train on.
    """

    model: TwinModel
    prediction: Prediction
    embedded: NDArray[np.float64] | None
    ensembles: tuple[Ensemble, ...]

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)

    def with_regions(self, regions: RegionModel | None) -> Twins:
        """Return the same twins whose model says which score means which region."""
        return replace(self, model=replace(self.model, regions=regions))


def train_twins(
    points: Points,
    features: Features,
    similarity: PairSimilarity,
    settings: Settings | None = None,
    *,
    report: Report = silent,
    compiler: Compiler | None = None,
) -> Twins:
    """Train the twin that embeds and the twin that scores, every member of the ensemble at once.

    Where `similarity` knows nothing to train on, no network is trained, and the score is the distance from the
    majority, or from the nearest phase where there are several, rescaled to 0 ... 1. A few examples train the first
    twin only; the score then compares the distances in the embedding from the examples of the kinds and from those of
    the majority (:class:`didymos.twin.example_score.ExampleScore`).

    Parameters
    ----------
    points : Points
        Of :func:`didymos.workflow.prepare`.
    features : Features
        Of :func:`didymos.workflow.fit_metric`.
    similarity : PairSimilarity
        Of :func:`didymos.workflow.similarity_of`.
    settings : Settings, optional
        Of these: ``layers``, ``score_layers``, ``activation``, ``margin``, ``margin_grows``, ``jitter``, ``members``
        and ``seed``.
    report : callable
        Progress, see :data:`didymos.workflow.progress.Report`.
    compiler : Compiler, optional
        Where the programs of the training are compiled.

    Returns
    -------
    Twins
    """
    check_kind(points, Points, "train_twins", "give what didymos.workflow.prepare(map) returns")
    check_kind(features, Features, "train_twins", "give what didymos.workflow.fit_metric(points) returns")
    check_kind(similarity, PairSimilarity, "train_twins", "give what didymos.workflow.similarity_of returns")
    chosen = checked_settings(settings)
    networks: Networks | None = None
    embedded: NDArray[np.float64] | None = None
    ensembles: tuple[Ensemble, ...] = ()
    if similarity.embedding is not None:
        networks, embedded, ensembles = _networks(features, similarity, chosen, report, compiler)
    # every phase is background: without networks a spectrum is as odd as it is far from all of them
    phases = None if networks or similarity.phase is None else phase_centres(features.values, similarity.phase)
    distance = features.distance if phases is None else distance_to_phases(features.values, phases)
    unit = HALF_SCORE * (float(np.median(distance)) or float(distance.max()) or 1.0)
    about = _about(points, chosen, similarity)
    model = TwinModel(points.energy, features.metric, networks, unit, about, phases=phases)
    prediction = model.predict_embedded(features.values, features.distance, embedded)
    return Twins(model, prediction, embedded, ensembles)


def prepare_training(compiler: Compiler, points: int, settings: Settings, source: str) -> None:
    """Start to compile what the training will need, while other work goes on.

    Parameters
    ----------
    compiler : Compiler
    points : int
        Number of usable spectra.
    settings : Settings
    source : str
        Where similarity comes from; what a few examples need is compiled when they train.
    """
    if source == "examples":
        return
    kind = ByDistance.kind if source == "threshold" else ByLabel.kind
    first, second = _training(settings, kind)
    prepare_embedding(compiler, first, kind, points=points, members=settings.members)
    prepare_score(compiler, second, kind, settings.layers[-1], points=points, members=settings.members)


def prepare_lessons(compiler: Compiler, settings: Settings) -> None:
    """Start to compile what the training on examples will need, be they a few or many.

    Parameters
    ----------
    compiler : Compiler
    settings : Settings
    """
    first, _ = _training(settings, ByLabel.kind, examples=True)
    for points in (FEW, MANY):
        prepare_embedding(compiler, first, ByLabel.kind, points=points, members=settings.members)


def _training(settings: Settings, kind: str, *, examples: bool = False) -> tuple[TrainingSettings, TrainingSettings]:
    """Return how both twins are trained, on examples alone or on more."""
    if kind == ByDistance.kind:
        return settings.training(settings.layers), settings.training(settings.score_layers)
    labelled = settings.labelled_training(settings.layers, jitter=True)
    first = settings.example_training(settings.layers) if examples else labelled
    return first, settings.labelled_training(settings.score_layers, jitter=False)


def _networks(
    features: Features, similarity: PairSimilarity, settings: Settings, report: Report, compiler: Compiler | None
) -> tuple[Networks, NDArray[np.float64], tuple[Ensemble, ...]]:
    def advance(done: float, share: float, _loss: float) -> None:
        report(TRAIN, done + share / 2)  # each twin counts half

    assert similarity.embedding is not None
    first, second = similarity.embedding, similarity.score
    kind = ByLabel.kind if isinstance(first.similarity, ByLabel) else ByDistance.kind
    training = _training(settings, kind, examples=second is None)
    assert not isinstance(first.similarity, ByDistance)
    embedding, one = fit_embedding(
        features.values,
        features.distance,
        first.similarity,
        training[0],
        members=settings.members,
        seed=settings.seed,
        known=first.known,
        progress=partial(advance, 0.0),
        compiler=compiler,
    )
    report(TRAIN, 0.5)
    embedded = embedding.embed(features.values)
    if second is None:
        assert isinstance(first.similarity, ByLabel)
        assert first.known is not None
        score_of = example_score(embedded, first.similarity, first.known)
        return Networks(embedding, score_of, one.reference), embedded, (one,)
    assert not isinstance(second.similarity, float)
    score, two = fit_score(
        embedded,
        second.similarity,
        features.distance,
        training[1],
        members=embedding.encoder.members,
        seed=settings.seed + 1,
        known=second.known,
        progress=partial(advance, 0.5),
        compiler=compiler,
    )
    report(TRAIN, 1.0)
    return Networks(embedding, score, one.reference), embedded, (one, two)


def _about(points: Points, settings: Settings, similarity: PairSimilarity) -> dict[str, object]:
    return {
        "didymos_version": VERSION,
        "settings": settings.to_json(),
        # by these settings, or before: with didymos convert, or by the functions of preparing
        "prepared_with": str(points.map.attrs.get("prepared_with", "")),
        "preparation": str(points.map.attrs.get("preparation", "")),
        "read": read_as(points.map),
        # a topography belongs to one surface
        "reading": {name: one for name, one in given_reading(points.map.attrs).items() if name != "topography"},
        "metric": settings.metric,
        "similarity": similarity.source,
        "kind_names": list(similarity.names),
        "energy_units": str(points.map["energy"].attrs.get("units", "")),
        "signal_units": str(points.map.attrs.get("units", "")),
    }

"""The two twins in a row: spectra to a projected space, the projected space to one score (the paper, Fig. 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.rescaling import log_rescale
from didymos.twin.compilation import prepare
from didymos.twin.data import TrainingData, holds_out, plan_for
from didymos.twin.encoder import Encoder
from didymos.twin.ensemble import Ensemble, agreements, compared, in_one_frame
from didymos.twin.health import TrainingError, describe, sound, train_soundly
from didymos.twin.sampling import balanced_weights, cumulative_weights
from didymos.twin.settings import TrainingSettings
from didymos.twin.similarity import ByDistance, ByLabel, ByPair, Similarity
from didymos.twin.training import Progress, Trained, groups_of

STARTS = 3
"""Independent starts of the second twin for each member."""

LEVELS = 4
"""Steps of the score between the majority and the most distinct population that the second twin tells apart."""

WIDTH = 20
"""Features are filled up with zeros to a multiple of this, so that one program serves most maps."""


@dataclass(frozen=True)
class EmbeddingStage:
    """The first twin: features of the metric to the projected space, for every member.

    Attributes
    ----------
    encoder : Encoder
        Of all members, which lie on each other in one frame.
    scale : float
        Typical length of the features of the majority.
    """

    encoder: Encoder
    scale: float

    def embed(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Embed features, shape (n_points, n_features), as (n_members, n_points, n_components)."""
        return self.encoder.embed((features / self.scale)[np.newaxis])


@dataclass(frozen=True)
class ScoreStage:
    """The second twin: the projected space to one score, for every member.

    Attributes
    ----------
    encoder : Encoder
    centre : array, shape (n_members,)
        Output of the encoder for the majority.
    unit : array, shape (n_members,)
        Distance of the most distinct population from the majority in that output.
    """

    encoder: Encoder
    centre: NDArray[np.float64]
    unit: NDArray[np.float64]

    def score(self, embedding: NDArray[np.floating]) -> NDArray[np.float64]:
        """Score an embedding, shape (n_members or 1, n_points, n_components), as (n_members, n_points), 0 to 1."""
        output = self.encoder.embed(embedding)[..., 0]
        distance = np.abs(output - self.centre[:, np.newaxis]) / self.unit[:, np.newaxis]
        return np.asarray(np.minimum(distance, 1.0))


def fit_embedding(
    features: NDArray[np.floating],
    distance: NDArray[np.floating],
    similarity: float | ByLabel | ByPair,
    settings: TrainingSettings,
    *,
    members: int,
    seed: int,
    known: NDArray[np.intp] | None = None,
    start: EmbeddingStage | None = None,
    progress: Progress | None = None,
) -> tuple[EmbeddingStage, Ensemble]:
    """Train the first twin on pairs of spectra.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Features of a metric.
    distance : array, shape (n_points,)
        Distance of each spectrum from the centre of the majority.
    similarity : float, ByLabel or ByPair
        A number: pairs are similar where their features are nearer than this.
    settings : TrainingSettings
    members, seed, progress
        As in :func:`didymos.twin.training.train`.
    known : array of int, optional
        The spectra that `similarity` has labels of; default all.
    start : EmbeddingStage, optional
        Where to start from, instead of random weights.

    Returns
    -------
    EmbeddingStage
        Members in one frame: the majority at the origin, the largest variance along the first axis.
    Ensemble
    """
    scale = (float(np.median(distance)) or 1.0) if start is None else start.scale
    # a common factor of features and threshold changes no label and keeps squares within float32
    width = -(-features.shape[1] // WIDTH) * WIDTH
    judge: Similarity = ByDistance(None, similarity / scale) if isinstance(similarity, (int, float)) else similarity
    inputs = (features if known is None else features[known])[np.newaxis]
    data = TrainingData(inputs, judge, _weights(judge, distance), scale, width)
    trained = train_soundly(
        data,
        settings,
        members=members,
        seed=seed,
        start=None if start is None else _widened(start.encoder, width),
        progress=progress,
    )
    notes = describe(trained)
    trained = trained.choose(sound(trained, settings))
    encoder = _widened(trained.encoder, features.shape[1])
    encoder, reference, alike = in_one_frame(encoder, features, scale, distance)
    return EmbeddingStage(encoder, scale), Ensemble(replace(trained, encoder=encoder), notes, reference, alike)


def fit_score(
    embedding: NDArray[np.floating],
    similarity: Similarity,
    distance: NDArray[np.floating],
    settings: TrainingSettings,
    *,
    members: int,
    seed: int,
    known: NDArray[np.intp] | None = None,
    start: ScoreStage | None = None,
    progress: Progress | None = None,
) -> tuple[ScoreStage, Ensemble]:
    """Train the second twin on the projected space of each member.

    Parameters
    ----------
    embedding : array, shape (n_members or 1, n_points, n_components)
    similarity : Similarity
        As a rule :func:`levels` of the distance.
    distance : array, shape (n_points,)
        Distance of each spectrum from the centre of the majority.
    settings : TrainingSettings
        With a last layer of one.
    members, seed, progress
        As in :func:`didymos.twin.training.train`.
    known : array of int, optional
        The spectra that `similarity` has labels of; default all.
    start : ScoreStage, optional
        Where to start from, instead of random weights.

    Returns
    -------
    ScoreStage
        Scores of 0 for the nearer half of the majority.
    Ensemble
    """
    inputs = np.asarray(embedding if known is None else embedding[:, known], dtype=np.float32)
    data = TrainingData(inputs, similarity, _weights(similarity, distance))
    # one output cannot always fold all branches of the embedding to one side: the best of several starts does
    starts = STARTS if start is None else 1
    trained = train_soundly(
        data,
        settings,
        members=starts * members,
        seed=seed,
        start=None if start is None else start.encoder,
        progress=progress,
    )
    trained = _best_starts(trained, starts)
    if len(sound(trained, settings)) < members:
        raise TrainingError("a network of the score diverged: give a smaller learning rate")
    near = _majority(similarity, known, distance)
    output = trained.encoder.embed(embedding)[..., 0]
    centre = np.median(output[:, near], axis=1)
    away = np.abs(output - centre[:, np.newaxis])
    # where nothing lies beyond the boundary the unit stays the margin: noise is not blown up to 1
    unit = np.maximum(np.quantile(away, 0.999, axis=1), settings.margin)
    chosen = compared(distance)
    alike = agreements(away[:, chosen, np.newaxis] / unit[:, np.newaxis, np.newaxis])
    return ScoreStage(trained.encoder, centre, unit), Ensemble(
        trained, describe(trained), int(alike.mean(axis=1).argmax()), alike
    )


def levels(distance: NDArray[np.floating], boundary: float) -> ByDistance:
    """Call two spectra similar where they are equally far from the majority.

    That is |u_i - u_j| < u(boundary) - u(median) with the rescaled distance u = log(d + n): one number can order the
    spectra by one quantity only, and this one puts the majority at one end whatever the number of kinds.

    Parameters
    ----------
    distance : array, shape (n_points,)
        Distance of each spectrum from the centre of the majority.
    boundary : float
        Distance from the centre that ends the majority, in the units of `distance`.

    Returns
    -------
    ByDistance
    """
    offset = float(np.median(distance)) or 1.0
    # spectra nearer than the median are no less of the majority than those at it
    level = log_rescale(np.maximum(distance / offset, 1), 1.0)
    boundary_level = float(log_rescale(np.array(boundary / offset), 1.0) - np.median(level))
    threshold = max(boundary_level, float(np.quantile(level, 0.999) - np.median(level)) / LEVELS, 1e-3)
    return ByDistance(np.asarray(level / threshold, dtype=np.float32)[:, np.newaxis], 1.0)


def prepare_stages(
    embedding: TrainingSettings, score: TrainingSettings | None = None, *, points: int, members: int
) -> None:
    """Start to compile what a training on distances will need, while other work goes on.

    Parameters
    ----------
    embedding, score : TrainingSettings
        Of the two stages; the second one only where it will be trained.
    points : int
        Number of spectra.
    members : int
    """
    stages = [(embedding, WIDTH, 0, members)]
    if score is not None:
        stages.append((score, embedding.layers[-1], 1, STARTS * members))
    for settings, inputs, columns, count in stages:
        for size in sorted({len(group) for group in groups_of(count)}):
            prepare(plan_for(settings, ByDistance.kind, inputs, columns, members=size, hold_out=holds_out(points)))


def _weights(similarity: Similarity, distance: NDArray[np.floating]) -> NDArray[np.float32]:
    if isinstance(similarity, ByLabel):
        return balanced_weights(similarity.labels)
    if isinstance(similarity, ByPair):
        return balanced_weights((similarity.similarity >= 0.5).astype(np.intp))
    return cumulative_weights(distance)


def _majority(
    similarity: Similarity, known: NDArray[np.intp] | None, distance: NDArray[np.floating]
) -> NDArray[np.intp]:
    """Return the spectra that a score of 0 stands for."""
    if isinstance(similarity, ByLabel):
        first = np.flatnonzero(similarity.labels == 0)
        return first if known is None else known[first]
    return np.flatnonzero(distance <= np.median(distance))


def _widened(encoder: Encoder, inputs: int) -> Encoder:
    """Return the encoder for so many inputs: those it lacks count nothing, those too many were zero."""
    first = encoder.weights[0][:, :inputs]
    first = np.pad(first, ((0, 0), (0, inputs - first.shape[1]), (0, 0)))
    return replace(encoder, weights=(first, *encoder.weights[1:]))


def _best_starts(trained: Trained, starts: int) -> Trained:
    """Keep the start with the smallest held-out loss of each member."""
    best = trained.best.reshape(-1, starts)
    return trained.choose(best.argmin(axis=1) + starts * np.arange(len(best)))

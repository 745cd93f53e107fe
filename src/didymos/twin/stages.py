"""The two twins in a row: spectra to a projected space, the projected space to one score (the paper, Fig. 7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax
import numpy as np
from numpy.typing import NDArray

from didymos.core.rescaling import log_rescale
from didymos.twin.alignment import align
from didymos.twin.network import Encoder
from didymos.twin.sampling import cumulative_weights
from didymos.twin.training import Progress, Trained, TrainingData, TrainingSettings, embed, train

STARTS = 3
"""Independent starts of the second twin for each member."""

LEVELS = 4
"""Steps of the score between the majority and the most distinct population that the second twin tells apart."""


@dataclass(frozen=True)
class EmbeddingStage:
    """The first twin: features of the metric to the projected space, for every member.

    Attributes
    ----------
    encoder : Encoder
        With a leading axis over the members.
    scale : float
        Typical length of the features of the majority.
    """

    encoder: Encoder
    scale: float

    def embed(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Embed features, shape (n_points, n_features), as (n_members, n_points, n_components)."""
        return embed(self.encoder, np.asarray(features / self.scale, dtype=np.float32)[np.newaxis])


@dataclass(frozen=True)
class ScoreStage:
    """The second twin: the projected space to one score, for every member.

    Attributes
    ----------
    encoder : Encoder
        With a leading axis over the members.
    centre : array, shape (n_members,)
        Output of the encoder for the majority.
    unit : array, shape (n_members,)
        Distance of the most distinct population from the majority in that output.
    """

    encoder: Encoder
    centre: NDArray[np.float32]
    unit: NDArray[np.float32]

    def score(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score an embedding, shape (n_members, n_points, n_components), as (n_members, n_points), from 0 to 1."""
        output = embed(self.encoder, embedding)[..., 0]
        distance = np.abs(output - self.centre[:, np.newaxis]) / self.unit[:, np.newaxis]
        return np.asarray(np.minimum(distance, 1.0), dtype=np.float32)


def fit_embedding(
    features: NDArray[np.floating],
    distance: NDArray[np.floating],
    threshold: float,
    settings: TrainingSettings,
    *,
    members: int,
    seed: int,
    progress: Progress | None = None,
) -> tuple[EmbeddingStage, Trained]:
    """Train the first twin on pairs that are similar where their features are nearer than the threshold.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Features of a metric.
    distance : array, shape (n_points,)
        Distance of each spectrum from the centre of the majority.
    threshold : float
        In the units of `features`.
    settings : TrainingSettings
    members, seed, progress
        As in :func:`didymos.twin.training.train`.

    Returns
    -------
    EmbeddingStage
    Trained
    """
    scale = float(np.median(distance)) or 1.0
    # a common factor of features and threshold changes no label and keeps squares within float32
    scaled = np.asarray(features / scale, dtype=np.float32)[np.newaxis]
    data = TrainingData(
        inputs=scaled,
        features=scaled,
        threshold=threshold / scale,
        cumulative=cumulative_weights(distance),
    )
    trained = train(data, settings, members=members, seed=seed, progress=progress)
    return EmbeddingStage(trained.encoder, scale), trained


def fit_score(
    embedding: NDArray[np.float32],
    distance: NDArray[np.floating],
    boundary: float,
    settings: TrainingSettings,
    *,
    seed: int,
    progress: Progress | None = None,
) -> tuple[ScoreStage, Trained]:
    """Train the second twin on the projected space of each member.

    A pair is similar where its two spectra are equally far from the majority, |u_i - u_j| < u(boundary) - u(median)
    with the rescaled distance u = log(d + n): one number can order the spectra by one quantity only, and this one
    puts the majority at one end whatever the number of kinds.

    Parameters
    ----------
    embedding : array, shape (n_members, n_points, n_components)
    distance : array, shape (n_points,)
        Distance of each spectrum from the centre of the majority.
    boundary : float
        Distance from the centre that ends the majority, in the units of `distance`.
    settings : TrainingSettings
        With a last layer of one.
    seed, progress
        As in :func:`didymos.twin.training.train`.

    Returns
    -------
    ScoreStage
    Trained
    """
    offset = float(np.median(distance)) or 1.0
    # spectra nearer than the median are no less of the majority than those at it
    level = log_rescale(np.maximum(distance / offset, 1), 1.0)
    boundary_level = float(log_rescale(np.array(boundary / offset), 1.0) - np.median(level))
    threshold = max(boundary_level, float(np.quantile(level, 0.999) - np.median(level)) / LEVELS, 1e-3)
    # one output cannot always fold all branches of the embedding to one side: the best of several starts does
    starts = np.repeat(embedding, STARTS, axis=0)
    data = TrainingData(
        inputs=starts,
        features=np.asarray(level / threshold, dtype=np.float32)[np.newaxis, :, np.newaxis],
        threshold=1.0,
        cumulative=cumulative_weights(distance),
    )
    trained = _best_starts(train(data, settings, members=len(starts), seed=seed, progress=progress))
    output = embed(trained.encoder, embedding)[..., 0]
    centre = np.median(output[:, distance <= offset], axis=1)
    away = np.abs(output - centre[:, np.newaxis])
    # where nothing lies beyond the boundary the unit stays the margin: noise is not blown up to 1
    unit = np.maximum(np.quantile(away, 0.999, axis=1), settings.margin)
    return ScoreStage(trained.encoder, centre, unit.astype(np.float32)), trained


def _best_starts(trained: Trained) -> Trained:
    """Keep the start with the smallest held-out loss of each member."""
    chosen = trained.best.reshape(-1, STARTS).argmin(axis=1) + STARTS * np.arange(len(trained.best) // STARTS)
    encoder = jax.tree.map(lambda array: array[chosen], trained.encoder)
    return replace(trained, encoder=encoder, loss=trained.loss[chosen], best=trained.best[chosen])


def reference_member(embedding: NDArray[np.float32], sample: int = 2000) -> tuple[int, NDArray[np.float64]]:
    """Find the member that agrees best with the others.

    Parameters
    ----------
    embedding : array, shape (n_members, n_points, n_components)
    sample : int
        Number of points, evenly spread, that are compared.

    Returns
    -------
    member : int
    agreement : array, shape (n_members, n_members)
        Correlation of two embeddings after the best rotation and reflection: 1 where they agree.
    """
    chosen = np.linspace(0, embedding.shape[1] - 1, min(sample, embedding.shape[1])).astype(int)
    parts = embedding[:, chosen]
    agreement = np.eye(len(parts))
    for first in range(len(parts)):
        for second in range(first + 1, len(parts)):
            moved = align(parts[second], parts[first])
            agreement[first, second] = agreement[second, first] = _correlation(moved, parts[first])
    return int(agreement.mean(axis=1).argmax()), agreement


def _correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    a, b = first - first.mean(axis=0), second - second.mean(axis=0)
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / length) if length > 0 else 1.0

"""The first twin: features of a metric to the embedding (the paper, Fig. 7b)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.robust import MAD_TO_SD
from didymos.twin.ensemble.members import Ensemble, in_one_frame
from didymos.twin.training.compilation import Compiler
from didymos.twin.training.data import TrainingData, holds_out, in_order_of_content, plan_for
from didymos.twin.training.encoder import Encoder
from didymos.twin.training.health import describe, sound, train_soundly
from didymos.twin.training.loop import Progress, groups_of
from didymos.twin.training.sampling import drawing_weights
from didymos.twin.training.settings import TrainingSettings
from didymos.twin.training.similarity import ByDistance, ByLabel, ByPair, Similarity

WIDTH = 20
"""Features are filled up with zeros to a multiple of this, so that one program serves most maps."""


@dataclass(frozen=True)
class EmbeddingStage:
    """The first twin: features of the metric to the embedding, for every member.

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
    compiler: Compiler | None = None,
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
    members, seed, progress, compiler
        As in :func:`didymos.twin.training.loop.train`.
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
    pairs: Similarity = ByDistance(None, similarity / scale) if isinstance(similarity, (int, float)) else similarity
    pairs, known = in_order_of_content(pairs, distance, known)
    inputs = (features if known is None else features[known])[np.newaxis]
    jitter = settings.jitter * usual_spread(features) if settings.jitter else None
    weights = drawing_weights(pairs, distance if known is None else distance[known])
    data = TrainingData(inputs, pairs, weights, scale, width, jitter)
    trained = train_soundly(
        data,
        settings,
        members=members,
        seed=seed,
        start=None if start is None else _widened(start.encoder, width),
        progress=progress,
        compiler=compiler,
    )
    notes = describe(trained)
    trained = trained.choose(sound(trained, settings))
    encoder = _widened(trained.encoder, features.shape[1])
    encoder, reference, alike = in_one_frame(encoder, features, scale, distance)
    return EmbeddingStage(encoder, scale), Ensemble(replace(trained, encoder=encoder), notes, reference, alike)


def usual_spread(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the robust standard deviation of every feature, that of the majority, shape (n_features,)."""
    middle = np.median(features, axis=0)
    return np.asarray(MAD_TO_SD * np.median(np.abs(features - middle), axis=0), dtype=np.float64)


def prepare_embedding(compiler: Compiler, settings: TrainingSettings, kind: str, *, points: int, members: int) -> None:
    """Start to compile what the training of the first twin will need.

    Parameters
    ----------
    compiler : Compiler
    settings : TrainingSettings
    kind : str
        Of the similarity, "distance" or "label".
    points : int
        Number of spectra.
    members : int
    """
    columns = ByLabel.columns if kind == ByLabel.kind else 0
    for size in sorted({len(group) for group in groups_of(members)}):
        compiler.prepare(plan_for(settings, kind, WIDTH, columns, members=size, hold_out=holds_out(points)))


def _widened(encoder: Encoder, inputs: int) -> Encoder:
    """Return the encoder for so many inputs: those it lacks count nothing, those too many were zero."""
    first = encoder.weights[0][:, :inputs]
    first = np.pad(first, ((0, 0), (0, inputs - first.shape[1]), (0, 0)))
    return replace(encoder, weights=(first, *encoder.weights[1:]))

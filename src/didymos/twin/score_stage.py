"""The second twin: the embedding to one score (the paper, Fig. 7c)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.rescaling import log_rescale
from didymos.twin.ensemble.members import Ensemble, agreements, compared
from didymos.twin.training.compilation import Compiler
from didymos.twin.training.data import TrainingData, holds_out, in_order_of_content, plan_for
from didymos.twin.training.encoder import Encoder
from didymos.twin.training.health import TrainingError, describe, sound, train_soundly
from didymos.twin.training.loop import Progress, Trained, groups_of
from didymos.twin.training.sampling import drawing_weights
from didymos.twin.training.settings import TrainingSettings
from didymos.twin.training.similarity import ByDistance, ByLabel, Similarity

STARTS = 3
"""Independent starts of the second twin for each member."""

LEVELS = 4
"""Steps of the score between the majority and the most distinct population that distances tell apart."""


@dataclass(frozen=True)
class ScoreStage:
    """The second twin: the embedding to one score, for every member.

    Attributes
    ----------
    encoder : Encoder
    centre : array, shape (n_members,)
        Output of the encoder for the majority.
    unit : array, shape (n_members,)
        Distance of the cores of defects from the majority in that output.
    """

    encoder: Encoder
    centre: NDArray[np.float64]
    unit: NDArray[np.float64]

    def score(self, embedding: NDArray[np.floating]) -> NDArray[np.float64]:
        """Score an embedding, shape (n_members or 1, n_points, n_components), as (n_members, n_points), 0 to 1."""
        output = self.encoder.embed(embedding)[..., 0]
        distance = np.abs(output - self.centre[:, np.newaxis]) / self.unit[:, np.newaxis]
        return np.asarray(np.minimum(distance, 1.0))


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
    compiler: Compiler | None = None,
) -> tuple[ScoreStage, Ensemble]:
    """Train the second twin on the embedding of each member.

    Parameters
    ----------
    embedding : array, shape (n_members or 1, n_points, n_components)
    similarity : Similarity
        :class:`ByLabel` with amplitudes, or :func:`levels` of the distance.
    distance : array, shape (n_points,)
        Distance of each spectrum from the centre of the majority.
    settings : TrainingSettings
        With a last layer of one.
    members, seed, progress, compiler
        As in :func:`didymos.twin.training.loop.train`.
    known : array of int, optional
        The spectra that `similarity` has labels of; default all.
    start : ScoreStage, optional
        Where to start from, instead of random weights.

    Returns
    -------
    ScoreStage
        Scores of 0 for the majority, and of 1 for the cores that `similarity` knows.
    Ensemble
    """
    similarity, known = in_order_of_content(similarity, distance, known)
    inputs = np.asarray(embedding if known is None else embedding[:, known], dtype=np.float32)
    weights = drawing_weights(similarity, distance if known is None else distance[known])
    data = TrainingData(inputs, similarity, weights)
    # one output cannot always fold all branches of the embedding to one side: the best of several starts does
    starts = STARTS if start is None else 1
    trained = train_soundly(
        data,
        settings,
        members=starts * members,
        seed=seed,
        start=None if start is None else start.encoder,
        progress=progress,
        compiler=compiler,
    )
    trained = _best_starts(trained, starts)
    if len(sound(trained, settings)) < members:
        raise TrainingError("a network of the score diverged: give a smaller learning rate")
    output = trained.encoder.embed(embedding)[..., 0]
    centre = np.median(output[:, _majority(similarity, known, distance)], axis=1)
    away = np.abs(output - centre[:, np.newaxis])
    unit = _unit(away, similarity, known, settings.margin)
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
    shift = float(np.median(distance)) or 1.0
    # spectra nearer than the median are no less of the majority than those at it
    level = log_rescale(np.maximum(distance / shift, 1), 1.0)
    boundary_level = float(log_rescale(np.array(boundary / shift), 1.0) - np.median(level))
    threshold = max(boundary_level, float(np.quantile(level, 0.999) - np.median(level)) / LEVELS, 1e-3)
    return ByDistance(np.asarray(level / threshold, dtype=np.float32)[:, np.newaxis], 1.0)


def prepare_score(
    compiler: Compiler, settings: TrainingSettings, kind: str, components: int, *, points: int, members: int
) -> None:
    """Start to compile what the training of the second twin will need.

    Parameters
    ----------
    compiler : Compiler
    settings : TrainingSettings
    kind : str
        Of the similarity, "distance" or "label".
    components : int
        Size of the embedding.
    points : int
        Number of spectra.
    members : int
    """
    columns = ByLabel.columns if kind == ByLabel.kind else 1
    for size in sorted({len(group) for group in groups_of(STARTS * members)}):
        compiler.prepare(plan_for(settings, kind, components, columns, members=size, hold_out=holds_out(points)))


def _majority(
    similarity: Similarity, known: NDArray[np.intp] | None, distance: NDArray[np.floating]
) -> NDArray[np.intp]:
    """Return the spectra that a score of 0 stands for."""
    if isinstance(similarity, ByLabel):
        return similarity.majority if known is None else known[similarity.majority]
    return np.flatnonzero(distance <= np.median(distance))


def _unit(
    away: NDArray[np.float64], similarity: Similarity, known: NDArray[np.intp] | None, margin: float
) -> NDArray[np.float64]:
    """Return the distance from the majority that a score of 1 stands for, shape (n_members,).

    That is the upper quartile of the cores, so that a usual core scores nearly 1; without known cores it is what only
    one spectrum of a thousand exceeds, and at least the margin, so that noise is not blown up to 1.
    """
    if isinstance(similarity, ByLabel) and similarity.cores.any():
        cores = np.flatnonzero(similarity.cores) if known is None else known[similarity.cores]
        unit = np.quantile(away[:, cores], 0.75, axis=1)
        return np.asarray(np.where(unit > 0, unit, margin))
    return np.maximum(np.quantile(away, 0.999, axis=1), margin)


def _best_starts(trained: Trained, starts: int) -> Trained:
    """Keep the start with the smallest held-out loss of each member."""
    best = trained.best.reshape(-1, starts)
    return trained.choose(best.argmin(axis=1) + starts * np.arange(len(best)))

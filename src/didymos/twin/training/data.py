"""What a training sees: spectra, which pairs are similar, and how batches are drawn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.twin.training.plan import Batch, Plan
from didymos.twin.training.sampling import draw_batches, held_out
from didymos.twin.training.settings import TrainingSettings
from didymos.twin.training.similarity import ByPair, Similarity

FEWEST_HELD_OUT = 100
"""With fewer held-out pairs than this nothing is held out: all pairs train, and the same ones tell when to stop."""

PAIRS_OF_A_SPECTRUM = 8
"""Given pairs in a batch over the spectra that a batch would have."""


@dataclass(frozen=True)
class TrainingData:
    """What the members are trained on.

    Attributes
    ----------
    inputs : array, shape (n_sets, n_points, n_inputs)
        What the encoder sees, times `scale`: one set for all members, one for each, or one for every few that follow
        each other.
    similarity : Similarity
        Which pairs are similar.
    cumulative : array, shape (n_points,) or (n_pairs,)
        Cumulative probabilities of the rare half of a batch, of spectra or of given pairs.
    scale : float
        What the inputs are divided by when they are drawn.
    width : int, optional
        To how many inputs they are filled up with zeros.
    jitter : array, shape (n_inputs,), optional
        Standard deviation of the noise that every spectrum gets anew whenever it is drawn, in the units of `inputs`: a
        labelled spectrum stands for all that differ from it as the majority does.
    """

    inputs: NDArray[np.floating]
    similarity: Similarity
    cumulative: NDArray[np.float32]
    scale: float = 1.0
    width: int | None = None
    jitter: NDArray[np.floating] | None = None

    @property
    def size(self) -> int:
        """Size of the input of the encoder."""
        return self.inputs.shape[-1] if self.width is None else self.width

    def draw(self, generator: np.random.Generator, set_index: int, shape: tuple[int, int]) -> Batch:
        """Draw batches from one of the sets; see :func:`didymos.twin.training.sampling.draw_batches`."""
        drawn = draw_batches(generator, self.cumulative, shape)
        batch = self.similarity.gather(self.inputs[set_index], drawn)
        seen = np.zeros((*batch.inputs.shape[:-1], self.size), dtype=np.float32)
        some = seen[..., : batch.inputs.shape[-1]]
        np.divide(batch.inputs, self.scale, out=some, casting="same_kind")
        if self.jitter is not None:
            noise = generator.standard_normal(some.shape, dtype=np.float32)
            some += noise * np.asarray(self.jitter / self.scale, dtype=np.float32)
        return batch._replace(inputs=seen)

    def plan(self, settings: TrainingSettings, members: int) -> Plan:
        """Return what the program of so many members is compiled for."""
        similarity = self.similarity
        if isinstance(similarity, ByPair):
            out = held_out(*similarity.rows.T)
            alike = float(similarity.similarity[out].sum())
            enough = min(alike, out.sum() - alike) >= FEWEST_HELD_OUT
        else:
            enough = holds_out(self.inputs.shape[1])
        return plan_for(
            settings, similarity.kind, self.size, similarity.columns, members=members, hold_out=bool(enough)
        )


def in_order_of_content(
    similarity: Similarity, distance: NDArray[np.floating], known: NDArray[np.intp] | None
) -> tuple[Similarity, NDArray[np.intp] | None]:
    """Return who is similar to whom, and the spectra that this is known of, by their distance from the majority.

    What a batch holds does not depend on the order of the points then, and a map that is turned, mirrored or measured
    in another order gives the same scores.

    Parameters
    ----------
    similarity : Similarity
    distance : array, shape (n_points,)
        Distance of each spectrum from the centre of the majority.
    known : array of int, optional
        The spectra that `similarity` knows, all where it is not given.

    Returns
    -------
    Similarity
        Given pairs have the order that they were given in.
    array of int, or None
    """
    if isinstance(similarity, ByPair):
        return similarity, known
    index = np.arange(len(distance)) if known is None else known
    order = np.argsort(distance[index], kind="stable")
    return similarity.taken(order), index[order]


def holds_out(points: int) -> bool:
    """Tell whether so many spectra have pairs enough to keep some from training."""
    return held_out_pairs(points) >= FEWEST_HELD_OUT


def held_out_pairs(points: int) -> int:
    """Return about how many pairs of so many spectra are held out."""
    return points * (points - 1) // 16


def plan_for(settings: TrainingSettings, kind: str, inputs: int, columns: int, *, members: int, hold_out: bool) -> Plan:
    """Return what the program of a training is compiled for.

    Parameters
    ----------
    settings : TrainingSettings
    kind : str
        Of :data:`didymos.twin.training.similarity.Similarity`.
    inputs, columns : int
        Size of the input of the encoder, and columns of :attr:`Batch.target`.
    members : int
        In one program.
    hold_out : bool
        Whether some pairs never train.

    Returns
    -------
    Plan
    """
    return Plan(
        kind,
        (inputs, *settings.layers),
        columns,
        settings.activation,
        settings.loss,
        settings.margin_grows,
        hold_out,
        members,
        settings.batch * (PAIRS_OF_A_SPECTRUM if kind == ByPair.kind else 1),
        settings.stretch,
        settings.stretch * settings.stretches,
    )

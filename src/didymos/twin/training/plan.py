"""What a training program is compiled for and what goes in and comes out."""

from __future__ import annotations

from typing import Any, NamedTuple

HELD_OUT_BATCHES = 16
"""Batches that every look at the held-out pairs takes in."""


class Batch(NamedTuple):
    """Arrays of one or several batches, with leading axes over batches and members.

    Attributes
    ----------
    inputs : array of float32, shape (..., n_points, n_inputs) or (..., n_pairs, 2, n_inputs)
        What the encoder sees.
    rows : array of int32, shape (..., n_points) or (..., n_pairs, 2)
        Which spectra these are.
    target : array of float32, shape (..., n_points or n_pairs, n_columns)
        What decides whether two are similar: features, label and amplitude, or the similarity of the pair. Without any
        column the inputs decide.
    """

    inputs: Any
    rows: Any
    target: Any


class Look(NamedTuple):
    """What the held-out pairs of each member say, shape (n_members,) each.

    Attributes
    ----------
    loss : array
        Loss of the network.
    constant : array
        Loss of a network that gives one value for all spectra.
    similar, dissimilar : array
        Number of pairs of each sort in a batch.
    """

    loss: Any
    constant: Any
    similar: Any
    dissimilar: Any


class Plan(NamedTuple):
    """What the program is compiled for; everything else may change without compiling again.

    Attributes
    ----------
    kind : str
        What decides the similarity: distance, label or pair (:mod:`didymos.twin.training.similarity`).
    sizes : tuple of int
        Sizes of the encoder from its input to the embedding.
    columns : int
        Columns of :attr:`Batch.target`.
    activation, loss : str
    margin_grows : bool
    hold_out : bool
        Whether some pairs never train and only tell when to stop.
    members : int
    batch : int
        Spectra or given pairs in a batch.
    stretch : int
        Steps between two looks.
    steps : int
        All steps of the training, over which the step size falls.
    """

    kind: str
    sizes: tuple[int, ...]
    columns: int
    activation: str
    loss: str
    margin_grows: bool
    hold_out: bool
    members: int
    batch: int
    stretch: int
    steps: int

    def shapes(self, batches: int) -> Batch:
        """Return the shapes of so many batches."""
        points = (batches, self.members, self.batch)
        of_pair = (2,) if self.kind == "pair" else ()
        return Batch((*points, *of_pair, self.sizes[0]), (*points, *of_pair), (*points, self.columns))

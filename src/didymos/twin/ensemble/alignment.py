"""How members of an ensemble are laid on each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.twin.training.encoder import Encoder


class Motion(NamedTuple):
    """A rotation or reflection and then a shift: p -> p @ turn + shift.

    Attributes
    ----------
    turn : array, shape (n_components, n_components)
        Orthogonal.
    shift : array, shape (n_components,)
    """

    turn: NDArray[np.float64]
    shift: NDArray[np.float64]

    def __call__(self, embedding: NDArray[np.floating]) -> NDArray[np.float64]:
        """Move an embedding, shape (n_points, n_components)."""
        return np.asarray(embedding @ self.turn + self.shift)


def motion_onto(embedding: NDArray[np.floating], reference: NDArray[np.floating]) -> Motion:
    """Find the motion that brings an embedding nearest to another (orthogonal Procrustes; Schoenemann, 1966).

    Parameters
    ----------
    embedding, reference : array, shape (n_points, n_components)

    Returns
    -------
    Motion
    """
    centre, goal = embedding.mean(axis=0), reference.mean(axis=0)
    left, _, right = np.linalg.svd((embedding - centre).T.astype(float) @ (reference - goal))
    turn = left @ right
    return Motion(turn, goal - centre @ turn)


def standard_motion(embedding: NDArray[np.floating], near: NDArray[np.bool_]) -> Motion:
    """Find the motion to the standard frame of an embedding.

    The majority lies at the origin, the first axis is that of the largest variance and the others follow in order;
    along every axis the farthest point lies on the positive side. So a map of a component means the same for every
    seed.

    Parameters
    ----------
    embedding : array, shape (n_points, n_components)
    near : array of bool, shape (n_points,)
        Which points are of the majority, at least one.

    Returns
    -------
    Motion
    """
    origin = np.median(embedding[near], axis=0)
    moved = np.asarray(embedding - origin, dtype=np.float64)
    _, axes = np.linalg.eigh(moved.T @ moved)
    turn = axes[:, ::-1]
    along = moved @ turn
    farthest = along[np.abs(along).argmax(axis=0), np.arange(along.shape[1])]
    turn = turn * np.where(farthest < 0, -1.0, 1.0)
    return Motion(turn, -origin @ turn)


def agreement(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return the correlation of two embeddings, 1 where they are alike up to a shift and a common factor.

    Parameters
    ----------
    first, second : array, shape (n_points, n_components)

    Returns
    -------
    float
        1 where one of them does not vary.
    """
    a, b = first - first.mean(axis=0), second - second.mean(axis=0)
    length = np.linalg.norm(a) * np.linalg.norm(b)
    return float((a * b).sum() / length) if length > 0 else 1.0


def moved(encoder: Encoder, motions: list[Motion]) -> Encoder:
    """Return the encoder whose last layer makes a motion as well, one for each member.

    Parameters
    ----------
    encoder : Encoder
    motions : list of Motion

    Returns
    -------
    Encoder
    """
    turns, shifts = (np.stack(parts) for parts in zip(*motions, strict=True))
    weight = encoder.weights[-1] @ turns
    bias = np.einsum("mi,mij->mj", encoder.biases[-1], turns) + shifts
    return Encoder((*encoder.weights[:-1], weight), (*encoder.biases[:-1], bias), encoder.activation)

"""The encoder that both twins share, as plain arrays: fully connected layers with an activation between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from didymos.core.numeric.threads import allowed_threads, in_order
from didymos.schema.printing import brief

BLOCK = 8192
"""Spectra that are embedded at a time."""


def _gelu(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the tanh form of the Gaussian error linear unit, the one that the training uses."""
    return np.asarray(0.5 * values * (1 + np.tanh(np.sqrt(2 / np.pi) * (values + 0.044715 * values**3))))


ACTIVATIONS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "tanh": np.tanh,
    "relu": lambda values: np.maximum(values, 0),
    "elu": lambda values: np.where(values > 0, values, np.expm1(np.minimum(values, 0))),
    "gelu": _gelu,
    "silu": lambda values: values * expit(values),
}
"""Activations by name."""


@dataclass(frozen=True)
class Encoder:
    """Fully connected layers h_k = a(h_(k-1) W_k + b_k), the last one linear (the paper, Fig. 7a), of every member.

    Attributes
    ----------
    weights : tuple of arrays, shape (n_members, n_in, n_out)
    biases : tuple of arrays, shape (n_members, n_out)
    activation : str
        A key of :data:`ACTIVATIONS`.
    """

    weights: tuple[NDArray[np.float64], ...]
    biases: tuple[NDArray[np.float64], ...]
    activation: str

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)

    @property
    def members(self) -> int:
        """Number of encoders."""
        return len(self.weights[0])

    @property
    def components(self) -> int:
        """Size of the embedding."""
        return int(self.weights[-1].shape[-1])

    def choose(self, members: Sequence[int] | NDArray[np.integer]) -> Encoder:
        """Return the encoders of some members, in the order given."""
        index = np.asarray(members, dtype=np.intp)
        return Encoder(tuple(w[index] for w in self.weights), tuple(b[index] for b in self.biases), self.activation)

    def followed_by(self, other: Encoder) -> Encoder:
        """Return the encoders of this and of another ensemble of the same layers."""
        weights = tuple(map(np.concatenate, zip(self.weights, other.weights, strict=True)))
        biases = tuple(map(np.concatenate, zip(self.biases, other.biases, strict=True)))
        return Encoder(weights, biases, self.activation)

    def stretched(self, factor: float) -> Encoder:
        """Return the encoder whose embedding is so many times larger."""
        weights = (*self.weights[:-1], factor * self.weights[-1])
        return Encoder(weights, (*self.biases[:-1], factor * self.biases[-1]), self.activation)

    def flat(self) -> NDArray[np.float32]:
        """Return weights and then biases of every layer in one row for each member, in single precision."""
        parts = []
        for weight, bias in zip(self.weights, self.biases, strict=True):
            parts += [weight.reshape(len(weight), -1), bias]
        return np.concatenate(parts, axis=1).astype(np.float32)

    @classmethod
    def from_flat(cls, parameters: NDArray[np.floating], sizes: Sequence[int], activation: str) -> Encoder:
        """Return the encoder whose :meth:`flat` is this, `sizes` from the input to the embedding."""
        weights, biases, place = [], [], 0
        values = np.asarray(parameters, dtype=np.float64)
        for n_in, n_out in pairwise(sizes):
            weights.append(values[:, place : place + n_in * n_out].reshape(-1, n_in, n_out))
            place += n_in * n_out
            biases.append(values[:, place : place + n_out])
            place += n_out
        return cls(tuple(weights), tuple(biases), activation)

    def embed(self, inputs: NDArray[np.floating]) -> NDArray[np.float64]:
        """Embed spectra with every member.

        Parameters
        ----------
        inputs : array, shape (n_members or 1, n_points, n_inputs)
            One set for all members or one for each.

        Returns
        -------
        array, shape (n_members, n_points, n_components)
            In double precision, so that a point's result does not depend on those embedded with it.
        """
        points = inputs.shape[1]
        result = np.empty((self.members, points, self.components))

        def part(job: tuple[int, int]) -> None:
            member, start = job
            rows = slice(start, start + BLOCK)
            result[member, rows] = self._forward(member, inputs[member if len(inputs) > 1 else 0, rows])

        jobs = [(member, start) for start in range(0, points, BLOCK) for member in range(self.members)]
        for _ in in_order(part, jobs, min(allowed_threads(), max(1, len(jobs)))):
            pass
        return result

    def _forward(self, member: int, values: NDArray[np.floating]) -> NDArray[np.float64]:
        hidden = np.asarray(values, dtype=np.float64)
        activation = ACTIVATIONS[self.activation]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = activation(hidden @ weight[member] + bias[member])
        return np.asarray(hidden @ self.weights[-1][member] + self.biases[-1][member])


def random_encoder(
    generators: Sequence[np.random.Generator], inputs: int, layers: Sequence[int], activation: str
) -> Encoder:
    """Draw encoders with Glorot-normal weights and zero biases (Glorot and Bengio, AISTATS 2010).

    Parameters
    ----------
    generators : sequence of numpy.random.Generator
        One for each member of the ensemble.
    inputs : int
        Size of the input.
    layers : sequence of int
        Sizes of the layers, the last one the size of the embedding.
    activation : str
        A key of :data:`ACTIVATIONS`.

    Returns
    -------
    Encoder
    """
    weights = []
    for n_in, n_out in pairwise([inputs, *layers]):
        spread = np.sqrt(2.0 / (n_in + n_out))
        weights.append(np.stack([generator.normal(scale=spread, size=(n_in, n_out)) for generator in generators]))
    biases = tuple(np.zeros((len(generators), size)) for size in layers)
    return Encoder(tuple(weights), biases, activation)

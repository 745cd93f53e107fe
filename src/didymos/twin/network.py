"""The encoder that both twins share: fully connected layers with a non-linear activation between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "elu": jax.nn.elu,
    "gelu": jax.nn.gelu,
    "silu": jax.nn.silu,
}
"""Activations by name."""


class Encoder(eqx.Module):
    """Fully connected layers h_k = a(W_k h_(k-1) + b_k), the last one linear (the paper, Fig. 7a).

    Attributes
    ----------
    weights : tuple of arrays, shape (n_in, n_out)
    biases : tuple of arrays, shape (n_out,)
    activation : str
        A key of :data:`ACTIVATIONS`.
    """

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    activation: str = eqx.field(static=True)

    def __call__(self, features: Array) -> Array:
        """Embed features, shape (n_points, n_features), as an array of shape (n_points, n_components)."""
        hidden = features
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = ACTIVATIONS[self.activation](hidden @ weight + bias)
        return hidden @ self.weights[-1] + self.biases[-1]


def random_encoders(
    generators: Sequence[np.random.Generator], features: int, layers: Sequence[int], activation: str
) -> Encoder:
    """Draw encoders with Glorot-normal weights and zero biases (Glorot and Bengio, AISTATS 2010).

    Parameters
    ----------
    generators : sequence of numpy.random.Generator
        One for each member of the ensemble.
    features : int
        Size of the input.
    layers : sequence of int
        Sizes of the layers, the last one the size of the embedding.
    activation : str
        A key of :data:`ACTIVATIONS`.

    Returns
    -------
    Encoder
        Every array has a leading axis over the members.
    """
    sizes = [features, *layers]
    weights = []
    for n_in, n_out in pairwise(sizes):
        spread = np.sqrt(2.0 / (n_in + n_out))
        drawn = [generator.normal(scale=spread, size=(n_in, n_out)) for generator in generators]
        weights.append(jax.device_put(np.stack(drawn).astype(np.float32)))
    biases = tuple(jax.device_put(np.zeros((len(generators), size), dtype=np.float32)) for size in layers)
    return Encoder(tuple(weights), biases, activation)

"""The forward pass of the encoder within compiled programs, its weights as one flat vector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import jax
import jax.numpy as jnp
from jax import Array

ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": jnp.tanh,
    "relu": jax.nn.relu,
    "elu": jax.nn.elu,
    "gelu": jax.nn.gelu,
    "silu": jax.nn.silu,
}
"""The activations of :data:`didymos.twin.training.encoder.ACTIVATIONS` in JAX."""


def parameter_count(sizes: Sequence[int]) -> int:
    """Return the number of weights and biases of an encoder, `sizes` from the input to the embedding."""
    return sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))


def forward(parameters: Array, sizes: Sequence[int], activation: str, features: Array) -> Array:
    """Embed features of one member.

    Parameters
    ----------
    parameters : array, shape (n_parameters,)
        Weights and then biases of every layer: one vector, so that a step of the optimiser is one operation.
    sizes : sequence of int
        From the input to the embedding.
    activation : str
        A key of :data:`ACTIVATIONS`.
    features : array, shape (..., n_inputs)

    Returns
    -------
    array, shape (..., n_components)
    """
    hidden, place = features, 0
    for layer, (n_in, n_out) in enumerate(pairwise(sizes)):
        weight = parameters[place : place + n_in * n_out].reshape(n_in, n_out)
        place += n_in * n_out
        hidden = hidden @ weight + parameters[place : place + n_out]
        place += n_out
        if layer < len(sizes) - 2:
            hidden = ACTIVATIONS[activation](hidden)
    return hidden

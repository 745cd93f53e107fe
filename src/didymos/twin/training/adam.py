"""Adam with a step size that falls along a cosine."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

FIRST_DECAY, SECOND_DECAY, SMALLEST = 0.9, 0.999, 1e-8  # those of the paper
LAST = 0.1


class Memory(NamedTuple):
    """What Adam remembers: steps done, and the moving averages of the slope g and of its square."""

    steps: Array
    first: Array
    second: Array


def start(parameters: Array) -> Memory:
    """Return the memory before the first step."""
    return Memory(jnp.zeros([], jnp.int32), jnp.zeros_like(parameters), jnp.zeros_like(parameters))


def change(slope: Array, memory: Memory, learning_rate: Array | float, steps: int) -> tuple[Array, Memory]:
    """Return by how much the parameters change in a step.

    With m_t = 0.9 m_(t-1) + 0.1 g_t and v_t = 0.999 v_(t-1) + 0.001 g_t^2 the change is

        -r_t [m_t / (1 - 0.9^t)] / {[v_t / (1 - 0.999^t)]^(1/2) + 1e-8}

    (D. P. Kingma, J. Ba, ICLR 2015), where r_t falls from the learning rate to a tenth along half a cosine. The
    operations are those of ``optax.adam``, in the same order; only the package takes longer to import than a network to
    train.

    Parameters
    ----------
    slope : array
        g_t, of the loss.
    memory : Memory
        Of the step before.
    learning_rate : float
    steps : int
        Steps after which a tenth is reached.

    Returns
    -------
    change : array
        To be added to the parameters.
    memory : Memory
    """
    first = (1 - FIRST_DECAY) * slope + FIRST_DECAY * memory.first
    second = (1 - SECOND_DECAY) * slope**2 + SECOND_DECAY * memory.second
    done = memory.steps + 1
    unbiased = first / (1 - FIRST_DECAY**done)
    size = jnp.sqrt(second / (1 - SECOND_DECAY**done)) + SMALLEST
    cosine = 0.5 * (1 + jnp.cos(jnp.pi * jnp.minimum(memory.steps, float(steps)) / steps))
    rate = learning_rate * ((1 - LAST) * cosine + LAST)
    return -rate * (unbiased / size), Memory(done, first, second)

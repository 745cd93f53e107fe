"""Losses of pairs: what pulls similar spectra together and pushes the others apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

SMALLEST_SQUARE = 1e-6
"""Added to squared distances under a root, so that its slope stays finite where two embedded spectra coincide."""


class Loss(NamedTuple):
    """A loss of one pair.

    Attributes
    ----------
    attract : callable
        Loss of a similar pair from its squared distance and its margin.
    repel : callable
        Loss of a dissimilar pair from its squared distance and its margin.
    """

    attract: Callable[[Array, Array], Array]
    repel: Callable[[Array, Array], Array]


def _contrastive_attract(square: Array, margin: Array) -> Array:
    del margin
    return square


def _contrastive_repel(square: Array, margin: Array) -> Array:
    return jnp.maximum(0.0, margin - jnp.sqrt(square + SMALLEST_SQUARE)) ** 2


LOSSES: dict[str, Loss] = {"contrastive": Loss(_contrastive_attract, _contrastive_repel)}
"""Losses by name: contrastive is D^2 for a similar pair and max(0, m - D)^2 for a dissimilar one (the paper; Hadsell,
Chopra and LeCun, CVPR 2006, Eq. 4)."""


@jax.custom_vjp
def squared_distances(points: Array) -> Array:
    """Return |p_i - p_j|^2 of all pairs, shape (n_points, n_points)."""
    difference = [points[:, k][:, jnp.newaxis] - points[:, k][jnp.newaxis, :] for k in range(points.shape[1])]
    return jnp.sum(jnp.stack([part**2 for part in difference]), axis=0)


def _forward(points: Array) -> tuple[Array, Array]:
    return squared_distances(points), points


def _backward(points: Array, slope: Array) -> tuple[Array]:
    # sum_j (g_ij + g_ji) 2 (p_i - p_j) as one product of matrices; a common shift of the points cancels and is removed
    both = slope + slope.T
    centred = points - points.mean(axis=0)
    return (2 * (both.sum(axis=1)[:, jnp.newaxis] * centred - both @ centred),)


squared_distances.defvjp(_forward, _backward)


def gram_distances(points: Array) -> Array:
    """Return |p_i|^2 + |p_j|^2 - 2 p_i . p_j of all pairs, shape (n_points, n_points): fast, for labels only."""
    square = jnp.sum(points**2, axis=-1)
    return square[:, jnp.newaxis] + square[jnp.newaxis, :] - 2 * points @ points.T


def pair_loss(loss: Loss, square: Array, similarity: Array, counted: Array, margin: Array) -> Array:
    """Return the mean loss of pairs, similar and dissimilar ones weighted alike.

    L = sum s A(D^2) / sum s + sum (1 - s) R(D^2, m) / sum (1 - s), over the counted pairs, with A and R the two
    sides of the loss; for the contrastive loss that is <D^2>_similar + <max(0, m - D)^2>_dissimilar.

    Parameters
    ----------
    loss : Loss
    square : array
        Squared distance D^2 of each pair in the embedding.
    similarity : array of bool or of floats from 0 to 1, shape of `square`
    counted : array of bool, shape of `square`
        Which pairs take part.
    margin : array, broadcastable to `square`
        Distance m from which on dissimilar pairs are left alone.

    Returns
    -------
    array, shape ()
    """
    alike = jnp.where(counted, similarity, 0.0)
    unlike = jnp.where(counted, 1.0 - similarity, 0.0)
    return _mean(loss.attract(square, margin), alike) + _mean(loss.repel(square, margin), unlike)


def _mean(values: Array, weight: Array) -> Array:
    total = jnp.sum(weight)
    return jnp.sum(weight * values) / jnp.where(total > 0, total, 1.0)

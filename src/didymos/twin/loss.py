"""The contrastive loss of all pairs in a batch."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

SMALLEST_SQUARE = 1e-12
"""Keeps the slope of the root finite where two embedded spectra coincide."""


def squared_distances(points: Array) -> Array:
    """Return |p_i - p_j|^2 of all pairs, shape (n_points, n_points)."""
    difference = points[:, jnp.newaxis, :] - points[jnp.newaxis, :, :]
    return jnp.sum(difference**2, axis=-1)


def gram_distances(points: Array) -> Array:
    """Return |p_i|^2 + |p_j|^2 - 2 p_i . p_j of all pairs, shape (n_points, n_points): fast, for labels only."""
    square = jnp.sum(points**2, axis=-1)
    return square[:, jnp.newaxis] + square[jnp.newaxis, :] - 2 * points @ points.T


def contrastive_loss(embedded: Array, similar: Array, counted: Array, margin: Array) -> Array:
    """Return the contrastive loss, similar and dissimilar pairs weighted alike.

    L = <D^2>_similar + <max(0, m - D)^2>_dissimilar with D the distance of a pair in the embedding
    (Hadsell, Chopra and LeCun, CVPR 2006, Eq. 4).

    Parameters
    ----------
    embedded : array, shape (n_points, n_components)
        The embedded spectra of a batch.
    similar : array of bool, shape (n_points, n_points)
        Which pairs are similar.
    counted : array of bool, shape (n_points, n_points)
        Which pairs take part.
    margin : array, broadcastable to (n_points, n_points)
        Distance m from which on dissimilar pairs are left alone.

    Returns
    -------
    array, shape ()
    """
    square = squared_distances(embedded)
    push = jnp.maximum(0.0, margin - jnp.sqrt(square + SMALLEST_SQUARE)) ** 2
    alike = counted & similar
    unlike = counted & ~similar
    return _mean(square, alike) + _mean(push, unlike)


def _mean(values: Array, chosen: Array) -> Array:
    return jnp.sum(jnp.where(chosen, values, 0.0)) / jnp.maximum(1, jnp.sum(chosen))

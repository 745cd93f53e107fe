"""Which spectra a batch is made of, and which of its pairs train and which are held out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.twin.training.similarity import ByLabel, ByPair, Similarity

Indices = Any
"""Arrays of numpy or of JAX."""

STRATA = 40
HELD_OUT_ONE_IN = 8


def cumulative_weights(distance: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the cumulative probability to draw each spectrum for the rare half of a batch.

    The spectra are divided into strata of equal width in the logarithm of their distance from the majority; every
    stratum that holds any is drawn as often as every other, so one defect among many thousands is met.

    Parameters
    ----------
    distance : array, shape (n_points,)
        Distance from the centre of the majority.

    Returns
    -------
    array, shape (n_points,)
        Ascending, the last one 1.
    """
    scale = float(np.median(distance))
    logarithm = np.log(distance / scale + 0.1) if scale > 0 else np.zeros_like(distance)
    edges = np.linspace(logarithm.min(), logarithm.max() + 1e-9, STRATA + 1)
    return balanced_weights(np.clip(np.digitize(logarithm, edges) - 1, 0, STRATA - 1))


def balanced_weights(group: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the cumulative probability to draw each one where every group is drawn as often as every other.

    Parameters
    ----------
    group : array of int, shape (n_points,)
        Number of the group of each, from 0.

    Returns
    -------
    array, shape (n_points,)
        Ascending, the last one 1.
    """
    weight = 1.0 / np.bincount(group)[group]
    cumulative = np.cumsum(weight)
    return np.asarray(cumulative / cumulative[-1], dtype=np.float32)


def drawing_weights(similarity: Similarity, distance: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the cumulative probability to draw each spectrum or pair for the rare half of a batch.

    Parameters
    ----------
    similarity : Similarity
        Labels and given pairs are drawn by their groups.
    distance : array, shape (n_points,)
        Distance from the centre of the majority, by which spectra without labels are drawn.

    Returns
    -------
    array
        Ascending, the last one 1.
    """
    if isinstance(similarity, ByLabel):
        return balanced_weights(similarity.strata)
    if isinstance(similarity, ByPair):
        return balanced_weights((similarity.similarity >= 0.5).astype(np.intp))
    return cumulative_weights(distance)


def draw_batches(
    generator: np.random.Generator, cumulative: NDArray[np.float32], shape: tuple[int, int]
) -> NDArray[np.int32]:
    """Draw the spectra of batches: one half from all alike, the other by :func:`cumulative_weights`.

    Parameters
    ----------
    generator : numpy.random.Generator
    cumulative : array, shape (n_points,)
    shape : (int, int)
        Number of batches and spectra in each.

    Returns
    -------
    array of int32, shape `shape`
        Indices of spectra.
    """
    batches, size = shape
    points = len(cumulative)
    common = generator.integers(0, points, (batches, size - size // 2))
    rare = np.searchsorted(cumulative, generator.random((batches, size // 2), dtype=np.float32))
    return np.concatenate([common, np.minimum(rare, points - 1)], axis=1).astype(np.int32)


def held_out(first: Indices, second: Indices) -> Indices:
    """Tell which pairs (i, j) never train, one in eight, the same whenever the two spectra meet.

    The two numbers are scrambled before they are added: where kinds alternate in the order of measurement, pairs of
    every sort are held out alike.

    Parameters
    ----------
    first, second : array of int, broadcastable to each other
        Indices of the two spectra, of numpy or of JAX.

    Returns
    -------
    array of bool, shape of the two together
    """
    out: Indices = _scrambled(_scrambled(first) + _scrambled(second)) % HELD_OUT_ONE_IN == 0
    return out


def _scrambled(numbers: Indices) -> Indices:
    """Return 32 bits that look random, the same for the same number (the finaliser of MurmurHash3; Appleby, 2011)."""
    bits = numbers.astype("uint32")
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        bits = (bits ^ (bits >> np.uint32(shift))) * np.uint32(factor)
    scrambled: Indices = bits ^ (bits >> np.uint32(16))
    return scrambled

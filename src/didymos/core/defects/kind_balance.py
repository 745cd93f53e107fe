"""Scores of different kinds of defects on one scale.

A small network cannot always lift the cores of every kind to the same height; only where it does, a threshold of the
score means the same share of a defect for all kinds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.amplitude import Amplitudes

CORE = 0.8
"""Amplitude from which a spectrum belongs to the core of a defect."""

LARGEST_GAIN = 5.0
"""A network whose cores of one kind score less than a fifth of those of another has not learned that kind."""


def kind_gains(scores: NDArray[np.floating], amplitudes: Amplitudes) -> NDArray[np.float64]:
    """Return the factors that give the cores of all kinds the scores of the kind that scores highest.

    g_k = max_j s_j / s_k, with s_k the median score of the cores of kind k, for every network.

    Parameters
    ----------
    scores : array, shape (n_members, n_points)
    amplitudes : Amplitudes
        Of the same spectra.

    Returns
    -------
    array, shape (n_members, n_kinds)
        1 to :data:`LARGEST_GAIN`; 1 for a kind without a core.
    """
    core = ~amplitudes.quiet & ~amplitudes.doubtful & (amplitudes.value > CORE)
    usual = np.zeros((len(scores), len(amplitudes.noise)))
    for kind in range(usual.shape[1]):
        own = core & (amplitudes.kind == kind + 1)
        if own.any():
            usual[:, kind] = np.median(scores[:, own], axis=1)
    highest = usual.max(axis=1, keepdims=True, initial=0.0)
    gains = np.divide(highest, usual, out=np.ones_like(usual), where=usual > 0)
    return np.asarray(np.minimum(gains, LARGEST_GAIN))


def balanced(
    scores: NDArray[np.floating], amplitudes: NDArray[np.float64], gains: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return scores times the gain of the kind that is in a spectrum, as far as it is: min(s (1 + (g_k - 1) a_k), 1).

    Parameters
    ----------
    scores : array, shape (n_members, n_points)
    amplitudes : array, shape (n_points, n_kinds)
        Of every kind in a spectrum; k is the kind of the largest, a_k counts from 0 to 1.
    gains : array, shape (n_members, n_kinds)

    Returns
    -------
    array, shape (n_members, n_points)
    """
    kind = amplitudes.argmax(axis=1)
    share = np.clip(amplitudes[np.arange(len(kind)), kind], 0.0, 1.0)
    return np.asarray(np.minimum(scores * (1 + (gains[:, kind] - 1) * share), 1.0))

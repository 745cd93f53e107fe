"""The score where there are no networks: how far a spectrum is from the majority, or from its nearest phase."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PHASES = "phase_centres"
"""Name of the centres of the phases in a model file."""


def distance_score(distance: NDArray[np.floating], unit: float) -> NDArray[np.float64]:
    """Return the score of a distance d where there are no networks, d^2 / (d^2 + d_u^2), shape (n_points,).

    The order of the spectra is that of their distances.

    Parameters
    ----------
    distance : array, shape (n_points,)
        Not negative, in the units of the metric.
    unit : float
        d_u, the distance with a score of one half.
    """
    ratio = np.asarray(distance, dtype=np.float64) / unit
    # no square overflows
    return np.asarray((ratio / np.hypot(1.0, ratio)) ** 2)


def distance_to_phases(features: NDArray[np.floating], centres: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the distance of spectra from the nearest phase, min_k |f - c_k|, shape (n_points,).

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    centres : array, shape (n_phases, n_features)
        Of :func:`phase_centres`.
    """
    nearest = np.full(len(features), np.inf)
    for centre in centres:
        np.minimum(nearest, np.linalg.norm(features - centre, axis=1), out=nearest)
    return nearest


def phase_centres(features: NDArray[np.floating], phase: NDArray[np.integer]) -> NDArray[np.float64] | None:
    """Return the medians of the features of every phase, shape (n_phases, n_features); None where there is one phase.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    phase : array of int, shape (n_points,)
        1, 2 ...; 0 belongs to none.
    """
    count = int(phase.max(initial=1))
    if count < 2:
        return None
    return np.stack([np.median(features[phase == number], axis=0) for number in range(1, count + 1)])

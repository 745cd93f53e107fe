"""Kinds of minority spectra: groups that differ from the majority in different directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

MOST_KINDS = 6
SMALLEST_SILHOUETTE = 0.5
"""Clusters below this silhouette have no structure to speak of (Kaufman and Rousseeuw, 1990, Table 4)."""

TOLERANCE = 0.1
"""A larger number of kinds must raise the silhouette by more than this."""

SAMPLE = 2000


def find_kinds(residual: NDArray[np.floating], evidence: NDArray[np.bool_], *, seed: int) -> NDArray[np.int16]:
    """Divide minority spectra into kinds by the direction in which they differ from their surroundings.

    k-means on the unit vectors r / |r| of the spectra with evidence, for every number of kinds up to six of which
    each holds at least 3 spectra and 3 % of them; the smallest number is taken whose average silhouette comes within
    0.1 of the best, and one kind where none exceeds 0.6. The other spectra of the minority join the kind of the
    nearest direction. A defect and its flank have the same direction and so the same kind.

    Parameters
    ----------
    residual : array, shape (n_points, n_features)
        Features of the minority minus those of the surroundings; a row with NaN joins the largest kind.
    evidence : array of bool, shape (n_points,)
        Spectra that stand out from their surroundings clearly.
    seed : int
        Seed of the starts of k-means.

    Returns
    -------
    array of int16, shape (n_points,)
        Kind of each, 1 the largest.
    """
    length = np.linalg.norm(residual, axis=1, keepdims=True)
    known = np.isfinite(length[:, 0])
    direction = np.nan_to_num(residual / np.where(length > 0, length, 1.0))
    centres = _centres(direction[evidence & known], seed)
    kinds = (direction @ centres.T).argmax(axis=1) if len(centres) > 1 else np.zeros(len(residual), dtype=np.intp)
    order = np.argsort(-np.bincount(kinds[known], minlength=len(centres)), kind="stable")
    rank = np.empty(len(order), dtype=np.int16)
    rank[order] = np.arange(1, len(order) + 1)
    return np.asarray(np.where(known, rank[kinds], 1), dtype=np.int16)


def _centres(direction: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Return the mean directions of the kinds, shape (n_kinds, n_features)."""
    points = len(direction)
    if points == 0:
        return np.zeros((1, direction.shape[1]))
    fewest = max(3, int(np.ceil(0.03 * points)))
    different = len(np.unique(direction.round(9), axis=0))
    found = [(SMALLEST_SILHOUETTE, direction.mean(axis=0, keepdims=True))]
    for number in range(2, min(MOST_KINDS, points // fewest, different - 1) + 1):
        fit = KMeans(number, n_init=10, random_state=seed).fit(direction)
        if np.bincount(fit.labels_).min() >= fewest:
            value = silhouette_score(direction, fit.labels_, sample_size=min(SAMPLE, points), random_state=seed)
            found.append((float(value), fit.cluster_centers_))
    best = max(value for value, _ in found)
    return next(centres for value, centres in found if value >= best - TOLERANCE)

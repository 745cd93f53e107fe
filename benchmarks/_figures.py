"""Figures of merit of a score and of an embedding on a map whose truth is known."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, silhouette_score

from didymos.core.latent.distance_correlation import correlate_distances, distance_to_mean

DEFECT, CLEAR, CORE = 0.5, 0.02, 0.9
"""True amplitudes: over the first a spectrum is a defect, under the second background; over the third it is a core."""

LARGEST_SAMPLE = 2000
"""Spectra of each class in a silhouette at most."""


def clear(amplitude: np.ndarray) -> np.ndarray:
    """Return which spectra are clearly background or clearly defect."""
    return (amplitude > DEFECT) | (amplitude < CLEAR)


def precision(amplitude: np.ndarray, score: np.ndarray) -> float:
    """Return the average precision of finding defects among background."""
    some = clear(amplitude)
    return float(average_precision_score(amplitude[some] > DEFECT, score[some]))


def rank_correlation(amplitude: np.ndarray, score: np.ndarray) -> float:
    """Return Spearman's correlation with the amplitude in the transition, 0.02 to 0.9."""
    between = (amplitude > CLEAR) & (amplitude < CORE)
    return float(spearmanr(score[between], amplitude[between]).statistic)


def of_embedding(amplitude: np.ndarray, embedding: np.ndarray, spectra: np.ndarray) -> dict[str, float]:
    """Return how well an embedding parts background and defects.

    Parameters
    ----------
    amplitude : array, shape (n_points,)
    embedding : array, shape (n_points, n_components)
    spectra : array, shape (n_points, n_energies)

    Returns
    -------
    dict of str to float
        spread: the 99 % radius of the background over the median distance of the defects, both from the middle of the
        background; silhouette; step index and share of two levels of the distance correlation.
    """
    background, defects = embedding[amplitude < CLEAR], embedding[amplitude > DEFECT]
    middle = np.median(background, axis=0)
    radius = np.quantile(np.linalg.norm(background - middle, axis=1), 0.99)
    random = np.random.default_rng(0)
    parts = [random.permutation(part)[:LARGEST_SAMPLE] for part in (background, defects)]
    label = np.repeat([0, 1], [len(part) for part in parts])
    latent = np.linalg.norm(embedding - embedding.mean(axis=0), axis=1)
    correlation = correlate_distances(distance_to_mean(spectra), latent)
    return {
        "spread": float(radius / np.median(np.linalg.norm(defects - middle, axis=1))),
        "silhouette": float(silhouette_score(np.concatenate(parts), label)),
        "step": float(correlation.step_index),
        "levels": float(correlation.step_share),
    }

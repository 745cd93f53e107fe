"""A score from examples: the distances in the embedding from the named kinds and from the majority."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.twin.training.similarity import OTHER, ByLabel


@dataclass(frozen=True)
class ExampleScore:
    """Score s = u / (u + k), u the distance to the nearest of `unlike` and k that to the nearest of `like`.

    Attributes
    ----------
    like : array, shape (n_members, n_kinds, n_components)
        Mean of the examples of each kind in the embedding.
    unlike : array, shape (n_members, n_others, n_components)
        Mean of the examples of the majority, and every example that is only unlike the kinds.
    """

    like: NDArray[np.float64]
    unlike: NDArray[np.float64]

    def score(self, embedding: NDArray[np.floating]) -> NDArray[np.float64]:
        """Score an embedding, shape (n_members, n_points, n_components), as (n_members, n_points), 0 to 1."""
        near, far = nearest(embedding, self.unlike), nearest(embedding, self.like)
        total = near + far
        # where a kind and the majority coincide nothing tells them apart
        return np.divide(near, total, out=np.full_like(total, 0.5), where=total > 0)


def nearest(embedding: NDArray[np.floating], places: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the distance from every point to the nearest of some places, for every member.

    Parameters
    ----------
    embedding : array, shape (n_members, n_points, n_components)
    places : array, shape (n_members, n_places, n_components)

    Returns
    -------
    array, shape (n_members, n_points)
    """
    found = np.full(embedding.shape[:2], np.inf)
    for place in np.moveaxis(places, 1, 0):
        np.minimum(found, np.linalg.norm(embedding - place[:, np.newaxis], axis=2), out=found)
    return found


def example_score(embedding: NDArray[np.floating], similarity: ByLabel, known: NDArray[np.intp]) -> ExampleScore:
    """Return the score that labelled spectra define.

    Parameters
    ----------
    embedding : array, shape (n_members, n_points, n_components)
    similarity : ByLabel
        With the majority, label 0, and at least one kind.
    known : array of int, shape (n_known,)
        The points that `similarity` has labels of.

    Returns
    -------
    ExampleScore
    """
    labels, some = similarity.labels, embedding[:, known]
    like = [some[:, labels == kind].mean(axis=1) for kind in np.unique(labels[labels > 0])]
    majority = some[:, labels == 0].mean(axis=1, keepdims=True)
    return ExampleScore(np.stack(like, axis=1), np.concatenate([majority, some[:, labels == OTHER]], axis=1))

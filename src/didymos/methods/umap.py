"""UMAP: a plane that keeps the nearest neighbours of the spectra (the paper, Fig. 6c)."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.neighbors import NearestNeighbors

from didymos.methods.interface import Family, Outcome, Task
from didymos.methods.large import MOST_SPECTRA, drawn, fitted_note, nearest
from didymos.methods.latent import PLANE, distance_from, unit_scores

NEIGHBOURS = 15
"""Of a spectrum, itself among them."""


@dataclass(frozen=True)
class NeighbourPlane:
    """Uniform manifold approximation and projection; unusual is what is far from the mean spectrum in the plane."""

    name: str = "umap"
    title: str = "UMAP"
    packages: tuple[str, ...] = ("umap",)

    def run(self, task: Task) -> Outcome:
        """Lay the spectra out, the mean spectrum among them."""
        scores = unit_scores(task)
        chosen = drawn(len(scores), MOST_SPECTRA, task.seed)
        # the mean spectrum is the last row
        features = np.concatenate([scores[chosen], np.zeros((1, scores.shape[1]))]).astype(np.float32)
        # exact neighbours: as fast as approximate ones for so few, whose code takes a minute to compile
        number = min(NEIGHBOURS, len(features) - 1)
        distance, index = NearestNeighbors(n_neighbors=number, algorithm="brute").fit(features).kneighbors(features)
        with warnings.catch_warnings():
            # UMAP warns that a seed means a single thread, and that it cannot embed further spectra
            warnings.simplefilter("ignore")
            umap = importlib.import_module("umap")
            model = umap.UMAP(
                n_components=PLANE,
                n_neighbors=number,
                precomputed_knn=(index, distance, None),
                force_approximation_algorithm=True,
                random_state=task.seed,
                n_jobs=1,
            )
            plane = model.fit(features).embedding_.astype(np.float64)
        origin, space = plane[-1], plane[:-1][nearest(scores, chosen)]
        notes = fitted_note(len(scores), chosen, "take the position of the nearest fitted spectrum")
        return Outcome(score=distance_from(space, origin), space=space, origin=origin, notes=notes)


build = Family.of(NeighbourPlane()).build

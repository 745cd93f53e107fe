"""t-SNE: a plane in which neighbours stay neighbours (the paper, ref. 40)."""

from __future__ import annotations

import importlib
import warnings
from dataclasses import dataclass

import numpy as np

from didymos.methods.interface import Family, Outcome, Task
from didymos.methods.large import MOST_SPECTRA, drawn, fitted_note, nearest
from didymos.methods.latent import PLANE, distance_from, unit_scores

PERPLEXITY = 30.0
INTERPOLATED_FROM = 2000
"""From this many spectra on the forces are interpolated on a grid: faster, and the same picture."""


@dataclass(frozen=True)
class StochasticNeighbours:
    """t-distributed stochastic neighbour embedding; unusual is what is far from the mean spectrum in the plane."""

    name: str = "tsne"
    title: str = "t-SNE"
    packages: tuple[str, ...] = ("openTSNE",)

    def run(self, task: Task) -> Outcome:
        """Lay the spectra out, the mean spectrum among them."""
        scores = unit_scores(task)
        chosen = drawn(len(scores), MOST_SPECTRA, task.seed)
        # the mean spectrum is the last row
        features = np.concatenate([scores[chosen], np.zeros((1, scores.shape[1]))])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opentsne = importlib.import_module("openTSNE")
            model = opentsne.TSNE(
                n_components=PLANE,
                perplexity=min(PERPLEXITY, (len(features) - 1) / 3),
                initialization="pca",
                neighbors="exact",
                negative_gradient_method="fft" if len(features) >= INTERPOLATED_FROM else "bh",
                random_state=task.seed,
                n_jobs=1,
            )
            plane = np.asarray(model.fit(features), dtype=np.float64)
        origin, space = plane[-1], plane[:-1][nearest(scores, chosen)]
        notes = fitted_note(len(scores), chosen, "take the position of the nearest fitted spectrum")
        return Outcome(score=distance_from(space, origin), space=space, origin=origin, notes=notes)


build = Family.of(StochasticNeighbours()).build

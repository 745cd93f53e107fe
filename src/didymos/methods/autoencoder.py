"""A deep autoencoder: a network that restores every spectrum from two numbers (the paper, Fig. 6d)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from didymos.methods.interface import Family, Outcome, Task
from didymos.methods.large import MOST_SPECTRA, drawn, fitted_note, in_blocks
from didymos.methods.latent import PLANE, unit_scores

LAYERS = (64, 16, PLANE, 16, 64)
MOST_ROUNDS = 200
"""Passes through the spectra."""
STEPS = 50
"""Steps of the training in a pass at least, unless a step would see fewer than 16 spectra; at most it sees 200."""
FEWEST_HELD_OUT = 100
"""With fewer spectra none are held out to end the training in time."""


@dataclass(frozen=True)
class Autoencoder:
    """x' = g(f(x)) with a bottleneck f of two units; unusual is what has a large error |x - x'|."""

    name: str = "autoencoder"
    title: str = "Autoencoder"
    packages: tuple[str, ...] = ()

    def run(self, task: Task) -> Outcome:
        """Train the network, and read its bottleneck and its errors."""
        scores = unit_scores(task).astype(np.float32)
        chosen = drawn(len(scores), MOST_SPECTRA, task.seed)
        model = MLPRegressor(
            hidden_layer_sizes=LAYERS,
            activation="tanh",
            batch_size=int(np.clip(len(chosen) // STEPS, min(16, len(chosen)), 200)),
            max_iter=MOST_ROUNDS,
            early_stopping=len(chosen) >= FEWEST_HELD_OUT,
            random_state=task.seed,
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            model.fit(scores[chosen], scores[chosen])
        error = in_blocks(lambda x: np.linalg.norm(x - model.predict(x), axis=1), scores)
        space = bottleneck(model, scores)
        origin = bottleneck(model, np.zeros((1, scores.shape[1])))[0]
        notes = fitted_note(len(scores), chosen, "go through the same network")
        if caught:
            notes += (f"The training had not settled after {MOST_ROUNDS} rounds.",)
        return Outcome(score=error, space=space, origin=origin, notes=notes)


def bottleneck(model: MLPRegressor, features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the two units in the middle, z_l = tanh(z_(l-1) W_l + b_l) up to the bottleneck.

    Parameters
    ----------
    model : sklearn.neural_network.MLPRegressor
        Trained, with `LAYERS`.
    features : array, shape (n_points, n_features)

    Returns
    -------
    array, shape (n_points, 2)
        -1 to 1.
    """
    layers = LAYERS.index(PLANE) + 1

    def forward(values: NDArray[np.floating]) -> NDArray[np.floating]:
        for weights, bias in zip(model.coefs_[:layers], model.intercepts_[:layers], strict=True):
            values = np.tanh(values @ weights + bias)
        return values

    return in_blocks(forward, features)


build = Family.of(Autoencoder()).build

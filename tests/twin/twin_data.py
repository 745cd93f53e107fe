from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from didymos.twin.embedding_stage import fit_embedding
from didymos.twin.training.compilation import Compiler
from didymos.twin.training.data import TrainingData
from didymos.twin.training.sampling import balanced_weights, cumulative_weights
from didymos.twin.training.settings import TrainingSettings
from didymos.twin.training.similarity import ByDistance, ByLabel, given_pairs

SMALL = TrainingSettings(layers=(8, 2), batch=32, stretch=20, stretches=4, patience=2)
"""Small enough to compile and train in a second; the tests share it so that it compiles once."""

LONG = replace(SMALL, stretches=12)
"""Long enough to learn what labels and pairs say."""

SCORE = replace(SMALL, layers=(10, 5, 1), stretch=50)

QUICK: dict[str, Any] = {"layers": (8, 2), "batch_size": 32, "max_iter": 200}
"""Parameters of a TwinEmbedding that learns planted_spectra in a moment."""

MEMBERS, RARE, THRESHOLD = 2, 40, 5.0
FAR = slice(100, 120)


class Recording(Compiler):
    """A compiler that notes which plans it was asked for."""

    def __init__(self):
        super().__init__()
        self.plans = []

    def prepare(self, plan):
        self.plans.append(plan)
        return super().prepare(plan)


def two_clusters(points=300, rare=RARE, features=4):
    """Return standard normal features, the first `rare` of them moved away, and their distance from the majority."""
    values = np.random.default_rng(0).normal(size=(points, features))
    values[:rare, 0] += 12
    return values, np.linalg.norm(values, axis=1)


def three_clusters(each=60):
    """Return features of three clusters at the corners of a triangle, and the number of the cluster of each."""
    kind = np.repeat([0, 1, 2], each)
    values = np.random.default_rng(1).normal(size=(len(kind), 4))
    values[:, :2] += 8 * np.array([[0, 0], [1, 0], [0.5, 0.9]])[kind]
    return values, kind


def planted_spectra(points=120):
    """Return spectra of 30 energies; those of FAR have a peak that the others lack."""
    rng = np.random.default_rng(0)
    energy = np.linspace(-1, 1, 30)
    values = 1 + rng.normal(size=(points, 2)) @ np.stack([energy, energy**2]) * 0.2
    values[FAR] += 2 * np.exp(-((energy / 0.2) ** 2))
    return values + rng.normal(scale=0.03, size=values.shape)


def by_distance(values, threshold=THRESHOLD):
    """Return features as they are as what members see and what decides which pairs are similar."""
    inputs = np.asarray(values, dtype=np.float32)[np.newaxis]
    return TrainingData(inputs, ByDistance(None, threshold), cumulative_weights(np.linalg.norm(values, axis=1)))


def by_label(values, labels):
    """Return features whose labels, numbers from 0, decide which pairs are similar."""
    inputs = np.asarray(values, dtype=np.float32)[np.newaxis]
    return TrainingData(inputs, ByLabel(np.asarray(labels, dtype=np.int32)), balanced_weights(np.asarray(labels)))


def by_pairs(values, similarity, number=4000):
    """Return features with some of their pairs, whose similarity is read from a table of the kinds."""
    both = np.array(list(combinations(range(len(values)), 2)))
    chosen = np.random.default_rng(2).choice(len(both), number, replace=False)
    first, second = both[chosen].T
    pairs = given_pairs((first, second, similarity[first, second]), len(values))
    inputs = np.asarray(values, dtype=np.float32)[np.newaxis]
    return TrainingData(inputs, pairs, balanced_weights((pairs.similarity >= 0.5).astype(np.intp)))


def first_stage(values, distance, factor=1.0, **changes):
    """Train the first twin on features whose distances decide which are similar."""
    keywords = {"members": MEMBERS, "seed": 3, **changes}
    return fit_embedding(factor * values, factor * distance, factor * THRESHOLD, SMALL, **keywords)


def weights_of(encoder):
    """Return all arrays of an encoder."""
    return [*encoder.weights, *encoder.biases]


def same(first, second):
    """Tell whether two encoders have the same bits."""
    return all(np.array_equal(a, b) for a, b in zip(weights_of(first), weights_of(second), strict=True))


def distances(points):
    """Return the distance of every point from every other."""
    return np.linalg.norm(points[:, np.newaxis] - points[np.newaxis], axis=-1)


def gap(points, kind):
    """Return the smallest distance between the means of two kinds over the largest spread of one."""
    means = np.stack([points[kind == number].mean(axis=0) for number in np.unique(kind)])
    spread = max(np.linalg.norm(points[kind == number].std(axis=0)) for number in np.unique(kind))
    return distances(means)[np.triu_indices(len(means), 1)].min() / spread

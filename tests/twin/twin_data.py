import numpy as np

from didymos.twin.sampling import cumulative_weights
from didymos.twin.training import TrainingData, TrainingSettings

SMALL = TrainingSettings(layers=(8, 2), batch=32, stretch=20, stretches=4, patience=2)
"""Small enough to compile and train in seconds; the tests share it so that it compiles once."""


def two_clusters(points=300, rare=40, features=4):
    """Return standard normal features, the first `rare` of them moved away, and their distance from the majority."""
    values = np.random.default_rng(0).normal(size=(points, features))
    values[:rare, 0] += 12
    return values, np.linalg.norm(values, axis=1)


def training_data(values, threshold):
    """Return features as they are as what members see and what decides which pairs are similar."""
    features = np.asarray(values, dtype=np.float32)[np.newaxis]
    return TrainingData(features, features, threshold, cumulative_weights(np.linalg.norm(values, axis=1)))

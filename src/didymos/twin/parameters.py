"""Parameters and similarities that users give to the estimators, checked."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymos.core.pairs.mixture import best_fit
from didymos.core.pairs.pair_statistics import pair_histogram
from didymos.schema.suggestions import did_you_mean
from didymos.twin.training.similarity import ByLabel, ByPair, given_labels, given_pairs


def given_similarity(
    y: ArrayLike | None, pairs: object, points: int
) -> tuple[NDArray[np.intp] | None, ByLabel | ByPair | None]:
    """Return the similarity that the user gave, and which spectra have a label.

    Parameters
    ----------
    y : array-like, shape (n_points,), optional
        Labels.
    pairs : array-like or sparse matrix, optional
        See :func:`didymos.twin.training.similarity.given_pairs`.
    points : int

    Returns
    -------
    known : array of int or None
    ByLabel, ByPair or None
        Pairs where both are given; None where neither is.
    """
    if pairs is not None:
        return None, given_pairs(pairs, points)
    if y is not None:
        return given_labels(y, points)
    return None, None


def automatic_threshold(features: NDArray[np.floating], seed: int, largest_sample: int = 5000) -> float:
    """Return the distance at which the two Gaussians fitted to log(d + n) cross.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    seed : int
        Of the sample that stands for very many points.
    largest_sample : int
        Points whose pairs are taken at most.

    Returns
    -------
    float
        Over 0, where all points coincide as well.
    """
    if len(features) > largest_sample:
        features = features[np.random.default_rng(seed).choice(len(features), largest_sample, replace=False)]
    return best_fit(pair_histogram(features)).crossing or 1.0


def auto_or_positive(name: str, value: float | str) -> float | None:
    """Return None for "auto", else the number, or raise a ValueError."""
    if isinstance(value, str) and value == "auto":
        return None
    if not is_positive(value):
        raise ValueError(f"{name} is {value!r}; allowed are 'auto' or a positive number")
    return float(value)


def one_of(name: str, value: object, allowed: Collection[str]) -> None:
    """Raise a ValueError where a parameter is none of the names allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} is {value!r}; allowed are {', '.join(sorted(allowed))}{did_you_mean(value, allowed)}")


def is_positive_integer(value: object) -> bool:
    """Whether a value is an integer over 0."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value > 0)


def is_positive(value: object) -> bool:
    """Whether a value is a finite number over 0."""
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and bool(0 < value < np.inf)


def plain(value: object) -> object:
    """Return a parameter as JSON knows it; objects of the user's own are left to the user."""
    if isinstance(value, (tuple, list)):
        return [int(part) for part in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (str, int, float, bool, type(None))) else None


def listed(value: object) -> object:
    """Return a parameter as it was before :func:`plain`."""
    return tuple(value) if isinstance(value, list) else value

"""Quadratic forms of features, learned from points where their values are known: the majority's variation is curved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV

PENALTIES = np.logspace(-3, 3, 7)
"""Weights of the ridge penalty that are tried, for terms of variance 1."""


@dataclass(frozen=True)
class QuadraticMap:
    """Quadratic forms q_k(f) = c_k + sum_i a_ik f_i + sum_(i<=j) b_ijk f_i f_j.

    Attributes
    ----------
    offset : array, shape (n_forms,)
        c.
    linear : array, shape (n_features, n_forms)
        a.
    quadratic : array, shape (n_features (n_features + 1) / 2, n_forms)
        b, for the pairs (0, 0), (0, 1) ... (1, 1), (1, 2) ...
    reach : float
        Feature vectors longer than this are shortened to it: beyond what was known the forms say nothing.
    """

    offset: NDArray[np.float64]
    linear: NDArray[np.float64]
    quadratic: NDArray[np.float64]
    reach: float

    @classmethod
    def learned(cls, features: NDArray[np.float64], values: NDArray[np.float64]) -> QuadraticMap:
        """Fit the forms by least squares with a ridge penalty that leave-one-out predictions choose.

        Parameters
        ----------
        features : array, shape (n_points, n_features)
        values : array, shape (n_points, n_forms)
            What the forms should be at these points.
        """
        columns = features.shape[1]
        terms = np.concatenate([features, _products(features)], axis=1)
        mean, spread = terms.mean(axis=0), terms.std(axis=0)
        # the spread of equal numbers is a rounding error, not nought
        spread = np.where(spread > 1e-9 * np.abs(mean), spread, 1.0)
        fit = RidgeCV(PENALTIES).fit((terms - mean) / spread, values)
        weight = np.reshape(fit.coef_, (values.shape[1], -1)).T / spread[:, np.newaxis]
        offset = np.reshape(fit.intercept_, -1) - mean @ weight
        reach = float(np.linalg.norm(features, axis=1).max(initial=0.0))
        return cls(offset, weight[:columns], weight[columns:], reach or 1.0)

    def __call__(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the forms of features, shape (n_points, n_features), as (n_points, n_forms)."""
        length = np.linalg.norm(features, axis=1, keepdims=True)
        inside = features * (self.reach / np.maximum(length, self.reach))
        return np.asarray(self.offset + inside @ self.linear + _products(inside) @ self.quadratic)


def _products(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the products of every two features, each with itself included."""
    first, second = np.triu_indices(features.shape[1])
    return features[:, first] * features[:, second]

"""Distribution functions of the usual distributions, and ranks: what scipy.stats would take half a second to import."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincc, chdtr, chdtrc, chdtri, gammaincinv, gammaln, ndtr, ndtri, pdtrc, xlogy


def normal_below(value: ArrayLike) -> NDArray[np.float64]:
    """Return the probability P(z < x) = Phi(x) of a standard normal z, of the shape of the value x."""
    return np.asarray(ndtr(_numbers(value)), dtype=np.float64)


def normal_above(value: ArrayLike) -> NDArray[np.float64]:
    """Return the probability P(z > x) = Phi(-x) of a standard normal z, of the shape of the value x."""
    return np.asarray(ndtr(-_numbers(value)), dtype=np.float64)


def normal_quantile_above(probability: ArrayLike) -> NDArray[np.float64]:
    """Return x with P(z > x) = p for a standard normal z, of the shape of p; NaN where p is no probability."""
    return np.asarray(-ndtri(_numbers(probability)), dtype=np.float64)


def chi_squared_below(value: ArrayLike, degrees: float) -> NDArray[np.float64]:
    """Return P(c < x) = gamma(d / 2, x / 2) / Gamma(d / 2) of chi squared with d > 0 degrees, of the shape of x."""
    return np.asarray(chdtr(degrees, np.maximum(_numbers(value), 0.0)), dtype=np.float64)


def chi_squared_above(value: ArrayLike, degrees: float) -> NDArray[np.float64]:
    """Return P(c > x) = Gamma(d / 2, x / 2) / Gamma(d / 2) of chi squared with d > 0 degrees, of the shape of x."""
    return np.asarray(chdtrc(degrees, np.maximum(_numbers(value), 0.0)), dtype=np.float64)


def chi_squared_quantile(probability: ArrayLike, degrees: float) -> NDArray[np.float64]:
    """Return x with P(c < x) = p for chi squared with d > 0 degrees, of the shape of p; NaN for no probability."""
    return np.asarray(2 * gammaincinv(degrees / 2, _numbers(probability)), dtype=np.float64)


def chi_squared_quantile_above(probability: ArrayLike, degrees: float) -> NDArray[np.float64]:
    """Return x with P(c > x) = p for chi squared with d > 0 degrees, of the shape of p; NaN for no probability."""
    return np.asarray(chdtri(degrees, _numbers(probability)), dtype=np.float64)


def chi_density(length: ArrayLike, degrees: float) -> NDArray[np.float64]:
    """Return 2^(1 - d / 2) x^(d - 1) exp(-x^2 / 2) / Gamma(d / 2), the density of chi at lengths x >= 0."""
    length = _numbers(length)
    scale = np.log(2) * (1 - degrees / 2) - gammaln(degrees / 2)
    return np.asarray(np.exp(scale + xlogy(degrees - 1.0, length) - length**2 / 2), dtype=np.float64)


def poisson_above(count: ArrayLike, expected: ArrayLike) -> NDArray[np.float64]:
    """Return P(n > k) = 1 - exp(-m) sum_(i = 0)^k m^i / i! of counts n whose mean is m, of the shape of k and m."""
    whole = np.floor(_numbers(count))
    above = pdtrc(np.maximum(whole, 0.0), _numbers(expected))
    return np.asarray(np.where(whole < 0, 1.0, above), dtype=np.float64)


def beta_above(value: ArrayLike, first: float, second: float) -> NDArray[np.float64]:
    """Return P(b > x) = int_x^1 t^(a - 1) (1 - t)^(c - 1) dt / B(a, c) of the beta distribution of a and c."""
    return np.asarray(betaincc(first, second, np.clip(_numbers(value), 0.0, 1.0)), dtype=np.float64)


def average_ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the ranks, from 1, within every column, shape (n_points, n_columns); equal values share their mean."""
    ranks = np.empty(values.shape)
    for column, of_column in zip(values.T, ranks.T, strict=True):
        _, place, count = np.unique(column, return_inverse=True, return_counts=True)
        of_column[:] = (np.cumsum(count) - (count - 1) / 2)[place]
    return ranks


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)

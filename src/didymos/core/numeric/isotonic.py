"""Isotonic regression: the rising curve that is nearest to values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression


def isotonic_curve(
    place: NDArray[np.floating], values: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rising curve f that minimises sum_i (y_i - f(x_i))^2.

    Values whose places x are the same, to the decimals that their type holds, count as their mean.

    Parameters
    ----------
    place : array, shape (n_points,)
        x, in any order.
    values : array, shape (n_points,)
        y.

    Returns
    -------
    knots : array, shape (n_knots,)
        Ascending.
    curve : array, shape (n_knots,)
        f at the knots; linear between and constant beyond, as :func:`numpy.interp` has it.
    """
    order = np.lexsort((values, place))
    place, values = place[order], values[order]
    start = _distinct(place)
    count = np.diff(start, append=len(place))
    mean = np.bincount(np.repeat(np.arange(len(start)), count), values) / count
    curve = isotonic_regression(mean, weights=count).x
    return np.asarray(place[start], dtype=np.float64), np.asarray(curve, dtype=np.float64)


def _distinct(ascending: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return where values begin that differ from the first of the group before."""
    least = float(np.finfo(ascending.dtype).resolution)
    start = [0]
    first = float(ascending[0])
    for index in (np.flatnonzero(np.diff(ascending) > 0) + 1).tolist():
        value = float(ascending[index])
        if value - first >= least:
            start.append(index)
            first = value
    return np.array(start, dtype=np.intp)

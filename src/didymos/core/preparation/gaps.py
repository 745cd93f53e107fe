"""Gaps of single spectra: where they are, how long they are, and straight lines across."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.runs import longest_row


def ends_of(measured: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first and the last index with a value of every spectrum.

    Parameters
    ----------
    measured : array of bool, shape (n_points, n_energies)

    Returns
    -------
    first, last : array of int, shape (n_points,)
        The number of energies and -1 for spectra without any value.
    """
    energies = measured.shape[1]
    any_value = measured.any(axis=1)
    first = np.where(any_value, measured.argmax(axis=1), energies)
    last = np.where(any_value, energies - 1 - measured[:, ::-1].argmax(axis=1), -1)
    return np.asarray(first, dtype=np.intp), np.asarray(last, dtype=np.intp)


def longest_gap(measured: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return how many energies in a row are missing at most in every spectrum, shape (n_points,).

    Parameters
    ----------
    measured : array of bool, shape (n_points, n_energies)
    """
    return longest_row(~measured)


def straight(values: NDArray[np.floating], measured: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Fill gaps by straight lines between the measured values beside them, and by the last value at the ends.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
    measured : array of bool, shape (n_points, n_energies)
        At least one value in every spectrum.

    Returns
    -------
    array of float32, shape (n_points, n_energies)
    """
    energies = values.shape[1]
    index = np.arange(energies)
    before = np.maximum.accumulate(np.where(measured, index, -1), axis=1)
    after = np.minimum.accumulate(np.where(measured, index, energies)[:, ::-1], axis=1)[:, ::-1]
    filled = values.astype(np.float32)
    rows, gaps = np.nonzero(~measured)
    left, right = before[rows, gaps], after[rows, gaps]
    left, right = np.where(left < 0, right, left), np.where(right >= energies, left, right)
    weight = (gaps - left) / np.maximum(right - left, 1)
    filled[rows, gaps] = (1 - weight) * values[rows, left] + weight * values[rows, right]
    return filled

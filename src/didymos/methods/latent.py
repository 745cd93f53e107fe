"""Positions of the spectra in a latent space, and how far they are from the mean spectrum there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.methods.interface import Task
from didymos.schema import InputError

PLANE = 2
"""Dims of a latent space that is looked at, as in the paper."""


def unit_scores(task: Task) -> NDArray[np.float64]:
    """Return the principal component scores over their root mean square length, t_i / sqrt(<|t|^2>).

    One factor for all: the components keep their share of the variance, and the unit of the signal is gone.

    Parameters
    ----------
    task : Task

    Returns
    -------
    array, shape (n_usable, n_modes)
        The mean spectrum is at 0.

    Raises
    ------
    InputError
        Where all spectra are the same.
    """
    check_varies(task)
    return task.scores / _size(task.scores)


def check_varies(task: Task) -> None:
    """Raise an InputError where all spectra are the same."""
    if not (task.values != task.values[:1]).any():
        raise InputError(f"all {len(task.values)} spectra are the same; at least one must differ: check the channel")


def distance_from(space: NDArray[np.floating], origin: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the Euclidean distance |z_i - o| of every spectrum from the position of the mean spectrum.

    Parameters
    ----------
    space : array, shape (n_usable, n_dims)
    origin : array, shape (n_dims,)

    Returns
    -------
    array, shape (n_usable,)
    """
    return np.asarray(np.linalg.norm(space - origin, axis=1), dtype=np.float64)


def _size(scores: NDArray[np.float64]) -> float:
    """Return the root mean square length; the largest entry goes first, so that no unit is too small to be squared."""
    largest = float(np.abs(scores).max())
    return largest * float(np.sqrt(np.square(scores / largest).sum(axis=1).mean()))

"""The spectra of a page: fewer energies, eight bits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.schema import ENERGY
from didymos.stored.spectra import rows_of

MISSING = 255
"""The level of a missing value."""
HIGHEST = 254


@dataclass(frozen=True)
class PackedSpectra:
    r"""Spectra of eight bits: :math:`s_i(E) \approx m(E) + o_i + a_i q_i(E)`, the error is at most :math:`a_i / 2`.

    Attributes
    ----------
    energy : array, shape (n_energies,)
        Mean energy of every group of neighbouring energies.
    group : array of int, shape (n_original_energies,)
        Which group an original energy is in.
    mean : array of float32, shape (n_energies,)
        m, in the units of the signal.
    offset, step : array of float32, shape (n_spectra,)
        o and a, in the units of the signal.
    level : array of uint8, shape (n_spectra, n_energies)
        q; 255 where a value is missing.
    """

    energy: NDArray[np.float64]
    group: NDArray[np.intp]
    mean: NDArray[np.float32]
    offset: NDArray[np.float32]
    step: NDArray[np.float32]
    level: NDArray[np.uint8]

    def unpacked(self) -> NDArray[np.float32]:
        """Return the spectra, NaN where a value is missing, shape (n_spectra, n_energies)."""
        values = self.mean + self.offset[:, np.newaxis] + self.step[:, np.newaxis] * self.level
        return np.where(self.level == MISSING, np.nan, values).astype(np.float32)


def packed(result: xr.Dataset, points: NDArray[np.intp], most_energies: int) -> PackedSpectra:
    """Return some spectra of a result for a page.

    Each spectrum has its own scale for the difference from the mean of all: what differs little between spectra keeps
    its shape beside a strong common structure.

    Parameters
    ----------
    result : xarray.Dataset
        With ``spectra``, in memory or not.
    points : array of int, shape (n_spectra,)
        Which points, in any order, counted through all of them.
    most_energies : int
        Beyond, neighbouring energies are averaged.

    Returns
    -------
    PackedSpectra
    """
    energy = np.asarray(result[ENERGY].values, dtype=float)
    group = groups_of(len(energy), most_energies)
    values = grouped(_rows(result, points), group)
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0).sum(axis=0, dtype=np.float64)
    mean = single(np.where(count > 0, total / np.maximum(count, 1), 0))
    # the difference of two numbers of 32 bits may need more
    rest = values.astype(np.float64) - mean
    anything = known.any(axis=1)
    low = np.min(rest, axis=1, initial=np.inf, where=known)
    high = np.max(rest, axis=1, initial=-np.inf, where=known)
    offset = single(np.where(anything, low, 0))
    step = single(np.where(anything, (high - low) / HIGHEST, 0))
    level = np.rint((rest - offset[:, np.newaxis]) / np.where(step > 0, step, 1)[:, np.newaxis])
    level = np.where(known, np.clip(level, 0, HIGHEST), MISSING).astype(np.uint8)
    return PackedSpectra(grouped(energy[np.newaxis], group)[0].astype(float), group, mean, offset, step, level)


def single(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return numbers of 32 bits; those that are too large for them become the largest one."""
    largest = np.finfo(np.float32).max
    return np.asarray(np.clip(values, -largest, largest), dtype=np.float32)


def groups_of(energies: int, most: int) -> NDArray[np.intp]:
    """Return the group of every energy: at most so many groups of neighbours, their sizes differ by one at most."""
    groups = min(energies, most)
    return (np.arange(energies) * groups // energies).astype(np.intp)


def grouped(values: NDArray[np.floating], group: NDArray[np.intp]) -> NDArray[np.floating]:
    """Return the mean over every group of energies of what is known there, shape (n_spectra, n_groups)."""
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    if len(starts) == values.shape[1]:
        return values
    known = np.isfinite(values)
    count = np.add.reduceat(known, starts, axis=1, dtype=np.int64)
    total = np.add.reduceat(np.where(known, values, 0), starts, axis=1, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(values.dtype)


def _rows(result: xr.Dataset, points: NDArray[np.intp]) -> NDArray[np.float32]:
    """Read some spectra, part by part where they are not in memory."""
    return np.asarray(rows_of(result["spectra"])[points], dtype=np.float32)

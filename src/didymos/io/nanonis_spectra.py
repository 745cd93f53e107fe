"""The spectra of one channel of a Nanonis grid, at their pixels: all of them, or those that are asked for."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.io.nanonis_file import Records
from didymos.io.nanonis_sweep import Sweep


@dataclass(frozen=True)
class GridSpectra:
    """The spectra of a grid as an array (y, x, energy) that is read where it is indexed.

    Attributes
    ----------
    records : Records
        Of the file.
    sweep : Sweep
    channel : int
        Position of the channel.
    twin : int, optional
        Position of the channel that it is averaged with.
    derive : bool
        Whether the derivative is taken.
    record_of_pixel : array, shape (y, x)
        Which record stands at each pixel.
    """

    records: Records
    sweep: Sweep
    channel: int
    twin: int | None
    derive: bool
    record_of_pixel: NDArray[np.int64]
    dtype = np.dtype(np.float32)

    @functools.cached_property
    def energy(self) -> NDArray[np.float64]:
        """The sweep in SI units, shape (energy,), every value once."""
        return self.sweep.merge(np.empty((0, self.sweep.values.size), np.float32))[0]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and energies."""
        rows, columns = self.record_of_pixel.shape
        return rows, columns, self.energy.size

    def __getitem__(self, key: tuple[slice, slice, slice]) -> NDArray[np.float32]:
        rows, columns, energies = key
        wanted = self.record_of_pixel[rows, columns]
        spectra = self.of_records(wanted.ravel())[:, energies]
        return spectra.reshape(*wanted.shape, spectra.shape[-1])

    def of_records(self, wanted: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the spectra of some records, shape (record, energy), NaN where not measured."""
        spectra = self.records.channel(self.channel, wanted)
        if self.twin is not None:
            spectra = _mean_of_two(spectra, self.records.channel(self.twin, wanted))
        axis, spectra = self.sweep.merge(spectra)
        return _derivative(spectra, axis) if self.derive else spectra


def _derivative(spectra: NDArray[np.float32], axis: NDArray[np.float64]) -> NDArray[np.float32]:
    """dI/dV in A/V = S by central differences on the true axis, one-sided at its ends."""
    with np.errstate(all="ignore"):
        slope = np.gradient(spectra.astype(np.float64), axis, axis=1)
        return np.asarray(slope, dtype=np.float32)


def _mean_of_two(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    with np.errstate(all="ignore"):
        mean = first / 2 + second / 2
    mean = np.where(np.isfinite(first), mean, second)
    return np.where(np.isfinite(second), mean, first).astype(np.float32)

"""The spectra of one channel of a Nanonis grid, at their pixels: all of them, or those that are asked for."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.io.nanonis.file import Records
from didymos.io.nanonis.sweep import Sweep


@dataclass(frozen=True)
class Term:
    """A part of the sum that makes a spectrum: the average of some channels, times a weight."""

    channels: tuple[int, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class GridSpectra:
    """The spectra of a grid as an array (y, x, energy) or (point, energy) that is read where it is indexed.

    Attributes
    ----------
    records : Records
        Of the file.
    sweep : Sweep
    terms : tuple of Term
        What is added: one channel, the average of several, the quadratures of a lock-in by their weights.
    derive : bool
        Whether the derivative is taken.
    record_of : array, shape (y, x) or (point,)
        Which record stands at each pixel or point.
    """

    records: Records
    sweep: Sweep
    terms: tuple[Term, ...]
    derive: bool
    record_of: NDArray[np.int64]
    dtype = np.dtype(np.float32)

    @functools.cached_property
    def energy(self) -> NDArray[np.float64]:
        """The sweep in SI units, shape (energy,), every value once."""
        return self.sweep.merge(np.empty((0, self.sweep.values.size), np.float32))[0]

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns, or points, and energies."""
        return (*self.record_of.shape, self.energy.size)

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[np.float32]:
        *space, energies = key
        wanted = self.record_of[tuple(space)]
        spectra = self.of_records(wanted.ravel())[:, energies]
        return spectra.reshape(*wanted.shape, spectra.shape[-1])

    def of_records(self, wanted: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the spectra of some records, shape (record, energy), NaN where not measured."""
        first, *others = self.terms
        spectra = self._of_term(first, wanted)
        for term in others:
            spectra = spectra + self._of_term(term, wanted)
        axis, spectra = self.sweep.merge(spectra)
        return derivative(spectra, axis) if self.derive else spectra

    def _of_term(self, term: Term, wanted: NDArray[np.int64]) -> NDArray[np.float32]:
        if len(term.channels) == 1:
            spectra = self.records.channel(term.channels[0], wanted)
        else:
            spectra = _mean([self.records.channel(channel, wanted) for channel in term.channels])
        return spectra if term.weight == 1 else (term.weight * spectra).astype(np.float32)


def derivative(spectra: NDArray[np.float32], axis: NDArray[np.float64]) -> NDArray[np.float32]:
    """dI/dV in A/V = S by central differences on the true axis, one-sided at its ends."""
    with np.errstate(all="ignore"):
        slope = np.gradient(spectra.astype(np.float64), axis, axis=1)
        return np.asarray(slope, dtype=np.float32)


def _mean(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Average several sweeps; a value that is missing in one is taken from the others."""
    total = np.zeros(parts[0].shape)
    count = np.zeros(parts[0].shape, dtype=np.int64)
    for part in parts:
        known = np.isfinite(part)
        total += np.where(known, part, 0)
        count += known
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)

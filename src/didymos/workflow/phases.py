"""The variables of a result that hold its phases."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.schema import Region
from didymos.workflow.dataset import Assembly


def phase_members(phase: NDArray[np.integer], region: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return the spectra that the average spectrum of every phase is made of, shape (n_usable, n_phases).

    Only spectra of the majority are averaged; where a phase has none, all of the phase.
    """
    inside = phase[:, np.newaxis] == np.arange(1, int(phase.max(initial=1)) + 1)
    common = inside & (region == Region.MAJORITY)[:, np.newaxis]
    return np.asarray(np.where(common.any(axis=0), common, inside))


def add_phases(assembly: Assembly, phase: NDArray[np.integer], spectra: NDArray[np.floating]) -> None:
    """Add the phase of every usable spectrum, and average spectrum and size of each phase.

    Parameters
    ----------
    assembly : Assembly
    phase : array of int, shape (n_usable,)
        From 1, the largest.
    spectra : array, shape (n_phases, n_energies)
        Averages.
    """
    points = assembly.points
    size = np.bincount(phase, minlength=len(spectra) + 1)[1:]
    assembly.add("phase", points.spread(phase, points.usable, 0, np.int16))
    assembly.add("phase_spectrum", spectra)
    assembly.add("phase_size", size.astype(np.int64))
    assembly.coordinate("phase_index", np.arange(1, len(spectra) + 1, dtype=np.int64))

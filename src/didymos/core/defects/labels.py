"""Labels of the spectra that the evidence is sure of: background, and the cores of every kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.amplitude import Amplitudes

UNKNOWN = -1
"""Label of spectra that are neither background nor core: they do not train."""


def certain_labels(core: NDArray[np.bool_], amplitudes: Amplitudes, core_amplitude: float = 0.5) -> NDArray[np.int32]:
    """Return the label of every spectrum that is certain: 0 for background, the kind for the core of a defect.

    Parameters
    ----------
    core : array of bool, shape (n_points,)
        Points that belong to the core of an object.
    amplitudes : Amplitudes
        Of the same points.
    core_amplitude : float
        A core counts where its amplitude is over this. A kind of which no core reaches this amplitude keeps all cores.

    Returns
    -------
    array of int32, shape (n_points,)
        :data:`UNKNOWN` where it is not certain.
    """
    label = np.full(len(core), UNKNOWN, dtype=np.int32)
    label[amplitudes.background] = 0
    for kind in np.unique(amplitudes.kind[core]):
        own = core & (amplitudes.kind == kind)
        clear = own & (amplitudes.value > core_amplitude)
        label[clear if clear.any() else own] = kind
    return label


def known_amplitudes(amplitudes: Amplitudes) -> NDArray[np.float32]:
    """Return the amplitude of every spectrum between 0 and 1, 0 in the background, NaN where it is ambiguous.

    Parameters
    ----------
    amplitudes : Amplitudes

    Returns
    -------
    array of float32, shape (n_points,)
    """
    known = np.where(amplitudes.background, 0.0, np.clip(amplitudes.value, 0.0, 1.0))
    return np.where(amplitudes.ambiguous, np.nan, known).astype(np.float32)

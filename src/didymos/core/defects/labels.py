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


def known_amplitudes(amplitudes: Amplitudes, label: NDArray[np.int32], core_share: float = 0.75) -> NDArray[np.float32]:
    """Return the amplitude of every spectrum over that of the cores of its kind: 1 at the cores of every kind.

    Parameters
    ----------
    amplitudes : Amplitudes
    label : array of int32, shape (n_points,)
        Of :func:`certain_labels`.
    core_share : float
        The amplitude of the cores of a kind is the one that this share of these cores does not exceed.

    Returns
    -------
    array of float32, shape (n_points,)
        Between 0 and 1, 0 in the background, NaN where the spectrum is ambiguous.
    """
    unit = np.ones(len(amplitudes.noise))
    for kind in range(1, len(unit) + 1):
        cores = amplitudes.value[label == kind]
        usual = float(np.quantile(cores, core_share)) if len(cores) else 0.0
        unit[kind - 1] = usual if usual > 0 else 1.0
    share = amplitudes.value / unit[amplitudes.kind - 1]
    known = np.where(amplitudes.background, 0.0, np.clip(share, 0.0, 1.0))
    return np.where(amplitudes.ambiguous, np.nan, known).astype(np.float32)


def graded_labels(
    label: NDArray[np.int32], amplitude: NDArray[np.floating], kind: NDArray[np.integer], least: float = 0.5
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return labels and amplitudes of all spectra that are background or more of a defect than of the background.

    Parameters
    ----------
    label : array of int32, shape (n_points,)
        Of :func:`certain_labels`.
    amplitude : array, shape (n_points,)
        Of :func:`known_amplitudes`.
    kind : array of int, shape (n_points,)
        The kind that the amplitude is one of.
    least : float
        Spectra over this amplitude belong to their kind; cores have at least this amplitude.

    Returns
    -------
    label : array of int32, shape (n_points,)
        :data:`UNKNOWN` for what is neither.
    amplitude : array of float32, shape (n_points,)
        0 in the background, NaN where the label is :data:`UNKNOWN`.
    """
    flank = (label == UNKNOWN) & (np.nan_to_num(amplitude) > least)
    graded = np.where(flank, kind, label).astype(np.int32)
    along = np.where(graded > 0, np.maximum(np.nan_to_num(amplitude), least), 0.0)
    return graded, np.where(graded == UNKNOWN, np.nan, along).astype(np.float32)

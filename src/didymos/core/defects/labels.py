"""Labels of the spectra that the evidence is sure of: background, and the cores of every kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.amplitude import Amplitudes
from didymos.core.defects.settings import LabelSettings

UNKNOWN = -1
"""Label of spectra that are neither background nor core: they do not train."""

DEFAULTS = LabelSettings()


def certain_labels(
    core: NDArray[np.bool_], amplitudes: Amplitudes, *, settings: LabelSettings = DEFAULTS
) -> NDArray[np.int32]:
    """Return the label of every spectrum that is certain: 0 for background, the kind for the core of a defect.

    Parameters
    ----------
    core : array of bool, shape (n_points,)
        Points that belong to the core of an object.
    amplitudes : Amplitudes
        Of the same points.
    settings : LabelSettings
        A core counts where its amplitude is over ``core_amplitude``. A kind of which no core reaches this amplitude
        keeps all cores.

    Returns
    -------
    array of int32, shape (n_points,)
        :data:`UNKNOWN` where it is not certain.
    """
    label = np.full(len(core), UNKNOWN, dtype=np.int32)
    label[amplitudes.background] = 0
    for kind in np.unique(amplitudes.kind[core]):
        own = core & (amplitudes.kind == kind)
        clear = own & (amplitudes.value > settings.core_amplitude)
        label[clear if clear.any() else own] = kind
    return label


def known_amplitudes(
    amplitudes: Amplitudes, label: NDArray[np.int32], *, settings: LabelSettings = DEFAULTS
) -> NDArray[np.float32]:
    """Return the amplitude of every spectrum over that of the cores of its kind: 1 at the cores of every kind.

    Parameters
    ----------
    amplitudes : Amplitudes
    label : array of int32, shape (n_points,)
        Of :func:`certain_labels`.
    settings : LabelSettings
        Of these: ``core_share``.

    Returns
    -------
    array of float32, shape (n_points,)
        Between 0 and 1, 0 in the background, NaN where the spectrum is ambiguous.
    """
    unit = np.ones(len(amplitudes.noise))
    for kind in range(1, len(unit) + 1):
        cores = amplitudes.value[label == kind]
        usual = float(np.quantile(cores, settings.core_share)) if len(cores) else 0.0
        unit[kind - 1] = usual if usual > 0 else 1.0
    full = unit[amplitudes.kind - 1]
    known = np.where(amplitudes.background, 0.0, np.clip(amplitudes.value, 0.0, full) / full)
    return np.where(amplitudes.ambiguous, np.nan, known).astype(np.float32)


def graded_labels(
    label: NDArray[np.int32],
    amplitude: NDArray[np.floating],
    kind: NDArray[np.integer],
    *,
    settings: LabelSettings = DEFAULTS,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return labels and degrees of all spectra that are background or more of a defect than of the background.

    With the amplitude a of a spectrum and a_0 from which on spectra of a kind are alike, the degree to which the
    spectrum is like the cores of its kind is 1 - max(0, a_0 - a).

    Parameters
    ----------
    label : array of int32, shape (n_points,)
        Of :func:`certain_labels`.
    amplitude : array, shape (n_points,)
        Of :func:`known_amplitudes`.
    kind : array of int, shape (n_points,)
        The kind that the amplitude is one of.
    settings : LabelSettings
        Of these: ``least_amplitude``, which cores have at least, and ``full_amplitude``, a_0.

    Returns
    -------
    label : array of int32, shape (n_points,)
        :data:`UNKNOWN` for what is neither.
    degree : array of float32, shape (n_points,)
        0 in the background, NaN where the label is :data:`UNKNOWN`.
    """
    least = settings.least_amplitude
    flank = (label == UNKNOWN) & (np.nan_to_num(amplitude) > least)
    graded = np.where(flank, kind, label).astype(np.int32)
    short = settings.full_amplitude - np.maximum(np.nan_to_num(amplitude), least)
    along = np.where(graded > 0, 1.0 - np.maximum(short, 0.0), 0.0)
    return graded, np.where(graded == UNKNOWN, np.nan, along).astype(np.float32)

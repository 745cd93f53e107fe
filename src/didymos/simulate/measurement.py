"""From a local density of states to the conductance that a microscope records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.schema import InputError
from didymos.simulate.broadening import broadening_matrix
from didymos.simulate.noise import conductance_noise, corrupt, flicker_noise, missing_spectra, tunnelling_current
from didymos.simulate.options import Measurement

SETPOINT_NODES = 129  # of the trapezoidal rule from zero to the set-point


def conductance(
    density: NDArray[np.float32], grid: NDArray[np.float64], energy: NDArray[np.float64], measurement: Measurement
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the noise-free conductance at constant set-point.

    g(r, E) = I_s rho(r, E) / int_0^V_s rho(r, E') dE' with rho broadened by temperature and lock-in. Source:
    J. A. Stroscio, R. M. Feenstra, Methods Exp. Phys. 27, 95 (1993); for the artefacts of the set-point
    A. J. Macdonald et al., Nanotechnology 27, 414004 (2016).

    Parameters
    ----------
    density : ndarray, shape (y, x, grid)
        Local density of states, any unit.
    grid : ndarray, shape (grid,)
        Its energies in mV, from `Measurement.grid`.
    energy : ndarray, shape (energy,)
        Energies to be measured in mV.
    measurement : Measurement
        How it is measured.

    Returns
    -------
    spectra : ndarray, shape (y, x, energy)
        Conductance in nS.
    integral : ndarray, shape (y, x)
        The integral of the density to the set-point, for `topography`.
    """
    bias = np.linspace(0, measurement.setpoint_bias, SETPOINT_NODES)
    weights = np.full(bias.size, abs(bias[1]))
    weights[[0, -1]] /= 2
    options = (measurement.temperature, measurement.modulation)
    to_current = weights @ broadening_matrix(grid, bias, *options)
    integral = np.asarray(density @ to_current)
    if not (integral > 0).all():
        raise InputError(
            f"no state lies between 0 and {measurement.setpoint_bias} mV at some point, so no tip height gives the "
            "set-point current: choose a larger setpoint_bias"
        )
    spectra = density @ broadening_matrix(grid, energy, *options).T.astype(np.float32)
    spectra *= (measurement.setpoint_current / integral)[..., None].astype(np.float32)
    return spectra, integral


def topography(integral: NDArray[np.float64], decay: float = 1.0e10) -> NDArray[np.float64]:
    """Return the height that a constant current asks of the tip: z = ln(int rho dE) / (2 kappa) less its mean.

    Source: J. Tersoff, D. R. Hamann, Phys. Rev. B 31, 805 (1985).

    Parameters
    ----------
    integral : ndarray, shape (y, x)
        Integral of the density of states from zero to the set-point, any unit.
    decay : float
        kappa in 1/m; 1e10 for a barrier of 4 eV.

    Returns
    -------
    ndarray, shape (y, x)
        In m.
    """
    height = np.log(integral) / (2 * decay)
    return np.asarray(height - height.mean())


def record(
    spectra: NDArray[np.float32], energy: NDArray[np.float64], measurement: Measurement, rng: np.random.Generator
) -> NDArray[np.int8]:
    """Add to noise-free spectra, in place, what a measurement adds: noise, line offsets, corrupted and missing spectra.

    Parameters
    ----------
    spectra : ndarray, shape (y, x, energy)
        Conductance in nS; NaN throughout where missing afterwards.
    energy : ndarray, shape (energy,)
        In mV.
    measurement : Measurement
        How it is measured.
    rng : numpy.random.Generator
        Source of the random numbers; each cause has its own stream, so that one does not change another.

    Returns
    -------
    ndarray, shape (y, x)
        Flags of `didymos.simulate.noise.ARTEFACTS`; 0 is a good spectrum.
    """
    white, slow, lines, artefacts, absent = rng.spawn(5)
    flicker = flicker_noise(spectra.size, slow).reshape(spectra.shape) if measurement.flicker > 0 else None
    offset = np.multiply(measurement.line_offset, lines.standard_normal(spectra.shape[0]), dtype=np.float32)
    for index, row in enumerate(spectra):  # row by row, so that memory stays small
        deviation = np.zeros(())
        if measurement.noise > 0:
            current = tunnelling_current(row, energy)
            options = (measurement.bandwidth, measurement.amplifier_noise, measurement.modulation)
            deviation = measurement.noise * conductance_noise(current, *options)
        if flicker is not None:
            row *= 1 + np.float32(measurement.flicker) * flicker[index]
        row += offset[index]
        if measurement.noise > 0:
            row += white.standard_normal(row.shape, dtype=np.float32) * deviation.astype(np.float32)
    artefact = corrupt(spectra, measurement.corrupted, artefacts)
    gone = missing_spectra(spectra.shape[:2], measurement.missing, measurement.aborted_rows, absent)
    spectra[gone] = np.nan
    artefact[gone] = 0
    return artefact

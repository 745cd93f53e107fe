"""From a local density of states to the conductance that a microscope records."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.schema import InputError
from didymos.simulate.broadening import broadening_matrix, energy_grid
from didymos.simulate.noise import conductance_noise, corrupt, flicker_noise, missing_spectra, tunnelling_current
from didymos.simulate.options import check_range

SETPOINT_NODES = 129  # of the trapezoidal rule from zero to the set-point


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """How a map is measured.

    The formulas stand with their sources in `didymos.simulate.broadening` and `didymos.simulate.noise`; drift, changes
    of the tip and offsets of lines are described by C. J. Chen, Introduction to Scanning Tunneling Microscopy (Oxford
    2021).

    Parameters
    ----------
    temperature : float
        Of tip and sample, in K.
    modulation : float
        Amplitude of the lock-in modulation, V_rms in mV.
    setpoint_bias : float
        Bias in mV at which the feedback loop sets the height of the tip before each spectrum.
    setpoint_current : float
        Magnitude of the current in pA at that bias.
    bandwidth : float
        Equivalent noise bandwidth of the lock-in amplifier, in Hz.
    amplifier_noise : float
        White current noise of the preamplifier in fA per square root of Hz; 4 is the thermal noise of 1 GOhm at 300 K.
    noise : float
        Multiplies shot and amplifier noise (1: as physics has it, 0: none).
    flicker : float
        Standard deviation of relative fluctuations of the conductance with a 1/f spectrum over the whole acquisition.
    line_offset : float
        Standard deviation in nS of an offset that changes from row to row.
    drift : (float, float)
        How far the tip drifts in m along y and x, evenly from the first spectrum to the last.
    bias_drift : float
        How far the zero of the bias drifts in mV, evenly from the first spectrum to the last.
    tip_changes : int
        How often the apex of the tip changes permanently, at random times; each has another slope of its transmission.
    corrupted : float
        Share of corrupted spectra, 0 to 1: a quarter each with a tip change, clipped, with a spike, and dead.
    missing : float
        Share of spectra left out at random, 0 to 1.
    aborted_rows : int
        How many rows at the end of the scan are missing.

    Raises
    ------
    InputError
        Where a value is outside its range.
    """

    temperature: float = 4.5
    modulation: float = 0.4
    setpoint_bias: float = 15.0
    setpoint_current: float = 100.0
    bandwidth: float = 100.0
    amplifier_noise: float = 5.0
    noise: float = 1.0
    flicker: float = 0.0
    line_offset: float = 0.0
    drift: tuple[float, float] = (0.0, 0.0)
    bias_drift: float = 0.0
    tip_changes: int = 0
    corrupted: float = 0.0
    missing: float = 0.0
    aborted_rows: int = 0

    def __post_init__(self) -> None:
        signed = {"setpoint_bias", "bias_drift"}
        for field in dataclasses.fields(Measurement):
            value = getattr(self, field.name)
            if field.name == "drift":
                if len(value) != 2 or not np.isfinite(value).all():
                    raise InputError(f"drift is {value}; allowed are two finite numbers in m, along y and x: choose")
            elif not np.isfinite(value) or (value < 0 and field.name not in signed):
                raise InputError(f"{field.name} is {value}; allowed are finite numbers from 0: choose one")
        for name in ("corrupted", "missing"):
            check_range(name, getattr(self, name), 0, 1)
        for name in ("setpoint_bias", "setpoint_current"):
            if getattr(self, name) == 0:
                raise InputError(f"{name} is 0; allowed is any value but 0: the feedback needs a current to hold")
        for name in ("tip_changes", "aborted_rows"):
            if int(getattr(self, name)) != getattr(self, name):
                raise InputError(f"{name} is {getattr(self, name)}; allowed are non-negative integers: choose one")
        if self.noise > 0 and self.modulation == 0:
            raise InputError("noise needs a modulation above 0 mV (it is current noise over V_rms): set noise=0 or it")
        object.__setattr__(self, "drift", (float(self.drift[0]), float(self.drift[1])))

    def grid(self, energy: NDArray[np.float64], broadening: float) -> NDArray[np.float64]:
        """Return the energies (mV) at which the density of states is needed for a window and its set-point."""
        ends = [float(energy.min()), float(energy.max()), 0.0, self.setpoint_bias]
        drift = abs(self.bias_drift)
        return energy_grid(min(ends) - drift, max(ends) + drift, broadening, self.temperature, self.modulation)


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

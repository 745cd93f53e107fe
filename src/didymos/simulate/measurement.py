"""From a local density of states to the conductance that a microscope records."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymos.schema import InputError
from didymos.simulate.broadening import broadening_matrix, energy_grid
from didymos.simulate.noise import conductance_noise, flicker_noise, missing_spectra, spoil, tunnelling_current

SETPOINT_NODES = 129  # of the trapezoidal rule from zero to the set-point


@dataclass(frozen=True)
class Measurement:
    """How a map is measured.

    Parameters
    ----------
    temperature : float
        Of tip and sample, in K.
    modulation : float
        Amplitude of the lock-in modulation, V_rms in mV.
    setpoint_bias : float
        Bias in mV at which the feedback loop sets the height of the tip before each spectrum.
    setpoint_current : float
        Current in pA at that bias.
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
    spoiled : float
        Share of spectra spoiled by tip jumps and clipping, 0 to 1.
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
    spoiled: float = 0.0
    missing: float = 0.0
    aborted_rows: int = 0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if not np.isfinite(value) or (value < 0 and field.name != "setpoint_bias"):
                raise InputError(f"{field.name} is {value}; allowed are finite numbers from 0: choose one")
        for name in ("spoiled", "missing"):
            if getattr(self, name) > 1:
                raise InputError(f"{name} is {getattr(self, name)}; allowed is a share from 0 to 1: choose one")
        for name in ("setpoint_bias", "setpoint_current"):
            if getattr(self, name) == 0:
                raise InputError(f"{name} is 0; allowed is any value but 0: the feedback needs a current to hold")
        if self.noise > 0 and self.modulation == 0:
            raise InputError("noise needs a modulation above 0 mV (it is current noise over V_rms): set noise=0 or it")

    def replace(self, options: dict[str, Any]) -> Measurement:
        """Return a copy with other values; an unknown name is an InputError that lists those allowed."""
        allowed = [field.name for field in dataclasses.fields(self)]
        unknown = sorted(set(options) - set(allowed))
        if unknown:
            raise InputError(
                f"unknown option {', '.join(unknown)}; allowed beside the recipe's own are {', '.join(allowed)}: "
                "correct the name"
            )
        return dataclasses.replace(self, **options)

    def grid(self, energy: NDArray[np.float64], broadening: float) -> NDArray[np.float64]:
        """Return the energies (mV) at which the density of states is needed for a window and its set-point."""
        ends = [float(energy.min()), float(energy.max()), 0.0, self.setpoint_bias]
        return energy_grid(min(ends), max(ends), broadening, self.temperature, self.modulation)


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
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Return spectra as recorded: with noise, line offsets, spoiled and missing spectra.

    Parameters
    ----------
    spectra : ndarray, shape (y, x, energy)
        Noise-free conductance in nS; left as it is.
    energy : ndarray, shape (energy,)
        In mV.
    measurement : Measurement
        How it is measured.
    rng : numpy.random.Generator
        Source of the random numbers; each cause has its own stream, so that one does not change another.

    Returns
    -------
    spectra : ndarray, shape (y, x, energy)
        In nS; NaN throughout where missing.
    artefact : ndarray, shape (y, x)
        0 good, 1 tip jump, 2 clipped.
    """
    white, slow, lines, artefacts, absent = rng.spawn(5)
    recorded = spectra.copy()
    if measurement.flicker > 0:
        recorded *= 1 + np.float32(measurement.flicker) * flicker_noise(spectra.size, slow).reshape(spectra.shape)
    if measurement.line_offset > 0:
        offset = lines.standard_normal((spectra.shape[0], 1, 1), dtype=np.float32)
        recorded += np.float32(measurement.line_offset) * offset
    if measurement.noise > 0:
        for row, clean in zip(recorded, spectra, strict=True):  # row by row, so that memory stays small
            deviation = conductance_noise(
                tunnelling_current(clean, energy),
                measurement.bandwidth,
                measurement.amplifier_noise,
                measurement.modulation,
            )
            random = white.standard_normal(clean.shape, dtype=np.float32)
            row += random * (measurement.noise * deviation).astype(np.float32)
    recorded, artefact = spoil(recorded, measurement.spoiled, artefacts)
    gone = missing_spectra(spectra.shape[:2], measurement.missing, measurement.aborted_rows, absent)
    recorded[gone] = np.nan
    artefact[gone] = 0
    return recorded, artefact

"""How a map is measured: the options of the microscope."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from didymos.schema.names import InputError
from didymos.simulate.options.base import check_range, is_finite

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
                if len(value) != 2 or not all(map(is_finite, value)):
                    raise InputError(f"drift is {value}; allowed are two finite numbers in m, along y and x: choose")
            elif not is_finite(value) or (value < 0 and field.name not in signed):
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
        from didymos.simulate.broadening import energy_grid  # whoever only reads options is spared SciPy

        ends = [float(energy.min()), float(energy.max()), 0.0, self.setpoint_bias]
        drift = abs(self.bias_drift)
        return energy_grid(min(ends) - drift, max(ends) + drift, broadening, self.temperature, self.modulation)

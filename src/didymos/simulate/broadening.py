"""What temperature and lock-in amplifier do to a density of states, as kernels and as one matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline

BOLTZMANN = 0.0861733326  # k in mV per kelvin (CODATA 2018)
THERMAL_EXPONENT = 12.0  # an error of 2 * 12 exp(-12) = 1e-4
LORENTZIAN_EXPONENT = 7.0  # an error of exp(-7) = 1e-3, of the Lorentzian part alone
LOCK_IN_NODES = 16  # least number of nodes of the Gauss-Chebyshev quadrature over the modulation


def thermal_kernel(energy: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Return the derivative of the Fermi function, which a tip at finite temperature convolves the spectrum with.

    -f'(E) = 1 / (4 kT) sech^2(E / 2 kT), of unit area and full width at half maximum 3.53 kT.
    Source: C. J. Chen, Introduction to Scanning Tunneling Microscopy (Oxford 2021), ch. 14.

    Parameters
    ----------
    energy : array_like
        In mV.
    temperature : float
        In kelvin, above 0.

    Returns
    -------
    ndarray, shape of `energy`
        In 1/mV.
    """
    thermal = BOLTZMANN * temperature
    decay = np.exp(-np.abs(np.asarray(energy, dtype=float)) / thermal)
    return np.asarray(decay / (1 + decay) ** 2 / thermal)


def lock_in_kernel(energy: ArrayLike, modulation: float) -> NDArray[np.float64]:
    """Return the half circle that the first harmonic of a sinusoidal modulation convolves dI/dV with.

    chi(E) = 2 / (pi V^2) sqrt(V^2 - E^2) for |E| < V, V = sqrt(2) V_rms, of unit area and full width at half maximum
    sqrt(3) V = 2.44 V_rms. Source: J. Klein et al., Phys. Rev. B 7, 2336 (1973).

    Parameters
    ----------
    energy : array_like
        In mV.
    modulation : float
        V_rms in mV, above 0.

    Returns
    -------
    ndarray, shape of `energy`
        In 1/mV.
    """
    peak = np.sqrt(2) * modulation
    inside = np.clip(peak**2 - np.asarray(energy, dtype=float) ** 2, 0, None)
    return np.asarray(2 / (np.pi * peak**2) * np.sqrt(inside))


def energy_grid(
    low: float, high: float, broadening: float, temperature: float, modulation: float
) -> NDArray[np.float64]:
    """Return the coarsest even grid on which a density of states must be known to measure it from low to high.

    A sum over a grid of step h replaces the integral over a Lorentzian times the thermal kernel up to terms like
    exp(-2 pi eta / h) and exp(-2 pi^2 kT / h), their Fourier transforms at the sampling frequency. Where temperature
    would ask for a step below eta / 3 that step is taken instead, as a spline interpolates well from there.

    Parameters
    ----------
    low, high : float
        Range to be measured, in mV.
    broadening, modulation : float
        Lorentzian half width and V_rms, in mV.
    temperature : float
        In kelvin.

    Returns
    -------
    ndarray, shape (grid,)
        Energies in mV, reaching beyond the range by the tails of both kernels.
    """
    thermal = 2 * np.pi**2 * BOLTZMANN * temperature / THERMAL_EXPONENT
    step = max(min(thermal, 2 * np.pi * broadening / LORENTZIAN_EXPONENT), broadening / 3)
    # the thermal tail beyond 10 kT holds 1e-4; an interpolating spline wants some points beyond the last
    margin = 10 * BOLTZMANN * temperature + np.sqrt(2) * modulation + (1 if thermal >= step else 4) * step
    count = int(np.ceil((high - low + 2 * margin) / step)) + 1
    return np.asarray(low - margin + step * np.arange(count))


def broadening_matrix(
    grid: NDArray[np.float64], energy: ArrayLike, temperature: float, modulation: float
) -> NDArray[np.float64]:
    """Return the matrix that maps a density of states on a grid to dI/dV as temperature and lock-in leave it.

    g(E) = int dE' chi(E - E') int dw [-f'(E' - w)] rho(w), both integrals as quadratures.

    Parameters
    ----------
    grid : ndarray, shape (grid,)
        From `energy_grid`, in mV.
    energy : array_like, shape (energy,)
        Where dI/dV is wanted, in mV.
    temperature : float
        In kelvin; 0 is allowed.
    modulation : float
        V_rms in mV; 0 is allowed.

    Returns
    -------
    ndarray, shape (energy, grid)
        Rows sum to one.
    """
    step = float(grid[1] - grid[0])
    needed = 2 * np.pi**2 * BOLTZMANN * temperature / THERMAL_EXPONENT
    refine = max(1, int(np.ceil(step / needed - 1e-6))) if temperature > 0 else 1
    count = LOCK_IN_NODES + int(np.ceil(2 * np.pi * np.sqrt(2) * modulation * refine / step))
    angle = np.pi * np.arange(1, count + 1) / (count + 1)
    nodes = np.sqrt(2) * modulation * np.cos(angle)
    weights = 2 / (count + 1) * np.sin(angle) ** 2
    shifted = np.asarray(energy, dtype=float)[:, None] + nodes
    spline = CubicSpline(grid, np.eye(grid.size))
    if temperature == 0:
        interpolated = (weight * spline(node) for node, weight in zip(shifted.T, weights, strict=True))
        return np.asarray(sum(interpolated))
    fine = np.linspace(grid[0], grid[-1], (grid.size - 1) * refine + 1)
    thermal = np.zeros((shifted.shape[0], fine.size))
    for node, weight in zip(shifted.T, weights, strict=True):
        thermal += weight * thermal_kernel(node[:, None] - fine, temperature)
    thermal /= thermal.sum(axis=1, keepdims=True)
    return thermal if refine == 1 else np.asarray(thermal @ spline(fine))

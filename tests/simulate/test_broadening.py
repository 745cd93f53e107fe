import numpy as np
import pytest
from naive_simulate import measured_by_integration

from didymos.simulate.broadening import (
    BOLTZMANN,
    broadening_matrix,
    energy_grid,
    lock_in_kernel,
    thermal_kernel,
)


def full_width(energy, kernel):
    above = energy[kernel >= kernel.max() / 2]
    return above[-1] - above[0]


@pytest.mark.parametrize("temperature", [0.3, 4.5, 300.0])
def test_thermal_kernel_has_unit_area_and_its_width(temperature):
    thermal = BOLTZMANN * temperature
    energy = np.linspace(-40 * thermal, 40 * thermal, 40001)
    kernel = thermal_kernel(energy, temperature)
    assert np.trapezoid(kernel, energy) == pytest.approx(1)
    assert full_width(energy, kernel) == pytest.approx(3.5255 * thermal, rel=2e-3)


@pytest.mark.parametrize("modulation", [0.1, 0.4, 20.0])
def test_lock_in_kernel_has_unit_area_and_its_width(modulation):
    energy = np.linspace(-2 * modulation, 2 * modulation, 40001)
    kernel = lock_in_kernel(energy, modulation)
    assert np.trapezoid(kernel, energy) == pytest.approx(1, rel=1e-4)
    assert full_width(energy, kernel) == pytest.approx(2.449 * modulation, rel=1e-3)
    assert full_width(energy, kernel) == pytest.approx(1.732 * np.sqrt(2) * modulation, rel=1e-3)


def test_lock_in_kernel_is_the_first_harmonic_of_a_modulated_current():
    # I(E) = tanh E, measured as sqrt(2) / V_rms times the average of I(E + V sin t) sin t over one period
    energy, modulation = np.linspace(-2, 2, 9), 0.5
    t = 2 * np.pi * np.arange(400) / 400
    current = np.tanh(energy[:, None] + np.sqrt(2) * modulation * np.sin(t))
    harmonic = np.sqrt(2) / modulation * (current * np.sin(t)).mean(axis=1)
    v = np.linspace(-1, 1, 20001) * np.sqrt(2) * modulation
    smoothed = np.trapezoid(lock_in_kernel(v, modulation) / np.cosh(energy[:, None] - v) ** 2, v, axis=1)
    np.testing.assert_allclose(harmonic, smoothed, rtol=1e-4)


@pytest.mark.parametrize(
    ("temperature", "modulation", "broadening"),
    [(4.5, 0.4, 0.5), (4.5, 0.0, 0.5), (0.3, 0.2, 0.5), (1.0, 2.0, 0.3), (77.0, 10.0, 25.0)],
)
def test_matrix_on_the_coarse_grid_is_the_fine_double_integral(temperature, modulation, broadening):
    def density(energy):
        lorentzian = broadening**2 / ((energy - 1.7 * broadening) ** 2 + broadening**2)
        return 1 + 2 * lorentzian + 0.1 * np.tanh(energy / broadening / 4)

    energy = np.linspace(-6, 9, 21) * broadening
    grid = energy_grid(energy[0], energy[-1], broadening, temperature, modulation)
    fast = broadening_matrix(grid, energy, temperature, modulation) @ density(grid)
    np.testing.assert_allclose(fast, measured_by_integration(density, energy, temperature, modulation), rtol=2e-3)


def test_without_temperature_and_modulation_nothing_is_broadened():
    grid = energy_grid(-3.0, 3.0, 0.5, 0.0, 0.0)
    energy = np.linspace(-3, 3, 50)
    density = 0.25 / (grid**2 + 0.25)
    np.testing.assert_allclose(broadening_matrix(grid, energy, 0, 0) @ density, 0.25 / (energy**2 + 0.25), atol=5e-3)


def test_modulation_alone_gives_the_half_circle():
    grid = energy_grid(-2.0, 2.0, 0.06, 0.0, 0.8)
    energy = np.linspace(-1.8, 1.8, 41)
    narrow = 0.06 / np.pi / (grid**2 + 0.06**2)
    fine = np.linspace(-3, 3, 6001)
    spread = np.array(
        [np.trapezoid(lock_in_kernel(e - fine, 0.8) * 0.06 / np.pi / (fine**2 + 0.0036), fine) for e in energy]
    )
    np.testing.assert_allclose(broadening_matrix(grid, energy, 0, 0.8) @ narrow, spread, atol=0.02 * spread.max())

import numpy as np
import pytest

import naive
from didymos.core.preparation.normalisation import average_between, broadened_ratio, largest, zero_current

BIAS = np.linspace(-1.0, 1.0, 101)


def diode(count=5, noise=0.0, seed=0):
    random = np.random.default_rng(seed)
    gap = np.where(np.abs(BIAS) < 0.3, 0.0, np.sign(BIAS) * (np.abs(BIAS) - 0.3) ** 2)
    return 1e-9 * random.uniform(0.5, 2, (count, 1)) * gap + random.normal(0, noise, (count, BIAS.size))


@pytest.mark.parametrize("kernel", ["exponential", "gaussian"])
@pytest.mark.parametrize("conductance", [1e-12, 3.0])
@pytest.mark.parametrize("width", [0.01, 0.2, 5.0])
def test_an_ohmic_contact_has_its_conductance_everywhere(kernel, conductance, width):
    found = broadened_ratio(conductance * BIAS[None], BIAS, width, kernel)
    np.testing.assert_allclose(found, conductance, rtol=1e-9)


@pytest.mark.parametrize("kernel", ["exponential", "gaussian"])
def test_it_is_the_average_of_the_ratios(kernel):
    current = diode()
    current[2, 10:20] = np.nan
    expected = naive.broadened_ratio(current, BIAS, 0.4, kernel)
    found = broadened_ratio(current, BIAS, 0.4, kernel)
    known = np.isfinite(found)
    assert known.mean() > 0.9
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-9)


def test_zero_bias_and_a_gap_give_finite_values():
    found = broadened_ratio(diode(), BIAS, 0.3, "exponential")
    assert np.isfinite(found).all()
    assert (found > 0).all()


def test_where_the_ratio_is_noise_there_is_none():
    noise = np.random.default_rng(1).normal(0, 1e-12, (200, BIAS.size))
    found = broadened_ratio(noise, BIAS, 0.05, "exponential")
    assert np.isfinite(found).mean() < 0.02
    assert np.isnan(broadened_ratio(-BIAS[None], BIAS, 0.1, "exponential")).all()


def test_gaps_do_not_spread():
    current = 2.0 * np.tile(BIAS, (2, 1))
    current[0, 30:60] = np.nan
    np.testing.assert_allclose(broadened_ratio(current, BIAS, 0.1), 2.0, rtol=1e-9)


@pytest.mark.parametrize("offset", [0.0, 3e-13, -5e-12])
def test_the_offset_of_the_current_is_found(offset):
    random = np.random.default_rng(2)
    current = 1e-11 * random.uniform(0.5, 2, (300, 1)) * np.sinh(2 * BIAS) + offset
    assert zero_current(current, BIAS) == pytest.approx(offset, abs=1e-16)
    current[:5] = np.nan
    noisy = current + random.normal(0, 1e-13, current.shape)
    # a line through four values about zero bias: the error of their average, of the median 1.25 times as much
    assert zero_current(noisy, BIAS) == pytest.approx(offset, abs=5 * 1.25 * 1e-13 / np.sqrt(4 * 295))


def test_a_sweep_on_one_side_has_no_offset():
    assert np.isnan(zero_current(np.ones((3, 50)), np.linspace(0.1, 1, 50)))
    assert np.isnan(zero_current(np.full((3, 101), np.nan), BIAS))


def test_averages():
    spectra = np.stack([np.full(101, 4.0), 1 + BIAS, np.full(101, -1.0), np.full(101, np.nan)])
    found = average_between(spectra, BIAS, 0.0, 1.0)
    np.testing.assert_allclose(found[:2], [4.0, 1.5])
    assert np.isnan(found[2:]).all()
    spectra[0, 60:70] = np.nan
    assert average_between(spectra, BIAS, 0.0, 1.0)[0] == pytest.approx(4.0)
    spectra[0, 55:95] = np.nan
    assert np.isnan(average_between(spectra, BIAS, 0.0, 1.0)[0])
    assert np.isnan(average_between(spectra, BIAS, 2.0, 3.0)).all()


def test_an_average_is_an_integral_for_uneven_energies():
    energy = np.sort(np.random.default_rng(0).uniform(-1, 1, 40))
    spectra = np.random.default_rng(1).uniform(1, 2, (3, 40))
    expected = np.trapezoid(spectra, energy, axis=1) / np.ptp(energy)
    np.testing.assert_allclose(average_between(spectra, energy, -1, 1), expected)


def test_the_largest_value():
    found = largest([[1.0, np.nan, 3.0], [np.nan] * 3, [-1.0, -2.0, 0.0]])
    assert found[0] == 3
    assert np.isnan(found[1:]).all()

import numpy as np
import pytest

import naive
from didymos.core.preparation.smoothing import smoothed

ENERGY = np.linspace(-5, 5, 41)


def noisy(seed=0, count=6, gaps=0.0):
    random = np.random.default_rng(seed)
    spectra = np.sin(ENERGY) + random.normal(0, 0.2, (count, ENERGY.size))
    spectra[random.random(spectra.shape) < gaps] = np.nan
    return spectra


@pytest.mark.parametrize(("window", "order"), [(3, 1), (5, 2), (7, 3), (9, 0), (41, 4)])
@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_it_is_a_polynomial_through_every_window(window, order, gaps):
    spectra = noisy(gaps=gaps)
    found = smoothed(spectra, ENERGY, window, order)
    np.testing.assert_allclose(found, naive.local_polynomials(spectra, ENERGY, window, order), atol=1e-9)


def test_uneven_energies():
    energy = np.sort(np.random.default_rng(1).uniform(-5, 5, 41))
    spectra = noisy()
    expected = naive.local_polynomials(spectra, energy, 7, 2)
    np.testing.assert_allclose(smoothed(spectra, energy, 7, 2), expected, atol=1e-7)


@pytest.mark.parametrize("gaps", [False, True])
def test_polynomials_up_to_the_order_stay(gaps):
    spectra = np.stack([1 + ENERGY, 3 - ENERGY + 0.5 * ENERGY**2])
    spectra[:, [5, 6, 30]] = np.nan if gaps else spectra[:, [5, 6, 30]]
    np.testing.assert_allclose(smoothed(spectra, ENERGY, 9, 2), spectra, atol=1e-9)


def test_the_noise_falls_as_the_source_says():
    # the central coefficient of 5 energies and degree 2 is 17/35
    noise = np.random.default_rng(3).normal(size=(4000, 41))
    inner = smoothed(noise, ENERGY, 5, 2)[:, 2:-2]
    assert inner.var() == pytest.approx(17 / 35, rel=0.02)


def test_a_gap_stays_a_gap_and_spreads_nowhere():
    spectra = noisy(gaps=0.3)
    spectra[2] = np.nan
    spectra[3, 4] = np.inf
    found = smoothed(spectra, ENERGY, 7, 2)
    assert np.array_equal(np.isfinite(found), np.isfinite(spectra))


def test_values_without_enough_others_stay_as_they_are():
    spectra = np.full((1, 41), np.nan)
    spectra[0, [3, 20]] = 1.5, -2.0
    assert np.array_equal(smoothed(spectra, ENERGY, 5, 2), spectra, equal_nan=True)


@pytest.mark.parametrize("scale", [1e-12, 1e9, -3.0])
def test_units_do_not_matter(scale):
    spectra = noisy(gaps=0.1)
    expected = scale * smoothed(spectra, ENERGY, 7, 2)
    np.testing.assert_allclose(
        smoothed(scale * spectra, 1e-3 * ENERGY, 7, 2), expected, rtol=1e-6, atol=abs(scale) * 1e-9
    )

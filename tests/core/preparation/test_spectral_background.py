import numpy as np
import pytest

import naive
from didymos.core.preparation.background import power_law, smooth_line, stiffness

LOSS = np.linspace(250, 450, 201)
SHIFT = np.linspace(0, 1000, 400)


def peaks():
    return sum(h * np.exp(-((SHIFT - c) ** 2) / (2 * 8.0**2)) for h, c in ((5, 300), (3, 520), (8, 700)))


@pytest.mark.parametrize(("size", "rate"), [(1e10, 3.0), (2e6, 1.7), (5e-3, 0.5)])
def test_a_power_law_is_found_exactly_and_extrapolated(size, rate):
    true = size * LOSS**-rate
    spectrum = true + np.where(LOSS > 350, 0.3 * true, 0)
    np.testing.assert_allclose(power_law(spectrum[None], LOSS, (260, 340))[0], true, rtol=1e-9)


def test_the_fit_weighs_counts():
    counts = np.random.default_rng(0).poisson(3e9 * LOSS**-3.0, (5, LOSS.size)).astype(float)
    expected = [naive.power_law(one, LOSS, (260, 340)) for one in counts]
    np.testing.assert_allclose(power_law(counts, LOSS, (260, 340)), expected, rtol=1e-9)


def test_the_edge_is_found_within_the_noise():
    random = np.random.default_rng(1)
    true = 2e10 * LOSS**-3.0
    edge = np.where(LOSS > 350, 0.1 * true[100], 0)
    counts = random.poisson(true + edge, (400, LOSS.size)).astype(float)
    left = (counts - power_law(counts, LOSS, (255, 345)))[:, 110:].mean(axis=1)
    error = left.std() / np.sqrt(400)
    assert abs(left.mean() - edge[110:].mean()) < 5 * error


def test_gaps_and_values_without_logarithm_do_not_count():
    spectrum = 1e8 * LOSS**-2.0
    broken = spectrum.copy()
    broken[[15, 20, 25]] = np.nan, 0.0, -5.0
    empty = np.where((LOSS > 260) & (LOSS < 340), np.nan, spectrum)
    found = power_law(np.stack([broken, empty]), LOSS, (260, 340))
    np.testing.assert_allclose(found[0], spectrum, rtol=1e-9)
    assert np.isnan(found[1]).all()


def test_energies_that_are_not_positive_have_no_power_law():
    energy = np.linspace(-10, 90, 101)
    found = power_law(np.ones((1, 101)), energy, (10, 50))
    assert np.isnan(found[0, energy <= 0]).all()
    np.testing.assert_allclose(found[0, energy > 0], 1)


def test_the_smoother_passes_half_of_a_wave_of_its_width():
    width = 40
    wave = np.sin(2 * np.pi * np.arange(800) / width)
    second = np.diff(np.eye(800), 2, axis=0)
    smooth = np.linalg.solve(np.eye(800) + stiffness(width) * second.T @ second, wave)
    middle = slice(200, 600)
    assert np.abs(smooth[middle]).max() == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e9])
def test_peaks_stand_on_a_smooth_line(scale):
    line = 10 + 5 * np.sin(SHIFT / 400)
    random = np.random.default_rng(0)
    spectra = scale * (line + peaks() + random.normal(0, 0.1, (4, SHIFT.size)))
    found = smooth_line(spectra, 133) / scale
    assert np.abs(found - line).max() < 0.5
    assert np.abs((found - line).mean()) < 0.05


def test_gaps_are_bridged_and_empty_spectra_stay_empty():
    spectra = np.stack([10 + peaks(), 10 + peaks(), np.full(SHIFT.size, np.nan)])
    spectra[1, 100:110] = np.nan
    found = smooth_line(spectra, 133)
    assert np.isfinite(found[:2]).all()
    assert np.abs(found[1] - found[0]).max() < 0.2
    assert np.isnan(found[2]).all()


@pytest.mark.parametrize("fwhm", [10, 20])
def test_a_peak_a_fifth_as_broad_as_the_background_keeps_its_area(fwhm):
    x = np.arange(400.0)
    peak = 5 * np.exp(-4 * np.log(2) * ((x - 200) / fwhm) ** 2)
    line = 10 + 3 * np.sin(x / 250)
    spectra = line + peak + np.random.default_rng(0).normal(0, 0.1, (10, 400))
    left = (spectra - smooth_line(spectra, 5 * fwhm))[:, 200 - 2 * fwhm : 200 + 2 * fwhm]
    assert left.sum(axis=1).mean() / peak.sum() == pytest.approx(1, abs=0.04)

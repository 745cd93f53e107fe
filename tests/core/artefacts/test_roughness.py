"""The filters behind the search for corrupted spectra, and their plain, slow twins."""

import numpy as np
import pytest
from scipy.special import erf
from scipy.stats import norm, poisson

import naive
from didymos.core.artefacts.hum import hums, periodogram
from didymos.core.artefacts.majority import majority_of
from didymos.core.artefacts.roughness import local_noise, own_noise, scales_of
from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.artefacts.sharing import shared_by_majority, shared_by_neighbours, shared_by_others
from didymos.core.artefacts.templates import filtered, spike, step

SETTINGS = ArtefactSettings()
RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("window", [1, 2, 5, 12, 13])
def test_filters_like_a_plain_loop(window):
    values, kernel = RANDOM.normal(size=(4, 30)).astype(np.float32), RANDOM.normal(size=window)
    expected = [naive.correlated(spectrum, kernel) for spectrum in values]
    assert np.allclose(filtered(values, kernel), expected, atol=1e-4)


@pytest.mark.parametrize("template", [spike(), step()], ids=["spike", "step"])
def test_a_template_sees_its_heights_and_nothing_of_smooth_shapes(template):
    coefficients, window = template.sharp.shape
    half = (window - 1) / 2
    place = np.arange(window) - half
    shapes = np.eye(window)[np.abs(place) <= 1] if coefficients == 3 else 0.5 * np.sign(place)[np.newaxis]
    heights = np.random.default_rng(3).normal(size=coefficients)
    assert template.plain @ (heights @ shapes) == pytest.approx(heights)
    assert template.sharp @ (heights @ shapes) == pytest.approx(template.expected @ heights)
    assert template.sharp @ template.sharp.T == pytest.approx(np.eye(coefficients))
    # over that of a shape of height 1
    usual = np.linalg.norm(template.expected, axis=0).min()
    for polynomial in (np.ones_like(place), place / half):
        assert np.abs(template.sharp @ polynomial).max() < 0.05 * usual
    for centre in np.linspace(-8, 8, 33):
        line = np.exp(-0.5 * ((place - centre) / 3) ** 2)
        edge = 0.5 * erf((place - centre) / 3)
        assert max(np.abs(template.sharp @ line).max(), np.abs(template.sharp @ edge).max()) < 0.25 * usual


def test_noise_where_a_spectrum_is_noisier():
    residual = np.random.default_rng(2).normal(size=(400, 300)).astype(np.float32)
    majority = majority_of(residual)
    residual = majority.residual(residual)
    residual[:40, 100:200] *= 6
    scales = scales_of(majority, residual)
    found = local_noise(residual, own_noise(residual, scales), scales)
    assert np.median(found[:40, 130:170]) == pytest.approx(6, rel=0.2)
    assert np.median(found[:40, :60]) < 1.5
    assert np.mean(found[40:] > 1.5) < 0.02


def test_own_noise():
    residual = np.random.default_rng(1).normal(size=(400, 300)).astype(np.float32)
    majority = majority_of(residual)
    residual = majority.residual(residual)
    residual[:40] *= np.linspace(2, 40, 40, dtype=np.float32)[:, np.newaxis]
    found = own_noise(residual, scales_of(majority, residual))
    assert np.allclose(found[:40], np.linspace(2, 40, 40), rtol=0.35)
    assert found.min() == 1
    assert np.median(found[40:]) < 1.1


def test_periodogram_like_a_plain_sum():
    values = RANDOM.normal(size=(3, 31)).astype(np.float32)
    expected = [[naive.power_at(spectrum, frequency) for frequency in range(16)] for spectrum in values]
    assert np.allclose(periodogram(values), expected, atol=1e-4)
    assert periodogram(values[:, :30]).shape == (3, 15)  # that at half the sampling frequency is left out


def test_a_hum_goes_from_end_to_end():
    place = np.arange(200)
    wave = 3 * np.sin(0.7 * place + 1)
    values = RANDOM.normal(size=(5, 200))
    values[0] += wave
    values[1] += 1.5 * wave * (place > 66)
    values[2] += 20 * np.exp(-0.5 * ((place - 100) / 5) ** 2)
    values[3] += wave + 8
    found = hums(values.astype(np.float32), np.ones(5, dtype=np.float32))
    assert list(found[:4]) == [True, False, False, True]


def test_shares_of_neighbours_like_a_plain_loop():
    change = RANDOM.normal(0, 4, (20, 40))
    beside = RANDOM.normal(size=(20, 8, 40)) + RANDOM.uniform(0, 0.4, (20, 1, 1)) * change[:, np.newaxis]
    share, error = np.transpose([naive.mean_share(*pair) for pair in zip(change, beside, strict=True)])
    expected = (share > 1 / 7) & (share > norm.isf(SETTINGS.chance) * error)
    assert 0 < expected.sum() < 20
    assert np.array_equal(shared_by_neighbours(change, beside), expected)


def test_one_corrupted_neighbour_is_not_enough():
    change = np.zeros((1, 60))
    change[0, 20] = 30
    beside = np.zeros((1, 8, 60))
    beside[0, 3, 20] = 500
    assert not shared_by_neighbours(change, beside).any()
    beside[0, :, 20] = 8
    assert shared_by_neighbours(change, beside).all()


def test_like_others_like_a_plain_loop():
    change = RANDOM.normal(size=(12, 25))
    change[:5] += 4 * np.sin(np.arange(25) ** 1.5)
    shifts = np.random.default_rng(3).integers(1, 25 // 4 + 1, SETTINGS.shifts)
    found, by_chance = naive.alike_counts(change, shifts.tolist(), SETTINGS.alike)
    expected = poisson.sf(np.array(found) - 1, np.array(by_chance) + 1 / SETTINGS.shifts) < SETTINGS.chance / 12
    assert list(np.flatnonzero(expected)) == [0, 1, 2, 3, 4]
    assert np.array_equal(shared_by_others(change, seed=3), expected)


def test_hum_of_one_frequency_and_random_phases_is_shared_with_nobody():
    phase = RANDOM.uniform(0, 2 * np.pi, (60, 1))
    change = np.sin(0.9 * np.arange(150) + phase)
    assert not shared_by_others(change).any()
    assert shared_by_others(np.sin(0.9 * np.arange(150) + 0.1 * phase)).all()


def test_more_of_what_the_majority_has():
    signal = RANDOM.normal(size=(3, 80))
    change = RANDOM.normal(size=(4, 80))
    change[:2] += 5 * RANDOM.normal(size=(2, 3)) @ signal
    assert list(shared_by_majority(change, signal)) == [True, True, False, False]


def test_corrupted_spectra_do_not_explain_themselves():
    place = np.arange(120)
    good = RANDOM.normal(size=(800, 1)) * np.sin(place / 9) * 5 + RANDOM.normal(size=(800, 120))
    values = good.copy()
    values[:60] += 20 * (place > RANDOM.integers(10, 110, (60, 1)))
    majority = majority_of(values)
    assert len(majority.spectra) == 1
    residual = majority.residual(values)
    assert np.mean(residual[60:] ** 2) == pytest.approx(1, abs=0.2)
    # the step is left as it is, but for what the one component takes
    assert np.median(np.ptp(residual[:60], axis=1)) > 18
    assert np.allclose(majority.residual(values[5:6]), residual[5:6], atol=1e-3)

import numpy as np
import pytest

import naive
from didymos.core.energies.iso_energy import choose_energy, otsu_level, segment, two_levels
from didymos.simulate import fese


@pytest.mark.parametrize("seed", range(5))
def test_level_is_that_of_the_plain_search(seed):
    rng = np.random.default_rng(seed)
    continuous = np.concatenate([rng.normal(size=60), rng.normal(5, 2, size=10 * seed)])
    assert otsu_level(continuous) == pytest.approx(naive.otsu_level(continuous), rel=1e-12)
    counts = rng.poisson(2, 80).astype(float)
    assert otsu_level(counts) == pytest.approx(naive.otsu_level(counts), rel=1e-12)


def test_level_parts_two_populations_in_any_units_and_order():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0, 1, 400), rng.normal(12, 1, 100)])
    level = otsu_level(values)
    assert values[:400].max() < level < values[400:].min()
    assert otsu_level(rng.permutation(values)) == level
    assert otsu_level(1e-12 * values) == pytest.approx(1e-12 * level)
    assert otsu_level(1e6 + values) == pytest.approx(1e6 + level, rel=1e-12)
    assert otsu_level(-values) == pytest.approx(-level)
    # of a uniform distribution the middle
    assert otsu_level(np.linspace(0, 1, 1001).reshape(7, 143)) == pytest.approx(0.5, abs=1e-3)


def test_level_of_constant_missing_and_no_values():
    assert otsu_level(np.full(7, 3e-12)) == 3e-12
    assert otsu_level(np.array([np.nan, 1.0, 2.0, np.inf])) == 1.5
    assert np.isnan(otsu_level(np.array([np.nan])))
    assert np.isnan(otsu_level(np.zeros(0)))


@pytest.mark.parametrize("seed", range(5))
def test_explained_share_is_that_of_the_plain_search(seed):
    rng = np.random.default_rng(seed)
    for values in (rng.exponential(size=70), rng.poisson(2, 80) * 1e-12, 1e6 + rng.normal(size=50)):
        cut = two_levels(values)
        # the plain share is formed without centring first
        assert cut.explained == pytest.approx(naive.step_share(values), abs=1e-8)
        above = values > cut.level
        assert cut.low == pytest.approx(values[~above].mean(), rel=1e-12)
        assert cut.high == pytest.approx(values[above].mean(), rel=1e-12)
        assert cut.share_above == above.mean()


def test_explained_share_of_known_distributions():
    rng = np.random.default_rng(0)
    assert two_levels(rng.normal(size=100000)).explained == pytest.approx(2 / np.pi, abs=0.005)
    assert two_levels(rng.random(100000)).explained == pytest.approx(3 / 4, abs=0.005)
    cut = two_levels(np.array([3.0, 1.0, 1.0, np.nan, 1.0]))
    assert (cut.level, cut.low, cut.high, cut.share_above) == (2, 1, 3, 0.25)
    assert cut.explained == pytest.approx(1)


def test_neighbouring_floats_are_still_parted():
    for low in (1.0, np.nextafter(1.0, 2)):
        values = np.array([low, np.nextafter(low, 2)])
        np.testing.assert_array_equal(segment(values, otsu_level(values)), [0, 1])


def test_nothing_is_explained_where_nothing_varies():
    constant = two_levels(np.full(5, 0.1))
    assert (constant.level, constant.low, constant.share_above) == (0.1, 0.1, 0)
    assert np.isnan([constant.explained, constant.high]).all()
    none = two_levels(np.array([np.nan, np.inf]))
    assert np.isnan([none.level, none.explained, none.low, none.high, none.share_above]).all()


def test_segments():
    values = np.array([[1.0, 2.0], [np.nan, 2.5]])
    labels = segment(values, 2.0)
    assert labels.dtype == np.int8
    np.testing.assert_array_equal(labels, [[0, 0], [-1, 1]])
    # a constant slice has no part above its level
    assert (segment(np.ones(4), otsu_level(np.ones(4))) == 0).all()


def test_chosen_energy_is_where_the_minority_stands_out():
    rng = np.random.default_rng(0)
    energies = np.arange(100)
    # the whole surface varies most at energy 80, in two halves even; the minority differs at 30
    halves = np.where(rng.random(1000) < 0.5, -1.0, 1.0)[:, np.newaxis]
    values = 9 * halves * np.exp(-((energies - 80) ** 2) / 50) + 0.3 * rng.normal(size=(1000, 100))
    values[:40] += 5 * np.exp(-((energies - 30) ** 2) / 50)
    chosen = choose_energy(values)
    assert abs(chosen - 30) <= 5
    np.testing.assert_array_equal(segment(values[:, chosen], otsu_level(values[:, chosen])), np.arange(1000) < 40)
    order = rng.permutation(1000)
    assert choose_energy(1e-12 * values[order] + 1e-9) == chosen
    assert choose_energy(-values) == chosen
    values[5] = np.nan
    assert abs(choose_energy(values) - 30) <= 5


def test_chosen_energy_of_many_energies_and_of_nothing():
    values = np.random.default_rng(0).normal(size=(200, 1000))
    values[:10, 700:] += 10
    assert choose_energy(values) >= 700
    assert choose_energy(np.ones((5, 9))) == 4
    assert choose_energy(np.full((5, 9), np.nan)) == 4
    assert choose_energy(np.arange(3.0)[:, np.newaxis]) == 0


@pytest.mark.slow
def test_iso_energy_labels_find_the_defects_of_iron_selenide():
    surface = fese(shape=(60, 60), energies=128, seed=1)
    values = surface.spectra.values.reshape(-1, 128)
    amplitude = surface.truth_amplitude.values.ravel()
    core, outline = amplitude > 0.5, amplitude > 0.2
    chosen = choose_energy(values)
    labels = segment(values[:, chosen], otsu_level(values[:, chosen]))
    minority = labels == (labels.mean() < 0.5)
    assert (minority & core).sum() / core.sum() > 0.9
    assert (minority & outline).sum() / (minority | outline).sum() > 0.7

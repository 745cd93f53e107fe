"""Which energies and spectra are analysed where values are missing, on maps whose gaps are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from didymos.core.preparation.coverage import CoverageSettings, correlation_length, find_coverage
from didymos.core.preparation.gaps import ends_of, longest_gap, straight


def smooth(points=60, energies=80, width=15.0, seed=0):
    """Return a peak whose height varies, with noise of a hundredth."""
    rng = np.random.default_rng(seed)
    peak = np.exp(-((np.arange(energies) - energies / 2) ** 2) / (2 * width**2))
    return (1 + 0.2 * rng.random((points, 1))) * peak + 0.01 * rng.normal(size=(points, energies))


def stopped(stops, energies=80):
    """Return spectra that end before the given energies."""
    values = smooth(len(stops), energies)
    values[np.arange(energies) >= np.asarray(stops)[:, np.newaxis]] = np.nan
    return values


def test_a_whole_map_is_left_as_it_is():
    found = find_coverage(smooth())
    assert found.energies.all()
    assert not (found.never | found.seldom | found.outside).any()
    assert not (found.gaps | found.short | found.missing).any()
    assert (found.ends, found.covering) == ((), 1.0)


@pytest.mark.parametrize("lacking", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", [[33], [0], [79], [0, 1, 40, 41, 79]])
def test_an_energy_that_is_missing_everywhere_is_left_out_and_costs_no_spectrum(lacking, where):
    values = smooth()
    values[:, where] = lacking
    found = find_coverage(values)
    assert np.flatnonzero(found.never).tolist() == where
    assert np.array_equal(found.energies, ~found.never)
    assert not (found.seldom | found.outside).any()
    assert not (found.gaps | found.short | found.missing).any()


@pytest.mark.parametrize(("lacking", "left_out"), [(29, False), (30, False), (31, True), (59, True)])
def test_an_energy_that_more_than_half_of_the_spectra_lack_is_left_out(lacking, left_out):
    values = smooth(60)
    values[:lacking, 20] = np.nan
    found = find_coverage(values)
    assert bool(found.seldom[20]) == left_out
    assert found.energies.sum() == 80 - left_out
    assert found.gaps.sum() == (0 if left_out else lacking)
    assert not found.short.any()


def test_sweeps_that_stop_early_leave_the_range_that_all_cover():
    stops = np.random.default_rng(4).integers(45, 60, 144)
    found = find_coverage(stopped(stops))
    assert np.flatnonzero(found.energies).tolist() == list(range(stops.min()))
    assert found.ends == ((int(stops.min()) - 1, int(stops.max()) - 1),)
    assert found.covering == 1.0
    # also those that no spectrum has
    assert np.flatnonzero(found.outside).tolist() == list(range(stops.min(), 80))
    assert not (found.gaps | found.short | found.missing).any()
    assert not found.never.any()


def test_a_few_short_sweeps_do_not_cost_the_others_their_energies():
    found = find_coverage(stopped([80] * 57 + [30] * 3))
    assert found.energies.all()
    assert np.flatnonzero(found.short).tolist() == [57, 58, 59]
    # 45 spectra of 80 energies are less than 60 of 62
    found = find_coverage(stopped([80] * 45 + [62] * 15))
    assert found.energies.sum() == 62
    assert not found.short.any()


def test_sweeps_may_end_differently_on_both_sides():
    values = smooth()
    rng = np.random.default_rng(1)
    first, last = rng.integers(0, 6, 60), rng.integers(70, 80, 60)
    index = np.arange(80)
    values[(index < first[:, np.newaxis]) | (index > last[:, np.newaxis])] = np.nan
    found = find_coverage(values)
    low, high = naive.largest_range(np.isfinite(values))
    assert np.flatnonzero(found.energies)[[0, -1]].tolist() == [low, high]
    assert found.ends == ((first.min(), first.max()), (last.min(), last.max()))
    assert found.covering == np.mean((first <= low) & (last >= high))


@settings(max_examples=40)
@given(st.integers(0, 2**31), st.integers(3, 30), st.integers(4, 14))
def test_the_range_is_the_best_of_all(seed, points, energies):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, energies // 2, points)
    last = rng.integers(energies // 2, energies, points)
    index = np.arange(energies)
    measured = (index >= first[:, np.newaxis]) & (index <= last[:, np.newaxis])
    kept = np.flatnonzero(measured.mean(axis=0) >= 0.5)
    found = np.flatnonzero(find_coverage(np.where(measured, 1.0 + index, np.nan)).energies)
    low, high = naive.largest_range(measured[:, kept])
    assert found.tolist() == kept[low : high + 1].tolist()


@pytest.mark.parametrize("energies", [48, 400])
def test_single_gaps_at_random_cost_neither_a_spectrum_nor_an_energy(energies):
    rng = np.random.default_rng(2)
    values = smooth(3000, energies)
    values[rng.random(values.shape) < 0.01] = np.nan
    found = find_coverage(values)
    assert found.energies.all()
    assert not found.short.any()
    assert np.array_equal(found.gaps, ~np.isfinite(values).all(axis=1))


def test_single_gaps_do_not_hide_that_sweeps_stop_early():
    rng = np.random.default_rng(3)
    values = stopped(rng.integers(45, 60, 400))
    values[rng.random(values.shape) < 0.01] = np.nan
    found = find_coverage(values)
    # chance explains two values at an end
    assert 45 <= found.energies.sum() <= 47
    assert not found.short.any()


def test_a_given_range_is_kept_and_short_spectra_are_told():
    values = stopped([80] * 20 + [50] * 40)
    assert find_coverage(values).energies.sum() == 50
    found = find_coverage(values, choose=False)
    assert found.energies.all()
    assert found.short.sum() == 40


def test_a_spectrum_with_too_little_is_short_and_one_without_values_is_missing():
    values = smooth()
    values[3] = np.nan
    values[4, ::2] = np.nan
    values[5, ::2], values[5, 1] = np.nan, np.nan
    values[6, 10:40] = np.nan
    values[7, 10:14] = np.nan
    found = find_coverage(values)
    assert np.flatnonzero(found.missing).tolist() == [3]
    assert np.flatnonzero(found.gaps).tolist() == [4, 7]
    assert np.flatnonzero(found.short).tolist() == [5, 6]
    assert 4 <= found.longest_gap < 30


def test_a_map_without_any_value():
    found = find_coverage(np.full((5, 4), np.nan))
    assert found.missing.all()
    assert found.energies.all()
    assert not found.short.any()


def test_neither_order_nor_unit_nor_direction_matters():
    rng = np.random.default_rng(6)
    values = stopped(rng.integers(50, 80, 60))
    values[rng.random(values.shape) < 0.02] = np.nan
    found = find_coverage(values)
    order = rng.permutation(60)
    other = find_coverage(values[order] * 1e-12)
    assert np.array_equal(other.energies, found.energies)
    assert np.array_equal(other.gaps, found.gaps[order])
    turned = find_coverage(values[:, ::-1])
    assert np.array_equal(turned.energies, found.energies[::-1])
    assert np.array_equal(turned.short, found.short)


def test_the_correlation_length_grows_with_the_features_and_not_with_the_noise():
    lengths = [correlation_length(smooth(width=width)) for width in (2.0, 4.0, 8.0)]
    assert lengths == sorted(set(lengths))
    noisy = smooth(width=8.0) + np.random.default_rng(7).normal(size=(60, 80))
    assert abs(correlation_length(noisy) - lengths[2]) <= 4
    finer = smooth(energies=160, width=16.0)
    assert abs(correlation_length(finer) - 2 * lengths[2]) <= 2
    assert correlation_length(np.random.default_rng(8).normal(size=(500, 80))) >= 1
    assert correlation_length(np.ones((3, 5))) >= 1


def test_the_choice_does_not_hang_on_its_numbers():
    rng = np.random.default_rng(9)
    values = stopped(rng.integers(45, 60, 144))
    values[rng.random(values.shape) < 0.01] = np.nan
    usual = find_coverage(values)
    for changed in (
        CoverageSettings(least_measured=0.6),
        CoverageSettings(lost=0.1),
        CoverageSettings(correlation=0.7),
    ):
        found = find_coverage(values, settings=changed)
        assert abs(int(found.energies.sum()) - int(usual.energies.sum())) <= 1
        assert found.short.sum() <= 1


def test_gaps_of_single_spectra():
    measured = np.array([[1, 1, 1, 1], [0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 1]], dtype=bool)
    assert [each.tolist() for each in ends_of(measured)] == [[0, 1, 4, 0], [3, 1, -1, 3]]
    assert longest_gap(measured).tolist() == [0, 2, 4, 2]
    values = np.array([[np.nan, 2.0, np.nan, np.inf, 8.0, np.nan]])
    assert straight(values, np.isfinite(values)).tolist() == [[2, 2, 4, 6, 8, 8]]
    assert straight(values, np.isfinite(values))[0] == pytest.approx(naive.bridged(values[0]))

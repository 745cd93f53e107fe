"""Filled values against values that were measured and hidden."""

import numpy as np
import pytest

import naive
from didymos.core.noise.missing import MissingSettings, fill_gaps

NOISE = 0.02


def surface(side=24, energies=64, noise=NOISE, seed=0):
    """Return smooth spectra that vary over the surface, with one defect; without and with noise, and positions."""
    y, x = np.indices((side, side)).reshape(2, -1)
    energy = np.linspace(-1, 1, energies)
    shift = 0.1 * np.sin(x / 5) + 0.1 * np.cos(y / 7)
    spectra = np.exp(-((energy - shift[:, np.newaxis]) ** 2) / 0.1) + 0.3 * energy * np.sin(y / 4)[:, np.newaxis]
    defect = np.exp(-((y - 8) ** 2 + (x - 14) ** 2) / 4.0)
    spectra += defect[:, np.newaxis] * np.exp(-((energy - 0.5) ** 2) / 0.02)
    measured = spectra + noise * np.random.default_rng(seed).normal(size=spectra.shape)
    return spectra, measured.astype(np.float32), np.stack([y, x], axis=1).astype(float)


def hidden(values, share, seed=1):
    """Return spectra with a share of their values hidden at random."""
    return np.where(np.random.default_rng(seed).random(values.shape) < share, np.float32(np.nan), values)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("placed", [True, False])
def test_a_filled_value_is_nearly_as_good_as_a_measured_one(share, placed):
    true, measured, positions = surface()
    found = fill_gaps(hidden(measured, share), positions if placed else None)
    rows, at = found.gaps.T
    away = found.values[rows, at] - true[rows, at]
    # a measured value has the error NOISE
    assert np.sqrt(np.mean(away**2)) < 1.3 * NOISE
    assert np.sqrt(np.mean((found.values - measured)[rows, at] ** 2)) < 1.7 * NOISE
    assert np.mean(np.abs(away) > 4 * NOISE) < 0.01


def test_the_error_is_that_of_the_hidden_values():
    true, measured, positions = surface(side=40)
    found = fill_gaps(hidden(measured, 0.02), positions)
    rows, at = found.gaps.T
    away = (found.values[rows, at] - true[rows, at]) / NOISE
    assert np.sqrt(np.mean(away**2)) == pytest.approx(np.sqrt(np.mean(found.error**2)), rel=0.25)
    # at the defect, which has no neighbours alike, it is larger
    inside = np.hypot(*(positions[rows] - [8, 14]).T) < 2
    assert np.median(found.error[inside]) > np.median(found.error[~inside])


def test_longer_gaps_have_larger_errors_and_the_error_says_so():
    true, measured, positions = surface(side=40)
    rng = np.random.default_rng(2)
    errors, said = [], []
    for length in (1, 15):
        values = measured.copy()
        for row in range(0, len(values), 3):
            start = rng.integers(0, 64 - length)
            values[row, start : start + length] = np.nan
        found = fill_gaps(values, positions)
        rows, at = found.gaps.T
        errors.append(np.sqrt(np.mean((found.values[rows, at] - true[rows, at]) ** 2)) / NOISE)
        said.append(np.sqrt(np.mean(found.error**2)))
    assert errors == sorted(errors)
    assert said == sorted(said)
    assert said == pytest.approx(errors, rel=0.5)


def test_the_fast_path_is_the_plain_slow_one():
    _, measured, _ = surface(side=7, energies=20)
    positions = np.random.default_rng(3).random((49, 2))
    values = hidden(measured, 0.06)
    found = fill_gaps(values, positions)
    slow, variance = naive.filled_gaps(values, positions, around=8, along=8, rounds=2)
    assert found.values == pytest.approx(slow, abs=1e-3 * NOISE)
    rows, at = found.gaps.T
    noise = np.sqrt(variance[rows, at] / (1 + found.error**2))
    beyond = found.error > 0.1
    # one noise level for each energy explains all errors
    for energy in np.unique(at[beyond]):
        own = noise[beyond & (at == energy)]
        assert own == pytest.approx(np.full(len(own), own[0]), rel=1e-2)


def test_measured_values_stay_as_they_are():
    _, measured, positions = surface()
    values = hidden(measured, 0.1)
    values[5, 5] = np.inf
    found = fill_gaps(values, positions)
    assert np.isfinite(found.values).all()
    known = np.isfinite(values)
    assert np.array_equal(found.values[known], measured[known])
    assert np.array_equal(found.gaps, np.argwhere(~known))
    whole = fill_gaps(measured, positions)
    assert np.array_equal(whole.values, measured)
    assert whole.error.shape == (0,)


def test_neither_order_nor_unit_nor_an_added_spectrum_matters():
    _, measured, _ = surface(side=15)
    positions = np.random.default_rng(4).random((225, 2))
    values = hidden(measured, 0.05).astype(np.float64)
    found = fill_gaps(values, positions)
    order = np.random.default_rng(5).permutation(225)
    other = fill_gaps(values[order], positions[order])
    assert other.values == pytest.approx(found.values[order], abs=1e-4)
    scaled = fill_gaps(1e-12 * values, 1e-9 * positions)
    assert scaled.values * 1e12 == pytest.approx(found.values, abs=1e-4)
    assert scaled.error == pytest.approx(found.error, rel=1e-2, abs=1e-2)
    added = np.linspace(3, -2, values.shape[1]) ** 2
    assert fill_gaps(values + added, positions).values - added == pytest.approx(found.values, abs=1e-4)


def test_what_is_filled_does_not_hang_on_the_numbers():
    true, measured, positions = surface()
    values = hidden(measured, 0.02)
    rows, at = np.nonzero(~np.isfinite(values))
    for changed in (
        MissingSettings(around=4),
        MissingSettings(along=2),
        MissingSettings(along=8),
        MissingSettings(rounds=1),
        MissingSettings(largest_sample=200),
    ):
        found = fill_gaps(values, positions, settings=changed)
        assert np.sqrt(np.mean((found.values[rows, at] - true[rows, at]) ** 2)) < 1.3 * NOISE


def test_a_corrupted_spectrum_does_not_spoil_what_is_filled_in_others():
    true, measured, positions = surface()
    measured[::50] += np.where(np.arange(64) > 30, 50, 0)
    values = hidden(measured, 0.02)
    found = fill_gaps(values, positions)
    good = found.gaps[:, 0] % 50 > 0
    rows, at = found.gaps[good].T
    assert np.sqrt(np.mean((found.values[rows, at] - true[rows, at]) ** 2)) < 1.3 * NOISE


def test_counts_stay_counts():
    rng = np.random.default_rng(6)
    rate = 5 + 4 * np.sin(np.linspace(0, 3, 50))
    counts = rng.poisson(rate, (400, 50)) / 40.0
    values = hidden(counts.astype(np.float32), 0.02)
    filled = fill_gaps(values, rng.random((400, 2))).values * 40
    assert filled == pytest.approx(np.rint(filled), abs=1e-4)


@pytest.mark.parametrize("points", [1, 2, 3, 9])
def test_few_spectra_are_filled_as_well(points):
    true, measured, positions = surface(side=3)
    values = measured[:points].copy()
    values[0, [20, 63]] = np.nan
    for placed in (positions[:points], None, np.full((points, 2), np.nan), np.zeros((points, 2))):
        found = fill_gaps(values, placed)
        assert found.gaps.tolist() == [[0, 20], [0, 63]]
        assert np.abs(found.values[0] - true[0]).max() < 8 * NOISE


def test_spectra_without_noise_and_constant_ones():
    true, _, positions = surface(noise=0.0)
    rows = np.arange(0, len(true), 7)
    values = true.copy()
    values[rows, 30] = np.nan
    assert fill_gaps(values, positions).values[rows, 30] == pytest.approx(true[rows, 30], abs=0.01)
    flat = np.ones((20, 10))
    flat[3, 4] = np.nan
    found = fill_gaps(flat, positions[:20])
    assert found.values == pytest.approx(np.ones((20, 10)))
    assert np.isfinite(found.error).all()

"""The noise of single spectra over the usual noise."""

from typing import Any

import numpy as np
import pytest

from didymos.core.noise.levels import at_usual_noise, noise_levels

POINTS, ENERGIES = 3000, 120
PROJECTION: Any = np.linalg.qr(np.vander(np.linspace(-1, 1, ENERGIES), 4))[0]


def spectra(level: Any = 1.0, seed: int = 0, points: int = POINTS) -> Any:
    random = np.random.default_rng(seed)
    signal = 20 * random.normal(size=(points, 4)) @ PROJECTION.T
    return signal + np.asarray(level).reshape(-1, 1) * random.normal(size=(points, ENERGIES))


def as_it_is(values: Any) -> Any:
    return values


def levels_of(values: Any, **settings: Any) -> Any:
    return noise_levels(values, as_it_is, PROJECTION, **settings)


def test_equal_noise_has_nearly_the_level_one():
    level = levels_of(spectra())
    assert np.std(np.log(level)) < 0.03


def test_levels_are_found():
    true = np.exp(0.4 * np.random.default_rng(5).normal(size=POINTS))
    level = levels_of(spectra(true))
    error = np.log(level) - np.log(true / np.median(true))
    # two per cent more than what 118 energies can tell
    assert np.std(error) < np.sqrt(35 / 18 / 2 / ENERGIES) + 0.02


def test_a_few_noisy_spectra_among_many_keep_their_level():
    true = np.ones(POINTS)
    true[:7] = 3.0
    level = levels_of(spectra(true))
    assert level[:7] == pytest.approx(3.0, rel=0.35)
    assert np.median(np.abs(level[7:] - 1)) < 0.05


def test_single_channels_far_out_are_not_noise():
    values = spectra()
    values[:5, 40] += 50
    assert levels_of(values)[:5] == pytest.approx(1.0, abs=0.35)


def test_the_order_of_the_spectra_does_not_matter():
    values = spectra(np.linspace(0.5, 2, POINTS))
    order = np.random.default_rng(1).permutation(POINTS)
    assert levels_of(values[order]) == pytest.approx(levels_of(values)[order], rel=1e-3)


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_units_do_not_matter(factor):
    values = spectra(np.linspace(0.5, 2, POINTS))
    assert levels_of(factor * values) == pytest.approx(levels_of(values), rel=1e-3)


def test_few_energies_and_spectra_without_noise_have_the_usual_level():
    assert (noise_levels(spectra()[:, :20], as_it_is, PROJECTION[:20]) == 1).all()
    assert np.isfinite(levels_of(np.zeros((50, ENERGIES)))).all()


def test_features_at_the_usual_noise_have_one_covariance():
    random = np.random.default_rng(0)
    # signal and noise share the variance 1 of every feature differently
    share = np.array([0.9, 0.5, 0.1])
    projection = np.linalg.qr(random.normal(size=(40, 3)))[0] * np.sqrt(share)
    level = np.repeat([0.5, 1.0, 4.0], 40_000)
    noise = level[:, np.newaxis] * random.normal(size=(len(level), 40)) @ projection
    features = noise + np.sqrt(1 - share) * random.normal(size=(len(level), 3))
    even = at_usual_noise(features, level, projection)
    for one in np.unique(level):
        assert np.cov(even[level == one], rowvar=False) == pytest.approx(np.eye(3), abs=0.04)
    assert np.array_equal(even[level == 1.0], features[level == 1.0]) or even[level == 1.0] == pytest.approx(
        features[level == 1.0]
    )


def test_where_all_have_the_usual_noise_features_stay_as_they_are():
    features = np.random.default_rng(0).normal(size=(9, 3))
    assert at_usual_noise(features, np.ones(9), np.eye(3)) is features

import numpy as np
import pytest

import naive
from didymos.core.numeric.moments import moments
from didymos.core.numeric.principal_components import covariance_serves, principal_components, project


def correlated_spectra(rng, points=400, energies=12):
    return rng.normal(size=(points, energies)) @ rng.normal(size=(energies, energies)) + rng.normal(size=energies)


def assert_same_up_to_sign(spectra, expected):
    overlap = np.abs(np.sum(spectra * expected, axis=1))
    assert overlap == pytest.approx(1, abs=1e-7)


@pytest.mark.parametrize(("offset", "factor"), [(0, 1), (1e6, 1), (-3e-7, 1e-12), (5, 1e9)])
@pytest.mark.parametrize("points", [8, 400])
def test_agrees_with_a_singular_value_decomposition(offset, factor, points):
    values = offset + factor * correlated_spectra(np.random.default_rng(0), points)
    scale = np.linspace(0.5, 2, 12)
    found = principal_components(moments(values), 5, scale)
    mean, spectra, variance = naive.principal_components(values, scale)
    assert found.mean == pytest.approx(mean, rel=1e-12)
    assert found.variance[: len(variance)] == pytest.approx(variance, rel=1e-6, abs=1e-9 * variance[0])
    assert found.variance[len(variance) :] == pytest.approx(0, abs=1e-9 * variance[0])
    assert found.spectra.shape == (5, 12)
    assert_same_up_to_sign(found.spectra, spectra[:5])


@pytest.mark.parametrize("points", [4095, 4096, 4097, 8195])
def test_blocks_of_spectra_are_all_counted(points):
    values = 1e6 + np.random.default_rng(1).normal(size=(points, 3))
    found = moments(values)
    assert found.mean == pytest.approx(values.mean(axis=0), rel=1e-12)
    assert found.covariance == pytest.approx(np.cov(values, rowvar=False), abs=1e-9)
    projection = np.array([[1.0, 0.5], [0.0, -1.0], [2.0, 0.0]])
    features = project(values, np.ones(3), found.mean, projection)
    assert features == pytest.approx((values - found.mean) @ projection, abs=1e-9)
    assert project(values, np.ones(3), found.mean, projection, np.square) == pytest.approx(features**2)


def test_float32_spectra_lose_no_variance_to_an_offset():
    values = (1e4 + np.random.default_rng(2).normal(size=(5000, 6))).astype(np.float32)
    assert moments(values).covariance == pytest.approx(np.cov(values.astype(float), rowvar=False), abs=1e-10)


def test_order_of_the_spectra_changes_nothing():
    values = correlated_spectra(np.random.default_rng(3))
    plain, shuffled = moments(values), moments(np.random.default_rng(4).permutation(values))
    assert shuffled.mean == pytest.approx(plain.mean, rel=1e-12)
    assert shuffled.covariance == pytest.approx(plain.covariance, rel=1e-10)


def test_component_spectra_are_orthonormal_and_their_largest_entry_is_positive():
    values = correlated_spectra(np.random.default_rng(5))
    for sign in (1, -1):
        spectra = principal_components(moments(sign * values), 12).spectra
        assert spectra @ spectra.T == pytest.approx(np.eye(12), abs=1e-12)
        assert np.all(np.take_along_axis(spectra, np.abs(spectra).argmax(axis=1)[:, np.newaxis], axis=1) > 0)


def test_scores_are_uncorrelated_with_the_variance_of_their_component():
    values = correlated_spectra(np.random.default_rng(6))
    found = principal_components(moments(values), 12, np.full(12, 1e-3))
    scores = found.scores(values)
    assert np.cov(scores, rowvar=False) == pytest.approx(np.diag(found.variance), abs=1e-9 * found.variance[0])
    assert scores.mean(axis=0) == pytest.approx(0, abs=1e-9 * np.sqrt(found.variance[0]))
    assert found.scores(values, 3) == pytest.approx(scores[:, :3], rel=1e-9)
    assert found.variance_ratio.sum() == pytest.approx(1)


def test_all_components_together_lose_nothing():
    values = correlated_spectra(np.random.default_rng(7))
    found = principal_components(moments(values), 12, np.linspace(1, 3, 12))
    restored = (found.scores(values) @ found.spectra + found.mean) * found.scale
    assert restored == pytest.approx(values, abs=1e-9)


def test_units_of_the_scale_cancel():
    values = correlated_spectra(np.random.default_rng(8))
    scale = np.linspace(0.2, 1, 12)
    plain = principal_components(moments(values), 4, scale)
    other = principal_components(moments(1e-12 * values), 4, 1e-12 * scale)
    assert other.variance == pytest.approx(plain.variance, rel=1e-8)
    assert other.scores(1e-12 * values) == pytest.approx(plain.scores(values), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("points", [1, 2, 30])
def test_identical_spectra_have_no_variance(points):
    found = principal_components(moments(np.full((points, 4), 2.0**-30)), 2)
    assert np.all(found.variance == 0)
    assert np.all(found.variance_ratio == 0)
    assert np.all(np.isfinite(found.spectra))


def test_a_missing_spectrum_has_missing_scores_and_leaves_the_others_alone():
    values = correlated_spectra(np.random.default_rng(9))
    found = principal_components(moments(values), 3)
    expected = found.scores(values)
    values[7, 2] = np.nan
    scores = found.scores(values)
    assert np.all(np.isnan(scores[7]))
    assert np.delete(scores, 7, axis=0) == pytest.approx(np.delete(expected, 7, axis=0), rel=1e-12)


def test_more_modes_than_energies_gives_all_there_are():
    found = principal_components(moments(correlated_spectra(np.random.default_rng(10))), 50)
    assert found.spectra.shape == (12, 12)


def wide_spectra(points, energies, rank=6, noise=0.05):
    rng = np.random.default_rng(11)
    size = np.linspace(3, 1, rank)
    signal = (size * rng.normal(size=(points, rank))) @ np.linalg.qr(rng.normal(size=(energies, rank)))[0].T
    return (5 + signal + noise * rng.normal(size=(points, energies)) / np.sqrt(energies)).astype(np.float32)


@pytest.mark.parametrize("points", [3, 40, 700])
def test_many_energies_need_no_covariance(points):
    values, scale = wide_spectra(points, 1300), np.linspace(0.5, 2, 1300)
    assert not covariance_serves(points, 1300)
    found = principal_components(values, 5, scale)
    mean, spectra, variance = naive.principal_components(values, scale)
    kept = min(points - 1, 5)
    assert found.mean == pytest.approx(mean, rel=1e-6)
    assert found.variance[:kept] == pytest.approx(variance[:kept], rel=1e-4)
    assert found.total == pytest.approx(variance.sum(), rel=1e-6)
    assert np.abs(np.sum(found.spectra[:kept] * spectra[:kept], axis=1)) == pytest.approx(1, abs=1e-5)
    assert found.spectra @ found.spectra.T == pytest.approx(np.eye(len(found.spectra)), abs=1e-5)


def test_components_without_a_covariance_are_the_same_each_time():
    values = wide_spectra(600, 1300)
    first, second = (principal_components(values, 4) for _ in range(2))
    np.testing.assert_array_equal(first.spectra, second.spectra)


@pytest.mark.slow
def test_a_covariance_of_very_many_energies_is_exact_to_single_precision():
    values = wide_spectra(90, 1100)
    expected = np.cov(values.astype(float), rowvar=False)
    assert moments(values).covariance == pytest.approx(expected, abs=1e-6 * np.abs(expected).max())

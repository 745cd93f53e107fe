import dataclasses

import numpy as np
import pytest

import naive
from didymos.core.metrics.linear import LinearMetric
from didymos.core.metrics.registry import METRICS, fit_metric

ENERGIES, FEATURES = 12, 3


@pytest.fixture(scope="module")
def metric():
    rng = np.random.default_rng(0)
    scale, mean = rng.uniform(0.5, 2, ENERGIES), rng.normal(size=ENERGIES)
    return LinearMetric(scale, mean, rng.normal(size=(ENERGIES, FEATURES)), FEATURES)


@pytest.fixture(scope="module")
def spectra():
    return np.random.default_rng(1).normal(size=(40, ENERGIES))


def test_features_are_the_formula(metric, spectra):
    expected = [
        [
            sum((x[e] / metric.scale[e] - metric.mean[e]) * metric.projection[e, f] for e in range(ENERGIES))
            for f in range(3)
        ]
        for x in spectra
    ]
    assert metric.transform(spectra) == pytest.approx(np.array(expected), rel=1e-9, abs=1e-9)


def test_features_are_linear_in_the_spectra(metric, spectra):
    middle = metric.transform((spectra[:-1] + spectra[1:]) / 2)
    features = metric.transform(spectra)
    assert middle == pytest.approx((features[:-1] + features[1:]) / 2, rel=1e-9, abs=1e-9)


def test_the_centre_of_the_majority_is_the_origin(metric):
    centre = (metric.mean * metric.scale)[np.newaxis]
    assert metric.transform(centre) == pytest.approx(0, abs=1e-12)
    assert metric.distance(metric.transform(centre)) == pytest.approx(0, abs=1e-12)


def test_the_distance_is_the_length_of_the_features(metric, spectra):
    features = metric.transform(spectra)
    expected = [sum(value**2 for value in row) ** 0.5 for row in features]
    assert metric.distance(features) == pytest.approx(expected, rel=1e-12)


def test_distances_of_pairs_do_not_know_the_centre(metric, spectra):
    moved = dataclasses.replace(metric, mean=metric.mean + 7.0)
    assert naive.pair_distances(moved.transform(spectra)) == pytest.approx(
        naive.pair_distances(metric.transform(spectra)), rel=1e-9
    )


def test_a_spectrum_with_a_missing_value_has_no_features(metric, spectra):
    values = spectra.copy()
    values[3, 7] = np.nan
    features = metric.transform(values)
    assert np.isnan(features[3]).all()
    assert np.isnan(metric.distance(features)[3])
    # summed in another order
    assert np.delete(features, 3, axis=0) == pytest.approx(np.delete(metric.transform(spectra), 3, axis=0), abs=1e-12)


def test_a_metric_does_not_change(metric):
    with pytest.raises(dataclasses.FrozenInstanceError):
        metric.rank = 1


@pytest.mark.parametrize("name", METRICS)
def test_a_fitted_metric_is_linear_and_has_a_feature_for_each_component(name, spectra):
    fitted = fit_metric(name, spectra, np.roll(np.arange(len(spectra)), 1), rank=5, seed=0)
    assert isinstance(fitted, LinearMetric)
    assert (fitted.rank, fitted.projection.shape) == (5, (ENERGIES, 5))
    features = fitted.transform(spectra)
    assert fitted.transform(2 * spectra[:1] - spectra[1:2]) == pytest.approx(2 * features[:1] - features[1:2], abs=1e-8)

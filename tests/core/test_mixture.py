import numpy as np
import pytest

from didymos.core.mixture import choose_offset, fit_two_gaussians, log_histogram
from didymos.core.pair_statistics import PairHistogram, pair_histogram


def histogram_of(distances, bins=4000):
    counts, edges = np.histogram(distances, np.concatenate([[0], np.geomspace(1e-3, 1.001, bins) * distances.max()]))
    return PairHistogram(edges, counts)


def two_populations(rng, weight, means, sds, offset, pairs=200_000):
    """Return distances whose log(d + offset) is a mixture of two normal distributions."""
    second = rng.random(pairs) < weight
    u = np.where(second, rng.normal(means[1], sds[1], pairs), rng.normal(means[0], sds[0], pairs))
    return np.exp(u) - offset


def two_clusters(rng, points=400, rare=60):
    features = rng.normal(size=(points, 3))
    features[:rare] += 15
    return features


@pytest.mark.parametrize(
    ("weight", "means", "sds"),
    [(0.3, (1.0, 2.5), (0.15, 0.2)), (0.05, (0.5, 2.0), (0.1, 0.3)), (0.5, (2.0, 3.0), (0.2, 0.1))],
)
def test_known_mixtures_are_recovered(weight, means, sds):
    distances = two_populations(np.random.default_rng(0), weight, means, sds, 0.4)
    fit = fit_two_gaussians(histogram_of(distances), 0.4)
    assert fit.weight == pytest.approx([1 - weight, weight], abs=0.01)
    assert fit.mean == pytest.approx(means, abs=0.02)
    assert fit.sd == pytest.approx(sds, rel=0.05)
    assert fit.separation == pytest.approx(np.sqrt(2) * (means[1] - means[0]) / np.hypot(*sds), rel=0.05)
    assert fit.log_likelihood_gain > 0.1


def test_densities_are_equal_at_the_crossing():
    distances = two_populations(np.random.default_rng(1), 0.2, (1.0, 2.2), (0.15, 0.25), 0.4)
    fit = fit_two_gaussians(histogram_of(distances), 0.4)
    near, far = fit.density(np.log(np.array([fit.crossing]) + fit.offset))
    assert near == pytest.approx(far, rel=0.05)
    assert np.exp(1.0) - 0.4 < fit.crossing < np.exp(2.2) - 0.4


def test_densities_integrate_to_the_weights():
    fit = fit_two_gaussians(pair_histogram(two_clusters(np.random.default_rng(2))), 1.0)
    u = np.linspace(-10, 20, 200_001)
    assert np.trapezoid(fit.density(u), u, axis=1) == pytest.approx(fit.weight, rel=1e-6)
    assert fit.weight.sum() == pytest.approx(1)
    assert fit.mean[0] <= fit.mean[1]


def test_crossing_separates_within_from_between():
    features = two_clusters(np.random.default_rng(3))
    histogram = pair_histogram(features)
    crossing = fit_two_gaussians(histogram, choose_offset(histogram)).crossing
    between = np.linalg.norm(features[:60, np.newaxis] - features[np.newaxis, 60:], axis=-1)
    within = np.linalg.norm(features[60:, np.newaxis] - features[np.newaxis, 60:], axis=-1)
    assert np.mean(between < crossing) < 0.01
    assert np.mean(within > crossing) < 0.01


def test_one_population_gains_little_over_a_single_gaussian():
    rng = np.random.default_rng(4)
    one = histogram_of(np.exp(rng.normal(2, 0.3, 200_000)) - 0.4)
    assert fit_two_gaussians(one, 0.4).log_likelihood_gain < 0.005
    two = histogram_of(two_populations(rng, 0.3, (1.0, 2.5), (0.15, 0.2), 0.4))
    assert fit_two_gaussians(two, 0.4).log_likelihood_gain > 0.3


@pytest.mark.parametrize("factor", [1e-12, 1000.0, 1e12])
def test_threshold_and_offset_scale_with_the_features(factor):
    features = two_clusters(np.random.default_rng(5))
    plain, scaled = pair_histogram(features), pair_histogram(factor * features)
    offset = choose_offset(plain)
    assert choose_offset(scaled) == pytest.approx(factor * offset, rel=3e-3)
    first, second = fit_two_gaussians(plain, offset), fit_two_gaussians(scaled, factor * offset)
    assert second.crossing == pytest.approx(factor * first.crossing, rel=5e-3)
    assert second.mean == pytest.approx(first.mean + np.log(factor), abs=5e-3)
    assert second.weight == pytest.approx(first.weight, abs=5e-3)


@pytest.mark.parametrize("offset", [0.0, 0.1, 3.0])
def test_log_histogram_keeps_every_pair(offset):
    histogram = pair_histogram(np.repeat(two_clusters(np.random.default_rng(6), 90, 20), 2, axis=0))
    edges, counts = log_histogram(histogram, offset)
    assert len(edges) == len(counts) + 1
    assert np.all(np.diff(edges) > 0)
    assert np.all(counts >= 0)
    assert counts.sum() == pytest.approx(histogram.pairs)


def simplex(points):
    """Return points that are all equally far from one another."""
    return np.eye(points)


@pytest.mark.parametrize(
    "features",
    [
        simplex(6),
        np.array([[0.0], [3.0]]),
        np.zeros((5, 2)),
        np.array([[0.0]] * 30 + [[1.0]]),
        np.array([[0.0], [1.0], [1e9]]),
    ],
    ids=["equal", "one pair", "identical", "one odd", "far outlier"],
)
def test_degenerate_histograms_have_a_usable_threshold(features):
    histogram = pair_histogram(1e-12 * features)
    fit = fit_two_gaussians(histogram, choose_offset(histogram))
    assert np.all(np.isfinite([*fit.weight, *fit.mean, *fit.sd, fit.log_likelihood_gain, fit.separation]))
    assert np.all(fit.sd > 0)
    assert 0 < fit.crossing <= histogram.edges[-1] * (1 + 1e-6)

import numpy as np
import pytest

from didymos.core.pairs.distance_histogram import PairHistogram
from didymos.core.pairs.mixture import (
    TwoGaussians,
    best_fit,
    fit_two_gaussians,
    gain_of_spectra,
    gain_standard_error,
    log_histogram,
)
from didymos.core.pairs.pair_statistics import pair_histogram, pair_statistics


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
    crossing = fit_two_gaussians(histogram, best_fit(histogram).offset).crossing
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
    offset = best_fit(plain).offset
    assert best_fit(scaled).offset == pytest.approx(factor * offset, rel=3e-3)
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
    fit = fit_two_gaussians(histogram, best_fit(histogram).offset)
    assert np.all(np.isfinite([*fit.weight, *fit.mean, *fit.sd, fit.log_likelihood_gain, fit.separation]))
    assert np.all(fit.sd > 0)
    assert 0 < fit.crossing <= histogram.edges[-1] * (1 + 1e-6)


@pytest.mark.parametrize("weight", [0.03, 0.5, 0.9])
@pytest.mark.parametrize("sds", [(0.2, 0.5), (0.5, 0.2), (0.3, 0.3), (0.3, 0.3000001)])
def test_crossing_is_where_the_weighted_densities_change_places(weight, sds):
    fit = TwoGaussians(np.array([1 - weight, weight]), np.array([0.0, 2.0]), np.array(sds), 0.5, 0.0, 0.0, 1.0)
    u = np.linspace(0, 2, 200_001)
    near, far = fit.density(u)
    change = u[np.flatnonzero((near[:-1] > far[:-1]) & (near[1:] <= far[1:]))]
    equal = 2 * sds[0] / sum(sds)
    expected = change[0] if len(change) else equal
    assert np.log(fit.crossing + 0.5) == pytest.approx(expected, abs=2e-5)


def plain_fit(u, share, split, floor, steps):
    """Return the log-likelihood after plain expectation maximisation from the shares below and above a split."""
    far = (u > split).astype(float)
    for _ in range(steps):
        weight = np.array([share @ (1 - far), share @ far])
        mean = np.array([share @ ((1 - far) * u), share @ (far * u)]) / weight
        variance = np.array([share @ ((1 - far) * (u - mean[0]) ** 2), share @ (far * (u - mean[1]) ** 2)]) / weight
        sd = np.maximum(np.sqrt(variance), floor)
        density = weight / sd * np.exp(-0.5 * ((u[:, np.newaxis] - mean) / sd) ** 2) / np.sqrt(2 * np.pi)
        far = density[:, 1] / density.sum(axis=1)
    return share @ np.log(density.sum(axis=1))


@pytest.mark.parametrize("features", [1, 3, 20])
def test_the_fit_is_no_worse_than_plain_expectation_maximisation(features):
    rng = np.random.default_rng(7)
    histogram = pair_histogram(rng.normal(size=(200, features)))
    offset = 0.3 * histogram.quantile(0.5)
    edges, counts = log_histogram(histogram, offset)
    u, share = (edges[1:] + edges[:-1]) / 2, counts / counts.sum()
    fit = fit_two_gaussians(histogram, offset)
    mean = share @ u
    sd = np.sqrt(share @ (u - mean) ** 2)
    single = share @ (-0.5 * ((u - mean) / sd) ** 2 - np.log(sd * np.sqrt(2 * np.pi)))
    for split in (0.5, 0.75, 0.9, 0.97):
        start = np.interp(split, np.cumsum(share), u)
        plain = plain_fit(u, share, start, (edges[1] - edges[0]) / 2, 1500)
        assert fit.log_likelihood_gain >= plain - single - 1e-8
    assert fit.log_likelihood_gain == pytest.approx(share @ np.log(fit.density(u).sum(axis=0)) - single, abs=1e-9)
    assert (fit.single_mean, fit.single_sd) == pytest.approx((mean, sd))


def test_gain_of_every_spectrum_is_that_of_a_plain_loop():
    spectra = two_clusters(np.random.default_rng(8), 60, 10)
    statistics = pair_statistics(spectra)
    fit = best_fit(statistics.histogram)
    expected = np.zeros(60)
    for i in range(60):
        distances = np.array([np.linalg.norm(spectra[i] - spectra[j]) for j in range(60) if j != i])
        for u in np.log(distances + fit.offset):
            two = fit.density(np.array([u])).sum()
            one = np.exp(-0.5 * ((u - fit.single_mean) / fit.single_sd) ** 2) / (fit.single_sd * np.sqrt(2 * np.pi))
            expected[i] += np.log(two / one) / 59
    gains = gain_of_spectra(statistics, fit)
    assert gains == pytest.approx(expected, abs=0.02)
    assert gains.mean() == pytest.approx(fit.log_likelihood_gain, abs=0.01)


@pytest.mark.parametrize("references", [None, 25])
def test_standard_error_of_the_gain_is_its_scatter_between_surfaces(references):
    rng = np.random.default_rng(9)
    fit = best_fit(pair_histogram(two_clusters(rng, 150, 30)))
    gains, errors = [], []
    for _ in range(80):
        spectra = rng.normal(size=(80, 3)) + 15 * (rng.random((80, 1)) < 0.2)
        chosen = None if references is None else rng.choice(80, references, replace=False)
        statistics = pair_statistics(spectra, references=chosen)
        own = gain_of_spectra(statistics, fit)
        gains.append(own.mean() if chosen is None else pair_gain(statistics.histogram, fit))
        errors.append(gain_standard_error(statistics, fit))
    assert np.mean(errors) == pytest.approx(np.std(gains), rel=0.3)
    assert gain_standard_error(pair_statistics(np.zeros((1, 3))), fit) == np.inf


def pair_gain(histogram, fit):
    return histogram.counts @ fit.log_ratio(histogram.centres) / histogram.pairs


def test_no_pair_cannot_be_fitted():
    with pytest.raises(ValueError, match="no pair"):
        best_fit(pair_histogram(np.full((5, 2), np.nan)))


def test_the_best_offset_is_that_of_the_largest_likelihood_of_the_distances():
    rng = np.random.default_rng(10)
    # log(d + n) of these is a mixture of two Gaussians for one n alone, by construction
    distances = two_populations(rng, 0.2, (1.5, 2.7), (0.15, 0.25), 1.5)
    histogram = histogram_of(distances)
    median = histogram.quantile(0.5)
    fits = [fit_two_gaussians(histogram, multiple * median) for multiple in (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)]
    for fit in fits:
        u = np.log(distances + fit.offset)
        assert fit.log_likelihood == pytest.approx(np.mean(np.log(fit.density(u).sum(axis=0)) - u), abs=2e-3)
    assert best_fit(histogram).offset == max(fits, key=lambda fit: fit.log_likelihood).offset
    # and of all of them the nearest to the true one
    assert abs(np.log(best_fit(histogram).offset / 1.5)) == min(abs(np.log(fit.offset / 1.5)) for fit in fits)

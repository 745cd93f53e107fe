import numpy as np
import pytest

import naive
from didymos.core.pairs.abundance import abundance, farther_peak, farther_share, label, typical_histograms
from didymos.core.pairs.mixture import TwoGaussians, best_fit
from didymos.core.pairs.pair_statistics import pair_statistics
from didymos.simulate import fese

BIN = 0.017
"""Width of a bin of single spectra over its distance, with the error of a distance."""


def fit_of(weight, mean, sd, offset):
    return TwoGaussians(np.array(weight), np.array(mean), np.array(sd), offset, 0.1, 1.0, 1.0)


FITS = [
    fit_of((0.7, 0.3), (np.log(3), np.log(17)), (0.4, 0.1), 0.5),  # the farther one is narrower
    fit_of((0.8, 0.2), (np.log(3), np.log(12)), (0.1, 0.6), 0.5),  # or wider
    fit_of((0.95, 0.05), (np.log(2), np.log(15)), (0.3, 0.3), 0.0),
]


def two_clusters(points=90, rare=15, seed=0):
    features = np.random.default_rng(seed).normal(size=(points, 3))
    features[:rare] += 8
    return features


def mean_belonging(distances, fit, factor):
    return np.mean([naive.belongs_to_farther(distance * factor, fit) for distance in distances])


@pytest.mark.parametrize("fit", FITS)
def test_the_farther_peak_is_where_the_plain_density_is_highest(fit):
    features = two_clusters(30, 6)
    found, distances = farther_peak(pair_statistics(features).histogram, fit), naive.pair_distances(features)
    grid = np.linspace(fit.mean[0], np.log(distances.max() + fit.offset), 30)
    density = naive.farther_density(distances, [found, *grid], fit)
    assert density[0] > 0.97 * density.max()


@pytest.mark.parametrize("fit", FITS)
def test_abundance_is_the_density_of_the_plain_distances_at_the_farther_peak(fit):
    features = two_clusters()
    statistics, table = pair_statistics(features), naive.distance_table(features)
    found, peak = abundance(statistics, fit), farther_peak(statistics.histogram, fit)
    low, high = peak - fit.sd[1] / 2, peak + fit.sd[1] / 2
    for value, row in zip(found, table, strict=True):
        distances = naive.known(row)
        narrow = naive.window_density(distances, low + BIN, high - BIN, fit.offset) * (high - low - 2 * BIN)
        wide = naive.window_density(distances, low - BIN, high + BIN, fit.offset) * (high - low + 2 * BIN)
        assert narrow - 1e-9 <= value * (high - low) <= wide + 1e-9


@pytest.mark.parametrize("fit", FITS)
def test_farther_share_is_the_mean_of_the_plain_probabilities(fit):
    features = np.concatenate([two_clusters(24, 6), two_clusters(24, 6)[:3]])
    found, table = farther_share(pair_statistics(features), fit), naive.distance_table(features)
    for value, row in zip(found, table, strict=True):
        least, most = (mean_belonging(naive.known(row), fit, factor) for factor in (1 - BIN, 1 + BIN))
        assert least - 1e-3 <= value <= most + 1e-3


@pytest.mark.parametrize("fit", FITS)
def test_farther_share_rises_as_a_spectrum_moves_away_whichever_gaussian_is_wider(fit):
    # the others are all at one place; far beyond the farther peak a wider nearer Gaussian would win again
    shares = []
    for distance in (0.0, 0.1, 2.0, 5.0, 8.0, 12.0, 17.0, 40.0, 1e3, 1e5):
        features = np.concatenate([np.random.default_rng(1).normal(size=(40, 2)) * 1e-3, [[distance, 0.0]]])
        shares.append(farther_share(pair_statistics(features), fit)[-1])
    assert np.all(np.diff(shares) >= -1e-6)
    assert shares[0] == 0
    assert shares[-1] > 0.95


def test_gaussians_narrower_than_a_bin_part_near_from_far():
    fit = fit_of((0.7, 0.3), (np.log(3), np.log(17)), (1e-5, 1e-5), 0.0)
    found = farther_share(pair_statistics(np.array([[0.0], [10.0], [50.0]])), fit)
    assert found == pytest.approx([0.5, 0.5, 1])


def test_labels_are_the_minority_where_most_pairs_belong_to_the_farther_one():
    found = label(np.array([0.0, 0.5, 0.500001, 1.0, np.nan]))
    assert np.array_equal(found, [0, 0, 1, 1, -1])
    assert found.dtype == np.int8


@pytest.mark.parametrize("unit", [1.0, 1e-12, 1e9])
@pytest.mark.parametrize("references", [None, np.arange(0, 400, 5)])
def test_the_minority_of_two_clusters_is_found_in_any_unit(unit, references):
    features, rare = two_clusters(400, 40), np.arange(400) < 40
    found = pair_statistics(unit * features, references=references)
    fit = best_fit(found.histogram)
    level = abundance(found, fit)
    assert np.array_equal(label(farther_share(found, fit)), rare)
    assert level[rare].mean() > 5 * level[~rare].mean()
    assert np.median(level[rare]) > level[~rare].max()


def test_abundance_and_shares_do_not_know_the_unit():
    features, fit, unit = two_clusters(200, 30), FITS[0], 2.0**-40
    shifted = fit_of(fit.weight, fit.mean + np.log(unit), fit.sd, fit.offset * unit)
    plain, scaled = pair_statistics(features), pair_statistics(unit * features)
    assert abundance(scaled, shifted) == pytest.approx(abundance(plain, fit), rel=1e-9)
    assert farther_share(scaled, shifted) == pytest.approx(farther_share(plain, fit), rel=1e-9)


def test_the_vacancies_of_a_surface_are_found():
    surface = fese(shape=(48, 48), energies=64)
    kind, amplitude = surface.truth_kind.values.ravel(), surface.truth_amplitude.values.ravel()
    found = pair_statistics(surface.spectra.values.reshape(-1, 64))
    fit = best_fit(found.histogram)
    labels, level = label(farther_share(found, fit)), abundance(found, fit)
    assert np.all(labels[kind > 0] == 1)
    assert np.mean(labels[amplitude < 0.05]) < 0.01
    assert np.median(level[kind > 0]) > 5 * np.median(level[kind == 0])


def test_spectra_that_are_not_finite_have_no_abundance_and_no_label():
    features = two_clusters()
    features[[2, 60], 1] = np.nan
    statistics, rest = pair_statistics(features), pair_statistics(np.delete(features, [2, 60], axis=0))
    left = np.delete(np.arange(90), [2, 60])
    for of in (abundance, farther_share):
        found = of(statistics, FITS[0])
        assert np.isnan(found[[2, 60]]).all()
        assert np.array_equal(found[left], of(rest, FITS[0]))
    labels = label(farther_share(statistics, FITS[0]))
    assert np.array_equal(labels[[2, 60]], [-1, -1])
    assert set(labels[left]) == {0, 1}
    edges = np.linspace(-1, 4, 9)
    assert np.array_equal(
        typical_histograms(statistics, labels, edges, 0.5), typical_histograms(rest, labels[left], edges, 0.5)
    )


@pytest.mark.parametrize("offset", [0.05, 2.0])
def test_typical_histograms_are_the_averages_of_the_plain_ones(offset):
    features, labels = two_clusters(60, 9), (np.arange(60) < 9).astype(np.int8)
    table = naive.distance_table(features)
    edges = np.linspace(np.log(offset), np.log(30 + offset), 13)
    found = typical_histograms(pair_statistics(features), labels, edges, offset)
    assert (found * np.diff(edges)).sum(axis=1) == pytest.approx([1, 1])
    for which in (0, 1):
        distances = np.concatenate([naive.known(row) for row in table[labels == which]])
        fewest, most = naive.counts_below(distances, np.exp(edges[1:]) - offset, BIN)
        below = np.cumsum(found[which] * np.diff(edges)) * len(distances)
        assert np.all(fewest - 1e-6 <= below)
        assert np.all(below <= most + 1e-6)


@pytest.mark.parametrize("points", [2, 3, 40])
@pytest.mark.parametrize("apart", [0.0, 1.0])
def test_few_or_identical_spectra_have_finite_figures(points, apart):
    features = np.zeros((points, 2))
    features[0] = apart
    found = pair_statistics(features)
    fit = best_fit(found.histogram)
    assert np.isfinite(abundance(found, fit)).all()
    assert np.isfinite(farther_share(found, fit)).all()


def test_there_is_no_typical_histogram_of_a_minority_that_is_not_there():
    found = typical_histograms(pair_statistics(two_clusters()), np.zeros(90, np.int8), np.linspace(-1, 4, 9), 0.5)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()

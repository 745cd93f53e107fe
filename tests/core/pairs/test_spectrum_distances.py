import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from didymos.core.pairs.pair_statistics import pair_statistics

RELATIVE_ERROR = 1e-4
BIN = 0.017
"""Width of a bin of single spectra over its distance, with the error of a distance."""


def two_clusters(points=300, rare=45, seed=0):
    features = np.random.default_rng(seed).normal(size=(points, 2))
    features[:rare] += 12
    return features


def with_gaps(seed=0):
    features = np.random.default_rng(seed).normal(size=(40, 3))
    features[[3, 17], 1], features[39, 0] = np.nan, np.inf
    return features, np.array([3, 17, 39])


def assert_own_counts(statistics, table):
    """Every distance of every spectrum lies in its bin, give or take the promised error: counts below edges agree."""
    others = np.sum(~np.isnan(table), axis=1)
    assert np.array_equal(statistics.counts.sum(axis=1), others)
    assert statistics.edges[0] == 0
    assert statistics.edges[-1] >= statistics.histogram.edges[-1]
    assert np.all(np.diff(statistics.edges) > 0)
    for row, distances in zip(statistics.counts, table, strict=True):
        fewest, most = naive.counts_below(naive.known(distances), statistics.edges[1:-1], RELATIVE_ERROR)
        below = np.cumsum(row)[:-1]
        assert np.all(fewest <= below)
        assert np.all(below <= most)


@given(
    points=st.integers(0, 25),
    terms=st.integers(1, 8),
    levels=st.sampled_from([0, 1, 3]),
    offset=st.sampled_from([0.0, -1e6]),
    clusters=st.sampled_from([0.0, 10.0, 1e6]),
    scale=st.sampled_from([1e-12, 1.0, 1e12]),
    gaps=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_spectrum_has_the_distances_of_the_plain_loop(points, terms, levels, offset, clusters, scale, gaps, seed):
    rng = np.random.default_rng(seed)
    features = rng.integers(0, levels + 1, (points, terms)) if levels else rng.normal(size=(points, terms))
    features = scale * (features + offset + clusters * rng.integers(0, 2, (points, 1)))
    features[rng.permutation(points)[:gaps], 0] = rng.choice([np.nan, np.inf, -np.inf])
    table, statistics = naive.distance_table(features).reshape(points, points), pair_statistics(features)
    assert_own_counts(statistics, table)
    assert np.array_equal(statistics.usable, np.isfinite(features).all(axis=1))
    assert statistics.mean_distance == pytest.approx(naive.mean_distance(table), rel=1e-5, nan_ok=True)
    assert statistics.histogram.pairs * 2 == np.sum(~np.isnan(table))


def test_all_pairs_are_half_of_what_single_spectra_have():
    statistics = pair_statistics(two_clusters())
    edges = np.linspace(0, statistics.histogram.edges[-1], 30)
    every, single = statistics.histogram.rebin(edges), statistics.log_histogram(np.log(edges + 1), 1.0).sum(axis=0)
    fewest, most = naive.counts_below(naive.pair_distances(two_clusters()), edges, BIN)
    for below in (np.cumsum(every), np.cumsum(single) / 2):
        assert np.all(fewest[1:] - 0.5 <= below)
        assert np.all(below <= most[1:] + 0.5)


def test_mean_distances_have_five_digits_in_every_unit_and_far_from_zero():
    for features in (1e-12 * two_clusters(120), 1e6 + two_clusters(120), two_clusters(120).astype(np.float32)):
        plain = naive.mean_distance(naive.distance_table(features))
        assert pair_statistics(features).mean_distance == pytest.approx(plain, rel=1e-5)


def test_quantiles_of_every_spectrum_are_the_plain_ones():
    features = np.concatenate([two_clusters(80, 20), two_clusters(80, 20)[:30]])
    statistics, table = pair_statistics(features), naive.distance_table(features)
    for share in (0.5 / 109, 0.1003, 0.5003, 0.9003, 1.0):
        plain = [np.quantile(naive.known(row), share, method="inverted_cdf") for row in table]
        least_bin = statistics.edges[1]
        assert statistics.quantile(share) == pytest.approx(plain, rel=BIN, abs=least_bin)


def test_log_histograms_of_every_spectrum_are_the_plain_ones():
    features = two_clusters(60, 10)
    statistics, table = pair_statistics(features), naive.distance_table(features)
    for offset in (0.05, 1.0, 20.0):
        edges = np.linspace(np.log(offset), np.log(25 + offset), 15)
        found = np.cumsum(statistics.log_histogram(edges, offset), axis=1)
        for below, row in zip(found, table, strict=True):
            fewest, most = naive.counts_below(naive.known(row), np.exp(edges[1:]) - offset, BIN)
            assert np.all(fewest - 1e-3 <= below)
            assert np.all(below <= most + 1e-3)


def test_means_of_a_function_of_the_distance_are_the_plain_ones():
    statistics, table = pair_statistics(two_clusters(60, 10)), naive.distance_table(two_clusters(60, 10))
    plain = [np.mean(np.sqrt(naive.known(row))) for row in table]
    assert statistics.mean_of(np.sqrt(statistics.centres)) == pytest.approx(plain, rel=BIN)


def test_spectra_that_are_not_finite_have_no_figure_and_change_no_other():
    features, gaps = with_gaps()
    statistics, rest = pair_statistics(features), pair_statistics(np.delete(features, gaps, axis=0))
    left = np.delete(np.arange(40), gaps)
    edges = np.linspace(-2, 3, 9)
    for of in (
        lambda s: s.mean_distance,
        lambda s: s.quantile(0.5),
        lambda s: s.log_histogram(edges, 0.2),
        lambda s: s.mean_of(s.centres),
    ):
        assert np.isnan(of(statistics)[gaps]).all()
        assert np.array_equal(of(statistics)[left], of(rest))
    assert np.array_equal(np.flatnonzero(~statistics.usable), gaps)
    assert np.array_equal(statistics.counts[left], rest.counts)
    assert np.array_equal(statistics.histogram.counts, rest.histogram.counts)


@pytest.mark.parametrize("points", [0, 5])
def test_where_nothing_is_left_there_is_no_figure_and_no_warning(points):
    statistics = pair_statistics(np.full((points, 3), np.nan))
    assert statistics.histogram.pairs == 0
    assert statistics.mean_distance.shape == statistics.quantile(0.5).shape == (points,)
    assert np.isnan(statistics.mean_distance).all()
    assert np.isnan(statistics.quantile(0.5)).all()
    assert np.isnan(statistics.mean_of(statistics.centres)).all()


def test_one_spectrum_has_no_distance_and_two_have_one():
    assert np.isnan(pair_statistics(np.ones((1, 3))).mean_distance).all()
    two = pair_statistics(np.array([[0.0, 3.0], [4.0, 0.0]]))
    assert two.mean_distance == pytest.approx([5, 5], rel=1e-6)
    assert two.quantile(1.0) == pytest.approx([5, 5], rel=BIN)
    assert np.array_equal(two.counts.sum(axis=1), [1, 1])


def test_identical_spectra_are_at_zero():
    statistics = pair_statistics(np.full((600, 3), 7.3))
    assert np.array_equal(statistics.counts[:, 0], np.full(600, 599))
    for zeros in (statistics.mean_distance, statistics.quantile(1.0), statistics.mean_of(statistics.centres)):
        assert not zeros.any()


def test_references_are_compared_with_all_and_never_with_themselves():
    features = two_clusters(80, 20)
    references = np.array([5, 79, 30, 31])
    statistics, table = pair_statistics(features, references=references), naive.distance_table(features)
    table_of_references = np.full_like(table, np.nan)
    table_of_references[:, references] = table[:, references]
    assert_own_counts(statistics, table_of_references)
    assert statistics.references is not None
    assert statistics.reference_counts is not None
    assert np.array_equal(np.sort(references), statistics.references)
    own = np.cumsum(statistics.reference_counts, axis=1)
    for below, reference in zip(own, statistics.references, strict=True):
        fewest, most = naive.counts_below(naive.known(table[reference]), statistics.edges[1:], RELATIVE_ERROR)
        assert np.all(fewest <= below)
        assert np.all(below <= most)
    assert statistics.mean_distance == pytest.approx(naive.mean_distance(table_of_references), rel=1e-5)
    assert statistics.histogram.pairs == 4 * 79


def test_identical_references_count_each_other_but_not_themselves():
    statistics = pair_statistics(np.repeat([[0.0, 1.0], [3.0, 5.0]], 3, axis=0), references=np.array([0, 1, 3]))
    assert np.array_equal(statistics.counts[:, 0], [1, 1, 2, 0, 1, 1])
    assert statistics.reference_counts is not None
    assert np.array_equal(statistics.reference_counts[:, 0], [2, 2, 2])
    assert statistics.histogram.counts[0] == 6


def test_references_that_are_not_finite_or_named_twice_do_not_count():
    features, gaps = with_gaps()
    statistics = pair_statistics(features, references=np.array([gaps[0], 8, 8, 25, gaps[2]]))
    plain = pair_statistics(features, references=np.array([8, 25]))
    assert statistics.references is not None
    assert np.array_equal(statistics.references, [8, 25])
    assert np.array_equal(statistics.counts, plain.counts)
    assert np.array_equal(statistics.histogram.counts, plain.histogram.counts)
    none = pair_statistics(features, references=gaps)
    assert none.references is not None
    assert none.histogram.pairs == len(none.references) == 0
    assert np.isnan(none.mean_distance).all()
    assert np.isnan(none.share(np.array([0.0, 1.0]))[1]).all()


def test_every_spectrum_as_a_reference_gives_the_exact_answer_from_both_sides():
    features, gaps = with_gaps()
    sampled, exact = pair_statistics(features, references=np.arange(40)), pair_statistics(features)
    left = np.delete(np.arange(40), gaps)
    assert np.array_equal(sampled.histogram.counts, 2 * exact.histogram.counts)
    assert np.array_equal(sampled.counts, exact.counts)
    assert sampled.reference_counts is not None
    assert np.array_equal(sampled.reference_counts, exact.counts[left])
    assert sampled.mean_distance == pytest.approx(exact.mean_distance, rel=1e-6, nan_ok=True)
    assert sampled.standard_error(sampled.centres) == 0
    for edges, offset in ((np.linspace(0, 9, 7), None), (np.linspace(-2, 2, 7), 0.3)):
        share, error = sampled.share(edges, offset)
        assert share == pytest.approx(exact.share(edges, offset)[0])
        assert not error.any()
        assert not exact.share(edges, offset)[1].any()
    assert exact.standard_error(exact.centres) == 0


def test_sampled_shares_and_their_standard_errors_are_the_plain_ones():
    features, references = two_clusters(90, 20), np.arange(0, 90, 7)
    statistics, table = pair_statistics(features, references=references), naive.distance_table(features)
    share, error = statistics.share(np.array([0.0, 8.0, 40.0]))
    plain, plain_error = naive.sampled_mean(table, references, lambda distance: float(distance > 8))
    assert share == pytest.approx([1 - plain, plain])
    assert error == pytest.approx([plain_error, plain_error])
    weight = np.sqrt(statistics.centres)
    plain_error = naive.sampled_mean(table, references, np.sqrt)[1]
    assert statistics.standard_error(weight) == pytest.approx(plain_error, rel=BIN)


def test_standard_errors_are_as_large_as_the_errors_and_those_of_single_pairs_too_small():
    features, edges = two_clusters(240, 60), np.array([0.0, 8.0, 40.0])
    exact = pair_statistics(features)
    true_share, true_mean = exact.share(edges)[0][1], exact.mean_of(exact.centres).mean()
    z = []
    for seed in range(90):
        references = np.random.default_rng(seed).choice(240, 40, replace=False)
        found = pair_statistics(features, references=references)
        share, error = (each[1] for each in found.share(edges))
        binomial = np.sqrt(share * (1 - share) / found.histogram.pairs)
        counts = found.reference_counts
        assert counts is not None
        mean = (counts @ found.centres / counts.sum(axis=1)).mean()
        apart = share - true_share
        z.append([apart / error, (mean - true_mean) / found.standard_error(found.centres), apart / binomial])
    spread, bias = np.std(z, axis=0), np.mean(z, axis=0)
    assert np.all(np.abs(spread[:2] - 1) < 0.25)
    assert np.all(np.abs(bias[:2]) < 0.35)
    assert spread[2] > 3

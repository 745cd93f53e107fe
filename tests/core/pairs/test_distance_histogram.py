import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from didymos.core.pairs.distance_histogram import PairHistogram, bin_centres, quantile_of, rebin


def histogram_of(distances, edges):
    return PairHistogram(np.asarray(edges, dtype=float), np.histogram(distances, edges)[0])


def fine_histogram(distances):
    """Return a histogram whose bins are a thousandth wide, the first one for zero alone."""
    distances = np.asarray(distances, dtype=float)
    least, most = distances[distances > 0].min() * 0.999, distances.max() * 1.001
    return histogram_of(distances, [0, *np.geomspace(least, most, int(np.log(most / least) / 1e-3) + 2)])


def distances_with_ties(seed=0):
    return naive.pair_distances(np.random.default_rng(seed).integers(0, 3, size=(40, 3)))


def test_centres_are_the_middles_and_zero_where_a_bin_begins_there():
    assert np.array_equal(bin_centres(np.array([0.0, 1.0, 2.0, 4.0])), [0, 1.5, 3])
    assert np.array_equal(bin_centres(np.array([0.5, 1.0, 2.0])), [0.75, 1.5])


def test_quantiles_lie_where_the_plain_ones_do():
    distances = np.random.default_rng(1).gamma(3, size=5000)
    histogram = fine_histogram(distances)
    for share in (np.array([5, 500, 2500, 4500, 4995, 5000]) - 0.5) / 5000:
        plain = np.quantile(distances, share, method="inverted_cdf")
        assert histogram.quantile(share) == pytest.approx(plain, rel=2e-3)


def test_quantiles_of_ties_are_the_ties_and_of_identical_spectra_zero():
    distances = distances_with_ties()
    histogram, zero = fine_histogram(distances), np.mean(distances == 0)
    assert zero > 0.02
    assert histogram.quantile(0) == histogram.quantile(0.5 * zero) == histogram.quantile(zero) == 0
    for share in np.linspace(zero + 0.01, 1, 30):
        assert histogram.quantile(share) == pytest.approx(
            np.quantile(distances, share, method="inverted_cdf"), rel=3e-3
        )


def test_no_quantile_reaches_into_the_empty_bins_beyond_the_last_pair():
    histogram = PairHistogram(np.array([0.0, 1, 2, 3, 4]), np.array([0, 3, 0, 0]))
    assert histogram.quantile(0.999999) == pytest.approx(2)
    assert histogram.quantile(1) == 2
    assert quantile_of(histogram.edges, np.array([0, 1, 1, 1, 1]), 1.0) == 0


def test_moments_are_the_plain_ones():
    for distances in (np.random.default_rng(2).gamma(2, size=20_000), distances_with_ties()):
        assert fine_histogram(distances).moments() == pytest.approx(naive.moments(distances), rel=5e-3, abs=5e-3)


def test_moments_of_nothing_and_of_a_single_distance():
    assert np.isnan(PairHistogram(np.array([0.0, 1.0]), np.array([0])).moments()).all()
    same = PairHistogram(np.array([0.0, 1.0, 1.002]), np.array([0, 7])).moments()
    assert same[:2] == pytest.approx((1.001, 0))
    assert np.isnan(same[2:]).all()
    assert PairHistogram(np.array([0.0, 1.0]), np.array([7])).moments()[:2] == (0, 0)


@given(counts=st.lists(st.integers(0, 50), min_size=1, max_size=20), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_quantiles_ascend_and_rebinning_keeps_every_pair(counts, seed):
    rng = np.random.default_rng(seed)
    edges = np.concatenate([[0.0], np.cumsum(rng.uniform(0.1, 2, len(counts) + 1))])
    histogram = PairHistogram(edges, np.array([*counts, 1]))
    quantiles = [histogram.quantile(share) for share in np.linspace(0, 1, 41)]
    assert np.all(np.diff(quantiles) >= 0)
    assert quantiles[0] >= 0
    assert quantiles[-1] == edges[-1]
    others = np.array([0, *np.sort(rng.uniform(0, edges[-1], 7)), edges[-1]])
    assert histogram.rebin(others).sum() == pytest.approx(histogram.pairs)
    assert histogram.rebin(np.log(others + 0.3), 0.3).sum() == pytest.approx(histogram.pairs)
    assert histogram.rebin(edges) == pytest.approx(histogram.counts)
    assert histogram.rebin(np.log(edges + 0.3), 0.3) == pytest.approx(histogram.counts, abs=1e-9)


@given(
    seed=st.integers(0, 2**32 - 1),
    offset=st.sampled_from([None, 1e-3, 0.3, 10.0]),
    ties=st.booleans(),
    bins=st.integers(1, 40),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_rebinned_counts_are_the_plain_ones(seed, offset, ties, bins):
    rng = np.random.default_rng(seed)
    distances = distances_with_ties(seed) if ties else rng.gamma(2, size=500)
    at = np.array([0, *np.sort(rng.uniform(0, distances.max(), bins)), 1.1 * distances.max()])
    counted = fine_histogram(distances).rebin(at if offset is None else np.log(at + offset), offset)
    fewest, most = naive.counts_below(distances, at, 2e-3)
    below = np.cumsum(counted)
    assert np.all(below >= fewest[1:] - 1e-6)
    assert np.all(below <= most[1:] + 1e-6)


def test_identical_spectra_are_all_at_the_lower_edge_however_far_the_nearest_others():
    histogram = PairHistogram(np.array([0.0, 100.0, 101.0]), np.array([5, 3]))
    assert np.array_equal(histogram.rebin(np.array([0, 1e-9, 50, 102])), [5, 0, 3])
    edges = np.log(np.array([0, 1e-9, 50, 102]) + 1e-3)
    assert np.array_equal(histogram.rebin(edges, 1e-3), [5, 0, 3])
    assert np.array_equal(histogram.rebin(np.array([1e-9, 102])), [3])


def test_identical_spectra_have_no_logarithm_without_an_offset():
    histogram = PairHistogram(np.array([0.0, 1.0, 2.0, 4.0]), np.array([5, 3, 2]))
    assert np.array_equal(histogram.rebin(np.log([0.1, 1.0, 2.0, 4.0]), 0.0), [0, 3, 2])


def test_pairs_beyond_the_edges_are_left_out_and_part_of_a_bin_counts_in_part():
    histogram = PairHistogram(np.array([0.0, 1.0, 2.0, 4.0]), np.array([0, 4, 8]))
    assert np.array_equal(histogram.rebin(np.array([-2.0, -1.0, 1.25, 3.0])), [0, 1, 7])
    assert np.array_equal(histogram.rebin(np.array([5.0, 6.0])), [0])


def test_edges_that_an_offset_makes_the_same_keep_their_pairs():
    histogram = PairHistogram(np.array([0.0, 1e-30, 1.0, 2.0]), np.array([5, 0, 3]))
    assert histogram.rebin(np.log([1.0, 1.5, 4.0]), 1.0) == pytest.approx([5, 3])


def test_many_histograms_at_once_are_as_one_at_a_time():
    rng = np.random.default_rng(3)
    fine, counts = np.array([0.0, 0.5, 1, 2, 4, 7]), rng.integers(0, 99, (2, 3, 5))
    for edges, offset in ((np.linspace(0, 7, 9), None), (np.linspace(-1, 2, 9), 0.4)):
        many = rebin(fine, counts, edges, offset)
        for place in np.ndindex(2, 3):
            assert np.array_equal(many[place], rebin(fine, counts[place], edges, offset))

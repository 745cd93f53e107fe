import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from didymos.core.pair_statistics import TILE, PairHistogram, pair_histogram

RELATIVE_ERROR = 1e-4


def assert_same_pairs(histogram, distances):
    """Every pair lies in its bin, give or take the promised error of a distance: counts below every edge agree."""
    assert histogram.pairs == len(distances)
    assert len(histogram.edges) == len(histogram.counts) + 1
    assert np.all(np.diff(histogram.edges) > 0)
    assert np.all(histogram.counts >= 0)
    ordered = np.sort(distances)
    below = np.concatenate([[0], np.cumsum(histogram.counts)])[1:-1]
    edges = histogram.edges[1:-1]
    assert np.all(below >= np.searchsorted(ordered, edges * (1 - RELATIVE_ERROR)))
    assert np.all(below <= np.searchsorted(ordered, edges * (1 + RELATIVE_ERROR), side="right"))
    assert histogram.edges[-1] >= ordered[-1] * (1 - RELATIVE_ERROR)


def two_far_clusters(rng, points=120, features=6, spread=1e-4):
    near = rng.normal(scale=spread, size=(points, features))
    near[: points // 2] += 1.0
    return near


@pytest.mark.parametrize(
    ("shape", "offset", "scale"),
    [
        ((2, 1), 0, 1),
        ((3, 2), 0, 1),
        ((150, 1), 0, 1e-12),
        ((150, 20), 1e6, 1),
        ((150, 20), -1e-6, 1e-12),
        ((60, 512), 1e12, 1e6),
    ],
)
def test_every_pair_is_in_its_bin(shape, offset, scale):
    features = offset + scale * np.random.default_rng(0).normal(size=shape)
    assert_same_pairs(pair_histogram(features), naive.pair_distances(features))


def test_centres_of_bins_are_within_a_thousandth():
    histogram = pair_histogram(np.random.default_rng(1).normal(size=(100, 3)))
    edges = histogram.edges[1:]
    assert np.all(edges[1:] / edges[:-1] < 1.002)


@pytest.mark.parametrize("separation", [10.0, 1e3, 1e6])
def test_small_distances_far_from_the_centre_keep_their_accuracy(separation):
    features = two_far_clusters(np.random.default_rng(2)) * [separation, 1, 1, 1, 1, 1]
    assert_same_pairs(pair_histogram(features), naive.pair_distances(features))


def test_an_outlier_does_not_spoil_the_other_distances():
    features = np.random.default_rng(3).normal(size=(100, 4))
    features[17] += 1e9
    assert_same_pairs(pair_histogram(features), naive.pair_distances(features))


def test_float32_features_with_a_common_offset():
    features = (1000 + np.random.default_rng(4).normal(size=(100, 8))).astype(np.float32)
    assert_same_pairs(pair_histogram(features), naive.pair_distances(features))


@pytest.mark.parametrize("points", [TILE - 1, TILE, TILE + 1, 2 * TILE - 1, 2 * TILE, 2 * TILE + 1])
def test_tiles_count_every_pair_once(points):
    # on a line at the integers there are N - d pairs at the distance d
    line = np.random.default_rng(5).permutation(points).astype(float)[:, np.newaxis]
    histogram = pair_histogram(line)
    assert histogram.pairs == points * (points - 1) // 2
    counted = histogram.rebin(np.arange(points) + 0.5)
    assert np.allclose(counted[:200], (points - np.arange(1, points))[:200], atol=1e-6)


def test_number_of_threads_changes_nothing():
    features = np.random.default_rng(6).normal(size=(700, 5))
    before = numba.get_num_threads()
    histograms = []
    try:
        for threads in range(1, numba.config.NUMBA_NUM_THREADS + 1):
            numba.set_num_threads(threads)
            histograms.append(pair_histogram(features))
    finally:
        numba.set_num_threads(before)
    for histogram in histograms[1:]:
        assert np.array_equal(histogram.counts, histograms[0].counts)
        assert np.array_equal(histogram.edges, histograms[0].edges)


def test_duplicates_are_at_exactly_zero():
    features = 1e5 + np.repeat(np.random.default_rng(7).normal(size=(30, 6)), 3, axis=0)
    histogram = pair_histogram(features)
    assert histogram.edges[0] == 0
    assert histogram.counts[0] == 30 * 3
    assert histogram.edges[1] > 0.5 * naive.pair_distances(features[::3]).min()


@pytest.mark.parametrize("points", [1, 2, 600])
def test_identical_spectra_have_no_distance(points):
    histogram = pair_histogram(np.full((points, 4), 3.7e-12))
    assert histogram.pairs == points * (points - 1) // 2
    assert histogram.counts[0] == histogram.pairs
    assert histogram.quantile(1.0) < 1e-15


def test_order_of_points_and_features_changes_nothing():
    rng = np.random.default_rng(8)
    # at small integers every step of the sum is exact
    features = rng.integers(-50, 50, size=(600, 7)).astype(float)
    features = np.concatenate([features, -features])
    expected = pair_histogram(features)
    shuffled = pair_histogram(features[rng.permutation(1200)][:, rng.permutation(7)])
    assert np.array_equal(shuffled.counts, expected.counts)
    assert np.array_equal(shuffled.edges, expected.edges)


@pytest.mark.parametrize("factor", [1e-12, 1e-3, 7.0, 1e12])
def test_a_factor_moves_only_the_edges(factor):
    features = np.random.default_rng(9).normal(size=(200, 5))
    plain, scaled = pair_histogram(features), pair_histogram(factor * features)
    shares = np.linspace(0.01, 1, 50)
    assert [scaled.quantile(s) for s in shares] == pytest.approx([factor * plain.quantile(s) for s in shares], rel=2e-3)


@pytest.mark.parametrize("spoiled", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(spoiled):
    features = np.zeros((5, 3))
    features[2, 1] = spoiled
    with pytest.raises(ValueError, match="NaN or infinite"):
        pair_histogram(features)


@given(
    points=st.integers(2, 40),
    features=st.integers(1, 9),
    levels=st.sampled_from([0, 1, 3]),
    offset=st.sampled_from([0.0, 1.0, -1e6]),
    scale=st.sampled_from([1e-12, 1.0, 1e12]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_agrees_with_the_plain_loop(points, features, levels, offset, scale, seed):
    rng = np.random.default_rng(seed)
    shape = (points, features)
    values = rng.integers(0, levels + 1, shape).astype(float) if levels else rng.normal(size=shape)
    values = scale * (values + offset)
    distances = naive.pair_distances(values)
    histogram = pair_histogram(values)
    assert_same_pairs(histogram, distances)
    assert histogram.counts[0] >= np.sum(distances == 0)


@given(counts=st.lists(st.integers(0, 50), min_size=1, max_size=20), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_quantiles_ascend_and_rebinning_keeps_every_pair(counts, seed):
    rng = np.random.default_rng(seed)
    edges = np.concatenate([[0.0], np.cumsum(rng.uniform(0.1, 2, len(counts)))])
    histogram = PairHistogram(edges, np.array([*counts[:-1], counts[-1] + 1]))
    quantiles = [histogram.quantile(share) for share in np.linspace(0, 1, 41)]
    assert np.all(np.diff(quantiles) >= 0)
    assert quantiles[0] >= 0
    assert quantiles[-1] == edges[-1]
    others = np.sort(rng.uniform(0, edges[-1], 7))
    assert histogram.rebin([0, *others, edges[-1]]).sum() == pytest.approx(histogram.pairs)
    logarithms = np.log(np.array([0, *others, edges[-1]]) + 0.3)
    assert histogram.rebin(logarithms, 0.3).sum() == pytest.approx(histogram.pairs)
    assert histogram.rebin(edges) == pytest.approx(histogram.counts)


def test_quantiles_and_log_bins_of_real_distances():
    features = np.random.default_rng(10).normal(size=(300, 3))
    distances = naive.pair_distances(features)
    histogram = pair_histogram(features)
    for share in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert histogram.quantile(share) == pytest.approx(np.quantile(distances, share), rel=2e-3)
    edges = np.linspace(np.log(0.5), np.log(9.0), 12)
    expected = np.histogram(np.log(distances + 0.2), edges)[0]
    assert histogram.rebin(edges, 0.2) == pytest.approx(expected, abs=0.002 * len(distances))

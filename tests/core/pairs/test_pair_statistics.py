import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from didymos.core.pairs.pair_statistics import choose_references, pair_histogram, pair_statistics
from didymos.core.pairs.settings import PairSettings

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


SIZES = [511, 512, 513, 1023, 1024, 1025]


@pytest.mark.parametrize("points", SIZES)
def test_tiles_count_every_pair_once(points):
    # on a line at the integers there are N - d pairs at the distance d
    line = np.random.default_rng(5).permutation(points).astype(float)[:, np.newaxis]
    histogram = pair_histogram(line)
    assert histogram.pairs == points * (points - 1) // 2
    counted = histogram.rebin(np.arange(points) + 0.5)
    assert np.allclose(counted[:200], (points - np.arange(1, points))[:200], atol=1e-6)


@pytest.mark.parametrize("points", SIZES)
@pytest.mark.parametrize("sampled", [False, True])
def test_tiles_count_every_pair_for_either_spectrum(points, sampled):
    # of the spectra on a line, k have a copy: each has one at zero; means are those of the sums of integers
    rng = np.random.default_rng(6)
    line = rng.permutation(np.concatenate([np.arange(points - 200), np.arange(200)])).astype(float)
    references = np.sort(rng.choice(points, 513 if points > 512 else 9, replace=False)) if sampled else None
    others = line if references is None else line[references]
    found = pair_statistics(line[:, np.newaxis], references=references)
    apart = np.abs(line[:, np.newaxis] - others)
    number = np.full(points, len(others))
    number[slice(None) if references is None else references] -= 1
    assert np.array_equal(found.counts.sum(axis=1), number)
    assert found.mean_distance == pytest.approx(apart.sum(axis=1) / number, rel=1e-6)
    for edge, below in zip(found.edges[1:-1:20], np.cumsum(found.counts, axis=1)[:, :-1:20].T, strict=False):
        itself = np.isin(np.arange(points), np.arange(points) if references is None else references)
        assert np.all((apart < edge * (1 - RELATIVE_ERROR)).sum(axis=1) - itself <= below)
        assert np.all(below <= (apart <= edge * (1 + RELATIVE_ERROR)).sum(axis=1) - itself)


def assert_same_histogram(first, second):
    assert np.array_equal(first.counts, second.counts)
    assert np.array_equal(first.edges, second.edges)


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


@pytest.mark.parametrize("corrupted", [np.nan, np.inf, -np.inf])
def test_spectra_with_values_that_are_not_finite_are_left_out(corrupted):
    features = np.random.default_rng(11).normal(size=(50, 3))
    features[[0, 20, 49], [0, 1, 2]] = corrupted
    assert_same_histogram(pair_histogram(features), pair_histogram(features[np.isfinite(features).all(axis=1)]))


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


def test_quantiles_and_log_bins_of_real_distances():
    features = np.random.default_rng(10).normal(size=(300, 3))
    distances = naive.pair_distances(features)
    histogram = pair_histogram(features)
    for share in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert histogram.quantile(share) == pytest.approx(np.quantile(distances, share), rel=2e-3)
    edges = np.linspace(np.log(0.5), np.log(9.0), 12)
    expected = np.histogram(np.log(distances + 0.2), edges)[0]
    assert histogram.rebin(edges, 0.2) == pytest.approx(expected, abs=0.002 * len(distances))


def shuffled(points, terms, seed=12):
    rng = np.random.default_rng(seed)
    return rng.permutation(points), rng.permutation(terms)


def test_order_of_integer_spectra_and_features_only_reorders_the_figures():
    features = np.random.default_rng(13).integers(-50, 50, size=(600, 7)).astype(float)
    features = np.concatenate([features, -features])
    order, terms = shuffled(1200, 7)
    expected, found = pair_statistics(features), pair_statistics(features[order][:, terms])
    assert np.array_equal(found.counts, expected.counts[order])
    assert np.array_equal(found.edges, expected.edges)
    assert found.mean_distance == pytest.approx(expected.mean_distance[order], rel=1e-12)


@pytest.mark.parametrize("moved", ["order", "turned", "shifted", "mirrored", "units"])
def test_figures_do_not_know_order_orientation_origin_and_units(moved):
    rng = np.random.default_rng(14)
    features = rng.normal(size=(400, 6))
    features[:50] += 9
    order, unit = np.arange(400), 1.0
    other = features
    if moved == "order":
        order, terms = shuffled(400, 6)
        other = features[order][:, terms]
    elif moved == "turned":
        other = features @ np.linalg.qr(rng.normal(size=(6, 6)))[0]
    elif moved == "shifted":
        other = features + 1e5 * rng.normal(size=6)
    elif moved == "mirrored":
        other = -features
    else:
        unit = 3e-11
        other = features * unit
    expected, found = pair_statistics(features), pair_statistics(other)
    assert found.mean_distance == pytest.approx(unit * expected.mean_distance[order], rel=1e-5)
    assert found.quantile(0.501) == pytest.approx(unit * expected.quantile(0.501)[order], rel=0.02)
    assert found.histogram.moments() == pytest.approx(
        [unit, unit, 1, 1] * np.array(expected.histogram.moments()), rel=2e-3
    )


def test_references_give_the_pairs_of_one_of_them_with_another():
    features, references = np.random.default_rng(15).normal(size=(90, 4)), np.array([3, 50, 77])
    pairs = np.concatenate([naive.known(naive.distance_table(features)[reference]) for reference in references])
    assert_same_pairs(pair_histogram(features, references=references), pairs)


@pytest.mark.parametrize(("points", "number"), [(10, None), (100, None), (101, 20), (500, 4), (2000, 1)])
def test_references_are_as_many_as_their_pairs_allow(points, number):
    settings = PairSettings(fewest_references=1, sampled_pairs=2020, all_pairs_up_to=100)
    chosen = choose_references(points, seed=0, settings=settings)
    if number is None:
        assert chosen is None
    else:
        assert chosen is not None
        again, another = (choose_references(points, seed=seed, settings=settings) for seed in (0, 1))
        assert again is not None
        assert another is not None
        assert len(chosen) == number
        assert np.all(np.diff(chosen) > 0)
        assert 0 <= chosen[0] <= chosen[-1] < points
        assert np.array_equal(chosen, again)
        assert not np.array_equal(chosen, another)


def test_there_are_never_fewer_references_than_a_thousand_nor_more_than_spectra():
    thousand, every = (choose_references(points, seed=0, pairs=10, all_up_to=100) for points in (5000, 700))
    assert thousand is not None
    assert every is not None
    assert len(thousand) == 1000
    assert np.array_equal(every, np.arange(700))


def test_every_spectrum_is_drawn_as_often():
    drawn = np.bincount(np.concatenate([choose_references(2000, seed=s, pairs=1, all_up_to=1) for s in range(50)]))
    assert drawn.mean() == 25
    assert np.std(drawn) == pytest.approx(np.sqrt(50 / 4), rel=0.1)


@pytest.mark.parametrize("references", [None, np.arange(40)])
def test_memory_does_not_grow_with_the_number_of_pairs(references):
    def peak(points):
        features = np.random.default_rng(16).normal(size=(points, 3)).astype(np.float32)
        tracemalloc.start()
        try:
            found = pair_statistics(features, references=references)
            return tracemalloc.get_traced_memory()[1] - found.counts.nbytes
        finally:
            tracemalloc.stop()

    peak(600)
    # 6 million pairs more would be 24 MB in single precision
    assert peak(4000) - peak(2000) < 3e6


def test_progress_ascends_to_one():
    done: list[float] = []
    pair_statistics(np.random.default_rng(17).normal(size=(2000, 2)), progress=done.append)
    assert len(done) == 10
    assert np.all(np.diff(done) > 0)
    assert done[-1] == 1

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from didymos.core.pairs import pair_tiles
from didymos.core.pairs.pair_tiles import blocks, least_share, prepare, squared_distances

RELATIVE_ERROR = 1e-4
ENERGIES = [1, 2, 8, 32, 64, 128, 320, 640, 4096]
"""The library adds up to a few hundred products in a row: errors are largest where it takes most of them."""


def distances_of(features):
    """Return the distance of every two spectra, in double precision, from all tiles of the whole square."""
    spectra = prepare(features)
    found, memory = np.empty((len(spectra), len(spectra))), np.full((512, 512), np.nan, dtype=np.float32)
    for rows in blocks(len(spectra)):
        for columns in blocks(len(spectra)):
            found[rows, columns] = squared_distances(spectra, rows, spectra, columns, memory)
    return np.sqrt(found) * spectra.unit


def exact_distances(features):
    features = np.asarray(features, dtype=np.float64)
    return np.stack([np.sqrt(((features - spectrum) ** 2).sum(axis=1)) for spectrum in features])


def assert_accurate(features, exact=None, of=distances_of):
    found, exact = of(features), exact_distances(features) if exact is None else exact
    assert np.array_equal(found == 0, exact == 0)
    apart = exact > 0
    assert np.abs(found[apart] / exact[apart] - 1).max(initial=0) < RELATIVE_ERROR


def at_share(terms, share, shape, levels):
    """Return spectra along one direction, neighbours at this share of |x_i|^2 + |x_j|^2, with others all around."""
    low, high = 0.0, 1.0
    for _ in range(50):
        step = (low + high) / 2
        low, high = (low, step) if step**2 / (1 + (1 + step) ** 2) > share else (step, high)
    levels = min(levels, int(np.log(90) / np.log1p(high)) + 1)
    line = (1 + high) ** -np.arange(levels)[:, np.newaxis] * shape
    around = 0.3 * np.random.default_rng(1).normal(size=(60, terms))
    return np.concatenate([line, -line, around, -around])


def test_exact_distances_are_those_of_the_plain_loop():
    features = np.random.default_rng(0).normal(size=(20, 4))
    assert exact_distances(features)[np.triu_indices(20, 1)] == pytest.approx(naive.pair_distances(features), rel=1e-14)


@pytest.mark.parametrize("points", [0, 1, 511, 512, 513, 1024, 1025])
def test_blocks_cover_every_spectrum_once(points):
    covered = [row for rows in blocks(points) for row in range(rows.start, rows.stop)]
    assert covered == list(range(points))
    assert all(0 < rows.stop - rows.start <= 512 for rows in blocks(points))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [0.0, 1.0, -1e3, 1e6])
@pytest.mark.parametrize("shape", [(40, 1), (90, 7), (20, 300)])
def test_an_offset_takes_no_accuracy(shape, offset, dtype):
    assert_accurate((offset + np.random.default_rng(0).normal(size=shape)).astype(dtype))


@pytest.mark.parametrize("terms", ENERGIES)
@pytest.mark.parametrize("factor", [0.98, 1.001, 1.1])
@pytest.mark.parametrize("flat", [0.7, None])
def test_neighbours_around_the_guard_of_single_precision_are_accurate(terms, factor, flat):
    # flat spectra are the worst: products are all of one sign, and alike, so that their roundings add up
    shape = np.random.default_rng(terms).uniform(0.1, 1, terms) if flat is None else np.full(terms, flat)
    assert_accurate(at_share(terms, factor * least_share(terms), shape, 27))


@pytest.mark.parametrize("terms", [1, 8, 640])
@pytest.mark.parametrize("ratio", [1e-8, 1e-4, 1e-2, 0.98, 1.001, 1.1, 10, 1e3])
def test_neighbours_around_the_guard_of_double_precision_are_accurate(terms, ratio):
    rng = np.random.default_rng(2)
    near = rng.normal(size=(60, terms)) * np.sqrt(1e-7 * ratio)
    near[::2] += 1
    assert_accurate(near)


@pytest.mark.parametrize("far", np.sqrt(1 / 1e-30) * np.array([1e-3, 0.1, 0.9, 1.1, 10, 300]))
@pytest.mark.parametrize("others", [5, 200])
def test_small_values_beside_a_huge_one_are_accurate(far, others):
    # few others are computed one at a time, many as a tile in double precision
    features = np.random.default_rng(3).normal(size=(others, 3))
    features[0, 1] = far
    assert_accurate(features)


@pytest.mark.parametrize("far", [1e20, 1e25, 1e30])
@pytest.mark.parametrize("others", [5, 200])
def test_different_spectra_are_never_at_zero(far, others):
    features = np.random.default_rng(4).normal(size=(others, 3))
    features[0, 1] = far
    assert np.array_equal(distances_of(features) > 0, ~np.eye(others, dtype=bool))


@pytest.mark.parametrize("separation", 10.0 ** np.arange(1, 9))
@pytest.mark.parametrize("far", [2, 45])
def test_two_far_clusters_are_accurate(separation, far):
    features = np.random.default_rng(5).normal(size=(90, 4))
    features[:far] += separation * np.array([1, -0.5, 0.3, 0])
    assert_accurate(features)


@pytest.mark.parametrize("far", [1, 3])
def test_far_outliers_take_no_accuracy_and_leave_the_centre_with_the_others(far):
    features = np.random.default_rng(6).normal(size=(100, 4))
    features[17 : 17 + far] += 1e9
    assert_accurate(features)
    assert np.linalg.norm(prepare(features).centre) < 1


@pytest.mark.parametrize("gap", [1e-15, 1e-12, 1e-9, 1e-6, 1e-3])
def test_near_duplicates_are_near_and_duplicates_at_exactly_zero(gap):
    rng = np.random.default_rng(7)
    features = 1 + rng.normal(size=(30, 6))
    assert_accurate(np.concatenate([features, features, features * (1 + gap), features + gap]))


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1e-3, 7.0, 1e12, 1e150])
def test_units_take_no_accuracy(unit):
    features = np.random.default_rng(8).normal(size=(60, 5)) + 3
    assert_accurate(unit * features, unit * exact_distances(features))


def test_the_smallest_numbers_there_are_have_distances():
    features = np.random.default_rng(9).integers(0, 50, size=(60, 3)).astype(float)
    assert_accurate(features * 2.0**-1040, exact_distances(features) * 2.0**-1040)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.float16, bool])
def test_other_kinds_of_number_are_as_their_double(dtype):
    features = np.random.default_rng(10).integers(0, 100, size=(40, 6)).astype(dtype)
    assert np.array_equal(distances_of(features), distances_of(features.astype(np.float64)))
    assert_accurate(features)


def test_large_integers_keep_their_digits():
    assert_accurate(2**40 + np.random.default_rng(19).integers(0, 9, size=(40, 6)))


@pytest.mark.parametrize(("offset", "separation", "share"), [(1e6, 0, 0.01), (0, 300, 0.01), (0, 1e6, 0.6)])
def test_hardly_any_pair_is_computed_on_its_own(offset, separation, share, monkeypatch):
    marked, mend = [], pair_tiles._mend

    def counted(tile, *others):
        marked.append(np.sum(tile < 0))
        mend(tile, *others)

    monkeypatch.setattr(pair_tiles, "_mend", counted)
    features = offset + np.random.default_rng(20).normal(size=(200, 8))
    features[::2] += separation
    assert_accurate(features)
    assert sum(marked) < share * 200**2


@pytest.mark.parametrize(("offset", "far", "separation"), [(0, 0, 0), (1e6, 0, 0), (1e3, 8, 1e5)])
def test_no_tile_of_a_cloud_is_made_twice_wherever_it_is(offset, far, separation, monkeypatch):
    made = []
    monkeypatch.setattr(pair_tiles, "_subtract_in_double_precision", lambda *_: made.append(1))
    features = offset + np.random.default_rng(21).normal(size=(400, 8))
    features[:far] += separation
    assert_accurate(features)
    assert not made


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_layout_changes_nothing(dtype):
    features = np.random.default_rng(11).normal(size=(80, 12)).astype(dtype)
    for other in (features[::2, ::3], features[::-1, ::-1], features.T, np.asfortranarray(features)):
        assert np.array_equal(distances_of(other), distances_of(other.copy(order="C")))
        assert_accurate(other)


@pytest.mark.parametrize("points", [0, 1, 2, 600])
@pytest.mark.parametrize("value", [0.0, 3.7e-12, -1e9])
def test_identical_spectra_are_at_exactly_zero(points, value):
    assert prepare(np.full((points, 4), value)).identical
    assert not distances_of(np.full((points, 4), value)).any()


@pytest.mark.parametrize("points", [511, 512, 513, 1023, 1024, 1025])
@pytest.mark.parametrize("separation", [0.0, 1e5])
def test_tiles_of_any_size_are_accurate(points, separation):
    features = np.random.default_rng(12).normal(size=(points, 2))
    features[::3] += separation
    assert_accurate(features)


def test_a_tile_of_one_row_is_accurate():
    features = np.linspace(1, 9, 513)[:, np.newaxis] + 0.1 * np.random.default_rng(13).normal(size=(513, 640))
    assert_accurate(features)


def test_some_of_the_spectra_are_as_far_as_in_the_whole_set():
    features = np.random.default_rng(14).normal(size=(50, 3)) + 1e3
    spectra, chosen = prepare(features), np.array([41, 3, 17])
    tile = squared_distances(
        spectra, slice(10, 50), spectra.take(chosen), slice(0, 3), np.empty((512, 512), np.float32)
    )
    found = np.sqrt(tile.astype(np.float64)) * spectra.unit
    assert found == pytest.approx(exact_distances(features)[10:50][:, chosen], rel=RELATIVE_ERROR)


def test_single_and_double_precision_are_not_copied():
    for dtype in (np.float32, np.float64):
        features = np.ones((5, 2), dtype=dtype)
        assert prepare(features).spectra is features


@given(
    points=st.integers(2, 40),
    terms=st.integers(1, 20),
    levels=st.sampled_from([0, 1, 4]),
    offset=st.sampled_from([0.0, 1.0, -1e6]),
    clusters=st.sampled_from([0.0, 10.0, 1e4, 1e8]),
    scale=st.sampled_from([1e-12, 1.0, 1e12]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_distance_is_that_in_double_precision(points, terms, levels, offset, clusters, scale, seed):
    rng = np.random.default_rng(seed)
    features = rng.integers(0, levels + 1, (points, terms)) if levels else rng.normal(size=(points, terms))
    assert_accurate(scale * (features + offset + clusters * rng.integers(0, 2, (points, 1))))

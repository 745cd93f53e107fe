import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from didymos.core.surface import interpolation
from didymos.core.surface.interpolation import image_interpolation, scattered_interpolation

seeds = st.integers(0, 2**32 - 1)
gaps = st.sampled_from([0.0, 0.5, 1.0, 2.5, 4.0])


def random_image(rows, columns, share, features=2, seed=0):
    """Noise, known at a share of the points and at one at least."""
    rng = np.random.default_rng(seed)
    known = rng.random((rows, columns)) < share
    known[rows // 2, columns // 3] = True
    return rng.normal(size=(rows, columns, features)), known


def random_points(count, share, features=2, seed=0):
    """Noise at places of a unit square, known at a share of the points and at one at least."""
    rng = np.random.default_rng(seed)
    known = rng.random(count) < share
    known[count // 2] = True
    return rng.normal(size=(count, features)), rng.random((count, 2)), known


def spacing_of(count):
    """About the distance of neighbours among so many points of a unit square."""
    return 1 / math.sqrt(count)


@pytest.mark.parametrize("gap", [0.0, 0.7, 1.0, 2.0, 2.5, 5.2, 9.5])
@pytest.mark.parametrize(("rows", "columns"), [(12, 14), (1, 25), (20, 1), (3, 22), (2, 2), (1, 1)])
@pytest.mark.parametrize("share", [1.0, 0.4, 0.03])
def test_an_image_like_plain_loops(rows, columns, share, gap):
    image, known = random_image(rows, columns, share, seed=rows)
    expected = naive.average_around(image, known, gap, 0.02)
    assert image_interpolation(image, known, gap) == pytest.approx(expected, abs=1e-9)


def test_widths_double_until_they_find_enough():
    known = np.zeros((1, 60), dtype=bool)
    known[0, [0, 1, 2, 3, 4, 30]] = True
    image = np.zeros((1, 60, 1))
    image[0, 30] = 1.0
    found = image_interpolation(image, known)[0, :, 0]
    assert found == pytest.approx(naive.average_around(image, known, 0.0, 0.02)[0, :, 0], abs=1e-12)
    assert found[28] > 0.99  # the narrow Gaussian finds only the point beside
    assert 0.02 < found[14] < 0.9  # a wide one finds both ends
    assert found[59] == pytest.approx(1 / 6)  # none finds enough: the mean


@pytest.mark.parametrize("gap", [0.0, 2.0])
def test_one_known_point_is_known_everywhere(gap):
    image, known = random_image(9, 40, 0.0)
    found = image_interpolation(image, known, gap)
    assert found == pytest.approx(np.tile(image[known], (9, 40, 1)), abs=1e-9)


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([0.05, 0.5, 1.0]), gaps, seeds)
def test_an_average_lies_within_what_is_averaged(rows, columns, share, gap, seed):
    image, known = random_image(rows, columns, share, seed=seed)
    image[..., 1] = 7.0
    found = image_interpolation(image, known, gap)
    assert found[..., 1] == pytest.approx(7.0, abs=1e-9)
    assert found[..., 0].min() >= image[known][:, 0].min() - 1e-9
    assert found[..., 0].max() <= image[known][:, 0].max() + 1e-9


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([0.05, 0.5, 1.0]), gaps, seeds)
def test_an_image_is_averaged_feature_by_feature(rows, columns, share, gap, seed):
    image, known = random_image(rows, columns, share, seed=seed)
    mixture = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, 0.25]])
    found = image_interpolation(image, known, gap)
    assert image_interpolation(image @ mixture, known, gap) == pytest.approx(found @ mixture, abs=1e-9)


@pytest.mark.parametrize("unknown", [np.nan, np.inf, 1e30])
@pytest.mark.parametrize("gap", [0.0, 2.0])
def test_unknown_values_do_not_count(unknown, gap):
    image, known = random_image(12, 15, 0.3)
    hidden = np.where(known[..., np.newaxis], image, unknown)
    assert np.array_equal(image_interpolation(hidden, known, gap), image_interpolation(image, known, gap))
    features, positions, marked = random_points(80, 0.3)
    covered = np.where(marked[:, np.newaxis], features, unknown)
    expected = scattered_interpolation(features, positions, marked, 0.1, gap)
    assert np.array_equal(scattered_interpolation(covered, positions, marked, 0.1, gap), expected)


@pytest.mark.parametrize("gap", [0.5, 1.0, 2.5])
def test_points_within_the_gap_do_not_count(gap):
    image, known = random_image(21, 21, 0.8)
    known[10, 10] = True
    y, x = np.indices(known.shape)
    distance = np.hypot(y - 10, x - 10)
    other = np.where((distance <= gap)[..., np.newaxis], image + 5, image)
    expected = image_interpolation(image, known, gap)
    found = image_interpolation(other, known, gap)
    assert found[10, 10] == pytest.approx(expected[10, 10], abs=1e-9)
    assert np.abs(found - expected)[10, 14].min() > 0.01
    nearest_outside = known & (distance == distance[known & (distance > gap)].min())
    other = np.where(nearest_outside[..., np.newaxis], image + 5, image)
    assert np.abs(image_interpolation(other, known, gap) - expected)[10, 10].min() > 0.01


@pytest.mark.parametrize("gap", [0.0, 2.5])
def test_an_average_rotates_with_the_image(gap):
    image, known = random_image(13, 20, 0.3)
    found = image_interpolation(image, known, gap)
    assert image_interpolation(image[::-1], known[::-1], gap) == pytest.approx(found[::-1], abs=1e-9)
    assert image_interpolation(image[:, ::-1], known[:, ::-1], gap) == pytest.approx(found[:, ::-1], abs=1e-9)
    turned = image_interpolation(image.transpose(1, 0, 2), known.T, gap)
    assert turned == pytest.approx(found.transpose(1, 0, 2), abs=1e-9)


def test_single_precision_is_averaged_in_double():
    image, known = random_image(10, 11, 0.5)
    image = image.astype(np.float32)
    assert np.array_equal(image_interpolation(image, known), image_interpolation(image.astype(np.float64), known))


@pytest.mark.parametrize(("count", "share"), [(200, 1.0), (200, 0.3), (200, 0.02), (40, 0.5), (3, 1.0), (1, 1.0)])
def test_scattered_points_like_plain_loops(count, share):
    features, positions, known = random_points(count, share, seed=count)
    spacing = spacing_of(count)
    expected = naive.average_where_scattered(features, positions, known, spacing, 0.0, 0.02, 64)
    assert scattered_interpolation(features, positions, known, spacing) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("gap", [0.5, 1.0, 2.5, 6.0])
@pytest.mark.parametrize(("count", "share"), [(60, 1.0), (150, 0.3), (40, 0.1)])
def test_few_scattered_points_around_a_gap_like_plain_loops(count, share, gap):
    features, positions, known = random_points(count, share, seed=count)
    spacing = spacing_of(count)
    expected = naive.average_where_scattered(features, positions, known, spacing, gap, 0.02, 64)
    assert scattered_interpolation(features, positions, known, spacing, gap) == pytest.approx(expected, abs=1e-9)


def sheet(side):
    """A smooth surface on a grid, and the places of its points."""
    y, x = np.indices((side, side))
    return np.stack([np.sin(x / 10), np.cos(y / 10) + x / 20], axis=-1), np.stack([y.ravel(), x.ravel()], axis=1)


# the mean of all, for comparison, is more than 0.9 away
@pytest.mark.parametrize(
    ("gap", "tolerance"),
    [
        (0.0, 0.02),
        (2.5, 0.04),
        (4.2, 0.2),
        (6.0, 0.2),
        (8.0, 0.25),
    ],
)
def test_scattered_points_on_a_grid_nearly_like_an_image(gap, tolerance):
    image, places = sheet(36)
    known = np.random.default_rng(1).random((36, 36)) < 0.9
    expected = image_interpolation(image, known, gap)
    found = scattered_interpolation(image.reshape(-1, 2), 3e-9 * places, known.ravel(), 3e-9, gap)
    inside = (slice(8, -8), slice(8, -8))
    assert np.abs(found.reshape(image.shape) - expected)[inside].max() < tolerance


@settings(max_examples=30)
@given(st.integers(1, 90), st.sampled_from([0.05, 0.5, 1.0]), gaps, seeds)
def test_scattered_averages_lie_within_what_is_averaged_and_are_linear(count, share, gap, seed):
    features, positions, known = random_points(count, share, seed=seed)
    features[:, 1] = 7.0
    spacing = spacing_of(count)
    found = scattered_interpolation(features, positions, known, spacing, gap)
    assert found[:, 1] == pytest.approx(7.0, abs=1e-9)
    assert found[:, 0].min() >= features[known][:, 0].min() - 1e-9
    assert found[:, 0].max() <= features[known][:, 0].max() + 1e-9
    mixture = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, 0.25]])
    mixed = scattered_interpolation(features @ mixture, positions, known, spacing, gap)
    assert mixed == pytest.approx(found @ mixture, abs=1e-9)


@settings(max_examples=20)
@given(st.integers(1, 90), gaps, seeds)
def test_order_and_unit_of_scattered_points_do_not_matter(count, gap, seed):
    features, positions, known = random_points(count, 0.5, seed=seed)
    spacing = spacing_of(count)
    found = scattered_interpolation(features, positions, known, spacing, gap)
    order = np.random.default_rng(seed).permutation(count)
    mixed = scattered_interpolation(features[order], positions[order], known[order], spacing, gap)
    assert mixed == pytest.approx(found[order], abs=1e-9)
    unit = 2.0**-30
    assert np.array_equal(scattered_interpolation(features, unit * positions, known, unit * spacing, gap), found)


@pytest.mark.parametrize(("gap", "counted"), [(0.0, True), (0.05, False), (1.5, False)])
def test_a_scattered_point_counts_itself_without_a_gap_only(gap, counted):
    features, positions, known = random_points(60, 1.0)
    other = features.copy()
    other[20] += 5
    before = scattered_interpolation(features, positions, known, spacing_of(60), gap)
    change = np.abs(scattered_interpolation(other, positions, known, spacing_of(60), gap) - before)
    assert (change[20] > 0.05).all() if counted else (change[20] == 0).all()
    assert change.max() > 0.05


def test_scattered_points_come_in_blocks(monkeypatch):
    features, positions, known = random_points(50, 0.7)
    # the blocks come first: after the whole, a row left out might find its result where memory is used again
    with monkeypatch.context() as patch:
        patch.setattr(interpolation, "BLOCK", 7)
        blocks = scattered_interpolation(features, positions, known, 0.1, 1.0)
    assert blocks == pytest.approx(scattered_interpolation(features, positions, known, 0.1, 1.0), abs=1e-12)


def test_coincident_scattered_points_are_no_fault():
    features = np.random.default_rng(3).normal(size=(30, 2))
    found = scattered_interpolation(features, np.zeros((30, 2)), np.ones(30, dtype=bool), 1.0)
    assert found == pytest.approx(np.tile(features.mean(axis=0), (30, 1)))

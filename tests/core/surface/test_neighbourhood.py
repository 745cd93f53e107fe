import numpy as np
import pytest

import naive
from didymos.core.surface.interpolation import image_interpolation, scattered_interpolation
from didymos.core.surface.local_contrast import image_residual, scattered_residual
from didymos.core.surface.neighbourhood import (
    ImageNeighbourhood,
    NoNeighbourhood,
    ScatteredNeighbourhood,
)

SIDE = 64


def whole(rows=SIDE, columns=SIDE):
    return ImageNeighbourhood(np.ones((rows, columns), dtype=bool))


def blobs(centres, radius=2.0, side=SIDE):
    y, x = np.indices((side, side))
    return np.any([np.hypot(y - v, x - u) <= radius for v, u in centres], axis=0)


def random_blobs(seed):
    return blobs(np.random.default_rng(seed).uniform(3, SIDE - 3, (15, 2)))


def lattice(period, radius=1.5):
    places = np.arange(period // 2, SIDE, period)
    return blobs([(y, x) for y in places for x in places], radius)


def jittered(seed, side=9):
    """A grid whose points are moved, so that no two distances are equal, in metres."""
    rng = np.random.default_rng(seed)
    places = np.stack(np.divmod(np.arange(side * side), side), axis=1) + rng.uniform(-0.3, 0.3, (side * side, 2))
    return 1e-9 * places[rng.permutation(side * side)]


def same_groups(numbers, points, groups):
    """Whether numbers, 0 where a point is not marked and from 1 without gaps elsewhere, stand for these groups."""
    found = [set(np.flatnonzero(numbers == number)) for number in range(1, numbers.max(initial=0) + 1)]
    return sorted(map(sorted, found)) == sorted(map(sorted, groups)) and np.array_equal(numbers > 0, points)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_image_grows_like_a_plain_loop(seed, steps):
    rng = np.random.default_rng(seed)
    present = rng.random((9, 13)) < rng.choice([0.6, 1.0])
    marked = present & (rng.random(present.shape) < 0.05)
    found = ImageNeighbourhood(present).grow(marked[present], steps)
    assert np.array_equal(found, naive.grown(present, marked, steps)[present])


def test_an_image_does_not_grow_by_no_steps():
    points = np.arange(SIDE * SIDE) == 70
    assert np.array_equal(whole().grow(points, 0), points)


@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.7])
@pytest.mark.parametrize("seed", range(4))
def test_objects_of_an_image_are_those_of_a_walk(seed, share):
    rng = np.random.default_rng(10 + seed)
    present = rng.random((12, 10)) < (1.0 if seed % 2 else 0.8)
    points = (rng.random(present.shape) < share)[present]
    marked = np.zeros(present.shape, dtype=bool)
    marked[present] = points
    walked = naive.groups(naive.beside_on_image(marked), np.ones(points.sum(), dtype=bool))
    places = np.flatnonzero(points)
    numbers = ImageNeighbourhood(present).objects(points)
    assert same_groups(numbers, points, [{places[i] for i in group} for group in walked])


def test_corners_connect_and_absent_points_separate():
    present = np.ones((3, 5), dtype=bool)
    present[:, 3] = False
    corner = np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 1], [0, 0, 1, 0, 0]], dtype=bool)
    numbers = ImageNeighbourhood(present).objects(corner[present])
    assert numbers.sum() == 1 + 1 + 1 + 2  # a diagonal of three, and one behind the gap


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_scattered_points_grow_like_brute_force(seed, steps):
    positions = jittered(seed)
    points = np.random.default_rng(20 + seed).random(len(positions)) < 0.03
    points[seed] = True
    expected, beside = points.copy(), naive.beside_where_scattered(positions, 8)
    for _ in range(steps):
        expected = np.array([expected[i] or any(expected[j] for j in beside[i]) for i in range(len(positions))])
    assert np.array_equal(ScatteredNeighbourhood(positions).grow(points, steps), expected)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.15, 0.3, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_objects_of_scattered_points_are_those_of_a_walk(seed, share):
    positions = jittered(30 + seed)
    points = np.random.default_rng(seed).random(len(positions)) < share
    groups = naive.groups(naive.beside_where_scattered(positions, 8), points)
    assert same_groups(ScatteredNeighbourhood(positions).objects(points), points, groups)


def test_neighbours_on_a_grid_are_those_that_touch():
    places = np.stack(np.divmod(np.arange(81), 9), axis=1).astype(float)
    grown = ScatteredNeighbourhood(places).grow(np.arange(81) == 40, 1)
    assert np.array_equal(grown, np.abs(places - 4).max(axis=1) <= 1)


@pytest.mark.parametrize("count", [1, 2, 8])
def test_few_scattered_points_are_all_neighbours(count):
    neighbourhood = ScatteredNeighbourhood(jittered(1)[:count])
    points = np.arange(count) == 0
    assert neighbourhood.grow(points, 1).all()
    assert np.array_equal(neighbourhood.objects(np.ones(count, dtype=bool)), np.ones(count))


def test_residual_of_an_image_with_absent_points():
    rng = np.random.default_rng(2)
    present = rng.random((12, 14)) < 0.9
    features = rng.normal(size=(present.sum(), 3))
    image = np.full((*present.shape, 3), np.nan)
    for (y, x), vector in zip(np.argwhere(present), features, strict=True):
        image[y, x] = vector
    found = ImageNeighbourhood(present).residual(features)
    assert np.array_equal(found, image_residual(image)[present], equal_nan=True)
    known = np.isfinite(found).all(axis=1)
    assert known.mean() > 0.5
    for (y, x), vector, own in zip(np.argwhere(present)[known], features[known], found[known], strict=True):
        assert own == pytest.approx(vector - naive.surroundings(image, y, x))


def test_residual_of_scattered_points_with_missing_ones():
    rng = np.random.default_rng(3)
    positions, features = jittered(3), rng.normal(size=(81, 2))
    features[[4, 50]] = np.nan
    found = ScatteredNeighbourhood(positions).residual(features)
    assert np.array_equal(found, scattered_residual(features, positions), equal_nan=True)
    assert np.array_equal(np.flatnonzero(np.isnan(found).any(axis=1)), [4, 50])


@pytest.mark.parametrize("period", [4, 5, 7, 8, 12, 16, 21])
@pytest.mark.parametrize("radius", [0.5, 1.5])
def test_a_lattice_repeats(period, radius):
    image = lattice(period, radius)
    assert whole().repetition(image.ravel()) == pytest.approx(1, abs=0.05)
    assert whole().repetition(~image.ravel()) == pytest.approx(1, abs=0.05)


def test_a_lattice_repeats_beside_absent_points():
    present = np.random.default_rng(4).random((SIDE, SIDE)) < 0.85
    assert ImageNeighbourhood(present).repetition(lattice(8)[present]) > 0.9


@pytest.mark.parametrize("seed", range(12))
def test_random_objects_do_not_repeat(seed):
    assert whole().repetition(random_blobs(seed).ravel()) < 0.6


def test_a_lattice_with_disorder_repeats_less_and_less():
    def repeated(jitter):
        rng = np.random.default_rng(5)
        places = np.arange(4, SIDE, 8)
        centres = [rng.normal((y, x), jitter) if jitter else (y, x) for y in places for x in places]
        return whole().repetition(blobs(centres, 1.5).ravel())

    strict, some, much = repeated(0), repeated(0.7), repeated(2.5)
    assert strict > some > much


@pytest.mark.parametrize("marked", [False, True])
def test_none_and_all_marked_do_not_repeat(marked):
    assert whole().repetition(np.full(SIDE * SIDE, marked)) == 0


@pytest.mark.parametrize("image", [lattice(7), random_blobs(3)], ids=["lattice", "random"])
def test_repetition_knows_no_orientation(image):
    image = image[:, :40]
    expected = whole(SIDE, 40).repetition(image.ravel())
    assert expected > 0
    for turned in (image.T, image[::-1], image[:, ::-1], np.rot90(image)):
        assert whole(*turned.shape).repetition(turned.ravel()) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_repetition_of_wide_objects_among_many_absent_points_like_plain_loops(seed):
    rng = np.random.default_rng(50 + seed)
    present = rng.random((14, 14)) < 0.45
    marked = present & blobs(rng.uniform(0, 14, (3, 2)), 3.0, 14)
    expected = naive.repetition(present, marked, 0.5)
    assert ImageNeighbourhood(present).repetition(marked[present]) == pytest.approx(expected, abs=1e-9)
    assert expected > 0


@pytest.mark.parametrize("seed", range(4))
def test_repetition_like_plain_loops(seed):
    rng = np.random.default_rng(40 + seed)
    present = rng.random((12, 15)) < (1.0 if seed % 2 else 0.8)
    y, x = np.indices(present.shape)
    marked = present & ((y % 4 < 2) & (x % 5 < 2) ^ (rng.random(present.shape) < 0.1 * seed))
    expected = naive.repetition(present, marked, 0.5)
    assert ImageNeighbourhood(present).repetition(marked[present]) == pytest.approx(expected, abs=1e-9)
    assert expected > 0


def test_scattered_points_do_not_repeat():
    points = np.arange(81) % 3 == 0
    assert ScatteredNeighbourhood(jittered(0)).repetition(points) == 0


@pytest.mark.parametrize("share", [0.02, 0.3, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_nearest_of_an_image_like_brute_force(seed, share):
    rng = np.random.default_rng(60 + seed)
    present = rng.random((11, 16)) < (1.0 if seed % 2 else 0.6)
    places = np.argwhere(present)
    points = rng.random(len(places)) < share
    points[3 * seed] = True
    distance, index = ImageNeighbourhood(present).nearest(points)
    assert distance == pytest.approx(naive.distance_to_places(places, places[points]))
    # of several at the same distance any one will do
    assert points[index].all()
    assert np.hypot(*(places[index] - places).T) == pytest.approx(distance)


@pytest.mark.parametrize("share", [0.02, 0.3, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_nearest_of_scattered_points_like_brute_force(seed, share):
    positions = jittered(70 + seed)
    points = np.random.default_rng(seed).random(len(positions)) < share
    points[seed] = True
    distance, index = ScatteredNeighbourhood(positions).nearest(points)
    away = naive.distance_to_places(positions, positions[points])
    assert distance == pytest.approx(away / naive.usual_step(positions))
    assert points[index].all()
    assert np.hypot(*(positions[index] - positions).T) == pytest.approx(away, rel=1e-9, abs=0)


def test_one_step_of_scattered_points_on_a_grid_is_that_of_an_image():
    places = np.stack(np.divmod(np.arange(12 * 15), 15), axis=1)
    points = np.random.default_rng(7).random(len(places)) < 0.05
    expected = whole(12, 15).nearest(points)[0]
    assert ScatteredNeighbourhood(3e-9 * places).nearest(points)[0] == pytest.approx(expected)


@pytest.mark.parametrize("positions", [jittered(1)[:1], jittered(1)[:2], np.zeros((9, 2))], ids=["one", "two", "same"])
def test_few_and_coincident_scattered_points_have_a_nearest(positions):
    points = np.arange(len(positions)) == 0
    distance, index = ScatteredNeighbourhood(positions).nearest(points)
    assert np.array_equal(index, np.zeros(len(positions)))
    assert distance[0] == 0
    assert distance[1:] == pytest.approx(1 if len(positions) == 2 else 0)


@pytest.mark.parametrize("gap", [0.0, 2.5])
def test_an_image_with_absent_points_interpolates_from_the_known_ones(gap):
    rng = np.random.default_rng(8)
    present = rng.random((12, 14)) < 0.8
    features, known = rng.normal(size=(present.sum(), 3)), rng.random(present.sum()) < 0.5
    features[~known] = np.nan
    image, marked = np.full((*present.shape, 3), 99.0), np.zeros(present.shape, dtype=bool)
    image[present], marked[present] = features, known
    found = ImageNeighbourhood(present).interpolate(features, known, gap)
    assert np.array_equal(found, image_interpolation(image, marked, gap)[present])
    assert np.isfinite(found).all()


@pytest.mark.parametrize("gap", [0.0, 2.5])
def test_scattered_points_interpolate_with_a_gap_in_their_own_steps(gap):
    rng, positions = np.random.default_rng(9), jittered(9)
    features, known = rng.normal(size=(81, 3)), rng.random(81) < 0.5
    expected = scattered_interpolation(features, positions, known, naive.usual_step(positions), gap)
    assert ScatteredNeighbourhood(positions).interpolate(features, known, gap) == pytest.approx(expected, abs=1e-9)


def test_without_positions_every_point_is_alone():
    rng = np.random.default_rng(6)
    points, features = rng.random(30) < 0.4, rng.normal(size=(30, 3))
    assert np.array_equal(NoNeighbourhood().grow(points, 3), points)
    numbers = NoNeighbourhood().objects(points)
    assert np.array_equal(numbers > 0, points)
    assert sorted(numbers[points]) == list(range(1, points.sum() + 1))
    assert NoNeighbourhood().repetition(points) == 0
    assert np.median(NoNeighbourhood().residual(features + 7), axis=0) == pytest.approx(0, abs=1e-12)
    assert NoNeighbourhood().residual(features + 7) == pytest.approx(NoNeighbourhood().residual(features), abs=1e-12)
    assert naive.pair_distances(NoNeighbourhood().residual(features)) == pytest.approx(naive.pair_distances(features))


def test_without_positions_the_marked_are_near_themselves_only():
    points = np.array([False, True, False, True])
    distance, index = NoNeighbourhood().nearest(points)
    assert np.array_equal(distance, [np.inf, 0, np.inf, 0])
    assert points[index].all()
    assert np.array_equal(index[points], [1, 3])
    features = np.array([[np.nan, 7.0], [1.0, 2.0], [9.0, np.nan], [2.0, 4.0]])
    assert NoNeighbourhood().interpolate(features, points, 3.0) == pytest.approx(np.tile([1.5, 3.0], (4, 1)))

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymos.core.evidence.kinds import find_kinds, mean_peaks

COLUMNS = 4


def towards(*degrees):
    """Unit vectors in the plane of the first two directions."""
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle), *np.zeros((COLUMNS - 2, len(angle)))], axis=1)


def planted(*objects, seed=0, noise=0.3, height=20.0):
    """Cores and flanks of objects, each given by a direction and a number of points, and the number of each object."""
    rng = np.random.default_rng(seed)
    change, label = [], []
    for number, (direction, points) in enumerate(objects, 1):
        length = np.append(height, rng.uniform(0.3, 1.0, points - 1) * height)
        change.append(length[:, np.newaxis] * direction + rng.normal(scale=noise, size=(points, COLUMNS)))
        label += [number] * points
    return np.concatenate(change), np.array(label)


def kind_of_objects(change, label):
    """The kind of every object, all of whose points must agree."""
    kind = find_kinds(change, label)
    assert kind.dtype == np.int16
    found = [set(kind[label == number]) for number in np.unique(label)]
    assert all(len(one) == 1 for one in found)
    return [int(one.pop()) for one in found]


AXES = np.eye(COLUMNS)
SEVERAL = [(AXES[0], 9), (AXES[1], 12), (AXES[2], 5), (AXES[1], 8), (AXES[0], 6), (AXES[1], 7), (AXES[2], 4)]


@pytest.mark.parametrize("seed", range(3))
def test_planted_kinds_come_back_largest_first(seed):
    assert kind_of_objects(*planted(*SEVERAL, seed=seed)) == [2, 1, 3, 1, 2, 1, 3]


def test_strength_alone_is_no_kind():
    weak = planted(*[(AXES[0], 10)] * 4, height=5.0, noise=0.1)
    strong = planted(*[(AXES[0], 10)] * 4, height=100.0, noise=0.1)
    change = np.concatenate([weak[0], strong[0]])
    assert kind_of_objects(change, np.concatenate([weak[1], strong[1] + 4])) == [1] * 8


def test_a_flank_has_the_kind_of_its_core():
    change, label = planted((AXES[0], 22), (AXES[0], 22), (AXES[1], 20), (AXES[1], 20), noise=0.1)
    flank = np.random.default_rng(1).permutation(84)[:40]
    # so far down the noise decides where a vector points
    change[flank] *= 0.02
    change += np.random.default_rng(2).normal(scale=0.3, size=change.shape)
    assert kind_of_objects(change, label) == [1, 1, 2, 2]


def test_opposite_directions_are_two_kinds():
    change, label = planted((AXES[0], 9), (-AXES[0], 5), (AXES[0], 9), (-AXES[0], 5))
    assert kind_of_objects(change, label) == [1, 2, 1, 2]


@pytest.mark.parametrize(("degrees", "kinds"), [(5, 1), (20, 1), (40, 2), (90, 2), (170, 2)])
def test_groups_of_objects_need_an_angle_between_them(degrees, kinds):
    directions = towards(*[0] * 4, *[degrees] * 3)
    change, label = planted(*((one, 10) for one in directions), noise=0.01)
    assert max(kind_of_objects(change, label)) == kinds


@pytest.mark.parametrize("seed", range(3))
def test_directions_that_only_scatter_are_one_kind(seed):
    scatter = np.random.default_rng(seed).normal(scale=0.2, size=(12, COLUMNS))
    change, label = planted(*((AXES[0] + one, 10) for one in scatter), noise=0.01)
    assert set(kind_of_objects(change, label)) == {1}


@pytest.mark.parametrize(("degrees", "kinds"), [(30, 1), (60, 2), (180, 2)])
def test_one_object_is_two_where_two_very_different_ones_touch(degrees, kinds):
    change, side = planted((towards(0)[0], 30), (towards(degrees)[0], 20))
    found = find_kinds(change, np.ones(50, dtype=np.intp))
    assert np.array_equal(found, side if kinds == 2 else np.ones(50))


def test_parts_that_touch_are_of_the_kinds_of_other_objects():
    change, part = planted((AXES[0], 12), (AXES[1], 10), (AXES[0], 12), (AXES[1], 10))
    found = find_kinds(change, np.where(part <= 2, 1, part))
    assert np.array_equal(found, np.where(part % 2 == 1, 1, 2))


def test_a_few_unusual_points_of_an_object_are_no_part():
    change, side = planted((AXES[0], 40), (AXES[1], 10), noise=0.1)
    odd = np.flatnonzero(side == 2)
    assert np.array_equal(find_kinds(change, np.ones_like(side)), side)
    # with a flank of their own they are no more: only what is clear counts
    change[odd[2:]] *= 5 / np.linalg.norm(change[odd[2:]], axis=1, keepdims=True)
    assert set(find_kinds(change, np.ones_like(side))) == {1}


def test_a_splinter_is_no_kind_and_hides_none():
    objects = [(one, 30) for one in towards(0, 0, 0, 40, 40, 40)]
    splinter = (towards(150)[0], 2)
    # it is far from all, and nearest to the second kind
    assert kind_of_objects(*planted(*objects, splinter)) == [2, 2, 2, 1, 1, 1, 1]


def test_a_single_object_is_a_kind_where_it_is_large_and_clearly_apart():
    objects = [(AXES[0], 30)] * 3
    assert kind_of_objects(*planted(*objects, (AXES[1], 10))) == [1, 1, 1, 2]
    assert kind_of_objects(*planted(*objects, (AXES[1], 2))) == [1, 1, 1, 1]
    assert kind_of_objects(*planted(*[(AXES[0], 60)] * 3, (AXES[1], 4))) == [1, 1, 1, 1]
    assert kind_of_objects(*planted(*objects, (towards(30)[0], 10))) == [1, 1, 1, 1]


@pytest.mark.parametrize(("degrees", "kinds"), [(0, [1, 1]), (30, [1, 1]), (60, [1, 2])])
def test_two_objects_are_separated_by_the_angle(degrees, kinds):
    assert kind_of_objects(*planted((towards(0)[0], 9), (towards(degrees)[0], 6))) == kinds


@pytest.mark.parametrize("factor", [1e-12, 1e6])
def test_units_do_not_matter(factor):
    change, label = planted(*SEVERAL)
    assert np.array_equal(find_kinds(factor * change, label), find_kinds(change, label))


@settings(max_examples=25)
@given(st.integers(0, 1000))
def test_order_numbers_and_coordinates_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    change, label = planted(*SEVERAL)
    plain = find_kinds(change, label)
    order = rng.permutation(len(label))
    names = rng.permutation(20)
    rotation = np.linalg.qr(rng.normal(size=(COLUMNS, COLUMNS)))[0]
    assert np.array_equal(find_kinds((change @ rotation)[order], names[label[order]]), plain[order])


@given(st.integers(0, 10_000), st.integers(1, 40), st.integers(1, 8), st.integers(1, 4))
def test_whatever_there_is_the_kinds_are_numbered_by_their_size(seed, points, objects, columns):
    rng = np.random.default_rng(seed)
    change, label = rng.normal(size=(points, columns)), rng.integers(1, objects + 1, points)
    size = np.bincount(find_kinds(change, label))
    assert size[0] == 0
    assert size[1:].min() > 0
    assert np.all(np.diff(size[1:]) <= 0)


def test_one_direction_has_two_sides_at_most():
    change = np.array([5.0, 6, 7, 1, 2, -3, -4, -3, 9, 8])[:, np.newaxis]
    label = np.array([1, 1, 1, 2, 2, 3, 3, 3, 4, 4])
    assert np.array_equal(find_kinds(change, label), np.where(label == 3, 2, 1))


def test_a_single_point_and_a_single_object_are_one_kind():
    assert find_kinds(np.array([[3.0, -1.0]]), np.array([1])).tolist() == [1]
    assert kind_of_objects(*planted((AXES[2], 50))) == [1]


@pytest.mark.parametrize("objects", [1, 2, 5])
def test_objects_exactly_alike_are_one_kind(objects):
    label = np.repeat(np.arange(1, objects + 1), 4)
    assert set(find_kinds(np.tile([0.1, 0.7, -0.3], (len(label), 1)), label)) == {1}


def test_the_peak_is_the_mean_of_the_longest_vectors():
    length = np.random.default_rng(0).permutation(np.arange(1.0, 41))
    found = mean_peaks(length[:, np.newaxis] * AXES[1], np.ones(40, dtype=np.intp), np.ones(40, dtype=np.int16))
    # of forty points a twentieth are two
    assert found == pytest.approx(39.5 * AXES[1:2])


def test_objects_weigh_by_their_size():
    label = np.repeat([1, 2, 3], [10, 30, 7])
    change = np.repeat([2 * AXES[0], 6 * AXES[0], -5 * AXES[3]], [10, 30, 7], axis=0)
    kind = np.where(label == 3, 2, 1).astype(np.int16)
    assert mean_peaks(change, label, kind) == pytest.approx(np.stack([5 * AXES[0], -5 * AXES[3]]))


def test_a_divided_object_counts_in_each_of_its_kinds():
    change = np.repeat([2 * AXES[0], 3 * AXES[1]], [6, 4], axis=0)
    kind = np.repeat([1, 2], [6, 4]).astype(np.int16)
    found = mean_peaks(change, np.ones(10, dtype=np.intp), kind)
    assert found == pytest.approx(np.stack([2 * AXES[0], 3 * AXES[1]]))

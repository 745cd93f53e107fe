import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from didymos.core.defects.quadratic import QuadraticMap

seeds = st.integers(0, 2**32 - 1)


def random_forms(features, forms=2, seed=0, reach=1e9):
    rng = np.random.default_rng(seed)
    pairs = features * (features + 1) // 2
    shapes = ((forms,), (features, forms), (pairs, forms))
    return QuadraticMap(*(rng.normal(size=shape) for shape in shapes), reach)


def points(count, features, seed=1):
    return np.random.default_rng(seed).normal(size=(count, features))


def within(cloud, reach):
    """The points that are not farther out."""
    return cloud[np.linalg.norm(cloud, axis=1) < reach]


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(1, 3), st.floats(0.2, 4), seeds)
def test_forms_like_a_plain_double_sum(features, forms, reach, seed):
    known, cloud = random_forms(features, forms, seed, reach), points(12, features, seed)
    parts = (known.offset, known.linear, known.quadratic, known.reach)
    expected = [naive.quadratic_forms(*parts, vector) for vector in cloud]
    assert known(cloud) == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize("features", [1, 2, 5])
def test_a_quadratic_form_is_learned_from_its_values(features):
    true, known = random_forms(features), points(400, features)
    learned = QuadraticMap.learned(known, true(known))
    assert learned.offset == pytest.approx(true.offset, abs=1e-3)
    assert learned.linear == pytest.approx(true.linear, abs=1e-3)
    assert learned.quadratic == pytest.approx(true.quadratic, abs=1e-3)
    new = within(points(400, features, seed=2), learned.reach)
    assert learned(new) == pytest.approx(true(new), abs=1e-2)


def test_the_known_points_tell_the_reach():
    known = points(50, 3)
    assert QuadraticMap.learned(known, known).reach == np.linalg.norm(known, axis=1).max()


@pytest.mark.parametrize("shift", [np.zeros(3), np.array([3.0, -2.0, 0.5])])
def test_curved_values_are_met_better_than_by_a_plane(shift):
    rng = np.random.default_rng(3)

    def curved(cloud):
        return np.exp(-(((cloud - shift) ** 2).sum(axis=1)) / 8)[:, np.newaxis] + cloud[:, :1] / 10

    known, new = points(300, 3) + shift, points(300, 3, seed=2) + shift
    values = curved(known) + rng.normal(0, 0.02, (300, 1))
    design = np.column_stack([np.ones(300), known])
    plane = np.column_stack([np.ones(300), new]) @ np.linalg.lstsq(design, values, rcond=None)[0]
    error = QuadraticMap.learned(known, values)(new) - curved(new)
    assert error.std() < 0.5 * (plane - curved(new)).std()


@pytest.mark.parametrize("seed", range(4))
def test_few_noisy_values_are_not_followed(seed):
    rng = np.random.default_rng(seed)
    known, values, new = points(40, 6, seed), rng.normal(size=(40, 1)), 0.7 * points(300, 6, seed + 10)

    def terms(cloud):
        first, second = np.triu_indices(6)
        return np.column_stack([np.ones(len(cloud)), cloud, cloud[:, first] * cloud[:, second]])

    without_penalty = terms(new) @ np.linalg.lstsq(terms(known), values, rcond=None)[0]
    assert QuadraticMap.learned(known, values)(new).std() < 0.5 * without_penalty.std()


@pytest.mark.parametrize("factor", [1.0, 10.0, 1e6])
def test_vectors_beyond_the_reach_are_shortened(factor):
    known = points(100, 3)
    learned = QuadraticMap.learned(known, random_forms(3)(known))
    length = np.linalg.norm(known, axis=1, keepdims=True)
    rim = known * (learned.reach / length)
    assert learned(factor * rim) == pytest.approx(learned(rim), abs=1e-9)
    assert np.abs(learned(rim) - learned(0.9 * rim)).min(axis=1).max() > 0.01


def test_points_without_extent_have_a_reach():
    learned = QuadraticMap.learned(np.zeros((5, 2)), np.arange(5.0)[:, np.newaxis])
    assert learned.reach > 0
    assert learned(points(20, 2)) == pytest.approx(2.0)


@pytest.mark.parametrize("forms", [1, 2, 4])
def test_as_many_forms_as_values(forms):
    known = points(60, 3)
    learned = QuadraticMap.learned(known, random_forms(3, forms)(known))
    assert (learned.offset.shape, learned.linear.shape, learned.quadratic.shape) == ((forms,), (3, forms), (6, forms))
    assert learned(known[:7]).shape == (7, forms)


def test_equal_values_have_equal_forms():
    known = points(60, 3)
    values = random_forms(3, 1)(known) + np.random.default_rng(4).normal(size=(60, 1))
    one, two = QuadraticMap.learned(known, values), QuadraticMap.learned(known, np.hstack([values, values]))
    assert two(known) == pytest.approx(np.hstack([one(known), one(known)]), abs=1e-9)


@settings(max_examples=20)
@given(st.integers(1, 4), st.floats(-5, 5), st.sampled_from([-3.0, 0.25, 2.0]), seeds)
def test_forms_follow_unit_and_zero_of_the_values(features, zero, unit, seed):
    known = points(60, features, seed)
    values = random_forms(features, 2, seed)(known) + np.random.default_rng(seed).normal(size=(60, 2))
    expected = zero + unit * QuadraticMap.learned(known, values)(known)
    assert QuadraticMap.learned(known, zero + unit * values)(known) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=20)
@given(st.sampled_from([2.0**-20, 0.5, 2.0**20]), st.integers(1, 4), seeds)
def test_neither_unit_nor_order_of_known_points_matters(unit, features, seed):
    known, new = points(60, features, seed), points(60, features, seed + 1)
    values = random_forms(features, 2, seed)(known) + np.random.default_rng(seed).normal(size=(60, 2))
    expected = QuadraticMap.learned(known, values)(new)
    assert QuadraticMap.learned(unit * known, values)(unit * new) == pytest.approx(expected, abs=1e-9)
    order = np.random.default_rng(seed).permutation(60)
    assert QuadraticMap.learned(known[order], values[order])(new) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("constant", [0.0, 1.0, -2.0, 0.1, 7.7])
@pytest.mark.parametrize("count", [50, 1000])
def test_a_constant_feature_does_no_harm(count, constant):
    varied, true = points(count, 2), random_forms(2)
    known = np.column_stack([varied, np.full(count, constant)])
    learned = QuadraticMap.learned(known, true(varied))
    new = within(np.column_stack([points(300, 2, seed=2), np.full(300, constant)]), learned.reach)
    assert learned(new) == pytest.approx(true(new[:, :2]), abs=0.01)
    # it must not take over where it is not what it was, as in a shortened vector
    assert np.abs(learned.linear[2]).max() < 10
    assert np.abs(learned.quadratic[5]).max() < 10


def test_one_spectrum_alone_has_the_forms_it_has_among_others():
    known = points(80, 4)
    learned = QuadraticMap.learned(known, random_forms(4)(known))
    together = learned(2 * known)
    alone = np.concatenate([learned(vector[np.newaxis]) for vector in 2 * known])
    assert alone == pytest.approx(together, rel=1e-12, abs=1e-12)
    assert learned(known[:0]).shape == (0, 2)

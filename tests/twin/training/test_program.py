import jax
import numpy as np
import pytest

import naive
from didymos.twin.training.program import label_similarity

OTHER = -2
SIMILARITY = jax.jit(label_similarity)


def similarity_of(labels, amplitude):
    found, known = SIMILARITY(np.asarray(labels, np.float32), np.asarray(amplitude, np.float32))
    return np.asarray(found), np.asarray(known)


def drawn(seed, points=30):
    rng = np.random.default_rng(seed)
    labels = rng.choice([OTHER, 0, 1, 2, 3], points)
    amplitude = rng.choice([0.0, 0.2, 0.7, 1.0], points) if seed % 2 else rng.random(points)
    return labels, amplitude.astype(np.float32)


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_a_loop_over_pairs(seed):
    labels, amplitude = drawn(seed)
    found, known = similarity_of(labels, amplitude)
    expected = naive.label_similarity(labels, amplitude, OTHER)
    assert np.array_equal(known, ~np.isnan(expected))
    assert found[known] == pytest.approx(expected[known], abs=1e-6)
    assert np.any(known)
    assert not np.all(known)


@pytest.mark.parametrize("seed", range(4))
def test_is_symmetric_and_between_zero_and_one(seed):
    found, known = similarity_of(*drawn(seed))
    assert np.array_equal(found, found.T)
    assert np.array_equal(known, known.T)
    assert np.all((found >= 0) & (found <= 1))


def test_is_one_for_the_same_label_and_the_same_amplitude():
    labels = np.repeat([0, 1, 2], 4)
    for amplitude in (0.0, 0.3, 1.0):
        found, known = similarity_of(labels, np.full(12, amplitude))
        assert np.all(found[np.equal.outer(labels, labels)] == 1)
        assert np.all(known)


def test_is_zero_between_kinds_at_full_amplitude_and_from_a_core_to_the_majority():
    labels, amplitude = [0, 1, 2, 3, 1], [1.0, 1.0, 1.0, 1.0, 0.0]
    found, _ = similarity_of(labels, amplitude)
    assert np.all(found[:4, :4] == np.eye(4))
    assert found[4, :4].tolist() == [0, 0, 0, 0]


def test_falls_with_the_difference_of_the_amplitude():
    amplitude = np.linspace(0, 1, 11)
    found, _ = similarity_of(np.ones(11), amplitude)
    assert found == pytest.approx(1 - np.abs(np.subtract.outer(amplitude, amplitude)), abs=1e-6)


def test_without_amplitude_a_label_says_nothing():
    found, known = similarity_of([0, 1, 2], [0.0, 0.0, 0.0])
    assert np.all(found == 1)
    assert np.all(known)


def test_what_is_only_unlike_the_kinds_is_unlike_them_and_else_not_known():
    labels = [OTHER, OTHER, 0, 1, 2, 1]
    found, known = similarity_of(labels, [1.0, 1.0, 1.0, 1.0, 0.5, 0.0])
    assert known[0].tolist() == [False, False, False, True, True, False]
    assert np.all(found[:2][known[:2]] == 0)
    # the others know each other
    assert np.all(known[2:, 2:])


def test_the_order_of_the_points_does_not_matter():
    labels, amplitude = drawn(0)
    order = np.random.default_rng(9).permutation(len(labels))
    (found, known), (other, other_known) = (
        similarity_of(labels, amplitude),
        similarity_of(labels[order], amplitude[order]),
    )
    both = np.ix_(order, order)
    assert np.array_equal(other, found[both])
    assert np.array_equal(other_known, known[both])

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import naive
from didymos.core.defects.amplitude import Amplitudes
from didymos.core.defects.kind_balance import CORE, LARGEST_GAIN, balanced, kind_gains


def cores(*heights, points=40, seed=0):
    """Scores of networks and amplitudes of a map with several kinds: the cores of each score their height."""
    rng = np.random.default_rng(seed)
    heights = np.array(heights)
    members, kinds = heights.shape
    kind = np.repeat(np.arange(kinds), points)
    value = np.where(np.arange(kinds * points) % 2 == 0, 0.0, rng.uniform(CORE + 0.01, 1.2, kinds * points))
    scores = np.where(value > 0, heights[:, kind], 0.02 * rng.random((members, kinds * points)))
    quiet = value == 0
    amplitudes = Amplitudes(value, (kind + 1).astype(np.int16), quiet, quiet & ~quiet, np.full(kinds, 0.02))
    each = value[:, np.newaxis] * (kind[:, np.newaxis] == np.arange(kinds))
    return scores, amplitudes, each


@pytest.mark.parametrize("heights", [[(0.9, 0.9)], [(0.95, 0.7), (0.6, 1.0)], [(0.6, 0.9, 0.75)]])
def test_the_cores_of_all_kinds_score_alike_in_every_network(heights):
    scores, amplitudes, each = cores(*heights)
    found = balanced(scores, each, kind_gains(scores, amplitudes))
    for row, member in zip(found, heights, strict=True):
        assert row[amplitudes.value >= 1] == pytest.approx(max(member))
    # and what holds none of a defect keeps its score
    assert np.array_equal(found[:, amplitudes.quiet], scores[:, amplitudes.quiet])


def test_gains_do_not_know_the_order_of_the_kinds_or_the_scale_of_the_scores():
    heights = np.array([0.6, 0.9, 0.75])
    gains = kind_gains(*cores(heights)[:2])
    order = [2, 0, 1]
    assert kind_gains(*cores(heights[order])[:2]) == pytest.approx(gains[:, order])
    scores, amplitudes, _ = cores(heights)
    assert kind_gains(0.1 * scores, amplitudes) == pytest.approx(gains)


def test_one_kind_has_no_gain():
    assert np.array_equal(kind_gains(*cores([0.4], [0.0])[:2]), [[1.0], [1.0]])


def test_a_kind_without_a_core_and_one_far_too_low_are_not_blown_up():
    scores, amplitudes, _ = cores([0.9, 0.5, 0.1])
    amplitudes.value[amplitudes.kind == 2] *= 0.5
    assert np.array_equal(kind_gains(scores, amplitudes), [[1.0, 1.0, LARGEST_GAIN]])


def test_a_few_strange_cores_do_not_set_the_gain():
    scores, amplitudes, _ = cores([0.9, 0.6])
    odd = np.flatnonzero((amplitudes.kind == 2) & ~amplitudes.quiet)[:8]
    scores[:, odd] = 1.0
    assert kind_gains(scores, amplitudes) == pytest.approx(np.array([[1.0, 1.5]]))


@given(st.integers(0, 1000), st.integers(1, 4), st.integers(1, 3))
def test_balanced_scores_are_those_of_a_plain_loop(seed, kinds, members):
    rng = np.random.default_rng(seed)
    scores, amplitudes = rng.random((members, 12)), rng.normal(0.4, 0.6, (12, kinds))
    gains = rng.uniform(1, LARGEST_GAIN, (members, kinds))
    found = balanced(scores, amplitudes, gains)
    assert found == pytest.approx(naive.balanced_scores(scores, amplitudes, gains))
    assert np.all(found >= scores)
    assert np.all(found <= 1)

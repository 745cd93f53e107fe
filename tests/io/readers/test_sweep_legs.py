import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from didymos.io.readers.sweeps import sweep_legs
from didymos.schema import InputError


def parts(values):
    axis = np.asarray(values, dtype=float)
    return [(leg.tag, axis[leg.indices].tolist()) for leg in sweep_legs(axis, "bias")]


@pytest.mark.parametrize("axis", [[0, 1, 2, 5], [3, 2, -1], [7]])
def test_an_axis_in_one_direction_stays_whole(axis):
    assert parts(axis) == [("", axis)]


def test_the_value_at_a_turn_belongs_to_both_runs():
    assert parts([-1, 0, 1, 0, -1]) == [("", [-1, 0, 1]), ("[bwd]", [1, 0, -1])]


def test_a_value_taken_twice_at_the_turn_is_in_each_run_once():
    assert parts([1, 2, 3, 3, 2, 1]) == [("", [1, 2, 3]), ("[bwd]", [3, 2, 1])]


def test_a_triangle_that_begins_inside_its_range_is_joined_over_its_ends():
    found = parts([0, 1, 2, 1, 0, -1, -2, -1, 0])
    assert found == [("", [-2, -1, 0, 1, 2]), ("[bwd]", [2, 1, 0, -1, -2])]
    found = parts([0, 1, 2, 1, 0, -1, -2, -1])
    assert found == [("", [-2, -1, 0, 1, 2]), ("[bwd]", [2, 1, 0, -1, -2])]


def test_cycles_are_numbered():
    tags = [tag for tag, _ in parts([0, 1, 2, 1, 0, 1, 2, 1, 0])]
    assert tags == ["[00001]", "[00001] [bwd]", "[00002]", "[00002] [bwd]"]


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ([0, 1, 1, 2], "holds 1 twice running"),
        ([0, 0, 1, 2], "holds 0 twice running"),
        ([0, 1, 2, 2, 2, 1, 0], "holds 2 twice running"),
        ([0, 2, 1, 3, 2, 4], "turns 4 times"),
        ([0, np.nan, 1], "1 values that are not finite"),
    ],
)
def test_what_is_no_sweep_is_refused(axis, message):
    with pytest.raises(InputError, match=message):
        parts(axis)


@given(st.integers(3, 30), st.integers(1, 5), st.floats(-5, 5), st.floats(0.01, 10))
def test_runs_hold_every_value_and_go_in_one_direction(size, runs, offset, step):
    up = np.arange(size)
    axis = np.concatenate([up[:1], *[(up if i % 2 == 0 else up[::-1])[1:] for i in range(runs)]]) * step + offset
    legs = sweep_legs(axis, "bias")
    assert_array_equal(np.unique(np.concatenate([leg.indices for leg in legs])), np.arange(len(axis)))
    for leg in legs:
        assert len(leg.indices) == size
        assert abs(np.sign(np.diff(axis[leg.indices])).sum()) == size - 1

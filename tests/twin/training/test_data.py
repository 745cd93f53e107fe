from dataclasses import replace

import numpy as np
import pytest
from twin_data import SMALL, by_distance, by_pairs, three_clusters, two_clusters

from didymos.twin.training.data import held_out_pairs, holds_out
from didymos.twin.training.sampling import held_out


def test_what_is_drawn_is_scaled_and_filled_up():
    values = two_clusters()[0]
    plain = by_distance(values)
    data = replace(plain, inputs=4 * plain.inputs, scale=4.0, width=7)
    assert (plain.size, data.size) == (4, 7)
    found, expected = (each.draw(np.random.default_rng(0), 0, (3, 5)) for each in (data, plain))
    assert np.array_equal(found.rows, expected.rows)
    assert np.array_equal(found.inputs[..., :4], expected.inputs)
    assert np.all(found.inputs[..., 4:] == 0)
    assert found.inputs.dtype == np.float32


@pytest.mark.parametrize("points", [2, 10, 38, 41, 60, 300])
def test_pairs_are_held_out_where_there_are_enough(points):
    upper = np.triu_indices(points, 1)
    number = np.count_nonzero(held_out(*upper))
    assert held_out_pairs(points) == pytest.approx(number, abs=0.1 * number + 4)
    if abs(number - 100) > 10:
        assert holds_out(points) == (number > 100)


def test_a_few_given_pairs_of_one_sort_are_not_held_out():
    values, kind = three_clusters()
    similarity = np.logical_and.outer(kind == 0, kind == 0).astype(float)
    assert by_pairs(values, similarity, number=16_000).plan(SMALL, 1).hold_out
    assert not by_pairs(values, similarity, number=3000).plan(SMALL, 1).hold_out
    assert not by_pairs(values, 1 - similarity, number=3000).plan(SMALL, 1).hold_out

from dataclasses import replace

import numpy as np
import pytest
from twin_data import SMALL, by_distance, by_label, by_pairs, three_clusters, two_clusters

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


def jittered(**changes):
    """Features whose own values are 0, so that what is drawn is the noise."""
    plain = by_distance(np.zeros((50, 4)))
    return replace(plain, jitter=np.array([1.0, 2.0, 0.0, 0.5]), **changes)


def test_noise_is_drawn_anew_whenever_a_spectrum_is_drawn():
    data = jittered()
    generator = np.random.default_rng(0)
    first, second = (data.draw(generator, 0, (200, 32)).inputs for _ in range(2))
    for found in (first, second):
        assert found.dtype == np.float32
        assert found.std(axis=(0, 1)) == pytest.approx([1, 2, 0, 0.5], rel=0.05)
        assert found.mean(axis=(0, 1)) == pytest.approx(0, abs=0.1)
    assert abs(np.corrcoef(first[..., 0].ravel(), second[..., 0].ravel())[0, 1]) < 0.05
    # no two of them are the same, though there are far fewer spectra than are drawn
    assert len(np.unique(np.concatenate([first, second])[..., 0])) > 0.99 * 2 * first[..., 0].size


def test_noise_is_in_the_units_of_the_inputs_and_spares_what_is_filled_up():
    data = jittered(scale=4.0, width=7)
    found = data.draw(np.random.default_rng(0), 0, (200, 32)).inputs
    assert found[..., :4].std(axis=(0, 1)) == pytest.approx([0.25, 0.5, 0, 0.125], rel=0.05)
    assert np.all(found[..., 4:] == 0)


def test_noise_adds_to_the_spectra_and_changes_neither_rows_nor_targets():
    plain = by_label(two_clusters()[0], (np.arange(300) < 40).astype(int))
    noisy = replace(plain, jitter=np.full(4, 1e-3))
    before, after = (data.draw(np.random.default_rng(0), 0, (3, 8)) for data in (plain, noisy))
    assert np.array_equal(before.rows, after.rows)
    assert np.array_equal(before.target, after.target)
    assert after.inputs == pytest.approx(before.inputs, abs=1e-2)
    assert not np.any(after.inputs == before.inputs)


def test_without_jitter_there_is_no_noise():
    data = by_distance(two_clusters()[0])
    found = data.draw(np.random.default_rng(0), 0, (5, 32))
    assert np.array_equal(found.inputs, data.inputs[0][found.rows])


def test_both_spectra_of_a_pair_get_noise_of_their_own():
    values, kind = three_clusters()
    data = by_pairs(np.zeros_like(values), np.equal.outer(kind, kind).astype(float))
    found = replace(data, jitter=np.ones(4)).draw(np.random.default_rng(0), 0, (50, 32)).inputs
    assert found.shape == (50, 32, 2, 4)
    assert abs(np.corrcoef(found[:, :, 0].ravel(), found[:, :, 1].ravel())[0, 1]) < 0.05


@pytest.mark.parametrize("data", [jittered(), by_distance(two_clusters()[0])], ids=["jitter", "none"])
def test_the_same_seed_draws_the_same(data):
    first, second, other = (data.draw(np.random.default_rng(seed), 0, (4, 16)) for seed in (7, 7, 8))
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
    assert not np.array_equal(first.inputs, other.inputs)


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

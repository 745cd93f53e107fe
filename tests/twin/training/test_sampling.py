import jax.numpy as jnp
import numpy as np
import pytest

from didymos.twin.training.sampling import (
    balanced_weights,
    cumulative_weights,
    draw_batches,
    held_out,
)


def drawn(distance, batches=400, size=128, seed=0):
    cumulative = cumulative_weights(distance)
    return draw_batches(np.random.default_rng(seed), cumulative, (batches, size))


def out_of_all(points):
    """Which pairs of so many spectra are held out, as a table."""
    rows = np.arange(points)
    return np.asarray(held_out(rows[:, np.newaxis], rows))


def test_one_rare_spectrum_in_twenty_thousand_is_in_most_batches():
    rng = np.random.default_rng(1)
    distance = np.abs(rng.normal(5, 1, 20_000))
    distance[1234] = 60.0
    batches = drawn(distance)
    assert np.mean((batches == 1234).any(axis=1)) > 0.8
    # and does not crowd the others out
    assert np.mean(batches == 1234) < 0.1
    assert len(np.unique(batches)) > 10_000


@pytest.mark.parametrize("rare", [0, 19_999])
def test_the_first_and_the_last_spectrum_are_no_exception(rare):
    distance = np.full(20_000, 5.0)
    distance[rare] = 60.0
    assert np.mean((drawn(distance, batches=50) == rare).any(axis=1)) > 0.9


def test_every_spectrum_of_a_large_map_can_be_drawn():
    batches = drawn(np.full(1000, 2.0), batches=200)
    assert np.array_equal(np.unique(batches), np.arange(1000))


def test_weights_are_equal_for_every_stratum_that_holds_any():
    distance = np.concatenate([np.full(900, 1.0), np.full(90, 5.0), np.full(10, 50.0)])
    share = np.diff(cumulative_weights(distance), prepend=0)
    assert [share[:900].sum(), share[900:990].sum(), share[990:].sum()] == pytest.approx([1 / 3] * 3, rel=1e-3)


def test_weights_are_equal_for_every_group():
    share = np.diff(balanced_weights(np.array([0, 2, 0, 0, 2, 1])), prepend=0)
    assert share == pytest.approx(np.array([2, 3, 2, 2, 3, 6]) / 18, rel=1e-5)


@pytest.mark.parametrize("factor", [1e-12, 1e12])
def test_units_of_the_distance_change_nothing(factor):
    distance = np.random.default_rng(2).lognormal(size=500)
    assert cumulative_weights(factor * distance) == pytest.approx(cumulative_weights(distance), rel=1e-5)


@pytest.mark.parametrize("distance", [np.zeros(7), np.full(7, 1e-9), np.array([3.0]), np.array([0, 0, 0, 1.0])])
def test_weights_ascend_to_one(distance):
    cumulative = cumulative_weights(distance)
    assert cumulative.dtype == np.float32
    assert np.all(np.diff(cumulative) > 0)
    assert cumulative[-1] == 1


def test_batches_have_the_shape_asked_for_and_valid_indices():
    for shape in ((3, 7), (1, 1), (2, 64)):
        batches = draw_batches(np.random.default_rng(3), cumulative_weights(np.arange(1.0, 6)), shape)
        assert batches.shape == shape
        assert batches.dtype == np.int32
        assert batches.min() >= 0
        assert batches.max() < 5


def test_batches_follow_the_generator():
    distance = np.random.default_rng(4).lognormal(size=100)
    assert np.array_equal(drawn(distance, 5, seed=1), drawn(distance, 5, seed=1))
    assert not np.array_equal(drawn(distance, 5, seed=1), drawn(distance, 5, seed=2))


def test_half_of_a_batch_is_drawn_from_all_alike():
    distance = np.concatenate([np.full(9999, 1.0), [100.0]])
    batches = drawn(distance, batches=200, size=100)
    # two strata: of the rare half each second one is the rare spectrum
    assert np.mean(batches == 9999) == pytest.approx(0.25, abs=0.02)


def test_held_out_pairs_are_symmetric_and_one_in_eight():
    out = out_of_all(2000)
    assert np.array_equal(out, out.T)
    assert out.mean() == pytest.approx(1 / 8, abs=0.01)
    assert out.mean(axis=1) == pytest.approx(1 / 8, abs=0.04)  # of every spectrum


def test_a_pair_is_held_out_wherever_it_meets_and_in_the_compiled_program_too():
    first, second = np.random.default_rng(5).integers(0, 100_000, (2, 500), dtype=np.int32)
    out = np.asarray(held_out(first, second))
    assert out.dtype == bool
    assert 30 < out.sum() < 100
    assert np.array_equal(out, held_out(second, first))
    assert np.array_equal(out, held_out(jnp.asarray(first), jnp.asarray(second)))
    order = np.random.default_rng(6).permutation(500)
    assert np.array_equal(out[order], held_out(first[order], second[order]))


@pytest.mark.parametrize("period", [2, 3, 4, 5, 8, 16])
def test_held_out_pairs_are_of_every_sort_where_kinds_alternate(period):
    kind = np.arange(960) % period
    out, alike = out_of_all(960), kind[:, np.newaxis] == kind
    np.fill_diagonal(alike, False)
    assert out[alike].mean() == pytest.approx(1 / 8, abs=0.03)
    assert out[kind[:, np.newaxis] != kind].mean() == pytest.approx(1 / 8, abs=0.03)


@pytest.mark.parametrize("step", [1, 8, 20])
def test_held_out_pairs_are_among_those_of_neighbours(step):
    first = np.arange(4000)
    assert np.mean(held_out(first, first + step)) == pytest.approx(1 / 8, abs=0.03)


@pytest.mark.parametrize("stride", [2, 3, 8])
def test_held_out_pairs_are_one_in_eight_of_every_few_spectra(stride):
    out = out_of_all(4000)[::stride, ::stride]
    assert out.mean() == pytest.approx(1 / 8, abs=0.03)

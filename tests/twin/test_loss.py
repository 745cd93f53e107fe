import jax
import jax.numpy as jnp
import numpy as np
import pytest

import naive
from didymos.twin.loss import contrastive_loss, gram_distances, squared_distances

POINTS = 9


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    embedded = rng.normal(size=(POINTS, 2)).astype(np.float32)
    similar = rng.random((POINTS, POINTS)) < 0.4
    counted = rng.random((POINTS, POINTS)) < 0.7
    margin = rng.uniform(0.5, 3, (POINTS, POINTS)).astype(np.float32)
    return embedded, similar, counted, margin


def loss(embedded, similar, counted, margin):
    return float(contrastive_loss(*map(jnp.asarray, (embedded, similar, counted)), jnp.asarray(margin)))


def test_agrees_with_a_loop_over_pairs(batch):
    assert loss(*batch) == pytest.approx(naive.contrastive_loss(*batch), rel=1e-5)


@pytest.mark.parametrize("alike", [True, False])
def test_a_batch_of_one_sort_of_pairs(batch, alike):
    embedded, similar, counted, margin = batch
    everything = np.full_like(similar, alike)
    expected = naive.contrastive_loss(embedded, everything, counted, margin)
    assert loss(embedded, everything, counted, margin) == pytest.approx(expected, rel=1e-5)
    assert expected > 0


def test_no_counted_pair_is_no_loss(batch):
    embedded, similar, counted, margin = batch
    assert loss(embedded, similar, np.zeros_like(counted), margin) == 0


def test_order_shift_and_rotation_change_nothing(batch):
    embedded, similar, counted, margin = batch
    expected = loss(*batch)
    order = np.random.default_rng(1).permutation(POINTS)
    both = np.ix_(order, order)
    assert loss(embedded[order], similar[both], counted[both], margin[both]) == pytest.approx(expected, rel=1e-5)
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]], dtype=np.float32)
    assert loss(embedded @ rotation + 3, similar, counted, margin) == pytest.approx(expected, rel=1e-4)


def test_known_values():
    embedded = np.array([[0.0, 0.0], [3.0, 4.0]])
    counted = ~np.eye(2, dtype=bool)
    alike, unlike = np.ones((2, 2), dtype=bool), np.zeros((2, 2), dtype=bool)
    assert loss(embedded, alike, counted, 1.0) == pytest.approx(25)
    assert loss(embedded, unlike, counted, 7.0) == pytest.approx(4)
    assert loss(embedded, unlike, counted, 5.0) == pytest.approx(0, abs=1e-9)
    assert loss(embedded, unlike, counted, 1.0) == 0


def test_similar_and_dissimilar_pairs_weigh_alike_whatever_their_number(batch):
    embedded, similar, counted, margin = batch
    expected = naive.contrastive_loss(embedded, similar, counted & similar, margin) + naive.contrastive_loss(
        embedded, similar, counted & ~similar, margin
    )
    assert loss(embedded, similar, counted, margin) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("alike", [True, False])
def test_slope_is_finite_where_points_coincide(alike):
    embedded = jnp.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])
    similar = jnp.full((3, 3), alike)
    for counted in (jnp.ones((3, 3), dtype=bool), ~jnp.eye(3, dtype=bool)):
        slope = jax.grad(contrastive_loss)(embedded, similar, counted, jnp.asarray(4.0))
        assert np.all(np.isfinite(slope))
        assert float(jnp.abs(slope[2]).max()) > 0


def test_slope_pulls_similar_pairs_together_and_pushes_dissimilar_ones_apart():
    embedded = jnp.array([[0.0, 0.0], [1.0, 0.0]])
    counted = ~jnp.eye(2, dtype=bool)
    for alike, direction in ((True, 1), (False, -1)):
        slope = jax.grad(contrastive_loss)(embedded, jnp.full((2, 2), alike), counted, jnp.asarray(2.0))
        assert np.sign(float(slope[1, 0])) == direction
        assert float(slope[0, 0]) == pytest.approx(-float(slope[1, 0]))


def test_squared_distances_of_all_pairs():
    points = np.random.default_rng(2).normal(size=(20, 5)).astype(np.float32)
    expected = naive.pair_distances(points) ** 2
    upper = np.triu_indices(20, 1)
    for function in (squared_distances, gram_distances):
        square = np.asarray(function(jnp.asarray(points)))
        assert square[upper] == pytest.approx(expected, rel=1e-4)
        assert square == pytest.approx(square.T, abs=1e-5)
        assert np.diag(square) == pytest.approx(0, abs=1e-5)

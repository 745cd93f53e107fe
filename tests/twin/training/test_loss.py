import jax
import jax.numpy as jnp
import numpy as np
import pytest

import naive
from didymos.twin.training.loss import LOSSES, gram_distances, pair_loss, squared_distances
from didymos.twin.training.settings import LOSSES as NAMES

POINTS = 9


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    embedded = rng.normal(size=(POINTS, 2)).astype(np.float32)
    similar = rng.random((POINTS, POINTS)) < 0.4
    counted = (rng.random((POINTS, POINTS)) < 0.7) & ~np.eye(POINTS, dtype=bool)
    margin = rng.uniform(0.5, 3, (POINTS, POINTS)).astype(np.float32)
    return embedded, similar, counted, margin


@jax.jit
def of_embedding(embedded, similarity, counted, margin):
    return pair_loss(LOSSES["contrastive"], squared_distances(embedded), similarity, counted, margin)


SLOPE = jax.jit(jax.grad(of_embedding))


def loss(*batch):
    return float(of_embedding(*map(jnp.asarray, batch)))


def plain_squares(points):
    difference = points[:, jnp.newaxis] - points[jnp.newaxis]
    return jnp.sum(difference * difference, axis=-1)


def test_every_loss_has_a_name_in_the_settings():
    assert set(LOSSES) == set(NAMES)


def test_agrees_with_a_loop_over_pairs(batch):
    assert loss(*batch) == pytest.approx(naive.contrastive_loss(*batch), rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_soft_similarities_agree_with_a_loop_over_pairs(batch, seed):
    embedded, similar, counted, margin = batch
    similarity = np.random.default_rng(seed).random(similar.shape).astype(np.float32)
    similarity[0] = np.round(similarity[0])
    expected = naive.soft_contrastive_loss(embedded, similarity, counted, margin)
    assert loss(embedded, similarity, counted, margin) == pytest.approx(expected, rel=1e-5)


def test_whole_similarities_are_labels(batch):
    embedded, similar, counted, margin = batch
    assert loss(embedded, similar.astype(np.float32), counted, margin) == pytest.approx(loss(*batch), rel=1e-6)


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
    alike, unlike = np.ones((2, 2)), np.zeros((2, 2))
    assert loss(embedded, alike, counted, 1.0) == pytest.approx(25)
    assert loss(embedded, unlike, counted, 7.0) == pytest.approx(4)
    assert loss(embedded, unlike, counted, 5.0) == pytest.approx(0, abs=1e-9)
    assert loss(embedded, unlike, counted, 1.0) == 0
    # every pair is half of each sort: the means of both sorts over the same pairs
    assert loss(embedded, np.full((2, 2), 0.5), counted, 7.0) == pytest.approx(29)


@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
def test_slope_is_finite_where_points_coincide(alike):
    embedded = jnp.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])
    for counted in (jnp.ones((3, 3), dtype=bool), ~jnp.eye(3, dtype=bool)):
        slope = SLOPE(embedded, jnp.full((3, 3), alike), counted, jnp.asarray(4.0))
        assert np.all(np.isfinite(slope))
        assert alike == 0.5 or float(jnp.abs(slope[2]).max()) > 0


def test_slope_pulls_similar_pairs_together_and_pushes_dissimilar_ones_apart():
    embedded = jnp.array([[0.0, 0.0], [1.0, 0.0]])
    counted = ~jnp.eye(2, dtype=bool)
    for alike, direction in ((1.0, 1), (0.0, -1)):
        slope = SLOPE(embedded, jnp.full((2, 2), alike), counted, jnp.asarray(2.0))
        assert np.sign(float(slope[1, 0])) == direction
        assert float(slope[0, 0]) == pytest.approx(-float(slope[1, 0]))


def test_slope_is_that_of_the_loop_over_pairs(batch):
    embedded, similar, counted, margin = batch
    similarity = np.where(similar, 0.8, 0.1)
    slope = np.asarray(SLOPE(*map(jnp.asarray, (embedded, similarity, counted, margin))))
    for point, axis in ((0, 0), (4, 1), (8, 0)):
        step = np.zeros_like(embedded, dtype=np.float64)
        step[point, axis] = 1e-5
        ahead, back = (
            naive.soft_contrastive_loss(embedded + sign * step, similarity, counted, margin) for sign in (1, -1)
        )
        assert slope[point, axis] == pytest.approx((ahead - back) / 2e-5, rel=1e-3, abs=1e-4)


def test_squared_distances_of_all_pairs():
    points = np.random.default_rng(2).normal(size=(20, 5)).astype(np.float32)
    expected = naive.pair_distances(points) ** 2
    upper = np.triu_indices(20, 1)
    for function in (squared_distances, gram_distances):
        square = np.asarray(function(jnp.asarray(points)))
        assert square[upper] == pytest.approx(expected, rel=1e-4)
        assert square == pytest.approx(square.T, abs=1e-5)
        assert np.diag(square) == pytest.approx(0, abs=1e-5)


def test_squared_distances_are_exact_far_from_the_origin():
    points = jnp.array([[4096.0, 0.0], [4097.0, 0.5]])
    assert np.asarray(squared_distances(points)).tolist() == [[0.0, 1.25], [1.25, 0.0]]


@pytest.mark.parametrize("offset", [0.0, 1e3])
@pytest.mark.parametrize("components", [1, 3])
@pytest.mark.parametrize("symmetric", [True, False])
def test_slope_of_squared_distances_is_that_of_the_plain_form(offset, components, symmetric):
    rng = np.random.default_rng(3)
    drawn = rng.normal(size=(12, components)).astype(np.float32)
    drawn[5] = drawn[4]
    points = jnp.asarray(drawn) + offset
    weight = rng.normal(size=(12, 12)).astype(np.float32)
    slope = jnp.asarray(weight + weight.T if symmetric else weight)
    found, expected = (
        jax.jit(lambda points, slope, function=function: jax.vjp(function, points)[1](slope)[0])(points, slope)
        for function in (squared_distances, plain_squares)
    )
    assert np.asarray(found) == pytest.approx(np.asarray(expected), rel=1e-4, abs=2e-5 if offset == 0 else 2e-3)
    assert np.abs(expected).max() > 1

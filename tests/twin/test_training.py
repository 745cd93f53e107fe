from dataclasses import replace

import jax
import numpy as np
import pytest
from twin_data import SMALL, training_data, two_clusters

import naive
from didymos.twin.network import ACTIVATIONS, Encoder, random_encoders
from didymos.twin.training import embed, train

MEMBERS, RARE = 2, 40
THRESHOLD = 5.0


def weights_of(trained):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(trained.encoder)]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(weights_of(first), weights_of(second), strict=True))


@pytest.fixture(scope="module")
def values():
    return two_clusters(rare=RARE)[0]


@pytest.fixture(scope="module")
def trained(values):
    return train(training_data(values, THRESHOLD), SMALL, members=MEMBERS, seed=3)


def test_training_lowers_the_held_out_loss(trained):
    assert trained.loss.shape == (MEMBERS, SMALL.stretches)
    assert np.all(trained.best < 0.7 * trained.loss[:, 0])
    assert np.array_equal(trained.best, trained.loss.min(axis=1))
    assert trained.steps == SMALL.stretch
    assert not trained.interrupted


def test_clusters_are_farther_apart_than_they_are_wide(values, trained):
    embedded = embed(trained.encoder, np.asarray(values, dtype=np.float32)[np.newaxis])
    assert embedded.shape == (MEMBERS, len(values), 2)
    for points in embedded:
        distance = np.linalg.norm(points[:, np.newaxis] - points[np.newaxis], axis=-1)
        between = distance[:RARE, RARE:].mean()
        assert between > 3 * max(distance[:RARE, :RARE].mean(), distance[RARE:, RARE:].mean())
        assert between > SMALL.margin


def test_the_same_seed_gives_the_same_bits_whatever_ran_before(values, trained):
    np.random.seed(5)  # noqa: NPY002 - the hidden state is what is meant
    train(training_data(values[::-1], 2.0), SMALL, members=MEMBERS, seed=99)
    again = train(training_data(values, THRESHOLD), SMALL, members=MEMBERS, seed=3)
    assert same(again, trained)
    assert np.array_equal(again.loss, trained.loss)


def test_another_seed_gives_another_network(values, trained):
    other = train(training_data(values, THRESHOLD), SMALL, members=MEMBERS, seed=4)
    assert not same(other, trained)


def test_members_differ(trained):
    for leaf in weights_of(trained):
        assert leaf.shape[0] == MEMBERS
        assert not np.array_equal(leaf[0], leaf[1])
    assert trained.loss[0, 0] != trained.loss[1, 0]


def test_a_member_does_not_depend_on_the_size_of_the_ensemble(values, trained):
    alone = train(training_data(values, THRESHOLD), SMALL, members=1, seed=3)
    # the order of the sums in a product may differ
    assert alone.loss[0] == pytest.approx(trained.loss[0], rel=0.05)


def test_progress_is_told_after_every_stretch(values, trained):
    told = []
    train(training_data(values, THRESHOLD), SMALL, members=MEMBERS, seed=3, progress=lambda *state: told.append(state))
    shares, losses = zip(*told, strict=True)
    assert shares == pytest.approx([0.25, 0.5, 0.75, 1])
    assert losses == pytest.approx(trained.loss.mean(axis=0))


@pytest.mark.parametrize("stretch", [1, 3])
def test_an_interruption_keeps_the_best_so_far(values, trained, stretch):
    def interrupt(share, loss):
        if share >= stretch / SMALL.stretches:
            raise KeyboardInterrupt

    stopped = train(training_data(values, THRESHOLD), SMALL, members=MEMBERS, seed=3, progress=interrupt)
    assert stopped.interrupted
    assert np.array_equal(stopped.loss, trained.loss[:, :stretch])
    assert np.array_equal(stopped.best, stopped.loss.min(axis=1))
    assert np.all(np.isfinite(embed(stopped.encoder, np.asarray(values, dtype=np.float32)[np.newaxis])))


def test_each_member_keeps_its_best_encoder_and_not_the_last_one(values):
    wild = replace(SMALL, learning_rate=1.0, stretches=40)  # steps so long that the loss goes up again
    data = training_data(values, THRESHOLD)
    whole = train(data, wild, members=MEMBERS, seed=1)
    assert np.any(whole.loss.argmin(axis=1) < whole.loss.shape[1] - 1)
    assert whole.loss.shape[1] < wild.stretches
    for member, stretch in enumerate(whole.loss.argmin(axis=1)):

        def interrupt(share, loss, after=(stretch + 1) / wild.stretches):
            if share >= after:
                raise KeyboardInterrupt

        stopped = train(data, wild, members=MEMBERS, seed=1, progress=interrupt)
        assert all(
            np.array_equal(a[member], b[member]) for a, b in zip(weights_of(whole), weights_of(stopped), strict=True)
        )


def test_identical_spectra_train_to_finite_networks(values):
    alike = np.zeros_like(values)
    trained = train(training_data(alike, 0.5), SMALL, members=MEMBERS, seed=0)
    assert np.all(np.isfinite(trained.loss))
    assert all(np.all(np.isfinite(leaf)) for leaf in weights_of(trained))
    assert trained.best == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("distance", [0.0, 1.0])
def test_two_spectra_train_to_a_finite_network_and_stop_when_patience_is_over(distance):
    pair = np.array([[0.0, 0, 0, 0], [distance, 0, 0, 0]])
    trained = train(training_data(pair, 0.5), SMALL, members=MEMBERS, seed=0)
    assert all(np.all(np.isfinite(leaf)) for leaf in weights_of(trained))
    # their only pair is not held out, so no loss is better than the first one
    assert np.array_equal(trained.loss, np.zeros((MEMBERS, 1 + SMALL.patience)))


@pytest.mark.parametrize(("name", "plain"), [("tanh", np.tanh), ("relu", lambda x: np.maximum(x, 0))])
def test_the_encoder_is_a_plain_fully_connected_network(name, plain):
    generators = [np.random.default_rng(member) for member in range(MEMBERS)]
    drawn = random_encoders(generators, 4, (8, 3, 2), name)
    biases = tuple(0.3 * generators[0].normal(size=bias.shape).astype(np.float32) for bias in drawn.biases)
    encoders = Encoder(drawn.weights, biases, name)
    features = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)
    found = embed(encoders, features[np.newaxis])
    for member in range(MEMBERS):
        expected = naive.encoder([w[member] for w in drawn.weights], [b[member] for b in biases], plain, features)
        assert found[member] == pytest.approx(expected, abs=1e-5)


def test_every_activation_bends():
    features = np.linspace(-2, 2, 7, dtype=np.float32)
    for activation in ACTIVATIONS.values():
        bent = np.asarray(activation(features))
        assert np.all(np.isfinite(bent))
        assert np.ptp(np.diff(bent)) > 0.05


def test_blocks_and_inputs_of_each_member_give_the_same_embedding():
    encoders = random_encoders([np.random.default_rng(member) for member in range(MEMBERS)], 4, (8, 2), "tanh")
    features = np.random.default_rng(2).normal(size=(20, 4)).astype(np.float32)
    whole = embed(encoders, features[np.newaxis])
    assert embed(encoders, features[np.newaxis], block=7) == pytest.approx(whole, abs=1e-6)
    assert embed(encoders, np.stack([features] * MEMBERS)) == pytest.approx(whole, abs=1e-6)


def test_drawn_weights_have_the_spread_of_glorot_and_differ_between_members():
    encoders = random_encoders([np.random.default_rng(member) for member in range(MEMBERS)], 300, (200, 2), "tanh")
    assert [weight.shape for weight in encoders.weights] == [(MEMBERS, 300, 200), (MEMBERS, 200, 2)]
    first = np.asarray(encoders.weights[0])
    assert first.std(axis=(1, 2)) == pytest.approx(np.sqrt(2 / 500), rel=0.02)
    assert abs(np.corrcoef(first[0].ravel(), first[1].ravel())[0, 1]) < 0.02
    assert all(np.all(np.asarray(bias) == 0) for bias in encoders.biases)

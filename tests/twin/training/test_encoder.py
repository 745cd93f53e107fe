import jax
import numpy as np
import pytest
from twin_data import MEMBERS, same, weights_of

import naive
from didymos.twin.training import encoder as module
from didymos.twin.training.encoder import ACTIVATIONS, Encoder, random_encoder
from didymos.twin.training.network import ACTIVATIONS as IN_JAX
from didymos.twin.training.network import forward, parameter_count

SIZES = (4, 8, 3, 2)
PLAIN = {
    "tanh": np.tanh,
    "relu": lambda values: np.array([max(value, 0.0) for value in values]),
    "elu": lambda values: np.array([value if value > 0 else np.exp(value) - 1 for value in values]),
    "gelu": lambda values: values / (1 + np.exp(-2 * np.sqrt(2 / np.pi) * (values + 0.044715 * values**3))),
    "silu": lambda values: values / (1 + np.exp(-values)),
}


def drawn(activation="tanh", members=MEMBERS):
    """An encoder whose biases are no zeros."""
    generators = [np.random.default_rng([7, member]) for member in range(members)]
    encoder = random_encoder(generators, SIZES[0], SIZES[1:], activation)
    biases = tuple(0.3 * generators[0].normal(size=bias.shape) for bias in encoder.biases)
    return Encoder(encoder.weights, biases, activation)


@pytest.fixture(scope="module")
def features():
    return np.random.default_rng(1).normal(size=(20, SIZES[0]))


def test_every_activation_has_its_plain_form_and_its_form_in_jax():
    assert set(ACTIVATIONS) == set(IN_JAX) == set(PLAIN)


@pytest.mark.parametrize("activation", PLAIN)
def test_the_encoder_is_a_plain_fully_connected_network(activation, features):
    encoder = drawn(activation)
    found = encoder.embed(features[np.newaxis])
    assert found.shape == (MEMBERS, 20, 2)
    assert found.dtype == np.float64
    for member in range(MEMBERS):
        weights, biases = ([array[member] for array in arrays] for arrays in (encoder.weights, encoder.biases))
        expected = naive.encoder(weights, biases, PLAIN[activation], features)
        assert found[member] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("activation", PLAIN)
def test_the_network_that_is_trained_is_the_one_that_embeds(activation, features):
    encoder = drawn(activation)
    flat = encoder.flat()
    assert flat.shape == (MEMBERS, parameter_count(SIZES)) == (MEMBERS, 5 * 8 + 9 * 3 + 4 * 2)
    # with more axes before the last, as pairs come
    pairs = features.reshape(10, 2, -1).astype(np.float32)
    network = jax.jit(forward, static_argnums=(1, 2))
    for member, expected in enumerate(encoder.embed(features[np.newaxis])):
        found = np.asarray(network(flat[member], SIZES, activation, pairs))
        assert found.shape == (10, 2, 2)
        assert found.reshape(20, 2) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("activation", PLAIN)
def test_every_activation_bends_and_takes_large_values(activation):
    bent = ACTIVATIONS[activation](np.linspace(-2, 2, 7))
    assert np.ptp(np.diff(bent)) > 0.05
    assert np.all(np.isfinite(ACTIVATIONS[activation](np.array([-1e6, 0.0, 1e6]))))


def test_flat_and_back():
    encoder = drawn()
    flat = encoder.flat()
    assert flat.dtype == np.float32
    again = Encoder.from_flat(flat, SIZES, "tanh")
    for before, after in zip(weights_of(encoder), weights_of(again), strict=True):
        assert after.dtype == np.float64
        assert np.array_equal(after, before.astype(np.float32))
    assert np.array_equal(again.flat(), flat)


def test_members_are_chosen_in_the_order_given(features):
    encoder = drawn(members=3)
    assert (encoder.members, encoder.components) == (3, 2)
    chosen = encoder.choose([2, 0])
    assert np.array_equal(chosen.embed(features[np.newaxis]), encoder.embed(features[np.newaxis])[[2, 0]])
    assert same(encoder.choose(np.arange(3)), encoder)


def test_a_point_is_embedded_alike_whatever_the_others_are(features):
    encoder = drawn()
    whole = encoder.embed(features[np.newaxis])
    for chosen in ([3], [5, 4], range(7, 20), [0, 0, 0]):
        assert encoder.embed(features[np.newaxis, list(chosen)]) == pytest.approx(whole[:, list(chosen)], abs=1e-13)


@pytest.mark.parametrize("block", [1, 7, 19, 20, 21])
def test_blocks_change_nothing(features, monkeypatch, block):
    whole = drawn().embed(features[np.newaxis])
    monkeypatch.setattr(module, "BLOCK", block)
    assert drawn().embed(features[np.newaxis]) == pytest.approx(whole, abs=1e-13)


def test_threads_change_no_bit(features, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 3)
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(module, "allowed_threads", lambda threads=threads: threads)
        found.append(drawn().embed(features[np.newaxis]))
    assert all(np.array_equal(other, found[0]) for other in found[1:])


def test_every_member_may_have_inputs_of_its_own(features):
    encoder = drawn()
    both = np.stack([features, features[::-1]])
    found = encoder.embed(both)
    assert np.array_equal(found[0], encoder.embed(features[np.newaxis])[0])
    assert np.array_equal(found[1], encoder.embed(both[1:])[1])


def test_drawn_weights_have_the_spread_of_glorot_and_differ_between_members():
    encoder = random_encoder([np.random.default_rng(member) for member in range(MEMBERS)], 300, (200, 2), "tanh")
    assert [weight.shape for weight in encoder.weights] == [(MEMBERS, 300, 200), (MEMBERS, 200, 2)]
    first = encoder.weights[0]
    assert first.std(axis=(1, 2)) == pytest.approx(np.sqrt(2 / 500), rel=0.02)
    assert abs(np.corrcoef(first[0].ravel(), first[1].ravel())[0, 1]) < 0.02
    assert all(np.all(bias == 0) for bias in encoder.biases)


def test_no_points_are_no_embedding():
    assert drawn().embed(np.zeros((1, 0, SIZES[0]))).shape == (MEMBERS, 0, 2)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import naive
from didymos.core.numeric.rescaling import compress, expanded_length, log_rescale, shorten_rest

# radius / tiny overflows from 4 on: shorten_rest warns where the rest is exactly zero

vectors = arrays(np.float64, (7, 3), elements=st.floats(-1e4, 1e4, allow_subnormal=False))
lengths = st.floats(1e-3, 1e3)


def test_log_rescale_is_the_logarithm_of_the_sum():
    assert log_rescale(np.array([0.0, 1.0, np.e - 1]), 1.0) == pytest.approx([0.0, np.log(2), 1.0])


@given(vectors, lengths)
def test_expanded_length_takes_back_what_compress_did(features, length):
    found = expanded_length(compress(features, length), length)
    assert found == pytest.approx(np.linalg.norm(features, axis=1), rel=1e-6, abs=1e-9 * length)


@given(vectors, lengths)
def test_compress_keeps_directions_and_follows_the_inverse_hyperbolic_sine(features, length):
    short = compress(features, length)
    before, after = np.linalg.norm(features, axis=1), np.linalg.norm(short, axis=1)
    assert after == pytest.approx(length * np.arcsinh(before / length), rel=1e-6, abs=1e-12)
    assert (short * features).sum(axis=1) == pytest.approx(before * after, rel=1e-9)
    assert np.all(after <= before * (1 + 1e-12))


@given(vectors, lengths, st.sampled_from([2.0**-40, 0.25, 2.0**30]))
def test_compress_does_not_know_the_units(features, length, factor):
    assert compress(factor * features, factor * length) == pytest.approx(factor * compress(features, length), rel=1e-9)


def test_compress_keeps_the_order_of_lengths():
    line = np.geomspace(1e-9, 1e9, 200)[:, np.newaxis] * [[0.6, 0.8]]
    assert np.all(np.diff(np.linalg.norm(compress(line, 1.0), axis=1)) > 0)


def test_compress_leaves_the_majority_and_its_zero():
    small = np.array([[0.0, 0.0], [1e-3, -2e-3]])
    assert compress(small, 1.0) == pytest.approx(small, rel=1e-5)
    assert np.array_equal(compress(small, 1.0)[0], [0.0, 0.0])


@given(vectors, st.integers(0, 3), st.floats(0, 3))
def test_shorten_rest_like_a_plain_loop(features, kept, radius):
    # a first row of ordinary length: zeros have a test of their own
    features = features + np.where(np.linalg.norm(features[:, kept:], axis=1, keepdims=True) == 0, 1e-3, 0.0)
    found = shorten_rest(features, kept, radius)
    assert found == pytest.approx(naive.shortened(features, kept, radius), rel=1e-9, abs=1e-9)
    assert np.array_equal(found[:, :kept], features[:, :kept])


@pytest.mark.parametrize("kept", [0, 1, 4])
@pytest.mark.parametrize("radius", [0.5, 2.0, 30.0])
def test_the_rest_loses_the_radius_and_vanishes_within(kept, radius):
    features = np.random.default_rng(0).normal(size=(300, 5)) * np.geomspace(0.01, 100, 300)[:, np.newaxis]
    before = np.linalg.norm(features[:, kept:], axis=1)
    found = shorten_rest(features, kept, radius)[:, kept:]
    within = before <= radius
    assert 0 < within.sum() < 300
    assert np.all(found[within] == 0)
    after = np.linalg.norm(found, axis=1)
    assert after[~within] == pytest.approx(before[~within] - radius)
    assert (found * features[:, kept:]).sum(axis=1) == pytest.approx(before * after)


def test_without_radius_or_rest_nothing_is_shortened():
    features = np.random.default_rng(1).normal(size=(20, 4))
    assert np.array_equal(shorten_rest(features, 1, 0.0), features)
    assert np.array_equal(shorten_rest(features, 4, 3.0), features)


@pytest.mark.parametrize("factor", [2.0**-40, 2.0**30])
def test_shorten_rest_does_not_know_the_units(factor):
    features = np.random.default_rng(2).normal(size=(50, 4))
    expected = factor * shorten_rest(features, 2, 1.0)
    assert np.array_equal(shorten_rest(factor * features, 2, factor * 1.0), expected)


def test_missing_rows_stay_missing_and_others_do_not_mind():
    features = np.random.default_rng(3).normal(size=(6, 4))
    expected = shorten_rest(features, 2, 1.0)
    features[2] = np.nan
    found = shorten_rest(features, 2, 1.0)
    assert np.all(np.isnan(found[2]))
    assert np.array_equal(np.delete(found, 2, axis=0), np.delete(expected, 2, axis=0))


@pytest.mark.parametrize("radius", [0.0, 1.0, 3.9, 4.0, 100.0])
def test_zeros_stay_zero(radius):
    features = np.zeros((3, 4))
    features[2, 0] = 5.0
    assert np.array_equal(shorten_rest(features, 1, radius), features)

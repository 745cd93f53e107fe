import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from didymos.core.rescaling import compress, expanded_length, log_rescale

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

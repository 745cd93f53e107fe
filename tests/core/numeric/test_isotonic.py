import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from didymos.core.numeric.isotonic import isotonic_curve


def of_sklearn(place, values, wanted):
    return IsotonicRegression(out_of_bounds="clip").fit(place, values).predict(wanted)


@given(st.integers(0, 10000), st.integers(1, 300), st.sampled_from([1.0, 0.3, 1e-2, 1e-15, 3e-16]))
def test_the_curve_is_that_of_sklearn(seed, points, step):
    rng = np.random.default_rng(seed)
    place = step * rng.integers(0, 100, points)  # with ties, and steps below the decimals that count
    values = place / step / 50 + rng.normal(size=points)
    wanted = np.concatenate([place, rng.uniform(-step, 101 * step, 50)])
    np.testing.assert_array_equal(np.interp(wanted, *isotonic_curve(place, values)), of_sklearn(place, values, wanted))


@pytest.mark.parametrize("width", [1.0, 1e-3, 1e-5])
def test_scores_in_single_precision(width):
    rng = np.random.default_rng(0)
    place = (width * rng.random(2000)).astype(np.float32)
    values = place / width + rng.normal(size=2000)
    expected = of_sklearn(place, values, place)
    np.testing.assert_allclose(np.interp(place, *isotonic_curve(place, values)), expected, atol=1e-5)


def test_a_point_alone_is_its_own_curve():
    knots, curve = isotonic_curve(np.array([0.5]), np.array([2.0]))
    assert (knots.tolist(), curve.tolist()) == ([0.5], [2.0])

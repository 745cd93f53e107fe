import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import silhouette_score

from didymos.core.numeric.labels import mean_silhouette


@given(st.integers(0, 10000), st.integers(3, 60), st.integers(2, 8), st.booleans())
def test_the_silhouette_is_that_of_sklearn(seed, points, groups, coincident):
    rng = np.random.default_rng(seed)
    label = rng.permutation(np.arange(points) % min(groups, points - 1)) * 3 - 1
    place = (label[:, np.newaxis] > 2) + (0 if coincident else rng.normal(size=(points, 2)))
    distance = np.linalg.norm(place[:, np.newaxis] - place, axis=2)
    expected = silhouette_score(distance, label, metric="precomputed")
    assert mean_silhouette(distance, label) == pytest.approx(expected, abs=1e-14)


def test_points_without_others_count_nothing():
    distance = np.abs(np.subtract.outer([0.0, 1.0, 10.0], [0.0, 1.0, 10.0]))
    assert mean_silhouette(distance, np.array([1, 1, 7])) == pytest.approx((9 / 10 + 8 / 9) / 3)

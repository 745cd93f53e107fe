"""How evenly points lie: a lattice, points at random, and points that sit on one place."""

import numpy as np
import pytest

import naive
from didymos.core.preparation.density import are_uneven, densest_share


def test_the_share_is_that_of_a_slow_count():
    positions = np.random.default_rng(0).normal(size=(80, 2))
    assert densest_share(positions) == pytest.approx(naive.densest_half(positions, 8))


@pytest.mark.parametrize("count", [30, 200, 2000])
def test_half_of_points_at_random_lie_on_a_third_of_the_area(count):
    shares = [densest_share(np.random.default_rng(seed).random((count, 2))) for seed in range(20)]
    assert 0.25 < np.mean(shares) < 0.37
    assert not any(map(are_uneven, shares))


def test_a_lattice_and_a_line_are_even():
    assert densest_share(np.argwhere(np.ones((20, 20))).astype(float)) > 0.4
    assert densest_share(np.stack([np.zeros(50), np.arange(50)], axis=1)) > 0.38


def test_points_that_sit_on_one_place_are_uneven():
    rng = np.random.default_rng(10)
    positions = np.concatenate([rng.normal(6, 0.8, (190, 2)), rng.uniform(0, 10, (40, 2))])
    assert densest_share(positions) < 0.05
    assert are_uneven(densest_share(positions))
    # neither unit nor order matters
    assert densest_share(1e-9 * positions[::-1]) == pytest.approx(densest_share(positions))


def test_few_points_and_points_at_one_position_say_nothing():
    assert np.isnan(densest_share(np.random.default_rng(0).random((15, 2))))
    assert np.isnan(densest_share(np.zeros((40, 2))))
    assert not are_uneven(float("nan"))

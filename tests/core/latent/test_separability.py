import numpy as np
import pytest

from didymos.core.latent.separability import separability


def ring(seed, defects=40, points=800):
    """A disc around a small cluster: apart, but not by distance from the mean alone."""
    rng = np.random.default_rng(seed)
    space = rng.normal(size=(points, 2))
    space[:defects] = (6, 0) + 0.3 * rng.normal(size=(defects, 2))
    return space, np.arange(points) < defects


@pytest.mark.parametrize("seed", range(3))
def test_a_cluster_anywhere_is_separated(seed):
    space, defect = ring(seed)
    assert separability(space, defect, seed=seed) > 0.99


@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_parts_them_it_is_the_share_of_the_defects(seed):
    space = np.random.default_rng(seed).normal(size=(2000, 2))
    defect = np.arange(2000) % 5 == 0
    assert separability(space, defect, seed=0) == pytest.approx(0.2, abs=0.05)


def test_neither_rotating_nor_scaling_the_space_matters():
    space, defect = ring(0)
    angle = 0.7
    turned = space @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    expected = separability(space, defect, seed=1)
    assert separability(turned, defect, seed=1) == pytest.approx(expected, abs=0.01)
    assert separability(1e-9 * space, defect, seed=1) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("defects", [0, 1])
def test_fewer_than_two_defects_say_nothing(defects):
    space, _ = ring(0)
    assert np.isnan(separability(space, np.arange(800) < defects, seed=0))


def test_two_defects_are_enough():
    space, _ = ring(0, defects=2, points=6)
    assert 0 <= separability(space, np.arange(6) < 2, seed=0) <= 1


def test_the_seed_decides():
    space, defect = ring(3)
    space[:20] *= 0.1
    assert separability(space, defect, seed=5) == separability(space, defect, seed=5)

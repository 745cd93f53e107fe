import numpy as np
import pytest

from didymos.core.preparation.levelling import LevellingSettings, levelled

ROWS, COLUMNS = 40, 50


def positions():
    return np.linspace(1e-7, 3e-7, COLUMNS)[None, :], np.linspace(-2e-8, 5e-8, ROWS)[:, None]


def relief(seed=0, noise=2e-12):
    random = np.random.default_rng(seed)
    x, y = positions()
    hill = 3e-10 * np.exp(-(((x - 2e-7) / 1e-8) ** 2) - ((y - 1e-8) / 1e-8) ** 2)
    return hill + random.normal(0, noise, hill.shape)


@pytest.mark.parametrize("seed", range(5))
def test_any_plane_is_removed_exactly(seed):
    a, b, c = np.random.default_rng(seed).normal(0, [1e-6, 0.3, 0.3])
    x, y = positions()
    plane = a + b * x + c * y
    assert np.abs(levelled(plane, x, y)).max() <= 1e-12 * np.abs(plane).max()


@pytest.mark.parametrize("seed", range(5))
def test_a_plane_more_changes_nothing(seed):
    a, b, c = np.random.default_rng(seed).normal(0, [1e-6, 0.1, 0.1])
    x, y = positions()
    heights = relief(seed)
    np.testing.assert_allclose(levelled(heights + a + b * x + c * y, x, y), levelled(heights, x, y), atol=1e-15)


def test_levelling_twice_is_levelling_once():
    x, y = positions()
    once = levelled(relief(), x, y)
    np.testing.assert_allclose(levelled(once, x, y), once, atol=1e-15)


def test_defects_do_not_tilt_the_ground():
    x, y = positions()
    heights = 0.05 * x - 0.02 * y + np.zeros((ROWS, COLUMNS))
    heights[3:12, 30:48] += 5e-9
    flat = levelled(heights, x, y)
    ground = np.ones(flat.shape, dtype=bool)
    ground[3:12, 30:48] = False
    assert np.abs(flat[ground]).max() < 1e-14
    np.testing.assert_allclose(flat[~ground], 5e-9, rtol=1e-5)


def test_unknown_heights_stay_unknown_and_decide_nothing():
    x, y = positions()
    heights = relief() + 0.1 * x
    heights[:5] = np.nan
    flat = levelled(heights, x, y)
    assert np.isnan(flat[:5]).all()
    np.testing.assert_allclose(flat[5:], levelled(heights[5:], x, y[5:]), atol=1e-15)
    assert np.isnan(levelled(np.full((2, 2), np.nan), np.arange(2), np.arange(2))).all()


@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (1, 1)])
def test_a_line_loses_its_slope(shape):
    x, y = np.arange(shape[1])[None, :] * 2.0, np.arange(shape[0])[:, None] * 3.0
    assert np.abs(levelled(5 + 2 * x - 7 * y, x, y)).max() < 1e-12


def test_scattered_points_are_levelled():
    random = np.random.default_rng(1)
    x, y = random.uniform(0, 1, (2, 300))
    assert np.abs(levelled(4 - x + 2 * y, x, y)).max() < 1e-12


def test_of_many_points_some_decide():
    x, y = positions()
    heights = relief() + 0.1 * x + 0.2 * y
    few = levelled(heights, x, y, LevellingSettings(points=300))
    np.testing.assert_allclose(few, levelled(heights, x, y), atol=2e-12)


def test_a_point_without_a_position_does_not_count():
    random = np.random.default_rng(0)
    x, y = random.uniform(0, 1, (2, 200))
    height = 3 * x - 2 * y + 5
    x[7] = np.nan
    found = levelled(height, x, y)
    assert np.flatnonzero(np.isnan(found)).tolist() == [7]
    np.testing.assert_allclose(np.delete(found, 7), 0, atol=1e-9)
    assert np.isnan(levelled(height, np.full(200, np.nan), y)).all()

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from didymos.core.preparation.drift import image_shift


def scene(seed=0, size=120, smooth=2.0):
    return gaussian_filter(np.random.default_rng(seed).normal(size=(size, size)), smooth)


def views(rows, columns, size=64, noise=0.0, seed=0):
    """An image and its reference: what is at (r, c) in the reference is at (r + rows, c + columns) in the image."""
    whole, random = scene(seed), np.random.default_rng(seed + 1)
    there, here = whole[30 : 30 + size, 30 : 30 + size], whole[30 - rows : 30 - rows + size, 30 - columns :][:, :size]
    return (one + noise * whole.std() * random.normal(size=one.shape) for one in (here, there))


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (3, -5), (-11, 8), (20, 1)])
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_a_shift_is_found(rows, columns, noise):
    found = image_shift(*views(rows, columns, noise=noise))
    assert (found.rows, found.columns) == pytest.approx((rows, columns), abs=0.3)
    assert found.correlation > 0.8


def test_part_of_a_pixel():
    whole = scene(smooth=8.0, size=256)
    # every fourth pixel: a shift of one is a quarter
    here, there = whole[19:219:4, 21:221:4], whole[20:220:4, 20:220:4]
    found = image_shift(here, there)
    assert (found.rows, found.columns) == pytest.approx((0.25, -0.25), abs=0.12)


@pytest.mark.parametrize("scale", [1e-12, -1e3])
def test_units_do_not_matter(scale):
    here, there = views(4, -3)
    one, other = image_shift(here, there), image_shift(scale * here, scale * there)
    assert (other.rows, other.columns) == pytest.approx((one.rows, one.columns))


def test_the_other_way_round_it_is_the_other_sign():
    here, there = views(4, -3)
    one, other = image_shift(here, there), image_shift(there, here)
    assert (one.rows, one.columns) == pytest.approx((-other.rows, -other.columns), abs=0.1)


def test_different_images_are_not_alike():
    assert abs(image_shift(scene(1, 64), scene(2, 64)).correlation) < 0.3


def test_gaps_and_flat_images():
    here, there = views(4, -3)
    here[:10], there[:, 50:] = np.nan, np.nan
    found = image_shift(here, there)
    assert (found.rows, found.columns) == pytest.approx((4, -3), abs=0.3)
    assert image_shift(np.ones((8, 8)), there[:8, :8]).correlation == 0
    assert image_shift(np.full((8, 8), np.nan), there[:8, :8]).correlation == 0

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import naive
from didymos.core.preparation.drift import fits, image_shift
from didymos.core.preparation.drift_evidence import DriftEvidenceSettings, chance_of
from didymos.core.preparation.levelling import levelled


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


def test_the_fit_after_every_shift_is_that_of_the_plain_sums():
    random = np.random.default_rng(3)
    here, there = random.normal(size=(2, 9, 7))
    here[:2], there[random.random((9, 7)) < 0.2] = np.nan, np.nan
    expected = naive.fits_after_shifts(here, there, 0.5, 0.25)
    assert (expected != 0).sum() > 20
    np.testing.assert_allclose(fits(here, there), expected, atol=1e-9)
    np.testing.assert_allclose(fits(-1e-12 * here, 7 + there), -expected, atol=1e-9)


def inside(image, reference):
    """An image in the middle of nothing, and a reference twice as wide, both levelled."""
    size = image.shape[0]
    wide = np.full(reference.shape, np.nan)
    first = size // 2
    wide[first : first + size, first : first + size] = levelled(image, *np.mgrid[:size, :size])
    return wide, levelled(reference, *np.mgrid[: 2 * size, : 2 * size])


SCENES = {
    "fine": lambda seed: scene(seed, 96, 1.0),
    "smooth": lambda seed: scene(seed, 96, 4.0),
    "dots": lambda seed: gaussian_filter((np.random.default_rng(seed).random((96, 96)) > 0.99).astype(float), 1.5),
}
QUICK = DriftEvidenceSettings(surrogates=39, chance=0.025)


def chance_in(image, reference):
    here, there = inside(image, reference)
    return chance_of(here, there, QUICK)


@pytest.mark.parametrize("name", SCENES)
def test_the_same_place_stands_out_and_another_one_does_not(name):
    same = other = 0
    for seed in range(8):
        image, reference = SCENES[name](seed)[30:62, 25:57], SCENES[name](seed)[16:80, 16:80]
        same += chance_in(image, reference) <= QUICK.chance
        other += chance_in(image, SCENES[name](100 + seed)[16:80, 16:80]) <= QUICK.chance
    assert same >= 7
    assert other <= 1


def test_a_lattice_fits_everywhere_and_stands_out_nowhere():
    accepted = 0
    for seed in range(6):
        random = np.random.default_rng(seed)
        y, x = np.mgrid[:64, :64]
        here, there = (
            np.cos(2 * np.pi * (x + random.uniform(0, 9)) / 7.3) + np.cos(2 * np.pi * (y + random.uniform(0, 9)) / 6.1)
            for _ in range(2)
        )
        image, reference = inside(here[:32, :32] + 0.2 * random.normal(size=(32, 32)), there)
        assert image_shift(image, reference).correlation > 0.8
        accepted += chance_of(image, reference, QUICK) <= QUICK.chance
    assert accepted <= 1


def test_chance_has_no_units_and_repeats():
    image, reference = inside(scene(1)[30:62, 25:57], scene(1)[16:80, 16:80])
    one = chance_of(image, reference, QUICK)
    assert one == chance_of(-1e-10 * image, -3e4 * reference, QUICK) == chance_of(image, reference, QUICK)
    assert chance_of(np.full((8, 8), np.nan), reference[:8, :8]) == 1
    assert chance_of(np.ones((8, 8)), reference[:8, :8]) == 1


def test_large_images_are_averaged_first():
    whole = scene(2, 400, 4.0)
    image, reference = inside(whole[70:230, 50:210], whole[20:340, 20:340])
    assert chance_of(image, reference, QUICK) <= QUICK.chance

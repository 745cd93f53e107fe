import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from didymos.core.local_contrast import image_residual, scattered_residual
from didymos.core.population import SIGNIFICANCE, find_population

SIDE, FEATURES = 20, 3


def noise(seed=0, side=SIDE):
    return np.random.default_rng(seed).normal(size=(side, side, FEATURES))


def curved(seed=0, height=15.0):
    """A smooth surface whose features run over many times the noise, along a curve."""
    rng = np.random.default_rng(seed)
    drift = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 6, mode="wrap")
    drift = height * drift / drift.std()
    bend = np.stack([drift, drift**2 / (3 * height), np.sin(drift / height)], axis=-1)
    return bend + rng.normal(size=bend.shape)


def population(image):
    return find_population(image_residual(image).reshape(-1, image.shape[-1]))


def test_noise_is_no_population():
    p_values = np.array([population(noise(seed, side=14)).p_value for seed in range(40)])
    assert np.all((p_values >= 0) & (p_values <= 1))
    assert np.count_nonzero(p_values < SIGNIFICANCE) <= 2


@pytest.mark.parametrize("seed", range(4))
def test_a_curved_smooth_surface_is_no_population(seed):
    found = population(curved(seed))
    assert not found.distinct
    assert np.nanmax(found.contrast) < 3 * found.critical


@pytest.mark.parametrize("surface", [noise, curved])
def test_planted_objects_are_a_population_and_each_stands_out(surface):
    image = surface()
    image[5:8, 5:8] += [15.0, -15.0, 10.0]
    image[12:15, 11:14] += [15.0, -15.0, 10.0]
    found = population(image)
    contrast = found.contrast.reshape(SIDE, SIDE)
    assert found.distinct
    assert (contrast[5:8, 5:8] > found.critical).all()
    assert (contrast[12:15, 11:14] > found.critical).all()


def test_several_objects_of_one_point_are_a_population():
    image = noise()
    places = [(4, 5), (9, 14), (15, 6), (16, 15), (10, 8)]
    for place in places:
        image[place] += 20.0
    found = population(image)
    assert found.distinct
    standing = {divmod(int(index), SIDE) for index in np.flatnonzero(found.contrast > found.critical)}
    assert standing == set(places)


@pytest.mark.parametrize("place", [(10, 10), (0, 10), (10, 0), (1, 10), (0, 0), (2, 2), (19, 3)])
def test_one_odd_spectrum_is_no_population(place):
    image = noise()
    image[place] += 100.0
    assert not population(image).distinct


@pytest.mark.parametrize("factor", [1e-24, 1e-12, 1e9])
def test_units_do_not_matter(factor):
    image = noise()
    image[5:8, 5:8] += 12.0
    plain, scaled = population(image), population(factor * image)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-3)
    assert scaled.contrast == pytest.approx(plain.contrast, rel=1e-6, nan_ok=True)
    assert scaled.critical == plain.critical


def test_half_of_the_spectra_have_a_contrast_over_one():
    contrast = population(noise()).contrast
    assert np.nanmedian(contrast) == pytest.approx(1)
    assert np.array_equal(np.isnan(contrast), np.isnan(image_residual(noise())).any(axis=-1).ravel())


def test_scattered_objects_are_a_population():
    rng = np.random.default_rng(5)
    positions, features = rng.random((400, 2)), rng.normal(size=(400, FEATURES))
    quiet = find_population(scattered_residual(features, positions))
    features[[20, 100, 250, 390]] += 20.0
    found = find_population(scattered_residual(features, positions))
    assert not quiet.distinct
    assert found.distinct
    assert (found.contrast[[20, 100, 250, 390]] > found.critical).all()


@pytest.mark.parametrize("residual", [np.full((9, 2), np.nan), np.ones((2, 2)), np.zeros((9, 0))])
def test_nothing_to_compare_is_no_population(residual):
    found = find_population(residual)
    assert found.p_value == 1.0
    assert not found.distinct
    assert not np.any(np.nan_to_num(found.contrast) > found.critical)

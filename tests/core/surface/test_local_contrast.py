import numpy as np
import pytest

import naive
from didymos.core.surface.local_contrast import image_residual, scattered_residual


def random_image(rows, columns, features=2, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns, features))


@pytest.mark.parametrize("shape", [(11, 13), (9, 7), (5, 5), (6, 20), (1, 15), (15, 1), (3, 3), (1, 1)])
def test_image_residual_like_a_plain_loop(shape):
    image = random_image(*shape)
    image[shape[0] // 2, shape[1] // 3] = np.nan
    image[-1] = np.nan if shape[0] > 8 else image[-1]
    found = image_residual(image)
    assert found.shape == image.shape
    for y, x in np.ndindex(shape):
        expected = naive.surroundings(image, y, x)
        if expected is None or np.isnan(image[y, x]).any():
            assert np.isnan(found[y, x]).all()
        else:
            assert found[y, x] == pytest.approx(image[y, x] - expected, abs=1e-12)


def test_most_points_of_an_image_have_a_neighbourhood():
    known = np.asarray(np.isfinite(image_residual(random_image(20, 30))).all(axis=-1))
    assert known[2:-2, 2:-2].all()
    assert known[0, 4:-4].all()
    assert known[4:-4, -1].all()
    assert np.isfinite(image_residual(random_image(1, 20)))[0, 4:-4].all()


@pytest.mark.parametrize("shape", [(12, 12), (1, 30), (30, 1), (7, 25)])
def test_constants_and_slopes_vanish(shape):
    y, x = np.indices(shape)
    image = np.stack([np.full(shape, 7.0), 3.0 - 0.5 * y + 0.25 * x], axis=-1)
    known = image_residual(image)
    known = known[np.isfinite(known)]
    assert known.size
    assert known == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("place", [(8, 8), (0, 8), (8, 15), (1, 1), (15, 3), (0, 4), (2, 2)])
def test_one_unusual_spectrum_leaves_its_neighbourhood_alone(place):
    image = np.zeros((16, 16, 1))
    image[place] = 5.0
    residual = image_residual(image)
    odd = residual[place].item()
    residual[place] = 0
    assert np.isnan(odd) or odd == 5.0
    assert np.nanmax(np.abs(residual)) == 0


def test_an_object_smaller_than_the_circle_stays_whole():
    image = np.zeros((20, 20, 1))
    image[9:12, 9:12] = 1.0
    residual = image_residual(image)[..., 0]
    assert np.array_equal(residual[9:12, 9:12], np.ones((3, 3)))


def test_residual_rotates_with_the_image():
    image = random_image(13, 10)
    found = image_residual(image)
    assert image_residual(image[::-1]) == pytest.approx(found[::-1], nan_ok=True, abs=1e-12)
    assert image_residual(image.transpose(1, 0, 2)) == pytest.approx(found.transpose(1, 0, 2), nan_ok=True, abs=1e-12)


@pytest.mark.parametrize(("points", "first", "last"), [(90, 12, 48), (30, 7, 29), (9, 2, 8)])
def test_scattered_residual_like_a_plain_loop(points, first, last):
    rng = np.random.default_rng(1)
    positions, features = 1e-9 * rng.random((points, 2)), rng.normal(size=(points, 3))
    found = scattered_residual(features, positions)
    assert found == pytest.approx(naive.plane_residual(features, positions, first, last), abs=1e-9)


def test_the_middle_of_a_scattered_defect_stays_whole():
    positions = 20 * np.random.default_rng(4).random((400, 2))
    distance = np.linalg.norm(positions - 10, axis=1)
    found = scattered_residual((distance < 1.5)[:, np.newaxis].astype(float), positions)[:, 0]
    assert found[distance < 0.5].min() > 0.8


def test_scattered_planes_vanish_and_missing_points_stay_missing():
    rng = np.random.default_rng(2)
    positions = rng.random((50, 2))
    features = np.stack([1 + 2 * positions[:, 0] - positions[:, 1], np.full(50, 4.0)], axis=1)
    features[[3, 20]] = np.nan
    found = scattered_residual(features, positions)
    assert np.isnan(found[[3, 20]]).all()
    present = np.delete(found, [3, 20], axis=0)
    assert present == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("points", [0, 1, 4])
def test_too_few_scattered_points_have_no_neighbourhood(points):
    positions = np.random.default_rng(0).random((points, 2))
    assert np.isnan(scattered_residual(np.ones((points, 2)), positions)).all()


def test_coincident_scattered_points_are_no_fault():
    features = np.random.default_rng(3).normal(size=(30, 2))
    found = scattered_residual(features, np.zeros((30, 2)))
    assert np.isfinite(found).all()

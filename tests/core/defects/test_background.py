import numpy as np
import pytest

import naive
from didymos.core.defects.background import surface_background
from didymos.core.surface.neighbourhood import ImageNeighbourhood, NoNeighbourhood, ScatteredNeighbourhood

SIDE = 48
CENTRES = [(8, 9), (10, 30), (24, 20), (30, 38), (40, 8), (41, 27)]
PLACES = np.stack(np.divmod(np.arange(SIDE**2), SIDE), axis=1).astype(float)


def discs(radius=2.5, centres=CENTRES, places=PLACES):
    return np.any([np.hypot(*(places - centre).T) <= radius for centre in centres], axis=0)


def whole():
    return ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool))


def smooth(places=PLACES):
    """Two features that change over many steps, by unequal amounts."""
    y, x = places.T
    return np.stack([2 * np.sin(x / 9) + np.cos(y / 11), np.sin((x + y) / 13)], axis=1)


def jittered(seed=0, side=SIDE):
    """A grid whose points are moved, in another unit."""
    rng = np.random.default_rng(seed)
    places = np.stack(np.divmod(np.arange(side**2), side), axis=1) + rng.uniform(-0.3, 0.3, (side**2, 2))
    return places[rng.permutation(side**2)]


def noise(size=0.1, features=2, seed=0, count=SIDE**2):
    return size * np.random.default_rng(seed).normal(size=(count, features))


def error(found, true):
    return np.sqrt(((found - true) ** 2).mean())


@pytest.mark.parametrize("noisy", [0.0, 0.2])
def test_objects_do_not_hide_a_smooth_surface(noisy):
    true, defect = smooth(), discs()
    features = true + noise(noisy) + np.where(defect[:, np.newaxis], [8.0, -5.0], 0.0)
    found = surface_background(features, defect, whole())
    mean = features[found.background].mean(axis=0)
    assert error(found.values[defect], true[defect]) < 0.25 * error(mean, true[defect])
    assert error(found.values, true) < 0.25 * error(mean, true)


def test_objects_do_not_matter_to_what_is_under_them():
    features, defect = smooth() + noise(), discs()
    found = surface_background(features, defect, whole())
    other = np.where(found.background[:, np.newaxis], features, 1e6)
    assert np.array_equal(surface_background(other, defect, whole()).values, found.values)


@pytest.mark.parametrize("missing", [False, True])
def test_background_points_are_those_without_a_defect_near(missing):
    present = np.random.default_rng(1).random(SIDE**2) < (0.7 if missing else 1.0)
    defect = discs()[present]
    neighbourhood = ImageNeighbourhood(present.reshape(SIDE, SIDE))
    found = surface_background(smooth()[present], defect, neighbourhood)
    away = naive.distance_to_places(PLACES[present], PLACES[present][defect])
    assert np.array_equal(found.background, away > 3.0)
    assert found.values.shape == (present.sum(), 2)


@pytest.mark.parametrize("features", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_noise_without_positions_has_its_mean_for_background(features, seed):
    # wide enough for the slope to be 0 within about 0.1
    side = 128
    places = np.stack(np.divmod(np.arange(side**2), side), axis=1)
    neighbourhood = ImageNeighbourhood(np.ones((side, side), dtype=bool))
    values, defect = noise(1.0, features, seed, side**2) + 3, discs(places=places)
    found = surface_background(values, defect, neighbourhood)
    mean = values[found.background].mean(axis=0)
    # a Gaussian of width 2 covers some 50 points: its average is 0.14 away from the mean
    assert error(neighbourhood.interpolate(values, found.background), mean) > 0.13
    assert error(found.values, mean) < 0.04


def test_only_the_features_that_change_smoothly_are_followed():
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    true = np.column_stack([smooth()[:, 0], np.zeros((SIDE**2, 2))])
    features = (true + noise(1.0, 3)) @ turn
    found = surface_background(features, discs(), whole())
    away = np.abs(found.values @ turn.T - true).mean(axis=0)
    unshrunk = np.abs(whole().interpolate(features, found.background) @ turn.T - true).mean(axis=0)
    assert away[0] < 0.3
    assert (away[1:] < 0.6 * unshrunk[1:]).all()


def test_a_smooth_surface_is_not_shrunk_and_not_stretched():
    features, defect = smooth()[:, :1], discs()
    found = surface_background(features, defect, whole())
    # across the gap the average flattens the surface, and the slope of the regression is above 1
    assert found.values == pytest.approx(whole().interpolate(features, found.background), abs=1e-9)


def test_a_surface_that_turns_over_across_the_gap_is_not_turned_over():
    features = np.sin(PLACES[:, :1] * (2 * np.pi / 10)) + 5
    centres = [(y, x) for y in (10, 34) for x in (10, 34)]
    found = surface_background(features, discs(4.5, centres), whole())
    assert found.background.sum() > 500
    assert found.values == pytest.approx(np.full_like(features, features[found.background].mean()), abs=1e-9)


@pytest.mark.parametrize("radius", [0.5, 2.5, 4.5])
@pytest.mark.parametrize("size", [0.5, 2.0])
def test_the_slope_across_the_gap_shrinks_the_average(size, radius):
    features, defect = smooth()[:, :1] / 3 + noise(size, 1), discs(radius)
    found = surface_background(features, defect, whole())
    centre = features[found.background].mean()
    gap = np.median(naive.distance_to_places(PLACES[defect], PLACES[found.background]))
    across = whole().interpolate(features - centre, found.background, gap)[found.background]
    slope = np.linalg.lstsq(across, (features - centre)[found.background], rcond=None)[0].item()
    expected = centre + min(max(slope, 0.0), 1.0) * (whole().interpolate(features, found.background) - centre)
    assert found.values == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("radius", [0.5, 4.0, 20.0])
def test_the_gap_is_as_wide_as_at_the_defects(radius):
    gaps, defect = [], discs(radius, [(24, 24)])

    class Listener(ImageNeighbourhood):
        def interpolate(self, features, known, gap=0.0):
            gaps.append(gap)
            return super().interpolate(features, known, gap)

    found = surface_background(smooth(), defect, Listener(np.ones((SIDE, SIDE), dtype=bool)))
    depth = np.median(naive.distance_to_places(PLACES[defect], PLACES[found.background]))
    assert sorted(gaps) == pytest.approx([0.0, min(depth, 8.0)])
    assert (depth > 8.0) == (radius == 20)


def test_both_sides_of_a_domain_wall_keep_their_own():
    side = np.where(PLACES[:, 1] < SIDE / 2, -1.0, 1.0)
    true = side[:, np.newaxis] * [2.0, -1.0]
    defect = discs()
    features = true + noise() + np.where(defect[:, np.newaxis], [3.0, 3.0], 0.0)
    found = surface_background(features, defect, whole())
    far = defect & (np.abs(PLACES[:, 1] - SIDE / 2) > 8)
    assert far.sum() > 50
    assert error(found.values[far], true[far]) < 0.2
    assert np.isfinite(found.values).all()
    assert (found.values.min(axis=0) > [-2.4, -1.4]).all()
    assert (found.values.max(axis=0) < [2.4, 1.4]).all()


def test_too_few_background_points_have_one_mean():
    features, rows = smooth() + noise(), PLACES[:, 0]
    few = discs() | (rows > 0)
    few[:9] = [True, True, False, False, False, False, False, False, False]
    found = surface_background(features, few, whole())
    assert np.array_equal(found.background, ~few)
    assert found.values == pytest.approx(np.tile(features[~few].mean(axis=0), (SIDE**2, 1)))
    every = np.ones(SIDE**2, dtype=bool)
    found = surface_background(features, every, whole())
    assert found.background.all()
    assert found.values == pytest.approx(np.tile(features.mean(axis=0), (SIDE**2, 1)))


@pytest.mark.parametrize("count", [9, 10])
def test_five_background_points_for_each_feature_are_enough(count):
    features = np.stack([np.arange(40.0), 0.3 * np.sin(np.arange(40.0))], axis=1)
    defect = np.arange(40) >= count + 3
    row = ImageNeighbourhood(np.ones((1, 40), dtype=bool))
    found = surface_background(features, defect, row)
    assert found.background.sum() == (count if count == 10 else count + 3)
    assert np.ptp(found.values, axis=0).any() == (count == 10)


@pytest.mark.parametrize("neighbourhood", [whole(), ScatteredNeighbourhood(1e-9 * PLACES), NoNeighbourhood()])
def test_the_background_rotates_and_shifts_with_the_features(neighbourhood):
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    shift = np.array([5.0, -3.0, 1.0])
    features, defect = np.hstack([smooth(), np.zeros((SIDE**2, 1))]) + noise(0.5, 3), discs()
    found = surface_background(features, defect, neighbourhood)
    rotated = surface_background(features @ turn + shift, defect, neighbourhood)
    assert np.array_equal(rotated.background, found.background)
    assert rotated.values == pytest.approx(found.values @ turn + shift, abs=1e-8)


def test_order_and_unit_of_scattered_points_do_not_matter():
    places = jittered()
    features, defect = smooth(places) + noise(0.5), discs(places=places)
    found = surface_background(features, defect, ScatteredNeighbourhood(places))
    order = np.random.default_rng(4).permutation(len(places))
    mixed = surface_background(features[order], defect[order], ScatteredNeighbourhood(1e-9 * places[order]))
    assert np.array_equal(mixed.background, found.background[order])
    assert mixed.values == pytest.approx(found.values[order], abs=1e-8)


@pytest.mark.parametrize("radius", [0.5, 2.5, 6.0])
def test_objects_do_not_hide_a_smooth_surface_of_scattered_points(radius):
    places = jittered()
    true, defect = smooth(places), discs(radius, CENTRES[::2], places)
    features = true + noise() + np.where(defect[:, np.newaxis], [8.0, -5.0], 0.0)
    found = surface_background(features, defect, ScatteredNeighbourhood(places))
    assert not found.background[defect].any()
    mean = features[found.background].mean(axis=0)
    assert error(found.values, true) < 0.25 * error(mean, true)


def test_without_positions_the_background_is_the_mean_of_the_others():
    features, defect = smooth() + noise(), discs()
    found = surface_background(features, defect, NoNeighbourhood())
    assert np.array_equal(found.background, ~defect)
    assert found.values == pytest.approx(np.tile(features[~defect].mean(axis=0), (SIDE**2, 1)), abs=1e-9)


def test_features_that_do_not_change_are_their_own_background():
    features = np.tile([2.0, -1.0, 0.1], (SIDE**2, 1))
    found = surface_background(features, discs(), whole())
    assert found.values == pytest.approx(features, abs=1e-9)

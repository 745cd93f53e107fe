import numpy as np
import pytest
from scipy.stats import chi

import naive
from didymos.core.evidence.directions import (
    Directions,
    covariance_of,
    discriminant_directions,
    length_along,
    longest_of_objects,
    with_left_out,
)
from didymos.core.evidence.settings import PopulationSettings

COLUMNS, POINTS = 12, 3000
NONE = np.eye(COLUMNS)


def planted(seed, objects, columns=COLUMNS):
    """White noise and objects, each of so many points beside one vector: features and numbers of the objects."""
    rng = np.random.default_rng(seed)
    label = np.zeros(POINTS, dtype=np.intp)
    white = rng.normal(size=(POINTS, columns))
    first = 0
    for number, (points, vector) in enumerate(objects, 1):
        label[first : first + points] = number
        white[label == number] += vector
        first += points
    order = rng.permutation(POINTS)
    return white[order], label[order]


def unit(seed, columns=COLUMNS):
    vector = np.random.default_rng(1000 + seed).normal(size=columns)
    return vector / np.linalg.norm(vector)


def share_within(basis, vector):
    """Cosine of the angle between a vector and the space of the directions."""
    return np.linalg.norm(vector @ basis) / np.linalg.norm(vector)


def directions_of(features, label, columns=COLUMNS):
    """Directions as they are found from features and the numbers of objects."""
    majority = label == 0
    centre, whitening = covariance_of(features, majority)
    white = (features - centre) @ whitening
    basis = discriminant_directions(white, label, np.eye(columns))
    return Directions(centre, whitening, basis)


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
def test_the_majority_is_white_afterwards(factor):
    rng = np.random.default_rng(0)
    features = factor * (rng.normal(size=(400, 5)) @ rng.normal(size=(5, 5)) + 10)
    majority = rng.random(400) < 0.8
    features[~majority] *= 30
    centre, whitening = covariance_of(features, majority)
    white = ((features - centre) @ whitening)[majority]
    assert white.mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert np.cov(white, rowvar=False) == pytest.approx(np.eye(5), abs=1e-6)
    assert whitening == pytest.approx(whitening.T, rel=1e-9)


def test_one_feature_is_whitened_too():
    features = np.random.default_rng(1).normal(3, 5, (200, 1))
    centre, whitening = covariance_of(features, np.ones(200, dtype=bool))
    assert ((features - centre) @ whitening).std(ddof=1) == pytest.approx(1)


@pytest.mark.parametrize("vary", [0, 2])
def test_features_that_do_not_vary_stay_finite(vary):
    features = np.full((50, 4), 2.5)
    features[:, :vary] += np.random.default_rng(2).normal(size=(50, vary))
    centre, whitening = covariance_of(features, np.ones(50, dtype=bool))
    white = (features - centre) @ whitening
    assert np.all(np.isfinite(white))
    assert np.abs(white[:, vary:]).max() < 1e-3
    assert white[:, :vary].std(axis=0, ddof=1) == pytest.approx(np.ones(vary))


@pytest.mark.parametrize("seed", range(3))
def test_lengths_do_not_know_the_coordinates(seed):
    white, label = planted(seed, [(40, 4 * unit(1)), (20, -5 * unit(2))])
    rng = np.random.default_rng(seed)
    mixing = 1e-9 * (rng.normal(size=(COLUMNS, COLUMNS)) + 4 * np.eye(COLUMNS))
    moved = white @ mixing + 1e-8 * rng.normal(size=COLUMNS)
    before, after = directions_of(white, label), directions_of(moved, label)
    assert before.basis.shape == after.basis.shape
    assert length_along(moved, after) == pytest.approx(length_along(white, before), rel=1e-5)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_lengths_have_the_median_of_a_normal_majority(count):
    features = np.random.default_rng(3).normal(size=(2001, COLUMNS)) * np.geomspace(0.1, 10, COLUMNS)
    everything = np.ones(len(features), dtype=bool)
    centre, whitening = covariance_of(features, everything)
    white = (features - centre) @ whitening
    directions = Directions(centre, whitening, np.eye(COLUMNS)[:, :count])
    lengths = length_along(features, directions)
    assert np.median(lengths) == pytest.approx(chi(count).median(), rel=0.02)
    ratio = lengths / np.linalg.norm(white[:, :count], axis=1)
    assert ratio == pytest.approx(np.full(len(ratio), ratio[0]))


@pytest.mark.parametrize("seed", range(5))
def test_a_planted_direction_is_found(seed):
    white, label = planted(seed, [(60, 4 * unit(seed))])
    basis = discriminant_directions(white, label, NONE)
    assert abs(basis[:, 0] @ unit(seed)) > 0.95
    assert basis.shape == (COLUMNS, 1)


@pytest.mark.parametrize("seed", range(5))
def test_two_planted_directions_are_found_as_a_plane(seed):
    vectors = 4 * unit(seed), 4 * unit(seed + 50)
    white, label = planted(seed, [(40, vectors[0]), (40, vectors[1])])
    basis = discriminant_directions(white, label, NONE)
    assert basis.shape == (COLUMNS, 2)
    assert min(share_within(basis, vector) for vector in vectors) > 0.95


def test_directions_are_orthonormal_and_the_strongest_first():
    objects = [(20, strength * NONE[k]) for k, strength in enumerate([3.9, 3.4, 3.0])]
    white, label = planted(4, objects)
    basis = discriminant_directions(white, label, NONE)
    assert basis.T @ basis == pytest.approx(np.eye(basis.shape[1]), abs=1e-9)
    moment = naive.discriminant_moment(white, label, 4.0, 15)
    assert np.all(np.diff(np.diag(basis.T @ moment @ basis)) < 0)


@pytest.mark.parametrize("seed", range(4))
def test_directions_are_those_of_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    white, label = planted(seed, [(50, 5 * unit(1)), (9, 3 * unit(2)), (3, 40 * unit(3))])
    background = np.cov(rng.normal(size=(50, COLUMNS)), rowvar=False)
    basis = discriminant_directions(white, label, background)
    moment = naive.discriminant_moment(white, label, 4.0, 15) - background
    strength = np.linalg.eigvalsh(moment)
    assert basis.shape[1] == max(np.sum(strength > 1), 1)
    assert moment @ basis == pytest.approx(basis * strength[::-1][: basis.shape[1]], abs=1e-9)


def test_noise_alone_has_one_direction_and_many_objects_one_each():
    white, label = planted(5, [(200, np.zeros(COLUMNS))])
    assert discriminant_directions(white, label, NONE).shape == (COLUMNS, 1)
    white, label = planted(6, [(30, 30 * axis) for axis in NONE[:9]])
    assert discriminant_directions(white, label, np.zeros_like(NONE)).shape == (COLUMNS, 9)


def test_a_common_background_is_no_direction():
    white, label = planted(7, [(60, 3 * NONE[3])])
    white[:, 8] *= 10  # whoever is marked varies there, as all others do
    background = np.diag(np.where(np.arange(COLUMNS) == 8, 100.0, 1.0))
    basis = discriminant_directions(white, label, background)
    assert abs(basis[3, 0]) > 0.9
    assert np.abs(basis[8]).max() < 0.2


def test_one_huge_object_does_not_hide_a_weaker_one():
    # the strong object varies in every direction, and more than the weak one is long
    white, label = planted(8, [(30, 1000 * NONE[0]), (9, 8 * NONE[7])])
    white[label == 1] += np.random.default_rng(8).normal(scale=40, size=(30, COLUMNS))
    basis = discriminant_directions(white, label, NONE)
    assert share_within(basis, NONE[7]) > 0.95
    assert share_within(basis, NONE[0]) > 0.95


def test_one_large_object_does_not_hide_a_small_one():
    white, label = planted(9, [(500, 6 * NONE[0]), (9, 6 * NONE[7])])
    basis = discriminant_directions(white, label, NONE)
    assert share_within(basis, NONE[7]) > 0.95


@pytest.mark.parametrize("count", [1, 3, COLUMNS])
def test_rotation_is_orthogonal_with_the_directions_first(count):
    basis = np.linalg.qr(np.random.default_rng(10).normal(size=(COLUMNS, count)))[0]
    rotation = Directions(np.zeros(COLUMNS), NONE, basis).rotation
    assert rotation.shape == (COLUMNS, COLUMNS)
    assert rotation.T @ rotation == pytest.approx(NONE, abs=1e-9)
    assert np.array_equal(rotation[:, :count], basis)


def test_lengths_stay_finite_where_the_majority_does_not_vary():
    features = np.zeros((50, 3))
    features[:5] = np.random.default_rng(13).normal(scale=10, size=(5, 3))
    assert np.all(np.isfinite(length_along(features, directions_of(features, np.where(np.arange(50) < 5, 1, 0), 3))))


def test_a_kind_of_few_points_among_many_gets_a_direction_of_its_own():
    many, few = 30 * unit(0), unit(1)
    few = 30 * (few - (few @ unit(0)) * unit(0))
    white, label = planted(0, [(30, many), (30, many), (1, few)])
    without = discriminant_directions(white, label, NONE)
    assert share_within(without, few) < 0.5
    found = discriminant_directions(white, label, NONE, np.ones(3, dtype=bool))
    assert share_within(found, few) > 0.95
    assert share_within(found, many) > 0.95
    assert found.T @ found == pytest.approx(np.eye(found.shape[1]), abs=1e-9)
    # an object that may not have one does not get it
    refused = discriminant_directions(white, label, NONE, np.array([True, True, False]))
    assert np.array_equal(refused, without)


@pytest.mark.parametrize("strength", [2.0, 3.0])
def test_an_object_no_longer_than_the_majority_gets_none(strength):
    across = unit(1) - (unit(1) @ unit(0)) * unit(0)
    white, label = planted(3, [(30, 30 * unit(0)), (1, strength * across)])
    assert discriminant_directions(white, label, NONE, np.ones(2, dtype=bool)).shape[1] == 1


def test_an_object_that_the_directions_mostly_cover_gets_none():
    across = unit(1) - (unit(1) @ unit(0)) * unit(0)
    leaning = 30 * (unit(0) + across / np.linalg.norm(across)) / np.sqrt(2)
    white, label = planted(4, [(30, 30 * unit(0)), (1, leaning)])
    assert discriminant_directions(white, label, NONE, np.ones(2, dtype=bool)).shape[1] == 1


@pytest.mark.parametrize(("share", "directions"), [(0.9, 1), (0.8, 2), (0.5, 2)])
def test_the_share_that_is_left_out_decides(share, directions):
    # 0.85 of the length lies across the first
    leaning = 30 * (np.sqrt(1 - 0.85**2) * NONE[0] + 0.85 * NONE[1])
    settings = PopulationSettings(own_share=share)
    basis = with_left_out(NONE[:, :1], np.stack([30 * NONE[0], leaning]), settings=settings)
    assert basis.shape[1] == directions
    assert np.abs(basis) == pytest.approx(NONE[:, :directions])


def test_every_object_across_the_others_gets_a_direction():
    axes = 30 * np.eye(COLUMNS)
    white, label = planted(5, [(40, axes[0]), *((1, axis) for axis in axes[1:])])
    basis = discriminant_directions(white, label, NONE, np.ones(COLUMNS, dtype=bool))
    assert basis.shape == (COLUMNS, COLUMNS)


def test_the_longest_vector_of_every_object():
    white, label = planted(6, [(5, 3 * unit(0)), (1, unit(1)), (9, 2 * unit(2))])
    for number, longest in enumerate(longest_of_objects(white, label), 1):
        own = white[label == number]
        assert np.array_equal(longest, max(own, key=np.linalg.norm))

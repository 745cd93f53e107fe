"""How far from the majority objects are, each alone and all together."""

import numpy as np
import pytest
from scipy.stats import poisson

from didymos.core.evidence.settings import PopulationSettings
from didymos.core.evidence.significance import Seen, alone_by_chance, expected_by_chance, together, undisturbed
from didymos.core.surface.neighbourhood import ImageNeighbourhood, NoNeighbourhood

SETTINGS = PopulationSettings()
SIDE = 60


def test_one_object_alone_has_twice_its_own_probability():
    assert together(np.array([1e-4])) == pytest.approx(2 * poisson.sf(0, 1e-4))


def test_moderate_objects_add_up():
    alone, many = together(np.array([0.05])), together(np.full(5, 0.05))
    assert alone > SETTINGS.significance > many


def test_without_independence_the_farthest_counts():
    assert together(np.full(5, 0.05), objects=False) == together(np.array([0.05]))


def test_objects_that_chance_explains_are_no_evidence():
    assert together(np.array([2.0, 3.0, 9.0])) > 0.5


def test_a_p_value_is_never_0_and_never_over_1():
    assert 0 < together(np.zeros(3)) < 1e-300
    assert together(np.full(9, 1e9)) == 1


def test_more_evidence_never_has_a_larger_p_value():
    random = np.random.default_rng(0)
    for _ in range(50):
        expected = 10 ** random.uniform(-6, 2, 6)
        less = expected * np.where(np.arange(6) == random.integers(6), 0.1, 1.0)
        assert together(less) <= together(expected)


def test_the_p_value_of_chance_is_no_smaller_than_its_share():
    """Objects of a Poisson process in the expected number."""
    random = np.random.default_rng(1)
    p_values = []
    for _ in range(2000):
        expected = np.sort(random.uniform(0, 20, random.poisson(20)))
        p_values.append(together(expected) if len(expected) else 1.0)
    for share in (0.01, 0.05, 0.1):
        assert np.mean(np.array(p_values) <= share) <= share + 3 * np.sqrt(share / 2000)


def test_what_chance_expects_is_what_a_normal_majority_has():
    random = np.random.default_rng(2)
    length = np.linalg.norm(random.normal(size=(20_000, 2)), axis=1)
    label = np.zeros(20_000, dtype=np.intp)
    label[0] = 1
    found = []
    for far in (2.5, 3.5):
        length[0] = far
        expected = expected_by_chance(length, label, label == 0, 2, 2.0, SETTINGS)[1]
        found.append(expected / np.count_nonzero(length[1:] > far))
    assert found[0] == pytest.approx(1, rel=0.3)
    # the longest of several estimates of the tail counts, so what is far is expected more often, not less
    assert 0.7 < found[1] < 4


def test_the_halo_is_left_out_as_far_as_enough_points_remain():
    neighbourhood = ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool))
    known = np.ones(SIDE**2, dtype=bool)
    label = np.zeros((SIDE, SIDE), dtype=np.intp)
    label[30, 30] = 1
    far = undisturbed(neighbourhood, label.ravel(), known, SETTINGS).reshape(SIDE, SIDE)
    assert not far[30, 30 - SETTINGS.halo]
    assert far[30, 30 - SETTINGS.halo - 1]
    label[::5, ::5] = np.arange(1, 145).reshape(12, 12)
    crowded = undisturbed(neighbourhood, label.ravel(), known, SETTINGS)
    assert crowded.sum() >= SETTINGS.fewest_beyond / (1 - min(SETTINGS.tail_shares))
    assert not crowded[label.ravel() > 0].any()


def seen(white, shifted=None):
    """Whitened features of a square image, in which nothing is known of scan lines by default."""
    points = len(white)
    none = np.zeros(points, dtype=bool)
    grid = ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool))
    return Seen(white, white, ~none, none if shifted is None else shifted, grid, SETTINGS)


def test_what_leads_to_an_object_is_no_tail_of_the_majority():
    white = np.random.default_rng(0).normal(size=(SIDE, SIDE, 3))
    white[30, 25:36, 0] = 20.0  # a short line, of which the middle is known as an object
    white[10, 10, 0] = 20.0  # as long, but not connected
    white = white.reshape(-1, 3)
    label = np.zeros((SIDE, SIDE), dtype=np.intp)
    label[30, 30] = 1
    far = undisturbed(seen(white).neighbourhood, label.ravel(), np.ones(SIDE**2, dtype=bool), SETTINGS)
    basis = np.eye(3)[:, :1]
    found = seen(white).apart_from_objects(basis, label.ravel(), far).reshape(SIDE, SIDE)
    assert not found[30, 25:36].any()
    assert not found[30, 25 - SETTINGS.halo]
    assert found[30, 25 - SETTINGS.halo - 1]
    assert found[10, 10]
    line = np.zeros((SIDE, SIDE), dtype=bool)
    line[30] = True
    kept = seen(white, line.ravel()).apart_from_objects(basis, label.ravel(), far)
    assert np.array_equal(kept, far)


def test_without_positions_only_the_objects_are_left_out():
    label = np.array([0, 1, 0, 2, 0])
    assert np.array_equal(undisturbed(NoNeighbourhood(), label, np.ones(5, dtype=bool), SETTINGS), label == 0)


def lone(seed=0, side=40, columns=6):
    random = np.random.default_rng(seed)
    contrast = random.normal(size=(side * side, columns))
    label = np.zeros((side, side), dtype=np.intp)
    return random, contrast.reshape(side, side, columns), label


def alone(contrast, label):
    neighbourhood = ImageNeighbourhood(np.ones(label.shape, dtype=bool))
    flat = contrast.reshape(-1, contrast.shape[-1])
    far = undisturbed(neighbourhood, label.ravel(), np.ones(label.size, dtype=bool), SETTINGS)
    return alone_by_chance(flat, label.ravel(), far, neighbourhood, SETTINGS)


def test_odd_spectra_that_share_nothing_are_alone():
    random, contrast, label = lone()
    for number in range(1, 6):
        label[6 * number, 6 * number] = number
        contrast[6 * number, 6 * number] = 30 * np.eye(6)[number] + random.normal(size=6)
    assert (alone(contrast, label)[1:] > 0.01).all()


def test_a_spectrum_that_its_neighbours_share_is_not_alone():
    _, contrast, label = lone()
    label[20, 20] = 1
    contrast[20, 20, 0] += 30
    for row, column in ((19, 20), (21, 20), (20, 19), (20, 21)):
        contrast[row, column, 0] += 5
    assert alone(contrast, label)[1] < 1e-6


def test_spectra_with_their_like_elsewhere_are_not_alone():
    _, contrast, label = lone()
    for number, place in enumerate(((5, 5), (20, 30), (33, 12)), 1):
        label[place] = number
        contrast[place][2] += 30
    assert (alone(contrast, label)[1:] < 1e-3).all()


def test_objects_of_several_points_are_not_asked():
    _, contrast, label = lone()
    label[5, 5:8] = 1
    assert alone(contrast, label).tolist() == [0, 0]
    flat = contrast.reshape(-1, 6)
    nowhere = alone_by_chance(flat, label.ravel(), label.ravel() == 0, NoNeighbourhood(), SETTINGS)
    assert nowhere.tolist() == [0, 0]

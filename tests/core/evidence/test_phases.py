"""Common populations: their number, and which spectrum belongs to which."""

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.metrics import adjusted_rand_score

from didymos.core.evidence.phases import find_phases
from didymos.core.surface.neighbourhood import ImageNeighbourhood, NoNeighbourhood, ScatteredNeighbourhood

SIDE, COLUMNS = 60, 5
AREA: Any = ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool))
NONE = np.zeros(SIDE**2, dtype=bool)


def field(seed: int, width: float = 6.0) -> Any:
    smooth = gaussian_filter(np.random.default_rng(seed).normal(size=(SIDE, SIDE)), width, mode="wrap")
    return smooth / smooth.std()


def surface(phase: Any, apart: float = 12.0, drift: float = 1.0, seed: int = 0) -> Any:
    """Features that differ from phase to phase, each in its own direction, on a drifting surface with noise."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(SIDE**2, COLUMNS))
    features[:, 0] += drift * field(seed + 100).ravel()
    for number in range(1, int(phase.max()) + 1):
        features[phase.ravel() == number, number % COLUMNS] += apart
    return features


def halves() -> Any:
    return (np.indices((SIDE, SIDE))[1] > SIDE / 2 + 4 * np.sin(np.arange(SIDE) / 7)[:, np.newaxis]).astype(int)


def islands(share: float = 0.25) -> Any:
    height = field(3)
    return (height > np.quantile(height, 1 - share)).astype(int)


@pytest.mark.parametrize("true", [halves(), islands(), halves() + 2 * islands(0.4)], ids=["halves", "islands", "four"])
def test_phases_and_their_number_are_found(true):
    found = find_phases(surface(true), NONE, AREA)
    assert found.max() == true.max() + 1
    assert adjusted_rand_score(true.ravel(), found) > 0.99
    sizes = np.bincount(found)[1:]
    assert (np.diff(sizes) <= 0).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_surface_that_only_drifts_has_one_phase(seed):
    for drift in (0.0, 1.0, 10.0):
        assert find_phases(surface(np.zeros((SIDE, SIDE)), drift=drift, seed=seed), NONE, AREA).max() == 1


def test_a_periodic_surface_has_one_phase():
    y, x = np.indices((SIDE, SIDE))
    for period in (6, 12, 30):
        features = surface(np.zeros((SIDE, SIDE)))
        features[:, 1] += 15 * np.sin(2 * np.pi * x / period).ravel()
        features[:, 2] += 15 * np.cos(2 * np.pi * y / period).ravel()
        assert find_phases(features, NONE, AREA).max() == 1


def test_many_small_dots_are_no_phase():
    y, x = np.indices((SIDE, SIDE))
    dots = ((y % 5 < 2) & (x % 5 < 2)).astype(int)
    assert dots.mean() > 0.1
    assert find_phases(surface(dots), NONE, AREA).max() == 1


def test_a_twentieth_of_the_surface_is_no_phase():
    assert find_phases(surface(islands(0.05)), NONE, AREA).max() == 1


def test_spectra_of_defects_get_the_phase_around_them():
    true = halves()
    features = surface(true)
    rare = np.zeros((SIDE, SIDE), dtype=bool)
    rare[10:13, 10:13] = rare[40:43, 50:53] = True
    features[rare.ravel()] = 40.0
    found = find_phases(features, rare.ravel(), AREA)
    assert found.max() == 2
    assert adjusted_rand_score(true.ravel(), found) > 0.99


def test_the_order_of_the_points_does_not_matter():
    true = halves()
    features, positions = surface(true), np.argwhere(np.ones((SIDE, SIDE))).astype(float)
    order = np.random.default_rng(0).permutation(SIDE**2)
    found = find_phases(features[order], NONE, ScatteredNeighbourhood(positions[order]))
    assert adjusted_rand_score(true.ravel()[order], found) > 0.99


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_units_and_origin_do_not_matter(factor):
    features = surface(islands())
    plain = find_phases(features, NONE, AREA)
    assert np.array_equal(find_phases(factor * (features + 3.0), NONE, AREA), plain)


def test_without_positions_there_is_one_phase():
    assert find_phases(surface(halves()), NONE, NoNeighbourhood()).max() == 1


def test_few_spectra_and_spectra_that_are_all_alike_have_one_phase():
    few: Any = ImageNeighbourhood(np.ones((2, 3), dtype=bool))
    assert find_phases(np.zeros((6, 3)), np.zeros(6, dtype=bool), few).max() == 1
    assert find_phases(np.zeros((SIDE**2, 3)), NONE, AREA).max() == 1

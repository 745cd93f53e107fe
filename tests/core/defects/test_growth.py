import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from didymos.core.defects.growth import whole_defects, wide_defects
from didymos.core.evidence.population import find_population
from didymos.core.surface.neighbourhood import ImageNeighbourhood, NoNeighbourhood

SIDE, FEATURES = 48, 5
IMAGE = ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool))
ROWS, COLUMNS = np.indices((SIDE, SIDE))
AXES = np.linalg.qr(np.random.default_rng(7).normal(size=(FEATURES, FEATURES)))[0]


def surface(seed, drift=2.0):
    """Noise of spread 1 and a smooth change of the surface."""
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 5, mode="wrap")
    return rng.normal(size=(SIDE, SIDE, FEATURES)) + drift * (smooth / smooth.std())[..., np.newaxis] * AXES[3]


def coulomb(place, depth):
    """Amplitude of a charge under the surface, 1 / sqrt(1 + (r / depth)^2), screened beyond 12 steps."""
    distance = np.hypot(ROWS - place[0], COLUMNS - place[1])
    return np.exp(-((distance / 12) ** 2)) / np.hypot(1, distance / depth)


def found(image):
    features = image.reshape(-1, FEATURES)
    population = find_population(features, IMAGE)
    assert population.distinct
    return features, population


@pytest.mark.parametrize("seed", range(3))
def test_a_defect_that_fades_slowly_is_found_to_its_end(seed):
    amplitude = coulomb((20, 26), 2.0)
    features, population = found(surface(seed) + 60 * amplitude[..., np.newaxis] * AXES[0])
    wide = wide_defects(features, population, population.core, IMAGE)
    assert wide[amplitude.ravel() > 0.15].mean() > 0.95
    assert wide[amplitude.ravel() < 0.01].mean() < 0.03
    assert population.core[amplitude.ravel() > 0.15].mean() < 0.5  # the cores alone are not all of it


@pytest.mark.parametrize("seed", range(3))
def test_compact_defects_are_not_wide(seed):
    squared = np.stack([(ROWS - y) ** 2 + (COLUMNS - x) ** 2 for y, x in ((9, 9), (20, 36), (38, 14))])
    amplitude = np.exp(-squared / (2 * 1.5**2)).max(axis=0)
    features, population = found(surface(seed) + 25 * amplitude[..., np.newaxis] * AXES[0])
    assert not wide_defects(features, population, population.core, IMAGE).any()
    whole = whole_defects(features, population, IMAGE)
    assert np.all(whole[population.core])
    assert amplitude.ravel()[whole].min() > 1e-6


def test_what_changes_the_other_way_is_no_flank():
    core = coulomb((24, 24), 2.0)
    # a patch beside the flank that changes the spectra as strongly, the opposite way
    patch = np.exp(-((ROWS - 24.0) ** 2 + (COLUMNS - 37.0) ** 2) / (2 * 4.0**2)) * (COLUMNS > 31)
    features, population = found(surface(5, 0.0) + (60 * core - 12 * patch)[..., np.newaxis] * AXES[0])
    whole = whole_defects(features, population, IMAGE)
    assert whole[core.ravel() > 0.3].all()
    assert not whole[(patch > 0.8).ravel() & ~population.core].any()


@pytest.mark.parametrize("factor", [1e-9, 1e6])
def test_the_unit_of_the_features_does_not_matter(factor):
    image = surface(1) + 60 * coulomb((20, 26), 2.0)[..., np.newaxis] * AXES[0]
    features, population = found(image)
    other, same = found(factor * image)
    expected = whole_defects(features, population, IMAGE)
    assert np.array_equal(whole_defects(other, same, IMAGE), expected)


def test_without_positions_nothing_grows():
    features, population = found(surface(2) + 60 * coulomb((20, 26), 2.0)[..., np.newaxis] * AXES[0])
    assert np.array_equal(whole_defects(features, population, NoNeighbourhood()), population.core)

"""What is usual at such a spectrum: a curved path becomes straight, what is beside the path stays."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import naive
from didymos.core.evidence.population import find_population
from didymos.core.evidence.settings import PopulationSettings
from didymos.core.evidence.usual import beyond_usual
from didymos.core.surface.neighbourhood import ImageNeighbourhood

SIDE = 60
GRID = ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool))
NOISE = np.diag([0.001, 0.3, 0.5, 0.8])


def curved(seed=0, bend=0.4):
    """Features of a path that bends: along it the signal is thirty times the noise."""
    random = np.random.default_rng(seed)
    y, x = np.indices((SIDE, SIDE)).reshape(2, -1) / SIDE
    along = np.sin(5 * x + 1) + np.cos(4 * y) + 0.5 * np.sin(9 * x * y)
    along = (along - along.mean()) / along.std()
    signal = np.stack([along, bend * (along**2 - 1), 0 * along, 0 * along], axis=1)
    return signal + random.normal(size=signal.shape) * np.sqrt(np.diag(NOISE)), along


def test_a_curved_path_becomes_straight():
    features, along = curved()
    found = beyond_usual(features, NOISE)
    bent = [np.abs(np.corrcoef(along**2, column)[0, 1]) for column in (features[:, 1], found[:, 1])]
    assert bent[0] > 0.5
    assert bent[1] < 0.05
    assert found.std(axis=0)[1:] == pytest.approx(np.sqrt(np.diag(NOISE))[1:], rel=0.1)
    assert found[:, 0] == pytest.approx(features[:, 0])


def test_like_a_plain_loop():
    features, _ = curved()
    features = features[:300]
    settings = PopulationSettings(alike=30)
    unit = features / np.sqrt(np.diag(NOISE))
    expected = features.copy()
    expected[:, 1:] -= naive.usual_values(unit[:, :1], unit[:, 1:], 30) * np.sqrt(np.diag(NOISE))[1:]
    assert beyond_usual(features, NOISE, settings=settings) == pytest.approx(expected, abs=1e-9)


def test_a_defect_keeps_its_length():
    features, _ = curved()
    rows = np.arange(0, SIDE**2, 211)
    features[rows, 3] += 9.0
    lost = features[rows, 3] - beyond_usual(features, NOISE)[rows, 3]
    assert np.abs(lost).max() < 1.0


def test_coordinates_and_order_do_not_matter():
    features, _ = curved()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]
    plain = beyond_usual(features, NOISE)
    turned = beyond_usual(features @ turn, turn.T @ NOISE @ turn)
    assert np.abs(turned) == pytest.approx(np.abs(plain), abs=1e-6)
    order = np.random.default_rng(2).permutation(len(features))
    assert beyond_usual(features[order], NOISE) == pytest.approx(plain[order], abs=1e-9)


@pytest.mark.parametrize(("points", "noise"), [(40, NOISE), (SIDE**2, np.eye(4))], ids=["few points", "only noise"])
def test_features_stay_as_they_are_where_nothing_leads(points, noise):
    features = curved()[0][:points]
    assert np.array_equal(beyond_usual(features, noise), features)


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_patches_at_the_end_of_a_curved_path_are_no_population(seed):
    random = np.random.default_rng(seed)
    along = gaussian_filter(random.normal(size=(SIDE, SIDE)), 3).ravel()
    along = (along - along.mean()) / along.std()
    features = random.normal(size=(SIDE**2, 4)) * np.sqrt(np.diag(NOISE))
    features[:, 0] += along
    # beyond one standard deviation the path turns away
    features[:, 2] += 1.5 * np.maximum(along - 1, 0) ** 2
    assert find_population(features, GRID).distinct
    assert not find_population(features, GRID, noise=NOISE).distinct


def test_defects_are_found_beside_a_curved_path():
    features, _ = curved()
    image = features.reshape(SIDE, SIDE, 4)
    for row, column in [(10, 12), (30, 40), (40, 15)]:
        image[row - 1 : row + 2, column - 1 : column + 2, 3] += 8.0
    found = find_population(image.reshape(-1, 4), GRID, noise=NOISE)
    assert found.distinct
    assert len(np.unique(found.label)) == 4

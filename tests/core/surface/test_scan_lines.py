import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import naive
from didymos.core.evidence.population import find_population
from didymos.core.surface.contrast_evidence import contrast_without_lines
from didymos.core.surface.local_contrast import image_residual
from didymos.core.surface.neighbourhood import ImageNeighbourhood, NoNeighbourhood, ScatteredNeighbourhood
from didymos.core.surface.scan_lines import line_offsets

ROWS, COLUMNS, FEATURES = 40, 60, 5
DIRECTION = np.array([1.0, -1.0, 1.0, 0.5, -0.5])
GRID = ImageNeighbourhood(np.ones((ROWS, COLUMNS), dtype=bool))


def surface(seed=0):
    """Noise on a surface that drifts."""
    rng = np.random.default_rng(seed)
    drift = gaussian_filter(rng.normal(size=(ROWS, COLUMNS, FEATURES)), (5, 5, 0), mode="wrap")
    return 2 * drift / drift.std() + rng.normal(size=drift.shape)


def after_tip_change(start=18.3, stop=21.6):
    """Points of scan lines after a tip change: from within one line to within another."""
    time = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) / COLUMNS
    return (time >= start) & (time < stop)


def defects(places, strength=12.0):
    rows, columns = np.indices((ROWS, COLUMNS))
    amplitude = np.max([np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 3) for y, x in places], axis=0)
    return strength * amplitude[..., np.newaxis] * np.roll(DIRECTION, 1), amplitude


def population(image):
    return find_population(image.reshape(-1, image.shape[-1]), GRID)


@pytest.mark.parametrize("seed", range(5))
def test_a_surface_without_such_lines_stays_as_it_is(seed):
    features = surface(seed).reshape(-1, FEATURES)
    found, contrast = contrast_without_lines(features, GRID)
    assert found is features
    assert np.array_equal(contrast, GRID.residual(features), equal_nan=True)


@pytest.mark.parametrize("seed", range(5))
def test_scan_lines_after_a_tip_change_are_no_population(seed):
    image = surface(seed) + 10 * after_tip_change()[..., np.newaxis] * DIRECTION
    found = population(image)
    assert not found.distinct
    assert not found.core.any()


@pytest.mark.parametrize("seed", range(3))
def test_defects_beside_and_among_such_lines_are_found(seed):
    places = [(8, 10), (20, 40), (33, 22)]
    change, amplitude = defects(places)
    found = population(surface(seed) + change + 10 * after_tip_change()[..., np.newaxis] * DIRECTION)
    label = found.label.reshape(ROWS, COLUMNS)
    assert found.distinct
    assert all(label[place] > 0 for place in places)
    assert amplitude[label > 0].min() > 0.02


def test_the_shift_is_found_where_it_is_and_nowhere_else():
    image = 0.1 * surface(3)
    shifted = image + 10 * after_tip_change(20, 21)[..., np.newaxis] * DIRECTION
    offset = line_offsets(image_residual(shifted))
    inside = np.zeros(ROWS, dtype=bool)
    inside[20] = True
    assert offset[20].mean(axis=0) == pytest.approx(10 * DIRECTION, rel=0.05)
    assert np.abs(offset[~inside]).max() < 1
    assert not offset[np.abs(np.arange(ROWS) - 20) > 4].any()


def test_defects_shift_no_line():
    change, _ = defects([(20, column) for column in (8, 22, 36, 50)], 50.0)
    assert not line_offsets(image_residual(surface() + change)).any()


@pytest.mark.parametrize("seed", range(3))
def test_offsets_are_those_of_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    residual = rng.normal(size=(12, 2 * 17, 2))
    residual[4] += 8.0
    residual[7, :20] -= 9.0
    residual[rng.random(residual.shape[:2]) < 0.1] = np.nan
    expected = naive.line_offsets(residual, 17, 12.0)
    assert expected.any()
    assert line_offsets(residual) == pytest.approx(expected, abs=1e-12)


def test_units_and_a_rotation_of_the_features_do_not_matter():
    residual = image_residual(surface() + 10 * after_tip_change()[..., np.newaxis] * DIRECTION)
    offset = line_offsets(residual)
    assert offset.any()
    assert line_offsets(1e-9 * residual) == pytest.approx(1e-9 * offset)
    assert line_offsets(residual[..., ::-1]) == pytest.approx(offset[..., ::-1])


def test_short_lines_and_points_without_lines_are_left_alone():
    short = image_residual((surface() + 10 * after_tip_change()[..., np.newaxis] * DIRECTION)[:, : 2 * 17 - 1])
    assert not line_offsets(short).any()
    assert not line_offsets(np.full((9, 2 * 17, 2), np.nan)).any()
    values = surface().reshape(-1, FEATURES)
    scattered = ScatteredNeighbourhood(np.random.default_rng(0).random((len(values), 2)))
    for neighbourhood in (scattered, NoNeighbourhood()):
        assert not neighbourhood.line_offsets(values).any()

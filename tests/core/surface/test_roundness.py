import numpy as np
import pytest

import naive
from didymos.core.surface.neighbourhood import ImageNeighbourhood, NoNeighbourhood, ScatteredNeighbourhood

SIDE = 30
ROWS, COLUMNS = np.indices((SIDE, SIDE))
DISC = (ROWS - 8) ** 2 + (COLUMNS - 9) ** 2 <= 16
LINE = (COLUMNS == 20) & (ROWS > 3)
DIAGONAL = (ROWS + COLUMNS == 35) & (COLUMNS < 15)
POINT = (ROWS == 27) & (COLUMNS == 27)
LABEL = DISC + 2 * LINE + 3 * DIAGONAL + 4 * POINT


def image(present=None):
    return ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool) if present is None else present)


def test_a_disc_is_round_and_a_line_is_not():
    found = image().roundness(LABEL.ravel())
    assert found[0] == 1
    assert 0.7 < found[1] < 1.3
    assert found[2] == pytest.approx(4 / np.pi / LINE.sum())
    assert found[3] < 0.15
    assert found[4] == pytest.approx(4 / np.pi)


def test_like_the_plain_way():
    label = np.random.default_rng(0).integers(0, 4, SIDE * SIDE) * (np.arange(SIDE * SIDE) % 7 == 0)
    places = np.stack([ROWS.ravel(), COLUMNS.ravel()], axis=1)
    assert image().roundness(label) == pytest.approx(naive.roundness(label, places, 12))


def test_points_that_are_missing_have_no_position():
    present = np.ones((SIDE, SIDE), dtype=bool)
    present[ROWS % 5 == 4] = False
    places = np.argwhere(present)
    label = LABEL[present]
    assert image(present).roundness(label) == pytest.approx(naive.roundness(label, places, 12))


@pytest.mark.parametrize("unit", [1.0, 1e-9])
def test_scattered_points_of_a_grid_as_on_the_grid(unit):
    positions = unit * np.stack([ROWS.ravel(), COLUMNS.ravel()], axis=1).astype(float)
    found = ScatteredNeighbourhood(positions).roundness(LABEL.ravel())
    assert found == pytest.approx(image().roundness(LABEL.ravel()))


def test_without_positions_everything_is_round():
    assert np.array_equal(NoNeighbourhood().roundness(np.array([0, 1, 1, 2])), np.ones(3))


def test_no_object_at_all():
    assert np.array_equal(image().roundness(np.zeros(SIDE * SIDE, dtype=int)), [1.0])

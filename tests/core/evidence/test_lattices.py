import numpy as np

from didymos.core.evidence.lattices import without_lattices
from didymos.core.surface.neighbourhood import ImageNeighbourhood

SIDE = 48
ROWS, COLUMNS = np.indices((SIDE, SIDE))
GRID = ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool))


def numbered(mask):
    return GRID.objects(mask.ravel())


LATTICE = (ROWS % 12 < 2) & (COLUMNS % 12 < 2)
DEFECTS = np.isin(ROWS * SIDE + COLUMNS, [7 * SIDE + 8, 7 * SIDE + 9, 30 * SIDE + 17, 31 * SIDE + 17])


def along(mask, direction):
    return mask.ravel()[:, np.newaxis] * np.array(direction)


def test_a_lattice_is_the_surface():
    number = numbered(LATTICE)
    assert number.max() >= 10
    left, _ = without_lattices(along(LATTICE, [9.0, 0.0]), number, GRID)
    assert not left.any()


def test_defects_between_the_points_of_a_lattice_stay():
    number = numbered(LATTICE | DEFECTS)
    left, _ = without_lattices(along(LATTICE, [9.0, 0.0]) + along(DEFECTS, [0.0, 9.0]), number, GRID)
    assert np.array_equal(left > 0, DEFECTS.ravel())
    assert sorted(set(left)) == [0, 1, 2]


def test_objects_anywhere_stay_with_their_numbers():
    mask = np.zeros(SIDE * SIDE, dtype=bool)
    mask[np.random.default_rng(0).choice(SIDE * SIDE, 30, replace=False)] = True
    number = numbered(mask.reshape(SIDE, SIDE))
    left, repetition = without_lattices(along(mask, [9.0, 0.0]), number, GRID)
    assert np.array_equal(left, number)
    assert repetition < 0.65


def test_few_objects_are_no_lattice():
    few = LATTICE & (ROWS < 24) & (COLUMNS < 36)
    number = numbered(few)
    assert number.max() < 10
    left, _ = without_lattices(along(few, [9.0, 0.0]), number, GRID)
    assert np.array_equal(left, number)

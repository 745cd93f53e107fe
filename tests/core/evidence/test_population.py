import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from didymos.core.evidence.population import find_population
from didymos.core.surface.neighbourhood import ImageNeighbourhood, NoNeighbourhood, ScatteredNeighbourhood

SIDE, FEATURES = 40, 6


def noise(seed=0, side=SIDE):
    return np.random.default_rng(seed).normal(size=(side, side, FEATURES))


def curved(seed=0, height=15.0):
    """A smooth surface whose features run over many times the noise, along a curve."""
    rng = np.random.default_rng(seed)
    drift = gaussian_filter(rng.normal(size=(SIDE, SIDE)), 6, mode="wrap")
    drift = height * drift / drift.std()
    bend = np.stack([drift, drift**2 / (3 * height), np.sin(drift / height), *np.zeros((3, SIDE, SIDE))], axis=-1)
    return bend + rng.normal(size=bend.shape)


def domains(seed=0):
    """Two domains with a wall as sharp as a tip of two points sees it."""
    wall = (np.indices((SIDE, SIDE))[1] > SIDE / 2 + 4 * np.sin(np.arange(SIDE) / 8)[:, np.newaxis]).astype(float)
    return noise(seed) + 20 * gaussian_filter(wall, 1)[..., np.newaxis] * np.linspace(-1, 1, FEATURES)


def streaked(seed=0):
    """Scan lines with an offset of their own."""
    rng = np.random.default_rng(seed)
    return noise(seed) + 3 * rng.normal(size=(SIDE, 1, 1)) * np.linspace(1, 2, FEATURES)


def lattice(seed=0, period=7):
    """Compact bumps at every point of a lattice."""
    rows, columns = np.indices((SIDE, SIDE))
    bump = ((rows % period < 2) & (columns % period < 2)).astype(float)
    return noise(seed) + 25 * gaussian_filter(bump, 0.7)[..., np.newaxis] * np.linspace(1, 2, FEATURES)


def planted(image, direction, places, width=1.2):
    """Add objects of Gaussian shape; return the image and their amplitude."""
    rows, columns = np.indices(image.shape[:2])
    squared = np.stack([(rows - y) ** 2 + (columns - x) ** 2 for y, x in places])
    amplitude = np.exp(-squared / (2 * width**2)).max(axis=0)
    return image + amplitude[..., np.newaxis] * direction, amplitude


def population(image):
    return find_population(image.reshape(-1, image.shape[-1]), ImageNeighbourhood(np.ones(image.shape[:2], dtype=bool)))


PLACES = [(8, 9), (20, 30), (31, 14)]
DIRECTION = 9 * np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


def test_noise_is_no_population():
    found = [population(noise(seed, side=20)) for seed in range(60)]
    assert all(0 <= one.p_value <= 1 for one in found)
    assert sum(one.distinct for one in found) <= 2


@pytest.mark.parametrize("surface", [curved, domains, streaked, lattice])
@pytest.mark.parametrize("seed", range(3))
def test_a_majority_that_varies_is_no_population(surface, seed):
    found = population(surface(seed))
    assert not found.distinct
    assert not found.core.any()
    assert found.p_value == 1.0


@pytest.mark.parametrize("surface", [noise, curved, domains, streaked])
@pytest.mark.parametrize("seed", range(3))
def test_planted_objects_are_found_on_any_surface(surface, seed):
    image, amplitude = planted(surface(seed), DIRECTION, PLACES)
    found = population(image)
    label = found.label.reshape(SIDE, SIDE)
    assert found.distinct
    assert all(label[place] > 0 for place in PLACES)
    assert len({label[place] for place in PLACES}) == len(PLACES)
    # nothing far from the objects is called one
    assert amplitude[label > 0].min() > 0.02


def test_the_directions_are_those_of_the_objects():
    image, _ = planted(noise(), DIRECTION, PLACES)
    found = population(image)
    along = np.linalg.solve(found.directions.whitening, found.directions.basis)
    cosine = np.abs(DIRECTION @ along[:, 0]) / np.linalg.norm(along[:, 0]) / np.linalg.norm(DIRECTION)
    assert found.directions.basis.shape[1] == 1
    assert cosine > 0.95


def test_two_kinds_need_two_directions():
    image, _ = planted(noise(), DIRECTION, PLACES)
    image, _ = planted(image, np.abs(DIRECTION), [(33, 33), (8, 32), (20, 8)])
    assert population(image).directions.basis.shape[1] == 2


def test_faint_objects_that_are_many_are_found_together():
    rng = np.random.default_rng(3)
    places = [
        (y + int(dy), x + int(dx))
        for (y, x), (dy, dx) in zip(
            ((y, x) for y in (6, 15, 24, 33) for x in (6, 15, 24, 33)), rng.integers(-2, 3, (16, 2)), strict=True
        )
    ]
    image, amplitude = planted(noise(5), 0.75 * DIRECTION, places)
    found = population(image)
    label = found.label.reshape(SIDE, SIDE)
    assert found.distinct
    assert sum(label[place] > 0 for place in places) >= 12
    assert amplitude[label > 0].min() > 0.02


def test_several_objects_of_one_point_are_a_population():
    image = noise()
    places = [(9, 5), (9, 24), (15, 16), (31, 15), (20, 33)]
    for place in places:
        image[place] += 20.0
    found = population(image)
    assert found.distinct
    assert {divmod(int(index), SIDE) for index in np.flatnonzero(found.core)} == set(places)


@pytest.mark.parametrize("place", [(10, 10), (0, 10), (10, 0), (1, 10), (2, 2), (36, 3)])
def test_a_single_unusual_spectrum_shares_nothing_and_is_no_population(place):
    for far in (2.0, 100.0):
        image = noise()
        image[place] += far
        assert not population(image).distinct


@pytest.mark.parametrize("place", [(10, 10), (15, 30), (1, 10)])
def test_a_single_spectrum_whose_neighbours_share_a_quarter_of_its_change_is_a_population(place):
    image = noise()
    row, column = place
    image[place] += 20.0
    for beside in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
        image[beside] += 5.0
    found = population(image)
    assert found.p_value < 1e-6
    assert place in {divmod(int(index), SIDE) for index in np.flatnonzero(found.core)}


def test_a_corner_has_too_few_neighbours_to_be_unusual_by_itself():
    image = noise()
    image[0, 0] += 100.0
    assert not population(image).distinct


@pytest.mark.parametrize("seed", range(4))
def test_noise_with_long_tails_is_no_population(seed):
    # Student's t with ten degrees: in every map some spectrum lies beyond what normal noise reaches in any
    image = np.random.default_rng(seed).standard_t(10, size=(SIDE, SIDE, FEATURES))
    assert not population(image).distinct


@pytest.mark.parametrize("seed", range(3))
def test_a_wall_between_two_domains_is_no_population(seed):
    rows, columns = np.indices((SIDE, SIDE))
    image = noise(seed) + 6.0 * (rows + 0.3 * columns > 25)[..., np.newaxis] * DIRECTION
    # a few spectra on the wall are neither one nor the other
    image[(rows + 0.3 * columns).astype(int) == 25] += 7.0 * np.roll(DIRECTION, 1)
    assert not population(image).distinct


@pytest.mark.parametrize("factor", [1e-24, 1e-12, 1e9])
def test_units_do_not_matter(factor):
    image, _ = planted(noise(), DIRECTION, PLACES)
    plain, scaled = population(image), population(factor * image)
    assert np.array_equal(plain.label, scaled.label)
    assert np.log(scaled.p_value) == pytest.approx(np.log(plain.p_value), rel=1e-3)


def test_the_coordinates_of_the_features_do_not_matter():
    image, _ = planted(curved(2), DIRECTION, PLACES)
    turned = image @ np.linalg.qr(np.random.default_rng(1).normal(size=(FEATURES, FEATURES)))[0] + 7.0
    assert np.mean(population(image).core == population(turned).core) > 0.99


@pytest.mark.parametrize("view", [lambda image: image[::-1], lambda image: image.transpose(1, 0, 2)])
def test_the_order_of_the_points_does_not_matter(view):
    image, _ = planted(curved(1), DIRECTION, PLACES)
    plain, other = population(image), population(view(image))
    core = view(plain.core.reshape(SIDE, SIDE, 1))[..., 0]
    assert np.mean(core == other.core.reshape(SIDE, SIDE)) > 0.99
    assert other.distinct == plain.distinct


def test_a_lattice_is_recognised_by_its_repetition():
    found = population(lattice())
    assert found.repetition > 0.65
    few, _ = planted(noise(), DIRECTION, PLACES)
    assert population(few).label.max() < 10
    assert population(few).distinct


@pytest.mark.parametrize("seed", range(3))
def test_defects_in_a_lattice_are_found(seed):
    surface = lattice(seed)
    assert not population(surface).distinct
    image, amplitude = planted(surface, DIRECTION, PLACES)
    found = population(image)
    assert found.distinct
    assert found.repetition > 0.65
    core = found.core.reshape(SIDE, SIDE)
    assert all(core[place] for place in PLACES)
    assert np.mean(amplitude[core] > 0.1) > 0.8


def test_missing_points_hide_nothing_else():
    image, _ = planted(noise(), DIRECTION, PLACES)
    present = np.random.default_rng(4).random((SIDE, SIDE)) > 0.3
    found = find_population(image[present], ImageNeighbourhood(present))
    assert found.label.shape == (present.sum(),)
    assert found.distinct


def test_scattered_objects_are_a_population():
    rng = np.random.default_rng(5)
    positions, features = SIDE * rng.random((1600, 2)), rng.normal(size=(1600, FEATURES))
    without = find_population(features, ScatteredNeighbourhood(positions))
    near = np.min([np.linalg.norm(positions - place, axis=1) for place in PLACES], axis=0)
    features += np.exp(-(near**2) / 3)[:, np.newaxis] * DIRECTION
    found = find_population(features, ScatteredNeighbourhood(positions))
    assert not without.distinct
    assert found.distinct
    assert near[found.core].max() < 4


def test_without_positions_far_spectra_are_a_population():
    features = noise().reshape(-1, FEATURES)
    assert not find_population(features, NoNeighbourhood()).distinct
    features[:20] += DIRECTION
    found = find_population(features, NoNeighbourhood())
    assert found.distinct
    assert np.count_nonzero(found.core[:20]) >= 18
    assert np.count_nonzero(found.core[20:]) <= 2


def test_a_surface_that_is_exactly_alike_but_for_an_object():
    image = np.zeros((SIDE, SIDE, FEATURES))
    assert not population(image).distinct
    image[10:12, 10:12] = 1.0
    found = population(image)
    assert np.isfinite(found.p_value)
    assert not found.core.reshape(SIDE, SIDE)[20:].any()


@pytest.mark.parametrize(("points", "features"), [(9, 0), (2, 2), (1, 1), (3, 3)])
def test_nothing_to_compare_is_no_population(points, features):
    found = find_population(np.ones((points, features)), NoNeighbourhood())
    assert found.p_value == 1.0
    assert not found.distinct
    assert not found.core.any()

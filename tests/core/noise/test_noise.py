import numpy as np
import pytest

import naive
from didymos.core.noise.noise import NoiseSettings, marchenko_pastur_edge, noise_of_energies, signal_rank
from didymos.core.numeric.moments import moments
from didymos.core.numeric.principal_components import principal_components
from didymos.core.surface.nearest import adjacent_pairs

SIDE, ENERGIES = 50, 60


def grid(side=SIDE):
    return np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2).astype(float)


def smooth_surface(components, side=SIDE):
    """Noise-free spectra with that many smooth components, varying slowly along the surface and along energy."""
    y, x = grid(side).T / side
    energy = np.linspace(0, 1, ENERGIES)
    result = np.zeros((side * side, ENERGIES))
    for k in range(components):
        weight = np.cos(np.pi * (k + 1) * x / 2 + k) * np.cos(np.pi * (k % 3 + 1) * y / 2)
        result += np.outer(weight, np.cos(np.pi * k * energy))
    return result


def rank_of(values, neighbours, **settings):
    noise = noise_of_energies(values, neighbours)
    found = principal_components(moments(values), 30, noise)
    return signal_rank(found.variance, found.scores(values), neighbours, energies=values.shape[1], **settings)


@pytest.mark.parametrize("points", [2, 3, 200])
def test_pairs_of_nearest_points_against_brute_force(points):
    positions = np.random.default_rng(0).normal(size=(points, 2)) * [1e-9, 3e-9]
    first, second = adjacent_pairs(positions).T
    distances = np.full(points, np.inf)
    for one in (first, second):
        np.minimum.at(distances, one, np.linalg.norm(positions[first] - positions[second], axis=1))
    assert np.all(first != second)
    assert distances == pytest.approx(naive.nearest_distance(positions), rel=1e-12)


@pytest.mark.parametrize("copies", [2, 3, 50])
def test_coincident_positions_are_neighbours_but_never_their_own(copies):
    positions = np.repeat(np.random.default_rng(1).normal(size=(8, 2)), copies, axis=0)
    first, second = adjacent_pairs(positions).T
    assert np.all(first != second)
    assert np.array_equal(positions[first], positions[second])
    assert {*first, *second} == {*range(len(positions))}


def test_a_single_point_has_itself():
    assert np.array_equal(adjacent_pairs(np.zeros((1, 2))), [[0, 0]])


@pytest.mark.parametrize("shape", ["white", "rising", "stepped"])
@pytest.mark.parametrize(("offset", "factor"), [(0, 1), (1e6, 1), (0, 1e-12), (-1, 1e9)])
def test_known_noise_is_recovered_on_a_smooth_surface(shape, offset, factor):
    truth = {
        "white": np.full(ENERGIES, 0.02),
        "rising": np.geomspace(0.005, 0.1, ENERGIES),
        "stepped": np.where(np.arange(ENERGIES) < 30, 0.01, 0.05),
    }[shape]
    rng = np.random.default_rng(2)
    values = smooth_surface(5) + truth * rng.normal(size=(SIDE * SIDE, ENERGIES))
    found = noise_of_energies(factor * (values + offset), adjacent_pairs(grid())) / factor
    settled = np.ones(ENERGIES, dtype=bool)
    if shape == "stepped":
        settled[27:33] = False  # the median over five energies takes three to follow a step
    assert found[settled] == pytest.approx(truth[settled], rel=0.1)


def test_a_tenth_of_sharp_defects_does_not_count():
    rng = np.random.default_rng(3)
    values = smooth_surface(3) + rng.normal(scale=0.02, size=(SIDE * SIDE, ENERGIES))
    defects = rng.choice(len(values), len(values) // 10, replace=False)
    values[defects] += rng.normal(size=(len(defects), 1)) * np.exp(-((np.arange(ENERGIES) - 30) ** 2) / 8.0)
    assert noise_of_energies(values, adjacent_pairs(grid())) == pytest.approx(0.02, rel=0.3)


@pytest.mark.parametrize("energies", [1, 2, 3, 4, 5])
def test_few_energies(energies):
    values = np.random.default_rng(4).normal(scale=0.3, size=(SIDE * SIDE, energies))
    found = noise_of_energies(values, adjacent_pairs(grid()))
    assert found.shape == (energies,)
    assert found == pytest.approx(0.3, rel=0.15)


def test_counts_in_the_dark_have_the_noise_of_a_count():
    rng = np.random.default_rng(5)
    mean = np.where(np.arange(ENERGIES) < 30, 0.05, 30.0)
    found = noise_of_energies(rng.poisson(mean, (SIDE * SIDE, ENERGIES)).astype(float), adjacent_pairs(grid()))
    assert found[:27] == pytest.approx(np.sqrt(0.05), rel=0.5)
    assert found[33:] == pytest.approx(np.sqrt(30), rel=0.1)


@pytest.mark.parametrize("values", [np.zeros((9, 6)), np.full((9, 6), 5.0), smooth_surface(1, side=3)])
def test_noise_free_spectra_have_a_small_positive_noise(values):
    found = noise_of_energies(values, adjacent_pairs(grid(3)))
    assert np.all(found > 0)
    assert np.all(found < 0.1)


def largest_eigenvalue_of_noise(rng, points, energies):
    """Draw the largest eigenvalue of X^T X / N for white X, by Bartlett's decomposition."""
    longer, shorter = max(points, energies), min(points, energies)
    triangle = np.tril(rng.normal(size=(shorter, shorter)), -1) + np.diag(
        np.sqrt(rng.chisquare(longer - np.arange(shorter)))
    )
    return np.linalg.norm(triangle, 2) ** 2 / points


@pytest.mark.parametrize(("points", "energies"), [(100_000, 50), (3000, 20), (1500, 60), (100, 100), (50, 300)])
def test_edge_lies_three_widths_over_the_largest_eigenvalue_of_pure_noise(points, energies):
    rng = np.random.default_rng(6)
    largest = [largest_eigenvalue_of_noise(rng, points, energies) for _ in range(200)]
    edge = marchenko_pastur_edge(points, energies)
    assert np.mean(np.array(largest) < edge) >= 0.95
    # Tracy and Widom's distribution has its mean at -1.2 and a standard deviation of 1.3 widths
    assert 2.3 < (edge - np.mean(largest)) / np.std(largest) < 4.5


def test_spectra_of_pure_noise_stay_under_the_edge():
    rng = np.random.default_rng(12)
    largest = [np.linalg.eigvalsh(np.cov(rng.normal(size=(300, 40)), rowvar=False))[-1] for _ in range(20)]
    assert np.mean(np.array(largest) < marchenko_pastur_edge(300, 40)) >= 0.95


@pytest.mark.parametrize("rank", [7, 8, 12])
@pytest.mark.parametrize("level", [0.02, 0.1])
def test_known_rank_in_white_noise(rank, level):
    rng = np.random.default_rng(7)
    values = smooth_surface(rank) + rng.normal(scale=level, size=(SIDE * SIDE, ENERGIES))
    assert rank_of(values, adjacent_pairs(grid())) == rank


def test_rank_does_not_depend_on_units_offset_or_order():
    rng = np.random.default_rng(8)
    values = smooth_surface(7) + rng.normal(scale=0.05, size=(SIDE * SIDE, ENERGIES))
    order = rng.permutation(len(values))
    for other in (1e-12 * values, 1e12 * values, values + 1e5, values[:, ::-1]):
        assert rank_of(other, adjacent_pairs(grid())) == 7
    assert rank_of(values[order], adjacent_pairs(grid()[order])) == 7


@pytest.mark.parametrize("width", [2.0, 5.0])
def test_rank_of_smoothed_spectra_does_not_explode(width):
    rng = np.random.default_rng(9)
    kernel = np.exp(-0.5 * ((np.arange(ENERGIES) - np.arange(ENERGIES)[:, np.newaxis]) / width) ** 2)
    kernel /= kernel.sum(axis=0)
    values = (smooth_surface(5) + rng.normal(scale=0.1, size=(SIDE * SIDE, ENERGIES))) @ kernel
    assert 4 <= rank_of(values, adjacent_pairs(grid())) <= 7


def test_rank_stays_within_its_bounds():
    rng = np.random.default_rng(10)
    neighbours = adjacent_pairs(grid())
    noise = rng.normal(size=(SIDE * SIDE, ENERGIES))
    rich = smooth_surface(25) + 1e-4 * noise
    assert rank_of(noise, neighbours) == 6
    assert rank_of(noise, neighbours, settings=NoiseSettings(smallest_rank=0, largest_rank=5)) == 0
    assert rank_of(rich, neighbours) == 20
    assert rank_of(rich, neighbours, settings=NoiseSettings(smallest_rank=1, largest_rank=3)) == 3


def test_rank_is_at_most_the_number_of_energies():
    values = np.random.default_rng(11).normal(size=(100, 2))
    assert rank_of(values, adjacent_pairs(grid(10))) == 2


def test_all_points_that_are_equally_near_are_neighbours():
    y, x = np.indices((4, 5))
    pairs = adjacent_pairs(np.stack([y.ravel(), x.ravel()], axis=1).astype(float))
    expected = [(n, n + 1) for n in range(20) if n % 5 < 4] + [(n, n + 5) for n in range(15)]
    assert sorted(map(tuple, pairs.tolist())) == sorted(expected)
    random = np.random.default_rng(0).uniform(size=(50, 2))
    distances = np.linalg.norm(random[:, np.newaxis] - random, axis=2) + np.diag(np.full(50, np.inf))
    nearest = distances.argmin(axis=1)
    assert {tuple(pair) for pair in adjacent_pairs(random).tolist()} == {
        (min(a, b), max(a, b)) for a, b in enumerate(nearest.tolist())
    }
    assert adjacent_pairs(np.zeros((1, 2))).tolist() == [[0, 0]]
    assert adjacent_pairs(np.zeros((0, 2))).shape == (0, 2)
    together = adjacent_pairs(np.zeros((9, 2)))  # all in one place
    assert (together[:, 0] != together[:, 1]).all()


def test_the_noise_of_a_map_that_is_turned_is_the_same():
    rng = np.random.default_rng(3)
    image = rng.normal(size=(12, 15, 20)) + np.linspace(0, 40, 15)[:, np.newaxis] ** 2
    for turned in (image, image[::-1], image[:, ::-1], image.transpose(1, 0, 2)):
        positions = np.stack([one.ravel() for one in np.indices(turned.shape[:2])], axis=1).astype(float)
        noise = noise_of_energies(turned.reshape(-1, 20), adjacent_pairs(positions))
        np.testing.assert_allclose(noise, noise_of_energies(image.reshape(-1, 20), adjacent_pairs(
            np.stack([one.ravel() for one in np.indices((12, 15))], axis=1).astype(float))))  # fmt: skip

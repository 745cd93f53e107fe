"""Spikes, steps, telegraph noise and hum, found beside all that real spectra show."""

import numpy as np
import pytest

from didymos.core.artefacts.irregular import irregular_spectra

SIDE, ENERGIES, NOISE = 40, 160, 0.02
POINTS = SIDE * SIDE
POSITIONS = np.argwhere(np.ones((SIDE, SIDE), dtype=bool)).astype(float)
ENERGY = np.linspace(-1, 1, ENERGIES)
MIDDLE = 20 * SIDE + 20


def surface(seed, noise=NOISE):
    """A gap that varies over the surface, on a slope that varies as well."""
    random = np.random.default_rng(seed)
    y, x = POSITIONS.T / 6
    gap = 0.4 + 0.03 * np.sin(x + 0.5 * y)[:, np.newaxis]
    slope = 0.2 * np.cos(y - 0.3 * x)[:, np.newaxis]
    spectra = 1.5 + slope * ENERGY + np.exp(-(((np.abs(ENERGY) - gap) / 0.12) ** 2))
    return spectra + random.normal(0, noise, spectra.shape)


def chosen(random, count=50):
    return np.sort(random.choice(POINTS, count, replace=False))


def corrupted_by(cause, random, rows):
    """What is added to so many spectra, in standard deviations of the noise."""
    added = np.zeros((len(rows), ENERGIES))
    for one in added:
        sign, first = random.choice([-1, 1]), random.integers(0, ENERGIES - 3)
        if cause == "spike":
            width = random.integers(1, 4)
            one[first : first + width] = sign * random.uniform(10, 20) * np.append(1, random.uniform(0.3, 1, width - 1))
        elif cause == "derivative":
            # a step, after the derivative of a spectrum that is smoothed over a few energies
            one[first : first + 3] = sign * random.uniform(10, 30) * np.array([0.5, 1.0, 0.5])
        elif cause == "step":
            one[random.integers(4, ENERGIES - 4) :] = sign * random.uniform(12, 40)
        elif cause == "telegraph":
            switches = np.cumsum(random.random(ENERGIES) < 1 / 15)
            switches[80:] += 1 - switches[80] % 2
            one[:] = sign * random.uniform(7, 16) * (switches % 2)
        else:
            phase, periods = random.uniform(0, 2 * np.pi), 20 if cause == "hum" else random.uniform(8, 40)
            one[:] = random.uniform(3, 10) * np.sin(2 * np.pi * periods * np.arange(ENERGIES) / ENERGIES + phase)
    return added


@pytest.mark.parametrize("cause", ["spike", "derivative", "step", "telegraph", "hum", "hum of any frequency"])
@pytest.mark.parametrize("positions", [POSITIONS, None], ids=["positions", "none"])
def test_nearly_all_are_found_and_nothing_else(cause, positions):
    random = np.random.default_rng(5)
    spectra, rows = surface(0), chosen(random)
    spectra[rows] += NOISE * corrupted_by(cause, random, rows)
    found = np.flatnonzero(irregular_spectra(spectra, positions))
    assert set(found) <= set(rows)
    # the derivative of a smoothed step is three energies wide, and not flat
    assert len(found) >= (0.88 if cause == "derivative" else 0.94) * len(rows)


def test_all_at_once_on_scattered_points():
    random = np.random.default_rng(6)
    spectra, rows = surface(1), chosen(random, 60)
    for cause, some in zip(("spike", "step", "telegraph", "hum"), np.split(random.permutation(rows), 4), strict=True):
        spectra[some] += NOISE * corrupted_by(cause, random, some)
    positions = 1e-9 * (POSITIONS + random.uniform(-0.3, 0.3, POSITIONS.shape))
    found = np.flatnonzero(irregular_spectra(spectra, positions))
    assert set(found) <= set(rows)
    assert len(found) >= 54


@pytest.mark.parametrize("seed", range(6))
def test_good_maps_have_none(seed):
    assert not irregular_spectra(surface(seed), POSITIONS).any()


@pytest.mark.parametrize("scale", [0.3, 5.0, 300.0])
def test_cosmic_rays_in_counts(scale):
    random = np.random.default_rng(7)
    mean = scale * surface(2, noise=0)
    counts, rows = random.poisson(mean).astype(np.float32), chosen(random)
    assert irregular_spectra(counts, POSITIONS).sum() <= 1
    for row in rows:
        counts[row, random.integers(ENERGIES)] += np.ceil(15 * np.sqrt(mean[row].max() + 1))
    found = np.flatnonzero(irregular_spectra(counts, POSITIONS))
    assert len(np.setdiff1d(found, rows)) <= 1
    # with less than one count a channel a ray of 15 standard deviations is 6 where the noise is even
    assert len(np.intersect1d(found, rows)) >= (45 if scale > 1 else 0)


@pytest.mark.parametrize("seed", range(3))
def test_heavy_tailed_noise_sets_the_scale(seed):
    random = np.random.default_rng(seed)
    spectra = surface(3, noise=0) + NOISE * random.laplace(size=(POINTS, ENERGIES))
    assert irregular_spectra(spectra, POSITIONS).sum() <= POINTS // 400


@pytest.mark.parametrize("width", [2.0, 4.0, 12.0])
@pytest.mark.parametrize("height", [8, 30, 300])
def test_defects_one_point_wide_are_none(width, height):
    random = np.random.default_rng(8)
    spectra, rows = surface(4), chosen(random, 30)
    places = random.uniform(0, ENERGIES, (len(rows), 1))
    spectra[rows] += NOISE * height * np.exp(-0.5 * ((np.arange(ENERGIES) - places) / width) ** 2)
    assert not irregular_spectra(spectra, POSITIONS).any()


def test_a_sharp_change_that_neighbours_share_is_a_defect():
    spectra = surface(5)
    spectra[MIDDLE, 70] += 30 * NOISE
    assert list(np.flatnonzero(irregular_spectra(spectra, POSITIONS))) == [MIDDLE]
    near = np.abs(POSITIONS - POSITIONS[MIDDLE]).max(axis=1) == 1
    spectra[near, 70] += 9 * NOISE
    assert not irregular_spectra(spectra, POSITIONS).any()


@pytest.mark.parametrize("positions", [POSITIONS, None], ids=["positions", "none"])
def test_a_sharp_change_at_the_same_energy_in_many_spectra_is_a_defect(positions):
    random = np.random.default_rng(9)
    spectra, rows = surface(6), chosen(random, 12)
    spectra[rows, 90] += NOISE * random.uniform(20, 40, len(rows))
    other = np.setdiff1d(chosen(random, 30), rows)
    spectra[other, random.integers(0, 85, len(other))] += 25 * NOISE
    assert set(np.flatnonzero(irregular_spectra(spectra, positions))) == set(other)


def test_noise_that_is_correlated_along_energy():
    random = np.random.default_rng(10)
    white = random.normal(0, NOISE, (POINTS, ENERGIES + 40))
    smooth = np.stack([np.convolve(row, np.exp(-np.arange(30) / 5), mode="same") for row in white])[:, 20:-20]
    assert not irregular_spectra(surface(7, noise=0) + smooth, POSITIONS).any()


def test_noise_that_differs_from_spectrum_to_spectrum():
    random = np.random.default_rng(11)
    level = np.exp(random.normal(0, 0.5, (POINTS, 1)))
    spectra = surface(8, noise=0) + NOISE * level * random.normal(size=(POINTS, ENERGIES))
    assert irregular_spectra(spectra, POSITIONS).sum() <= 1


@pytest.fixture(scope="module")
def mixed():
    random = np.random.default_rng(12)
    spectra, rows = surface(9), chosen(random, 40)
    for cause, some in zip(("spike", "step", "telegraph", "hum"), np.split(rows, 4), strict=True):
        spectra[some] += 2 * NOISE * corrupted_by(cause, random, some)
    found = np.flatnonzero(irregular_spectra(spectra, POSITIONS))
    assert set(found) <= set(rows)
    assert len(found) >= 38
    return spectra, found


@pytest.mark.parametrize("change", [lambda x: -1e-9 * x, lambda x: 1e6 * x, lambda x: x + 50, lambda x: x[:, ::-1]])
def test_units_sign_offset_and_direction_of_energy_change_nothing(mixed, change):
    spectra, found = mixed
    assert list(np.flatnonzero(irregular_spectra(change(spectra), POSITIONS))) == list(found)


def test_order_of_points_and_origin_of_positions_change_nothing(mixed):
    spectra, found = mixed
    order = np.random.default_rng(13).permutation(POINTS)
    moved = irregular_spectra(spectra[order], 3e-9 * POSITIONS[order] - 7e-6)
    assert list(np.sort(order[moved])) == list(found)


def test_single_precision_changes_nothing(mixed):
    spectra, found = mixed
    assert list(np.flatnonzero(irregular_spectra(spectra.astype(np.float32), POSITIONS))) == list(found)


@pytest.mark.parametrize("shape", [(1, 160), (49, 160), (60, 11), (60, 12), (50, 40)])
def test_small_maps(shape):
    spectra = np.random.default_rng(14).normal(size=shape)
    assert not irregular_spectra(spectra, np.argwhere(np.ones(shape[:1])).repeat(2, axis=1).astype(float)).any()


def test_maps_without_noise():
    spectra = surface(10, noise=0)
    assert not irregular_spectra(spectra, POSITIONS).any()
    assert not irregular_spectra(np.tile(spectra[:1], (POINTS, 1)), POSITIONS).any()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_hum_like_what_the_majority_does_is_no_part_of_the_majority(seed):
    """Levels that shift over the surface differ by something like the hum that a few spectra have."""
    random = np.random.default_rng(seed)
    y, x = POSITIONS.T / 6
    shift = 0.02 * (np.sin(x) + np.cos(y))[:, np.newaxis]
    levels = sum(np.exp(-(((ENERGY - at - shift) / 0.05) ** 2)) for at in np.linspace(-0.8, 0.8, 7))
    spectra = 1.0 + 0.5 * levels + random.normal(0, NOISE, (POINTS, ENERGIES))
    rows = chosen(random)
    phase, size = random.uniform(0, 2 * np.pi, (len(rows), 1)), random.uniform(3, 9, (len(rows), 1))
    spectra[rows] += NOISE * size * np.sin(2 * np.pi * 9.2 * np.arange(ENERGIES) / ENERGIES + phase)
    found = irregular_spectra(spectra, POSITIONS)
    assert found[rows].mean() > 0.97
    assert found.sum() == found[rows].sum()

"""Noise that depends on the signal is found and made the same everywhere."""

from typing import Any

import numpy as np
import pytest

from didymos.core.noise.noise import noise_of_energies
from didymos.core.noise.stabilisation import StabilisationSettings, find_stabilisation
from didymos.core.surface.nearest import adjacent_pairs

SIDE, ENERGIES = 48, 120
POSITIONS = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).reshape(-1, 2).astype(float)
NEIGHBOURS = adjacent_pairs(POSITIONS)


def expected_counts(lowest=0.15, highest=3.0):
    """Two lines whose strength grows over the surface."""
    energy = np.linspace(0, 1, ENERGIES)
    lines = np.exp(-(((energy - 0.3) / 0.1) ** 2)) + 0.6 * np.exp(-(((energy - 0.7) / 0.15) ** 2)) + 0.1
    bright = np.linspace(lowest, highest, SIDE)[POSITIONS[:, 0].astype(int)]
    return bright[:, np.newaxis] * lines


def counted(mean, seed=0):
    return np.random.default_rng(seed).poisson(mean).astype(float)


def found_in(values) -> Any:
    return find_stabilisation(values, noise_of_energies(values, NEIGHBOURS))


@pytest.mark.parametrize("per_unit", [3.0, 30.0, 3000.0])
def test_the_variance_of_counts_is_their_mean(per_unit):
    found = found_in(counted(per_unit * expected_counts()))
    assert found is not None
    assert found.slope == pytest.approx(1.0, rel=0.3)


@pytest.mark.parametrize("per_unit", [30.0, 3000.0])
def test_stabilised_counts_have_the_noise_one_where_dark_and_where_bright(per_unit):
    mean = per_unit * expected_counts()
    found = found_in(counted(mean))
    noise = found.transform(counted(mean, seed=1)) - found.transform(counted(mean, seed=2))
    bright = POSITIONS[:, 0] >= SIDE / 2
    for some in (bright, ~bright):
        assert np.std(noise[some]) / np.sqrt(2) == pytest.approx(1.0, abs=0.25)


@pytest.mark.parametrize(("factor", "shift"), [(1e-12, 0.0), (-1.0, 0.0), (2.5, -700.0), (-1e6, 3e7)])
def test_units_sign_and_offset_do_not_matter(factor, shift):
    values = counted(30 * expected_counts())
    plain, other = found_in(values), found_in(factor * values + shift)
    assert other.slope == pytest.approx(factor * plain.slope, rel=1e-3)
    same = np.sign(factor) * (other.transform(factor * values + shift))
    # a transformation is free up to a constant
    difference = same - plain.transform(values)
    assert np.ptp(difference) < 2e-3 * np.ptp(same)


def test_the_order_of_the_spectra_does_not_matter():
    values = counted(30 * expected_counts())
    noise = noise_of_energies(values, NEIGHBOURS)
    order = np.random.default_rng(3).permutation(len(values))
    every = StabilisationSettings(largest_sample=SIDE**2)
    plain, other = (find_stabilisation(each, noise, settings=every) for each in (values, values[order]))
    assert plain is not None
    assert other is not None
    assert other.slope == pytest.approx(plain.slope, rel=1e-9)
    assert other.offset == pytest.approx(plain.offset, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_noise_that_does_not_depend_on_the_signal_stays_as_it_is(seed):
    random = np.random.default_rng(seed)
    uneven = np.linspace(0.5, 2, ENERGIES)
    assert found_in(30 * expected_counts() + uneven * random.normal(size=(SIDE**2, ENERGIES))) is None


def test_a_few_bright_spectra_do_not_make_the_noise_depend_on_the_signal():
    random = np.random.default_rng(0)
    values = expected_counts() + 0.1 * random.normal(size=(SIDE**2, ENERGIES))
    chosen = random.choice(SIDE**2, 20, replace=False)
    values[chosen] += 3 * np.exp(-(((np.linspace(0, 1, ENERGIES) - 0.5) / 0.02) ** 2))
    assert found_in(values) is None


def test_spectra_without_noise_and_few_energies_say_nothing():
    assert found_in(expected_counts()) is None
    few = counted(30 * expected_counts())[:, :10]
    assert find_stabilisation(few, np.ones(10)) is None


def test_the_transformation_rises_also_below_the_smallest_variance():
    found = found_in(counted(30 * expected_counts()))
    steps = np.linspace(-200, 400, 2000)[:, np.newaxis] * np.ones(ENERGIES)
    rise = np.diff(found.transform(steps), axis=0)
    assert (rise > 0).all()

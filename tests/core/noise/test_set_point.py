"""Gains and offsets that spectra have without regard to their neighbours."""

from typing import Any

import numpy as np
import pytest

from didymos.core.noise.noise import noise_of_energies
from didymos.core.noise.set_point import find_set_point
from didymos.core.surface.nearest import adjacent_pairs

SIDE, ENERGIES = 40, 80
POSITIONS = np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), axis=-1).reshape(-1, 2).astype(float)
NEIGHBOURS = adjacent_pairs(POSITIONS)
ENERGY = np.linspace(-1, 1, ENERGIES)


def surface(seed=0, noise=0.02):
    """A gap whose edge drifts over the surface, with noise."""
    edge = 0.4 + 0.1 * np.sin(POSITIONS[:, :1] / 9) * np.cos(POSITIONS[:, 1:] / 11)
    clean = 1 / (1 + np.exp(-(np.abs(ENERGY) - edge) / 0.08))
    return clean, noise * np.random.default_rng(seed).normal(size=clean.shape)


def found_in(values) -> Any:
    return find_set_point(values, noise_of_energies(values, NEIGHBOURS), NEIGHBOURS)


def own(seed, width):
    return width * np.random.default_rng(seed).normal(size=(SIDE**2, 1))


@pytest.mark.parametrize(("gain", "offset"), [(0.1, 0.0), (0.0, 0.1), (0.1, 0.1)])
def test_gain_and_offset_of_single_spectra_are_found_and_removed(gain, offset):
    clean, noise = surface()
    values = np.exp(own(1, gain)) * clean + own(2, offset) + noise
    found = found_in(values)
    assert (found.gain, found.offset) == (gain > 0, offset > 0)
    before, after = (np.std(each - clean) for each in (values, found.transform(values)))
    # the drift of the gap changes gain and offset a little, too
    assert after < 0.75 * before


def test_the_gain_of_a_spectrum_is_right():
    clean, noise = surface(noise=0.001)
    clean = np.broadcast_to(clean[0], clean.shape)
    gain = np.exp(own(1, 0.1))
    fitted, offset = found_in(gain * clean + own(2, 0.1) + noise).fit(gain * clean + 3.0)
    assert fitted / np.median(fitted) == pytest.approx(gain[:, 0] / np.median(gain), rel=0.02)
    assert np.std(offset) < 0.05


def test_smooth_gains_and_offsets_are_the_surface():
    clean, noise = surface()
    smooth = 0.2 * np.sin(POSITIONS[:, :1] / 7)
    assert found_in((1 + smooth) * clean + smooth + noise) is None


def test_a_surface_without_them_stays_as_it_is():
    for seed in range(5):
        assert found_in(sum(surface(seed))) is None


def test_where_nothing_regards_the_neighbours_positions_tell_nothing():
    random = np.random.default_rng(0)
    shapes = np.stack([np.ones(ENERGIES), np.abs(ENERGY), ENERGY, ENERGY**3])
    share = random.normal(np.array([1.0, 2.0, 0.0, 0.0]), 1.0, (SIDE**2, 4))
    values = share @ shapes + 0.01 * random.normal(size=(SIDE**2, ENERGIES))
    assert found_in(values) is None


@pytest.mark.parametrize("factor", [1e-12, 1e6])
def test_units_do_not_matter(factor):
    clean, noise = surface()
    values = np.exp(own(1, 0.1)) * clean + own(2, 0.1) + noise
    plain, scaled = found_in(values), found_in(factor * values)
    assert (scaled.gain, scaled.offset) == (plain.gain, plain.offset)
    assert scaled.transform(factor * values) == pytest.approx(factor * plain.transform(values), rel=1e-6)


def test_a_flat_spectrum_has_no_gain():
    assert found_in(np.random.default_rng(0).normal(size=(SIDE**2, ENERGIES))) is None


def test_a_spectrum_without_signal_stays_finite():
    clean, noise = surface()
    found = found_in(np.exp(own(1, 0.1)) * clean + noise)
    assert np.isfinite(found.transform(np.zeros((3, ENERGIES)))).all()

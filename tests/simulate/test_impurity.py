from typing import Any

import numpy as np
import pytest
from naive_simulate import density_by_diagonalisation, real_space_hamiltonian

from didymos.schema import InputError
from didymos.simulate.bands import gapped_semiconductor, iron_pnictide
from didymos.simulate.impurity import Impurity, nambu_exchange, nambu_potential
from didymos.simulate.lattice import Lattice, form_factor, nambu_hamiltonian, wave_vectors
from didymos.simulate.propagators import mesh_size
from didymos.simulate.scattering import density_change

SHAPE = (7, 6)
ENERGY = np.linspace(-150, 150, 31)
BROADENING = 8.0
SUPERCONDUCTOR = iron_pnictide(SHAPE, 22.0, 45.1, 10.0)
SEMICONDUCTOR = gapped_semiconductor(SHAPE, 100.0, 60.0, 50.0)


def charge(site, strength=60.0, orbital=(1.0, -0.4)):
    vector = np.array(orbital) / np.linalg.norm(orbital)
    return Impurity(site, nambu_potential(strength * np.outer(vector, vector)))


def spin(site, strength=70.0):
    return Impurity(site, nambu_exchange(strength * np.eye(2)))


def level(site, strength):
    return Impurity(site, np.array([[strength, 20j], [-20j, 0.5 * strength]]))


def change(hamiltonian, impurities, energy=ENERGY, shape=SHAPE, broadening=BROADENING, **options):
    return density_change(Lattice(hamiltonian), impurities, energy, broadening, shape, 2, **options)


@pytest.mark.parametrize(
    ("hamiltonian", "impurities"),
    [
        (SUPERCONDUCTOR, [charge((2, 3))]),
        (SUPERCONDUCTOR, [charge((0, 0)), charge((1, 1), -40.0), charge((5, 2), 90.0, (1, 1))]),
        (SUPERCONDUCTOR, [charge((3, 3)), charge((3, 3), 30.0, (0, 1))]),
        (SUPERCONDUCTOR, [spin((1, 3)), spin((2, 3), -50.0), charge((5, 5))]),
        (SEMICONDUCTOR, [level((2, 3), -120.0)]),
        (SEMICONDUCTOR, [level((2, 3), -120.0), level((2, 4), 150.0), level((6, 0), 60.0)]),
    ],
    ids=["one", "three", "two on one site", "spins", "semiconductor one", "semiconductor three"],
)
def test_t_matrix_is_exact_diagonalisation(hamiltonian, impurities):
    clean = density_by_diagonalisation(hamiltonian, [], ENERGY, BROADENING, 2)
    exact = density_by_diagonalisation(hamiltonian, impurities, ENERGY, BROADENING, 2)
    assert np.abs(exact - clean).max() > 0.1 * clean.max()
    np.testing.assert_allclose(change(hamiltonian, impurities), exact - clean, atol=1e-4 * clean.max())


def test_spectral_weight_is_conserved_at_every_site():
    energy = np.arange(-4000, 4000, 2.0)
    rho = change(SUPERCONDUCTOR, [charge((2, 3)), charge((4, 1), -80.0)], energy, broadening=6.0)
    moved = np.trapezoid(np.abs(rho), energy, axis=-1)
    assert moved.max() > 0.3
    assert np.abs(np.trapezoid(rho, energy, axis=-1)).max() < 2e-3


@pytest.mark.parametrize("impurities", [[], [charge((2, 3), 0.0)]])
def test_no_strength_is_the_clean_system(impurities):
    assert not change(SUPERCONDUCTOR, impurities).any()


def test_weak_impurity_is_the_born_series():
    weak, half = change(SUPERCONDUCTOR, [charge((2, 3), 0.1)]), change(SUPERCONDUCTOR, [charge((2, 3), 0.05)])
    np.testing.assert_allclose(weak, 2 * half, atol=0.02 * np.abs(weak).max())


def test_translating_an_impurity_translates_the_map():
    there = change(SUPERCONDUCTOR, [charge((1, 2)), charge((3, 5), -30.0)])
    here = change(SUPERCONDUCTOR, [charge((3, 1)), charge((5, 4), -30.0)])
    np.testing.assert_allclose(here, np.roll(there, (2, -1), axis=(0, 1)), atol=1e-5 * np.abs(there).max())


def test_distant_impurities_are_independent_and_near_ones_are_not():
    hamiltonian = gapped_semiconductor((40, 40), 900.0, 350.0, 300.0)
    lattice, energy = Lattice(hamiltonian), np.linspace(-420, 420, 43)

    def interference(distance):
        sites = [(10, 8), (10, 8 + distance)]
        both, first, second = (
            density_change(lattice, [level(site, -900.0) for site in some], energy, 25.0, (20, 40), 2)
            for some in (sites, sites[:1], sites[1:])
        )
        return np.abs(both - first - second).max() / np.abs(first).max()

    assert interference(16) < 0.01
    assert interference(1) > 0.3


def test_part_of_the_lattice_in_tiles_is_the_part_of_the_whole(monkeypatch):
    impurities = [charge((2, 3)), charge((6, 5), -80.0)]
    whole = change(SUPERCONDUCTOR, impurities)
    monkeypatch.setattr("didymos.simulate.scattering.CHUNK_BYTES", 1)
    monkeypatch.setattr("didymos.simulate.scattering.TILE", 3)
    part = change(SUPERCONDUCTOR, impurities, shape=(4, 5))
    np.testing.assert_allclose(part, whole[:4, :5], atol=1e-5 * np.abs(whole).max())


@pytest.mark.parametrize("alpha", [0.3, 0.7, 1.5])
def test_a_spin_binds_states_at_the_energy_of_yu_shiba_and_rusinov(alpha):
    # half-filled chain: G(0, E) = -i / 2t in the normal state, so that pi rho J = J / 2t
    _, kx = wave_vectors((1, 4000))
    gap, hopping = 1.0, 50.0
    band = (-2 * hopping * np.cos(kx))[..., None, None]
    lattice = Lattice(nambu_hamiltonian(band, np.full((1, 4000, 1, 1), gap)))
    energy = np.linspace(-0.999, 0.999, 667) * gap
    impurity = Impurity((0, 0), nambu_exchange(np.array([[2 * hopping * alpha]])))
    rho = density_change(lattice, [impurity], energy, 0.01, (1, 1), 1)[0, 0]
    expected = gap * (1 - alpha**2) / (1 + alpha**2)
    assert abs(energy[rho.argmax()]) == pytest.approx(abs(expected), abs=0.02 * gap)


def test_the_two_spins_are_those_of_the_whole_problem():
    shape, gap = (4, 5), 10.0
    nambu = iron_pnictide(shape, 22.0, 45.1, gap)
    normal, pairing = real_space_hamiltonian(nambu[..., :2, :2]), real_space_hamiltonian(nambu[..., :2, 2:])
    size, start = len(normal), 2 * (1 * 5 + 2)
    exchange = np.zeros((size, size))
    exchange[start : start + 2, start : start + 2] = 55.0 * np.eye(2)

    def density(exchange):
        # on (c_up, c_down, c^+_up, c^+_down), nothing reduced
        zero = np.zeros((size, size))
        top = np.block([[normal + exchange, zero, zero, pairing], [zero, normal - exchange, -pairing, zero]])
        bottom = np.block([[zero, -pairing.conj(), -(normal + exchange).conj(), zero],
                           [pairing.conj(), zero, zero, -(normal - exchange).conj()]])  # fmt: skip
        levels, states = np.linalg.eigh(np.vstack([top, bottom]))
        weight = (np.abs(states[: 2 * size]) ** 2).reshape(2, *shape, 2, -1).sum(axis=(0, 3))
        return weight @ (BROADENING / np.pi / ((ENERGY - levels[:, None]) ** 2 + BROADENING**2))

    exact = density(exchange) - density(0 * exchange)
    ours = sum(change(nambu, [spin((1, 2), strength)], shape=shape) for strength in (55.0, -55.0))
    np.testing.assert_allclose(ours, exact, atol=1e-3 * np.abs(exact).max())


@pytest.mark.parametrize("width", [0.0, 0.4, 1.3])
def test_tip_adds_amplitudes_of_sites(width):
    lattice = Lattice(SEMICONDUCTOR)
    impurities = [level((2, 3), -120.0), level((4, 4), 90.0)]
    seen = density_change(lattice, impurities, ENERGY, BROADENING, SHAPE, 2, tip=width)
    y, x = (np.fft.fftfreq(size) * size for size in SHAPE)
    amplitude = sum(
        np.exp(-((y[:, None] + SHAPE[0] * a) ** 2 + (x + SHAPE[1] * b) ** 2) / (2 * width**2 + 1e-12))
        for a in range(-2, 3)
        for b in range(-2, 3)
    )
    line = np.exp(-(np.arange(-9, 10.0) ** 2) / (2 * width**2 + 1e-12))
    amplitude /= np.sum(line**2)
    clean = density_by_diagonalisation(SEMICONDUCTOR, [], ENERGY, BROADENING, 2, amplitude)
    exact = density_by_diagonalisation(SEMICONDUCTOR, impurities, ENERGY, BROADENING, 2, amplitude)
    np.testing.assert_allclose(seen, exact - clean, atol=2e-4 * clean.max())
    np.testing.assert_allclose(lattice.density(ENERGY, BROADENING, 2, width), clean[0, 0], rtol=1e-4)


def test_form_factor_sees_as_many_states_as_a_site_has():
    ky, kx = wave_vectors((16, 16))
    for width in (0.0, 0.5, 2.0):
        assert np.mean((form_factor(width, ky) * form_factor(width, kx)) ** 2) == pytest.approx(1)
    assert form_factor(1.0, np.array([np.pi])) < 0.05 * form_factor(1.0, np.array([0.0]))


def test_a_reach_keeps_what_is_near_and_ends_what_is_far():
    bands = (900.0, 350.0, 300.0)
    energy, impurities = np.linspace(-600, 600, 25), [level((20, 20), -900.0), level((24, 22), 700.0)]
    options: dict[str, Any] = {"broadening": 25.0, "shape": (64, 64), "components": 2, "tip": 0.8}
    exact = density_change(Lattice(gapped_semiconductor((96, 96), *bands)), impurities, energy, **options)
    small = Lattice(gapped_semiconductor((mesh_size(24),) * 2, *bands))
    ended = density_change(small, impurities, energy, reach=24, **options)
    y, x = np.indices((64, 64))
    distance = np.hypot(y - 20, x - 20)
    near = distance < 8
    np.testing.assert_allclose(ended[near], exact[near], atol=0.01 * np.abs(exact).max())
    np.testing.assert_allclose(ended, exact, atol=0.02 * np.abs(exact).max())
    assert not ended[distance > 32].any()


def test_a_reach_keeps_the_sum_rule_and_any_number_of_tiles(monkeypatch):
    lattice = Lattice(iron_pnictide((48, 48), 22.0, 45.1, 10.0))
    impurities = [charge((5, 6)), charge((9, 20), -80.0), charge((30, 3)), spin((31, 4))]
    energy = np.arange(-4000, 4000, 25.0)
    rho = density_change(lattice, impurities, energy, 60.0, (36, 30), 2, reach=12)
    weight = np.trapezoid(rho, energy, axis=-1)
    assert np.abs(weight).max() < 0.01 * np.trapezoid(np.abs(rho), energy, axis=-1).max()
    monkeypatch.setattr("didymos.simulate.scattering.TILE", 7)
    few = energy[::40]
    tiles = density_change(lattice, impurities, few, 60.0, (36, 30), 2, reach=12)
    np.testing.assert_allclose(tiles, rho[..., ::40], atol=1e-5 * np.abs(rho).max())


def test_a_distant_impurity_of_a_wide_map_costs_and_changes_nothing_elsewhere():
    lattice = Lattice(gapped_semiconductor((48, 48), 900.0, 350.0, 300.0))
    alone = density_change(lattice, [level((10, 10), -900.0)], ENERGY, 25.0, (200, 40), 2, reach=16)
    both = density_change(
        lattice, [level((10, 10), -900.0), level((150, 10), -900.0)], ENERGY, 25.0, (200, 40), 2, reach=16
    )
    np.testing.assert_allclose(both[:40], alone[:40], atol=1e-6 * np.abs(alone).max())
    np.testing.assert_allclose(both[140:], alone[:60], atol=1e-6 * np.abs(alone).max())


def test_bad_input_gets_one_line():
    with pytest.raises(InputError, match="enlarge the lattice"):
        change(SUPERCONDUCTOR, [], shape=(8, 6))
    with pytest.raises(InputError, match="half of the lattice"):
        change(SUPERCONDUCTOR, [], reach=4)
    with pytest.raises(InputError, match="components"):
        change(SUPERCONDUCTOR, [level((0, 0), 1.0)])

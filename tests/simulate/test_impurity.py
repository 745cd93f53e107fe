import numpy as np
import pytest
from naive_simulate import density_by_diagonalisation

from didymos.schema import InputError
from didymos.simulate.bands import gapped_semiconductor, iron_pnictide
from didymos.simulate.impurity import Impurity, density_change, nambu_potential, resolved_density_change
from didymos.simulate.lattice import Lattice

SHAPE = (7, 6)
ENERGY = np.linspace(-150, 150, 31)
BROADENING = 8.0
SUPERCONDUCTOR = iron_pnictide(SHAPE, 22.0, 45.1, 10.0)
SEMICONDUCTOR = gapped_semiconductor(SHAPE, 100.0, 60.0, 50.0)


def charge(site, strength=60.0, orbital=(1.0, -0.4)):
    vector = np.array(orbital) / np.linalg.norm(orbital)
    return Impurity(site, nambu_potential(strength * np.outer(vector, vector)))


def level(site, strength):
    return Impurity(site, np.array([[strength, 20j], [-20j, 0.5 * strength]]))


def change(hamiltonian, impurities, energy=ENERGY, shape=SHAPE, broadening=BROADENING):
    return density_change(Lattice(hamiltonian), impurities, energy, broadening, shape, 2)


@pytest.mark.parametrize(
    ("hamiltonian", "impurities"),
    [
        (SUPERCONDUCTOR, [charge((2, 3))]),
        (SUPERCONDUCTOR, [charge((0, 0)), charge((1, 1), -40.0), charge((5, 2), 90.0, (1, 1))]),
        (SUPERCONDUCTOR, [charge((3, 3)), charge((3, 3), 30.0, (0, 1))]),
        (SEMICONDUCTOR, [level((2, 3), -120.0)]),
        (SEMICONDUCTOR, [level((2, 3), -120.0), level((2, 4), 150.0), level((6, 0), 60.0)]),
    ],
    ids=["one", "three", "two on one site", "semiconductor one", "semiconductor three"],
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


def test_part_of_the_lattice_in_strips_is_the_part_of_the_whole(monkeypatch):
    impurities = [charge((2, 3)), charge((6, 5), -80.0)]
    whole = change(SUPERCONDUCTOR, impurities)
    monkeypatch.setattr("didymos.simulate.impurity.CHUNK_BYTES", 1)
    monkeypatch.setattr("didymos.simulate.lattice.CHUNK_BYTES", 1)
    part = change(SUPERCONDUCTOR, impurities, shape=(4, 5))
    np.testing.assert_allclose(part, whole[:4, :5], atol=1e-5 * np.abs(whole).max())


def test_tip_of_finite_resolution_keeps_the_weight_and_does_not_know_the_edge_of_the_map():
    lattice = Lattice(gapped_semiconductor((40, 40), 900.0, 350.0, 300.0))
    energy = np.array([150.0, 200.0])
    sharp = density_change(lattice, [level((12, 12), -900.0)], energy, 25.0, (24, 24), 2)
    blurred = resolved_density_change(lattice, [level((12, 12), -900.0)], energy, 25.0, (24, 24), 2, 1.5)
    np.testing.assert_allclose(blurred.sum(axis=(0, 1)), sharp.sum(axis=(0, 1)), rtol=0.01)
    corner = resolved_density_change(lattice, [level((0, 0), -900.0)], energy, 25.0, (12, 12), 2, 1.5)
    np.testing.assert_allclose(corner, blurred[12:, 12:], atol=1e-4 * np.abs(blurred).max())


def test_bad_input_gets_one_line():
    with pytest.raises(InputError, match="enlarge the lattice"):
        change(SUPERCONDUCTOR, [], shape=(8, 6))
    with pytest.raises(InputError, match="components"):
        change(SUPERCONDUCTOR, [level((0, 0), 1.0)])

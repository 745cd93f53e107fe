import numpy as np
import pytest
from naive_simulate import greens_function_by_inversion

from didymos.schema import InputError
from didymos.simulate.bands import gapped_semiconductor, iron_pnictide
from didymos.simulate.lattice import Lattice, nambu_hamiltonian, wave_vectors


@pytest.mark.parametrize(
    "hamiltonian",
    [iron_pnictide((5, 6), 22.0, 45.0, 5.0), gapped_semiconductor((6, 5), 900.0, 350.0, 300.0)],
    ids=["superconductor", "semiconductor"],
)
def test_greens_function_is_that_of_inversion(hamiltonian):
    slow = greens_function_by_inversion(hamiltonian, 3.0, 4.0)
    fast = Lattice(hamiltonian).greens_function([3.0], 4.0)[0]
    np.testing.assert_allclose(fast, slow, atol=2e-5 * np.abs(slow).max())


def test_density_is_the_local_greens_function_and_holds_one_state_per_orbital():
    lattice = Lattice(iron_pnictide((8, 8), 22.0, 45.0, 5.0))
    energy = np.linspace(-3000, 3000, 6001)
    density = lattice.density(energy, 5.0, 2)
    local = lattice.greens_function(energy[::500], 5.0)[:, [0, 1], [0, 1], 0, 0]
    np.testing.assert_allclose(density[::500], -local.imag.sum(axis=1) / np.pi, rtol=1e-4)
    # the tails of the Lorentzians hold 2 eta / (pi 3000) of every state
    assert np.trapezoid(density, energy) == pytest.approx(2 * (1 - 2 * 5 / (np.pi * 3000)), rel=1e-3)


def test_pairing_depletes_the_fermi_level_only_and_levels_come_in_pairs():
    with_pairs, without = (
        Lattice(iron_pnictide((64, 64), 22.0, 45.1, gap, shift=0.3)).density([0.0, 20.0], 0.8, 2) for gap in (4.0, 0.0)
    )
    assert with_pairs[0] < 0.6 * without[0]
    assert with_pairs[1] == pytest.approx(without[1], rel=0.1)
    levels = Lattice(iron_pnictide((7, 7), 22.0, 45.1, 5.0)).levels
    np.testing.assert_allclose(levels, -levels[:, ::-1], atol=1e-9)


def test_semiconductor_has_its_gap():
    levels = Lattice(gapped_semiconductor((32, 32), 900.0, 350.0, 300.0)).levels
    assert np.abs(levels).min() == pytest.approx(450.0)


def test_one_electron_band_in_nambu_space_is_the_textbook_formula():
    ky, kx = wave_vectors((6, 8))
    band = -10 * (np.cos(kx) + np.cos(ky)) + 3
    nambu = nambu_hamiltonian(band[..., None, None], np.full((6, 8, 1, 1), 2.0))
    expected = np.sqrt(band**2 + 4.0).ravel()
    np.testing.assert_allclose(Lattice(nambu).levels, np.stack([-expected, expected], axis=-1))


def test_bad_hamiltonians_get_one_line():
    with pytest.raises(InputError, match="not Hermitian"):
        Lattice(np.broadcast_to(np.array([[0, 1.0], [0, 0]]), (4, 4, 2, 2)))
    with pytest.raises(InputError, match="reshape"):
        Lattice(np.zeros((4, 4, 2)))

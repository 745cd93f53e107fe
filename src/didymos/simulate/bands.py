"""Band structures of the ready-made maps: Hamiltonians in k space, energies in mV."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.simulate.lattice import nambu_hamiltonian, wave_vectors

FREE_ELECTRON = 3.80998212e-17  # hbar^2 / 2 m_e in mV m^2 (CODATA 2018)


def iron_pnictide(
    shape: tuple[int, int], hopping: float, chemical_potential: float, gap: float, shift: float = 0.0
) -> NDArray[np.float64]:
    """Return the minimal two-orbital (xz, yz) model of the iron-based superconductors with a sign-changing gap.

    e_x = -2 t1 cos kx - 2 t2 cos ky - 4 t3 cos kx cos ky - mu, e_y with x and y exchanged, e_xy = -4 t4 sin kx sin ky,
    t1 = -t, t2 = 1.3 t, t3 = t4 = -0.85 t; D(k) = D cos kx cos ky. Source: S. Raghu et al., Phys. Rev. B 77, 220503
    (2008); the gap: K. Seo, B. A. Bernevig, J. Hu, Phys. Rev. Lett. 101, 206404 (2008).

    Parameters
    ----------
    shape : (int, int)
        Number of sites (y, x).
    hopping : float
        t in mV.
    chemical_potential : float
        mu in mV.
    gap : float
        D in mV.
    shift : float
        Shift of the wave vectors, see `wave_vectors`.

    Returns
    -------
    ndarray, shape (y, x, 4, 4)
        Bogoliubov-de Gennes Hamiltonian in mV; components 0 and 1 are the electron orbitals.
    """
    ky, kx = wave_vectors(shape, shift)
    t1, t2, t3, t4 = -hopping, 1.3 * hopping, -0.85 * hopping, -0.85 * hopping
    both = -4 * t3 * np.cos(kx) * np.cos(ky) - chemical_potential
    normal = np.empty((*shape, 2, 2))
    normal[..., 0, 0] = -2 * t1 * np.cos(kx) - 2 * t2 * np.cos(ky) + both
    normal[..., 1, 1] = -2 * t2 * np.cos(kx) - 2 * t1 * np.cos(ky) + both
    normal[..., 0, 1] = normal[..., 1, 0] = -4 * t4 * np.sin(kx) * np.sin(ky)
    pairing = gap * (np.cos(kx) * np.cos(ky))[..., None, None] * np.eye(2)
    return nambu_hamiltonian(normal, pairing)


def gapped_semiconductor(
    shape: tuple[int, int], gap: float, hopping: float, hybridisation: float, shift: float = 0.0
) -> NDArray[np.complex128]:
    """Return a two-band semiconductor with a direct gap at k = 0.

    H(k) = [gap / 2 + t (2 - cos kx - cos ky)] s_z + v (sin kx s_x + sin ky s_y). Source: X.-L. Qi, Y.-S. Wu,
    S.-C. Zhang, Phys. Rev. B 74, 085308 (2006), in its trivial phase.

    Parameters
    ----------
    shape : (int, int)
        Number of sites (y, x).
    gap, hopping, hybridisation : float
        Band gap, t and v, in mV.
    shift : float
        Shift of the wave vectors, see `wave_vectors`.

    Returns
    -------
    ndarray, shape (y, x, 2, 2)
        In mV, zero in the middle of the gap; component 0 is the conduction, 1 the valence orbital.
    """
    ky, kx = wave_vectors(shape, shift)
    mass = gap / 2 + hopping * (2 - np.cos(kx) - np.cos(ky))
    hamiltonian = np.empty((*shape, 2, 2), dtype=complex)
    hamiltonian[..., 0, 0], hamiltonian[..., 1, 1] = mass, -mass
    hamiltonian[..., 0, 1] = hybridisation * (np.sin(kx) - 1j * np.sin(ky))
    hamiltonian[..., 1, 0] = hamiltonian[..., 0, 1].conj()
    return hamiltonian


def parabolic_band(
    shape: tuple[int, int], onset: float, effective_mass: float, spacing: float, shift: float = 0.0
) -> NDArray[np.float64]:
    """Return the band of free electrons in two dimensions, on a square lattice that is fine against their waves.

    e(k) = e_0 + 2 t (2 - cos kx - cos ky) with t = hbar^2 / (2 m a^2), which is e_0 + hbar^2 k^2 / 2 m near its bottom:
    a step of m / (2 pi hbar^2) states per energy, area and spin at e_0. Source: S. Datta, Electronic Transport in
    Mesoscopic Systems (Cambridge 1995), ch. 3.5.

    Parameters
    ----------
    shape : (int, int)
        Number of sites (y, x).
    onset : float
        e_0 in mV.
    effective_mass : float
        m in electron masses.
    spacing : float
        a in m.
    shift : float
        Shift of the wave vectors, see `wave_vectors`.

    Returns
    -------
    ndarray, shape (y, x, 1, 1)
        In mV.
    """
    ky, kx = wave_vectors(shape, shift)
    hopping = FREE_ELECTRON / (effective_mass * spacing**2)
    return np.asarray(onset + 2 * hopping * (2 - np.cos(kx) - np.cos(ky)))[..., None, None]

"""Green's functions of a lattice with several orbitals, normal or superconducting (Nambu space), by FFT over k."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from didymos.schema import InputError

CHUNK_BYTES = 64_000_000  # of one chunk of Green's functions: a few fit into the memory of any laptop


def wave_vectors(shape: tuple[int, int], shift: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the wave vectors of a periodic lattice in the order of the FFT.

    Parameters
    ----------
    shape : (int, int)
        Number of sites (y, x).
    shift : float
        Moves every wave vector by this fraction of the spacing; only a mesh without shift is that of a periodic
        lattice, a shifted one samples the infinite lattice better.

    Returns
    -------
    ky, kx : ndarray, shape (y, x)
        Wave vectors times lattice constant, -pi to pi.
    """
    steps = [2 * np.pi * (np.fft.fftfreq(size) + shift / size) for size in shape]
    ky, kx = np.meshgrid(*steps, indexing="ij")
    return ky, kx


def nambu_hamiltonian(normal: NDArray[Any], pairing: NDArray[Any]) -> NDArray[Any]:
    """Build the Bogoliubov-de Gennes Hamiltonian of singlet pairing from normal state and gap.

    H(k) = [[h(k), D(k)], [D(k)^+, -h(-k)^*]] on (c_k_up, c^+_-k_down); with time reversal h(-k)^* = h(k), which is
    taken for granted here. Source: J.-X. Zhu, Bogoliubov-de Gennes Method and Its Applications (Springer 2016), ch. 1.

    Parameters
    ----------
    normal : ndarray, shape (y, x, orbital, orbital)
        Hermitian Hamiltonian of the normal state, energies from the Fermi level, in mV.
    pairing : ndarray, shape (y, x, orbital, orbital)
        Gap matrix, in mV.

    Returns
    -------
    ndarray, shape (y, x, 2 orbital, 2 orbital)
        In mV; the first half of the components are electrons.
    """
    top = np.concatenate([normal, pairing], axis=-1)
    bottom = np.concatenate([pairing.conj().swapaxes(-1, -2), -normal], axis=-1)
    return np.concatenate([top, bottom], axis=-2)


class Lattice:
    """A periodic lattice given by its Hamiltonian in k space, diagonalised once.

    G(R, E) = 1/N sum_k exp(i k R) [E + i eta - H(k)]^-1 = 1/N sum_k,n exp(i k R) u_kn u_kn^+ / (E + i eta - E_kn).
    Source: E. N. Economou, Green's Functions in Quantum Physics (Springer 2006), ch. 5.

    Parameters
    ----------
    hamiltonian : ndarray, shape (y, x, component, component)
        Hermitian Hamiltonian in mV at the wave vectors of `wave_vectors`; the number of sites is that of wave vectors.

    Raises
    ------
    InputError
        Where the Hamiltonian is not of that shape or not Hermitian.
    """

    def __init__(self, hamiltonian: NDArray[Any]) -> None:
        if hamiltonian.ndim != 4 or hamiltonian.shape[2] != hamiltonian.shape[3]:
            raise InputError(
                f"a Hamiltonian of shape {hamiltonian.shape} came; allowed is (y, x, component, component): reshape it"
            )
        if not np.allclose(hamiltonian, hamiltonian.conj().swapaxes(-1, -2)):
            raise InputError("the Hamiltonian is not Hermitian; allowed is H(k) = H(k)^+: correct its elements")
        self.shape: tuple[int, int] = (hamiltonian.shape[0], hamiltonian.shape[1])
        self.components: int = hamiltonian.shape[-1]
        matrices = hamiltonian.reshape(-1, self.components, self.components)
        self.levels, states = np.linalg.eigh(matrices)
        projectors = np.einsum("kin,kjn->knij", states, states.conj())
        self.projectors = projectors.reshape(*self.levels.shape, -1).astype(np.complex64)

    def density(self, energy: ArrayLike, broadening: float, components: int) -> NDArray[np.float64]:
        """Return the local density of states without impurities, summed over the first components.

        rho(E) = -1/pi Im sum_a G_aa(0, E + i eta).

        Parameters
        ----------
        energy : array_like, shape (energy,)
            In mV.
        broadening : float
            Half width eta of the Lorentzian, in mV.
        components : int
            How many components, from the first, count (in Nambu space the electron orbitals).

        Returns
        -------
        ndarray, shape (energy,)
            In states per mV, site and spin.
        """
        diagonal = np.arange(components) * (self.components + 1)
        weight = self.projectors[..., diagonal].real.sum(axis=-1).ravel().astype(float)
        levels = self.levels.ravel()
        lorentzian = [broadening / np.pi / ((e - levels) ** 2 + broadening**2) for e in np.asarray(energy, dtype=float)]
        return np.array([profile @ weight for profile in lorentzian]) / (self.shape[0] * self.shape[1])

    def greens_function(self, energy: ArrayLike, broadening: float) -> NDArray[np.complex64]:
        """Return the retarded Green's function between any site and the site R = 0.

        Parameters
        ----------
        energy : array_like, shape (energy,)
            In mV.
        broadening : float
            Half width eta of the Lorentzian, in mV.

        Returns
        -------
        ndarray, shape (energy, component, component, y, x)
            In 1/mV; negative displacements wrap round (index -1 is R = -1).
        """
        z = np.asarray(energy, dtype=float) + 1j * broadening
        resolvent = (1 / (z[None, :, None] - self.levels[:, None, :])).astype(np.complex64)
        by_k = (resolvent @ self.projectors).transpose(1, 2, 0)
        by_k = by_k.reshape(z.size, self.components, self.components, *self.shape)
        result: NDArray[np.complex64] = scipy.fft.ifft2(by_k, overwrite_x=True)
        return result

    def chunks(self, energy: NDArray[np.float64], broadening: float) -> Iterator[tuple[slice, NDArray[np.complex64]]]:
        """Yield the Green's functions a few energies at a time, so that memory stays small.

        Parameters
        ----------
        energy : ndarray, shape (energy,)
            In mV.
        broadening : float
            Half width eta of the Lorentzian, in mV.

        Yields
        ------
        slice, ndarray
            Which energies, and what `greens_function` returns for them.
        """
        per_energy = 8 * 4 * self.components**2 * self.shape[0] * self.shape[1]
        size = max(1, CHUNK_BYTES // per_energy)
        for start in range(0, energy.size, size):
            part = slice(start, min(start + size, energy.size))
            yield part, self.greens_function(energy[part], broadening)

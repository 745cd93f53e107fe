"""Green's functions of a lattice with several orbitals, normal or superconducting (Nambu space), by FFT over k."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray

from didymos.schema import InputError


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


def form_factor(width: float, wave_vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Fourier transform of the amplitude with which a tip couples to the sites of a row beneath it.

    w(k) = sum_n w_n exp(-i k n), w_n = exp(-n^2 / 2 s^2) / c with sum_n w_n^2 = 1, so that the tip sees as many states
    as a site has. It adds amplitudes, not densities. Sources: J. Tersoff, D. R. Hamann, Phys. Rev. B 31, 805 (1985);
    with the Green's function of a lattice P. Choubey et al., Phys. Rev. B 90, 134520 (2014), eq. (4).

    Parameters
    ----------
    width : float
        s in sites, from 0 (only the site beneath).
    wave_vector : ndarray
        k along the row, times lattice constant.

    Returns
    -------
    ndarray, shape of `wave_vector`
        Real, as the tip is symmetric.
    """
    if width == 0:
        return np.ones_like(wave_vector)
    n = np.arange(1, int(np.ceil(5 * width)) + 1)
    amplitude = np.exp(-(n**2) / (2 * width**2))
    total = 1 + 2 * (np.cos(wave_vector[..., None] * n) @ amplitude)
    return np.asarray(total / np.sqrt(1 + 2 * np.sum(amplitude**2)))


class Lattice:
    """A periodic lattice given by its Hamiltonian in k space, diagonalised once.

    G(R, E) = 1/N sum_k exp(i k R) [E + i eta - H(k)]^-1 = 1/N sum_k,n exp(i k R) u_kn u_kn^+ / (E + i eta - E_kn).
    Source: E. N. Economou, Green's Functions in Quantum Physics (Springer 2006), ch. 5.

    Parameters
    ----------
    hamiltonian : ndarray, shape (y, x, component, component)
        Hermitian Hamiltonian in mV at the wave vectors of `wave_vectors`; the number of sites is that of wave vectors.
    shift : float
        That of its wave vectors; only without shift are Green's functions those of a periodic lattice.

    Raises
    ------
    InputError
        Where the Hamiltonian is not of that shape or not Hermitian.
    """

    def __init__(self, hamiltonian: NDArray[Any], shift: float = 0.0) -> None:
        if hamiltonian.ndim != 4 or hamiltonian.shape[2] != hamiltonian.shape[3]:
            raise InputError(
                f"a Hamiltonian of shape {hamiltonian.shape} came; allowed is (y, x, component, component): reshape it"
            )
        if not np.allclose(hamiltonian, hamiltonian.conj().swapaxes(-1, -2)):
            raise InputError("the Hamiltonian is not Hermitian; allowed is H(k) = H(k)^+: correct its elements")
        self.shape: tuple[int, int] = (hamiltonian.shape[0], hamiltonian.shape[1])
        self.components: int = hamiltonian.shape[-1]
        self.shift = shift
        reverse = np.ix_(*(-np.arange(size) for size in self.shape))
        # G(-R)^T = G(R), as a lattice with inversion or a real Hamiltonian in real space has
        self.reciprocal = shift == 0 and bool(np.allclose(hamiltonian[reverse].swapaxes(-1, -2), hamiltonian))
        matrices = hamiltonian.reshape(-1, self.components, self.components)
        self.levels, self.states = np.linalg.eigh(matrices)

    def tip(self, width: float) -> NDArray[np.float64]:
        """Return `form_factor` at all wave vectors, shape (y * x,), for a width in sites."""
        ky, kx = wave_vectors(self.shape, self.shift)
        return np.asarray(form_factor(width, ky) * form_factor(width, kx)).ravel()

    def density(self, energy: ArrayLike, broadening: float, components: int, tip: float = 0.0) -> NDArray[np.float64]:
        """Return the local density of states without impurities, summed over the first components.

        rho(E) = -1/pi Im sum_a 1/N sum_k |w(k)|^2 G_aa(k, E + i eta).

        Parameters
        ----------
        energy : array_like, shape (energy,)
            In mV.
        broadening : float
            Half width eta of the Lorentzian, in mV.
        components : int
            How many components, from the first, count (in Nambu space the electron orbitals).
        tip : float
            Width of the `form_factor` w, in sites.

        Returns
        -------
        ndarray, shape (energy,)
            In states per mV, site and spin.
        """
        share = (np.abs(self.states[:, :components]) ** 2).sum(axis=1)
        weight = (share * self.tip(tip)[:, None] ** 2).ravel()
        levels = self.levels.ravel()
        energies = np.asarray(energy, dtype=float)
        total = np.array([np.sum(weight / ((each - levels) ** 2 + broadening**2)) for each in energies])
        return broadening / np.pi * total / (self.shape[0] * self.shape[1])

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
        pairs = np.einsum("kin,kjn->knij", self.states, self.states.conj())
        count = self.components
        flat = self.transformed(pairs.reshape(*self.levels.shape, -1), energy, broadening)
        return flat.reshape(-1, count, count, *self.shape)

    def transformed(
        self, weights: NDArray[Any], energy: ArrayLike, broadening: float, even: bool = False
    ) -> NDArray[np.complex64]:
        """Return 1/N sum_k,n exp(i k R) a_kn / (E + i eta - E_kn) for many weights a at once.

        Parameters
        ----------
        weights : ndarray, shape (y * x, level, column)
            a_kn of every column.
        energy : array_like, shape (energy,)
            In mV.
        broadening : float
            Half width eta of the Lorentzian, in mV.
        even : bool
            Whether `is_even` holds for the weights, which saves time.

        Returns
        -------
        ndarray, shape (energy, column, y, x)
            In units of the weights over mV.
        """
        z = np.asarray(energy, dtype=float) + 1j * broadening
        shape = tuple(size // 2 + 1 for size in self.shape) if even else self.shape
        levels, some = (
            part.reshape(*self.shape, *part.shape[1:])[: shape[0], : shape[1]].reshape(-1, *part.shape[1:])
            for part in (self.levels, weights)
        )
        resolvent = (1 / (z[None, :, None] - levels[:, None, :])).astype(np.complex64)
        by_k = (resolvent @ some.astype(np.complex64)).transpose(1, 2, 0)
        shaped = by_k.reshape(z.size, weights.shape[-1], *shape)
        if not even:
            result: NDArray[np.complex64] = scipy.fft.ifft2(shaped, overwrite_x=True)
            return result
        cosines: NDArray[Any] = scipy.fft.dctn(shaped, type=1, axes=(-2, -1), overwrite_x=True)
        cosines /= np.float32(self.shape[0] * self.shape[1])
        half = np.concatenate([cosines, cosines[..., -2:0:-1]], axis=-1)
        return np.concatenate([half, half[..., -2:0:-1, :]], axis=-2)

    def is_even(self, weights: NDArray[Any]) -> bool:
        """Whether levels and weights (y * x, ...) are the same at -ky and at -kx: a quarter of them and cosines do."""
        ny, nx = self.shape
        if ny % 2 or nx % 2:
            return False
        fields = [values.reshape(ny, nx, -1) for values in (self.levels, weights)]
        return all(
            np.array_equal(field, field[-np.arange(ny)]) and np.array_equal(field, field[:, -np.arange(nx)])
            for field in fields
        )

"""Several impurities on a lattice by the exact T-matrix, their interference included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from didymos.schema import InputError
from didymos.simulate.lattice import CHUNK_BYTES, Lattice


@dataclass(frozen=True)
class Impurity:
    """A local potential on one site.

    Parameters
    ----------
    site : (int, int)
        Row and column of the lattice.
    potential : ndarray, shape (component, component)
        Hermitian matrix in mV; in Nambu space U on the electron and -U on the hole components.
    """

    site: tuple[int, int]
    potential: NDArray[Any]


def nambu_potential(potential: NDArray[Any]) -> NDArray[Any]:
    """Return the Nambu matrix [[U, 0], [0, -U^*]] of a potential on the orbitals of a site (both in mV)."""
    zero = np.zeros_like(potential)
    return np.block([[potential, zero], [zero, -potential.conj()]])


def t_matrix(greens_function: NDArray[Any], potential: NDArray[Any]) -> NDArray[np.complex128]:
    """Return the T-matrix T(E) = [1 - V G(E)]^-1 V of all scattering channels together.

    Source: A. V. Balatsky, I. Vekhter, J.-X. Zhu, Rev. Mod. Phys. 78, 373 (2006), eq. (3.6).

    Parameters
    ----------
    greens_function : ndarray, shape (energy, channel, channel)
        Green's function of the clean lattice between the channels, in 1/mV.
    potential : ndarray, shape (channel,)
        Strength of each channel, in mV.

    Returns
    -------
    ndarray, shape (energy, channel, channel)
        In mV.
    """
    v = np.diag(potential).astype(complex)
    one_minus_vg = np.eye(potential.size) - v @ greens_function.astype(complex)
    return np.linalg.solve(one_minus_vg, np.broadcast_to(v, greens_function.shape))


def density_change(
    lattice: Lattice,
    impurities: Sequence[Impurity],
    energy: ArrayLike,
    broadening: float,
    shape: tuple[int, int],
    components: int,
) -> NDArray[np.float32]:
    """Return how impurities change the local density of states at every site.

    drho(r, E) = -1/pi Im sum_ij tr_o [G(r - R_i, E) T_ij(E) G(R_j - r, E)].
    Source: A. V. Balatsky, I. Vekhter, J.-X. Zhu, Rev. Mod. Phys. 78, 373 (2006), sec. III.

    Parameters
    ----------
    lattice : Lattice
        The clean, periodic lattice.
    impurities : sequence of Impurity
        Any number, at any distance; several on one site add up.
    energy : array_like, shape (energy,)
        In mV.
    broadening : float
        Half width of the Lorentzian, in mV.
    shape : (int, int)
        Rows and columns to compute, from the site (0, 0); at most those of the lattice.
    components : int
        The trace goes over this many components, from the first (in Nambu space the electron orbitals).

    Returns
    -------
    ndarray, shape (y, x, energy)
        In states per mV, site and spin.

    Raises
    ------
    InputError
        Where the map is larger than the lattice or a potential does not fit its components.
    """
    if shape[0] > lattice.shape[0] or shape[1] > lattice.shape[1]:
        raise InputError(f"a map of {shape} sites came; allowed are at most {lattice.shape}: enlarge the lattice")
    energies = np.asarray(energy, dtype=float)
    change = np.zeros((energies.size, *shape), dtype=np.float32)
    channels = _channels(impurities, lattice.components)
    if not channels:
        return np.moveaxis(change, 0, -1)
    potential = np.concatenate([strengths for _, _, strengths in channels])
    for part, greens in lattice.chunks(energies, broadening):
        between = np.concatenate([_between(greens, channels, index) for index in range(len(channels))], axis=1)
        scattering = t_matrix(between, potential).astype(np.complex64)
        fields = _displaced(greens, channels, shape, components)
        # a strip of rows at a time, as every channel needs an array of the size of the strip
        per_row = 24 * len(between) * potential.size * components * shape[1]
        height = max(1, CHUNK_BYTES // per_row)
        for start in range(0, shape[0], height):
            rows = slice(start, min(start + height, shape[0]))
            outgoing, incoming = _propagators(fields, channels, rows, shape[1])
            scattered = scattering.swapaxes(1, 2) @ outgoing
            scattered *= incoming
            total = scattered.imag.sum(axis=1).reshape(len(between), components, -1, shape[1]).sum(axis=1)
            change[part, rows] = -total / np.pi
    return np.moveaxis(change, 0, -1)


def resolved_density_change(
    lattice: Lattice,
    impurities: Sequence[Impurity],
    energy: ArrayLike,
    broadening: float,
    shape: tuple[int, int],
    components: int,
    resolution: float,
) -> NDArray[np.float32]:
    """Return `density_change` as a tip of finite lateral resolution sees it: averaged with a Gaussian form factor.

    int dr' w(r - r') drho(r', E), w a normalised Gaussian. Source: J. Tersoff, D. R. Hamann,
    Phys. Rev. B 31, 805 (1985).

    Parameters
    ----------
    lattice, impurities, energy, broadening, shape, components
        As for `density_change`; the lattice must be larger than the map by three times the resolution on each side.
    resolution : float
        Standard deviation of the Gaussian, in sites.

    Returns
    -------
    ndarray, shape (y, x, energy)
        In states per mV, site and spin.

    Raises
    ------
    InputError
        As `density_change`.
    """
    rim = int(np.ceil(3 * resolution))  # of sites outside of the map that the tip still sees
    moved = [Impurity((each.site[0] + rim, each.site[1] + rim), each.potential) for each in impurities]
    wide = (shape[0] + 2 * rim, shape[1] + 2 * rim)
    change = density_change(lattice, moved, energy, broadening, wide, components)
    blurred = gaussian_filter(change, (resolution, resolution, 0), truncate=3.0)
    return np.asarray(blurred[rim : rim + shape[0], rim : rim + shape[1]])


Channels = list[tuple[tuple[int, int], NDArray[Any], NDArray[np.float64]]]


def _channels(impurities: Sequence[Impurity], components: int) -> Channels:
    """Split every potential into its eigenvectors: V = A v A^+; those without strength drop out, exactly."""
    channels: Channels = []
    for impurity in impurities:
        if impurity.potential.shape != (components, components):
            raise InputError(
                f"a potential of shape {impurity.potential.shape} came; allowed is {(components, components)}, as many "
                "components as the lattice has: reshape it"
            )
        strengths, vectors = np.linalg.eigh(impurity.potential)
        kept = np.abs(strengths) > 1e-12 * max(np.abs(strengths).max(), 1e-30)
        if kept.any():
            channels.append((impurity.site, vectors[:, kept], strengths[kept]))
    return channels


def _between(greens: NDArray[np.complex64], channels: Channels, index: int) -> NDArray[np.complex128]:
    """Return A_i^+ G(R_i - R_j) A_j for one i and all j, shape (energy, channel of i, channel)."""
    (row, column), vectors, _ = channels[index]
    ny, nx = greens.shape[-2:]
    blocks = [
        vectors.conj().T @ greens[..., (row - r) % ny, (column - c) % nx] @ other for (r, c), other, _ in channels
    ]
    return np.concatenate(blocks, axis=-1)


@dataclass(frozen=True)
class _Displaced:
    """Contracted Green's functions at every displacement r - R_i that occurs: each impurity is a plain window."""

    last: tuple[int, int]  # largest row and column of an impurity, whose displacements come first
    by_vectors: dict[bytes, tuple[NDArray[np.complex64], NDArray[np.complex64]]]


def _displaced(
    greens: NDArray[np.complex64], channels: Channels, shape: tuple[int, int], components: int
) -> _Displaced:
    rows, columns = ([site[axis] for site, _, _ in channels] for axis in (0, 1))
    y = np.arange(-max(rows), shape[0] - min(rows))
    x = np.arange(-max(columns), shape[1] - min(columns))
    distinct = {vectors.tobytes(): vectors for _, vectors, _ in channels}
    by_vectors = {
        key: _contract(greens, vectors.astype(np.complex64), components, y, x) for key, vectors in distinct.items()
    }
    return _Displaced((max(rows), max(columns)), by_vectors)


def _propagators(
    fields: _Displaced, channels: Channels, rows: slice, width: int
) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Return G(r - R_i) A_i and A_i^+ G(R_i - r) on some rows, shape (energy, channel, component * y * x)."""
    ahead, back = [], []
    for (row, column), vectors, _ in channels:
        top, left = fields.last[0] - row, fields.last[1] - column
        window = (..., slice(top + rows.start, top + rows.stop), slice(left, left + width))
        outgoing, incoming = fields.by_vectors[vectors.tobytes()]
        ahead.append(outgoing[window])
        back.append(incoming[window])
    outgoing, incoming = np.concatenate(ahead, axis=1), np.concatenate(back, axis=1)
    flat = (*outgoing.shape[:2], -1)
    return outgoing.reshape(flat), incoming.reshape(flat)


def _contract(
    greens: NDArray[np.complex64],
    vectors: NDArray[np.complex64],
    components: int,
    y: NDArray[np.integer],
    x: NDArray[np.integer],
) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Return G(r) A and A^+ G(-r) at displacements y, x, both of shape (energy, channel, component, y, x)."""
    count, ranks = greens.shape[0], vectors.shape[1]
    ahead = np.zeros((count, ranks, components, *greens.shape[-2:]), dtype=np.complex64)
    back = np.zeros_like(ahead)
    for j, a in zip(*np.nonzero(vectors), strict=True):  # most elements vanish, so that BLAS would be slower
        ahead[:, a] += vectors[j, a] * greens[:, :components, j]
        back[:, a] += vectors[j, a].conj() * greens[:, j, :components]
    return (
        ahead.take(y, axis=-2, mode="wrap").take(x, axis=-1, mode="wrap"),
        back.take(-y, axis=-2, mode="wrap").take(-x, axis=-1, mode="wrap"),
    )

"""Several impurities on a lattice by the exact T-matrix, their interference included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import ArrayLike, NDArray
from threadpoolctl import threadpool_info, threadpool_limits

from didymos.schema import InputError
from didymos.simulate.impurity import Channel, Impurity, ResonantLevel
from didymos.simulate.lattice import Lattice
from didymos.simulate.propagators import Propagators, PropagatorSource, taper

CHUNK_BYTES = 64_000_000  # of one array of Green's functions: a few fit into the memory of any laptop
TILE = 32  # sites along an edge: only impurities within reach of a tile are summed over it


def t_matrix(greens_function: NDArray[Any], strength: NDArray[Any]) -> NDArray[np.complex128]:
    """Return the T-matrix T(E) = [1 - V G(E)]^-1 V of all scattering channels together.

    Source: A. V. Balatsky, I. Vekhter, J.-X. Zhu, Rev. Mod. Phys. 78, 373 (2006), eq. (3.6).

    Parameters
    ----------
    greens_function : ndarray, shape (energy, channel, channel)
        Green's function of the clean lattice between the channels, in 1/mV.
    strength : ndarray, shape (energy, channel)
        Strength V of each channel, in mV.

    Returns
    -------
    ndarray, shape (energy, channel, channel)
        In mV.
    """
    identity = np.eye(strength.shape[-1])
    one_minus_vg = identity - strength[..., :, None] * greens_function
    return np.linalg.solve(one_minus_vg, strength[..., :, None] * identity)


def density_change(
    lattice: Lattice,
    impurities: Sequence[Impurity | ResonantLevel],
    energy: ArrayLike,
    broadening: float,
    shape: tuple[int, int],
    components: int,
    *,
    tip: float = 0.0,
    reach: int | None = None,
) -> NDArray[np.float32]:
    """Return how impurities change the local density of states that a tip sees above every site.

    drho(r, E) = -1/pi Im sum_ij tr_o [w G(r - R_i, E) T_ij(E) G w(R_j - r, E)].
    Source: A. V. Balatsky, I. Vekhter, J.-X. Zhu, Rev. Mod. Phys. 78, 373 (2006), sec. III; for the tip
    `didymos.simulate.lattice.form_factor`.

    Parameters
    ----------
    lattice : Lattice
        The clean, periodic lattice.
    impurities : sequence of Impurity or ResonantLevel
        Any number, at any distance; several on one site add up.
    energy : array_like, shape (energy,)
        In mV.
    broadening : float
        Half width of the Lorentzian, in mV.
    shape : (int, int)
        Rows and columns to compute, from the site (0, 0).
    components : int
        The trace goes over this many components, from the first (in Nambu space the electron orbitals).
    tip : float
        Width of the form factor w in sites; 0 for a tip that sees one site.
    reach : int, optional
        Distance in sites at which propagation is made to end (`didymos.simulate.propagators.taper`), so that time and
        memory grow as the map does. The lattice, of `mesh_size` sites, then stands for an infinite one. Without it
        the result is that of the periodic lattice, exactly.

    Returns
    -------
    ndarray, shape (y, x, energy)
        In states per mV, site and spin.

    Raises
    ------
    InputError
        Where the map is larger than the lattice or a potential does not fit its components.
    """
    _check(lattice, impurities, shape, reach)
    energies = np.asarray(energy, dtype=float)
    change = np.zeros((energies.size, *shape), dtype=np.float32)
    channels = [channel for impurity in impurities for channel in impurity.channels(energies, broadening)]
    if channels:
        scattering = _Scattering(lattice, channels, broadening, shape, components, tip, reach)
        workers = _allowed_threads()
        # the products are small: a thread for each tile, not several for each product
        with threadpool_limits(1, "blas"), scipy.fft.set_workers(workers), ThreadPoolExecutor(workers) as pool:
            for part in scattering.parts(energies):
                scattering.add(energies, part, change, pool)
    return np.moveaxis(change, 0, -1)


class _Scattering:
    """The sum over all channels, a few energies and a tile of the map at a time."""

    def __init__(
        self,
        lattice: Lattice,
        channels: Sequence[Channel],
        broadening: float,
        shape: tuple[int, int],
        components: int,
        tip: float,
        reach: int | None,
    ) -> None:
        self.broadening, self.components, self.reach = broadening, components, reach
        self.channels = channels
        self.sites = np.array([channel.site for channel in channels])
        self.strength = np.stack([channel.strength for channel in channels], axis=-1)
        parts = [
            {(int(part), each.width): each.vector[part] for part in np.flatnonzero(each.vector)} for each in channels
        ]
        basis = sorted({state for part in parts for state in part})
        self.coefficient = np.array([[part.get(state, 0) for state in basis] for part in parts])  # channel, state
        self.tiles = [(tile, chosen) for tile in _tiles(shape) if (chosen := self._within_reach(tile)).size]
        farthest = max((self._farthest(tile, chosen) for tile, chosen in self.tiles), default=0)
        self.source = PropagatorSource(lattice, basis, components, tip, reach, farthest)
        self.direct = _direct(tip, farthest) if any(channel.direct for channel in channels) else None

    def _within_reach(self, tile: tuple[slice, slice]) -> NDArray[np.intp]:
        """Return which channels reach a tile."""
        if self.reach is None:
            return np.arange(len(self.channels))
        outside = [
            np.maximum(np.maximum(part.start - place, place - part.stop + 1), 0)
            for part, place in zip(tile, self.sites.T, strict=True)
        ]
        return np.flatnonzero(np.hypot(*outside) < self.reach)

    def _farthest(self, tile: tuple[slice, slice], chosen: NDArray[np.intp]) -> int:
        """Return the largest displacement of a tile from its channels along one axis."""
        return max(
            int(max(np.abs(part.start - place).max(), np.abs(part.stop - 1 - place).max()))
            for part, place in zip(tile, self.sites[chosen].T, strict=True)
        )

    def parts(self, energies: NDArray[np.float64]) -> Iterator[slice]:
        """Yield which energies to take at once, so that no array grows large."""
        most = max((chosen.size for _, chosen in self.tiles), default=0)
        window = (2 * self.source.half + 1) ** 2 * self.components * self.source.count
        per_energy = 8 * max(
            self.source.weights[:, 0].size,
            window,
            4 * len(self.channels) ** 2,
            2 * most * self.components * TILE**2,
        )
        size = max(1, CHUNK_BYTES // per_energy)
        for start in range(0, energies.size, size):
            yield slice(start, min(start + size, energies.size))

    def add(
        self, energies: NDArray[np.float64], part: slice, change: NDArray[np.float32], pool: ThreadPoolExecutor
    ) -> None:
        """Put the change at some energies into the array (energy, y, x)."""
        propagators = self.source(energies[part], self.broadening)
        scattering = t_matrix(self._between(propagators), self.strength[part]).astype(np.complex64)

        def over_tile(tile: tuple[slice, slice], chosen: NDArray[np.intp]) -> None:
            outgoing, incoming = self._fields(propagators, tile, chosen)
            some = scattering if chosen.size == len(self.channels) else scattering[:, chosen[:, None], chosen]
            scattered = some.swapaxes(1, 2) @ outgoing
            scattered *= incoming
            size = tuple(each.stop - each.start for each in tile)
            total = scattered.imag.sum(axis=1).reshape(-1, self.components, *size).sum(axis=1)
            change[part, tile[0], tile[1]] = -total / np.pi

        for done in [pool.submit(over_tile, tile, chosen) for tile, chosen in self.tiles]:
            done.result()

    def _between(self, propagators: Propagators) -> NDArray[np.complex64]:
        """Return A_i^+ G(R_i - R_j) A_j between all channels, shape (energy, channel, channel)."""
        count = len(self.channels)
        total = np.zeros((len(propagators.outgoing), count, count), dtype=np.complex64)
        for (first, second), field in propagators.between.items():
            left, right = np.flatnonzero(self.coefficient[:, first]), np.flatnonzero(self.coefficient[:, second])
            displacement = self.sites[left][:, None] - self.sites[right][None]
            y, x = displacement[..., 0] % field.shape[-2], displacement[..., 1] % field.shape[-1]
            share = self.coefficient[left, first].conj()[:, None] * self.coefficient[right, second]
            total[:, left[:, None], right] += share * taper(displacement, self.reach) * field[:, y, x]
        return total

    def _fields(
        self, propagators: Propagators, tile: tuple[slice, slice], chosen: NDArray[np.intp]
    ) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
        """Return w G(r - R_i) A_i and A_i^+ G w(R_i - r) on a tile, shape (energy, channel, component * y * x)."""
        size = tuple(part.stop - part.start for part in tile)
        outgoing = np.zeros((len(propagators.outgoing), chosen.size, self.components, *size), dtype=np.complex64)
        same = propagators.incoming is propagators.outgoing and not np.iscomplexobj(self.coefficient)
        incoming = outgoing if same else np.zeros_like(outgoing)
        ways = [(outgoing, propagators.outgoing, self.coefficient)]
        if not same:
            ways.append((incoming, propagators.incoming, self.coefficient.conj()))
        for index, channel in enumerate(chosen):
            starts = [
                propagators.half + part.start - place for part, place in zip(tile, self.sites[channel], strict=True)
            ]
            rows, columns = (slice(start, start + extent) for start, extent in zip(starts, size, strict=True))
            direct = self.channels[channel].direct
            for target, fields, coefficient in ways:
                for state in np.flatnonzero(coefficient[channel]):
                    field = fields[:, state][..., rows, columns]
                    target[:, index] += np.complex64(coefficient[channel, state]) * field
                if self.direct is not None and direct:
                    target[:, index, 0] += direct * self.direct[rows, columns]
        flat = (*outgoing.shape[:2], -1)
        return outgoing.reshape(flat), incoming.reshape(flat)


def _allowed_threads() -> int:
    """Return how many threads the user lets linear algebra have (OMP_NUM_THREADS and its kin)."""
    return max((pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"), default=1)


def _tiles(shape: tuple[int, int]) -> list[tuple[slice, slice]]:
    rows, columns = ([slice(start, min(start + TILE, size)) for start in range(0, size, TILE)] for size in shape)
    return [(row, column) for row in rows for column in columns]


def _direct(tip: float, half: int) -> NDArray[np.float32]:
    """Return how strongly the tip reaches an impurity at a displacement, 1 above it, for `half` sites around."""
    index = np.arange(-half, half + 1)
    row = np.where(index == 0, 1.0, np.exp(-(index**2) / (2 * tip**2)) if tip > 0 else 0.0)
    return np.outer(row, row).astype(np.float32)


def _check(
    lattice: Lattice, impurities: Sequence[Impurity | ResonantLevel], shape: tuple[int, int], reach: int | None
) -> None:
    if reach is None and (shape[0] > lattice.shape[0] or shape[1] > lattice.shape[1]):
        raise InputError(f"a map of {shape} sites came; allowed are at most {lattice.shape}: enlarge the lattice")
    if reach is not None and 2 * reach > min(lattice.shape):
        raise InputError(
            f"a reach of {reach} sites came; allowed is at most half of the lattice of {lattice.shape}: enlarge it"
        )
    for impurity in impurities:
        if isinstance(impurity, ResonantLevel):
            if lattice.components != 1:
                raise InputError(
                    f"a resonant level came on a lattice of {lattice.components} components; allowed is one: use "
                    "an Impurity"
                )
        elif impurity.potential.shape != (lattice.components, lattice.components):
            raise InputError(
                f"a potential of shape {impurity.potential.shape} came; allowed is "
                f"{(lattice.components, lattice.components)}, as many components as the lattice has: reshape it"
            )

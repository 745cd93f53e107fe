"""Green's functions between impurities, and from impurities to a tip, on a window of displacements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from didymos.simulate.lattice import Lattice

FLAT_SHARE = 0.6  # of the reach over which propagation is left as it is


def mesh_size(reach: int) -> int:
    """Return how many sites a periodic lattice needs so that its images hardly matter within a reach, both in sites."""
    return int(scipy.fft.next_fast_len(max(3 * reach, 48)))


def taper(displacement: NDArray[Any], reach: int | None) -> NDArray[np.float32]:
    """Return a factor that ends propagation smoothly: 1 up to 0.6 of the reach, then falling to 0 at the reach.

    Parameters
    ----------
    displacement : ndarray, shape (..., 2)
        Rows and columns between two sites.
    reach : int or None
        In sites; None for no end.

    Returns
    -------
    ndarray, shape (...,)
        0 to 1. It does not depend on energy, so that the sum rule is kept.
    """
    if reach is None:
        return np.ones(displacement.shape[:-1], dtype=np.float32)
    ratio = np.sqrt((displacement**2).sum(axis=-1)) / reach
    phase = np.clip((ratio - FLAT_SHARE) / (1 - FLAT_SHARE), 0, 1)
    return np.asarray(np.cos(np.pi / 2 * phase) ** 2, dtype=np.float32)


BasisState = tuple[int, float]
"""A component of a site, and the width in sites over which the state spreads (`form_factor`)."""


@dataclass(frozen=True)
class Propagators:
    """What connects impurities with each other and with the tip, for some energies.

    Parameters
    ----------
    between : mapping of (int, int) to ndarray, shape (energy, y, x)
        <a|G(R)|b> of two states a and b, R as `Lattice.greens_function` counts it.
    outgoing, incoming : ndarray, shape (energy, state, component, 2 half + 1, 2 half + 1)
        [w G](R)|a> from an impurity to the tip and <a|[G w](-R) back, from R = -half to half; they are tapered.
    half : int
        In sites.
    """

    between: Mapping[tuple[int, int], NDArray[np.complex64]]
    outgoing: NDArray[np.complex64]
    incoming: NDArray[np.complex64]
    half: int


class PropagatorSource:
    """Makes `Propagators` for a few energies at a time.

    Parameters
    ----------
    lattice : Lattice
        Without shift; with a reach at least twice as large as it.
    states : sequence of BasisState
        The states a and b above, of which those that scatter are made.
    components : int
        The tip sees this many components, from the first.
    tip : float
        Width of its form factor in sites.
    reach : int or None
        Of propagation, in sites; None for no end.
    half : int
        Largest displacement of a tip from an impurity along one axis.
    """

    def __init__(
        self,
        lattice: Lattice,
        states: Sequence[BasisState],
        components: int,
        tip: float,
        reach: int | None,
        half: int,
    ) -> None:
        self.lattice, self.half = lattice, half
        self.count, self.components = len(states), components
        bloch = lattice.states.swapaxes(1, 2)  # (k, level, component)
        local = np.stack([bloch[..., part] * lattice.tip(width)[:, None] for part, width in states], axis=-1)
        seen = bloch[..., :components] * lattice.tip(tip)[:, None, None]
        # with G(-R)^T = G(R) both ways are the same, and <b|G(R)|a> = <a|G(-R)|b>
        self.reciprocal = lattice.reciprocal
        both = [(first, second) for first in range(len(states)) for second in range(len(states))]
        self.pairs = [pair for pair in both if pair[0] <= pair[1]] if self.reciprocal else both
        columns = [local[..., first] * local[..., second].conj() for first, second in self.pairs]
        columns += [
            seen[..., part] * local[..., each].conj() for each in range(len(states)) for part in range(components)
        ]
        if not self.reciprocal:
            columns += [
                local[..., each] * seen[..., part].conj() for each in range(len(states)) for part in range(components)
            ]
        self.weights = np.stack(columns, axis=-1).astype(np.complex64)
        self.even = lattice.is_even(self.weights)
        index = np.arange(-half, half + 1)
        self.rows, self.columns = (index % size for size in lattice.shape)
        self.taper = taper(np.stack(np.meshgrid(index, index, indexing="ij"), axis=-1), reach)

    def __call__(self, energy: NDArray[np.float64], broadening: float) -> Propagators:
        """Return the propagators at some energies, with a Lorentzian half width, both in mV."""
        fields = self.lattice.transformed(self.weights, energy, broadening, self.even)
        pairs, one_way = len(self.pairs), self.count * self.components
        between = {pair: fields[:, index] for index, pair in enumerate(self.pairs)}
        if self.reciprocal:
            # the site -R of a field that wraps round
            rows, columns = (-np.arange(size) for size in self.lattice.shape)
            mirrored = {(b, a): field[:, rows][:, :, columns] for (a, b), field in between.items() if a < b}
            between |= mirrored
        outgoing = self._window(fields[:, pairs : pairs + one_way])
        # reversed, the window runs over -R
        incoming = outgoing if self.reciprocal else self._window(fields[:, pairs + one_way :])[..., ::-1, ::-1]
        return Propagators(between, outgoing, incoming, self.half)

    def _window(self, fields: NDArray[np.complex64]) -> NDArray[np.complex64]:
        """Return fields (energy, column, y, x) at the displacements of the window, tapered."""
        window = fields.take(self.rows, axis=-2).take(self.columns, axis=-1)
        window *= self.taper
        return window.reshape(-1, self.count, self.components, *self.taper.shape)

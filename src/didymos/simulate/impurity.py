"""Impurities: what scatters on a site, as channels with a strength at every energy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Channel:
    """One local state that scatters.

    Parameters
    ----------
    site : (int, int)
        Row and column of the lattice.
    vector : ndarray, shape (component,)
        The state, of unit norm.
    strength : ndarray, shape (energy,)
        Of its potential in mV; it may be complex.
    width : float
        Standard deviation in sites of the Gaussian amplitude with which the state spreads over the sites around.
    direct : float
        Amplitude in 1/mV with which the tip reaches the impurity itself, not by way of the lattice.
    """

    site: tuple[int, int]
    vector: NDArray[Any]
    strength: NDArray[np.complexfloating]
    width: float = 0.0
    direct: float = 0.0


@dataclass(frozen=True)
class Impurity:
    """A local potential on one site, or on a state w that spreads over the sites around it: |w> V <w|.

    Parameters
    ----------
    site : (int, int)
        Row and column of the lattice.
    potential : ndarray, shape (component, component)
        Hermitian matrix V in mV; in Nambu space U on the electron and -U on the hole components.
    width : float
        Standard deviation of the Gaussian w in sites (`didymos.simulate.lattice.form_factor`); 0 for one site. A
        separable potential scatters in one channel for each component, however wide it is.
    """

    site: tuple[int, int]
    potential: NDArray[Any]
    width: float = 0.0

    def channels(self, energy: NDArray[np.float64], broadening: float) -> list[Channel]:
        """Split the potential into its eigenvectors, V = A v A^+; those without strength drop out, exactly."""
        del broadening  # a static potential has no width of its own
        strengths, vectors = np.linalg.eigh(self.potential)
        kept = np.abs(strengths) > 1e-12 * max(np.abs(strengths).max(), 1e-30)
        same = np.ones(energy.size, dtype=complex)
        return [
            Channel(self.site, vectors[:, index], strengths[index] * same, self.width) for index in np.flatnonzero(kept)
        ]


@dataclass(frozen=True)
class ResonantLevel:
    """An impurity with one level that hybridises with the first component of its site.

    Once the level is integrated out it scatters like the potential V^2 / (E + i g - e). A tip that also reaches the
    level itself sees a Fano resonance of both ways. Sources: U. Fano, Phys. Rev. 124, 1866 (1961); for the Kondo
    resonance as such a level A. C. Hewson, The Kondo Problem to Heavy Fermions (Cambridge 1993), ch. 7; for the tip
    O. Ujsaghy et al., Phys. Rev. Lett. 85, 2557 (2000).

    Parameters
    ----------
    site : (int, int)
        Row and column of the lattice.
    level : float
        e in mV.
    coupling : float
        V in mV.
    direct : float
        Amplitude with which the tip reaches the level, relative to that of reaching the site.
    width : float, optional
        g in mV, the half width that the level has without the lattice, as from states of the bulk; otherwise that of
        the levels of the lattice.
    """

    site: tuple[int, int]
    level: float
    coupling: float
    direct: float = 0.0
    width: float | None = None

    def channels(self, energy: NDArray[np.float64], broadening: float) -> list[Channel]:
        """Return the one channel of the level, or none where it is not coupled."""
        if self.coupling == 0:
            return []
        width = broadening if self.width is None else self.width
        strength = self.coupling**2 / (energy + 1j * width - self.level)
        return [Channel(self.site, np.ones(1), strength, direct=self.direct / self.coupling)]


def nambu_potential(potential: NDArray[Any]) -> NDArray[Any]:
    """Return the Nambu matrix [[U, 0], [0, -U^*]] of a potential on the orbitals of a site (both in mV)."""
    zero = np.zeros_like(potential)
    return np.block([[potential, zero], [zero, -potential.conj()]])


def nambu_exchange(exchange: NDArray[Any]) -> NDArray[Any]:
    """Return the Nambu matrix [[J, 0], [0, J^*]] of a classical spin along the axis of quantisation (both in mV).

    A spin up electron feels J, a spin down electron -J; its hole J. With -J in place of J the electron components are
    those of the other spin. Source: A. V. Balatsky, I. Vekhter, J.-X. Zhu, Rev. Mod. Phys. 78, 373 (2006), sec. VI.
    """
    zero = np.zeros_like(exchange)
    return np.block([[exchange, zero], [zero, exchange.conj()]])

"""Landau levels of Dirac electrons: energies, widths, orbits, and the states around a radial potential."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.constants import elementary_charge, hbar
from scipy.special import eval_genlaguerre, gammaln, xlogy

from didymos.simulate.options.landau import CUTOFF

DEGENERACY = 4  # two spins, two valleys
WIDTH_GROWTH = 0.02  # of the half width of a level, per distance from the Fermi energy
RESOLVED = 5.0  # levels are distinct up to 2 pi width / spacing = 5: the waves of their sum are 2 exp(-5) = 1 % there
TAIL = 2.5  # magnetic lengths beyond its radius at which an orbit is cut off; it is normalised after that
FAINT = 0.01  # of the width of a level: what moves it by less is left out


@dataclass(frozen=True, kw_only=True)
class DiracLevels:
    """Landau levels of Dirac electrons.

    E_n = E_D + sgn(n) v_F sqrt(2 e hbar B |n|), of Lorentzian half width Gamma + 0.02 |E_n|: the lifetime of the
    electrons falls in proportion to the distance from the Fermi energy. Sources: D. L. Miller et al., Science 324, 924
    (2009); for the width G. Li, A. Luican, E. Y. Andrei, Phys. Rev. Lett. 102, 176804 (2009).

    Parameters
    ----------
    field : float
        B in T.
    fermi_velocity : float
        v_F in m/s.
    dirac_point : float
        E_D in mV.
    lifetime : float
        Gamma in mV.
    """

    field: float
    fermi_velocity: float
    dirac_point: float
    lifetime: float

    @property
    def magnetic_length(self) -> float:
        """l_B = sqrt(hbar / eB) in m."""
        return float(np.sqrt(hbar / (elementary_charge * self.field)))

    @property
    def weight(self) -> float:
        """States of one level per area, 4 / (2 pi l_B^2) in 1/nm^2."""
        return DEGENERACY / (2 * np.pi * (1e9 * self.magnetic_length) ** 2)

    @property
    def highest(self) -> int:
        """The largest n there is: its level lies at the cutoff."""
        return int((CUTOFF / (self.energy(1) - self.dirac_point)) ** 2)

    @property
    def resolved(self) -> int:
        """The largest n whose level, or that of -n, is distinct from its neighbours."""
        n = np.arange(1, self.highest + 1)
        spacing = self.energy(n + 1) - self.energy(n)
        apart = 2 * np.pi * np.minimum(self.width(n), self.width(-n)) < RESOLVED * spacing
        return int(n[apart].max(initial=0))

    def energy(self, order: ArrayLike) -> NDArray[np.float64]:
        """Return E_n in mV for any orders n."""
        n = np.asarray(order)
        first = 1e3 * self.fermi_velocity * np.sqrt(2 * hbar * self.field / elementary_charge)
        return np.asarray(self.dirac_point + np.sign(n) * first * np.sqrt(np.abs(n)))

    def width(self, order: ArrayLike) -> NDArray[np.float64]:
        """Return the Lorentzian half width in mV for any orders n."""
        return np.asarray(self.lifetime + WIDTH_GROWTH * np.abs(self.energy(order)))

    def comb(self, order: ArrayLike, grid: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density of states (grid) in 1/(mV nm^2) of the orders n without a potential, at energies in mV."""
        density = np.zeros(grid.size)
        for energy, width in zip(self.energy(order).ravel(), self.width(order).ravel(), strict=True):
            density += self.weight * width / np.pi / ((grid - energy) ** 2 + width**2)
        return density

    def field_free(self, grid: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the density of states (grid) without a field, 4 |E - E_D| / [2 pi (hbar v_F)^2], in 1/(mV nm^2).

        Its zero is rounded by the lifetime: |E - E_D| is taken as sqrt[(E - E_D)^2 + Gamma^2].
        """
        speed = 1e12 * hbar / elementary_charge * self.fermi_velocity  # hbar v_F in mV nm
        return np.asarray(DEGENERACY * np.hypot(grid - self.dirac_point, self.lifetime) / (2 * np.pi * speed**2))

    def reach(self, order: int, pitch: float) -> int:
        """Return how many points of a pitch (m) the orbit of an order reaches from its centre."""
        return int(np.ceil((np.sqrt(2 * order + 2) + TAIL) * self.magnetic_length / pitch))

    def margin(self, pitch: float) -> int:
        """Return on how many points around a map the potential is felt: one reach to the centre, one of its orbit."""
        return 2 * self.reach(self.resolved, pitch)

    def orbit(self, order: int, pitch: float) -> NDArray[np.float64]:
        """Return the probability density of a cyclotron orbit of Dirac electrons around its centre, summing to one.

        |F_n(r)|^2 = [f_n(r) + f_{n-1}(r)] / 2, and f_0 for n = 0, with f_m(r) = x^m exp(-x) / (2 pi l_B^2 m!) and
        x = r^2 / (2 l_B^2): a ring of radius sqrt(2m) l_B, whose Fourier transform is L_m(y) exp(-y) with
        y = q^2 l_B^2 / 2: the vortex states of T. Champel, S. Florens, Phys. Rev. B 80, 161311 (2009).

        Parameters
        ----------
        order : int
            n, from 0.
        pitch : float
            Distance of neighbouring points in m.

        Returns
        -------
        ndarray, shape (2 reach + 1, 2 reach + 1)
            Without unit: the share at each point.
        """
        steps = np.arange(-self.reach(order, pitch), self.reach(order, pitch) + 1)
        x = (steps[:, None] ** 2 + steps**2) * (pitch / self.magnetic_length) ** 2 / 2
        density = np.mean([np.exp(xlogy(m, x) - x - gammaln(m + 1)) for m in {order, max(order - 1, 0)}], axis=0)
        return np.asarray(density / density.sum())


@dataclass(frozen=True)
class RadialStates:
    """States of one Landau level around a radial potential.

    Parameters
    ----------
    shift : ndarray, shape (state,)
        How far the potential moves each, in mV.
    share : ndarray, shape (state, 2 reach + 1, 2 reach + 1)
        Which part of the density of the level at each point around the centre is that of each state: they sum to one
        with those left out, which the potential does not move.
    """

    shift: NDArray[np.float64]
    share: NDArray[np.float32]


def radial_states(
    levels: DiracLevels, order: int, potential: Callable[[NDArray[np.float64]], NDArray[np.float64]], pitch: float
) -> RadialStates:
    """Return how a radial potential splits one Landau level, to first order: by its angular momentum.

    epsilon_nm = int d2r |Psi_nm(r)|^2 V(r) with |Psi_nm|^2 = [p_{n,m} + p_{n-1,m+1}] / 2 (Dirac; p_{0,m} for n = 0) and
    p_{n,m}(r) = k! / (k + |m|)! x^|m| exp(-x) L_k^|m|(x)^2 / (2 pi l_B^2), x = r^2 / (2 l_B^2), k = min(n, n + m),
    m >= -n. As measured by A. Luican-Mayer et al., Phys. Rev. Lett. 112, 036804 (2014).

    Parameters
    ----------
    levels : DiracLevels
        Of the surface.
    order : int
        n, from 0; the states of n and -n are alike.
    potential : callable
        V in mV at distances in m.
    pitch : float
        Distance of neighbouring points in m.

    Returns
    -------
    RadialStates
        Those that the potential moves by more than a small part of the width of the level.
    """
    length = levels.magnetic_length
    faint = FAINT * levels.lifetime
    step = min(length / 25, pitch / 4)
    far = np.arange(0.0, 1e5) * step
    ends = float(far[np.abs(potential(far)) > faint].max(initial=0.0)) / length
    # the inner turning point of the last state lies where the potential ends
    momenta = np.arange(-order, int(np.ceil((ends + np.sqrt(2 * order)) ** 2 / 2)) - order + 3)
    outmost = np.sqrt(2 * (momenta[-1] + order) + 1) + np.sqrt(2 * order + 1) + TAIL
    radius = far[: int(outmost * length / step) + 1]
    share = np.array([_share(order, int(m), radius / length) for m in momenta])
    shift = share @ (potential(radius) * radius * step / length**2)
    moved = np.abs(shift) > faint
    shift, share = shift[moved], share[moved]
    reach = int(np.ceil(radius[np.abs(shift) @ share > faint].max(initial=0.0) / pitch))
    steps = pitch * np.arange(reach + 1)
    distance = np.hypot(steps[:, None], steps)
    quadrant = np.array([np.interp(distance, radius, each) for each in share], dtype=np.float32)
    mirrored = ((0, 0), (reach, 0), (reach, 0))
    return RadialStates(shift, np.pad(quadrant.reshape(-1, *distance.shape), mirrored, mode="reflect"))


def _share(order: int, momentum: int, distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 2 pi l_B^2 |Psi_nm|^2 at distances in magnetic lengths."""
    x = distance**2 / 2
    parts = []
    for n, m in {(order, momentum), (order - 1, momentum + 1)} if order else {(0, momentum)}:
        k, a = min(n, n + m), abs(m)
        parts.append(np.exp(xlogy(a, x) - x + gammaln(k + 1) - gammaln(k + a + 1)) * eval_genlaguerre(k, a, x) ** 2)
    return np.asarray(np.mean(parts, axis=0))

"""The local density of states of Landau levels over a smooth potential and around charged impurities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from didymos.simulate.landau_levels import DiracLevels, RadialStates, radial_states
from didymos.simulate.options import Shape

TRUNCATION = 7.0  # exp(-7) = 1e-3 of a characteristic function is left out, in the Lorentzian part alone
ROOM = 8.0  # widths on each side of the moved levels before the period of the Fourier series ends
BLOCK = 16  # times at once
Precision = TypeVar("Precision", np.float32, np.float64)


@dataclass(frozen=True)
class Impurities:
    """Equal impurities with a radial potential.

    Parameters
    ----------
    sites : ndarray, shape (impurity, 2)
        Row and column of each on the map.
    potential : callable
        Potential energy in mV at distances in m.
    """

    sites: NDArray[np.integer]
    potential: Callable[[NDArray[np.float64]], NDArray[np.float64]]


def level_density(
    disorder: NDArray[np.float64],
    impurities: Impurities,
    levels: DiracLevels,
    grid: NDArray[np.float64],
    pitch: float,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Return the local density of states of Landau levels over a smooth potential and around charged impurities.

    rho(r, E) = 4 / (2 pi l_B^2) sum_n int dt / (2 pi) exp[-i t (E - E_n) - Gamma_n |t|] chi_n(r, t), where
    chi_n = <exp(i t V)> is the characteristic function of the potential that the electrons of level n at r feel:
    int d2R |F_n(R - r)|^2 exp[i t V_n(R)] of the smooth potential, with its average V_n(R) over the orbit around the
    guiding centre R, times sum_m s_nm(r - r_i) exp(i t epsilon_nm) for every impurity, around which `radial_states` of
    shares s_nm move by epsilon_nm. So each level keeps its weight at every point, and the density is positive. Levels
    do not mix: the potential changes little over l_B or is small against their spacing, and the smooth one changes
    little over the states around an impurity. Levels too wide to be distinct follow the mean shift of the last one
    that is not. Sources: T. Champel, S. Florens, Phys. Rev. B 80, 161311 (2009), here with the density of the vortex
    states, which is positive, as kernel; K. Hashimoto et al., Phys. Rev. Lett. 101, 256802 (2008).

    Parameters
    ----------
    disorder : ndarray, shape (y + 2 margin, x + 2 margin)
        The smooth potential in mV, of the map and of `DiracLevels.margin` around it.
    impurities : Impurities
        In the same plane.
    levels : DiracLevels
        E_n and Gamma_n.
    grid : ndarray, shape (grid,)
        Even energies E in mV.
    pitch : float
        Distance of neighbouring points in m.

    Returns
    -------
    density : ndarray, shape (y, x, grid)
        In 1/(mV nm^2).
    shift : ndarray, shape (y, x)
        Mean potential that the electrons of the lowest level feel, in mV.
    """
    margin = levels.margin(pitch)
    shape: Shape = (disorder.shape[0] - 2 * margin, disorder.shape[1] - 2 * margin)
    every = np.arange(-levels.highest, levels.highest + 1)
    density = np.empty((*shape, grid.size), dtype=np.float32)
    density[:] = levels.comb(every, grid)
    shifts: list[NDArray[np.float64]] = []
    for order in range(levels.resolved + 1):
        orbit = levels.orbit(order, pitch)
        felt = average_over(cropped(disorder, margin - orbit.shape[0] + 1), orbit)
        states = radial_states(levels, order, impurities.potential, pitch) if len(impurities.sites) else NOTHING
        level = _Level(levels, order, felt, orbit, impurities.sites, states, shape)
        shifts = [*shifts[:1], level.mean_shift()]
        level.add(density, grid)
    furthest = float(np.abs(shifts[-1]).max())
    wide = np.linspace(grid[0] - furthest, grid[-1] + furthest, 2 * grid.size)
    rest = levels.comb(every[np.abs(every) > levels.resolved], wide)
    for row, moved in zip(density, shifts[-1], strict=True):
        if moved.any():
            row += (np.interp(grid - moved[:, None], wide, rest) - np.interp(grid, wide, rest)).astype(np.float32)
    return np.maximum(density, 0, out=density), shifts[0]  # a truncated series knows of zero up to its accuracy


NOTHING = RadialStates(np.zeros(0), np.zeros((0, 1, 1), dtype=np.float32))


@dataclass(frozen=True)
class _Level:
    """The levels n and -n over a potential; see `level_density`."""

    levels: DiracLevels
    order: int
    felt: NDArray[np.float64]
    orbit: NDArray[np.float64]
    sites: NDArray[np.integer]
    states: RadialStates
    shape: Shape

    def mean_shift(self) -> NDArray[np.float64]:
        """Return the mean potential (y, x) in mV that the electrons at each point feel."""
        mean = np.asarray(average_over(self.felt, self.orbit))
        for place, patch in self._patches():
            mean[place] += np.einsum("s,syx->yx", self.states.shift, self.states.share[:, *patch])
        return mean

    def add(self, density: NDArray[np.float32], grid: NDArray[np.float64]) -> None:
        """Add what the potential changes of the density (y, x, grid), row by row so that no second one is made."""
        order = np.array([self.order, -self.order] if self.order else [0])
        energies, widths = self.levels.energy(order), self.levels.width(order)
        largest = float(np.abs(self.felt).max()) + float(np.abs(self.states.shift).max(initial=0.0))
        if largest == 0:
            return
        period = 2 * (largest + ROOM * widths.max())
        count = int(np.ceil(TRUNCATION * period / (2 * np.pi * widths.min())))
        times = 2 * np.pi / period * np.arange(1, count + 1)
        off = grid - energies[:, None]
        near = self.levels.weight * 2 / period * (np.abs(off) < period / 2)
        for some in np.array_split(times, -(-count // BLOCK)):
            decay = near * np.exp(-widths[:, None] * some[:, None, None])
            phase = some[:, None, None] * off
            factors = np.concatenate([(decay * wave(phase)).sum(axis=1) for wave in (np.cos, np.sin)])
            factors = factors.astype(np.float32)
            changed = self._characteristic(some) - 1
            for row, each in zip(density, np.moveaxis(changed, 1, 0), strict=True):
                row += np.concatenate([each.real, each.imag]).T @ factors

    def _characteristic(self, times: NDArray[np.float64]) -> NDArray[np.complex64]:
        """Return chi (time, y, x) at times in 1/mV."""
        function = np.ones((times.size, *self.shape), dtype=np.complex64)
        if self.felt.any():
            waves = np.empty((2, times.size, *self.felt.shape), dtype=np.float32)
            wave, turn = (
                np.exp(1j * time * self.felt).astype(np.complex64) for time in (times[0], times[-1] - times[-2])
            )
            for index in range(times.size):
                waves[:, index] = wave.real, wave.imag
                wave *= turn
            function.real, function.imag = average_over(waves, self.orbit)
        if len(self.states.shift):
            angle = times[:, None] * self.states.shift
            factor = np.ones((times.size, *self.states.share.shape[1:]), dtype=np.complex64)
            factor.real += np.tensordot((np.cos(angle) - 1).astype(np.float32), self.states.share, axes=1)
            factor.imag += np.tensordot(np.sin(angle).astype(np.float32), self.states.share, axes=1)
            for place, patch in self._patches():
                function[:, *place] *= factor[:, *patch]
        return function

    def _patches(self) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
        """Yield for each impurity its neighbourhood on the map, and the matching part of its states."""
        reach = self.states.share.shape[-1] // 2
        for site in self.sites if len(self.states.shift) else ():
            first = [max(int(at) - reach, 0) for at in site]
            last = [min(int(at) + reach + 1, size) for at, size in zip(site, self.shape, strict=True)]
            place = [slice(a, b) for a, b in zip(first, last, strict=True)]
            patch = [
                slice(a - int(at) + reach, b - int(at) + reach) for a, b, at in zip(first, last, site, strict=True)
            ]
            yield (place[0], place[1]), (patch[0], patch[1])


def average_over(field: NDArray[Precision], orbit: NDArray[np.float64]) -> NDArray[Precision]:
    """Return averages of fields over an orbit around every point that lies far enough from the edges (by FFT).

    Parameters
    ----------
    field : ndarray, shape (..., y, x)
        Any unit.
    orbit : ndarray, shape (2 reach + 1, 2 reach + 1)
        Even under inversion, as `DiracLevels.orbit` gives it.

    Returns
    -------
    ndarray, shape (..., y - 2 reach, x - 2 reach)
        In the unit of `field`, and of its precision.
    """
    if not field.any():
        return field[..., orbit.shape[0] - 1 :, orbit.shape[1] - 1 :].copy()
    reach = orbit.shape[0] // 2
    sizes = [scipy.fft.next_fast_len(size, real=True) for size in field.shape[-2:]]
    transform = np.asarray(scipy.fft.rfft2(orbit.astype(field.dtype), sizes))
    product = np.asarray(scipy.fft.rfft2(field, sizes)) * transform
    # what the period folds back ends before 2 reach, where the part that is free of the edges begins
    averaged: NDArray[Precision] = np.asarray(scipy.fft.irfft2(product, sizes))
    return averaged[..., 2 * reach : field.shape[-2], 2 * reach : field.shape[-1]]


def cropped(field: NDArray[np.float64], margin: int) -> NDArray[np.float64]:
    """Return a field (y, x) without a margin on all sides."""
    return field[margin : field.shape[0] - margin, margin : field.shape[1] - margin]

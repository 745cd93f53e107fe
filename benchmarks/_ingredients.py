"""What the synthetic maps of `_families` are made of: smooth fields, defects, lines of a spectrum, nuisances.

Only numpy and the standard library; nothing is shared with `didymos.simulate`. All works on points of any layout: an
image of shape (rows, columns), a line, or scattered points. A field has the shape of the points and a last axis of
length 1, so that it meets the energies.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from _maps import TrueMap
from didymos.schema import spectral_map

WAVES = 80
"""Plane waves in a smooth field."""

VISIBLE = 0.02
"""Under this amplitude a point belongs to the background."""

Profile = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From the distance along y and x to the amplitude of a defect."""


@dataclass(frozen=True)
class Ground:
    """Where the spectra are, and the random numbers of this map.

    Attributes
    ----------
    random : numpy.random.Generator
    y, x : array
        Positions in pixels.
    """

    random: np.random.Generator
    y: np.ndarray
    x: np.ndarray

    def field(self, length: float) -> np.ndarray:
        """Return a smooth random field of mean 0 and standard deviation 1, with this correlation length in pixels."""
        waves = self.random.normal(0, 1 / length, (WAVES, 2))
        start = self.random.uniform(0, 2 * np.pi, WAVES)
        value = sum(
            np.cos(ky * self.y + kx * self.x + phase) for (ky, kx), phase in zip(waves, start, strict=True)
        ) + np.zeros(self.y.shape)
        return np.asarray((value - value.mean()) / value.std())[..., np.newaxis]

    def uneven(self, low: float, high: float) -> float:
        """Return a random number between two bounds, as likely small as large in the logarithm."""
        return float(np.exp(self.random.uniform(np.log(low), np.log(high))))

    def some(self, share: float) -> np.ndarray:
        """Return a random share of the points, one by one."""
        return self.random.random(self.y.shape) < share


@dataclass(frozen=True)
class Defects:
    """Defects on a map.

    Attributes
    ----------
    parts : array, shape (n_kinds, ..., 1)
        How much of the change of each kind is at every point.
    amplitude : array
        1 at the core of a defect.
    kind : array of int
    """

    parts: np.ndarray
    amplitude: np.ndarray
    kind: np.ndarray

    def of_one_kind(self) -> Defects:
        """Return the same defects, all of the same kind."""
        return Defects(self.parts.max(axis=0, keepdims=True), self.amplitude, np.minimum(self.kind, 1))

    def times(self, changes: Sequence[np.ndarray]) -> np.ndarray:
        """Return the changes of the spectra, one change for each kind."""
        return np.asarray(sum(part * change for part, change in zip(self.parts, changes, strict=True)))


def random_of(name: str, seed: int, defects: bool) -> np.random.Generator:
    """Return the random numbers of one map of a family."""
    return np.random.default_rng([seed, int(defects), zlib.crc32(name.encode())])


def image(random: np.random.Generator, rows: tuple[int, int], columns: tuple[int, int] | None = None) -> Ground:
    """Return an image whose numbers of rows and columns lie between bounds."""
    sizes = [int(random.integers(low, high + 1)) for low, high in (rows, columns or rows)]
    y, x = np.indices(sizes).astype(float)
    return Ground(random, y, x)


def numbers(random: np.random.Generator, defects: bool, kinds: int, fewest: int, most: int) -> list[int]:
    """Return how many defects of each kind there are; none without defects."""
    return [int(random.integers(fewest, most + 1)) if defects else 0 for _ in range(kinds)]


def spot(width: float) -> Profile:
    """Return a Gaussian of this standard deviation."""
    return lambda y, x: np.exp(-(y**2 + x**2) / (2 * width**2))


def dumbbell(width: float, distance: float, angle: float) -> Profile:
    """Return two spots side by side."""
    dy, dx = distance / 2 * np.sin(angle), distance / 2 * np.cos(angle)
    one = spot(width)
    return lambda y, x: np.maximum(one(y - dy, x - dx), one(y + dy, x + dx))


def ring(radius: float, width: float) -> Profile:
    """Return a ring."""
    return lambda y, x: np.exp(-((np.hypot(y, x) - radius) ** 2) / (2 * width**2))


def scatter(
    ground: Ground,
    counts: Sequence[int],
    profiles: Profile | Sequence[Profile],
    apart: float,
    *,
    where: np.ndarray | Sequence[np.ndarray] | None = None,
    beside: float = 0.5,
) -> Defects:
    """Place defects apart from each other.

    Parameters
    ----------
    ground : Ground
    counts : sequence of int
        Of each kind.
    profiles : profile or one for each kind
    apart : float
        Least distance of two defects.
    where : array of bool or one for each kind, optional
        Points on which a defect may lie.
    beside : float
        A defect lies off its nearest point by up to this, along each axis.
    """
    forms = [profiles] * len(counts) if callable(profiles) else list(profiles)
    regions = [where] * len(counts) if where is None or isinstance(where, np.ndarray) else list(where)
    places = np.stack([ground.y, ground.x], axis=-1)
    free = np.ones(ground.y.shape, bool)
    shape, strength = np.zeros((2, max(len(counts), 1), *ground.y.shape))
    for kind in ground.random.permutation([kind for kind, count in enumerate(counts) for _ in range(count)]).astype(
        int
    ):
        region = regions[kind]
        allowed = places[free if region is None else free & region]
        if not len(allowed):
            continue
        centre = allowed[ground.random.integers(len(allowed))]
        free &= np.hypot(ground.y - centre[0], ground.x - centre[1]) > apart
        centre = centre + ground.random.uniform(-beside, beside, 2)
        one = forms[kind](ground.y - centre[0], ground.x - centre[1])
        shape[kind] = np.maximum(shape[kind], one)
        strength[kind] = np.maximum(strength[kind], one * ground.random.uniform(0.85, 1.15))
    return _defects(shape, strength)


def along(distance: np.ndarray, width: float, defects: bool) -> Defects:
    """Return a line of defect: the amplitude falls with the distance from the line."""
    shape = np.exp(-(distance**2) / (2 * width**2))[np.newaxis] * defects
    return _defects(shape, shape)


def _defects(shape: np.ndarray, strength: np.ndarray) -> Defects:
    amplitude = shape.max(axis=0)
    kind = np.where(amplitude >= VISIBLE, shape.argmax(axis=0) + 1, 0)
    return Defects(strength[..., np.newaxis], amplitude, kind)


def peak(energy: np.ndarray, centre: np.ndarray | float, width: np.ndarray | float) -> np.ndarray:
    """Return a Gaussian line of height 1."""
    return np.asarray(np.exp(-((energy - centre) ** 2) / (2 * np.square(width))))


def lorentzian(energy: np.ndarray, centre: np.ndarray | float, width: np.ndarray | float) -> np.ndarray:
    """Return a Lorentzian line of height 1; `width` is half the width at half height."""
    return np.asarray(1 / (1 + ((energy - centre) / width) ** 2))


def onset(energy: np.ndarray, start: np.ndarray | float, width: float) -> np.ndarray:
    """Return 0 far under the start and 1 far over it."""
    return np.asarray(1 / (1 + np.exp(-np.clip((energy - start) / width, -40, 40))))


def ramp(energy: np.ndarray, start: np.ndarray | float, width: float) -> np.ndarray:
    """Return 0 far under the start, and far over it a straight line of slope 1."""
    return np.asarray(width * np.logaddexp(0, (energy - start) / width))


def telegraph(ground: Ground, spectra: np.ndarray, which: np.ndarray, size: float, dwell: float) -> np.ndarray:
    """Let a signal switch between two levels while a spectrum is taken, with a mean time of `dwell` energies."""
    random, result = ground.random, spectra.copy()
    for place in np.argwhere(which):
        switches = np.cumsum(random.random(spectra.shape[-1]) < 1 / dwell)
        if switches[-1] == 0:
            switches[random.integers(10, len(switches) - 10) :] += 1
        result[tuple(place)] += random.choice([-1, 1]) * size * random.uniform(0.6, 2) * (switches % 2)
    return result


def spikes(ground: Ground, spectra: np.ndarray, which: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Let cosmic rays hit 1 to 3 energies, from 10 standard deviations of the noise to very many."""
    random, result = ground.random, spectra.copy()
    for place in map(tuple, np.argwhere(which)):
        first, length = random.integers(spectra.shape[-1] - 3), random.integers(1, 4)
        size = 10 * np.exp(abs(random.normal(0, 1.2))) * np.append(1, random.uniform(0.2, 1, length - 1))
        result[place][first : first + length] += size * noise[place][first : first + length]
    return result


def seen(change: np.ndarray, noise: np.ndarray | float, deviations: float) -> np.ndarray:
    """Scale a change so that a filter that knows it sees so many standard deviations in a single spectrum."""
    power = np.sum(np.square(change / noise), axis=-1)
    return np.asarray(change * deviations / np.sqrt(np.median(power)))


def finish(
    name: str,
    ground: Ground,
    energy: np.ndarray,
    spectra: np.ndarray,
    defects: Defects,
    *,
    units: str,
    corrupted: np.ndarray | None = None,
    measured: np.ndarray | None = None,
    phase: np.ndarray | None = None,
) -> TrueMap:
    """Return the map with its truth; `measured` tells values or whole spectra that exist."""
    values = np.asarray(spectra, dtype=np.float32)
    if measured is not None:
        values = np.where(measured if measured.ndim == values.ndim else measured[..., np.newaxis], values, np.nan)
    whole = np.isfinite(values).all(axis=-1).ravel()
    bad = np.zeros(whole.shape, bool) if corrupted is None else corrupted.ravel() & np.isfinite(values).any(-1).ravel()
    if values.ndim == 3:
        data = spectral_map(values, energy, energy_units=units)
    else:
        data = spectral_map(values, energy, energy_units=units, x=ground.x, y=ground.y, length_units="nm")
    amplitude = defects.amplitude.ravel()
    if phase is not None:
        phase = np.where((amplitude < VISIBLE) & whole & ~bad, phase.ravel(), 0)
    return TrueMap(name, data, amplitude, defects.kind.ravel(), whole & ~bad, phase, bad)

"""Synthetic maps with the nuisances of real instruments, set aside.

Nobody tunes on these families: they are for a last test. Whoever has looked at single figures of didymos on one of them
moves it to `_families_more` and writes another here. The contrasts were chosen by the ceiling alone (see `nuisances`).

A family is what it is in `_families`.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, gaussian_filter1d

from _families import inside_of
from _ingredients import (
    Ground,
    along,
    comb,
    dumbbell,
    finish,
    image,
    lorentzian,
    numbers,
    onset,
    peak,
    random_of,
    ring,
    scatter,
    seen,
    spot,
)
from _maps import TrueMap


def vortices(seed: int, defects: bool) -> TrueMap:
    """STS of a superconductor in a field: the vortices fill the gap; the gain has 1/f noise along the scan."""
    random = random_of("vortices", seed, defects)
    ground = image(random, (45, 75))
    energy = np.linspace(-5, 5, random.integers(80, 300))
    gap, broadened = 1.3 + 0.03 * ground.field(9), energy - 0.3j
    bare = np.abs(np.real(broadened / np.sqrt(broadened**2 - gap**2)))
    noise = ground.uneven(0.03, 0.08)
    found = scatter(ground, numbers(random, defects, 1, 6, 12), spot(random.uniform(1.3, 1.9)), 8)
    change = seen(1 + 0.4 * peak(energy, 0, 0.4) - bare, noise, random.uniform(14, 24))
    spectra = (bare + 0.02 * ground.field(10) * energy / 5 + found.times([change])) * (1 + 0.03 * flicker(ground))
    spectra = spectra + random.normal(0, noise, spectra.shape)
    return finish(f"vortices, {seed}", ground, energy, ground.uneven(1e-12, 1e-9) * spectra, found, units="meV")


def kondo(seed: int, defects: bool) -> TrueMap:
    """STS of many adatoms, hardly wider than a pixel; the tip changes once while the map is taken."""
    random = random_of("kondo", seed, defects)
    ground = image(random, (40, 60))
    energy = np.linspace(-40, 40, random.integers(80, 250))
    after = np.arange(ground.y.size).reshape(*ground.y.shape, 1) > random.uniform(0.3, 0.7) * ground.y.size
    tip = 1 + 0.003 * energy + after * (0.08 * np.tanh((energy - 5) / 15) + 0.05)
    spectra = (1 + 0.03 * ground.field(8) + 0.02 * ground.field(10) * energy / 40) * tip
    noise = ground.uneven(0.02, 0.05) * np.where(after, 1.3, 1)
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 10, 15), spot(random.uniform(0.5, 0.7)), 5, beside=0.3)
    reduced = (energy - 3) / 6
    fano = (0.3 + reduced) ** 2 / (1 + reduced**2) - 1
    steps = onset(energy, 22, 1.5) + onset(-energy, 22, 1.5)
    changes = [seen(shape, noise, random.uniform(18, 30)) for shape in (fano, steps)]
    spectra = spectra + found.times(changes[:kinds]) + random.normal(0, noise, spectra.shape)
    return finish(f"kondo, {seed}", ground, energy, ground.uneven(1e-12, 1e-9) * spectra, found, units="mV")


def zero_loss(seed: int, defects: bool) -> TrueMap:
    """EELS at low losses: the zero-loss peak trembles from spectrum to spectrum; plasmons at the rims of holes."""
    random = random_of("zero_loss", seed, defects)
    ground = image(random, (48, 65))
    energy = np.linspace(-0.8, 5, random.integers(150, 450))
    elastic = lorentzian(energy, 0.01 * flicker(ground) + random.normal(0, 0.01, (*ground.y.shape, 1)), 0.12)
    loss = onset(energy, 3.2, 0.3) * (1 + 0.05 * ground.field(8)) * np.sqrt(np.maximum(energy, 0))
    counts = ground.uneven(3e3, 3e4) * (1 + 0.05 * ground.field(11)) * (elastic + 0.02 * loss + 1e-3)
    kinds = int(random.integers(1, 3))
    shapes = [ring(random.uniform(3, 4), random.uniform(0.9, 1.2)), spot(random.uniform(1.4, 2.2))]
    found = scatter(ground, numbers(random, defects, kinds, 2, 3), shapes[:kinds], 13)
    changes = [seen(peak(energy, at, 0.2), np.sqrt(counts), random.uniform(14, 24)) for at in (2.1, 1.4)]
    spectra = random.poisson(counts + found.times(changes[:kinds]))
    return finish(f"zero loss, {seed}", ground, energy, spectra, found, units="eV")


def eutectic(seed: int, defects: bool) -> TrueMap:
    """Characteristic x-rays of an alloy in lamellae of two phases, with inclusions of a third metal in both."""
    random = random_of("eutectic", seed, defects)
    ground = image(random, (55, 62), (75, 100))
    energy = np.linspace(0.4, 9.5, random.integers(150, 350))
    angle, period = random.uniform(0, np.pi), random.uniform(24, 34)
    across = ground.y * np.sin(angle) + ground.x * np.cos(angle) + 1.5 * ground.field(12)[..., 0]
    mask = np.sin(2 * np.pi * across / period + random.uniform(0, 6)) > random.uniform(-0.3, 0.3)
    cover = gaussian_filter(mask.astype(float), 0.7)[..., np.newaxis]
    width = 0.04 + 0.012 * np.sqrt(energy)
    light = 4 * peak(energy, 1.49, width) + 0.8 * peak(energy, 8.05, width)
    heavy = 2 * peak(energy, 1.49, width) + 2 * peak(energy, 0.93, width) + 2.5 * peak(energy, 8.05, width)
    counts = 0.4 * np.exp(-energy / 4) + 0.15 + (1 + 0.04 * ground.field(9)) * ((1 - cover) * light + cover * heavy)
    counts = counts * ground.uneven(5, 40) * (1 + 0.02 * flicker(ground))
    inside = [distance_transform_edt(side) > 3 for side in (~mask, mask)]
    found = scatter(ground, numbers(random, defects, 2, 2, 5), spot(random.uniform(1.3, 2)), 9, where=inside)
    found = found.of_one_kind()
    lines = peak(energy, 6.4, width) + 0.15 * peak(energy, 7.06, width) + 0.4 * peak(energy, 0.7, width)
    spectra = random.poisson(counts + found.times([seen(lines, np.sqrt(counts), random.uniform(14, 24))]))
    phase = inside_of([(cover < 0.02)[..., 0], (cover > 0.98)[..., 0]])
    return finish(f"eutectic, {seed}", ground, energy, spectra, found, units="keV", phase=phase)


def segregation(seed: int, defects: bool) -> TrueMap:
    """Masses of secondary ions: the height shifts the masses; the boundaries of two or three grains are decorated."""
    random = random_of("segregation", seed, defects)
    ground = image(random, (45, 80))
    mass = np.linspace(22, 62, random.integers(200, 400))
    shift = 0.03 * ground.field(10)
    heights = {27: 1.0, 28: 0.2, 43: 0.45, 48: 0.7, 59: 0.3}
    lines = np.sum([high * peak(mass, at + shift, 0.2) for at, high in heights.items()], axis=0)
    counts = ground.uneven(8, 60) * (lines * (1 + 0.08 * ground.field(8)) + 0.06) * (1 + 0.03 * flicker(ground))
    bent = Ground(random, ground.y + ground.field(8)[..., 0], ground.x + ground.field(8)[..., 0])
    found = along(grains(bent, int(random.integers(2, 4)))[1], random.uniform(0.7, 1.0), defects)
    decorated = peak(mass, 40 + shift, 0.2) + 0.6 * peak(mass, 23 + shift, 0.2)
    change = seen(decorated, np.sqrt(counts), random.uniform(13, 20))
    spectra = random.poisson(counts + found.times([change]))
    return finish(f"segregation, {seed}", ground, mass, spectra, found, units="u")


def photocurrent(seed: int, defects: bool) -> TrueMap:
    """Photocurrent of a solar cell, aborted: a flickering lamp dims parts of spectra; wide areas collect badly."""
    random = random_of("photocurrent", seed, defects)
    ground = image(random, (42, 62))
    wavelength = np.linspace(420, 900, random.integers(60, 160))
    edge = 800 + random.uniform(2, 4) * ground.field(9)
    spectra = 0.8 * onset(edge, wavelength, 12) * onset(wavelength, 440, 25) * (1 + 0.04 * ground.field(7)) + 0.01
    noise = ground.uneven(0.008, 0.03) * (0.2 + spectra)
    found = scatter(ground, numbers(random, defects, 1, 2, 4), spot(random.uniform(2.2, 3.2)), 14)
    change = seen(-spectra * peak(wavelength, 740, 60), noise, random.uniform(12, 22))
    spectra = (spectra + found.times([change])) * (1 + 0.015 * flicker(ground))
    spectra = spectra + random.normal(0, noise, spectra.shape)
    corrupted, number = ground.some(random.uniform(0.01, 0.04)), np.arange(len(wavelength))
    start, length = random.integers(0, len(number) // 2, (2, *corrupted.shape, 1))
    dimmed = (number >= start) & (number < start + 4 + length // 2) & corrupted[..., np.newaxis]
    spectra = spectra * (1 - dimmed * random.uniform(0.1, 0.5, (*corrupted.shape, 1)))
    spectra = ground.uneven(1e-10, 1e-6) * spectra
    measured = ground.y < ground.y.shape[0] - random.integers(0, ground.y.shape[0] // 4)
    case = (f"photocurrent, {seed}", ground, wavelength, spectra, found)
    return finish(*case, units="nm", corrupted=corrupted, measured=measured)


def tip_enhanced(seed: int, defects: bool) -> TrueMap:
    """Raman lines under a tip, a small map: the enhancement blinks, and soot gives some spectra lines of their own."""
    random = random_of("tip_enhanced", seed, defects)
    ground = image(random, (20, 30))
    shift = np.linspace(850, 1700, random.integers(150, 400))
    blinks = np.exp(0.12 * ground.field(6) + random.normal(0, 0.1, (*ground.y.shape, 1)))
    lines = comb(shift, {1010: 0.4, 1190: 0.7, 1340: 0.6, 1575: 1.0}, 9)
    bright = ground.uneven(150, 1500)
    counts = bright * blinks * (lines + 0.15) + 0.3 * bright
    found = scatter(ground, numbers(random, defects, 1, 2, 3), spot(random.uniform(1.1, 1.5)), 7)
    other = blinks * comb(shift, {1085: 1.0, 1460: 0.6}, 10)
    counts = counts + found.times([seen(other, np.sqrt(counts), random.uniform(14, 24))])
    corrupted = ground.some(random.uniform(0.02, 0.05))
    for place in map(tuple, np.argwhere(corrupted)):
        for at in random.uniform(900, 1650, random.integers(1, 4)):
            soot = lorentzian(shift, at, random.uniform(10, 40))
            counts[place] += seen(soot, np.sqrt(counts[place]), random.uniform(12, 40))
    spectra = random.poisson(counts)
    return finish(f"tip enhanced, {seed}", ground, shift, spectra, found, units="1/cm", corrupted=corrupted)


def fringes(seed: int, defects: bool) -> TrueMap:
    """Infrared near-field spectra with fringes of an etalon that drift; the Fourier transform correlates the noise."""
    random = random_of("fringes", seed, defects)
    ground = image(random, (45, 70))
    band = np.linspace(900, 1800, random.integers(80, 250))
    spectra = 0.2 + (1 + 0.04 * ground.field(7)) * comb(band, {1240: 0.8, 1460: 0.3, 1730: 1.0}, 16)
    wave = 2 * np.pi * band / random.uniform(90, 160) + 0.5 * ground.field(20)
    spectra = spectra + 0.04 * np.cos(wave) + 0.03 * ground.field(11) * (band - 1350) / 450
    noise = ground.uneven(0.02, 0.05)
    kinds = int(random.integers(1, 4))
    shapes = [spot(random.uniform(1.3, 2)), spot(random.uniform(1.8, 2.4)), dumbbell(1.3, 4.2, random.uniform(0, 3))]
    found = scatter(ground, numbers(random, defects, kinds, 2, 3), shapes[:kinds], 11)
    changes = [seen(lorentzian(band, at, 20), noise, random.uniform(18, 30)) for at in (1650, 1090, 1545)]
    rough = gaussian_filter1d(random.normal(size=(*ground.y.shape, len(band))), random.uniform(0.7, 1.3), axis=-1)
    spectra = spectra + found.times(changes[:kinds]) + noise * rough / rough.std()
    return finish(f"fringes, {seed}", ground, band, ground.uneven(1e-2, 1e3) * spectra, found, units="1/cm")


def kelvin(seed: int, defects: bool) -> TrueMap:
    """Shift of the frequency against the bias, a parabola that wanders: dips where charge jumps, in rings and spots."""
    random = random_of("kelvin", seed, defects)
    ground = image(random, (45, 65))
    bias = np.linspace(-1.2, 1.2, random.integers(80, 220))
    contact = 0.1 + 0.06 * ground.field(9) + 0.03 * flicker(ground)
    spectra = -(1 + 0.04 * ground.field(7)) * (bias - contact) ** 2 - 2 + 0.1 * ground.field(8)
    noise = ground.uneven(0.01, 0.03)
    kinds = int(random.integers(1, 3))
    shapes = [ring(random.uniform(2.8, 3.8), random.uniform(0.9, 1.2)), spot(random.uniform(1.4, 2.2))]
    found = scatter(ground, numbers(random, defects, kinds, 2, 3), shapes[:kinds], 13)
    changes = [seen(-peak(bias, at, 0.08), noise, random.uniform(14, 24)) for at in (0.6, -0.7)]
    slow = random.normal(0, 0.1, (*ground.y.shape, len(bias))).cumsum(axis=-1)
    spectra = spectra + found.times(changes[:kinds]) + noise * (slow + random.normal(size=slow.shape))
    corrupted, number = ground.some(random.uniform(0.01, 0.04)), np.arange(len(bias))
    late = (number > random.integers(10, len(bias) - 10, (*corrupted.shape, 1))) & corrupted[..., np.newaxis]
    size = random.choice([-1, 1], (*corrupted.shape, 1)) * random.uniform(6, 30, (*corrupted.shape, 1))
    spectra = spectra + late * noise * size
    return finish(f"kelvin, {seed}", ground, bias, 10 * spectra, found, units="V", corrupted=corrupted)


def core_levels(seed: int, defects: bool) -> TrueMap:
    """Photoelectrons of a core level on two terminations of a crystal, which charge unevenly; defects on both."""
    random = random_of("core_levels", seed, defects)
    ground = image(random, (50, 75))
    energy = np.linspace(128, 142, random.integers(80, 250))
    mask = np.array([False])
    while not 0.3 < mask.mean() < 0.7:
        mask = (random.random(10) < 0.5)[grains(ground, int(random.integers(5, 9)))[0]]
    cover = gaussian_filter(mask.astype(float), 0.7)[..., np.newaxis]
    moved = energy - 0.05 * ground.field(12)
    first, second = comb(moved, {133: 1, 134.7: 0.5}, 0.35), comb(moved, {134.2: 0.9, 135.9: 0.45}, 0.35)
    lines = (1 + 0.04 * ground.field(8)) * ((1 - cover) * first + cover * second)
    counts = ground.uneven(80, 800) * (lines + 0.4 + 0.3 * onset(energy, 134.5, 0.8))
    inside = [distance_transform_edt(side) > 3 for side in (~mask, mask)]
    found = scatter(ground, numbers(random, defects, 2, 2, 5), spot(random.uniform(1.3, 2)), 9, where=inside)
    found = found.of_one_kind()
    change = seen(comb(moved, {137.5: 1, 139.2: 0.5}, 0.35), np.sqrt(counts), random.uniform(14, 24))
    spectra = random.poisson(counts + found.times([change]))
    phase = inside_of([(cover < 0.02)[..., 0], (cover > 0.98)[..., 0]])
    return finish(f"core levels, {seed}", ground, energy, spectra, found, units="eV", phase=phase)


def standing_waves(seed: int, defects: bool) -> TrueMap:
    """STS along one line on a metal: waves of the surface state at a step, shorter at higher energy."""
    random = random_of("standing_waves", seed, defects)
    number = int(random.integers(350, 700))
    ground = Ground(random, np.zeros((1, number)), np.arange(number, dtype=float)[np.newaxis])
    energy = np.linspace(-0.6, 0.4, random.integers(100, 300))
    away = ground.x[..., np.newaxis] + 3
    waves = np.cos(0.35 * np.sqrt(np.maximum(energy / 0.45 + 1, 0)) * away) * np.exp(-away / 25)
    spectra = 0.3 + onset(energy, -0.45, 0.02) * (0.7 + 0.1 * waves) * (1 + 0.04 * ground.field(25))
    noise = ground.uneven(0.01, 0.04)
    found = scatter(ground, numbers(random, defects, 1, 4, 8), spot(random.uniform(1.4, 2.4)), 14, beside=0)
    change = seen(peak(energy, -0.52, 0.03) - 0.3 * peak(energy, -0.4, 0.03), noise, random.uniform(14, 24))
    spectra = (spectra + found.times([change])) * (1 + 0.02 * flicker(ground))
    spectra = spectra + random.normal(0, noise, spectra.shape)
    return finish(f"standing waves, {seed}", ground, energy, ground.uneven(1e-3, 1e2) * spectra, found, units="V")


def texture(seed: int, defects: bool) -> TrueMap:
    """Diffraction of a polycrystal, scanned: every grain has its own heights of the lines; a few precipitates."""
    random = random_of("texture", seed, defects)
    ground = image(random, (40, 75))
    angle = np.linspace(22, 50, random.integers(200, 450))
    cells, _ = grains(ground, ground.y.size // int(random.integers(40, 90)))
    strain = 1 + 3e-4 * ground.field(9)
    counts = 0.2 + 0.1 * np.exp(-(angle - 22) / 10) * np.ones((*ground.y.shape, 1))
    for at, high in ((28.4, 1.0), (32.9, 0.5), (47.3, 0.8)):
        bright = np.exp(random.normal(0, 0.12, cells.max() + 1))[cells][..., np.newaxis]
        counts = counts + high * bright * peak(angle, at * strain, 0.22)
    counts = counts * ground.uneven(30, 400)
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 3, 7), spot(random.uniform(1.1, 1.8)), 8)
    lines = [peak(angle, first, 0.25) + 0.5 * peak(angle, second, 0.25) for first, second in ((38.5, 44.7), (30.6, 36))]
    changes = [seen(shape, np.sqrt(counts), random.uniform(14, 24)) for shape in lines]
    spectra = random.poisson(counts + found.times(changes[:kinds]))
    return finish(f"texture, {seed}", ground, angle, spectra, found, units="degree")


def flicker(ground: Ground) -> np.ndarray:
    """Return 1/f noise along the scan, of mean 0 and standard deviation 1."""
    waves = np.fft.rfft(ground.random.normal(size=ground.y.size))
    value = np.fft.irfft(waves / np.sqrt(np.maximum(np.arange(len(waves)), 1)), ground.y.size)
    return np.asarray((value - value.mean()) / value.std()).reshape(*ground.y.shape, 1)


def grains(ground: Ground, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the grain at every point, from 0, and the distance from the nearest boundary."""
    centres = ground.random.uniform(0.1, 0.9, (number, 2)) * [ground.y.max(), ground.x.max()]
    squares = np.array([(ground.y - y) ** 2 + (ground.x - x) ** 2 for y, x in centres])
    first, second = np.argsort(squares, axis=0)[:2]
    gap = np.linalg.norm(centres[first] - centres[second], axis=-1)
    return first, np.diff(np.sort(squares, axis=0)[:2], axis=0)[0] / (2 * gap)


FAMILIES = (
    vortices,
    kondo,
    zero_loss,
    eutectic,
    segregation,
    photocurrent,
    tip_enhanced,
    fringes,
    kelvin,
    core_levels,
    standing_waves,
    texture,
)
"""All families of this file."""

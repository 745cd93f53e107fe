"""More synthetic maps with the nuisances of real instruments, for development.

A family is what it is in `_families`. These were set aside once and have been looked at since.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter

import _families
from _families import inside_of
from _ingredients import (
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
    spikes,
    spot,
)
from _maps import TrueMap


def bright_columns(seed: int, defects: bool) -> TrueMap:
    """Cathodoluminescence of wires side by side, a long strip: on a wire there are ten times the counts."""
    random = random_of("bright_columns", seed, defects)
    ground = image(random, (22, 30), (120, 150))
    wavelength = np.linspace(350, 600, random.integers(100, 400))
    across = ground.x[..., np.newaxis]
    period = random.uniform(18, 30)
    wires = 0.15 + np.exp(2 * np.cos(2 * np.pi * across / period) - 2) * (1 + 0.15 * ground.field(8))
    centre = 440 + 1.5 * ground.field(8)
    counts = wires * (0.7 * peak(wavelength, 368, 5) + peak(wavelength, centre, 11)) + 0.03
    counts *= ground.uneven(100, 1000)
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 2, 6), spot(random.uniform(1.3, 2.2)), 9)
    changes = [seen(wires * peak(wavelength, at, 12), np.sqrt(counts), random.uniform(16, 26)) for at in (530, 400)]
    spectra = random.poisson(counts + found.times(changes[:kinds]))
    return finish(f"bright columns, {seed}", ground, wavelength, spectra, found, units="nm")


def uneven_noise(seed: int, defects: bool) -> TrueMap:
    """STS of a charge density wave: the noise differs from spectrum to spectrum and from line to line."""
    random = random_of("uneven_noise", seed, defects)
    ground = image(random, (50, 90))
    energy = np.linspace(-100, 100, random.integers(80, 300))
    wave = np.cos(2 * np.pi * (ground.x + 0.4 * ground.y) / 5.3)[..., np.newaxis]
    gap = 1 - 0.6 * (1 + 0.1 * ground.field(8)) * peak(energy, 0, 20)
    spectra = gap + 0.08 * wave * np.tanh(energy / 30) + 0.03 * ground.field(10) * energy / 100
    noise = np.exp(random.normal(0, 0.3, ground.y.shape) + random.normal(0, 0.15, (ground.y.shape[0], 1)))
    noise = ground.uneven(0.02, 0.05) * noise[..., np.newaxis]
    kinds = int(random.integers(1, 4))
    shapes = [spot(random.uniform(1.4, 2.2)), spot(random.uniform(1.4, 2.2)), dumbbell(1.3, 4.5, 0.7)]
    found = scatter(ground, numbers(random, defects, kinds, 1, 4), shapes[:kinds], 10)
    changes = [seen(peak(energy, at, 9), noise, random.uniform(22, 32)) for at in (-25, 45, 5)]
    spectra = spectra + found.times(changes[:kinds]) + noise * random.normal(size=spectra.shape)
    return finish(f"uneven noise, {seed}", ground, energy, ground.uneven(1e-12, 1e-9) * spectra, found, units="mV")


def mains_hum(seed: int, defects: bool) -> TrueMap:
    """STS of Landau levels: some spectra carry the hum of the mains, each with a phase of its own."""
    random = random_of("mains_hum", seed, defects)
    ground = image(random, (40, 80))
    energy = np.linspace(-0.25, 0.25, random.integers(150, 400))
    order = np.arange(-4, 5)
    levels = np.sign(order) * 0.075 * np.sqrt(abs(order))
    puddle = 0.006 * ground.field(9)
    spectra = 0.4 + 0.5 * np.sum([lorentzian(energy, at + puddle, 0.012 + 0.03 * abs(at)) for at in levels], axis=0)
    noise = ground.uneven(0.02, 0.06)
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 1, 6), spot(random.uniform(1.5, 2.6)), 10)
    changes = [seen(peak(energy, at + puddle, 0.012), noise, random.uniform(14, 24)) for at in (0.038, -0.19)]
    spectra = spectra + found.times(changes[:kinds]) + random.normal(0, noise, spectra.shape)
    corrupted = ground.some(random.uniform(0.01, 0.06))
    start, size = random.uniform(0, 2 * np.pi, corrupted.shape), random.uniform(3, 9, corrupted.shape)
    swing = np.sin(2 * np.pi * np.arange(len(energy)) / random.uniform(10, 40) + start[..., np.newaxis])
    spectra = spectra + noise * (corrupted * size)[..., np.newaxis] * swing
    scale = ground.uneven(1e-3, 1e2)
    return finish(f"mains hum, {seed}", ground, energy, scale * spectra, found, units="V", corrupted=corrupted)


def weak_species(seed: int, defects: bool) -> TrueMap:
    """Raman lines of a polymer and of traces of another; the fluorescence bleaches while the map is taken."""
    random = random_of("weak_species", seed, defects)
    ground = image(random, (30, 70))
    shift = 1e7 / 785 - 1e7 / np.linspace(815, 900, random.integers(150, 500))
    time = np.arange(ground.y.size).reshape(ground.y.shape)[..., np.newaxis] / ground.y.size
    glow = np.exp(-1.5 * time + 0.3 * ground.field(9)) * (1.1 - shift / 4000) * ground.uneven(500, 5000)
    lines = comb(shift, {620: 0.2, 1001: 1.0, 1031: 0.3, 1602: 0.4}, 8)
    counts = glow + ground.uneven(300, 1500) * np.exp(0.1 * ground.field(7)) * lines
    found = scatter(ground, numbers(random, defects, 1, 2, 8), spot(random.uniform(1.2, 2.4)), 8)
    other = comb(shift, {812: 1.0, 990: 0.5, 1450: 0.8}, 10)
    counts = counts + found.times([seen(other, np.sqrt(counts), random.uniform(14, 22))])
    corrupted = ground.some(random.uniform(0.01, 0.04))
    spectra = spikes(ground, random.poisson(counts).astype(float), corrupted, np.sqrt(counts))
    return finish(f"weak species, {seed}", ground, shift, spectra, found, units="1/cm", corrupted=corrupted)


def band_shift(seed: int, defects: bool) -> TrueMap:
    """Photoluminescence: the band wanders by several of its widths; a trap emits at a fixed distance under it."""
    random = random_of("band_shift", seed, defects)
    ground = image(random, (40, 80))
    energy = np.linspace(1.2, 2.1, random.integers(80, 300))
    centre = 1.75 + random.uniform(0.03, 0.05) * ground.field(10)
    spectra = np.exp(0.1 * ground.field(8)) * peak(energy, centre, 0.03) + 0.02
    noise = ground.uneven(0.01, 0.03) * np.sqrt(0.3 + spectra)
    found = scatter(ground, numbers(random, defects, 1, 3, 7), spot(random.uniform(1.8, 3)), 11)
    change = seen(peak(energy, centre - 0.25, 0.04), noise, random.uniform(16, 28))
    spectra = spectra + found.times([change]) + noise * random.normal(size=spectra.shape)
    return finish(f"band shift, {seed}", ground, energy, ground.uneven(1, 1e4) * spectra, found, units="eV")


def dopant_atoms(seed: int, defects: bool) -> TrueMap:
    """EELS of single dopant atoms in the columns of a crystal, on a small map."""
    random = random_of("dopant_atoms", seed, defects)
    ground = image(random, (20, 30))
    energy = np.linspace(800, 880, random.integers(80, 250))
    bright = np.cos(np.pi * ground.y / 2) * np.cos(np.pi * ground.x / 2)
    counts = ground.uneven(200, 3000) * (1 + 0.2 * bright[..., np.newaxis]) * (energy / 800) ** -3.2
    counts = counts * (1 + 0.02 * ground.field(8))
    sites = (ground.y % 2 == 0) & (ground.x % 4 == ground.y % 4)
    found = scatter(ground, numbers(random, defects, 1, 4, 7), spot(0.8), 4.5, where=sites, beside=0.1)
    edge = peak(energy, 832, 1.8) + 0.8 * peak(energy, 849, 1.8) + 0.2 * onset(energy, 832, 2)
    spectra = random.poisson(counts + found.times([seen(edge, np.sqrt(counts), random.uniform(18, 30))]))
    return finish(f"dopant atoms, {seed}", ground, energy, spectra, found, units="eV")


def drifting_scale(seed: int, defects: bool) -> TrueMap:
    """STS of molecules: the energy scale drifts and jumps during the map; the defects are rings of charging."""
    random = random_of("drifting_scale", seed, defects)
    ground = image(random, (50, 90))
    energy = np.linspace(-2.5, 2.5, random.integers(100, 300))
    time = np.linspace(0, 1, ground.y.size)
    shift = random.uniform(-0.1, 0.1) * time
    for start in random.uniform(0.1, 0.9, random.integers(1, 4)):
        shift = shift + random.choice([-1, 1]) * random.uniform(0.03, 0.08) * (time > start)
    scale = energy + shift.reshape(*ground.y.shape, 1)
    levels = (1 + 0.05 * ground.field(8)) * peak(scale, -1.4, 0.25) + 0.7 * peak(scale, 1.3, 0.25)
    noise = ground.uneven(0.02, 0.05)
    kinds = int(random.integers(1, 3))
    shapes = [ring(random.uniform(3, 4.5), random.uniform(0.8, 1.1)), spot(random.uniform(1.5, 2.2))]
    found = scatter(ground, numbers(random, defects, kinds, 2, 5), shapes[:kinds], 15)
    changes = [seen(peak(scale, at, 0.12), noise, random.uniform(15, 25)) for at in (-0.5, 0.5)]
    spectra = 0.1 + levels + found.times(changes[:kinds]) + random.normal(0, noise, levels.shape)
    return finish(f"drifting scale, {seed}", ground, energy, ground.uneven(1e-3, 1e3) * spectra, found, units="V")


def step_edge(seed: int, defects: bool) -> TrueMap:
    """STS of terraces: the slope of the background drifts, the lines have offsets; the defect is the edge of a step."""
    random = random_of("step_edge", seed, defects)
    ground = image(random, (50, 90))
    energy = np.linspace(-150, 100, random.integers(80, 250))
    lines = ground.y.shape[0]
    slope = np.cumsum(random.normal(0, 0.02, lines))
    offset, slope = random.normal(0, 0.06, (lines, 1, 1)), (slope - slope.mean())[:, np.newaxis, np.newaxis]
    spectra = onset(energy, -65 + 1.5 * ground.field(10), 4) + offset + slope * energy / 100 + 0.4
    noise = ground.uneven(0.01, 0.05)
    angle = random.uniform(-0.6, 0.6)
    first = 0.3 * ground.x.max() + random.uniform(-4, 4)
    away = (ground.x - first) * np.cos(angle) + (ground.y - lines / 2) * np.sin(angle)
    if random.random() < 0.5:
        away = np.where(abs(away) < abs(away - 22), away, away - 22)
    found = along(away, random.uniform(0.8, 1.4), defects)
    change = seen(peak(energy, -110, 14) - 0.5 * onset(energy, -65, 8), noise, random.uniform(12, 22))
    spectra = spectra + found.times([change]) + random.normal(0, noise, spectra.shape)
    measured = ground.y < lines - random.integers(0, lines // 4)
    scale = ground.uneven(1e-12, 1e-9)
    return finish(f"step edge, {seed}", ground, energy, scale * spectra, found, units="mV", measured=measured)


def derivative(seed: int, defects: bool) -> TrueMap:
    """Second derivative of the current, of either sign: where the current jumps there is a narrow peak."""
    random = random_of("derivative", seed, defects)
    ground = image(random, (40, 80))
    energy = np.linspace(-120, 120, random.integers(120, 400))

    def mode(at: float, width: float) -> np.ndarray:
        return np.asarray(peak(energy, at, width) - peak(energy, -at, width))

    spectra = (1 + 0.1 * ground.field(7)) * mode(36, 7) + 0.5 * (1 + 0.1 * ground.field(9)) * mode(75, 7)
    noise = ground.uneven(0.05, 0.15)
    kinds = int(random.integers(1, 4))
    shapes = [dumbbell(random.uniform(1.1, 1.6), 4, angle) for angle in (0.3, 1.3, 2.4)]
    found = scatter(ground, numbers(random, defects, kinds, 2, 4), shapes[:kinds], 12)
    changes = [seen(mode(at, 6), noise, random.uniform(15, 25)) for at in (55, 95, 15)]
    spectra = spectra + 0.03 * ground.field(6) + found.times(changes[:kinds]) + random.normal(0, noise, spectra.shape)
    corrupted, number = ground.some(random.uniform(0.01, 0.04)), np.arange(len(energy))
    jumps = random.integers(5, len(energy) - 5, (*corrupted.shape, 1))
    size = random.choice([-1, 1], corrupted.shape) * random.uniform(8, 40, corrupted.shape) * corrupted * noise
    spectra = spectra + size[..., np.newaxis] * peak(number, jumps, random.uniform(0.5, 1.2))
    scale = ground.uneven(1e-12, 1e-6)
    return finish(f"derivative, {seed}", ground, energy, scale * spectra, found, units="mV", corrupted=corrupted)


def few_counts(seed: int, defects: bool) -> TrueMap:
    """Fluorescence of x-rays with one to five counts per channel."""
    random = random_of("few_counts", seed, defects)
    ground = image(random, (40, 80))
    energy = np.linspace(2, 9, random.integers(150, 400))
    lines = (1 + 0.15 * ground.field(9)) * peak(energy, 3.7, 0.15) + 0.8 * (1 + 0.1 * ground.field(7)) * peak(
        energy, 6.4, 0.17
    )
    counts = ground.uneven(1, 3) * (0.5 + 0.8 * np.exp(-energy / 4) + 3 * lines)
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 2, 4), spot(random.uniform(2, 3.5)), 14)
    changes = [seen(peak(energy, at, 0.16), np.sqrt(counts), random.uniform(12, 18)) for at in (5.0, 8.0)]
    spectra = random.poisson(counts + found.times(changes[:kinds]))
    return finish(f"few counts, {seed}", ground, energy, spectra, found, units="keV")


def two_phases(seed: int, defects: bool) -> TrueMap:
    """EELS of an interface: two phases of about equal area, counted, with defects in both."""
    random = random_of("two_phases", seed, defects)
    ground = image(random, (50, 80))
    energy = np.linspace(450, 490, random.integers(100, 300))
    bend = 3 * np.sin(ground.x / random.uniform(6, 14))
    mask = ground.y > random.uniform(0.42, 0.58) * ground.y.max() + bend
    cover = gaussian_filter(mask.astype(float), 0.6)[..., np.newaxis]
    first = peak(energy, 458, 0.9) + peak(energy, 460.5, 1.2) + peak(energy, 463.5, 1.1) + peak(energy, 466, 1.4)
    second = 1.5 * peak(energy, 459.2, 1.7) + 1.4 * peak(energy, 464.8, 1.9)
    counts = 0.8 * (energy / 450) ** -3 + 0.5 * (1 + 0.03 * ground.field(7)) * ((1 - cover) * first + cover * second)
    counts = counts * ground.uneven(200, 2000) * (1 + 0.05 * ground.field(9))
    inside = [distance_transform_edt(side) > 3 for side in (~mask, mask)]
    found = scatter(ground, numbers(random, defects, 2, 2, 5), spot(random.uniform(1.3, 2)), 9, where=inside)
    changes = [seen(peak(energy, at, 1.6), np.sqrt(counts), random.uniform(15, 25)) for at in (455, 472)]
    spectra = random.poisson(counts + found.times(changes))
    phase = inside_of([(cover < 0.02)[..., 0], (cover > 0.98)[..., 0]])
    return finish(f"two phases, {seed}", ground, energy, spectra, found, units="eV", phase=phase)


def particles(seed: int, defects: bool) -> TrueMap:
    """Infrared absorption of a blend: wide particles over a third of the map, with defects on them and beside them."""
    random = random_of("particles", seed, defects)
    ground = image(random, (60, 90))
    band = np.linspace(1100, 1800, random.integers(80, 300))
    radius, mask = random.uniform(7, 11), np.zeros(ground.y.shape, bool)
    while mask.mean() < random.uniform(0.25, 0.35):
        row, column = random.uniform(0, ground.y.shape[0]), random.uniform(0, ground.y.shape[1])
        mask |= np.hypot(ground.y - row, ground.x - column) < radius
    cover = gaussian_filter(mask.astype(float), 0.6)[..., np.newaxis]
    matrix = lorentzian(band, 1250, 20) + 0.7 * lorentzian(band, 1510, 15)
    particle = 0.8 * lorentzian(band, 1725, 15) + 0.6 * lorentzian(band, 1160, 18)
    spectra = (1 - cover) * (1 + 0.05 * ground.field(8)) * matrix + cover * (1 + 0.05 * ground.field(8)) * particle
    spectra = spectra + 0.1 + 0.05 * ground.field(12) * band / 1800
    noise = ground.uneven(0.02, 0.06)
    inside = [distance_transform_edt(side) > 3 for side in (~mask, mask)]
    found = scatter(ground, numbers(random, defects, 2, 2, 4), spot(random.uniform(1.3, 2)), 9, where=inside)
    change = seen(lorentzian(band, 1630, 18), noise, random.uniform(18, 28))
    spectra = spectra + found.of_one_kind().times([change]) + random.normal(0, noise, spectra.shape)
    phase = inside_of([(cover < 0.02)[..., 0], (cover > 0.98)[..., 0]])
    return finish(f"particles, {seed}", ground, band, spectra, found.of_one_kind(), units="1/cm", phase=phase)


FAMILIES = (
    bright_columns,
    uneven_noise,
    mains_hum,
    weak_species,
    band_shift,
    dopant_atoms,
    drifting_scale,
    step_edge,
    derivative,
    few_counts,
    two_phases,
    particles,
)
"""All families of this file."""

ALL = _families.FAMILIES + FAMILIES
"""All families for development."""

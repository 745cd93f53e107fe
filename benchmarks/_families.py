"""Synthetic maps with the nuisances of real instruments, for development; `_families_more` holds as many again.

Every family is a function of a seed, and of whether there are rare defects; it returns a map and its truth. The seed
also chooses the size, the energies, the scale of the signal, the contrast, the noise, and the number of the defects
and of their kinds. The families of `_families_set_aside` have the same mix of nuisances and techniques: nobody tunes
on those.

Changes are scaled by what a filter that knows their shape would see above the noise of a single spectrum. The numbers
were chosen so that a linear discriminant that knows the truth finds the defects (see `nuisances`).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.signal import lfilter

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
    ramp,
    random_of,
    scatter,
    seen,
    spikes,
    spot,
    telegraph,
)
from _maps import TrueMap


def thickness(seed: int, defects: bool) -> TrueMap:
    """EELS of plasmons: the sample thickens along x, so the brightest columns are the noisiest."""
    random = random_of("thickness", seed, defects)
    ground = image(random, (40, 80))
    energy = np.linspace(4, 60, random.integers(100, 400))
    thick = 0.3 + random.uniform(1, 2) * ground.x[..., np.newaxis] / ground.x.max() + 0.03 * ground.field(6)
    plasmon = 16 + 0.1 * ground.field(8)
    loss = thick * lorentzian(energy, plasmon, 2.2) + 0.2 * thick**2 * lorentzian(energy, 2 * plasmon, 4)
    counts = ground.uneven(200, 2000) * (loss + 0.5 * (energy / 4) ** -2.0)
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 2, 6), spot(random.uniform(1.3, 2.2)), 9)
    changes = [seen(thick * peak(energy, at, 1.2), np.sqrt(counts), random.uniform(15, 25)) for at in (8.5, 24)]
    spectra = random.poisson(counts + found.times(changes[:kinds]))
    return finish(f"thickness, {seed}", ground, energy, spectra, found, units="eV")


def set_point(seed: int, defects: bool) -> TrueMap:
    """STS of a superconductor: every spectrum has a gain and an offset of its own; the vacancies are dumbbells."""
    random = random_of("set_point", seed, defects)
    ground = image(random, (50, 90))
    energy = np.linspace(-12, 12, random.integers(80, 260))
    gap, broadened = 2.5 + 0.08 * ground.field(7), energy - 0.35j
    spectra = np.abs(np.real(broadened / np.sqrt(broadened**2 - gap**2))) + 0.01 * ground.field(9) * energy
    noise = ground.uneven(0.02, 0.06)
    kinds = int(random.integers(1, 4))
    shapes = [dumbbell(random.uniform(1.1, 1.5), random.uniform(3.5, 5), angle) for angle in (0, np.pi / 2, np.pi / 4)]
    found = scatter(ground, numbers(random, defects, kinds, 2, 5), shapes[:kinds], 12)
    changes = [
        seen(peak(energy, at, 0.5) + less * peak(energy, -at, 0.5), noise, random.uniform(14, 26))
        for at, less in ((0.0, 1.0), (1.2, 0.3), (-1.6, 0.2))
    ]
    spectra = spectra + found.times(changes[:kinds])
    gain, offset = np.exp(random.normal(0, 0.12, gap.shape)), random.normal(0, 0.1, gap.shape)
    spectra = gain * spectra + offset + random.normal(0, noise, spectra.shape)
    return finish(f"set point, {seed}", ground, energy, ground.uneven(1e-12, 1e-9) * spectra, found, units="meV")


def two_level(seed: int, defects: bool) -> TrueMap:
    """STS of a semiconductor: a few spectra switch between two levels while they are taken."""
    random = random_of("two_level", seed, defects)
    ground = image(random, (40, 90))
    energy = np.linspace(-1.6, 1.6, random.integers(120, 300))
    shift = 0.04 * ground.field(9)
    spectra = 1.5 * ramp(-energy, 0.8 + shift, 0.06) + 2 * ramp(energy, 0.7 + 0.8 * shift, 0.06) + 0.02
    noise = ground.uneven(0.01, 0.03)
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 1, 6), spot(random.uniform(1.5, 2.6)), 10)
    changes = [seen(peak(energy, at, 0.07), noise, random.uniform(12, 24)) for at in (-0.3, 0.25)]
    spectra = spectra + found.times(changes[:kinds]) + random.normal(0, noise, spectra.shape)
    corrupted = ground.some(random.uniform(0.01, 0.04))
    spectra = telegraph(ground, spectra, corrupted, 8 * noise, random.uniform(8, 40))
    scale = ground.uneven(1e-3, 1e2)
    return finish(f"two-level, {seed}", ground, energy, scale * spectra, found, units="V", corrupted=corrupted)


def cosmic_rays(seed: int, defects: bool) -> TrueMap:
    """Raman lines on fluorescence that varies tenfold, and many cosmic rays; wavelengths are even, shifts are not."""
    random = random_of("cosmic_rays", seed, defects)
    ground = image(random, (30, 70))
    shift = 1e7 / 532 - 1e7 / np.linspace(540, 590, random.integers(200, 500))
    glow = np.exp(0.6 * ground.field(8)) * (1.2 - shift / 3000) * ground.uneven(300, 3000)
    lines = comb(shift, {520: 1.0, 960: 0.35, 1580: 0.5}, 9)
    counts = glow + ground.uneven(200, 1000) * (1 + 0.1 * ground.field(6)) * lines
    kinds = int(random.integers(1, 4))
    found = scatter(ground, numbers(random, defects, kinds, 1, 5), spot(random.uniform(1.2, 2)), 8)
    changes = [seen(lorentzian(shift, at, 8), np.sqrt(counts), random.uniform(14, 24)) for at in (1086, 1350, 700)]
    counts = counts + found.times(changes[:kinds])
    corrupted = ground.some(random.uniform(0.02, 0.08))
    spectra = spikes(ground, random.poisson(counts).astype(float), corrupted, np.sqrt(counts))
    return finish(f"cosmic rays, {seed}", ground, shift, spectra, found, units="1/cm", corrupted=corrupted)


def contact_point(seed: int, defects: bool) -> TrueMap:
    """Force curves: the point of contact wanders by many steps; some particles are stiff, others stick."""
    random = random_of("contact_point", seed, defects)
    ground = image(random, (40, 70))
    height = np.linspace(0, 200, random.integers(100, 400))
    drift = np.cumsum(random.normal(0, 0.5, ground.y.shape[0]))[:, np.newaxis, np.newaxis]
    contact = 100 + random.uniform(5, 12) * ground.field(10) + drift - drift.mean()
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 2, 5), spot(random.uniform(2, 3.2)), 12)
    stiff, sticky = found.parts if kinds == 2 else (found.parts[0], 0.0)
    pressed, away = np.maximum(height - contact, 0), np.maximum(contact - height, 0)
    modulus = np.exp(0.05 * ground.field(8)) * (1 + random.uniform(0.35, 0.65) * stiff)
    pull = 0.15 * np.exp(0.08 * ground.field(6)) * (1 + random.uniform(0.9, 1.5) * sticky)
    force = modulus * (pressed / 60) ** 1.5 - pull * np.exp(-away / 12 - pressed / 25)
    force = force + random.normal(0, ground.uneven(0.01, 0.03), force.shape)
    return finish(f"contact point, {seed}", ground, height, ground.uneven(1e-9, 10) * force, found, units="nm")


def coarse_grid(seed: int, defects: bool) -> TrueMap:
    """STS of adatoms on 32 x 32 points: a tip that passes 0.6 points away sees a quarter of an adatom."""
    random = random_of("coarse_grid", seed, defects)
    ground = image(random, (32, 32))
    energy = np.linspace(-40, 40, random.integers(60, 200))
    wave = (0.5 + energy / 300) * (ground.x[..., np.newaxis] * 0.8 + 0.6 * ground.y[..., np.newaxis])
    spectra = 1 + 0.002 * energy + 0.03 * np.cos(wave) + 0.03 * ground.field(5)
    noise = ground.uneven(0.01, 0.04)
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 5, 8), spot(0.36), 3, beside=0.3)
    reduced = (energy - 2) / 5
    changes = [
        seen(shape, noise, random.uniform(22, 35)) for shape in (reduced / (1 + reduced**2), peak(energy, 18, 6))
    ]
    spectra = spectra + found.times(changes[:kinds]) + random.normal(0, noise, spectra.shape)
    return finish(f"coarse grid, {seed}", ground, energy, ground.uneven(1e-12, 1e-9) * spectra, found, units="mV")


def alloy(seed: int, defects: bool) -> TrueMap:
    """Cathodoluminescence of an alloy: the line shifts with the composition; the dark areas are wide."""
    random = random_of("alloy", seed, defects)
    ground = image(random, (60, 100))
    wavelength = np.linspace(370, 640, random.integers(100, 400))
    centre, bright = 450 + random.uniform(2, 5) * ground.field(9), np.exp(0.25 * ground.field(7))
    found = scatter(ground, numbers(random, defects, 1, 2, 4), spot(random.uniform(3, 5)), 18)
    counts = bright * peak(wavelength, centre, 10) + 0.25 * np.exp(0.15 * ground.field(12)) * peak(wavelength, 560, 35)
    counts = ground.uneven(60, 800) * (counts * (1 - random.uniform(0.2, 0.5) * found.parts[0]) + 0.02)
    change = seen(peak(wavelength, centre + 40, 10), np.sqrt(counts), random.uniform(10, 18))
    spectra = random.poisson(counts + found.times([change]))
    return finish(f"alloy, {seed}", ground, wavelength, spectra, found, units="nm")


def grain_boundary(seed: int, defects: bool) -> TrueMap:
    """STS of graphene with puddles of charge; the defect is a grain boundary, and its state is nowhere else."""
    random = random_of("grain_boundary", seed, defects)
    ground = image(random, (40, 90))
    energy = np.linspace(-300, 300, random.integers(80, 300))
    neutral = 15 * ground.field(8)
    spectra = 0.3 + np.sqrt((energy - neutral) ** 2 + 20**2) / 300 * (1 + 0.03 * ground.field(6))
    noise = ground.uneven(0.01, 0.05)
    angle, middle = random.uniform(0, np.pi), ground.y.shape[0] / 2
    away = (ground.y - middle) * np.sin(angle) + (ground.x - ground.x.mean()) * np.cos(angle)
    bend = (ground.x - ground.x.mean()) * np.sin(angle) - (ground.y - middle) * np.cos(angle)
    found = along(away + 2 * np.sin(bend / 12) + random.uniform(-5, 5), random.uniform(0.8, 1.4), defects)
    change = seen(peak(energy, 60, 25) - 0.4 * peak(energy, -150, 40), noise, random.uniform(12, 22))
    spectra = spectra + found.times([change]) + random.normal(0, noise, spectra.shape)
    return finish(f"grain boundary, {seed}", ground, energy, ground.uneven(1e-3, 1e4) * spectra, found, units="mV")


def oversampled(seed: int, defects: bool) -> TrueMap:
    """Reflectance contrast, of either sign: the lock-in averages over many energies, signal and noise alike."""
    random = random_of("oversampled", seed, defects)
    ground = image(random, (40, 80))
    energy = np.linspace(1.6, 2.3, random.integers(250, 500))
    reduced = (energy - 1.9 - 0.006 * ground.field(8)) / 0.03
    spectra = (1 + 0.1 * ground.field(6)) * (reduced + 0.5) / (1 + reduced**2) - 0.4 + 0.05 * ground.field(10) * energy
    noise = ground.uneven(0.05, 0.2)
    kinds = int(random.integers(1, 3))
    found = scatter(ground, numbers(random, defects, kinds, 2, 6), spot(random.uniform(1.4, 2.4)), 9)
    changes = [seen(lorentzian(energy, at, 0.025), noise, random.uniform(14, 24)) for at in (1.82, 2.08)]
    spectra = spectra + found.times(changes[:kinds]) + random.normal(0, noise, spectra.shape)
    kept = np.exp(-1 / random.uniform(3, 10))
    spectra = lfilter([1 - kept], [1, -kept], spectra, axis=-1)
    return finish(f"oversampled, {seed}", ground, energy, ground.uneven(1e-4, 1) * spectra, found, units="eV")


def sampling(seed: int, defects: bool) -> TrueMap:
    """EELS of an edge, along one line (odd seeds) or at scattered points; some values and spectra are missing."""
    random = random_of("sampling", seed, defects)
    number = int(random.integers(350, 700) if seed % 2 else random.integers(900, 2000))
    places = np.arange(number) if seed % 2 else random.uniform(0, np.sqrt(number), (2, number))
    ground = Ground(random, np.zeros((1, number)), places[np.newaxis]) if seed % 2 else Ground(random, *places)
    energy = np.linspace(515, 560, random.integers(80, 250))
    edge = onset(energy, 531 + 0.2 * ground.field(25), 0.6) * (0.5 + 0.5 * peak(energy, 534, 1.5))
    counts = ground.uneven(300, 3000) * (1 + 0.05 * ground.field(20)) * ((energy / 515) ** -3 + edge)
    width = random.uniform(1.5, 2.5)
    found = scatter(ground, numbers(random, defects, 1, 3, 6), spot(width), 10, beside=0)
    change = seen(peak(energy, 528.5, 1) - 0.3 * peak(energy, 534, 1.5), np.sqrt(counts), random.uniform(15, 25))
    spectra = random.poisson(counts + found.times([change]))
    measured = random.random(spectra.shape) > 0.02 / len(energy)
    measured &= ~ground.some(random.uniform(0, 0.1))[..., np.newaxis]
    return finish(f"sampling, {seed}", ground, energy, spectra, found, units="eV", measured=measured)


def islands(seed: int, defects: bool) -> TrueMap:
    """STS of a metal, a quarter of it under islands of salt: these are a phase, with defects on both."""
    random = random_of("islands", seed, defects)
    ground = image(random, (60, 90))
    energy = np.linspace(-600, 400, random.integers(80, 250))
    mask = ground.field(random.uniform(9, 14))[..., 0]
    mask = mask > np.quantile(mask, random.uniform(0.68, 0.78))
    cover = gaussian_filter(mask.astype(float), 0.6)[..., np.newaxis]
    bare, salt = onset(energy, -440 + 4 * ground.field(8), 15), onset(energy, -220 + 6 * ground.field(8), 25)
    spectra = 0.3 + (1 - cover) * bare + cover * (0.7 * salt + 0.2 * onset(energy, 300, 40)) + 0.02 * ground.field(6)
    noise = ground.uneven(0.02, 0.05)
    inside = [distance_transform_edt(side) > 3 for side in (~mask, mask)]
    found = scatter(ground, numbers(random, defects, 2, 2, 4), spot(random.uniform(1.3, 2)), 10, where=inside)
    changes = [seen(peak(energy, at, 40), noise, random.uniform(16, 26)) for at in (-480, 60)]
    spectra = spectra + found.times(changes) + random.normal(0, noise, spectra.shape)
    phase = inside_of([(cover < 0.02)[..., 0], (cover > 0.98)[..., 0]])
    return finish(
        f"islands, {seed}", ground, energy, ground.uneven(1e-12, 1e-9) * spectra, found, units="mV", phase=phase
    )


def three_domains(seed: int, defects: bool) -> TrueMap:
    """Raman lines whose strengths tell three domains apart, with defects in each."""
    random = random_of("three_domains", seed, defects)
    ground = image(random, (60, 90))
    shift = np.linspace(100, 1000, random.integers(100, 400))
    share = np.zeros(3)
    while share.min() < 0.2:
        height = np.concatenate([ground.field(16) for _ in range(3)], axis=-1)
        share = np.bincount(height.argmax(axis=-1).ravel(), minlength=3) / height[..., 0].size
    mask = np.moveaxis(height == height.max(axis=-1, keepdims=True), -1, 0)
    cover = np.stack([gaussian_filter(one.astype(float), 0.6) for one in mask])
    high = np.array([[1, 0.5, 0.3], [0.5, 1, 0.3], [0.6, 0.5, 0.9]])
    lines = high @ np.stack([lorentzian(shift, at, 12) for at in (250, 480, 720)])
    spectra = np.tensordot(cover, lines, (0, 0)) * (1 + 0.04 * ground.field(8)) + 0.3 + 0.05 * ground.field(12)
    noise = ground.uneven(0.03, 0.08)
    inside = [distance_transform_edt(one) > 3 for one in mask]
    found = scatter(ground, numbers(random, defects, 3, 2, 3), spot(random.uniform(1.3, 2)), 9, where=inside)
    found = found.of_one_kind()
    change = seen(lorentzian(shift, 600, 15), noise, random.uniform(18, 28))
    spectra = spectra + found.times([change]) + random.normal(0, noise, spectra.shape)
    phase = inside_of(list(cover > 0.98))
    return finish(f"three domains, {seed}", ground, shift, 1e3 * spectra, found, units="1/cm", phase=phase)


def inside_of(masks: list[np.ndarray]) -> np.ndarray:
    """Return the number of the mask in which a point lies, from 1; 0 where it lies in none."""
    return np.asarray(sum(number * mask.astype(int) for number, mask in enumerate(masks, 1)))


FAMILIES = (
    thickness,
    set_point,
    two_level,
    cosmic_rays,
    contact_point,
    coarse_grid,
    alloy,
    grain_boundary,
    oversampled,
    sampling,
    islands,
    three_domains,
)
"""All families of this file."""

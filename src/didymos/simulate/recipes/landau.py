"""Landau levels of graphene over a disorder potential, with charged impurities and vacancies, with known truth."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.constants import elementary_charge, epsilon_0
from scipy.ndimage import gaussian_filter

from didymos.simulate.landau_density import Impurities, level_density
from didymos.simulate.landau_levels import DiracLevels
from didymos.simulate.options import LandauOptions, Shape, recipe
from didymos.simulate.recipes.common import Scan, Surface, kinds_in_turn, measured
from didymos.simulate.surface import surface_fields

PITCH = 1e-9  # m, distance of neighbouring points
SEPARATION = 14.0  # points, least distance of two defects
PERMITTIVITY = 2.5  # relative, the mean of vacuum and of an insulating substrate
DEPTH = 1e-9  # m, of a charged impurity under the surface
RESONANCE_ENERGY, RESONANCE_WIDTH = 45.0, 8.0  # mV, from the Dirac point; half width beside the lifetime
RESONANCE_WEIGHT = 1.0  # at the core of a vacancy, in Landau levels
VACANCY_RADIUS = 1.8e-9  # m, where the weight of the resonance is half of that at the core


@recipe(LandauOptions)
def landau(options: LandauOptions) -> xr.Dataset:
    """Simulate a map of graphene in a magnetic field: Landau levels over a disorder potential, with defects.

    rho(r, E) = exp[s(r) E] {[1 - w(r)] rho_L(r, E) + w(r) rho_v[E - V_0(r)] + b rho_0(E)}: Landau levels rho_L that
    follow the potential (`didymos.simulate.landau_density.level_density`), the density rho_0 of Dirac electrons without
    a field as background, and a slope s of the transmission (graphene: D. L. Miller et al., Science 324, 924 (2009)).
    "charged" impurities lie 1 nm under the surface, with the potential energy -Z e^2 exp(-R / lambda) / (4 pi eps_0
    2.5 R) at a distance R: they bend the levels and split the lowest ones into their angular momenta (A. Luican-Mayer
    et al., Phys. Rev. Lett. 112, 036804 (2014)). At a "vacancy" a resonance rho_v 45 mV over the Dirac point takes
    the position of the levels (M. M. Ugeda et al., Phys. Rev. Lett. 104, 096804 (2010)). Its state falls off like 1 / r
    (V. M. Pereira et al., Phys. Rev. Lett. 96, 036801 (2006)), within the magnetic length l_B (7.4 nm at 12 T):
    w = exp[-r^2 / (2 l_B^2)] / [1 + r^2 / (1.8 nm)^2]. V_0 is the mean potential that the lowest level feels. One point
    of the map is 1 nm; without a number of defects there are 0.00026 per point. The disorder does not depend on the
    field, and goes on beyond the map as its mirror image.

    Returns
    -------
    xarray.Dataset
        ``spectra`` in nS, ``topography`` in m and the truth. The amplitude is that of the change of the density of
        states by the same defects on a surface without disorder: a level that the disorder moves is no defect, and how
        much of a defect there is does not depend on where the disorder has moved the levels.

    Raises
    ------
    InputError
        Where an option is unknown or outside its range.
    """
    positions, smooth, measurement = np.random.default_rng(options.seed).spawn(3)
    scan = Scan(options, PITCH)
    sites = scan.scatter(options.defect_number, SEPARATION, positions)
    kind = kinds_in_turn(options, len(sites))
    grid = options.grid(options.energy, options.lifetime)
    disorder, tilt = options.inhomogeneity * surface_fields(
        options.texture, 2, scan.canvas, PITCH, options.correlation_length, smooth
    )
    density = _density(options.potential_spread * disorder, sites, kind, grid, options)
    change = np.zeros_like(density)
    if len(sites) and options.strength > 0:
        change = _density(np.zeros(scan.canvas), sites, kind, grid, options)
        change -= _density(np.zeros((1, 1)), sites[:0], kind[:0], grid, options)
    for row, slope in zip(density, options.slope_spread * tilt, strict=True):
        row *= np.exp(slope[:, None] * grid).astype(np.float32)
    extent = {"charged": _levels(options).magnetic_length / PITCH, "vacancy": VACANCY_RADIUS / PITCH}
    surface = Surface("landau", grid, density, change, sites, kind, [extent[name] for name in options.kinds])
    return measured(surface, scan, options, measurement)


def _levels(options: LandauOptions) -> DiracLevels:
    """Return the Landau levels of the surface without a potential."""
    return DiracLevels(
        field=options.field,
        fermi_velocity=options.fermi_velocity,
        dirac_point=options.dirac_point,
        lifetime=options.lifetime,
    )


def _density(
    disorder: NDArray[np.float64],
    sites: NDArray[np.int64],
    kind: NDArray[np.int64],
    grid: NDArray[np.float64],
    options: LandauOptions,
) -> NDArray[np.float32]:
    """Return the local density of states (y, x, grid) in 1/(mV nm^2) of defects over a disorder (y, x) in mV."""
    levels = _levels(options)
    is_charged = np.array([options.kinds[index - 1] == "charged" for index in kind], dtype=bool)
    charged = Impurities(sites[is_charged], lambda distance: _screened(distance, options))
    around = np.pad(disorder, levels.margin(PITCH), mode="symmetric")
    density, shift = level_density(around, charged, levels, grid, PITCH)
    width = RESONANCE_WIDTH + options.lifetime
    weight = _vacancies(disorder.shape, sites[~is_charged], levels, options)
    background = (options.background * levels.field_free(grid)).astype(np.float32)
    for row, share, moved in zip(density, weight[..., None], shift[..., None], strict=True):
        if share.any():
            off = grid - options.dirac_point - RESONANCE_ENERGY - moved
            row *= 1 - np.minimum(share, 1).astype(np.float32)
            row += (share * RESONANCE_WEIGHT * levels.weight * width / np.pi / (off**2 + width**2)).astype(np.float32)
        row += background
    for layer in np.moveaxis(density, -1, 0):
        gaussian_filter(layer, options.tip_width / PITCH, output=layer, mode="nearest")
    return density


def _screened(distance: NDArray[np.float64], options: LandauOptions) -> NDArray[np.float64]:
    """Return the potential energy of an electron in mV at distances in m from a charged impurity."""
    away = np.hypot(distance, DEPTH)
    unit = 1e3 * elementary_charge / (4 * np.pi * epsilon_0 * PERMITTIVITY)  # mV m
    return np.asarray(-options.strength * options.charge * unit / away * np.exp(-away / options.screening_length))


def _vacancies(
    shape: Shape, sites: NDArray[np.int64], levels: DiracLevels, options: LandauOptions
) -> NDArray[np.float64]:
    """Return the weight (y, x) of the states of all vacancies: 1 at the core of one, times the strength."""
    weight = np.zeros(shape)
    y, x = np.indices(shape)
    for row, column in sites:
        away = PITCH * np.hypot(y - row, x - column)
        envelope = np.exp(-((away / levels.magnetic_length) ** 2) / 2)
        weight += options.strength * envelope / (1 + (away / VACANCY_RADIUS) ** 2)
    return weight

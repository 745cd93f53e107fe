"""Magnetic adatoms on a noble metal with a surface state: Fano lines and standing waves, with known truth."""

from __future__ import annotations

import dataclasses

import numpy as np
import scipy.fft
import xarray as xr
from numpy.typing import NDArray

from didymos.simulate.bands import FREE_ELECTRON, parabolic_band
from didymos.simulate.broadening import BOLTZMANN
from didymos.simulate.impurity import ResonantLevel
from didymos.simulate.lattice import Lattice, form_factor
from didymos.simulate.options import KondoOptions, Shape, recipe
from didymos.simulate.options.kondo import ADATOMS, Adatom
from didymos.simulate.recipes.common import Scan, Surface, kinds_in_turn, measured
from didymos.simulate.scattering import density_change
from didymos.simulate.surface import shift_in_energy, surface_fields

SPACING = 4.0e-10  # m, of the sites: one point of the map is one site
SEPARATION = 5.0  # sites, least distance of two adatoms
EXTENT = 2.0  # sites, of an adatom
REACH = 56  # sites, of coherent propagation (twice as far changes the conductance by 0.5 %)
DECAY = 3.6  # how far an electron at the Fermi level decays on its way once round the periodic lattice: exp(-DECAY)
EMPTY_LEVEL, EMPTY_WIDTH = 3000.0, 200.0  # mV, of the level of an adatom that attracts the electrons, and half width
HYBRIDISATION = 0.4  # share of the width of a Kondo resonance that is due to the surface state


@recipe(KondoOptions)
def kondo(options: KondoOptions) -> xr.Dataset:
    """Simulate a map of adatoms on Ag(111): Kondo resonances as Fano lines, bound states and standing waves.

    rho(r, E) = exp[s(r) E] {b + rho_0(E - phi(r)) + drho_T(r, E)}: bulk states b, the surface state rho_0 of local
    onset phi (a parabolic band: F. Reinert et al., Phys. Rev. B 63, 115415 (2001)), a slope s of the transmission and
    what all adatoms together scatter, drho_T (T-matrix). The Kondo resonance is a level at the Fermi energy that the
    tip sees through the surface state and directly, so that its Fano line changes with the distance: V. Madhavan et
    al., Science 280, 567 (1998); O. Ujsaghy et al., Phys. Rev. Lett. 85, 2557 (2000). Every adatom also attracts, by
    an empty level far above, which binds a state below the onset: L. Limot et al., Phys. Rev. Lett. 94, 036805 (2005).
    "cobalt" has the Kondo temperature of Co on Ag(111) and is a dip (M. A. Schneider et al., Phys. Rev. B 65, 121406
    (2002)), "titanium" has that of Ti on Ag(100), a narrow line that here is asymmetric (K. Nagaoka et al., Phys. Rev.
    Lett. 88, 077205 (2002)), and "silver" is not magnetic. The surface state makes 0.4 of the width of a resonance (at
    least a quarter: M. Moro-Lagares et al., Phys. Rev. B 97, 235442 (2018)), bulk states and temperature the rest. One
    point of the map is one site (0.4 nm); without a number of defects there are 0.003 per site.

    Returns
    -------
    xarray.Dataset
        ``spectra`` in nS, ``topography`` in m and the truth. The amplitude is that of the change of the density of
        states where the onset is that asked for: the drift of the onset does not count.

    Raises
    ------
    InputError
        Where an option is unknown or outside its range.
    """
    positions, smooth, measurement = np.random.default_rng(options.seed).spawn(3)
    scan = Scan(options, SPACING)
    sites = scan.scatter(options.defect_number, SEPARATION, positions)
    kind = kinds_in_turn(options, len(sites))
    fields = surface_fields(options.texture, 2, scan.canvas, SPACING, options.correlation_length, smooth)
    shift, tilt = options.inhomogeneity * fields
    grid = options.grid(options.energy, options.lifetime)
    density = _clean(options.onset_spread * shift, grid, options)
    change = np.zeros_like(density)
    if len(sites) and options.strength > 0:
        change = np.float32(options.strength) * _change(scan.canvas, sites, kind, grid, options)
        density = np.maximum(density + change, np.float32(0.01) * density)
    density *= np.exp(options.slope_spread * tilt[..., None] * grid).astype(np.float32)
    extent = [EXTENT] * len(options.kinds)
    return measured(Surface("kondo", grid, density, change, sites, kind, extent), scan, options, measurement)


def _surface_state(options: KondoOptions, shift: float = 0.0) -> Lattice:
    """Return a lattice so large that electrons hardly come round it before they decay."""
    velocity = 2 * np.sqrt(FREE_ELECTRON / options.effective_mass * -options.onset)  # hbar v at E_F, in mV m
    sites = max(DECAY * velocity / options.lifetime / SPACING, 2 * REACH)
    size = 2 * int(scipy.fft.next_fast_len(int(np.ceil(sites / 2)), real=True))
    return Lattice(parabolic_band((size, size), options.onset, options.effective_mass, SPACING, shift), shift)


def _clean(shift: NDArray[np.float64], grid: NDArray[np.float64], options: KondoOptions) -> NDArray[np.float32]:
    """Return the density of states of the surface without adatoms (y, x, grid) for shifts of the onset (y, x) in mV."""
    tip = options.tip_width / SPACING
    lattice = _surface_state(options, shift=0.25)  # those that come round it forth and back then cancel
    surface = lattice.density(grid, options.lifetime, 1, tip).astype(np.float32)
    step = form_factor(tip, np.zeros(1)).item() ** 4 * options.effective_mass * SPACING**2 / (4 * np.pi * FREE_ELECTRON)
    bulk = np.float32(step * (1 - options.surface_share) / options.surface_share)
    everywhere = np.broadcast_to(surface, (*shift.shape, grid.size))
    return bulk + shift_in_energy(everywhere, grid, shift)


def _change(
    shape: Shape,
    sites: NDArray[np.int64],
    kind: NDArray[np.int64],
    grid: NDArray[np.float64],
    options: KondoOptions,
) -> NDArray[np.float32]:
    """Return how all adatoms together change the density of states (y, x, grid)."""
    lattice = _surface_state(options)
    levels = [adatom_levels(lattice, ADATOMS[name], options) for name in options.kinds]
    impurities = [
        dataclasses.replace(level, site=(int(row), int(column)))
        for (row, column), index in zip(sites, kind, strict=True)
        for level in levels[index - 1]
    ]
    tip = options.tip_width / SPACING
    return density_change(lattice, impurities, grid, options.lifetime, shape, 1, tip=tip, reach=REACH)


def adatom_levels(lattice: Lattice, adatom: Adatom, options: KondoOptions) -> list[ResonantLevel]:
    """Return the levels of an adatom at the site (0, 0), so that it alone shows the resonance that is asked for.

    The empty level attracts: the electrons then have g = G / (1 - U G) on the site, and the tip sees g_w = G_w /
    (1 - U G). On them the Kondo level e follows with the half width Gamma = [(pi k T)^2 + (k T_K)^2]^(1/2)
    (K. Nagaoka et al., Phys. Rev. Lett. 88, 077205 (2002)): -V^2 Im g is what the surface state has of it,
    e + V^2 Re g the energy of the resonance, and q = (d / V + Re g_w) / (-Im g_w) its shape, d the direct amplitude.

    Parameters
    ----------
    lattice : Lattice
        Of the surface state.
    adatom : Adatom
        Of which kind.
    options : KondoOptions
        Lifetime, temperatures and width of the tip.

    Returns
    -------
    list of ResonantLevel
        The empty level, and the Kondo level of a magnetic adatom.
    """
    site = (0, 0)
    empty = ResonantLevel(site, EMPTY_LEVEL, np.sqrt(-adatom.attraction * EMPTY_LEVEL), width=EMPTY_WIDTH)
    if not adatom.temperature:
        return [empty]
    energy = np.array([adatom.level])
    sight = lattice.tip(options.tip_width / SPACING)
    greens = lattice.transformed(np.stack([np.ones_like(sight), sight], axis=-1)[:, None], energy, options.lifetime)
    local, seen = complex(greens[0, 0, 0, 0]), complex(greens[0, 1, 0, 0])
    dressing = 1 / (1 - complex(empty.channels(energy, 0.0)[0].strength[0]) * local)
    local, seen = dressing * local, dressing * seen
    scale = BOLTZMANN * options.kondo_scale * adatom.temperature
    width = float(np.hypot(np.pi * BOLTZMANN * options.temperature, scale))
    coupling = float(np.sqrt(HYBRIDISATION * scale / -local.imag))
    direct = -coupling * (adatom.asymmetry * seen.imag + seen.real)
    level = adatom.level - coupling**2 * local.real
    return [empty, ResonantLevel(site, level, coupling, direct, width=width - HYBRIDISATION * scale)]

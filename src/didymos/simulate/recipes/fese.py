"""FeSe with sparse Fe vacancies: the map of Figs. 2 to 8 of the paper, with known truth."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.simulate.bands import iron_pnictide
from didymos.simulate.impurity import Impurity, nambu_exchange, nambu_potential
from didymos.simulate.lattice import Lattice
from didymos.simulate.options import FeseOptions, Shape, recipe
from didymos.simulate.propagators import mesh_size
from didymos.simulate.recipes.common import Scan, Surface, kinds_in_turn, measured
from didymos.simulate.scattering import density_change
from didymos.simulate.surface import surface_fields

LATTICE_CONSTANT = 2.66e-10  # m, between neighbouring Fe atoms: one point of the map is one Fe site
HOPPING, CHEMICAL_POTENTIAL = 22.0, 45.1  # mV
VACANCY_POTENTIAL = -25.0  # mV, on the orbital that points across the axis of the dumbbell
ADATOM_POTENTIAL = 30.0  # mV, on both orbitals of the four Fe sites around it
EXCHANGE = 25.0  # mV, of a magnetic adatom, likewise
PLAQUETTE = ((0, 0), (0, 1), (1, 0), (1, 1))
EXTENT = {"vacancy": 6.0, "adatom": 2.0, "magnetic": 2.0}  # sites, from the position
SEPARATION = 9.0  # sites, least distance of two defects
REACH = 48  # sites, of coherent propagation
MESH, MESH_SHIFT = (96, 96), 0.31  # of the clean surface
LOBE_DISTANCE, LOBE_RADIUS, LOBE_EDGE = 2.4, 2.6, 0.4  # sites: of a lobe along each axis; its disc; its rim
PAIR_BREAKING = 0.6  # share of the gap that is filled at a vacancy
BOUND_ENERGY, BOUND_WIDTH, BOUND_HEIGHT = -0.8, 1.2, 0.4  # mV, mV, relative to the normal state: the in-gap state
TRANSFER, TRANSFER_SCALE = 0.6, 8.0  # weight moved from filled to empty states: relative, and over how many mV
SLOPE = -0.022  # 1/mV, of the transmission


@recipe(FeseOptions)
def fese(options: FeseOptions) -> xr.Dataset:
    """Simulate a map of FeSe with dumbbell-shaped Fe vacancies in two orthogonal orientations.

    rho(r, E) = exp[s(r) E] {(1 - p) rho_s + p rho_n + b + drho_T} [1 + a tanh(E / E_0)]: superconductor rho_s of local
    gap and doping, normal state rho_n, scattering drho_T of all defects (T-matrix) and, on the two lobes of a vacancy,
    broken pairs p, an in-gap state b (D. Huang et al., Nano Lett. 16, 4224 (2016)) and a reconstruction a that moves
    weight from filled to empty states. These three are put in by hand, as large as Figs. 2 and 8 of the paper show.
    The other kinds scatter only: "adatom" by a potential, "magnetic" by the exchange of a classical spin, which binds
    states in the gap (Yu, Shiba, Rusinov: A. V. Balatsky, I. Vekhter, J.-X. Zhu, Rev. Mod. Phys. 78, 373 (2006)).
    One point of the map is one Fe site (0.266 nm); without a number of defects there are 0.0011 per site.

    Returns
    -------
    xarray.Dataset
        ``spectra`` in nS, ``topography`` in m and the truth; ``truth_position_angle`` gives the orientation of each
        vacancy in degrees (0 for other kinds).

    Raises
    ------
    InputError
        Where an option is unknown or outside its range.
    """
    positions, smooth, measurement = np.random.default_rng(options.seed).spawn(3)
    scan = Scan(options, LATTICE_CONSTANT)
    sites = scan.scatter(options.defect_number, SEPARATION, positions)
    kind = kinds_in_turn(options, len(sites))
    is_vacancy = np.array([options.kinds[index - 1] == "vacancy" for index in kind], dtype=bool)
    diagonal = np.zeros(len(sites), dtype=np.int64)  # +1: lobes along (1, 1), -1: along (1, -1)
    diagonal[is_vacancy] = positions.permutation(np.arange(is_vacancy.sum()) % 2 * 2 - 1)
    grid = options.grid(options.energy, options.lifetime)
    clean, normal, slope = _surface(scan.canvas, grid, options, smooth)
    density = clean
    if len(sites) and options.strength > 0:
        scattered = _scattered(scan.canvas, sites, kind, diagonal, grid, options)
        density = _with_lobes(clean, normal, scattered, sites[is_vacancy], diagonal[is_vacancy], options.strength, grid)
    change = density - clean
    density = density * np.exp(slope[..., None] * grid).astype(np.float32)
    extent = [EXTENT[name] for name in options.kinds]
    data = measured(Surface("fese", grid, density, change, sites, kind, extent), scan, options, measurement)
    angle = xr.DataArray(45.0 * diagonal, dims=("defect",), attrs={"units": "degree", "long_name": "orientation"})
    return data.assign(truth_position_angle=angle)


def _surface(
    shape: Shape, grid: NDArray[np.float64], options: FeseOptions, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Return the density of the surface (y, x, grid), that of its normal state (grid) and the slope (y, x) in 1/mV.

    The density follows local doping and gap by a second-order Taylor expansion, as long as both are small.
    """

    def density(doping: float, gap: float) -> NDArray[np.float64]:
        mesh = iron_pnictide(MESH, HOPPING, CHEMICAL_POTENTIAL + doping, gap, shift=MESH_SHIFT)
        return Lattice(mesh, MESH_SHIFT).density(grid, options.lifetime, 2, options.tip_width / LATTICE_CONSTANT)

    fields = surface_fields(options.texture, 3, shape, LATTICE_CONSTANT, options.correlation_length, rng)
    tilt, doping, gap = options.inhomogeneity * fields
    centre = density(0.0, options.gap)
    modes, weights = [centre], [np.ones(shape)]
    for field, low, high in (
        (doping, density(-2 * options.doping_spread, options.gap), density(2 * options.doping_spread, options.gap)),
        (gap, density(0.0, options.gap - 2 * options.gap_spread), density(0.0, options.gap + 2 * options.gap_spread)),
    ):
        modes += [(high - low) / 4, (high + low - 2 * centre) / 8]
        weights += [field, field**2]
    clean = np.stack(weights, axis=-1).astype(np.float32) @ np.stack(modes).astype(np.float32)
    normal = density(0.0, 0.0)
    floor = np.float32(0.01 * np.interp(0.0, grid, normal))  # a Taylor expansion knows nothing of rho >= 0
    return np.maximum(clean, floor), normal, SLOPE + options.slope_spread * tilt


def _scattered(
    shape: Shape,
    sites: NDArray[np.int64],
    kind: NDArray[np.int64],
    diagonal: NDArray[np.int64],
    grid: NDArray[np.float64],
    options: FeseOptions,
) -> NDArray[np.float32]:
    """Return how all defects together change the density of states (y, x, grid), the mean of both spins."""
    size = mesh_size(REACH)
    lattice = Lattice(iron_pnictide((size, size), HOPPING, CHEMICAL_POTENTIAL, options.gap))
    names = [options.kinds[index - 1] for index in kind]
    spins = (1, -1) if "magnetic" in names else (1,)
    changes = []
    for spin in spins:
        impurities = [
            impurity
            for site, name, sign in zip(sites, names, diagonal, strict=True)
            for impurity in _impurities((int(site[0]), int(site[1])), name, int(sign), options.strength, spin)
        ]
        tip = options.tip_width / LATTICE_CONSTANT
        changes.append(density_change(lattice, impurities, grid, options.lifetime, shape, 2, tip=tip, reach=REACH))
    return changes[0] if len(changes) == 1 else np.mean(changes, axis=0, dtype=np.float32)


def _impurities(site: Shape, name: str, sign: int, strength: float, spin: int) -> list[Impurity]:
    """Return the potentials of one defect."""
    if name == "vacancy":
        orbital = np.array([1.0, -sign]) / np.sqrt(2)
        potential = nambu_potential(strength * VACANCY_POTENTIAL * np.outer(orbital, orbital))
        return [Impurity((site[0] + step, site[1] + sign * step), potential) for step in (-1, 1)]
    if name == "adatom":
        potential = nambu_potential(strength * ADATOM_POTENTIAL * np.eye(2))
    else:
        potential = nambu_exchange(spin * strength * EXCHANGE * np.eye(2))
    return [Impurity((site[0] + y, site[1] + x), potential) for y, x in PLAQUETTE]


def _with_lobes(
    clean: NDArray[np.float32],
    normal: NDArray[np.float64],
    scattered: NDArray[np.float32],
    sites: NDArray[np.int64],
    diagonal: NDArray[np.int64],
    strength: float,
    grid: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return the density of states (y, x, grid) of the surface with scattering and what vacancies do on their lobes."""
    lobes = strength * _lobes(clean.shape[:2], sites, diagonal)[..., None].astype(np.float32)
    broken = np.minimum(PAIR_BREAKING * lobes, 1)
    density = (1 - broken) * clean + broken * normal.astype(np.float32) + scattered
    level = float(np.interp(0.0, grid, normal))  # of the normal state at the Fermi energy
    bound = BOUND_HEIGHT * level / (1 + ((grid - BOUND_ENERGY) / BOUND_WIDTH) ** 2)
    density += lobes * bound.astype(np.float32)
    density *= 1 + TRANSFER * lobes * np.tanh(grid / TRANSFER_SCALE).astype(np.float32)
    return np.asarray(np.maximum(density, np.float32(0.01 * level)))


def _lobes(shape: Shape, sites: NDArray[np.int64], diagonal: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return where vacancies reconstruct the surface (y, x): two discs with a soft rim each, about 1 inside."""
    envelope = np.zeros(shape)
    reach = int(np.ceil(LOBE_DISTANCE + LOBE_RADIUS + 20 * LOBE_EDGE))
    for (row, column), sign in zip(sites, diagonal, strict=True):
        rows = slice(max(row - reach, 0), row + reach + 1)
        columns = slice(max(column - reach, 0), column + reach + 1)
        y, x = np.mgrid[rows.start : min(rows.stop, shape[0]), columns.start : min(columns.stop, shape[1])]
        for end in (-LOBE_DISTANCE, LOBE_DISTANCE):
            distance = np.hypot(y - row - end, x - column - sign * end)
            lobe = 1 / (1 + np.exp((distance - LOBE_RADIUS) / LOBE_EDGE))
            envelope[rows, columns] = np.maximum(envelope[rows, columns], lobe)
    return envelope

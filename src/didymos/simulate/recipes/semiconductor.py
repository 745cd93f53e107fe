"""A semiconductor with drifting band edges and several kinds of point defects, with known truth."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.simulate.bands import gapped_semiconductor
from didymos.simulate.impurity import Impurity
from didymos.simulate.lattice import Lattice
from didymos.simulate.options import SemiconductorOptions, Shape, recipe
from didymos.simulate.options.semiconductor import POTENTIALS
from didymos.simulate.propagators import mesh_size
from didymos.simulate.recipes.common import Scan, Surface, kinds_in_turn, measured
from didymos.simulate.scattering import density_change
from didymos.simulate.surface import shift_in_energy, surface_fields

LATTICE_CONSTANT = 3.2e-10  # m, one point of the map per site
HOPPING, HYBRIDISATION = 350.0, 300.0  # mV
WIDTH = 1.8  # sites, over which a potential acts
EXTENT = 2.0  # sites, of a defect
SEPARATION = 7.0  # sites, least distance of two defects
REACH = 32  # sites, of coherent propagation
MESH, MESH_SHIFT = (96, 96), 0.31  # of the clean surface


@recipe(SemiconductorOptions)
def semiconductor(options: SemiconductorOptions) -> xr.Dataset:
    """Simulate a map of a semiconductor whose band edges drift, with states of point defects in the gap.

    rho(r, E) = exp[s(r) E] {rho_0 + drho_T(r)}(E - phi(r)): a rigid shift phi of the bands (band bending:
    R. M. Feenstra, Phys. Rev. B 50, 4561 (1994)), a slope s of the transmission, and the states of all point defects in
    the gap (T-matrix): "donor" under the conduction band, "acceptor" over the valence band, "deep" in its
    middle. One point of the map is one site (0.32 nm); without a number of defects there are 0.0025 per site.

    Returns
    -------
    xarray.Dataset
        ``spectra`` in nS, ``topography`` in m and the truth. The amplitude is that of the change of the density of
        states at energies from the local band edges: the drift of a level does not count as a change of its amplitude.

    Raises
    ------
    InputError
        Where an option is unknown or outside its range.
    """
    positions, smooth, measurement = np.random.default_rng(options.seed).spawn(3)
    scan = Scan(options, LATTICE_CONSTANT)
    sites = scan.scatter(options.defect_number, SEPARATION, positions)
    kind = kinds_in_turn(options, len(sites))
    fields = surface_fields(options.texture, 2, scan.canvas, LATTICE_CONSTANT, options.correlation_length, smooth)
    shift, tilt = options.inhomogeneity * fields
    shift = options.edge_spread * shift
    grid = _widened(options.grid(options.energy, options.lifetime), float(np.abs(shift).max()))
    tip = options.tip_width / LATTICE_CONSTANT
    mesh = gapped_semiconductor(MESH, options.band_gap, HOPPING, HYBRIDISATION, shift=MESH_SHIFT)
    clean = Lattice(mesh, MESH_SHIFT).density(grid, options.lifetime, 2, tip).astype(np.float32)
    # what a strength below one leaves of a level, it leaves at the energy of the level
    change = np.float32(options.strength) * _change(scan.canvas, sites, kind, grid, options)
    density = np.maximum(clean + change, 0)
    slope = options.slope_spread * tilt
    density = shift_in_energy(density, grid, shift) * np.exp(slope[..., None] * grid).astype(np.float32)
    extent = [EXTENT] * len(options.kinds)
    surface = Surface("semiconductor", grid, density, change, sites, kind, extent)
    return measured(surface, scan, options, measurement)


def _widened(grid: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """Return an even grid with the same step that reaches further by a margin on both sides, all in mV."""
    step = grid[1] - grid[0]
    more = int(np.ceil(margin / step)) + 1
    return np.asarray(grid[0] + step * np.arange(-more, grid.size + more))


def _change(
    shape: Shape,
    sites: NDArray[np.int64],
    kind: NDArray[np.int64],
    grid: NDArray[np.float64],
    options: SemiconductorOptions,
) -> NDArray[np.float32]:
    """Return how all defects together change the density of states (y, x, grid)."""
    size = mesh_size(REACH)
    lattice = Lattice(gapped_semiconductor((size, size), options.band_gap, HOPPING, HYBRIDISATION))
    impurities = [
        Impurity((int(row), int(column)), np.diag(POTENTIALS[options.kinds[index - 1]]), WIDTH)
        for (row, column), index in zip(sites, kind, strict=True)
    ]
    tip = options.tip_width / LATTICE_CONSTANT
    return density_change(lattice, impurities, grid, options.lifetime, shape, 2, tip=tip, reach=REACH)

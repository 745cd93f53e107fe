"""A semiconductor with drifting band edges and two kinds of point defects, with known truth."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import scipy.fft
import xarray as xr
from numpy.typing import NDArray

from didymos.simulate.bands import gapped_semiconductor
from didymos.simulate.impurity import Impurity, resolved_density_change
from didymos.simulate.lattice import Lattice
from didymos.simulate.measurement import Measurement, conductance, record, topography
from didymos.simulate.recipes.common import (
    Shape,
    check_range,
    check_seed,
    check_shape,
    defect_number,
    energy_axis,
    simulated_dataset,
)
from didymos.simulate.surface import gaussian_random_field, scatter_sites, shift_in_energy
from didymos.simulate.truth import Truth, defect_amplitude, nearest_defect

LATTICE_CONSTANT = 3.2e-10  # m, one point of the map per site
BAND_GAP, HOPPING, HYBRIDISATION = 900.0, 350.0, 300.0  # mV
LIFETIME = 25.0  # mV, half width of the levels
KINDS = {"donor": (0, -850.0), "acceptor": (1, 750.0)}  # orbital, and potential on it in mV
DEFECT_DENSITY = 0.0025  # per site
SEPARATION = 7.0  # sites, least distance of two defects
EDGE_SPREAD = 45.0  # mV, standard deviation of the band edges over the surface
SLOPE_SPREAD = 1.0e-4  # 1/mV, standard deviation of the slope of the transmission
RESOLUTION = 1.5  # sites, standard deviation of the lateral resolution of the tip
MEASUREMENT = Measurement(temperature=77.0, modulation=10.0, setpoint_bias=1000.0, bandwidth=25.0)


def semiconductor(
    *,
    shape: Shape = (100, 100),
    energies: int = 256,
    energy_range: tuple[float, float] = (-1000.0, 1000.0),
    seed: int = 0,
    defects: int | None = None,
    defect_free: bool = False,
    strength: float = 1.0,
    inhomogeneity: float = 1.0,
    correlation_length: float = 6e-9,
    **measurement: Any,
) -> xr.Dataset:
    """Simulate a map of a semiconductor whose band edges drift, with donors and acceptors in the gap.

    rho(r, E) = exp[s(r) E] {rho_0 + drho_T(r)}(E - phi(r)): a rigid shift phi of the bands (band bending:
    R. M. Feenstra, Phys. Rev. B 50, 4561 (1994)), a smooth slope s of the transmission, and the states of all point
    defects in the gap (T-matrix). It is then measured as `Measurement` says, at 77 K with a modulation of 10 mV unless
    asked otherwise.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns; one point per site (0.32 nm).
    energies : int
        Number of energies.
    energy_range : (float, float)
        First and last energy in mV.
    seed : int
        Of the random numbers.
    defects : int, optional
        Number of defects, donors and acceptors in turn; without it 0.0025 per site.
    defect_free : bool
        No defects.
    strength : float
        Multiplies the change of the density of states by the defects (0: none); their levels stay where they are.
    inhomogeneity : float
        Multiplies shift and slope (0: none).
    correlation_length : float
        Of shift and slope, in m.
    **measurement
        The options of `Measurement`, such as ``temperature`` (K), ``modulation`` (mV), ``noise``, ``spoiled``.

    Returns
    -------
    xarray.Dataset
        ``spectra`` in nS, ``topography`` in m and the truth; the kinds are "donor" and "acceptor". The amplitude is
        that of the change of the density of states at energies from the local band edges (the drift of a level does
        not count as a change of its amplitude), and each point belongs to the kind of its nearest defect.

    Raises
    ------
    InputError
        Where an option is unknown or outside its range.
    """
    options = dict(locals())  # first of all: they are kept with the map
    shape, energy = check_shape(shape), energy_axis(energies, energy_range)
    setting = MEASUREMENT.replace(measurement)
    check_range("strength", strength, 0)
    check_range("inhomogeneity", inhomogeneity, 0)
    number = defect_number(defects, defect_free, DEFECT_DENSITY, shape)
    places, smooth, recording = np.random.default_rng(check_seed(seed)).spawn(3)
    sites = scatter_sites(shape, number, SEPARATION, places)
    kind = np.arange(number) % len(KINDS) + 1
    shift, slope = (inhomogeneity * field for field in _fields(shape, correlation_length, smooth))
    grid = setting.grid(energy, LIFETIME)
    grid = _widened(grid, float(np.abs(shift).max()))
    change = _change(shape, sites, kind, grid)
    mesh = gapped_semiconductor((96, 96), BAND_GAP, HOPPING, HYBRIDISATION, shift=0.31)
    clean = Lattice(mesh).density(grid, LIFETIME, 2).astype(np.float32)
    density = np.maximum(clean + np.float32(strength) * change, 0)
    density = shift_in_energy(density, grid, shift) * np.exp(slope[..., None] * grid).astype(np.float32)
    spectra, integral = conductance(density, grid, energy, setting)
    amplitude = _kind_amplitude(strength * change, sites, kind)
    recorded, artefact = record(spectra, energy, setting, recording)
    truth = Truth(list(KINDS), amplitude, sites * LATTICE_CONSTANT, kind, artefact)
    del options["measurement"]
    parameters = options | {"defects": number, **dataclasses.asdict(setting)}
    height = topography(integral)
    return simulated_dataset(
        "semiconductor", recorded, energy, height, truth, parameters, pitch=LATTICE_CONSTANT, units="nS"
    )


def _fields(shape: Shape, length: float, rng: np.random.Generator) -> tuple[NDArray[np.float64], ...]:
    """Return the shift of the bands in mV and the slope of the transmission in 1/mV, both (y, x)."""
    return tuple(
        spread * gaussian_random_field(shape, LATTICE_CONSTANT, length, stream)
        for spread, stream in zip((EDGE_SPREAD, SLOPE_SPREAD), rng.spawn(2), strict=True)
    )


def _widened(grid: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """Return an even grid with the same step that reaches further by a margin on both sides, all in mV."""
    step = grid[1] - grid[0]
    more = int(np.ceil(margin / step)) + 1
    return np.asarray(grid[0] + step * np.arange(-more, grid.size + more))


def _change(
    shape: Shape, sites: NDArray[np.int64], kind: NDArray[np.int64], grid: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return how all defects together change the density of states (y, x, grid)."""
    size = scipy.fft.next_fast_len(max(max(shape) + 16, 48))
    lattice = Lattice(gapped_semiconductor((size, size), BAND_GAP, HOPPING, HYBRIDISATION))
    impurities: list[Impurity] = []
    for (row, column), index in zip(sites, kind, strict=True):
        orbital, strength = list(KINDS.values())[index - 1]
        potential = np.zeros((2, 2))
        potential[orbital, orbital] = strength
        impurities.append(Impurity((int(row), int(column)), potential))
    return resolved_density_change(lattice, impurities, grid, LIFETIME, shape, 2, RESOLUTION)


def _kind_amplitude(
    change: NDArray[np.floating], sites: NDArray[np.int64], kind: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the amplitude of each kind (kind, y, x); a point belongs to the kind of its nearest defect."""
    shape = (change.shape[0], change.shape[1])
    amplitude = np.zeros((len(KINDS), *shape))
    if len(sites):
        kind_at = kind[nearest_defect(shape, sites)]
        for index in np.unique(kind):
            owned = np.where((kind_at == index)[..., None], change, 0)
            amplitude[index - 1] = defect_amplitude(owned, sites[kind == index], 2)
    return amplitude

"""FeSe with sparse Fe vacancies: the map of Figs. 2 to 8 of the paper, with known truth."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import scipy.fft
import xarray as xr
from numpy.typing import NDArray

from didymos.simulate.bands import iron_pnictide
from didymos.simulate.impurity import Impurity, nambu_potential, resolved_density_change
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
from didymos.simulate.surface import gaussian_random_field, scatter_sites
from didymos.simulate.truth import Truth, defect_amplitude

LATTICE_CONSTANT = 2.66e-10  # m, between neighbouring Fe atoms: one point of the map is one Fe site
HOPPING, CHEMICAL_POTENTIAL, GAP = 22.0, 45.1, 2.3  # mV
LIFETIME = 0.6  # mV, half width of the quasi-particle levels
POTENTIAL = -80.0  # mV, of a vacancy on the orbital that points across its axis
VACANCY_DENSITY = 0.0011  # per Fe site
SEPARATION = 9.0  # sites, least distance of two vacancies
LOBE_DISTANCE, LOBE_WIDTH = 2.1, 1.6  # sites along each axis; standard deviation
PAIR_BREAKING = 0.8  # share of the gap that is filled at a vacancy
BOUND_ENERGY, BOUND_WIDTH, BOUND_HEIGHT = -0.8, 1.2, 0.6  # mV, mV, relative to the normal state: the in-gap state
TRANSFER, TRANSFER_SCALE = 0.65, 8.0  # weight moved from filled to empty states: relative, and over how many mV
SLOPE, SLOPE_SPREAD = -0.022, 0.0045  # 1/mV, of the transmission; its standard deviation over the surface
DOPING_SPREAD, GAP_SPREAD = 0.8, 0.15  # mV, standard deviations over the surface
RESOLUTION = 1.0  # sites, standard deviation of the lateral resolution of the tip
MEASUREMENT = Measurement()


def fese(
    *,
    shape: Shape = (100, 100),
    energies: int = 512,
    energy_range: tuple[float, float] = (-15.0, 15.0),
    seed: int = 0,
    defects: int | None = None,
    defect_free: bool = False,
    strength: float = 1.0,
    inhomogeneity: float = 1.0,
    correlation_length: float = 5e-9,
    **measurement: Any,
) -> xr.Dataset:
    """Simulate a map of FeSe with dumbbell-shaped Fe vacancies in two orthogonal orientations.

    rho(r, E) = exp[s(r) E] {(1 - p) rho_s + p rho_n + b + drho_T} [1 + a tanh(E / E_0)]: superconductor rho_s of local
    gap and doping, normal state rho_n, scattering drho_T of all vacancies (T-matrix) and, on the two lobes of a
    vacancy, broken pairs p, an in-gap state b (D. Huang et al., Nano Lett. 16, 4224 (2016)) and a reconstruction a that
    moves weight from filled to empty states. These three are put in by hand, as large as Figs. 2 and 8 of the paper
    show. It is then measured as `Measurement` says.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns; one point per Fe site (0.266 nm).
    energies : int
        Number of energies.
    energy_range : (float, float)
        First and last energy in mV.
    seed : int
        Of the random numbers.
    defects : int, optional
        Number of vacancies; without it 0.0011 per site, which cover some 3 % of the surface.
    defect_free : bool
        No vacancies.
    strength : float
        Multiplies everything that a vacancy does (0: nothing).
    inhomogeneity : float
        Multiplies the smooth variation of transmission, doping and gap (0: none).
    correlation_length : float
        Of that variation, in m.
    **measurement
        The options of `Measurement`, such as ``temperature`` (K), ``modulation`` (mV), ``noise``, ``spoiled``.

    Returns
    -------
    xarray.Dataset
        ``spectra`` in nS, ``topography`` in m and the truth; the one kind is "vacancy", ``truth_position_angle``
        gives the orientation of each in degrees.

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
    number = defect_number(defects, defect_free, VACANCY_DENSITY, shape)
    places, smooth, recording = np.random.default_rng(check_seed(seed)).spawn(3)
    sites = scatter_sites(shape, number, SEPARATION, places)
    diagonal = places.permutation(np.arange(number) % 2) * 2 - 1  # +1: lobes along (1, 1), -1: along (1, -1)
    grid = setting.grid(energy, LIFETIME)
    clean, normal, slope = _surface(shape, grid, inhomogeneity, correlation_length, smooth)
    density = _with_vacancies(clean, normal, sites, diagonal, strength, grid)
    tilt = np.exp(slope[..., None] * grid).astype(np.float32)
    spectra, integral = conductance(density * tilt, grid, energy, setting)
    amplitude = np.zeros(shape)
    if number:
        amplitude = defect_amplitude(spectra - conductance(clean * tilt, grid, energy, setting)[0], sites, 4)
    recorded, artefact = record(spectra, energy, setting, recording)
    truth = Truth(["vacancy"], amplitude[None], sites * LATTICE_CONSTANT, np.ones(number, dtype=np.int8), artefact)
    del options["measurement"]
    parameters = options | {"defects": number, **dataclasses.asdict(setting)}
    height = topography(integral)
    result = simulated_dataset("fese", recorded, energy, height, truth, parameters, pitch=LATTICE_CONSTANT, units="nS")
    angle = xr.DataArray(45.0 * diagonal, dims=("defect",), attrs={"units": "degree", "long_name": "orientation"})
    return result.assign(truth_position_angle=angle)


def _surface(
    shape: Shape, grid: NDArray[np.float64], inhomogeneity: float, length: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
    """Return the density of the surface (y, x, grid), that of its normal state (grid) and the slope (y, x) in 1/mV.

    The density follows local doping and gap by a second-order Taylor expansion, as long as both are small.
    """

    def density(doping: float, gap: float) -> NDArray[np.float64]:
        mesh = iron_pnictide((96, 96), HOPPING, CHEMICAL_POTENTIAL + doping, gap, shift=0.31)
        return Lattice(mesh).density(grid, LIFETIME, 2)

    fields = [gaussian_random_field(shape, LATTICE_CONSTANT, length, stream) for stream in rng.spawn(3)]
    tilt, doping, gap = (inhomogeneity * field for field in fields)
    centre = density(0.0, GAP)
    modes, weights = [centre], [np.ones(shape)]
    for field, low, high in (
        (doping, density(-2 * DOPING_SPREAD, GAP), density(2 * DOPING_SPREAD, GAP)),
        (gap, density(0.0, GAP - 2 * GAP_SPREAD), density(0.0, GAP + 2 * GAP_SPREAD)),
    ):
        modes += [(high - low) / 4, (high + low - 2 * centre) / 8]
        weights += [field, field**2]
    clean = np.stack(weights, axis=-1).astype(np.float32) @ np.stack(modes).astype(np.float32)
    normal = density(0.0, 0.0)
    floor = np.float32(0.01 * np.interp(0.0, grid, normal))  # a Taylor expansion knows nothing of rho >= 0
    return np.maximum(clean, floor), normal, SLOPE + SLOPE_SPREAD * tilt


def _with_vacancies(
    clean: NDArray[np.float32],
    normal: NDArray[np.float64],
    sites: NDArray[np.int64],
    diagonal: NDArray[np.int64],
    strength: float,
    grid: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Return the density of states (y, x, grid) of the surface with vacancies."""
    if not len(sites) or strength == 0:
        return clean
    shape = (clean.shape[0], clean.shape[1])
    size = scipy.fft.next_fast_len(max(max(shape) + 24, 96))
    lattice = Lattice(iron_pnictide((size, size), HOPPING, CHEMICAL_POTENTIAL, GAP))
    impurities = []
    for (row, column), sign in zip(sites, diagonal, strict=True):
        orbital = np.array([1.0, -sign]) / np.sqrt(2)
        potential = nambu_potential(strength * POTENTIAL * np.outer(orbital, orbital))
        impurities += [Impurity((int(row) + step, int(column) + sign * step), potential) for step in (-1, 1)]
    scattered = resolved_density_change(lattice, impurities, grid, LIFETIME, shape, 2, RESOLUTION)
    lobes = strength * _lobes(shape, sites, diagonal)[..., None].astype(np.float32)
    broken = np.minimum(PAIR_BREAKING * lobes, 1)
    density = (1 - broken) * clean + broken * normal.astype(np.float32) + scattered
    level = float(np.interp(0.0, grid, normal))  # of the normal state at the Fermi energy
    bound = BOUND_HEIGHT * level / (1 + ((grid - BOUND_ENERGY) / BOUND_WIDTH) ** 2)
    density += lobes * bound.astype(np.float32)
    density *= 1 + TRANSFER * lobes * np.tanh(grid / TRANSFER_SCALE).astype(np.float32)
    return np.asarray(np.maximum(density, np.float32(0.01 * level)))


def _lobes(shape: Shape, sites: NDArray[np.int64], diagonal: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return where vacancies reconstruct the surface (y, x): two Gaussian lobes each, 1 at their tops."""
    y, x = np.indices(shape)
    envelope = np.zeros(shape)
    for (row, column), sign in zip(sites, diagonal, strict=True):
        for end in (-LOBE_DISTANCE, LOBE_DISTANCE):
            distance = (y - row - end) ** 2 + (x - column - sign * end) ** 2
            envelope = np.maximum(envelope, np.exp(-distance / (2 * LOBE_WIDTH**2)))
    return envelope

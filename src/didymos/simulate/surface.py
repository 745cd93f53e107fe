"""Inhomogeneity of a surface: fields over it, positions of defects, spectra that drift in energy."""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from didymos.schema import InputError
from didymos.simulate.options import Texture


def gaussian_random_field(
    shape: tuple[int, int], pitch: float, correlation_length: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return a smooth random field of zero mean and unit variance.

    <f(r) f(r')> = exp[-|r - r'|^2 / (2 l^2)], made by filtering white noise with the root of its spectrum.
    Source: A. Lang, J. Potthoff, Monte Carlo Methods Appl. 17, 195 (2011).

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    pitch : float
        Distance of neighbouring points in m.
    correlation_length : float
        l in m.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray, shape (y, x)
        Without unit.

    Raises
    ------
    InputError
        Where the correlation length is not above zero.
    """
    if not correlation_length > 0:
        raise InputError(f"the correlation length is {correlation_length} m; allowed are lengths above 0: choose one")
    length = correlation_length / pitch
    # opposite edges of the periodic field are cut off, so that they do not resemble each other
    padded = [scipy.fft.next_fast_len(size + int(np.ceil(5 * length)), real=True) for size in shape]
    y, x = (np.minimum(np.arange(size), size - np.arange(size)) for size in padded)
    covariance = np.exp(-(y[:, None] ** 2 + x**2) / (2 * length**2))
    spectrum = np.clip(np.asarray(scipy.fft.rfft2(covariance)).real, 0, None)
    white = np.asarray(scipy.fft.rfft2(rng.standard_normal(padded)))
    field = np.asarray(scipy.fft.irfft2(white * np.sqrt(spectrum), padded))
    return field[: shape[0], : shape[1]]


def surface_fields(
    texture: Texture,
    number: int,
    shape: tuple[int, int],
    pitch: float,
    correlation_length: float,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return fields of zero mean and about unit variance that describe how properties of a surface vary.

    "smooth": independent `gaussian_random_field`. "moire": the three lowest harmonics of one hexagonal lattice, whose
    period is the correlation length, each field with phases of its own. "domains": +-1 on the two sides of one straight
    wall, and a tenth of the variance smooth.

    Parameters
    ----------
    texture : {"smooth", "moire", "domains"}
        Which of them.
    number : int
        How many fields.
    shape : (int, int)
        Rows and columns.
    pitch, correlation_length : float
        Distance of neighbouring points, and length, in m.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray, shape (number, y, x)
        Without unit.
    """
    common, *streams = rng.spawn(1 + number)
    if texture == "moire":
        y, x = pitch * np.indices(shape)
        angles = common.uniform(0, np.pi / 3) + np.pi / 3 * np.arange(3)
        wave = 4 * np.pi / np.sqrt(3) / correlation_length
        phases = [stream.uniform(0, 2 * np.pi, 3) for stream in streams]
        along = [wave * (np.cos(angle) * x + np.sin(angle) * y) for angle in angles]
        waves = [sum(np.cos(a + phase) for a, phase in zip(along, some, strict=True)) for some in phases]
        return np.asarray(np.sqrt(2 / 3) * np.array(waves))
    smooth = np.array([gaussian_random_field(shape, pitch, correlation_length, stream) for stream in streams])
    if texture == "smooth":
        return smooth
    angle = common.uniform(0, 2 * np.pi)
    y, x = np.indices(shape)
    along = np.cos(angle) * x + np.sin(angle) * y
    wall = np.where(along > np.quantile(along, common.uniform(0.3, 0.7)), 1.0, -1.0)
    signs = common.choice([-1.0, 1.0], number)
    return np.asarray(np.sqrt(0.9) * signs[:, None, None] * wall + np.sqrt(0.1) * smooth)


def scatter_sites(
    shape: tuple[int, int], number: int, separation: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return random sites of which no two are nearer than a separation (random sequential addition).

    Source: B. Widom, J. Chem. Phys. 44, 3888 (1966).

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.
    number : int
        How many sites.
    separation : float
        Least distance in sites.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray, shape (number, 2)
        Row and column of each site.

    Raises
    ------
    InputError
        Where that many do not fit.
    """
    every = rng.permutation(shape[0] * shape[1])
    sites = np.stack(np.unravel_index(every, shape), axis=-1)
    chosen: list[NDArray[np.int64]] = []
    free = np.ones(len(sites), dtype=bool)
    while len(chosen) < number:
        index = int(np.argmax(free))
        if not free[index]:
            raise InputError(
                f"{number} defects came; on {shape[0]} x {shape[1]} points about {len(chosen)} fit: "
                "ask for fewer or a larger map"
            )
        chosen.append(sites[index])
        free &= ((sites - sites[index]) ** 2).sum(axis=1) >= separation**2
    return np.array(chosen, dtype=np.int64).reshape(number, 2)


def shift_in_energy(
    density: NDArray[np.float32], grid: NDArray[np.float64], shift: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return spectra moved along the energy: rho(E - shift), by cubic interpolation between four neighbours.

    Parameters
    ----------
    density : ndarray, shape (y, x, grid)
        Any unit.
    grid : ndarray, shape (grid,)
        Even energies in mV; beyond its ends the spectrum continues with its last value.
    shift : ndarray, shape (y, x)
        In mV.

    Returns
    -------
    ndarray, shape (y, x, grid)
        In the unit of `density`.
    """
    position = np.arange(grid.size) - shift[..., None] / (grid[1] - grid[0])
    first = np.floor(position).astype(np.int64)
    t = (position - first).astype(np.float32)
    # Lagrange polynomials through the points -1, 0, 1, 2
    weights = (-t * (t - 1) * (t - 2) / 6, (t + 1) * (t - 1) * (t - 2) / 2, -(t + 1) * t * (t - 2) / 2)
    moved = np.zeros_like(density)
    for offset, weight in zip((-1, 0, 1, 2), (*weights, (t + 1) * t * (t - 1) / 6), strict=True):
        moved += weight * np.take_along_axis(density, np.clip(first + offset, 0, grid.size - 1), axis=-1)
    return moved

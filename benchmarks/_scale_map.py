"""A map of any size in a zarr store, made a few rows at a time, with the truth beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import zarr
from numpy.typing import NDArray

SPACING = 25.0
"""Pixels between two defects on average."""
RADIUS = 2.0
"""Of a defect, the standard deviation of its amplitude in pixels."""
NOISE = 0.2
CHUNK = 2**22
"""Bytes of a chunk."""


def write_map(path: Path, side: int, energies: int = 256, *, seed: int = 0) -> NDArray[np.bool_]:
    """Write side x side spectra with defects of two kinds on a smoothly varying surface.

    A spectrum is a gap with two coherence peaks whose width and height drift over the surface, and at a defect, in
    proportion to a Gaussian amplitude, a bound state at one of two energies, plus white noise.

    Parameters
    ----------
    path : path
        A zarr store, made or replaced.
    side : int
        Rows and columns.
    energies : int
    seed : int

    Returns
    -------
    array of bool, shape (side, side)
        Spectra with at least half of the amplitude of a defect.
    """
    rng = np.random.default_rng(seed)
    energy = np.linspace(-10.0, 10.0, energies)
    amplitude = _amplitudes(side, rng)
    store = zarr.open_group(path, mode="w", zarr_format=3)
    rows = max(CHUNK // (4 * side * energies), 1)
    spectra = store.create_array(
        "spectra",
        shape=(side, side, energies),
        chunks=(rows, side, energies),
        dtype="float32",
        dimension_names=("y", "x", "energy"),
        attributes={"units": "nS", "long_name": "dI/dV"},
    )
    for name, values, units in (("energy", energy, "mV"), ("y", np.arange(side), "nm"), ("x", np.arange(side), "nm")):
        store.create_array(name, data=values.astype(float), dimension_names=(name,), attributes={"units": units})
    column = np.arange(side) / side
    for start in range(0, side, rows):
        row = np.arange(start, min(start + rows, side))[:, np.newaxis] / side
        gap = 3.0 + 0.3 * np.sin(9 * row + 4 * column)
        height = 1.0 + 0.15 * np.cos(7 * row - 5 * column)
        peaks = np.exp(-(((np.abs(energy) - gap[..., np.newaxis]) / 0.8) ** 2))
        values = 1 + height[..., np.newaxis] * (peaks - 0.8 * np.exp(-((energy / gap[..., np.newaxis]) ** 4)))
        for part, at in zip(amplitude, (-1.0, 6.0), strict=True):
            values += part[start : start + rows, :, np.newaxis] * np.exp(-(((energy - at) / 0.5) ** 2))
        values += rng.normal(scale=NOISE, size=values.shape)
        spectra[start : start + rows] = values.astype(np.float32)
    return np.asarray(np.max(amplitude, axis=0) >= 0.5)


def _amplitudes(side: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the amplitude of both kinds, shape (2, side, side); defects lie at random, not at the rim."""
    count = max(round((side / SPACING) ** 2), 2)
    amplitude = np.zeros((2, side, side))
    reach = int(4 * RADIUS)
    offset = np.arange(-reach, reach + 1)
    shape = np.exp(-(offset[:, np.newaxis] ** 2 + offset**2) / (2 * RADIUS**2))
    for number, (y, x) in enumerate(rng.integers(reach, side - reach, size=(count, 2))):
        part = amplitude[number % 2, y - reach : y + reach + 1, x - reach : x + reach + 1]
        np.maximum(part, shape, out=part)
    return amplitude

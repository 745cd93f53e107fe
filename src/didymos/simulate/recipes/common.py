"""What all recipes share: checked options and the Dataset they return."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.schema import InputError, spectral_map
from didymos.simulate.truth import Truth

Shape = tuple[int, int]


def check_shape(shape: Shape) -> Shape:
    """Return the number of rows and columns, or raise an InputError."""
    sizes = tuple(shape)
    if len(sizes) != 2 or any(int(size) != size or size < 1 for size in sizes):
        raise InputError(f"shape is {shape}; allowed are two whole numbers from 1, rows and columns: choose them")
    return int(sizes[0]), int(sizes[1])


def check_seed(seed: int) -> int:
    """Return the seed, or raise an InputError where it is not a whole number from 0."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed is {seed!r}; allowed are whole numbers from 0: choose one")
    return int(seed)


def check_range(name: str, value: float, low: float, high: float = np.inf) -> float:
    """Return a number, or raise an InputError where it is outside of its range (ends included)."""
    if not low <= value <= high or not np.isfinite(value):
        upper = f" to {high:g}" if np.isfinite(high) else ""
        raise InputError(f"{name} is {value}; allowed are numbers from {low:g}{upper}: choose one")
    return value


def energy_axis(energies: int, energy_range: tuple[float, float]) -> NDArray[np.float64]:
    """Return evenly spaced energies in mV, ascending, shape (energies,)."""
    low, high = energy_range
    if int(energies) != energies or energies < 2 or not np.isfinite([low, high]).all() or low >= high:
        raise InputError(
            f"{energies} energies from {low} to {high} mV came; allowed are at least 2 over an ascending range: "
            "choose them"
        )
    return np.linspace(low, high, int(energies))


def defect_number(defects: int | None, defect_free: bool, density: float, shape: Shape) -> int:
    """Return how many defects: those asked for, none, or (at least one) as the density per point says."""
    if defect_free:
        return 0
    if defects is None:
        return max(1, round(density * shape[0] * shape[1]))
    if int(defects) != defects or defects < 0:
        raise InputError(f"defects is {defects}; allowed are whole numbers from 0: choose one")
    return int(defects)


def simulated_dataset(
    recipe: str,
    spectra: NDArray[np.float32],
    energy: NDArray[np.float64],
    topography: NDArray[np.float64],
    truth: Truth,
    parameters: Mapping[str, Any],
    *,
    pitch: float,
    units: str,
) -> xr.Dataset:
    """Put a simulated map and its truth into one Dataset.

    Parameters
    ----------
    recipe : str
        Name of the recipe.
    spectra : ndarray, shape (y, x, energy)
        In `units`.
    energy : ndarray, shape (energy,)
        In mV.
    topography : ndarray, shape (y, x)
        In m.
    truth : Truth
        What is known.
    parameters : mapping
        All parameters of the recipe, with ``seed``; kept as JSON.
    pitch : float
        Distance of neighbouring points in m.
    units : str
        Unit of the spectra.

    Returns
    -------
    xarray.Dataset
        With ``spectra``, ``topography`` and ``truth_...``.
    """
    y, x = (pitch * np.arange(size) for size in spectra.shape[:2])
    array = spectral_map(spectra, energy, x=x, y=y, signal_units=units, signal_name="dI/dV")
    array["energy"].attrs["long_name"] = "sample bias"
    for name in ("x", "y"):
        array[name].attrs["long_name"] = name
    height = xr.DataArray(topography, dims=("y", "x"), attrs={"units": "m", "long_name": "height of the tip"})
    attrs = {
        "recipe": recipe,
        "parameters": json.dumps(dict(parameters), default=float),
        "seed": parameters["seed"],
    }
    return xr.Dataset({"spectra": array, "topography": height, **truth.variables()}, attrs=attrs)

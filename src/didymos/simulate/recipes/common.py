"""What all recipes share: their options, and the way from a density of states to a Dataset with the truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from didymos.schema import spectral_map
from didymos.simulate.measurement import conductance, record, topography
from didymos.simulate.options import MapOptions, Shape, SurfaceOptions
from didymos.simulate.surface import scatter_sites, shift_in_energy
from didymos.simulate.truth import Truth, kind_amplitude

SPLINE_RIM = 4  # points from the edge within which a spline is not to be trusted
TIP_SLOPE = 0.25  # standard deviation of the slope of the transmission of a tip, over the set-point bias


class Scan:
    """Where on the surface each spectrum is taken: the tip drifts from the first to the last.

    Parameters
    ----------
    options : SurfaceOptions
        Shape and drift.
    pitch : float
        Distance of neighbouring points in m.
    """

    def __init__(self, options: SurfaceOptions, pitch: float) -> None:
        self.shape, self.pitch = options.shape, pitch
        points = self.shape[0] * self.shape[1]
        self.time = (np.arange(points) / max(points - 1, 1)).reshape(self.shape)
        """Of each spectrum, 0 at the first and 1 at the last."""
        self.drift = np.array(options.drift) / pitch
        rim = SPLINE_RIM * bool(self.drift.any())
        self.origin = np.maximum(np.ceil(-self.drift), 0) + rim
        more = np.ceil(np.abs(self.drift)).astype(int) + 2 * rim
        self.canvas: Shape = (self.shape[0] + int(more[0]), self.shape[1] + int(more[1]))
        """Rows and columns of the surface that the tip comes to see."""

    def sample(self, surface: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what is seen of a surface: (y, x, energy) of the canvas to that of the map, by cubic splines."""
        if not self.drift.any():
            return surface
        moved = self.origin[:, None, None] + self.drift[:, None, None] * self.time
        position = np.indices(self.shape) + moved
        seen = [map_coordinates(layer, position, order=3, mode="nearest") for layer in np.moveaxis(surface, -1, 0)]
        return np.ascontiguousarray(np.moveaxis(np.stack(seen), 0, -1), dtype=np.float32)

    def scatter(self, number: int, separation: float, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return random sites of the canvas (`scatter_sites`) that come to be seen, shape (number, 2)."""
        seen = scatter_sites(self.shape, number, separation, rng)
        time = self.time[seen[:, 0], seen[:, 1]]
        return np.asarray(np.rint(seen + self.origin + self.drift * time[:, None]), dtype=np.int64)

    def apparent(self, sites: NDArray[np.integer]) -> NDArray[np.float64]:
        """Return the row and column of the map at which sites of the canvas appear, shape (number, 2)."""
        there = sites - self.origin
        index = there
        for _ in range(8):  # the time of a point depends on its row, so it is found by iteration
            row = np.clip(index, 0, np.array(self.shape) - 1) @ [self.shape[1], 1] / max(self.time.size - 1, 1)
            index = there - self.drift * row[:, None]
        return np.asarray(index, dtype=float)


@dataclass(frozen=True)
class Surface:
    """A surface as a tip would see it, and its defects.

    Parameters
    ----------
    recipe : str
        Name of the recipe.
    grid : ndarray, shape (grid,)
        Even energies in mV, from `Measurement.grid`.
    density : ndarray, shape (canvas y, canvas x, grid)
        Local density of states, any unit.
    change : ndarray, shape (canvas y, canvas x, grid)
        What of it is due to defects, at energies from the local levels.
    sites : ndarray, shape (defect, 2)
        Row and column of each defect on the canvas.
    kind : ndarray, shape (defect,)
        1 to the number of kinds.
    extent : sequence of float
        How far each kind reaches from its position, in points.
    """

    recipe: str
    grid: NDArray[np.float64]
    density: NDArray[np.float32]
    change: NDArray[np.float32]
    sites: NDArray[np.int64]
    kind: NDArray[np.int64]
    extent: Sequence[float]


def measured(surface: Surface, scan: Scan, options: SurfaceOptions, rng: np.random.Generator) -> xr.Dataset:
    """Measure a surface and return the map with its truth.

    Parameters
    ----------
    surface : Surface
        What is there.
    scan : Scan
        Where the tip goes.
    options : SurfaceOptions
        How it is measured.
    rng : numpy.random.Generator
        Source of the random numbers of the measurement.

    Returns
    -------
    xarray.Dataset
        With ``spectra`` in nS, ``topography`` and ``truth_...``.
    """
    position = scan.apparent(surface.sites)
    centre = np.clip(np.rint(position), 0, np.array(scan.shape) - 1).astype(np.int64)
    change = scan.sample(surface.change)
    amplitude = kind_amplitude(change, centre, surface.kind, surface.extent)
    del change
    changes, recording = rng.spawn(2)
    density = _with_slow_changes(scan.sample(surface.density), surface.grid, scan.time, options, changes)
    spectra, integral = conductance(density, surface.grid, options.energy, options)
    artefact = record(spectra, options.energy, options, recording)
    truth = Truth(options.kinds, amplitude, position * scan.pitch, surface.kind, artefact)
    return simulated_dataset(surface.recipe, spectra, topography(integral), truth, options, scan.pitch, "nS")


def _with_slow_changes(
    density: NDArray[np.float32],
    grid: NDArray[np.float64],
    time: NDArray[np.float64],
    options: SurfaceOptions,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Return the density of states as a bias that drifts and a tip that changes show it."""
    if options.bias_drift:
        density = shift_in_energy(density, grid, options.bias_drift * time)
    if options.tip_changes:
        begins = np.sort(rng.uniform(0, 1, int(options.tip_changes)))
        slopes = np.append(0.0, TIP_SLOPE / options.setpoint_bias * rng.standard_normal(begins.size))
        slope = slopes[np.searchsorted(begins, time, side="right")]
        density = density * np.exp(slope[..., None] * grid).astype(np.float32)
    return density


def kinds_in_turn(options: SurfaceOptions, number: int) -> NDArray[np.int64]:
    """Return the kind of each defect, 1 to the number of kinds, in turn."""
    return np.arange(number) % len(options.kinds) + 1


def simulated_dataset(
    recipe: str,
    spectra: NDArray[np.float32],
    topography: NDArray[np.float64],
    truth: Truth,
    options: MapOptions,
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
    topography : ndarray, shape (y, x)
        In m.
    truth : Truth
        What is known.
    options : MapOptions
        All options of the recipe; kept as JSON.
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
    array = spectral_map(spectra, options.energy, x=x, y=y, signal_units=units, signal_name="dI/dV")
    array["energy"].attrs["long_name"] = "sample bias"
    for name in ("x", "y"):
        array[name].attrs["long_name"] = name
    height = xr.DataArray(topography, dims=("y", "x"), attrs={"units": "m", "long_name": "height of the tip"})
    attrs = {"recipe": recipe, "parameters": json.dumps(options.parameters()), "seed": options.seed}
    return xr.Dataset({"spectra": array, "topography": height, **truth.variables()}, attrs=attrs)

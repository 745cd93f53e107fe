"""Measured maps beside the checkout that several benchmarks read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from didymos.schema import spectral_map

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
LATTICE = Path("spym", "dI-dV_9K_ABC6_2020_07_02_08_50_47_967.sm4")
CHANNELS = {"lock-in": 1986718, "current": 2349826}
"""Where in the file of the lattice the spectra of a channel begin."""

ROWS, ENERGIES = 32, 81


def lattice_of(path: Path, offset: int) -> xr.DataArray:
    """Return a channel of the lattice: 32-bit integers in units of 4.66e-18 A, from +0.3 to -0.1 V."""
    values = np.fromfile(path, "<i4", ROWS * ROWS * ENERGIES, offset=offset).reshape(ROWS, ROWS, ENERGIES) * 4.656613e-6
    return spectral_map(values, 300 - 5.0 * np.arange(ENERGIES), signal_units="pA")

"""What is done with the energies of a map while it is opened: a range is taken, wavelengths become energies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from didymos.core.preparation.photon_energy import photon_energy
from didymos.io.blocks import is_lazy
from didymos.io.reading import parse_range
from didymos.schema import ENERGY, InputError, validate_map

if TYPE_CHECKING:
    import xarray as xr

NANOMETRES = {"nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "m": 1e9, "pm": 1e-3, "Å": 0.1, "Angstrom": 0.1}


def in_range(array: xr.DataArray, energy_range: Sequence[float]) -> xr.DataArray:
    """Keep the energies of a map that lie in a range.

    Parameters
    ----------
    array : xarray.DataArray
        A map in standard form.
    energy_range : two numbers
        In the unit of the energies.

    Returns
    -------
    xarray.DataArray

    Raises
    ------
    InputError
        Where fewer than two energies are left.
    """
    low, high = parse_range(energy_range)
    energy = array[ENERGY].values
    rounding = 1e-9 * (energy[-1] - energy[0])
    inside = (energy >= low - rounding) & (energy <= high + rounding)
    if inside.sum() < 2:
        units = array[ENERGY].attrs.get("units", "")
        raise InputError(
            f"the energy range {low:g} to {high:g} {units} leaves {int(inside.sum())} points; the spectra run from "
            f"{energy[0]:g} to {energy[-1]:g} {units}: give a wider range"
        )
    first, last = np.flatnonzero(inside)[[0, -1]]
    cropped = array.isel({ENERGY: slice(first, last + 1)})
    return cropped if is_lazy(array) else cropped.copy()


def as_photon_energy(array: xr.DataArray) -> xr.DataArray:
    """Turn the wavelengths of a map into photon energies in eV; the area under every spectrum stays.

    Parameters
    ----------
    array : xarray.DataArray
        A map in standard form whose energies are wavelengths in vacuum, with the unit nm, um, m, pm or Å.

    Returns
    -------
    xarray.DataArray
        Energies in eV, ascending; the signal in its unit times nm/eV. See
        :func:`didymos.core.preparation.photon_energy.photon_energy`.

    Raises
    ------
    InputError
        Where the energies are no wavelengths.
    """
    units = str(array[ENERGY].attrs.get("units", ""))
    values = np.asarray(array[ENERGY].values, dtype=np.float64)
    if units not in NANOMETRES or values.min() <= 0:
        raise InputError(
            f"photon_energy needs wavelengths in nm, um or m; the spectra run from {values[0]:g} to {values[-1]:g} "
            f"{units}: leave it out".replace("  ", " ")
        )
    energy, jacobian = photon_energy(values * NANOMETRES[units])
    attrs = dict(array.attrs)
    signal = str(attrs.get("units", ""))
    attrs["units"] = f"{signal} nm/eV" if signal else ""
    attrs["energies"] = "photon energies of the wavelengths; the signal is multiplied by wavelength² / (h c)"
    turned = array * np.asarray(jacobian, dtype=np.float32)
    turned = turned.assign_coords({ENERGY: (ENERGY, energy, {"units": "eV", "long_name": "photon energy"})})
    return validate_map(turned.assign_attrs(attrs))

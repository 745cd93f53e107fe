"""The map that a function of the workflow is given, in standard form and at the energies that are wanted."""

from __future__ import annotations

from typing import Any

import xarray as xr

from didymos.schema import ENERGY, InputError, space_dims, validate_map
from didymos.schema.given import no_map


def check_map(data: Any, who: str) -> None:
    """Refuse what is no spectral map and holds none, in the name of the function that was called."""
    if not isinstance(data, xr.DataArray | xr.Dataset) or (isinstance(data, xr.Dataset) and "spectra" not in data):
        raise no_map(data, who)


def as_map(data: xr.DataArray | xr.Dataset) -> xr.DataArray:
    """Return the spectral map in a map or in a Dataset with the variable ``spectra``, in standard form."""
    if isinstance(data, xr.Dataset):
        if "spectra" not in data:
            raise no_map(data)
        spectra = data["spectra"]
        dims = space_dims(spectra)
        per_point = [n for n, v in data.data_vars.items() if n == "topography" and v.dims == dims]
        spectra = spectra.assign_coords({name: data[name] for name in per_point})
        return validate_map(spectra)
    if not isinstance(data, xr.DataArray):
        raise no_map(data)
    return validate_map(data)


def within(spectra: xr.DataArray, energy_range: tuple[float, float], fewest: int) -> xr.DataArray:
    """Return a map at the energies of a range, which must hold enough of them."""
    chosen = spectra.sel({ENERGY: slice(*energy_range)})
    if chosen.sizes[ENERGY] < min(fewest, spectra.sizes[ENERGY]):
        energy, unit = spectra[ENERGY].values, str(spectra[ENERGY].attrs.get("units", ""))
        low, high = energy_range
        raise InputError(
            f"energy_range is {low:g} to {high:g} {unit}".rstrip()
            + f", which holds {chosen.sizes[ENERGY]} of {energy.size} energies; the map spans {energy[0]:g} to "
            f"{energy[-1]:g} {unit}".rstrip()
            + f": choose a range with at least {fewest}"
        )
    return chosen

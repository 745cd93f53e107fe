"""The map that a function is given: its standard form, its positions, a range of its energies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from didymos.schema import ENERGY, InputError, space_dims, validate_map
from didymos.schema.given import no_map
from didymos.schema.positions import with_sound_positions
from didymos.schema.precision import check_squares
from didymos.schema.results import OF_THE_MAP

READ = {
    "channel": "channel",
    "derived": "derived",
    "lockin_phase": "phase of the lock-in",
    "backward": "sweep directions",
    "sweeps": "repeated sweeps",
    "energies": "energies",
}
"""What a map says of how it was read, and the words for it."""


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
        per_point = [n for n, v in data.data_vars.items() if n in OF_THE_MAP and v.dims == dims]
        spectra = spectra.assign_coords({name: data[name] for name in per_point})
        return _fit_for_analysis(validate_map(spectra))
    if not isinstance(data, xr.DataArray):
        raise no_map(data)
    return _fit_for_analysis(validate_map(data))


def _fit_for_analysis(spectra: xr.DataArray) -> xr.DataArray:
    """Return a map with positions that can be measured; refuse one whose distances single precision does not hold."""
    check_squares(spectra)
    return with_sound_positions(spectra)


def within(spectra: xr.DataArray, energy_range: tuple[float, float], fewest: int) -> xr.DataArray:
    """Return a map at the energies of a range, which must hold at least `fewest` of them."""
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


def read_as(spectra: xr.DataArray) -> dict[str, str]:
    """Return how a map was read from its file, as far as this changes what a spectrum is: by name, as text."""
    found = {name: spectra.attrs.get(name) for name in READ}
    # a converted map knows the channel of its first file
    found["channel"] = spectra.attrs.get("source_channel", found["channel"])
    return {name: str(value) for name, value in found.items() if value not in (None, "", "none")}


def read_otherwise(spectra: xr.DataArray, before: Mapping[str, object]) -> tuple[str, ...]:
    """Return a warning where a map was read in another way than that of a model; of a converted file nobody knows."""
    now = read_as(spectra)
    # an array of somebody's own, or of an older file
    if not before or "spectra" in (now.get("channel"), before.get("channel")):
        return ()
    names = [name for name in READ if now.get(name) != before.get(name)]
    if not names:
        return ()
    parts = [f"{READ[name]} {before.get(name, 'none')!s} there, {now.get(name, 'none')} here" for name in names]
    return (f"This map was read in another way than that of the model ({'; '.join(parts)}): the scores compare what "
            "may not be comparable.",)  # fmt: skip

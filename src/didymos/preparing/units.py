"""Units of current, bias and conductance, and the current that belongs to a map."""

from __future__ import annotations

import numpy as np
import xarray as xr

from didymos.schema import ENERGY, InputError, space_dims

PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
CURRENT = "recorded_current"
"""The coordinate of a map with its recorded current."""


def factor_to(units: str, base: str) -> float | None:
    """Return what values in some unit are multiplied by to be in the base unit; None where it is another unit.

    Parameters
    ----------
    units : str
        Such as "pA".
    base : str
        Such as "A".
    """
    text = units.strip()
    return PREFIXES.get(text.removesuffix(base)) if text.endswith(base) else None


def conductance_factor(units: str) -> float | None:
    """Return the same for conductances: S and its parts, or a current over a voltage such as nA/V."""
    if "/" in units:
        above, _, below = units.partition("/")
        current, voltage = factor_to(above, "A"), factor_to(below, "V")
        return None if current is None or voltage is None else current / voltage
    return factor_to(units, "S")


def volts_factor(spectra: xr.DataArray, what: str) -> float:
    """Return what the energies of a map are multiplied by to be in V.

    Raises
    ------
    InputError
        Where they are no bias.
    """
    units = str(spectra[ENERGY].attrs.get("units", ""))
    found = factor_to(units, "V")
    if found is None:
        raise InputError(f"{what} needs energies that are a bias; those of the map are in {units or 'no unit'!r}: "
                         "give them in V or mV")  # fmt: skip
    return found


def with_current(spectra: xr.DataArray, current: xr.DataArray) -> xr.DataArray:
    """Return a map that carries its recorded current, as the coordinate ``recorded_current``.

    Parameters
    ----------
    spectra : spectral map
    current : spectral map
        The current at the same positions and energies.

    Returns
    -------
    xarray.DataArray

    Raises
    ------
    InputError
        Where positions or energies differ.
    """
    own, other = dict(spectra.sizes), dict(current.sizes)
    energy, recorded = (np.asarray(one[ENERGY].values, dtype=float) for one in (spectra, current))
    if own != other or not np.allclose(energy, recorded, rtol=0, atol=1e-6 * max(np.ptp(energy), np.finfo(float).tiny)):
        raise InputError(
            f"the current has the sizes {_sizes(other)}, the map {_sizes(own)}, or their energies differ: take both "
            "from one file, with the same options"
        )
    values = current.transpose(*spectra.dims)
    return spectra.assign_coords({CURRENT: (spectra.dims, values.data, dict(current.attrs))})


def current_of(spectra: xr.DataArray, current: xr.DataArray | None, what: str) -> xr.DataArray:
    """Return the current of a map in A: the one given, or the one it carries.

    Raises
    ------
    InputError
        Where there is none, or its unit is none of a current.
    """
    held = spectra if current is None else with_current(spectra, current)
    if CURRENT not in held.coords or set(held.coords[CURRENT].dims) != {*space_dims(spectra), ENERGY}:
        raise InputError(
            f"{what} needs the recorded current, and the map carries none: on the command line name its channel with "
            "--current, in Python use didymos.preparing.with_current(map, didymos.open_map(path, channel='Current'))"
        )
    found = held.coords[CURRENT].transpose(*spectra.dims)
    units = str(found.attrs.get("units", ""))
    factor = factor_to(units, "A")
    if factor is None:
        raise InputError(f"the current has the unit {units!r}; allowed are A, nA, pA and other parts of an ampere: "
                         "choose the channel of the current")  # fmt: skip
    current_in_amperes: xr.DataArray = found.drop_vars(CURRENT).astype(np.float64) * factor
    return current_in_amperes


def _sizes(sizes: dict[object, int]) -> str:
    return " × ".join(str(size) for size in sizes.values())

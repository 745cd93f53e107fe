"""The axes of a map under any usual name, in any order: which dim is y, x, point or energy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from didymos.schema import ENERGY, IMAGE_DIMS, POINT_DIMS, InputError
from didymos.schema.given import shown

if TYPE_CHECKING:
    import xarray as xr

STANDARD = (*IMAGE_DIMS, *POINT_DIMS, ENERGY)
NAMES = {
    "y": {"y", "row", "rows", "line", "lines", "scan_y", "y_axis", "yaxis", "y_position", "pos_y"},
    "x": {"x", "column", "columns", "col", "cols", "scan_x", "x_axis", "xaxis", "x_position", "pos_x"},
    "point": {"point", "points", "position", "positions", "location", "spot"},
    ENERGY: {
        *("energy", "e", "energies", "photon_energy", "kinetic_energy", "binding_energy", "ev"),
        *("bias", "bias_voltage", "sample_bias", "voltage", "vbias", "v_bias", "vb", "v", "u"),
        *("wavelength", "lambda", "wl", "nm", "wavenumber", "raman_shift", "ramanshift", "shift"),
        *("energy_loss", "energyloss", "eloss", "loss", "eels", "eds"),
        *("z", "zsweep", "z_sweep", "distance", "separation", "piezo", "height_sweep"),
        *("frequency", "freq", "f", "channel", "spectral", "signal", "band", "bands", "q"),
    },
}
"""Names in lower case, words parted by ``_``, without units in brackets."""
MAPS = ({*IMAGE_DIMS, ENERGY}, {*POINT_DIMS, ENERGY})
LINES = ({"x", ENERGY}, {"y", ENERGY})


def standard_axis(name: str) -> str | None:
    """Return y, x, point or energy for a usual name of an axis such as ``Bias (V)``, None for any other name."""
    word = re.sub(r"[\s_-]+", "_", re.sub(r"[(\[].*?[)\]]", " ", name).strip().casefold()).strip("_")
    return next((axis for axis, names in NAMES.items() if word in names), None)


def parse_dims(dims: str | Sequence[str]) -> tuple[str, ...]:
    """Check what the user says about the axes of a file.

    Parameters
    ----------
    dims : str or sequence of str
        What each axis of the array is, in its order: ``"y,x,energy"`` or ``("point", "energy")``.

    Returns
    -------
    tuple of str

    Raises
    ------
    InputError
        Where a name is another or the axes together are no map.
    """
    words = dims.split(",") if isinstance(dims, str) else dims
    if not isinstance(words, Sequence) or not all(isinstance(word, str) for word in words):
        raise InputError(f"dims is {shown(dims)}; allowed are y,x,energy or point,energy, one name for each axis")
    names = tuple(word.strip().casefold() for word in words)
    if set(names) not in (*MAPS, *LINES) or len(set(names)) < len(names):
        raise InputError(
            f"dims is {','.join(names)!r}; allowed are y,x,energy or point,energy (or x,energy for a line), in the "
            "order of the axes of the array"
        )
    return names


def axes_of(
    array: xr.DataArray, dims: tuple[str, ...] | None = None, *, by_exclusion: bool = False
) -> dict[str, str] | None:
    """Find out which dim of an array is which axis of a map.

    The names decide, in any case and order. Dims of length 1 with no usual name do not count.

    Parameters
    ----------
    array : xarray.DataArray
        With any dims.
    dims : tuple of str, optional
        The word of the user, as :func:`parse_dims` returns it: the axes that count, in the order of the array.
    by_exclusion : bool
        Where all other dims have names of positions, take the last one for the spectrum whatever its name; and take a
        single line, which has one dim of positions, for a map.

    Returns
    -------
    dict of str to str, or None
        The standard name (y, x, point, energy) of each dim that counts; None where the array is no map.
    """
    names = [str(dim) for dim in array.dims]
    if dims is not None:
        counted = names
        if len(names) > len(dims):
            counted = [name for name in names if array.sizes[name] > 1]
        return dict(zip(counted, dims, strict=True)) if len(counted) == len(dims) else None
    known = {name: name if name in STANDARD else standard_axis(name) for name in names}
    # z is a sweep or, beside another spectrum, a dim of its own; the standard names go before all others
    for axis in STANDARD:
        if axis in names:
            known.update({name: None for name in names if name != axis and known[name] == axis})
    counted = [name for name in names if known[name] or array.sizes[name] > 1]
    found = {name: known[name] for name in counted}
    unknown = [name for name in counted if found[name] is None]
    if by_exclusion and len(unknown) == 1 and ENERGY not in found.values():
        found[unknown[0]] = ENERGY
    axes = [axis for axis in found.values() if axis is not None]
    allowed = (*MAPS, *LINES) if by_exclusion else MAPS
    if len(axes) < len(counted) or len(set(axes)) < len(axes) or set(axes) not in allowed:
        return None
    return {name: axis for name, axis in found.items() if axis is not None}


def with_standard_axes(array: xr.DataArray, dims: tuple[str, ...] | None = None) -> xr.DataArray:
    """Give the axes of a map their standard names; a single line becomes a map with one row.

    Parameters
    ----------
    array : xarray.DataArray
        An array of which :func:`axes_of` knows the axes.
    dims : tuple of str, optional
        As for :func:`axes_of`.

    Returns
    -------
    xarray.DataArray, dims y, x, energy or point, energy in the order of the array
        The coordinate of the energy keeps its own name as ``long_name``. Other coordinates, such as the positions of
        points, keep their names, but for those that would be mistaken for an axis.

    Raises
    ------
    InputError
        Where the array is no map.
    """
    axes = axes_of(array, dims) or axes_of(array, dims, by_exclusion=True)
    if axes is None:
        raise InputError(f"the axes {tuple(map(str, array.dims))} are no map: name them with dims, such as y,x,energy")
    array = array.squeeze([dim for dim in array.dims if dim not in axes], drop=True)
    renamed = {dim: axis for dim, axis in axes.items() if dim != axis}
    taken = {name for name in array.coords if name in renamed.values() and name not in array.dims}
    array = array.drop_vars(taken).rename(renamed)
    for dim, axis in axes.items():
        # a unit that stands in the name, such as Bias (mV)
        unit = re.search(r"[(\[]([^()\[\]]+)[)\]]\s*$", dim)
        if unit and axis in array.coords:
            array[axis].attrs.setdefault("units", unit.group(1).strip())
    sweep = next(dim for dim, axis in axes.items() if axis == ENERGY)
    if ENERGY in array.coords and sweep != ENERGY:
        plain = re.sub(r"[(\[].*?[)\]]", " ", sweep).strip() or sweep
        array[ENERGY].attrs.setdefault("long_name", re.sub(r"[\s_]+", " ", plain))
    if ENERGY not in array.coords and dims is not None:
        # the user names the axes of a file that has no values for them
        counted = np.arange(array.sizes[ENERGY], dtype=float)
        array = array.assign_coords({ENERGY: (ENERGY, counted, {"units": "channel"})})
    return _with_points(_with_rows(array))


def _with_rows(array: xr.DataArray) -> xr.DataArray:
    """Return a line as a map of one row (or one column)."""
    missing = [dim for dim in IMAGE_DIMS if dim not in array.dims]
    if "point" in array.dims or not missing:
        return array
    dim = missing[0]
    if dim in array.coords and array[dim].ndim == 0:
        return array.expand_dims(dim)
    other = array.coords.get("x" if dim == "y" else "y")
    units = "pixel" if other is None else str(other.attrs.get("units", ""))
    return (
        array.drop_vars(dim, errors="ignore")
        .expand_dims(dim)
        .assign_coords({dim: (dim, np.zeros(1), {"units": units})})
    )


def _with_points(array: xr.DataArray) -> xr.DataArray:
    """Give the positions of scattered points their names, whatever case or word the file has for these."""
    if "point" not in array.dims:
        return array
    positions = {
        str(name): axis
        for name, coordinate in array.coords.items()
        if coordinate.dims == POINT_DIMS and (axis := standard_axis(str(name))) in IMAGE_DIMS
    }
    renamed = {name: axis for name, axis in positions.items() if name != axis and axis not in array.coords}
    return array.rename(renamed) if len(set(renamed.values())) == len(renamed) else array

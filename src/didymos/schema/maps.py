"""Spectral maps: how they are built and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymos.schema.given import in_words, is_dataset
from didymos.schema.names import ENERGY, IMAGE_DIMS, POINT_DIMS, InputError, Region
from didymos.schema.precision import check_precision

if TYPE_CHECKING:
    import xarray as xr


def spectral_map(
    spectra: ArrayLike,
    energy: ArrayLike,
    *,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    energy_units: str = "mV",
    signal_units: str = "",
    signal_name: str = "signal",
    length_units: str | None = None,
    coords: Mapping[str, tuple[ArrayLike, str]] | None = None,
    attrs: Mapping[str, Any] | None = None,
) -> xr.DataArray:
    """Build a spectral map from plain arrays.

    Parameters
    ----------
    spectra : array_like, shape (y, x, energy) or (point, energy)
        The spectra; NaN where a value is missing. Those of a dask array are not computed.
    energy : array_like, shape (energy,)
        Energies in `energy_units`, strictly ascending or descending.
    x, y : array_like, optional
        Positions in `length_units` (default metres): of the columns and rows of an image, or of each point. Without
        them the index is the position, its unit is "pixel".
    energy_units, signal_units : str
        Units of the energies and of the spectra.
    signal_name : str
        What was measured, as axis label ("dI/dV").
    length_units : str, optional
        Unit of `x` and `y`.
    coords : mapping of name to (array, units), optional
        Values per point, shape (y, x) or (point,), such as ``topography``.
    attrs : mapping, optional
        Attributes to keep with the map.

    Returns
    -------
    xarray.DataArray
        A validated spectral map, float32, energy ascending.

    Raises
    ------
    InputError
        Where shapes do not agree or the energies are not monotonic.
    """
    if is_dataset(spectra) or isinstance(spectra, str):
        raise InputError(f"the spectra are {in_words(spectra)}; allowed is an array (y, x, energy) or (point, energy)")
    values: Any = spectra if hasattr(spectra, "__dask_graph__") else _numbers("the spectra", spectra)
    if values.ndim not in (2, 3):
        raise InputError(
            f"spectra have {values.ndim} dimensions; allowed are (y, x, energy) or (point, energy): reshape them"
        )
    space = IMAGE_DIMS if values.ndim == 3 else POINT_DIMS
    units = length_units or ("pixel" if x is None and y is None else "m")
    sizes = (values.shape[0], values.shape[1] if values.ndim == 3 else values.shape[0])
    positions = {
        name: np.arange(size, dtype=float) if given is None else _numbers(name, given, float)
        for name, given, size in (("y", y, sizes[0]), ("x", x, sizes[1]))
    }
    import xarray as xr  # half a second that who only needs arrays is spared

    array = xr.DataArray(values, dims=(*space, ENERGY), name="spectra")
    array.attrs.update({"units": signal_units, "long_name": signal_name, **(attrs or {})})
    array = _with_coordinate(array, ENERGY, (ENERGY,), _numbers("the energy", energy, float), energy_units)
    for name, position in positions.items():
        array = _with_coordinate(array, name, (name,) if values.ndim == 3 else POINT_DIMS, position, units)
    for name, (per_point, unit) in (coords or {}).items():
        array = _with_coordinate(array, name, space, np.asarray(per_point), unit)
    return validate_map(array)


def _numbers(name: str, values: Any, kind: type | None = None) -> NDArray[Any]:
    """Return an array, or refuse what is none."""
    try:
        return np.asarray(values, dtype=kind)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} is {in_words(values)}; allowed is an array of numbers with rows of one length"
        ) from None


def _with_coordinate(
    array: xr.DataArray, name: str, dims: tuple[str, ...], values: NDArray[Any], units: str
) -> xr.DataArray:
    needed = tuple(array.sizes[dim] for dim in dims)
    if values.shape != needed:
        raise InputError(
            f"the coordinate {name!r} of shape {values.shape} does not fit spectra of shape {array.shape}: "
            f"give it the shape {needed}"
        )
    return array.assign_coords({name: (dims, values, {"units": units})})


def validate_map(array: xr.DataArray) -> xr.DataArray:
    """Check a spectral map and put it into the standard form: float32, energy last and ascending, named ``spectra``.

    Parameters
    ----------
    array : xarray.DataArray
        With the dims (y, x, energy) or (point, energy) in any order.

    Returns
    -------
    xarray.DataArray
        The same map in standard form; spectra with any non-finite value keep their finite values.

    Raises
    ------
    InputError
        Where a dim is missing, the spectra are not real numbers or the energies are not strictly monotonic.
    """
    allowed = ({*IMAGE_DIMS, ENERGY}, {*POINT_DIMS, ENERGY})
    if set(array.dims) not in allowed:
        raise InputError(
            f"a map has dims {tuple(map(str, array.dims))}; allowed are ('y', 'x', 'energy') or ('point', 'energy'): "
            "rename or select them"
        )
    if ENERGY not in array.coords:
        raise InputError("a map has no energy coordinate: assign one with its units, for example in mV")
    if array[ENERGY].dtype.kind not in "fiu":
        raise InputError(f"the energies are of type {array[ENERGY].dtype}; allowed are numbers: convert them first")
    if array.dtype.kind not in "fiu":
        remedy = "take the real part or the magnitude" if array.dtype.kind == "c" else "convert them"
        raise InputError(f"spectra are of type {array.dtype}; allowed are real numbers: {remedy} first")
    array = array.transpose(*space_dims(array), ENERGY)
    check_precision(array)
    if is_descending(np.asarray(array[ENERGY].values, dtype=float)):
        array = array.isel({ENERGY: slice(None, None, -1)})
    return array.astype(np.float32).rename("spectra")


def is_descending(energy: NDArray[np.float64]) -> bool:
    """Return whether energies fall from each to the next.

    Raises
    ------
    InputError
        Where they are not strictly monotonic.
    """
    step = np.diff(energy)
    if not np.isfinite(energy).all() or not (np.all(step > 0) or np.all(step < 0)):
        raise InputError("the energies are not strictly ascending or descending: sort them and drop repeated ones")
    return bool(energy.size > 1 and step[0] < 0)


def space_dims(data: xr.DataArray | xr.Dataset) -> tuple[str, ...]:
    """Return the spatial dims of a map or result: ``("y", "x")`` or ``("point",)``."""
    return POINT_DIMS if "point" in data.dims else IMAGE_DIMS


def is_image(data: xr.DataArray | xr.Dataset) -> bool:
    """Tell whether the spectra lie on a regular grid (dims y, x)."""
    return space_dims(data) == IMAGE_DIMS


def region_attributes() -> dict[str, Any]:
    """Return the CF attributes of the variable ``region``."""
    return {
        "flag_values": np.array([int(flag) for flag in Region], dtype=np.int8),
        "flag_meanings": " ".join(flag.name.lower() for flag in Region),
    }


def missing_points(array: xr.DataArray) -> NDArray[np.bool_]:
    """Return which spectra have no finite value at all, shape (y, x) or (point,)."""
    missing: NDArray[np.bool_] = ~np.isfinite(array.values).any(axis=-1)
    return missing

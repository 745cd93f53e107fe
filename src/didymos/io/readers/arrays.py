"""What readers give: spectra and values per point with their axes and units, and one energy axis for all points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.schema import ENERGY, IMAGE_DIMS, POINT_DIMS, InputError

if TYPE_CHECKING:
    import xarray as xr

Values = NDArray[np.float64]


class Axis(NamedTuple):
    """Values of an axis and their unit."""

    values: Values
    units: str
    name: str = ""


def labelled(
    values: NDArray[Any],
    axes: Mapping[str, Axis],
    *,
    name: str,
    units: str,
) -> xr.DataArray:
    """Give an array its dims, coordinates and units.

    Parameters
    ----------
    values : ndarray, shape (y, x, energy), (point, energy), (y, x) or (point,)
        Spectra, or one value per point.
    axes : mapping of str to Axis
        ``y``, ``x`` and ``energy``, what is known of them. Their energies may fall; they are turned round then.
    name : str
        What was measured.
    units : str
        Its unit.

    Returns
    -------
    xarray.DataArray
        Spectra are float32, values per point float64.

    Raises
    ------
    InputError
        Where the sizes do not agree.
    """
    import xarray as xr

    scattered = values.ndim == (2 if ENERGY in axes else 1)
    space = POINT_DIMS if scattered else IMAGE_DIMS
    dims = (*space, ENERGY) if ENERGY in axes else space
    if values.ndim != len(dims):
        raise InputError(f"{name!r} has {values.ndim} dimensions; allowed are {', '.join(dims)}")
    kept = _finite(values, np.float32 if ENERGY in axes else np.float64)
    coords = {}
    for label, axis in axes.items():
        dim = POINT_DIMS if scattered and label in IMAGE_DIMS else (label,)
        size = kept.shape[dims.index(dim[0])]
        if axis.values.shape != (size,):
            raise InputError(f"the axis {label!r} has {axis.values.size} values and {name!r} has {size} along it")
        attrs = {"units": axis.units} | ({"long_name": axis.name} if axis.name else {})
        coords[label] = (dim, np.asarray(axis.values, dtype=np.float64), attrs)
    array = xr.DataArray(kept, dims=dims, coords=coords, name=name, attrs={"units": units, "long_name": name})
    if ENERGY in axes and axes[ENERGY].values.size > 1 and axes[ENERGY].values[0] > axes[ENERGY].values[-1]:
        array = array.isel({ENERGY: slice(None, None, -1)})
    return array


class Common(NamedTuple):
    """Spectra over one axis.

    Attributes
    ----------
    energy : ndarray, shape (energy,)
        Ascending.
    spectra : mapping of str to ndarray, shape (point, energy)
        Of each channel; NaN where a spectrum does not reach.
    how : str
        One sentence: how the axis was found.
    """

    energy: Values
    spectra: dict[str, NDArray[np.float32]]
    how: str


def common_axis(energies: Sequence[Values], channels: Mapping[str, Sequence[Values | None]]) -> Common:
    """Bring spectra of single points to one energy axis.

    Where all axes are the same, to a hundredth of their step, nothing is interpolated. Else every spectrum is linearly
    interpolated to an axis over the whole range of all, with the median of their steps, and is NaN where it has no
    values.

    Parameters
    ----------
    energies : sequence of ndarray, shape (n,)
        The axis of each point, in any direction; n may differ.
    channels : mapping of str to sequence of ndarray or None
        The values of each point over its axis; None where the point has no such channel.

    Returns
    -------
    Common
        The axis and the spectra.

    Raises
    ------
    InputError
        Where an axis has fewer than two different values or is not finite.
    """
    orders = [np.argsort(energy, kind="stable") for energy in energies]
    axes = [energy[order] for energy, order in zip(energies, orders, strict=True)]
    for number, axis in enumerate(axes, 1):
        if axis.size < 2 or not np.isfinite(axis).all() or axis[0] == axis[-1]:
            raise InputError(f"the axis of spectrum {number} of {len(axes)} is no range of finite values")
    steps = np.array([(axis[-1] - axis[0]) / (axis.size - 1) for axis in axes])
    step = float(np.median(steps))
    first = axes[0]
    rising = bool((np.diff(first) > 0).all())
    if rising and all(axis.shape == first.shape and np.abs(axis - first).max() <= 0.01 * step for axis in axes):
        energy, how = first, "all points have the same axis"
    else:
        low, high = min(axis[0] for axis in axes), max(axis[-1] for axis in axes)
        count = round((high - low) / step) + 1
        if count > 100 * max(axis.size for axis in axes):
            raise InputError(
                f"the axes of the {len(axes)} spectra lie too far apart for a common one (from {low:g} to {high:g} in "
                f"steps of {step:g}): open those of one measurement only"
            )
        energy = np.linspace(low, high, count)
        how = f"interpolated to {count} values from {low:g} to {high:g}: the points have different axes"
    spectra = {
        name: np.stack(
            [
                np.full(energy.size, np.nan, np.float32) if values is None else _over(energy, axis, values[order])
                for values, axis, order in zip(of_points, axes, orders, strict=True)
            ]
        )
        for name, of_points in channels.items()
    }
    return Common(energy, spectra, how)


def _over(energy: Values, axis: Values, values: Values) -> NDArray[np.float32]:
    """Return a spectrum at other energies; the values of one energy are averaged first."""
    if axis.shape == energy.shape and np.abs(axis - energy).max() <= 0.01 * np.diff(energy).min():
        return _finite(values, np.float32)
    levels, index = np.unique(axis, return_inverse=True)
    averaged = np.bincount(index, weights=values) / np.bincount(index)
    rounding = 1e-6 * (energy[-1] - energy[0]) / energy.size
    inside = (energy >= levels[0] - rounding) & (energy <= levels[-1] + rounding)
    return _finite(np.where(inside, np.interp(energy, levels, averaged), np.nan), np.float32)


def _finite(values: NDArray[Any], kind: type[np.floating[Any]]) -> NDArray[Any]:
    """Return values in another precision; what is not finite there is NaN."""
    with np.errstate(over="ignore", invalid="ignore"):
        kept = np.asarray(values, dtype=kind)
    return np.where(np.isfinite(kept), kept, np.array(np.nan, kind))

"""The spectral map among the arrays of a file: which channel, on which axes, with which values per point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from didymos.io.axes import axes_of, with_standard_axes
from didymos.io.blocks import is_large, is_lazy
from didymos.io.channel_names import averaged_channels, split_name
from didymos.io.channels import Choice, Kind, channel_kind, choose_channel
from didymos.io.lockin import Spectra, by_signal, quadratures_of, sample_rows, split_signal
from didymos.io.readers.interface import Content
from didymos.io.reading import Reading
from didymos.io.saturation import with_saturated
from didymos.io.topography import constant_height
from didymos.schema import ENERGY, IMAGE_DIMS, RESULT_VARIABLES, InputError, space_dims, validate_map
from didymos.schema.positions import with_sound_positions
from didymos.schema.results import OF_THE_MAP

VOLTS = {"V", "mV", "uV", "µV"}
HEIGHTS = ("topography", "z", "height", "topo")
"""Names of a height per point, in lower case, the first that there is."""


def map_from(content: Content, reading: Reading | None = None) -> tuple[xr.DataArray, list[str]]:
    """Take the spectral map out of what a file holds.

    Parameters
    ----------
    content : Content
        Of a reader.
    reading : Reading, optional
        What the user wants.

    Returns
    -------
    array : xarray.DataArray
        The map in standard form; arrays per point (truth, topography) are its coordinates.
    names : list of str
        All channels.

    Raises
    ------
    InputError
        Where no array is a spectral map, or it lacks the channel, sweep direction or quadrature that is wanted.
    """
    wanted = reading or Reading()
    names = map_names(content.arrays, wanted.dims)
    if not names:
        raise InputError(_no_map(content.arrays, wanted.dims))
    if wanted.channel is None and content.preferred in names:
        choice = _preferred(names, content)
    else:
        choice = choose_channel(
            names,
            wanted.channel,
            sweep_signal=content.sweep_signal or _swept(content.arrays, names[0], wanted),
            harmonics=content.harmonics,
            set_point_units=str(content.attrs.get("set_point_units", "")),
            sweeps=wanted.average_sweeps,
        )
    array, attrs, members = _values(content.arrays, names, choice, wanted)
    if wanted.dims is not None:
        attrs["axes"] = f"{','.join(wanted.dims)} as given by the user"
    if members and not any(is_lazy(member) for member in members):
        array = array.transpose(*space_dims(array), ENERGY)
        array = with_saturated(array, [np.asarray(member.transpose(*array.dims).values) for member in members])
    array = _with_points(array, content.arrays)
    array.attrs = {"units": "", "long_name": "signal", **content.attrs, **array.attrs, **attrs}
    return with_sound_positions(validate_map(_without_constant_height(array))), names


def _swept(arrays: Mapping[str, xr.DataArray], name: str, wanted: Reading) -> str:
    """Return what was swept by the unit of the energies, where the file does not say: the bias, or nothing known."""
    energy = with_standard_axes(arrays[name], wanted.dims).coords.get(ENERGY)
    return "Bias (V)" if energy is not None and str(energy.attrs.get("units", "")) in VOLTS else ""


def map_names(arrays: Mapping[str, xr.DataArray], dims: tuple[str, ...] | None = None) -> list[str]:
    """Return the names of the arrays that are spectral maps: by the names of their axes, else by exclusion."""
    numbers = {name: array for name, array in arrays.items() if array.dtype.kind in "fiu"}
    found = [name for name, array in numbers.items() if axes_of(array, dims) is not None]
    return found or [
        name
        for name, array in numbers.items()
        if name not in RESULT_VARIABLES and axes_of(array, dims, by_exclusion=True) is not None
    ]


def _no_map(arrays: Mapping[str, xr.DataArray], dims: tuple[str, ...] | None) -> str:
    listed = "; ".join(f"{name} {tuple(map(str, array.dims))}" for name, array in arrays.items()) or "nothing"
    if dims is not None:
        said = ",".join(dims)
        return f"no variable has {len(dims)} dims of more than one value, as dims says ({said}); there are: {listed}"
    cubes = [a for a in arrays.values() if sum(size > 1 for size in a.shape) == 3]
    example = ",".join(_guess(cubes[0])) if cubes else "y,x,energy"
    return (
        f"no variable has dims that are known as (y, x, energy) or (point, energy); there are: {listed}: name the axes "
        f"with dims, for example {example}"
    )


def _guess(array: xr.DataArray) -> list[str]:
    """Return axes that somebody may have meant: the longest dim for the energy, but for those that are known."""
    sizes = [size for size in array.shape if size > 1]
    longest = sizes.index(max(sizes))
    space = iter(IMAGE_DIMS)
    return [ENERGY if index == longest else next(space) for index in range(len(sizes))]


def _preferred(names: list[str], content: Content) -> Choice:
    name = str(content.preferred)
    array = content.arrays[name]
    long_name = str(array.attrs.get("long_name", ""))
    return Choice(names.index(name), name, content.why_preferred, False, long_name, str(array.attrs.get("units", "")))


def _values(
    arrays: Mapping[str, xr.DataArray], names: list[str], choice: Choice, wanted: Reading
) -> tuple[xr.DataArray, dict[str, Any], list[xr.DataArray]]:
    """Return the map on standard axes, what its attributes say about the channel, and what it is computed from."""

    def standard(index: int) -> xr.DataArray:
        return with_standard_axes(arrays[names[index]], wanted.dims)

    def sample(index: int) -> Spectra:
        return _sample(standard(index))

    def derivative() -> Spectra | None:
        return _derivative(names, standard)

    if wanted.lockin_phase is not None:
        array, attrs, members = _rotated(names, choice, wanted, standard, derivative)
        return array, attrs, [standard(member) for member in members]
    if wanted.channel is None:
        choice, _ = by_signal(names, choice, sample, derivative)
    array, attrs, members = _average(names, choice.index, wanted, standard)
    attrs |= {"channel": choice.name, "channel_rule": choice.reason}
    before = array.attrs.get("source_channel") or array.attrs.get("channel")
    if before and before != choice.name:
        attrs["source_channel"] = before  # of a converted map
    if choice.derive:
        array = array.differentiate(ENERGY)
        attrs |= {"derived": f"dI/dV by numerical derivative of {choice.name}", "long_name": "dI/dV"}
        attrs["units"] = _slope_units(standard(choice.index))
    elif "long_name" not in array.attrs:
        attrs["long_name"] = choice.long_name or "signal"
    if choice.units and not array.attrs.get("units") and not choice.derive:
        attrs["units"] = choice.units
    computed = choice.derive or len(members) > 1
    return array, attrs, [standard(member) for member in members] if computed else []


def _average(
    names: list[str], index: int, wanted: Reading, standard: Any
) -> tuple[xr.DataArray, dict[str, Any], list[int]]:
    members = averaged_channels(names, index, backward=wanted.average_backward, sweeps=wanted.average_sweeps)
    first: xr.DataArray = standard(members[0])
    if len(members) == 1:
        return first.copy(deep=False), {}, members
    parts = [standard(member).astype(np.float64) for member in members]
    count: Any = sum(part.notnull().astype(np.float64) for part in parts)
    total: Any = sum(part.fillna(0) for part in parts)
    array = (total / count).where(count > 0).assign_attrs(first.attrs)
    others = [names[member] for member in members if member != index]
    if wanted.average_sweeps:
        return array, {"sweeps": f"average of {', '.join(names[member] for member in members)}"}, members
    return array, {"backward": f"averaged with {others[0]}"}, members


def _rotated(
    names: list[str], choice: Choice, wanted: Reading, standard: Any, derivative: Any
) -> tuple[xr.DataArray, dict[str, Any], list[int]]:
    found = quadratures_of(names, choice.index)
    if found.x is None or found.y is None:
        raise InputError(
            f"a lock-in phase needs lock-in X and Y of one demodulator; {choice.name!r} is read of {', '.join(names)}: "
            "leave the phase out, or name lock-in X as the channel"
        )
    phase, how = wanted.lockin_phase, "given by the user"
    if phase == "auto" or phase is None:
        split = split_signal(_sample(standard(found.x)), _sample(standard(found.y)), derivative())
        phase, how = split.phase, f"found from the signal ({split})"
    x, attrs, of_x = _average(names, found.x, wanted, standard)
    y, _, of_y = _average(names, found.y, wanted, standard)
    angle = math.radians(phase)
    array = (x * math.cos(angle) + y * math.sin(angle)).assign_attrs(x.attrs)
    rule = f"lock-in X and {names[found.y]} rotated by {phase:.4g}°, {how}"
    return array, attrs | {"channel": names[found.x], "channel_rule": rule, "lockin_phase": phase}, [*of_x, *of_y]


def _derivative(names: list[str], standard: Any) -> Spectra | None:
    """Return the derivative of the current of the sampled spectra, where there is a current over a bias."""
    kinds = [channel_kind(name) for name in names]
    if Kind.CURRENT not in kinds:
        return None
    current = standard(kinds.index(Kind.CURRENT))
    energy = current.coords.get(ENERGY)
    if energy is None or str(energy.attrs.get("units", "")) not in VOLTS or energy.size < 2:
        return None
    with np.errstate(all="ignore"):
        return np.gradient(_sample(current), np.asarray(energy.values, dtype=np.float64), axis=1)


def _sample(array: xr.DataArray) -> Spectra:
    """Return some spectra, evenly over the map; of a map in its file no more than the rows that hold these."""
    dims = space_dims(array)
    array = array.transpose(*dims, ENERGY)
    if is_large(array.shape):
        rows = sample_rows(array.sizes[dims[0]])[:: max(1, array.sizes[dims[0]] // 16)]
        array = array.isel({dims[0]: rows})
    values = np.asarray(array.values, dtype=np.float32).reshape(-1, array.sizes[ENERGY])
    return values[sample_rows(len(values))]


def _slope_units(array: xr.DataArray) -> str:
    signal, energy = (str(part.attrs.get("units", "")) for part in (array, array[ENERGY]))
    return {("A", "V"): "S", ("nA", "V"): "nS", ("pA", "mV"): "nS", ("pA", "V"): "pS", ("nA", "mV"): "uS"}.get(
        (signal, energy), f"{signal}/{energy}" if signal and energy else ""
    )


def _with_points(array: xr.DataArray, arrays: Mapping[str, xr.DataArray]) -> xr.DataArray:
    """Attach the arrays per point as coordinates and count pixels where the map has no positions."""
    space = space_dims(array)
    for name, other in arrays.items():
        # what an earlier analysis found is not part of the map
        if name in RESULT_VARIABLES and name not in OF_THE_MAP:
            continue
        found = _per_point(other, array)
        if found is not None:
            array = array.assign_coords({name: found})
    array = _with_topography(array)
    for dim in [dim for dim in IMAGE_DIMS if dim in space and dim not in array.coords]:
        array = array.assign_coords({dim: (dim, np.arange(array.sizes[dim], dtype=float), {"units": "pixel"})})
    return array


def _with_topography(array: xr.DataArray) -> xr.DataArray:
    """Give a height per point, such as the ``Z`` of a record, the name that didymos has for it."""
    if "topography" in array.coords:
        return array
    heights = [
        name
        for name, coordinate in array.coords.items()
        if split_name(str(name))[0].casefold() in HEIGHTS
        and {*coordinate.dims} == {*space_dims(array)}
        and coordinate.dtype.kind in "fiu"
    ]
    if not heights:
        return array
    height = array[heights[0]].variable.transpose(*space_dims(array)).copy(deep=False)
    height.attrs = {"units": split_name(str(heights[0]))[1], **height.attrs}
    return array.drop_vars(str(heights[0])).assign_coords(topography=height)


def _per_point(other: xr.DataArray, array: xr.DataArray) -> tuple[Any, ...] | None:
    """Return an array with a value for each point in the order of the map, None where it is none."""
    space = space_dims(array)
    names = {str(dim): str(dim).casefold() for dim in other.dims}
    if set(names.values()) != set(space) or len(names) != len(space):
        return None
    renamed = other.variable.copy(deep=False)
    renamed.dims = tuple(names.values())
    renamed = renamed.transpose(*space)
    return (space, renamed.data, renamed.attrs) if renamed.shape == tuple(array.sizes[dim] for dim in space) else None


def _without_constant_height(array: xr.DataArray) -> xr.DataArray:
    if "topography" not in array.coords or array["topography"].dtype.kind not in "fiu":
        return array
    height = array["topography"]
    note = constant_height(np.asarray(height.values, dtype=np.float64), str(height.attrs.get("units", "m")))
    if note is None:
        return array
    return array.drop_vars("topography").assign_attrs(topography_note=note)

"""From the signals that RosettaSciIO gives to channels: axes, names, units and what else is known."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from didymos.io.blocks import FileValues, block_sizes, is_lazy
from didymos.io.readers.interface import Content
from didymos.io.readers.labelling import (
    FileAxis,
    as_row,
    channel_name,
    index_axis,
    is_length,
    labelled_maps,
    no_map,
    numbers,
    plain_text,
    sweep_signal,
    unique_name,
)
from didymos.schema import ENERGY, IMAGE_DIMS, InputError

if TYPE_CHECKING:
    import xarray as xr

NUMBERS = {
    "beam_energy": "beam_energy",
    "exposure": "exposure",
    "integration_time": "integration_time",
    "dwell_time": "dwell_time",
    "frame_time": "frame_time",
    "convergence_angle": "convergence_angle",
    "collection_angle": "collection_angle",
    "laser_wavelength": "laser_wavelength",
}
"""Numbers of the metadata, wherever they stand in it, and the attributes that they become."""
HIGHEST_BEAM = 2000
"""Energy of a beam in keV that no microscope has."""
DEEPEST = 12
ENERGY_NAME = re.compile(r"energy|wavelength|raman|wavenumber|loss|bias|voltage")
ENERGY_UNITS = {"eV", "keV", "meV", "V", "mV", "1/cm", "cm^-1", "cm-1", "cm⁻¹", "$cm^{-1}$"}


@dataclass(frozen=True)
class BlockValues:
    """Values of a dask array, computed when they are asked for."""

    data: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of all values."""
        return tuple(self.data.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        kind: np.dtype[Any] = self.data.dtype
        return kind

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        return np.asarray(self.data[key].compute(scheduler="synchronous"))


def content_of(signals: Sequence[Mapping[str, Any]], path: Path, keep: bool) -> Content:
    """Label the signals of a file.

    Parameters
    ----------
    signals : sequence of mapping
        With ``data``, ``axes`` and ``metadata``.
    path : pathlib.Path
        The file.
    keep : bool
        Leave the values in the file.

    Returns
    -------
    Content

    Raises
    ------
    InputError
        Where no signal is a map of spectra.
    """
    arrays: dict[str, xr.DataArray] = {}
    attrs: dict[str, Any] = {}
    refused, images = [], []
    for signal in signals:
        if np.ndim(signal["data"]) == 2 and len(_spectral(_ordered(signal))) != 1:
            images.append(signal)
            continue
        try:
            found = _maps(signal, path, keep)
        except InputError as error:
            refused.append(str(error))
            continue
        arrays |= {unique_name(name, arrays): array for name, array in found.items()}
        attrs = attrs or attributes(signal.get("metadata") or {})
    if not arrays:
        seen = [f"an image of {np.shape(signal['data'])}" for signal in images]
        raise no_map([*refused, *seen], "there is no signal in it")
    first = next(iter(arrays.values()))
    for signal in images:
        arrays |= _image(signal, first, arrays)
    return Content(arrays, attrs, sweep_signal(arrays))


def _maps(signal: Mapping[str, Any], path: Path, keep: bool) -> dict[str, xr.DataArray]:
    """Return the channels of one signal."""
    axes, data = _ordered(signal), signal["data"]
    name, units = _named(signal)
    if len(axes) != data.ndim:
        raise InputError(f"{name!r} has {data.ndim} dimensions and {len(axes)} axes")
    spectrum = _spectral(axes)
    positions = [i for i in range(data.ndim) if i not in spectrum]
    navigation = [i for i in positions if data.shape[i] > 1] or positions[:1]
    if len(spectrum) == 1 and data.size == data.shape[spectrum[0]]:
        raise InputError(f"{name!r} is one spectrum of {data.size} values; a map has a spectrum at many points")
    if len(spectrum) != 1:
        raise InputError(
            f"{name!r} has an image of {len(spectrum)} dimensions at each point; a map has spectra: integrate it first"
        )
    if len(navigation) > 2:
        raise InputError(f"{name!r} has {len(navigation)} axes of positions; allowed are one and two: take a part")
    dims = _dims([axes[i] for i in navigation], navigation) | {spectrum[0]: ENERGY}
    file_axes = [_axis(axes[i], dims[i], data.shape[i]) for i in sorted(dims)]
    data = data[tuple(slice(None) if i in dims else 0 for i in range(data.ndim))]
    values = _values(data, [axis.dim for axis in file_axes], path, keep)
    found = labelled_maps(name, units, values, file_axes)
    return {key: as_row(_listed(array)) for key, array in found.items()}


def _listed(array: xr.DataArray) -> xr.DataArray:
    """Give the axis of a list of spectra its own name, such as time; one that only counts is left out."""
    if "point" not in array.coords:
        return array
    name = str(array["point"].attrs.get("long_name", "")).casefold()
    axis = ("point", array["point"].values, array["point"].attrs)
    return array.drop_vars("point").assign_coords({name: axis} if name and name not in ("x", "y", ENERGY) else {})


def _ordered(signal: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the axes in the order of the dimensions."""
    axes = list(signal.get("axes") or ())
    indices = [axis.get("index_in_array") for axis in axes]
    if all(isinstance(index, int | np.integer) for index in indices) and len(set(indices)) == len(indices):
        axes.sort(key=lambda axis: axis["index_in_array"])
    return axes


def _spectral(axes: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the axes of the signal: those marked, or the one of energies where the others are x and y.

    DigitalMicrograph has no marks of its own: a spectrum image comes as if it were images.
    """
    marked = [i for i, axis in enumerate(axes) if not axis.get("navigate")]
    names = [_text(axis.get("name")).casefold() for axis in axes]
    energies = [
        i for i, axis in enumerate(axes) if ENERGY_NAME.search(names[i]) or _text(axis.get("units")) in ENERGY_UNITS
    ]
    others = [name for i, name in enumerate(names) if i not in energies]
    if len(marked) != 1 and len(energies) == 1 and others in (["x"], ["y"], ["x", "y"], ["y", "x"]):
        return energies
    return marked


def _dims(navigation: Sequence[Mapping[str, Any]], places: Sequence[int]) -> dict[int, str]:
    """Return the dims of the axes of positions: by their names, else y before x; a list of spectra has points."""
    names = [_text(axis.get("name")).casefold() for axis in navigation]
    if len(places) == 1:
        return {places[0]: "x" if is_length(_text(navigation[0].get("units"))) else "point"}
    return dict(zip(places, names if sorted(names) == ["x", "y"] else IMAGE_DIMS, strict=True))


def _axis(axis: Mapping[str, Any], dim: str, size: int) -> FileAxis:
    """Return the positions along an axis, from a scale or from a list."""
    name = _text(axis.get("name"))
    units = _text(axis.get("units"))
    if axis.get("axis") is not None:
        return FileAxis(dim, numbers(axis["axis"], name or dim), units, name.replace("_", " "))
    if "expression" in axis:
        raise InputError(f"the axis {name or dim!r} is a formula, {str(axis['expression'])[:40]!r}: save it as a list")
    scale, offset = axis.get("scale", 1.0), axis.get("offset", 0.0)
    if not all(isinstance(value, int | float | np.number) for value in (scale, offset)) or not scale:
        raise InputError(f"the axis {name or dim!r} has the scale {scale!r} and the offset {offset!r}")
    if not units and float(scale) == 1.0 and float(offset) == 0.0:
        return index_axis(dim, size, {ENERGY: "channel", "point": ""}.get(dim, "pixel"))
    return FileAxis(
        dim, float(offset) + float(scale) * np.arange(size, dtype=np.float64), units, name.replace("_", " ")
    )


def _values(data: Any, dims: Sequence[str], path: Path, keep: bool) -> Any:
    """Return the values, read or, where they are kept in the file, in blocks of whole spectra."""
    if not is_lazy(data):
        return np.asarray(data)
    source = BlockValues(data)
    if data.dtype.kind not in "fiuc":
        raise InputError(f"a signal is of type {data.dtype}; allowed are numbers")
    values = FileValues(source, path, "RosettaSciIO")
    blocks = tuple(block_sizes(dict(zip(dims, data.shape, strict=True))).values())
    # one part would be read anew for every block
    if not keep or (data.npartitions == 1 and blocks != data.shape):
        return values[(slice(None),) * data.ndim]
    return values.in_blocks(blocks)


def _image(
    signal: Mapping[str, Any], spectra: xr.DataArray, taken: Mapping[str, xr.DataArray]
) -> dict[str, xr.DataArray]:
    """Return an image with a value for each spectrum; one of another size or another area is left out."""
    import xarray as xr

    axes, data = _ordered(signal), signal["data"]
    if len(axes) != 2 or not {*IMAGE_DIMS} <= {*spectra.dims} or data.dtype.kind not in "fiu":
        return {}
    dims = _dims(axes, (0, 1))
    order = [dims[0], dims[1]]
    if tuple(data.shape) != tuple(spectra.sizes[dim] for dim in order):
        return {}
    for axis, dim in zip(axes, order, strict=True):
        own, of_map = _axis(axis, dim, spectra.sizes[dim]), spectra[dim]
        if own.units == of_map.attrs["units"] and not np.isclose(
            np.ptp(own.values), np.ptp(of_map.values), rtol=0.02, atol=0
        ):
            return {}
    name, units = _named(signal)
    values = data.compute() if is_lazy(data) else np.asarray(data)
    coords = {dim: spectra[dim] for dim in IMAGE_DIMS}
    array = xr.DataArray(values, dims=order, coords=coords, attrs={"units": units, "long_name": name})
    return {unique_name(channel_name(name, units), taken): array}


def _named(signal: Mapping[str, Any]) -> tuple[str, str]:
    """Return name and unit of a signal: its title, and the unit of its quantity."""
    metadata = signal.get("metadata") or {}
    quantity = _text(_entry(metadata, "Signal", "quantity"))
    match = re.fullmatch(r"(.*?)\s*\(([^()]*)\)", quantity)
    name, units = match.groups() if match else (quantity, "")
    title = re.sub(r"[()]", " ", _text(_entry(metadata, "General", "title"))).strip()
    return (title or name or "signal"), units


def attributes(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the metadata say about the measurement.

    Parameters
    ----------
    metadata : mapping
        As HyperSpy orders them.

    Returns
    -------
    dict
        Texts and numbers.
    """
    when = [_text(_entry(metadata, "General", key)) for key in ("date", "time")]
    found: dict[str, Any] = {
        "title": _text(_entry(metadata, "General", "title")),
        "start_time": " ".join(filter(None, when)),
        "user": _text(_entry(metadata, "General", "authors")),
        "comment": _text(_entry(metadata, "General", "notes")),
        "signal_type": _text(_entry(metadata, "Signal", "signal_type")),
    }
    for key, value in _entries(metadata):
        if key in NUMBERS and isinstance(value, int | float | np.number) and math.isfinite(value):
            # HyperSpy means keV; some files give V
            volts = key == "beam_energy" and value > HIGHEST_BEAM
            found.setdefault(NUMBERS[key], float(value) / 1000 if volts else float(value))
    return {key: value for key, value in found.items() if value != ""}


def _entries(metadata: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    for key, value in metadata.items():
        if isinstance(value, Mapping) and depth < DEEPEST:
            yield from _entries(value, depth + 1)
        else:
            yield str(key), value


def _entry(metadata: Mapping[str, Any], group: str, key: str) -> Any:
    inside = metadata.get(group)
    return inside.get(key) if isinstance(inside, Mapping) else None


def _text(value: Any) -> str:
    """Return a text, nothing where it is none or HyperSpy's word for nothing."""
    text = plain_text(value)
    return "" if text in ("<undefined>", "_None_", "None") else text

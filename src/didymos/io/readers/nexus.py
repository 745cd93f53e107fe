"""NeXus files (``.nxs``, ``.nexus``, ``.h5``): every NXdata group with a signal and axes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from didymos.io.readers.hdf5 import (
    attribute,
    inside,
    member,
    opened,
    recognised,
    stored,
    text,
    texts,
)
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.labelling import (
    FileAxis,
    index_axis,
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

KIND = "NeXus"
AXIS_NAMES = ("axes", "signal")
ENTRY_TEXTS = {
    "title": "title",
    "start_time": "start_time",
    "end_time": "end_time",
    "definition": "definition",
    "experiment_description": "comment",
}
"""Datasets of an NXentry and the attributes that they become."""


def recognises(path: Path) -> bool:
    """Tell whether a file has groups of NeXus."""
    return recognised(path, _is_nexus)


def read(path: Path, lazy: bool | None) -> Content:
    """Read the signals of all NXdata groups, that of the default plot first.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    lazy : bool, optional
        Leave the values in the file.

    Returns
    -------
    Content
    """
    arrays: dict[str, xr.DataArray] = {}
    refused: list[str] = []
    preferred = None
    with opened(path, KIND) as file:
        default = _default(file)
        for group in _data_groups(file, default):
            for name in _signals(group):
                try:
                    found = _maps(group, name, path, lazy)
                except InputError as error:
                    refused.append(f"{group.name}/{name}: {error}")
                    continue
                arrays |= {unique_name(channel, arrays): array for channel, array in found.items()}
                if default is not None and group == default and preferred is None:
                    preferred = next((channel for channel, array in found.items() if ENERGY in array.dims), None)
        if all({*array.dims} == {*IMAGE_DIMS} for array in arrays.values()):
            raise no_map(refused, "no NXdata has a signal with an axis of energies")
        attrs = _attributes(file)
    why = "the default signal of the file" if preferred is not None else ""
    return Content(arrays, attrs, sweep_signal(arrays), preferred, why)


def _is_nexus(file: Any) -> bool:
    if text(file, "NX_class") == "NXroot":
        return True
    groups = [member(file, name) for name in file if type(file.get(name, getlink=True)).__name__ == "HardLink"]
    return any(text(group, "NX_class") == "NXentry" for group in groups)


def _default(file: Any) -> Any:
    """Return the NXdata that @default leads to, None where there is none."""
    group = file
    for _ in range(8):
        name = text(group, "default")
        if text(group, "NX_class") == "NXdata" or not name:
            break
        below = member(group, name)
        if below is None or not hasattr(below, "keys"):
            return None
        group = below
    return group if text(group, "NX_class") == "NXdata" else None


def _data_groups(file: Any, default: Any) -> Iterator[Any]:
    """Yield the groups of data, that of the default plot first."""
    import h5py

    found: list[Any] = [] if default is None else [default]

    def visit(_: str, item: Any) -> None:
        if isinstance(item, h5py.Group) and text(item, "NX_class") == "NXdata" and item not in found:
            found.append(item)

    file.visititems(visit)
    yield from found


def _signals(group: Any) -> list[str]:
    """Return the names of the signals: of @signal and @auxiliary_signals, else of datasets that are marked."""
    import h5py

    named = [*texts(group, "signal"), *texts(group, "auxiliary_signals")]
    if named and not named[0].isdigit():
        return list(dict.fromkeys(name for name in named if name))
    return [
        name
        for name in group
        if isinstance(member(group, name), h5py.Dataset) and "signal" in member(group, name).attrs
    ]


def _maps(group: Any, name: str, path: Path, lazy: bool | None) -> dict[str, xr.DataArray]:
    """Return the channels of one signal."""
    import h5py

    signal = member(group, name)
    if not isinstance(signal, h5py.Dataset):
        raise InputError(f"there is no dataset {name!r}")
    if signal.ndim < 2:
        raise InputError(f"it has the shape {signal.shape}; a map has two or three axes")
    axes = _axes(group, signal)
    kept = [i for i in range(signal.ndim) if signal.shape[i] > 1 or axes[i].dim in (*IMAGE_DIMS, ENERGY)]
    if len(kept) not in (2, 3):
        raise InputError(f"it has the shape {signal.shape}; a map has two or three axes longer than 1")
    standard = dict(zip(kept, _standard([axes[i] for i in kept]), strict=True))
    dims = tuple(standard[i].dim if i in kept else f"single_{i}" for i in range(signal.ndim))
    values = stored(signal, path, KIND, lazy, dims)
    values = values[tuple(slice(None) if i in kept else 0 for i in range(signal.ndim))]
    title = text(signal, "long_name") or text(group, "title") or name
    title = title if re.fullmatch(r"[^()]+", title) else name
    return labelled_maps(title, text(signal, "units"), values, list(standard.values()))


def _axes(group: Any, signal: Any) -> list[FileAxis]:
    """Return an axis for every dimension; those that the file does not give count."""
    names: list[str | None] = [None] * signal.ndim
    listed = texts(group, "axes") or [word for word in re.split(r"[:,\[\]\s]+", text(signal, "axes")) if word]
    for position, key in enumerate(listed):
        indices = attribute(group, f"{key}_indices")
        place = int(np.atleast_1d(indices)[0]) if indices is not None and np.size(indices) == 1 else position
        if 0 <= place < signal.ndim and names[place] is None and key not in ("", "."):
            names[place] = key
    for key in group if not listed else ():
        item = member(group, key)
        place = int(attribute(item, "axis") or 0) if item is not None and "axis" in item.attrs else 0
        if 1 <= place <= signal.ndim and names[place - 1] is None:
            names[place - 1] = key
    found: list[FileAxis] = []
    for i, name in enumerate(names):
        size = signal.shape[i]
        axis = _axis(group, name, size) if name is not None else index_axis(f"axis_{i}", size, "channel" if i else "")
        if axis.dim in [other.dim for other in found]:
            raise InputError(f"two of its axes are called {axis.dim!r}")
        found.append(axis)
    return found


def _axis(group: Any, name: str, size: int) -> FileAxis:
    """Read an axis; of edges of bins the centres are taken."""
    item = member(group, name)
    if item is None or not hasattr(item, "shape"):
        raise InputError(f"there is no axis {name!r}")
    inside(item)
    if item.ndim != 1:
        raise InputError(f"the axis {name!r} has the shape {item.shape}; allowed is a list of numbers")
    values = numbers(item[()], name)
    if len(values) == size + 1:
        values = (values[1:] + values[:-1]) / 2
    if len(values) != size:
        raise InputError(f"the axis {name!r} has {len(values)} values for {size} in the signal")
    return FileAxis(name, values, text(item, "units"), text(item, "long_name") or name)


def _standard(axes: list[FileAxis]) -> list[FileAxis]:
    """Call the axes of the surface x and y where the file does so, and the third that of the energies."""
    letters = [re.search(r"(?:^|_)([xy])(?:_|$|\d|axis|pos)", axis.dim.casefold()) for axis in axes]
    dims = [match.group(1) if match else axis.dim for match, axis in zip(letters, axes, strict=True)]
    if len(set(dims)) < len(dims):
        return axes
    if sorted(dim for dim in dims if dim in IMAGE_DIMS) == ["x", "y"] and len(dims) == 3:
        dims = [dim if dim in IMAGE_DIMS else ENERGY for dim in dims]
    return [
        FileAxis(dim, axis.values, axis.units, axis.long_name or axis.dim) for dim, axis in zip(dims, axes, strict=True)
    ]


def _attributes(file: Any) -> dict[str, Any]:
    """Return what the first entry says about the measurement."""
    found = {}
    entries = [file[name] for name in file if file.get(name, getlink=True).__class__.__name__ == "HardLink"]
    entry = next((item for item in entries if text(item, "NX_class") == "NXentry"), None)
    for name, key in ENTRY_TEXTS.items() if entry is not None else ():
        item = member(entry, name)
        value = plain_text(item[()]) if item is not None and getattr(item, "size", 0) == 1 else ""
        if value:
            found[key] = value
    return found


READER = Reader(
    name="NeXus",
    suffixes=(".nxs", ".nexus", ".h5", ".hdf5", ".hf5"),
    read=read,
    holds="Signals of NXdata groups with two or three axes, also those of NXsts; the default plot is preferred.",
    tested_on=(
        "Files that RosettaSciIO writes, files built by hand after the standard, and real NXsts files of single "
        "spectra, which are refused; no real map."
    ),
    recognises=recognises,
)

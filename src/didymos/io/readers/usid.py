"""USID files of pyUSID and pycroscopy (``.h5``, ``.hdf5``): tables of positions and spectra, read with h5py alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.io.readers.hdf5 import attribute, datasets, inside, opened, recognised, stored, text, texts
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.labelling import (
    FileAxis,
    labelled_maps,
    no_map,
    numbers,
    plain_label,
    sweep_signal,
    unique_name,
)
from didymos.io.readers.lattice import lattice_of
from didymos.schema import ENERGY, InputError

if TYPE_CHECKING:
    import xarray as xr

KIND = "USID"
TABLES = ("Position_Indices", "Position_Values", "Spectroscopic_Indices", "Spectroscopic_Values")
MOST_CHANNELS = 50
"""Of further axes of the spectra, such as cycles; more would be no channels but an axis."""


class Table(NamedTuple):
    """The axes of the positions or of the spectra.

    Attributes
    ----------
    labels, units : list of str
    indices : array of int, shape (axis, n)
    values : array, shape (axis, n)
    """

    labels: list[str]
    units: list[str]
    indices: NDArray[np.int64]
    values: NDArray[np.float64]


def recognises(path: Path) -> bool:
    """Tell whether a file holds a main dataset of USID."""
    return recognised(path, lambda file: bool(_main(file)))


def read(path: Path, lazy: bool | None) -> Content:
    """Read all main datasets that have positions and a spectrum.

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
    attrs: dict[str, Any] = {}
    with opened(path, KIND) as file:
        for dataset in _main(file):
            try:
                found = _maps(dataset, path, lazy)
            except InputError as error:
                refused.append(f"{dataset.name}: {error}")
                continue
            arrays |= {unique_name(name, arrays): array for name, array in found.items()}
            attrs = attrs or _attributes(dataset)
        if not any(ENERGY in array.dims for array in arrays.values()):
            raise no_map(refused, "there is no main dataset of USID")
    return Content(arrays, attrs, sweep_signal(arrays))


def _main(file: Any) -> list[Any]:
    return [dataset for dataset in datasets(file) if all(table in dataset.attrs for table in TABLES)]


def _maps(dataset: Any, path: Path, lazy: bool | None) -> dict[str, xr.DataArray]:
    """Return the channels of one main dataset, those of further axes of the spectra one by one."""
    if dataset.ndim != 2:
        raise InputError(f"a main dataset has the shape {dataset.shape}; allowed is (positions, spectrum)")
    positions = _table(dataset, "Position", dataset.shape[0])
    spectra = _table(dataset, "Spectroscopic", dataset.shape[1])
    values = stored(dataset, path, KIND, lazy, ("point", ENERGY))
    name, units = text(dataset, "quantity") or dataset.name.rsplit("/", 1)[-1], text(dataset, "units")
    axes, order = _space(positions)
    if not np.array_equal(order.ravel(), np.arange(order.size)):
        values = values[order.ravel()]
    values = values.reshape(*order.shape, dataset.shape[1])
    found: dict[str, xr.DataArray] = {}
    if dataset.shape[1] == 1:
        for channel, array in labelled_maps(name, units, values[..., 0], axes).items():
            found[channel] = _with_points(array, positions, order)
        return found
    for tag, axis, columns in _spectra(spectra):
        part = values if np.array_equal(columns, np.arange(dataset.shape[1])) else values[..., columns]
        for channel, array in labelled_maps(f"{name} {tag}".strip(), units, part, [*axes, axis]).items():
            found[unique_name(channel, found)] = _with_points(array, positions, order)
    return found


def _table(dataset: Any, which: str, size: int) -> Table:
    """Read the indices and values of the axes of positions or spectra, one axis a row."""
    parts = []
    for what in ("Indices", "Values"):
        table = dataset.file[dataset.attrs[f"{which}_{what}"]]
        inside(table)
        if table.ndim != 2:
            raise InputError(f"{table.name} has the shape {table.shape}; allowed is a table")
        if table.shape[1 if which == "Spectroscopic" else 0] != size:
            raise InputError(
                f"{table.name} has the shape {table.shape}, {dataset.name} {dataset.shape}: they must agree"
            )
        rows = numbers(table[()], table.name)
        parts.append(rows if which == "Spectroscopic" else rows.T)
    indices, values = parts
    count = len(indices)
    if indices.shape != values.shape or not np.isfinite(indices).all():
        raise InputError(f"the tables of {which} have the shapes {indices.shape} and {values.shape}: they must agree")
    labels, units = ([*texts(table, mark), *[""] * count][:count] for mark in ("labels", "units"))
    return Table(labels, units, indices.astype(np.int64), values)


def _space(table: Table) -> tuple[list[FileAxis], NDArray[np.intp]]:
    """Return the axes of the surface and which position lies where, shape (y, x) or (point,)."""
    x, y = _named(table)
    count = table.indices.shape[1]
    others = [i for i in range(len(table.labels)) if i not in (x, y) and len(np.unique(table.indices[i])) > 1]
    if others:
        raise InputError(
            f"its positions have the axes {', '.join(table.labels)}; allowed are two, x and y: take one value of "
            f"{table.labels[others[0]]} first"
        )
    along_y = table.indices[y] if y is not None else np.zeros(count)
    lattice = lattice_of(table.indices[x].astype(float), along_y.astype(float))
    if lattice is not None:
        axes = []
        for dim, i, points in (("y", y, lattice.points[:, 0]), ("x", x, lattice.points[0])):
            if i is not None:
                axes.append(FileAxis(dim, table.values[i][points], table.units[i], table.labels[i]))
            else:
                axes.append(FileAxis(dim, np.zeros(1), table.units[x]))
        if all(_monotonic(axis.values) for axis in axes) and _regular(table, x, y, lattice.points):
            return axes, lattice.points
    return [FileAxis("point", np.arange(count, dtype=float))], np.arange(count)


def _named(table: Table) -> tuple[int, int | None]:
    """Return which axes are x and y: by their names, else the first is x, as pyUSID counts (fastest first)."""
    letters = [label.strip().casefold()[:1] for label in table.labels]
    if "x" in letters and "y" in letters:
        return letters.index("x"), letters.index("y")
    varied = [i for i in range(len(letters)) if len(np.unique(table.indices[i])) > 1] or [0]
    varied += [i for i in range(len(letters)) if i not in varied]
    first, second = varied[0], varied[1] if len(varied) > 1 else None
    return (second, first) if letters[first] == "y" and second is not None else (first, second)


def _regular(table: Table, x: int, y: int | None, points: NDArray[np.intp]) -> bool:
    """Tell whether all positions of a column have one x and those of a row one y."""
    columns = table.values[x][points]
    rows = table.values[y][points] if y is not None else np.zeros(points.shape)
    tolerance = [1e-6 * np.ptp(values) for values in (columns, rows)]
    return bool(np.ptp(columns, axis=0).max() <= tolerance[0] and np.ptp(rows, axis=1).max() <= tolerance[1])


def _with_points(array: xr.DataArray, table: Table, order: NDArray[np.intp]) -> xr.DataArray:
    """Attach the positions of points; those of an image are its axes already."""
    if "point" not in array.dims:
        return array
    x, y = _named(table)
    for dim, i in (("x", x), ("y", y)):
        values = table.values[i][order] if i is not None else np.zeros(order.shape)
        array = array.assign_coords(
            {dim: ("point", values, {"units": plain_label(table.units[x if i is None else i])})}
        )
    return array.drop_vars("point")


def _spectra(table: Table) -> Iterator[tuple[str, FileAxis, NDArray[np.intp]]]:
    """Yield a tag, the axis and the columns of each spectrum; the longest axis is that of the spectrum."""
    lengths = [len(np.unique(indices)) for indices in table.indices]
    main = int(np.argmax(lengths))
    others = [i for i, length in enumerate(lengths) if length > 1 and i != main]
    combinations = list(itertools.product(*(np.unique(table.indices[i]) for i in others)))
    if len(combinations) > MOST_CHANNELS:
        raise InputError(
            f"its spectra have the axes {', '.join(table.labels)} of the lengths {', '.join(map(str, lengths))}; "
            f"at most {MOST_CHANNELS} values of all but the longest become channels: select some first"
        )
    for combination in combinations:
        chosen = np.ones(table.indices.shape[1], dtype=bool)
        words = []
        for i, index in zip(others, combination, strict=True):
            chosen &= table.indices[i] == index
            words.append(f"{table.labels[i] or 'axis'} {index}")
        columns = np.flatnonzero(chosen)
        columns = columns[np.argsort(table.indices[main][columns], kind="stable")]
        if len(columns) != lengths[main]:
            raise InputError(f"the axis {table.labels[main]!r} has {lengths[main]} values, a spectrum {len(columns)}")
        axis = FileAxis(ENERGY, table.values[main][columns], table.units[main], table.labels[main].replace("_", " "))
        yield (f"[{', '.join(words)}]" if words else ""), axis, columns


def _monotonic(values: NDArray[np.float64]) -> bool:
    step = np.diff(values)
    return bool(np.isfinite(values).all() and ((step > 0).all() or (step < 0).all()))


def _attributes(dataset: Any) -> dict[str, Any]:
    """Return what the groups above a dataset say about the measurement."""
    found: dict[str, Any] = {}
    words = {"timestamp": "start_time", "comments": "comment", "user_name": "user", "experiment": "experiment"}
    group = dataset
    while group.name != "/":
        for mark, name in words.items():
            value = text(group, mark) if attribute(group, mark) is not None else ""
            if value:
                found.setdefault(name, value)
        group = group.parent
    return found


READER = Reader(
    name="USID",
    suffixes=(".h5", ".hdf5", ".hf5"),
    read=read,
    holds="Main datasets of the universal spectroscopy and imaging data format, as pyUSID and pycroscopy write them.",
    tested_on="Files that pyUSID writes and files built by hand after its specification, but no real measurement.",
    recognises=recognises,
)

"""Arrays of NumPy (``.npy``, ``.npz``), the axes beside them or inside.

Beside ``map.npy`` may lie ``map_energy.npy``, ``map_energy.txt`` or ``map_energy.csv``, and likewise ``map_x`` and
``map_y``: one number a line, before which one line may name the axis and its unit, ``bias (mV)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from didymos.io.blocks import FileValues, block_sizes, is_large
from didymos.io.channel_names import split_name
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.labelling import FileAxis, index_axis, labelled_maps, numbers, plain_text, reading, sweep_signal
from didymos.io.readers.lattice import as_image
from didymos.schema import ENERGY, IMAGE_DIMS, POINT_DIMS, InputError

if TYPE_CHECKING:
    import xarray as xr

KIND = "NumPy array"
SPECTRA = ("spectra", "data", "map", "cube", "signal")
"""Names of the array in an archive, the first that there is."""
ENERGIES = (
    "energy", "energies", "bias", "voltage", "v", "wavelength", "wavelengths", "energy_loss", "raman_shift",
    "wavenumber", "wavenumbers", "frequency", "z", "height", "distance", "time", "e",
)  # fmt: skip
"""Names of the axis of the spectra in an archive, the first that there is."""
ARRAY, ARCHIVE = b"\x93NUMPY", b"PK"
"""How the files begin."""
SIDE_SUFFIXES = (".npy", ".txt", ".csv")


@dataclass(frozen=True)
class MappedValues:
    """An array of which only what is asked for is read."""

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __getitem__(self, key: tuple[slice, ...]) -> NDArray[Any]:
        return np.array(np.load(self.path, mmap_mode="r", allow_pickle=False)[key])


def recognises(path: Path) -> bool:
    """Tell whether a file is an array; the axes beside one are none of their own."""
    return path.is_file() and not any(
        path.stem.endswith(f"_{name}") and path.with_name(path.stem.removesuffix(f"_{name}") + ".npy").exists()
        for name in (ENERGY, *IMAGE_DIMS)
    )


def read(path: Path, lazy: bool | None) -> Content:
    """Read an array or an archive of arrays.

    Parameters
    ----------
    path : pathlib.Path
        A ``.npy`` or ``.npz`` file.
    lazy : bool, optional
        Leave a single array in its file; an archive is always read.

    Returns
    -------
    Content
    """
    with reading(path, KIND):
        with path.open("rb") as file:
            start = file.read(len(ARRAY))
        if start.startswith(ARCHIVE):
            return _archive(path)
        if start != ARRAY:
            raise InputError("it is neither an array nor an archive of NumPy: it is empty, damaged or something else")
        mapped = _loaded(path, mmap_mode="r")
        _numeric(mapped)
        large = is_large(mapped.shape) if lazy is None else lazy
        values: Any = _in_blocks(path, mapped) if large else np.array(mapped)
        beside = {name: axis for name in (ENERGY, *IMAGE_DIMS) if (axis := _beside(path, name)) is not None}
        arrays = _labelled(path.stem, "", values, beside)
        return Content(arrays, {}, sweep_signal(arrays))


def _loaded(path: Path, **options: Any) -> Any:
    try:
        return np.load(path, allow_pickle=False, **options)
    except ValueError as error:
        raise _no_objects(error) from error


def _member(file: Any, name: str) -> NDArray[Any]:
    try:
        return np.asarray(file[name])
    except ValueError as error:
        raise _no_objects(error) from error


def _no_objects(error: ValueError) -> ValueError:
    if "pickle" in str(error) or "object" in str(error).casefold():
        return InputError("it holds Python objects, which could run a program and are never read: save numbers")
    return error


def _archive(path: Path) -> Content:
    """Read an archive with the arrays ``spectra``, ``energy``, ``x``, ``y`` and others of the points."""
    # a stream of our own, since the one of NumPy stays open where the archive is damaged
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        held = {str(name): _member(file, name) for name in file.files}
    large = [name for name, values in held.items() if values.ndim >= 2 and values.dtype.kind in "fiuc"]
    lower = {name.casefold(): name for name in held}
    name = next((lower[word] for word in SPECTRA if word in lower), None) or (
        max(large, key=lambda name: (held[name].ndim, held[name].size)) if large else None
    )
    if name is None:
        listed = ", ".join(f"{name} {values.shape}" for name, values in held.items()) or "nothing"
        raise InputError(f"it holds no array of spectra; there are: {listed}: call it 'spectra' (y, x, energy)")
    _numeric(held[name])
    energy = next((lower[word] for word in ENERGIES if word in lower and held[lower[word]].ndim == 1), None)
    axes = {}
    for dim, key in ((ENERGY, energy), ("x", lower.get("x")), ("y", lower.get("y"))):
        if key is not None and key != name:
            axes[dim] = FileAxis(dim, numbers(held[key], key), _units(held, key, dim), key.replace("_", " "))
    arrays = _labelled(name, plain_text(held.get("units")), held[name], axes)
    dims = IMAGE_DIMS if held[name].ndim == 3 else POINT_DIMS
    for key, values in held.items():
        if key not in (name, energy, "x", "y") and values.dtype.kind in "fiu" and values.ndim == len(dims):
            arrays |= _per_point(key, values, dims, next(iter(arrays.values())), _units(held, key, key))
    attrs = {key: plain_text(values) for key, values in held.items() if values.ndim == 0 and plain_text(values)}
    kept = {key: words for key, words in attrs.items() if "units" not in key}
    return Content(arrays, kept, sweep_signal(arrays))


def _per_point(
    name: str, values: NDArray[Any], dims: tuple[str, ...], spectra: xr.DataArray, units: str
) -> dict[str, xr.DataArray]:
    """Label an array of one value for each spectrum; one of another shape is left out."""
    import xarray as xr

    array = xr.DataArray(values, dims=dims, attrs={"units": units, "long_name": name})
    kept = spectra.isel({ENERGY: 0}, drop=True)
    if dims == POINT_DIMS and "point" in spectra.dims and values.shape == kept.shape:
        return {name: array.assign_coords({dim: kept[dim] for dim in IMAGE_DIMS if dim in kept.coords})}
    if dims == IMAGE_DIMS and values.shape == kept.transpose(*IMAGE_DIMS).shape:
        return {name: array.assign_coords({dim: kept[dim] for dim in IMAGE_DIMS})}
    return {}


def _units(held: Mapping[str, NDArray[Any]], key: str, dim: str) -> str:
    """Return the text beside an axis that gives its unit: ``energy_units``, ``bias_unit`` or ``length_units``."""
    names = [f"{word}_{end}" for word in (key, dim) for end in ("units", "unit")]
    names += ["length_units"] if dim in IMAGE_DIMS else []
    return next((words for name in names if (words := plain_text(held.get(name)))), "")


def _numeric(values: NDArray[Any]) -> None:
    if values.dtype.kind not in "fiuc":
        raise InputError(f"it is of type {values.dtype}; allowed are numbers")
    if values.ndim not in (2, 3) or not values.size:
        raise InputError(
            f"it has the shape {values.shape}; allowed are (y, x, energy) and (point, energy): reshape the array"
        )


def _labelled(name: str, units: str, values: Any, beside: Mapping[str, FileAxis]) -> dict[str, xr.DataArray]:
    """Label an array; the axis of energies is the last, unless only another has its length."""
    energy = beside.get(ENERGY)
    place = values.ndim - 1
    if energy is not None and len(energy.values) != values.shape[-1]:
        fits = [i for i, size in enumerate(values.shape) if size == len(energy.values)]
        if len(fits) != 1:
            raise InputError(
                f"the spectra have the shape {values.shape} and {len(energy.values)} energies: the last axis must have "
                "as many values as there are energies"
            )
        place = fits[0]
    dims = [*(IMAGE_DIMS if values.ndim == 3 else POINT_DIMS)]
    dims.insert(place, ENERGY)
    sizes = dict(zip(dims, values.shape, strict=True))
    axes = []
    for dim in dims:
        units_of_index = "channel" if dim == ENERGY else "" if dim == "point" else "pixel"
        axes.append(beside.get(dim) or index_axis(dim, sizes[dim], units_of_index))
    found = labelled_maps(name, units, values, axes)
    if values.ndim == 3:
        return found
    per_point = {dim: beside[dim] for dim in IMAGE_DIMS if dim in beside}
    for dim, axis in per_point.items():
        if len(axis.values) != sizes["point"]:
            raise InputError(f"{dim!r} has {len(axis.values)} values for {sizes['point']} points: they must agree")
    coords = {dim: ("point", axis.values, {"units": axis.units}) for dim, axis in per_point.items()}
    return {key: as_image(array.drop_vars("point").assign_coords(coords)) for key, array in found.items()}


def _in_blocks(path: Path, mapped: NDArray[Any]) -> Any:
    dims = (*(IMAGE_DIMS if mapped.ndim == 3 else POINT_DIMS), ENERGY)
    blocks = block_sizes(dict(zip(dims, mapped.shape, strict=True)))
    return FileValues(MappedValues(path, mapped.shape, mapped.dtype), path, KIND).in_blocks(tuple(blocks.values()))


def _beside(path: Path, name: str) -> FileAxis | None:
    """Read the axis that lies beside an array, None where there is none."""
    files = [path.with_name(f"{path.stem}_{name}{suffix}") for suffix in SIDE_SUFFIXES]
    found = [file for file in files if file.exists()]
    if len(found) > 1:
        raise InputError(f"beside it lie {', '.join(file.name for file in found)}: keep one of them")
    if not found:
        return None
    with reading(found[0], "axis"):
        if found[0].suffix == ".npy":
            values, label = _loaded(found[0]), ""
        else:
            values, label = _listed(found[0].read_text(encoding="utf-8-sig"))
        if values.ndim != 1:
            raise InputError(f"it has the shape {values.shape}; allowed is a list of numbers, one a line")
        long_name, units = split_name(label)
        return FileAxis(name, numbers(values, name), units, long_name)


def _listed(text: str) -> tuple[NDArray[np.float64], str]:
    """Return the numbers of a text, one a line, and the line before them."""
    lines = [line.strip().strip(",;").strip() for line in text.splitlines() if line.strip()]
    label = ""
    try:
        float(lines[0]) if lines else 0.0
    except ValueError:
        label = lines.pop(0).lstrip("# ")
    try:
        return np.array([float(line) for line in lines if not line.startswith("#")]), label
    except ValueError as error:
        raise InputError(f"{str(error)[:80]}; allowed is one number a line") from error


READER = Reader(
    name="NumPy arrays",
    suffixes=(".npy", ".npz"),
    read=read,
    holds=(
        "Arrays (y, x, energy) or (point, energy); the axes lie beside NAME.npy as NAME_energy, NAME_x and NAME_y "
        "(.npy, .txt or .csv), in an archive under the names energy (bias, wavelength ...), x and y."
    ),
    tested_on="Files that NumPy writes.",
    recognises=recognises,
)

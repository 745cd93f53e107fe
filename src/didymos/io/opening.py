"""Opening a file of any format as a spectral map, and telling what is in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from didymos.io.blocks import any_finite, is_large, is_lazy
from didymos.io.channels import backward_twin
from didymos.io.info import ChannelInfo, FileInfo, file_info
from didymos.io.nanonis import grid_arrays
from didymos.io.plain import PlainMap
from didymos.schema import ENERGY, InputError

if TYPE_CHECKING:
    import xarray as xr

FORMATS = {".3ds": "Nanonis grid", ".nc": "netCDF", ".nc4": "netCDF", ".zarr": "zarr", ".zip": "zarr"}
"""The formats by the suffix of the file."""


def open_map(
    path: str | os.PathLike[str],
    *,
    channel: str | None = None,
    average_backward: bool = False,
    energy_range: tuple[float, float] | None = None,
    lazy: bool | None = None,
) -> xr.DataArray:
    """Open a spectral map: a Nanonis grid (``.3ds``), netCDF (``.nc``) or zarr (``.zarr``, ``.zip``).

    Parameters
    ----------
    path : path
        The file, or the folder of a zarr store.
    channel : str, optional
        The channel or variable to read. Without it the first harmonic of lock-in X is preferred; where there is only a
        current, its numerical derivative is taken (the whole rule: :mod:`didymos.io.channels`).
    average_backward : bool
        Average the channel with its backward sweep; a value missing in one direction is taken from the other.
    energy_range : tuple of float, optional
        Lowest and highest energy to keep, in the unit of the map (mV for a bias).
    lazy : bool, optional
        Leave the spectra in the file: the map holds a dask array, whose blocks of whole spectra are read when their
        values are asked for. Without it a map of more than 64 MB is opened like this, a smaller one is read.

    Returns
    -------
    xarray.DataArray, dims (y, x, energy) or (point, energy)
        The map: float32, energy ascending, NaN where nothing was measured. Its attributes say which channel was read
        and why (``channel``, ``channel_rule``, ``derived``), what it is (``long_name``, ``units``), and where the frame
        lies (``frame_center`` and ``frame_size`` in m, ``frame_angle`` in degrees, clockwise).

    Raises
    ------
    InputError
        Where the file is missing, of no known format, damaged, or has no such channel.
    """
    array = _open(Path(path), channel, average_backward, lazy)
    if energy_range is not None:
        array = _crop(array, energy_range)
    if not any_finite(array):
        raise InputError(
            f"{Path(path).name} holds no measured value of {array.attrs['channel']!r}: take another channel"
        )
    return array


def describe(path: str | os.PathLike[str], *, channel: str | None = None) -> FileInfo:
    """Describe the content of a file: format, axes, channels and which is read, missing spectra, settings.

    Parameters
    ----------
    path : path
        The file, or the folder of a zarr store.
    channel : str, optional
        The channel that would be read.

    Returns
    -------
    FileInfo
        The facts; its ``rows()`` are ready for printing.

    Raises
    ------
    InputError
        As :func:`open_map`.
    """
    path = Path(path)
    array, names = _plain(path, channel)
    chosen = names.index(array.attrs["channel"])
    twins = [backward_twin(names, index) for index in range(len(names))]
    channels = tuple(
        ChannelInfo(name, index == chosen, None if twin is None else names[twin])
        for index, (name, twin) in enumerate(zip(names, twins, strict=True))
    )
    size = sum(part.stat().st_size for part in _parts(path))
    return file_info(array, file=path.name, format_name=_format(path), size=size, channels=channels)


def file_sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file as hexadecimal digits; of a folder, over its sorted relative names and contents."""
    path = Path(path)
    digest = hashlib.sha256()
    try:
        for part in _parts(path):
            if path.is_dir():
                digest.update(part.relative_to(path).as_posix().encode() + b"\0")
            with part.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest() if path.is_dir() else b"")
                if not path.is_dir():
                    return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _no_access(path, error) from error
    return digest.hexdigest()


def _open(path: Path, channel: str | None, average_backward: bool, lazy: bool | None) -> xr.DataArray:
    try:
        if _format(path) == "Nanonis grid":
            arrays = grid_arrays(path, channel, average_backward=average_backward)
            array = arrays.labelled(lazy=is_large(arrays.spectra.shape) if lazy is None else lazy)
        else:
            array, _ = _open_labelled(path, channel, average_backward, lazy)
    except OSError as error:
        raise _no_access(path, error) from error
    array.attrs["input_file"] = path.name
    return array


def _plain(path: Path, channel: str | None) -> tuple[PlainMap, list[str]]:
    """Return the map of a file and the names of all channels; a grid is read without labelled arrays."""
    try:
        if _format(path) == "Nanonis grid":
            arrays = grid_arrays(path, channel)
            return arrays.plain(), list(arrays.grid.header.channels)
        array, names = _open_labelled(path, channel, average_backward=False, lazy=False)
    except OSError as error:
        raise _no_access(path, error) from error
    return PlainMap.of(array), names


def _open_labelled(
    path: Path, channel: str | None, average_backward: bool, lazy: bool | None
) -> tuple[xr.DataArray, list[str]]:
    """Return the map of a netCDF file or a zarr store, and the names of all variables that are maps."""
    from didymos.io.labelled import map_from, map_variables, open_labelled

    dataset = open_labelled(path, lazy)
    try:
        array, _ = map_from(dataset, channel, average_backward=average_backward)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    return array, map_variables(dataset)


def _format(path: Path) -> str:
    try:
        exists, folder = path.exists(), path.is_dir()
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} is no path that can be opened ({error}): give the name of a file") from error
    if not exists:
        raise InputError(f"{path} does not exist: check the name and the folder")
    if folder:
        return "zarr"
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(
            f"{path.name} has the suffix {suffix!r}; didymos opens {', '.join(FORMATS)}: convert the file to netCDF or "
            "zarr with a variable 'spectra' (y, x, energy)"
        )
    return FORMATS[suffix]


def _crop(array: xr.DataArray, energy_range: tuple[float, float]) -> xr.DataArray:
    low, high = sorted(float(edge) for edge in energy_range)
    energy = array[ENERGY].values
    rounding = 1e-9 * (energy[-1] - energy[0])
    inside = (energy >= low - rounding) & (energy <= high + rounding)
    if inside.sum() < 2:
        units = array[ENERGY].attrs.get("units", "")
        raise InputError(
            f"the energy range {low:g} to {high:g} {units} leaves {int(inside.sum())} points; the spectra run from "
            f"{energy[0]:g} to {energy[-1]:g} {units}: give a wider range"
        )
    first, last = np.flatnonzero(inside)[[0, -1]]
    cropped = array.isel({ENERGY: slice(first, last + 1)})
    return cropped if is_lazy(array) else cropped.copy()


def _parts(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    yield from sorted(
        (part for part in path.rglob("*") if part.is_file()), key=lambda p: p.relative_to(path).as_posix()
    )


def _no_access(path: Path, error: OSError) -> InputError:
    reason: Any = error.strerror or error
    return InputError(f"{path} cannot be opened ({reason}): check that it exists and that you may read it")

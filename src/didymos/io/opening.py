"""Opening a file of any format as a spectral map, and telling what is in it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymos.io.axes import parse_dims
from didymos.io.blocks import any_finite
from didymos.io.channel_names import backward_twin
from didymos.io.energies import as_photon_energy, in_range
from didymos.io.info import ChannelInfo, FileInfo, file_info
from didymos.io.nanonis.grid import NAME as NANONIS_GRID
from didymos.io.nanonis.grid import grid_arrays
from didymos.io.plain import PlainMap
from didymos.io.readers.registry import read, reader_of
from didymos.io.reading import READING, Reading, ReadingSettings, parse_phase, reading_of
from didymos.io.sources import existing, no_access, parts_of
from didymos.schema import InputError
from didymos.schema.given import in_words

if TYPE_CHECKING:
    import xarray as xr


def open_map(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    channel: str | None = None,
    average_backward: bool = False,
    average_sweeps: bool = False,
    lockin_phase: float | str | None = None,
    dims: str | Sequence[str] | None = None,
    photon_energy: bool = False,
    energy_range: tuple[float, float] | None = None,
    topography: str | os.PathLike[str] | None = None,
    lazy: bool | None = None,
) -> xr.DataArray:
    """Open a spectral map from a file of any known format.

    Parameters
    ----------
    path : path, or sequence of paths
        The file, or the folder of a zarr store or of point spectra; of point spectra also a pattern such as
        ``"spectra_*.dat"`` or a list of files. :func:`didymos.io.known_readers` lists the formats.
    channel : str, optional
        The channel or variable to read. Without it the first harmonic of lock-in X is preferred, or Y where it holds
        clearly more of the signal; where there is only a current, its numerical derivative is taken (the whole rule:
        :mod:`didymos.io.channels`).
    average_backward : bool
        Average the channel with its backward sweep; a value missing in one direction is taken from the other.
    average_sweeps : bool
        Average the repeated sweeps of the channel.
    lockin_phase : float or "auto", optional
        Degrees by which lock-in X and Y are rotated, X cos(phase) + Y sin(phase); "auto" finds the phase with the
        most signal in X.
    dims : str or sequence of str, optional
        What each axis of the array is, in its order, such as ``"y,x,energy"``, where the names of the file do not tell.
    photon_energy : bool
        Turn wavelengths into photon energies in eV.
    energy_range : tuple of float, optional
        Lowest and highest energy to keep, in the unit of the map (mV for the bias of a grid).
    topography : path, optional
        A Nanonis scan image (``.sxm``) that was taken around the map: its height at the positions of the spectra.
    lazy : bool, optional
        Leave the spectra in the file: the map holds a dask array, whose blocks of whole spectra are read when their
        values are asked for. Without it a map of more than 64 MB is opened like this, where its format allows; a
        smaller one is read.

    Returns
    -------
    xarray.DataArray, dims (y, x, energy) or (point, energy)
        The map: float32, energy ascending, NaN where nothing was measured. Its attributes say which channel was read
        and why (``channel``, ``channel_rule``, ``derived``), what it is (``long_name``, ``units``), and where the frame
        of a grid lies (``frame_center`` and ``frame_size`` in m, ``frame_angle`` in degrees, clockwise).

    Raises
    ------
    InputError
        Where the file is missing, of no known format, damaged, or has no such channel; or an option does not fit.
    """
    settings = _settings(channel, average_backward, average_sweeps, lockin_phase, dims, photon_energy, topography)
    if lazy not in (None, True, False):
        raise InputError(f"lazy is {in_words(lazy)}; allowed are True, False and None")
    source, array = _opened(path, _reading(settings, lazy))
    array = _further(array, settings)
    if energy_range is not None:
        array = in_range(array, energy_range)
    if not any_finite(array):
        raise InputError(f"{source.name} holds no measured value of {array.attrs['channel']!r}: take another channel")
    # what a converted file was read with before does not say how it was read now
    array.attrs.pop(READING, None)
    if settings.given:
        array.attrs[READING] = json.dumps(settings.given)
    return array


def describe(
    path: str | os.PathLike[str],
    *,
    channel: str | None = None,
    average_backward: bool = False,
    average_sweeps: bool = False,
    lockin_phase: float | str | None = None,
    dims: str | Sequence[str] | None = None,
    photon_energy: bool = False,
    topography: str | os.PathLike[str] | None = None,
) -> FileInfo:
    """Describe the content of a file: format, axes, channels and which is read, missing spectra, settings.

    Parameters
    ----------
    path : path
        The file, or the folder of a zarr store.
    channel, average_backward, average_sweeps, lockin_phase, dims, photon_energy, topography
        As for :func:`open_map`: what would be read with these.

    Returns
    -------
    FileInfo
        The facts; its ``rows()`` are ready for printing.

    Raises
    ------
    InputError
        As :func:`open_map`.
    """
    path = existing(path)
    settings = _settings(channel, average_backward, average_sweeps, lockin_phase, dims, photon_energy, topography)
    if settings.photon_energy or settings.topography is not None:
        labelled, names = _labelled(path, _reading(settings, lazy=False))
        array = PlainMap.of(_further(labelled, settings))
    else:
        array, names = _plain(path, _reading(settings, lazy=False))
    chosen = names.index(array.attrs["channel"])
    twins = [backward_twin(names, index) for index in range(len(names))]
    channels = tuple(
        ChannelInfo(name, index == chosen, None if twin is None else names[twin])
        for index, (name, twin) in enumerate(zip(names, twins, strict=True))
    )
    size = sum(part.stat().st_size for part in parts_of(path))
    return file_info(array, file=path.name, format_name=reader_of(path).name, size=size, channels=channels)


def _settings(
    channel: Any, average_backward: Any, average_sweeps: Any, lockin_phase: Any, dims: Any, photon_energy: Any,
    topography: Any,
) -> ReadingSettings:  # fmt: skip
    """Return the options of a caller, checked."""
    return reading_of(
        {
            "channel": channel,
            "average_backward": average_backward,
            "average_sweeps": average_sweeps,
            "lockin_phase": lockin_phase,
            "dims": None if dims is None else ",".join(parse_dims(dims)),
            "photon_energy": photon_energy,
            "topography": topography,
        }
    )


def _reading(settings: ReadingSettings, lazy: bool | None) -> Reading:
    """Return what a reader is asked for."""
    return Reading(
        settings.channel,
        average_backward=settings.average_backward,
        average_sweeps=settings.average_sweeps,
        dims=None if settings.dims is None else parse_dims(settings.dims),
        lockin_phase=parse_phase(settings.lockin_phase),
        lazy=lazy,
    )


def _further(array: xr.DataArray, settings: ReadingSettings) -> xr.DataArray:
    """Return a map with the topography and in the energies that are asked for."""
    if settings.topography is not None:
        array = _with_height(array, existing(settings.topography))
    return as_photon_energy(array) if settings.photon_energy else array


def _opened(path: Any, reading: Reading) -> tuple[Path, xr.DataArray]:
    """Return a map and the file, or the first of several files, that it is from."""
    if not isinstance(path, list | tuple):
        source = existing(path)
        return source, _open(source, reading)
    from didymos.io.readers.nanonis_points import read_files
    from didymos.io.selection import map_from

    if not path:
        raise InputError("the list of files is empty: name at least one point spectrum")
    files = [existing(file) for file in path]
    try:
        array, _ = map_from(read_files(files, f"the list of {len(files)} files"), reading)
    except OSError as error:
        raise no_access(files[0], error) from error
    return files[0], array.assign_attrs(input_file=f"{files[0].name} and {len(files) - 1} more")


def _open(path: Path, reading: Reading) -> xr.DataArray:
    array, _ = _labelled(path, reading)
    array.attrs["input_file"] = path.name
    return array


def _labelled(path: Path, reading: Reading) -> tuple[xr.DataArray, list[str]]:
    """Return the map of a file and the names of all channels."""
    try:
        if not _is_grid(path):
            return _from_content(path, reading)
        arrays = grid_arrays(path, reading)
        return arrays.labelled(lazy=reading.lazy), arrays.names
    except OSError as error:
        raise no_access(path, error) from error


def _plain(path: Path, reading: Reading) -> tuple[PlainMap, list[str]]:
    """Return the same; a grid is read without labelled arrays."""
    try:
        if _is_grid(path):
            arrays = grid_arrays(path, reading)
            return arrays.plain(), arrays.names
    except OSError as error:
        raise no_access(path, error) from error
    array, names = _labelled(path, reading)
    return PlainMap.of(array), names


def _is_grid(path: Path) -> bool:
    """Tell whether a file is a Nanonis grid, of which only one channel is read."""
    return reader_of(path).name == NANONIS_GRID


def _from_content(path: Path, reading: Reading) -> tuple[xr.DataArray, list[str]]:
    """Return the map of a file and the names of all arrays in it that are maps."""
    from didymos.io.selection import map_from

    content = read(path, reading.lazy)
    try:
        return map_from(content, reading)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error


def _with_height(array: xr.DataArray, image: Path) -> xr.DataArray:
    """Return a map with the topography of a scan image."""
    from didymos.io.readers.nanonis_image import topography_from
    from didymos.schema import space_dims

    try:
        height = topography_from(image, array)
    except OSError as error:
        raise no_access(image, error) from error
    attrs = {"units": "m", "long_name": f"height of {image.name}"}
    taken = array.assign_coords(topography=(space_dims(array), height, attrs))
    taken.attrs.pop("topography_note", None)
    return taken

"""Nanonis grid spectroscopy (``.3ds``) as a spectral map."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.io.channels import Choice, backward_twin, choose_channel
from didymos.io.nanonis_frame import place_records
from didymos.io.nanonis_header import GridHeader, read_header
from didymos.io.nanonis_records import Records, read_records
from didymos.io.nanonis_sweep import Sweep, sweep_of
from didymos.schema import ENERGY, InputError, spectral_map

_TOPOGRAPHY = ("Z (m)", "Scan:Z (m)", "Final Z (m)")
_TEXTS = {
    "date": "Date",
    "start_time": "Start time",
    "end_time": "End time",
    "user": "User",
    "comment": "Comment",
    "experiment": "Experiment",
    "set_point_units": "Z-Controller>Setpoint unit",
    "lockin_modulated_signal": "Lock-in>Modulated signal",
    "software_version": "NanonisMain>SW Version",
}
_NUMBERS = {
    "set_point_bias": "Bias>Bias (V)",
    "set_point": "Z-Controller>Setpoint",
    "lockin_amplitude": "Lock-in>Amplitude",
    "lockin_frequency": "Lock-in>Frequency (Hz)",
    "settling_time": "Bias Spectroscopy>Settling time (s)",
    "integration_time": "Bias Spectroscopy>Integration time (s)",
}


@dataclass(frozen=True)
class Grid:
    """A Nanonis grid as it lies in the file."""

    header: GridHeader
    records: Records
    sweep: Sweep
    choice: Choice


def open_grid(path: Path, channel: str | None = None) -> Grid:
    """Read the header of a Nanonis grid, check its records and choose the channel.

    Parameters
    ----------
    path : pathlib.Path
        A ``.3ds`` file.
    channel : str, optional
        The channel wanted; else :mod:`didymos.io.channels` has the rule.

    Returns
    -------
    Grid
        Header, records, sweep and channel.

    Raises
    ------
    InputError
        Where the file is no sound grid or has no such channel.
    """
    header = read_header(path)
    records = read_records(path, header)
    try:
        sweep = sweep_of(records)
        choice = choose_channel(
            header.channels, channel, sweep_signal=header.sweep_signal, harmonics=_harmonics(header)
        )
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    return Grid(header, records, sweep, choice)


def read_grid(path: Path, channel: str | None = None, *, average_backward: bool = False) -> xr.DataArray:
    """Read one channel of a Nanonis grid.

    Parameters
    ----------
    path : pathlib.Path
        A ``.3ds`` file.
    channel : str, optional
        The channel wanted; else :mod:`didymos.io.channels` has the rule.
    average_backward : bool
        Average the channel with its backward sweep; a value missing in one direction is taken from the other.

    Returns
    -------
    xarray.DataArray, dims (y, x, energy)
        The map: bias in mV, positions in m from the lower left corner of the frame, NaN where nothing was measured.

    Raises
    ------
    InputError
        Where the file is no sound grid, has no such channel or no backward sweep of it.
    """
    grid = open_grid(path, channel)
    header, records, choice = grid.header, grid.records, grid.choice
    spectra = records.channel(choice.index)
    attrs = _attributes(grid)
    if average_backward:
        twin = backward_twin(header.channels, choice.index)
        if twin is None:
            raise InputError(
                f"{path.name} has no other sweep direction of {choice.name!r} to average with; it has the channels "
                f"{', '.join(header.channels)}: read it without averaging"
            )
        spectra = _mean_of_two(spectra, records.channel(twin))
        attrs["backward"] = f"averaged with {header.channels[twin]}"
    axis, spectra = grid.sweep.merge(spectra)
    if choice.derive:
        attrs["derived"] = f"dI/dV by numerical derivative of {choice.name}"
        spectra = _derivative(spectra, axis)
    pixels, attrs["pixel_order"] = place_records(records)
    return _image_map(grid, axis, spectra, pixels, attrs)


def _image_map(
    grid: Grid,
    axis: NDArray[np.float64],
    spectra: NDArray[np.float32],
    pixels: NDArray[np.int64],
    attrs: dict[str, Any],
) -> xr.DataArray:
    header = grid.header
    shape = (header.rows, header.columns)
    image = np.empty_like(spectra)
    image[pixels] = spectra
    height = np.empty(pixels.size, dtype=np.float64)
    topography = _topography(grid.records)
    coords = {}
    if topography is not None:
        height[pixels] = topography
        coords["topography"] = (height.reshape(shape), "m")
    size = header.frame.size
    has_size = all(length > 0 or count == 1 for length, count in zip(size, shape[::-1], strict=True))
    x, y = ((np.arange(count) + 0.5) * length / count for length, count in zip(size, shape[::-1], strict=True))
    array = spectral_map(
        image.reshape(*shape, -1),
        axis * grid.sweep.factor,
        x=x if has_size else None,
        y=y if has_size else None,
        energy_units=grid.sweep.units,
        signal_units=grid.choice.units,
        signal_name=grid.choice.long_name,
        coords=coords,
        attrs=attrs,
    )
    array[ENERGY].attrs["long_name"] = grid.sweep.name
    return array


def _attributes(grid: Grid) -> dict[str, Any]:
    header = grid.header
    attrs: dict[str, Any] = {
        "channel": grid.choice.name,
        "channel_rule": grid.choice.reason,
        "sweep_axis": grid.sweep.source,
        "sweep_direction": grid.sweep.direction,
        "frame_center": list(header.frame.center),
        "frame_size": list(header.frame.size),
        "frame_angle": header.frame.angle,
    }
    for name, key in _TEXTS.items():
        text = header.text(key)
        if text is not None:
            # control characters do not survive in netCDF
            attrs[name] = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
    attrs |= {name: number for name, key in _NUMBERS.items() if (number := header.number(key)) is not None}
    return attrs


def _topography(records: Records) -> NDArray[np.float64] | None:
    """Return the height of each record in m, shape (record,), NaN where missing; None where it was not recorded."""
    for name in _TOPOGRAPHY:
        column = records.header.parameter(name)
        if column is not None:
            height = np.where(np.isfinite(records.parameters[:, column]), records.parameters[:, column], np.nan)
            if np.nan_to_num(height).any():
                return height
    return None


def _derivative(spectra: NDArray[np.float32], axis: NDArray[np.float64]) -> NDArray[np.float32]:
    """dI/dV in A/V = S by central differences on the true axis, one-sided at its ends."""
    with np.errstate(all="ignore"):
        slope = np.gradient(spectra.astype(np.float64), axis, axis=1)
        return np.asarray(slope, dtype=np.float32)


def _mean_of_two(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    with np.errstate(all="ignore"):
        mean = first / 2 + second / 2
    mean = np.where(np.isfinite(first), mean, second)
    return np.where(np.isfinite(second), mean, first).astype(np.float32)


def _harmonics(header: GridHeader) -> dict[int, int]:
    """Harmonic of each demodulator, from keys such as ``Lock-in>Harmonic D1``."""
    found = {}
    for key in header.entries:
        match = re.fullmatch(r"lock-in>harmonic d(\d+)", key)
        value = header.number(key) if match else None
        if match and value is not None:
            found[int(match.group(1))] = int(value)
    return found

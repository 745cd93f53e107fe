"""Nanonis grid spectroscopy (``.3ds``) as a spectral map."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from didymos.io.channels import Choice, backward_twin, choose_channel
from didymos.io.nanonis_frame import place_records
from didymos.io.nanonis_header import GridHeader, read_header
from didymos.io.nanonis_records import Records, read_records
from didymos.io.nanonis_sweep import Sweep, sweep_of
from didymos.io.plain import Axis, PlainMap
from didymos.schema import ENERGY, InputError, spectral_map
from didymos.schema.maps import is_descending

if TYPE_CHECKING:
    import xarray as xr

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
    return grid_arrays(path, channel, average_backward=average_backward).labelled()


@dataclass(frozen=True)
class GridArrays:
    """One channel of a grid as arrays, every record at its pixel.

    Attributes
    ----------
    grid : Grid
    energy : array, shape (energy,)
        In the unit of the sweep.
    spectra : array, shape (y, x, energy)
        NaN where nothing was measured.
    x, y : array, optional
        Positions in m; None where the frame has no size.
    topography : array, shape (y, x), optional
        In m.
    attrs : dict
        Attributes of the map.
    """

    grid: Grid
    energy: NDArray[np.float64]
    spectra: NDArray[np.float32]
    x: NDArray[np.float64] | None
    y: NDArray[np.float64] | None
    topography: NDArray[np.float64] | None
    attrs: dict[str, Any]

    def labelled(self) -> xr.DataArray:
        """Return the spectral map."""
        array = spectral_map(
            self.spectra,
            self.energy,
            x=self.x,
            y=self.y,
            energy_units=self.grid.sweep.units,
            signal_units=self.grid.choice.units,
            signal_name=self.grid.choice.long_name,
            coords={} if self.topography is None else {"topography": (self.topography, "m")},
            attrs=self.attrs,
        )
        array[ENERGY].attrs["long_name"] = self.grid.sweep.name
        return array

    def plain(self) -> PlainMap:
        """Return the spectral map without labels."""
        step = -1 if is_descending(self.energy) else 1
        rows, columns = self.spectra.shape[:2]
        axes = {ENERGY: Axis(self.energy[::step], {"units": self.grid.sweep.units})}
        for name, position, count in (("x", self.x, columns), ("y", self.y, rows)):
            units = {"units": "pixel" if position is None else "m"}
            axes[name] = Axis(np.arange(count) if position is None else position, units)
        return PlainMap(self.spectra[..., ::step], axes, self.attrs)


def grid_arrays(path: Path, channel: str | None = None, *, average_backward: bool = False) -> GridArrays:
    """Read one channel of a Nanonis grid as arrays; see :func:`read_grid`."""
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
    shape = (header.rows, header.columns)
    size = header.frame.size
    has_size = all(length > 0 or count == 1 for length, count in zip(size, shape[::-1], strict=True))
    x, y = ((np.arange(count) + 0.5) * length / count for length, count in zip(size, shape[::-1], strict=True))
    topography = _topography(records)
    return GridArrays(
        grid,
        axis * grid.sweep.factor,
        _at_pixels(spectra, pixels).reshape(*shape, -1),
        x if has_size else None,
        y if has_size else None,
        None if topography is None else _at_pixels(topography.astype(np.float64), pixels).reshape(shape),
        attrs,
    )


def _at_pixels(values: NDArray[Any], pixels: NDArray[np.int64]) -> NDArray[Any]:
    """Return the values of the records in the order of the pixels."""
    image = np.empty_like(values)
    image[pixels] = values
    return image


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

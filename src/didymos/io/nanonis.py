"""Nanonis grid spectroscopy (``.3ds``) as a spectral map."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from didymos.io.blocks import FileValues, block_sizes
from didymos.io.channels import Choice, backward_twin, choose_channel
from didymos.io.nanonis_file import Records
from didymos.io.nanonis_frame import place_records
from didymos.io.nanonis_header import GridHeader, read_header
from didymos.io.nanonis_records import read_records
from didymos.io.nanonis_spectra import GridSpectra
from didymos.io.nanonis_sweep import Sweep, sweep_of
from didymos.io.plain import Axis, PlainMap
from didymos.schema import ENERGY, IMAGE_DIMS, InputError, spectral_map
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
    spectra : GridSpectra
        What reads the spectra (y, x, energy), NaN where nothing was measured.
    x, y : array, optional
        Positions in m; None where the frame has no size.
    topography : array, shape (y, x), optional
        In m.
    attrs : dict
        Attributes of the map.
    """

    grid: Grid
    spectra: GridSpectra
    x: NDArray[np.float64] | None
    y: NDArray[np.float64] | None
    topography: NDArray[np.float64] | None
    attrs: dict[str, Any]

    @property
    def energy(self) -> NDArray[np.float64]:
        """Energies in the unit of the sweep, shape (energy,)."""
        return self.spectra.energy * self.grid.sweep.factor

    def values(self) -> NDArray[np.float32]:
        """Read all spectra, shape (y, x, energy)."""
        return self.spectra[:, :, :]

    def labelled(self, *, lazy: bool = False) -> xr.DataArray:
        """Return the spectral map; where it is lazy its spectra are read when they are asked for."""
        array = spectral_map(
            self._blocks() if lazy else self.values(),
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
        return PlainMap(self.values()[..., ::step], axes, self.attrs)

    def _blocks(self) -> Any:
        blocks = block_sizes(dict(zip((*IMAGE_DIMS, ENERGY), self.spectra.shape, strict=True)))
        return FileValues(self.spectra, self.grid.records.file.path, "Nanonis grid").in_blocks(tuple(blocks.values()))


def grid_arrays(path: Path, channel: str | None = None, *, average_backward: bool = False) -> GridArrays:
    """Prepare one channel of a Nanonis grid for reading; see :func:`read_grid`."""
    grid = open_grid(path, channel)
    header, records, choice = grid.header, grid.records, grid.choice
    attrs = _attributes(grid)
    twin = backward_twin(header.channels, choice.index) if average_backward else None
    if average_backward and twin is None:
        raise InputError(
            f"{path.name} has no other sweep direction of {choice.name!r} to average with; it has the channels "
            f"{', '.join(header.channels)}: read it without averaging"
        )
    if twin is not None:
        attrs["backward"] = f"averaged with {header.channels[twin]}"
    if choice.derive:
        attrs["derived"] = f"dI/dV by numerical derivative of {choice.name}"
    pixels, attrs["pixel_order"] = place_records(records)
    shape = (header.rows, header.columns)
    size = header.frame.size
    has_size = all(length > 0 or count == 1 for length, count in zip(size, shape[::-1], strict=True))
    x, y = ((np.arange(count) + 0.5) * length / count for length, count in zip(size, shape[::-1], strict=True))
    record_of_pixel = np.argsort(pixels).reshape(shape)
    topography = _topography(records)
    return GridArrays(
        grid,
        GridSpectra(
            replace(records, parameters=np.empty((records.count, 0), np.float32)),  # they are not kept
            grid.sweep,
            choice.index,
            twin,
            choice.derive,
            record_of_pixel,
        ),
        x if has_size else None,
        y if has_size else None,
        None if topography is None else topography[record_of_pixel],
        attrs,
    )


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
        values = records.parameter(name)
        if values is not None:
            height = np.where(np.isfinite(values), values, np.nan)
            if np.nan_to_num(height).any():
                return height
    return None


def _harmonics(header: GridHeader) -> dict[int, int]:
    """Harmonic of each demodulator, from keys such as ``Lock-in>Harmonic D1``."""
    found = {}
    for key in header.entries:
        match = re.fullmatch(r"lock-in>harmonic d(\d+)", key)
        value = header.number(key) if match else None
        if match and value is not None:
            found[int(match.group(1))] = int(value)
    return found

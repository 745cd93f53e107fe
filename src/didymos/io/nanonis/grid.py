"""Nanonis grid spectroscopy (``.3ds``) as a spectral map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from didymos.io.blocks import FileValues, block_sizes, is_large
from didymos.io.channels import Choice, choose_channel
from didymos.io.nanonis.channel import channel_terms
from didymos.io.nanonis.file import Records
from didymos.io.nanonis.frame import place_records
from didymos.io.nanonis.header import GridHeader, read_header
from didymos.io.nanonis.notes import MAP, NUMBERS, TEXTS, point_attrs, point_values, read_map_line
from didymos.io.nanonis.records import read_records
from didymos.io.nanonis.spectra import GridSpectra, Term
from didymos.io.nanonis.sweep import Sweep, sweep_of
from didymos.io.plain import Axis, PlainMap
from didymos.io.reading import Reading
from didymos.io.saturation import with_saturated
from didymos.io.topography import constant_height
from didymos.schema import ENERGY, IMAGE_DIMS, POINT_DIMS, InputError, spectral_map
from didymos.schema.maps import is_descending

if TYPE_CHECKING:
    import xarray as xr

NAME = "Nanonis grid"
_TOPOGRAPHY = ("Z (m)", "Scan:Z (m)", "Final Z (m)")


@dataclass(frozen=True)
class GridArrays:
    """What is read of a Nanonis grid, every record at its pixel or point.

    Attributes
    ----------
    records : Records
        As they lie in the file.
    spectra : GridSpectra
        What reads the spectra (y, x, energy) or (point, energy), NaN where nothing was measured.
    choice : Choice
        The channel and why.
    x, y : array, optional
        Positions in m, of columns and rows or of points; None where the frame has no size.
    topography : array, shape (y, x) or (point,), optional
        In m.
    attrs : dict
        Attributes of the map.
    points : mapping of str to (array, dict)
        Further values per point, with their attributes, that didymos has written: truth, corrupted spectra, shifts.
    """

    records: Records
    spectra: GridSpectra
    choice: Choice
    x: NDArray[np.float64] | None
    y: NDArray[np.float64] | None
    topography: NDArray[np.float64] | None
    attrs: dict[str, Any]
    points: Mapping[str, tuple[NDArray[Any], dict[str, Any]]]

    @property
    def names(self) -> list[str]:
        """Names of all channels."""
        return list(self.records.header.channels)

    @property
    def sweep(self) -> Sweep:
        """The axis of the file."""
        return self.spectra.sweep

    @property
    def energy(self) -> NDArray[np.float64]:
        """Energies in the unit of the sweep, shape (energy,)."""
        return self.spectra.energy * self.sweep.factor

    def values(self) -> NDArray[np.float32]:
        """Read all spectra, shape (y, x, energy) or (point, energy)."""
        return self.spectra[(slice(None),) * len(self.spectra.shape)]

    def labelled(self, *, lazy: bool | None = None) -> xr.DataArray:
        """Return the spectral map; where it is lazy its spectra are read when they are asked for."""
        array = spectral_map(
            self._blocks() if (is_large(self.spectra.shape) if lazy is None else lazy) else self.values(),
            self.energy,
            x=self.x,
            y=self.y,
            energy_units=self.sweep.units,
            signal_units=self.choice.units,
            signal_name=self.choice.long_name,
            coords={} if self.topography is None else {"topography": (self.topography, "m")},
            attrs=self.attrs,
        )
        array[ENERGY].attrs["long_name"] = self.sweep.name
        array = array.assign_coords({name: (array.dims[:-1], *known) for name, known in self.points.items()})
        return array if array.chunks is not None else with_saturated(array, self._members())

    def _members(self) -> list[NDArray[np.float32]]:
        """Return the channels that the spectra are computed from, none where they are one channel as it is."""
        spectra = self.spectra
        members = [channel for term in spectra.terms for channel in term.channels]
        if len(members) == 1 and not spectra.derive:
            return []
        alone = (replace(spectra, terms=(Term((member,)),), derive=False) for member in members)
        return [one[(slice(None),) * len(one.shape)] for one in alone]

    def plain(self) -> PlainMap:
        """Return the spectral map without labels."""
        step = -1 if is_descending(self.energy) else 1
        *space, _ = self.spectra.shape
        axes = {ENERGY: Axis(self.energy[::step], {"units": self.sweep.units})}
        for name, position, count in (("x", self.x, space[-1]), ("y", self.y, space[0])):
            units = {"units": "pixel" if position is None else "m"}
            axes[name] = Axis(np.arange(count) if position is None else position, units)
        return PlainMap(self.values()[..., ::step], axes, self.attrs)

    def of_channel(self, index: int) -> GridArrays:
        """Return another channel of the same grid as it stands in the file."""
        choice = choose_channel(self.names, self.names[index], sweep_signal=self.records.header.sweep_signal)
        spectra = replace(self.spectra, terms=(Term((index,)),), derive=False)
        return replace(self, spectra=spectra, choice=choice)

    def _blocks(self) -> Any:
        dims = (*IMAGE_DIMS, ENERGY) if len(self.spectra.shape) == 3 else (*POINT_DIMS, ENERGY)
        blocks = block_sizes(dict(zip(dims, self.spectra.shape, strict=True)))
        return FileValues(self.spectra, self.records.file.path, NAME).in_blocks(tuple(blocks.values()))


def grid_arrays(path: Path, reading: Reading | None = None) -> GridArrays:
    """Prepare a Nanonis grid for reading.

    Parameters
    ----------
    path : pathlib.Path
        A ``.3ds`` file.
    reading : Reading, optional
        What the user wants; else :mod:`didymos.io.channels` has the rule.

    Returns
    -------
    GridArrays
        Bias in mV, positions in m: from the lower left corner of the frame; of scattered points those of the scanner.

    Raises
    ------
    InputError
        Where the file is no sound grid or lacks the channel, sweep direction or quadrature that is wanted.
    """
    chosen = reading or Reading()
    if chosen.dims is not None:
        raise InputError(f"{path.name} is a Nanonis grid, whose axes are known: leave dims out")
    header = read_header(path)
    records = read_records(path, header)
    try:
        sweep = sweep_of(records)
        channel = channel_terms(records, sweep, chosen)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    attrs = {**_attributes(header, sweep), **channel.attrs}
    pixels, attrs["pixel_order"] = place_records(records)
    record_of, x, y = _scattered(records) if pixels is None else _on_grid(header, pixels)
    height = _topography(records)
    if height is not None and (note := constant_height(height)) is not None:
        height, attrs["topography_note"] = None, note
    noted, described = read_map_line(header.text(MAP))
    points = {}
    for label, one in described.items():
        if (known := records.parameter(label)) is not None:
            points[str(one["name"])] = (point_values(known, one)[record_of], point_attrs(one))
    kept = replace(records, parameters=np.empty((records.count, 0), np.float32))  # the parameters are not kept
    return GridArrays(
        records,
        GridSpectra(kept, sweep, channel.terms, channel.choice.derive, record_of),
        channel.choice,
        x,
        y,
        None if height is None else height[record_of],
        attrs | noted,
        points,
    )


def _on_grid(
    header: GridHeader, pixels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Return the record of every pixel, shape (y, x), and the positions of columns and rows from the frame's corner."""
    shape = (header.rows, header.columns)
    size = header.frame.size
    record_of_pixel = np.argsort(pixels).reshape(shape)
    if not all(length > 0 or count == 1 for length, count in zip(size, shape[::-1], strict=True)):
        return record_of_pixel, None, None
    x, y = ((np.arange(count) + 0.5) * length / count for length, count in zip(size, shape[::-1], strict=True))
    return record_of_pixel, x, y


def _scattered(records: Records) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the records that have a position, shape (point,), and these positions."""
    x, y = records.parameter("X (m)"), records.parameter("Y (m)")
    if x is None or y is None:
        raise InputError("scattered points need the recorded X and Y")
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    return known, x[known], y[known]


def _attributes(header: GridHeader, sweep: Sweep) -> dict[str, Any]:
    attrs: dict[str, Any] = {
        "sweep_axis": sweep.source,
        "sweep_direction": sweep.direction,
        "frame_center": list(header.frame.center),
        "frame_size": list(header.frame.size),
        "frame_angle": header.frame.angle,
    }
    for name, key in TEXTS.items():
        text = header.text(key)
        if text is not None:
            # control characters do not survive in netCDF
            attrs[name] = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
    attrs |= {name: number for name, key in NUMBERS.items() if (number := header.number(key)) is not None}
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

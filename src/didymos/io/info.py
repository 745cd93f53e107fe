"""What is in a file: the facts that ``didymos info`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from didymos.core.preparation.coverage import find_coverage
from didymos.io.coverage import coverage_notes
from didymos.io.plain import PlainMap
from didymos.schema import ENERGY

if TYPE_CHECKING:
    import xarray as xr

UNITS = {
    "set_point_bias": "V",
    "lockin_amplitude": "V",
    "lockin_frequency": "Hz",
    "settling_time": "s",
    "integration_time": "s",
    "lockin_phase": "degrees",
}
"""Units of attributes that are numbers."""
LONGEST = 160
"""Letters of an attribute that are shown."""


@dataclass(frozen=True)
class AxisInfo:
    """One axis of a map: its name, unit, number of points and range."""

    name: str
    units: str
    size: int
    start: float
    stop: float

    def __str__(self) -> str:
        factor, units = (1e9, "nm") if self.units == "m" else (1.0, self.units)
        points = "point" if self.size == 1 else "points"
        return f"{self.size} {points}, {self.start * factor:.6g} to {self.stop * factor:.6g} {units}".rstrip()


@dataclass(frozen=True)
class ChannelInfo:
    """One channel: its name, whether it is the one that is read, and its backward (or forward) twin."""

    name: str
    chosen: bool
    twin: str | None

    def __str__(self) -> str:
        mark = "  <- read" if self.chosen else ""
        twin = f"  (other direction: {self.twin})" if self.twin else ""
        return f"{self.name}{twin}{mark}"


@dataclass(frozen=True)
class FileInfo:
    """What a file holds; :meth:`rows` has it ready for printing."""

    file: str
    format: str
    size: int
    axes: tuple[AxisInfo, ...]
    channels: tuple[ChannelInfo, ...]
    channel_rule: str
    complete: int
    partial: int
    missing: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The attributes of the map: frame, sweep direction, order of the pixels, date, comment, set point ..."""
    notes: tuple[str, ...] = ()
    """What an analysis leaves out and fills because values are missing."""

    @property
    def channel(self) -> str:
        """Name of the channel that is read."""
        return next(channel.name for channel in self.channels if channel.chosen)

    def rows(self) -> list[tuple[str, str]]:
        """Return label and text of every fact, one pair per line to print."""
        counts = f"{self.complete} complete, {self.partial} partial, {self.missing} missing"
        rows = [("file", self.file), ("format", self.format), ("size", f"{self.size / 1e6:.3g} MB")]
        rows += [(axis.name, str(axis)) for axis in self.axes]
        rows += [("spectra", counts)]
        rows += [("analysis" if not index else "", note) for index, note in enumerate(self.notes)]
        rows += [("channel" if not index else "", str(channel)) for index, channel in enumerate(self.channels)]
        rows += [("channel rule", self.channel_rule)]
        return rows + [
            (name.replace("_", " "), _text(name, value, self.settings)) for name, value in self.settings.items()
        ]


def file_info(
    array: xr.DataArray | PlainMap, *, file: str, format_name: str, size: int, channels: tuple[ChannelInfo, ...]
) -> FileInfo:
    """Gather the facts about a map.

    Parameters
    ----------
    array : xarray.DataArray or PlainMap
        The map as opened.
    file, format_name : str
        Name of the file and of its format.
    size : int
        Size of the file in bytes.
    channels : tuple of ChannelInfo
        All channels of the file.

    Returns
    -------
    FileInfo
        The facts.
    """
    plain = array if isinstance(array, PlainMap) else PlainMap.of(array)
    axes = []
    for name, axis in plain.axes.items():
        values = np.asarray(axis.values, dtype=float)
        units = str(axis.attrs.get("units", ""))
        axes.append(AxisInfo(name, units, values.size, float(np.nanmin(values)), float(np.nanmax(values))))
    finite = np.isfinite(plain.values)
    missing, complete = int((~finite.any(axis=-1)).sum()), int(finite.all(axis=-1).sum())
    hidden = {"units", "long_name", "channel", "channel_rule", "input_file", "reading", "prepared_with"}
    return FileInfo(
        file=file,
        format=format_name,
        size=size,
        axes=tuple(axes),
        channels=channels,
        channel_rule=str(plain.attrs.get("channel_rule", "")),
        complete=complete,
        partial=finite[..., 0].size - complete - missing,
        missing=missing,
        settings={key: value for key, value in plain.attrs.items() if key not in hidden},
        notes=_notes(plain, whole=complete == finite[..., 0].size),
    )


def _notes(plain: PlainMap, *, whole: bool) -> tuple[str, ...]:
    """Return what an analysis of the map leaves out and fills because values are missing."""
    if whole:
        return ()
    coverage = find_coverage(plain.values.reshape(-1, plain.values.shape[-1]))
    count = int(coverage.gaps.sum())
    what = "1 spectrum has" if count == 1 else f"{count} spectra have"
    filled = (f"{what} single gaps, which are filled.",) if count else ()
    return (*coverage_notes(plain.axes[ENERGY], coverage), *filled)


def _text(name: str, value: Any, settings: Mapping[str, Any]) -> str:
    """Return an attribute for people: numbers with their unit, long texts cut."""
    if name in ("frame_center", "frame_size"):
        return " x ".join(f"{1e9 * float(part):.6g}" for part in value) + " nm"
    if name == "frame_angle":
        return f"{float(value):g}°"
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        unit = str(settings.get(f"{name}_units", "")) or UNITS.get(name, "")
        return f"{value:.6g} {unit}".rstrip()
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} …"

"""Scienta Omicron Matrix through access2theMatrix: volume CITS as a map, single curves as scattered points.

A measurement is one file for each channel (``name--12_1.I(V)_mtrx``: run 12, cycle 1), and beside them the files with
its parameters (``name_0001.mtrx``), which must be in the same folder under the name that they had.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.io.readers.arrays import Axis, common_axis, labelled
from didymos.io.readers.folders import listed
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.libraries import library
from didymos.schema import InputError

if TYPE_CHECKING:
    import xarray as xr

Values = NDArray[np.float64]

_NAME = re.compile(r"(?P<chain>.+)--(?P<run>\d+)_(?P<cycle>\d+)\.(?P<channel>[^.]+\([^)]*\))_mtrx")
_MARK = b"ONTMATRX0101"
_UNITS = {"Volt": "V", "Ampere": "A", "Meter": "m", "Hertz": "Hz", "Second": "s"}
_SWEEPS = {"V": "Bias", "m": "Z", "Hz": "Frequency"}
_NUMBERS = {
    "set_point_bias": "EEPA::GapVoltageControl.Voltage",
    "set_point": "EEPA::Regulator.Setpoint_1",
    "lockin_amplitude": "EEPA::LockIn.Amplitude",
}
_MOST_POINTS = 10**6
_MOST_VALUES = 2**31


class _Curve(NamedTuple):
    """A curve at one point: its axis, trace and retrace, and where it was taken."""

    name: str
    units: str
    sweep: str
    sweep_units: str
    axes: list[Values]
    values: list[Values]
    position: tuple[float, float]
    point: tuple[str, str]


def _read(path: Path, lazy: bool | None) -> Content:
    if not path.is_dir():
        opened = _opened(path)
        if opened.object_type == "volume CITS":
            with library(path, "a volume CITS of Matrix"):
                return _volume(path, opened)
        return _points(path, [_curve(path, opened)], opened, [])
    curves: list[_Curve] = []
    left_out: list[str] = []
    first = None
    for file in _files(path):
        try:
            opened = _opened(file)
            if opened.object_type != "curve":
                raise InputError(f"{file.name} is a map: open it alone")
            curves.append(_curve(file, opened))
            first = first or opened
        except InputError as error:
            left_out.append(str(error))
    if not curves:
        raise InputError(f"{path.name} holds no curves of Matrix{': ' + left_out[0] if left_out else ''}")
    return _points(path, curves, first, left_out)


def _files(path: Path) -> list[Path]:
    """Return the curves of a folder, by run and cycle."""
    found = [(match, file) for file in path.iterdir() if (match := _NAME.fullmatch(file.name))]
    found.sort(key=lambda pair: (pair[0]["chain"], int(pair[0]["run"]), int(pair[0]["cycle"]), pair[0]["channel"]))
    return [file for _, file in found]


def _opened(path: Path) -> Any:
    """Open a file with its parameters; what the library reports as a message is an error here."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise InputError(
            f"{path.name} is no spectroscopy of Matrix: give a file named like name--12_1.I(V)_mtrx, or a folder of "
            "curves"
        )
    chain = path.with_name(f"{match['chain']}_0001.mtrx")
    if not chain.exists():
        raise InputError(f"{path.name} needs its parameters: put {chain.name} into the same folder")
    if not _begins(path) or not _begins(chain):
        raise InputError(f"{(path if not _begins(path) else chain).name} is no file of Matrix: copy it again")
    with library(path, "a file of Matrix"):
        opened = _guarded()()
        _, message = opened.open(str(path))
        if opened.scan is None or opened.object_type is None:
            raise InputError(f"{path.name} cannot be read as a file of Matrix ({message.strip('. ')}): copy it again")
        if opened.param["BREF"] != path.name:
            raise InputError(f"{path.name} is not named in {chain.name}: give both files the names that they had")
        if not np.isfinite(opened.scan[0]).all() or opened.scan.shape[1] < 2:
            raise InputError(f"{path.name} has no axis of finite values: it is damaged; copy it again")
    return opened


def _guarded() -> Any:
    """Return the class of the library, which believes the sizes that a file claims, with limits on them."""
    from access2thematrix import MtrxData

    class Guarded(MtrxData):  # type: ignore[misc]  # the library has no types
        def _limit(self, names: Sequence[str], most: int) -> None:
            values = [self.param.get(f"EEPA::{name}", [0])[0] for name in names]
            if not all(0 <= value <= most for value in values):
                raise ValueError(f"{names[0]} is out of range")

        def _im_data(self) -> Any:
            raise ValueError("an image is no spectroscopy")

        def _cu_data(self) -> Any:
            self._limit(["Spectroscopy.Device_1_Points", "Spectroscopy.Device_2_Points"], _MOST_POINTS)
            return super()._cu_data()

        def _vol_cits_data(self, traces: Any) -> Any:
            self._limit(["XYScanner.Points", "XYScanner.Lines"], _MOST_POINTS)
            size = self.param["EEPA::XYScanner.Points"][0] * self.param["EEPA::XYScanner.Lines"][0] * self.scan.shape[1]
            steps = self.param["EEPA::XYScanner.Subgrid_X"][0] * self.param["EEPA::XYScanner.Subgrid_Y"][0]
            if not 0 < size / max(steps, 1) * 8 < min(_MOST_VALUES, 1000 * (len(self.data) + 1)):
                raise ValueError("the sizes of the map do not fit its values")
            return super()._vol_cits_data(traces)

    return Guarded


def _volume(path: Path, opened: Any) -> Content:
    """Return a map: every direction of the scan is a channel of its own, the first that holds values the plain one."""
    if not opened.volume_scan:
        raise InputError(f"{path.name} holds no values of a map, or its sizes do not fit them: copy it again")
    name, units = _channel(opened)
    energy, sweep, sweep_units = _sweep(opened.scan[0], opened.z_data_name_and_unit)
    traces = {way: parts for way, parts in opened.volume_scan.items() if np.isfinite(parts["trace"]).any()}
    if not traces:
        raise InputError(f"{path.name} holds no values of a map: the measurement was stopped before the first line")
    rows, columns, _ = next(iter(traces.values()))["trace"].shape
    width, height = (_number(opened, f"EEPA::XYScanner.{side}") for side in ("Width", "Height"))
    if not (width > 0 and height > 0):
        raise InputError(f"{path.name} has a frame of {width:g} x {height:g} m: its parameters are damaged")
    axes = {
        "y": Axis((np.arange(rows) + 0.5) * height / rows, "m"),
        "x": Axis((np.arange(columns) + 0.5) * width / columns, "m"),
        "energy": Axis(energy, sweep_units, sweep),
    }
    arrays: dict[str, xr.DataArray] = {}
    for number, (way, parts) in enumerate(traces.items()):
        for part, tag in (("trace", ""), ("retrace", " [bwd]")):
            if part in parts:
                label = name + (f" [{way}]" if number else "") + tag
                arrays[f"{label} ({units})"] = labelled(parts[part], axes, name=label, units=units)
    center = [_number(opened, f"EEPA::XYScanner.{axis}_Offset") for axis in "XY"]
    frame = {"frame_center": center, "frame_size": [width, height], "scan_direction": next(iter(traces))}
    # Matrix counts the angle counter-clockwise
    angle = -_number(opened, "EEPA::XYScanner.Angle", 0.0)
    return Content(
        arrays, _attributes(opened) | frame | {"frame_angle": angle}, sweep_signal=f"{sweep} ({sweep_units})"
    )


def _curve(path: Path, opened: Any) -> _Curve:
    with library(path, "a curve of Matrix"):
        name, units = _channel(opened)
        curves = [opened.select_curve(trace)[0] for trace in opened.traces]
        _, sweep, sweep_units = _sweep(opened.scan[0], curves[0].x_data_name_and_unit)
        place = getattr(curves[0], "referenced_by", {}).get("Location (m)", (np.nan, np.nan))
        match = _NAME.fullmatch(path.name)
        point = (match["run"], match["cycle"]) if match else ("", "")
        whole = [curve.data for curve in curves if curve.data.shape[1] > 1]
        if not whole:
            raise InputError(f"{path.name} holds no values: the curve was stopped at its beginning")
        axes, values = [np.asarray(data[0], float) for data in whole], [np.asarray(data[1], float) for data in whole]
        return _Curve(name, units, sweep, sweep_units, axes, values, (float(place[0]), float(place[1])), point)


def _points(path: Path, curves: Sequence[_Curve], opened: Any, left_out: list[str]) -> Content:
    """Return curves as scattered points: those of one run and cycle are channels of one point."""
    sweep = (curves[0].sweep, curves[0].sweep_units)
    same = [curve for curve in curves if (curve.sweep, curve.sweep_units) == sweep]
    points = list(dict.fromkeys(curve.point for curve in same))
    attrs = _attributes(opened)
    try:
        axes: list[Values] = []
        channels: dict[str, list[Values | None]] = {}
        for curve in same:
            for tag, axis, values in zip(("", " [bwd]"), curve.axes, curve.values, strict=False):
                # each sweep stands alone until all are over the common axis
                for name in channels:
                    channels[name].append(None)
                key = f"{curve.name}{tag} ({curve.units})"
                channels.setdefault(key, [None] * (len(axes) + 1))[len(axes)] = values
                axes.append(axis)
        common = common_axis(axes, channels)
    except InputError as error:
        raise InputError(f"{path.name}: {error}") from error
    sweeps = np.array([points.index(curve.point) for curve in same for _ in curve.axes])
    place = {curve.point: curve.position for curve in same}
    positions = np.array([place[point] for point in points])
    if np.isfinite(positions).all():
        space = {"x": Axis(positions[:, 0], "m"), "y": Axis(positions[:, 1], "m")}
    else:
        numbers = np.arange(len(points), dtype=float)
        space = {"x": Axis(numbers, "pixel"), "y": Axis(np.zeros(len(points)), "pixel")}
        attrs["positions"] = "not recorded for all curves: they are numbered"
    labels = space | {"energy": Axis(common.energy, sweep[1], sweep[0])}
    arrays = {}
    for key, spectra in common.spectra.items():
        of_points = np.full((len(points), common.energy.size), np.nan, dtype=np.float32)
        held = np.isfinite(spectra).any(axis=1)
        of_points[sweeps[held]] = spectra[held]
        name, _, units = key.rpartition(" (")
        arrays[key] = labelled(of_points, labels, name=name, units=units[:-1])
    if len(same) < len(curves):
        left_out = [*left_out, f"{len(curves) - len(same)} curves over another axis than {sweep[0]} ({sweep[1]})"]
    if left_out:
        attrs["left_out"] = listed(left_out)
    attrs["energy_axis"] = common.how
    return Content(arrays, attrs, sweep_signal=f"{sweep[0]} ({sweep[1]})")


def _channel(opened: Any) -> tuple[str, str]:
    """Return name and unit of the channel; I(V) in A is the current."""
    name, unit = (str(part) for part in opened.channel_name_and_unit)
    unit = _UNITS.get(unit, unit)
    return ("Current" if re.fullmatch(r"I\([VZ]\)", name) and unit == "A" else name), unit


def _sweep(values: Values, name_and_unit: Sequence[str]) -> tuple[Values, str, str]:
    unit = _UNITS.get(str(name_and_unit[1]), str(name_and_unit[1]))
    if unit not in _SWEEPS:
        raise InputError(f"the sweep is in {unit!r}; allowed are {', '.join(_SWEEPS)}")
    return np.asarray(values, dtype=np.float64), _SWEEPS[unit], unit


def _number(opened: Any, key: str, default: float = np.nan) -> float:
    value = opened.param.get(key, [default])[0]
    return float(value) if isinstance(value, (int, float)) else default


def _attributes(opened: Any) -> dict[str, Any]:
    texts = {
        "start_time": opened.param.get("BKLT", ""),
        "comment": opened.creation_comment,
        "sample": opened.sample_name,
        "data_set": opened.data_set_name,
    }
    attrs: dict[str, Any] = {
        name: "".join(letter for letter in str(text) if letter.isprintable()) for name, text in texts.items() if text
    }
    numbers = {name: _number(opened, key) for name, key in _NUMBERS.items()}
    return attrs | {name: value for name, value in numbers.items() if np.isfinite(value)}


def _begins(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK


def _recognises(path: Path) -> bool:
    return bool(_files(path)) if path.is_dir() else _NAME.fullmatch(path.name) is not None


READER = Reader(
    name="Scienta Omicron Matrix",
    suffixes=("_mtrx",),
    read=_read,
    holds="Volume CITS as maps, single curves and folders of them as scattered points; channels over bias or z.",
    tested_on="Files made for the tests after the layout that access2theMatrix reads; no real file.",
    packages={"access2thematrix": "access2theMatrix"},
    recognises=_recognises,
)

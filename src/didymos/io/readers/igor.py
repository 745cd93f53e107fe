"""Igor binary waves (``.ibw``): maps with scaled axes, as the CITS that Omicron's exporter writes, through igor2."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.io.readers.arrays import Axis, labelled
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.libraries import library
from didymos.schema import InputError

_LENGTHS = frozenset(("m", "mm", "um", "µm", "μm", "nm", "pm", "Å", "A"))
_SWEEPS = {"V": "Bias", "mV": "Bias", "eV": "Energy", "meV": "Energy", "keV": "Energy"}
"""What an axis in this unit is; any other unit that is no length is an axis of the spectrum too."""
_SUPPORTED = 5
_CURVE = {b"Raw", b"Defl", b"ZSnsr", b"Deflection", b"ZSensor"}
_NOTES = {
    "sample": re.compile(r"^Sample:\s*(.+)$", re.MULTILINE),
    "data_set": re.compile(r"^Data set:\s*(.+)$", re.MULTILINE),
    "comment": re.compile(r"^Creation Comment:\s*(.+)$", re.MULTILINE),
    "start_time": re.compile(r"\bon (\d\d-\w{3}-\d{4} \d\d:\d\d:\d\d)\s*$", re.MULTILINE),
}
_CHANNEL = re.compile(r"^Channel name and data unit:\s*(.+?)\s*\[([^\]]*)\]\s*$", re.MULTILINE)


class _Wave(NamedTuple):
    """A wave as igor2 gives it: values in the order of its dimensions, and the axis of each."""

    values: NDArray[Any]
    axes: list[Axis]
    units: str
    name: str
    note: str
    labels: list[list[bytes]]


def _read(path: Path, lazy: bool | None) -> Content:
    _check_sizes(path)
    with library(path, "an Igor binary wave", "igor2", "igor2.struct", "igor2.binarywave"):
        from igor2 import binarywave

        wave = _wave(binarywave.load(path)["wave"])
    try:
        return _content(wave)
    except InputError as error:
        raise InputError(f"{path.name} {error}") from error


def _check_sizes(path: Path) -> None:
    """Check that the parts that the header claims are in the file; igor2 believes what it claims."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(64)
    order = _byte_order(head)
    if order is None:
        state = "is empty" if not head else "is no Igor binary wave"
        raise InputError(f"{path.name} {state}: give an .ibw file as Igor wrote it")
    (version,) = struct.unpack_from(f"{order}h", head)
    if version != _SUPPORTED:
        raise InputError(
            f"{path.name} is an Igor binary wave of version {version}; maps of version {_SUPPORTED} are read: save the "
            "wave from Igor again, under a name of at most 31 letters"
        )
    parts = struct.unpack_from(f"{order}15i", head, 4) if len(head) == 64 else (-1,)
    if min(parts) < 0 or 64 + sum(parts) > size:
        raise InputError(
            f"{path.name} is damaged or incomplete (its header claims {64 + sum(parts)} bytes, it has {size}): copy it "
            "again"
        )


def _byte_order(head: bytes) -> str | None:
    """Return the order of the bytes by the version number, of which one byte is 0."""
    if len(head) < 2 or (head[0] != 0) == (head[1] != 0):
        return None
    order, version = ("<", head[0]) if head[0] else (">", head[1])
    return order if version in (1, 2, 3, 5, 7) else None


def _wave(wave: dict[str, Any]) -> _Wave:
    header, values = wave["wave_header"], wave["wData"]
    shape = [int(count) for count in header["nDim"] if count > 0]
    units = [_text(b"".join(letters)) for letters in header["dimUnits"]]
    extended, position = bytes(wave["dimension_units"]), 0
    for dim, length in enumerate(int(length) for length in wave["bin_header"]["dimEUnitsSize"]):
        if length:
            units[dim] = _text(extended[position : position + length])
            position += length
    axes = [
        Axis(float(offset) + float(step) * np.arange(count, dtype=float), unit)
        for count, step, offset, unit in zip(shape, header["sfA"], header["sfB"], units, strict=False)
    ]
    signal = _text(bytes(wave["data_units"])) or _text(b"".join(header["dataUnits"]))
    name = _text(header["bname"] if isinstance(header["bname"], bytes) else b"".join(header["bname"]))
    return _Wave(
        values, axes, signal, name, _text(bytes(wave["note"])).replace("\r\n", "\n").replace("\r", "\n"), wave["labels"]
    )


def _text(raw: bytes) -> str:
    """Return text; Igor writes UTF-8 or the letters of the system."""
    raw = raw.split(b"\0")[0].strip()
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _content(wave: _Wave) -> Content:
    if any(_CURVE & set(labels) for labels in wave.labels):
        raise InputError("is a force curve of Asylum: give the folder with the curves of the map")
    if wave.values.dtype.kind not in "fiu":
        raise InputError(f"holds values of type {wave.values.dtype}; allowed are real numbers: export those")
    listed = " x ".join(f"{axis.values.size} ({axis.units or 'no unit'})" for axis in wave.axes)
    if wave.values.ndim not in (2, 3) or wave.values.ndim != len(wave.axes):
        raise InputError(f"holds {listed} values; a map has two or three axes, one of them of the spectrum")
    energy = _energy_dim([axis.units for axis in wave.axes])
    if energy is None:
        raise InputError(
            f"has the axes {listed}, of which none or several may be that of the spectra: give one a unit such as V "
            "and the others m in Igor (SetScale)"
        )
    axes = wave.axes
    for axis in axes:
        if not np.isfinite(axis.values).all() or (axis.values.size > 1 and axis.values[0] == axis.values[1]):
            raise InputError(f"has axes without scale ({listed}): set their scale in Igor (SetScale)")
    space = [dim for dim in range(len(axes)) if dim != energy]
    # in Igor the first dimension is x, the second y
    values = wave.values.transpose(*space[::-1], energy)
    values = values[None] if len(space) == 1 else values
    x = axes[space[0]]
    y = axes[space[1]] if len(space) == 2 else Axis(np.zeros(1), x.units)
    channel = _CHANNEL.search(wave.note)
    name, units = (channel.group(1), channel.group(2)) if channel else (wave.name or "signal", wave.units)
    units = wave.units or units
    if units == "A":
        name = re.sub(r"^I\(V\)", "Current", name)
    what = _SWEEPS.get(axes[energy].units, "Axis")
    labels = {"y": _with_unit(y), "x": _with_unit(x), "energy": axes[energy]._replace(name=what)}
    array = labelled(values, labels, name=name, units=units)
    array = array.sortby([dim for dim in ("y", "x") if array.sizes[dim] > 1])
    key = f"{name} ({units})" if units else name
    found = {attr: match.group(1).strip() for attr, pattern in _NOTES.items() if (match := pattern.search(wave.note))}
    return Content(
        {key: array},
        attrs=found | {"wave": wave.name},
        sweep_signal=f"{what} ({axes[energy].units})",
    )


def _energy_dim(units: list[str]) -> int | None:
    """Return the dimension of the spectra by its unit: volts or electronvolts, else the one that is no length."""
    swept = [dim for dim, unit in enumerate(units) if unit in _SWEEPS]
    others = [dim for dim, unit in enumerate(units) if unit and unit not in _LENGTHS]
    for found in (swept, others):
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _with_unit(axis: Axis) -> Axis:
    return axis if axis.units else axis._replace(units="pixel")


def _recognises(path: Path) -> bool:
    if path.is_dir():
        return False
    with path.open("rb") as file:
        return _byte_order(file.read(2)) is not None


READER = Reader(
    name="Igor binary wave",
    suffixes=(".ibw",),
    read=_read,
    holds="Maps and lines of spectra whose axes have scales and units, as CITS exported by Omicron's software.",
    tested_on=(
        "One real CITS (8 x 64 points) compared with its bytes; waves made for the tests from the published layout."
    ),
    packages={"igor2": "igor2"},
    recognises=_recognises,
)

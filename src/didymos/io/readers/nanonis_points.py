"""Nanonis point spectra (``.dat``): a folder of them, those that a pattern fits, or one file, as scattered points.

A file is text: lines ``key<TAB>value<TAB>``, a line ``[DATA]``, the names of the columns, the columns. The first column
is the sweep, the others are channels. A file may hold several spectra, one after the other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from didymos.io.channel_names import split_name
from didymos.io.code_pages import decode
from didymos.io.nanonis.header import to_number
from didymos.io.readers.arrays import Axis, common_axis, labelled
from didymos.io.readers.folders import by_number, listed
from didymos.io.readers.interface import Content, Reader
from didymos.schema import InputError

if TYPE_CHECKING:
    import xarray as xr

_HEAD = 2**18
_LARGEST_FILE = 2**28
_TEXTS = {"start_time": ("Start time", "Date", "Saved Date"), "user": ("User",), "comment": ("Comment01", "Comment")}
_NUMBERS = {
    "set_point_bias": "Bias>Bias (V)",
    "set_point": "Z-Controller>Setpoint",
    "lockin_amplitude": "Lock-in>Amplitude",
    "lockin_frequency": "Lock-in>Frequency (Hz)",
}


@dataclass(frozen=True)
class _Spectrum:
    """One spectrum of a file.

    Attributes
    ----------
    header : mapping
        Keys in lower case.
    columns : mapping of str to ndarray
        By name, in the order of the file; the first is the sweep.
    """

    header: Mapping[str, str]
    columns: Mapping[str, NDArray[np.float64]]

    @property
    def sweep(self) -> str:
        """Return the name of the sweep, without what its value was calculated by: ``Bias (V)``."""
        name, units = split_name(next(iter(self.columns)))
        return f"{re.sub(r' (calc|AVG)$', '', name)} ({units})"

    def number(self, key: str) -> float:
        """Return a value of the header, NaN where it is missing or no number."""
        value = to_number(self.header.get(key.casefold(), ""))
        return np.nan if value is None else value


def _read(path: Path, lazy: bool | None) -> Content:
    return read_files(_files(path), path.name)


def read_files(files: Sequence[Path], name: str) -> Content:
    """Read files of point spectra as one map of scattered points.

    Parameters
    ----------
    files : sequence of pathlib.Path
        Each with one spectrum or several.
    name : str
        What messages call them.

    Returns
    -------
    Content

    Raises
    ------
    InputError
        Where none of them is a sound point spectrum.
    """
    spectra: list[_Spectrum] = []
    left_out: list[str] = []
    for file in files:
        try:
            spectra += _spectra(file)
        except InputError as error:
            if len(files) == 1:
                raise
            left_out.append(str(error))
    if not spectra:
        raise InputError(f"{name} holds no point spectrum of Nanonis; the first file: {left_out[0]}")
    sweep = Counter(spectrum.sweep for spectrum in spectra).most_common(1)[0][0]
    kept = [spectrum for spectrum in spectra if spectrum.sweep == sweep]
    if len(kept) < len(spectra):
        others = sorted({spectrum.sweep for spectrum in spectra} - {sweep})
        left_out.append(f"{len(spectra) - len(kept)} spectra over {', '.join(others)}")
    try:
        arrays, attrs = _arrays(kept, sweep)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    if left_out:
        attrs["left_out"] = listed(left_out)
    return Content(arrays, _attributes(kept[0]) | attrs, sweep_signal=sweep, harmonics=_harmonics(kept[0]))


def _files(path: Path) -> list[Path]:
    """Return the files of a folder, of a pattern such as ``spectra_*.dat``, or the one."""
    if path.is_dir():
        found = [file for file in path.iterdir() if file.suffix.lower() == ".dat" and file.is_file()]
    elif path.exists():
        found = [path]
    else:
        found = [file for file in path.parent.glob(path.name) if file.is_file()]
    if not found:
        raise InputError(f"{path.name} fits no .dat file: give a folder of point spectra, a pattern (*.dat) or a file")
    return by_number(found)


def _spectra(path: Path) -> list[_Spectrum]:
    """Read all spectra of a file."""
    if path.stat().st_size > _LARGEST_FILE:
        raise InputError(f"{path.name} is larger than any point spectrum: give .dat files of Nanonis")
    text = decode(path.read_bytes())
    lines = text.splitlines()
    if text and text[-1] not in "\r\n":
        del lines[-1]  # a number that was cut is another number
    starts = [number for number, line in enumerate(lines) if line.strip() == "[DATA]"]
    if not starts:
        raise InputError(f"{path.name} is no point spectrum of Nanonis (it has no line [DATA])")
    spectra, begin = [], 0
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        end = len(lines) if following is None else _end_of_table(lines, start, following)
        try:
            spectra.append(_Spectrum(_header(lines[begin:start]), _table(lines[start + 1 : end])))
        except InputError as error:
            raise InputError(f"{path.name} {error}") from error
        begin = end
    return spectra


def _end_of_table(lines: Sequence[str], start: int, following: int) -> int:
    """Return the first line after a table that holds no number: there the header of the next spectrum begins."""
    for number in range(start + 2, following):
        if lines[number].strip() and to_number(lines[number].split("\t")[0]) is None:
            return number
    return following


def _header(lines: Sequence[str]) -> dict[str, str]:
    header: dict[str, str] = {}
    for line in lines:
        key, _, value = line.partition("\t")
        if key.strip():
            header.setdefault(key.strip().casefold(), value.strip("\t "))
    return header


def _table(lines: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Read the names of the columns and the columns."""
    rows = [line for line in lines if line.strip()]
    names = [name.strip() for name in rows[0].rstrip("\t").split("\t")] if rows else []
    if len(names) < 2 or len(rows) < 3:
        raise InputError(
            f"has {len(names)} columns of {max(len(rows) - 1, 0)} values; a spectrum has 2 or more of both"
        )
    if len(set(names)) < len(names):
        raise InputError("has two columns of the same name")
    fields = [row.rstrip("\t ").split("\t") for row in rows[1:]]
    if any(len(row) != len(names) for row in fields):
        number = next(number for number, row in enumerate(fields, 1) if len(row) != len(names))
        raise InputError(f"is damaged or incomplete: row {number} has {len(fields[number - 1])} of {len(names)} values")
    try:
        values = np.array(fields, dtype=np.float64)
    except ValueError:
        numbers = [[to_number(field) for field in row] for row in fields]
        if any(number is None for row in numbers for number in row):
            raise InputError("is damaged: a value is no number") from None
        values = np.array(numbers, dtype=np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    if not np.isfinite(values[:, 0]).all():
        raise InputError(f"is damaged: a value of {names[0]!r} is no number")
    return dict(zip(names, values.T, strict=True))


def _arrays(spectra: Sequence[_Spectrum], sweep: str) -> tuple[dict[str, xr.DataArray], dict[str, Any]]:
    names = list(dict.fromkeys(name for spectrum in spectra for name in list(spectrum.columns)[1:]))
    channels = {name: [spectrum.columns.get(name) for spectrum in spectra] for name in names}
    common = common_axis([next(iter(spectrum.columns.values())) for spectrum in spectra], channels)
    attrs: dict[str, Any] = {"energy_axis": common.how}
    positions = np.array([[spectrum.number("X (m)"), spectrum.number("Y (m)")] for spectrum in spectra])
    if np.isfinite(positions).all():
        space = {name: Axis(positions[:, dim], "m") for dim, name in enumerate(("x", "y"))}
    else:
        missing = int((~np.isfinite(positions)).any(axis=1).sum())
        attrs["positions"] = f"not recorded for {missing} of {len(spectra)} spectra: numbered instead"
        numbers = np.arange(len(spectra), dtype=float)
        space = {"x": Axis(numbers, "pixel"), "y": Axis(np.zeros(len(spectra)), "pixel")}
    swept, units = split_name(sweep)
    axes = space | {"energy": Axis(common.energy, units, swept)}
    arrays = {}
    for name, values in common.spectra.items():
        label, unit = split_name(name)
        arrays[name] = labelled(values, axes, name=label, units=unit)
    heights = np.array([spectrum.number("Z (m)") for spectrum in spectra])
    if np.isfinite(heights).any():
        arrays["topography"] = labelled(heights, space, name="topography", units="m")
    return arrays, attrs


def _attributes(spectrum: _Spectrum) -> dict[str, Any]:
    """Return what the header of the first spectrum says of all."""
    attrs: dict[str, Any] = {}
    for name, keys in _TEXTS.items():
        text = next((value for key in keys if (value := spectrum.header.get(key.casefold()))), "")
        if text:
            attrs[name] = "".join(letter for letter in text if letter.isprintable())
    found = {name: spectrum.number(key) for name, key in _NUMBERS.items()}
    return attrs | {name: value for name, value in found.items() if np.isfinite(value)}


def _harmonics(spectrum: _Spectrum) -> dict[int, int]:
    """Return the harmonic of each demodulator, from keys such as ``Lock-in>Harmonic D1``."""
    found = {}
    for key in spectrum.header:
        match = re.fullmatch(r"lock-in>harmonic d(\d+)", key)
        value = spectrum.number(key) if match else np.nan
        if match and np.isfinite(value):
            found[int(match.group(1))] = int(value)
    return found


def _recognises(path: Path) -> bool:
    """Tell whether a file is a point spectrum, or one of the first ``.dat`` files of a folder is."""
    return any(_is_spectrum(file) for file in _candidates(path))


def _candidates(path: Path) -> Iterator[Path]:
    try:
        yield from _files(path)[:20]
    except InputError:
        return


def _is_spectrum(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return re.search(rb"(?:^|[\r\n])\[DATA\][ \t]*[\r\n]", head) is not None


READER = Reader(
    name="Nanonis point spectra",
    suffixes=(".dat",),
    read=_read,
    holds="Point spectra as scattered points: a folder of .dat files, those that a pattern fits, or one file.",
    tested_on="Files made for the tests after the published layout, compared with nanonispy2; no real file.",
    recognises=_recognises,
)

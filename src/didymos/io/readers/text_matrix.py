"""Maps in text files: a spectrum in each row, or in each column, or one value a line.

Which of the three it is, the names of the columns tell. They stand in the first line or in the comment (``#``) right
before the numbers, with units in brackets: ``bias (mV)``.

1. A spectrum in each row. The columns ``x`` and ``y``, then one column for each energy, whose name is the energy:
   ``x (nm), y (nm), -100, -99``. Two empty names before the energies are x and y. Further columns with a name, such as
   ``z (nm)``, are values of the points.
2. One value a line. The columns ``x``, ``y``, an energy (``bias``, ``wavelength``, ``wave`` ...) and one or more
   signals.
3. A spectrum in each column. The first column is the energy or has no name, the names of the others are free.

Without ``y`` the points lie on a line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from didymos.io.channel_names import split_name
from didymos.io.readers.interface import Content, Reader
from didymos.io.readers.labelling import (
    FileAxis,
    index_axis,
    labelled_maps,
    plain_label,
    reading,
    sweep_signal,
    unique_name,
)
from didymos.io.readers.lattice import as_image
from didymos.io.readers.text_table import HEAD, TextTable, begins_as_table, decoded, read_table
from didymos.schema import ENERGY, InputError

if TYPE_CHECKING:
    import xarray as xr

KIND = "text table"
ENERGIES = re.compile(
    r"(?:(?:sample|tip|photon|electron|applied|dc) )?(?:energ|bias|volt|wave|lambda|λ|loss|raman|shift|frequenc).*|"
    r"e|v|u|z|height|distance|time|channel|x[- ]axis",
    re.IGNORECASE,
)
"""Names of a column or an axis that is that of the spectra."""
POSITION = re.compile(r"(x|y)(?:[ _-]?(?:pos|position|coord|coordinate))?", re.IGNORECASE)
NUMBER = re.compile(r"([-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:e[-+]?\d+)?)\s*\(?([^\d\s()]*)\)?", re.IGNORECASE)
MOST_CELLS = 1.5
"""Positions times energies for each line; with more the positions have energies of their own."""
NANONIS = ("Experiment\t", ":NANONIS_VERSION:")
WAYS = (
    "allowed are columns x, y and one for each energy; x, y, energy and a value in each line; or an energy and one "
    "column for each spectrum: name the columns in the first line"
)


def recognises(path: Path) -> bool:
    """Tell whether a file begins as a table of numbers and is no point spectrum of Nanonis.

    A name that only a table has is enough, so that reading says what is wrong with the table.
    """
    if path.is_dir():
        return False
    with path.open("rb") as file:
        data = file.read(HEAD)
    try:
        text = decoded(data[: len(data) - len(data) % 2] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else data)
        if text.startswith(NANONIS):
            return False
        if path.suffix.lower() in (".csv", ".tsv"):
            return True
        whole = text if len(data) < HEAD else text[: text.rindex("\n")]
        return begins_as_table(whole)
    except (InputError, ValueError):
        return False


def read(path: Path, _: bool | None) -> Content:
    """Read a table as a map.

    Parameters
    ----------
    path : pathlib.Path
        The file; it is always read as a whole.

    Returns
    -------
    Content
    """
    with reading(path, KIND):
        table = read_table(path)
        if not table.header:
            raise InputError(f"its {table.numbers.shape[1]} columns have no names; {WAYS}")
        names = [_position(name) for name in table.header]
        energies = [_energy(name) for name in table.header]
        if table.header[:2] == ["", ""] and all(energy is not None for energy in energies[2:]):
            names[:2] = ["x", "y"]
        if names.count("x") > 1 or names.count("y") > 1:
            raise InputError("it has several columns x or y: give each point one position")
        numeric = sum(energy is not None for energy in energies)
        has_positions = "x" in names
        if has_positions and numeric >= 2:
            arrays = _rows(table, names, energies)
        elif has_positions and any(_is_energy(name) for name in table.header):
            arrays = _long(table, names)
        elif "y" not in names and (_is_energy(table.header[0]) or not (table.header[0] or numeric)):
            arrays = _columns(table)
        else:
            listed = ", ".join(repr(name) for name in table.header[:6])
            raise InputError(f"its columns are {listed}{' ...' if len(table.header) > 6 else ''}; {WAYS}")
        return Content(arrays, {}, sweep_signal(arrays))


def _position(name: str) -> str:
    """Return x or y where a column is called so, else nothing."""
    match = POSITION.fullmatch(split_units(name)[0])
    return match.group(1).lower() if match else ""


def _is_energy(name: str) -> bool:
    return ENERGIES.fullmatch(split_units(name)[0].replace("_", " ")) is not None


def _energy(name: str) -> tuple[float, str] | None:
    """Return the energy and its unit where the name of a column is one."""
    match = NUMBER.fullmatch(name.strip())
    return (float(match.group(1).replace(",", ".")), match.group(2)) if match else None


def split_units(name: str) -> tuple[str, str]:
    """Split ``bias (mV)`` or ``bias [mV]`` into its name and its unit."""
    return split_name(re.sub(r"\[([^\[\]]*)\]\s*$", r"(\1)", name.strip()))


def _rows(table: TextTable, names: list[str], energies: list[tuple[float, str] | None]) -> dict[str, xr.DataArray]:
    """Read a spectrum from each row."""
    columns = [i for i, energy in enumerate(energies) if energy is not None]
    found = [energy for energy in energies if energy is not None]
    units = {unit for _, unit in found}
    if len(units) > 1:
        raise InputError(f"its energies have the units {', '.join(sorted(units))}; allowed is one unit")
    title, unit = _named_energy(table.comments)
    axis = FileAxis(ENERGY, np.array([energy for energy, _ in found]), units.pop() or unit, title)
    points = {name: table.numbers[:, i] for i, name in enumerate(table.header) if i not in columns and not names[i]}
    arrays = labelled_maps("signal", "", table.numbers[:, columns], [_points(table), axis])
    placed = {key: _placed(array, _xy(table, names)) for key, array in arrays.items()}
    for name, values in points.items():
        title, unit = split_units(name)
        single = labelled_maps(title or "column", unit, values, [_points(table)])
        placed |= {key: _placed(array, _xy(table, names)) for key, array in single.items()}
    return placed


def _long(table: TextTable, names: list[str]) -> dict[str, xr.DataArray]:
    """Read one value from each line: the lines are sorted into points and energies."""
    energy = next(i for i, name in enumerate(table.header) if not names[i] and _is_energy(name))
    signals = [i for i, name in enumerate(table.header) if not names[i] and i != energy]
    if not signals:
        raise InputError("it has the columns x, y and energy and none of a signal")
    places = _xy(table, names)
    if not all(np.isfinite(part).all() for part in (places["x"][0], places["y"][0], table.numbers[:, energy])):
        raise InputError("a position or an energy is missing: each line needs x, y and energy")
    positions, point = np.unique(places["x"][0] + 1j * places["y"][0], return_inverse=True)
    axis, place = np.unique(table.numbers[:, energy], return_inverse=True)
    cells = point.ravel() * len(axis) + place
    twice = len(cells) - len(np.unique(cells))
    if twice:
        raise InputError(
            f"{twice} lines give a value for a position and an energy that have one already: give forward and "
            "backward sweeps as two columns"
        )
    if len(positions) * len(axis) > MOST_CELLS * len(cells):
        raise InputError(
            f"its {len(cells)} lines have {len(positions)} positions and {len(axis)} energies: each position needs "
            "the same energies"
        )
    title, unit = split_units(table.header[energy])
    found: dict[str, xr.DataArray] = {}
    for i in signals:
        values = np.full(len(positions) * len(axis), np.nan)
        values[cells] = table.numbers[:, i]
        axes = [index_axis("point", len(positions), ""), FileAxis(ENERGY, axis, unit, title)]
        name, units = split_units(table.header[i])
        xy = {"x": (positions.real, places["x"][1]), "y": (positions.imag, places["y"][1])}
        for key, array in labelled_maps(name or "signal", units, values.reshape(-1, len(axis)), axes).items():
            found[unique_name(key, found)] = _placed(array, xy)
    return found


def _columns(table: TextTable) -> dict[str, xr.DataArray]:
    """Read a spectrum from each column."""
    count = len(table.header) - 1
    if count < 2:
        raise InputError(f"it holds {count} spectrum; a map needs many: give a table with one column for each")
    title, unit = split_units(table.header[0])
    units = {split_units(name)[1] for name in table.header[1:]}
    axis = FileAxis(ENERGY, table.numbers[:, 0], unit, title)
    arrays = labelled_maps(
        "signal", units.pop() if len(units) == 1 else "", table.numbers[:, 1:].T, [index_axis("point", count, ""), axis]
    )
    return {key: array.drop_vars("point") for key, array in arrays.items()}


def _points(table: TextTable) -> FileAxis:
    return index_axis("point", len(table.numbers), "")


def _xy(table: TextTable, names: list[str]) -> dict[str, tuple[NDArray[np.float64], str]]:
    """Return the positions and their units; without y they lie on a line."""
    x = names.index("x")
    units = split_units(table.header[x])[1]
    if "y" not in names:
        return {"x": (table.numbers[:, x], units), "y": (np.zeros(len(table.numbers)), units)}
    y = names.index("y")
    return {"x": (table.numbers[:, x], units), "y": (table.numbers[:, y], split_units(table.header[y])[1])}


def _placed(array: xr.DataArray, xy: dict[str, tuple[NDArray[np.float64], str]]) -> xr.DataArray:
    """Give the points their positions; those that fill a lattice become an image."""
    for dim, (values, _) in xy.items():
        if not np.isfinite(values).all():
            raise InputError(f"{int((~np.isfinite(values)).sum())} values of {dim} are missing: each point needs one")
    coords = {dim: ("point", values, {"units": plain_label(units)}) for dim, (values, units) in xy.items()}
    return as_image(array.drop_vars("point").assign_coords(coords))


def _named_energy(comments: list[str]) -> tuple[str, str]:
    """Return name and unit of the energies from a comment that is nothing else: ``# bias (mV)``."""
    for comment in comments:
        if _is_energy(comment) and split_units(comment)[1]:
            return split_units(comment)
    return "", ""


READER = Reader(
    name="text table",
    suffixes=(".csv", ".txt", ".tsv", ".dat"),
    read=read,
    holds=(
        "Tables with a spectrum in each row (x, y and one column for each energy), with one value a line (x, y, "
        "energy, signal) or with a spectrum in each column; comma, semicolon, tab or blanks, decimal comma, comments "
        "with #."
    ),
    tested_on="Tables written in the tests, among them the forms that Raman programs export; no real export.",
    recognises=recognises,
)

"""Writing a spectral map as a Nanonis grid (``.3ds``), header and records as the instrument lays them out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import xarray as xr

from didymos.io.atomic import replacing
from didymos.io.nanonis_layout import Layout, layout_of, to_single
from didymos.io.nanonis_records import LARGEST, SMALLEST
from didymos.schema import VERSION, InputError

STRIP = 2**21
"""How many values of the map are written as records at once (at least one row)."""


def save_nanonis(data: xr.Dataset | xr.DataArray, path: str | os.PathLike[str]) -> Path:
    """Write a map as a Nanonis binary grid (``.3ds``).

    A conductance g is written under its own unit as the channel ``dI/dV (nS)``, beside the channel ``Current (A)`` with
    I(V) = int_0^V g dV'; a current as ``Current (A)``; anything else as a channel of its own name and unit. A bias is
    written in V. What was not measured is NaN; after the last measured spectrum the file ends, as after an abort.

    Parameters
    ----------
    data : xarray.Dataset or xarray.DataArray
        A map with the dims (y, x, energy), or a Dataset with such a variable ``spectra``. Beside it ``topography``
        becomes ``Z (m)``, every ``truth_...`` per point a parameter of the records (``Truth amplitude``), the
        attribute ``parameters`` (else ``comment``) the comment. What is not per point (``truth_position``) is left out.
    path : path
        The file to write, ending in ``.3ds``; what stands there stays until the new file is complete.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        Where such a grid cannot hold the map: spectra at scattered points, uneven energies or positions, a position
        that is missing, fewer than two energies, no measured spectrum; or where the file cannot be written.

    Notes
    -----
    ``X (m)`` and ``Y (m)`` are the positions of the map; a map that was opened from a grid returns to its position by
    ``frame_center``, ``frame_size`` and ``frame_angle``. :func:`didymos.open_map` counts positions from the corner of
    the frame, half a step before the first point. Positions in pixels are written as NaN, and so is what the map does
    not know (settling time, ...).
    """
    target = Path(path)
    if target.suffix.lower() != ".3ds":
        raise InputError(f"{target.name} has the suffix {target.suffix!r}; a Nanonis grid needs .3ds: rename it")
    layout = layout_of(data)
    count = _records_to_write(layout.spectra)
    with replacing(target) as temporary, temporary.open("wb") as file:
        file.write(_header(layout))
        _write_records(file, layout, count)
    return target


def _records_to_write(spectra: xr.DataArray) -> int:
    """Count the records up to the last one that holds a measured value."""
    for rows in reversed(list(_strips(spectra))):
        measured = np.flatnonzero(np.isfinite(spectra[rows].values).any(axis=-1))
        if measured.size:
            return int(rows.start * spectra.sizes["x"] + measured[-1] + 1)
    raise InputError("the map holds no measured value: there is nothing to write; give another map")


def _strips(spectra: xr.DataArray) -> Iterator[slice]:
    rows, columns, points = spectra.shape
    height = max(1, STRIP // (columns * points))
    return (slice(start, min(start + height, rows)) for start in range(0, rows, height))


def _write_records(file: BinaryIO, layout: Layout, count: int) -> None:
    # opening a file need not wait for the room of the simulations
    from didymos.simulate.noise import tunnelling_current

    largest = 0.0
    for rows in _strips(layout.spectra):
        left = count - rows.start * layout.spectra.sizes["x"]
        if left <= 0:
            break
        signals = [layout.spectra[rows].values]
        if len(layout.channels) == 1:
            signals = [signals[0] * layout.factor]
        else:
            with np.errstate(invalid="ignore"):
                # linear in both: in volts and the unit of the map
                signals.insert(0, layout.factor * tunnelling_current(signals[0], layout.bias))
        largest = max(largest, float(np.abs(signals[-1]).max(initial=0, where=np.isfinite(signals[-1]))))
        parameters = np.stack([values[rows] for values in layout.parameters.values()], axis=-1)
        records = np.concatenate([parameters, *map(to_single, signals)], axis=-1, dtype=">f4")
        file.write(records.reshape(-1, records.shape[-1])[:left].tobytes())
    if largest and not SMALLEST <= largest <= LARGEST:
        raise InputError(
            f"the largest value of the map is {largest:g}; readers trust {SMALLEST:g} to {LARGEST:g} in a .3ds: scale "
            "the map"
        )


def _header(layout: Layout) -> bytes:
    rows, columns, points = layout.spectra.shape
    names, frame = list(layout.parameters), layout.frame
    lines = {
        "Grid dim": f'"{columns} x {rows}"',
        "Grid settings": ";".join(f"{number:.9E}" for number in (*frame.center, *frame.size, frame.angle)),
        "Filetype": "Linear",
        "Sweep Signal": f'"{layout.sweep}"',
        "Fixed parameters": f'"{";".join(names[:2])}"',
        "Experiment parameters": f'"{";".join(names[2:])}"',
        "# Parameters (4 byte)": str(len(names)),
        "Experiment size (bytes)": str(4 * len(layout.channels) * points),
        "Points": str(points),
        "Channels": f'"{";".join(layout.channels)}"',
        "Delay before measuring (s)": "0.000000E+0",
        "Experiment": '"Grid Spectroscopy"',
        "Start time": '""',
        "End time": '""',
        "User": "",
        "Comment": "",
        "didymos>Version": VERSION,
    }
    text = [f"{key}={value}" for key, value in (lines | dict(layout.notes)).items()]
    return "".join(f"{line}\r\n" for line in (*text, ":HEADER_END:")).encode()

"""Writing a spectral map as a Nanonis grid (``.3ds``), header and records as the instrument lays them out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.io.atomic import replacing
from didymos.io.blocks import image_blocks
from didymos.io.nanonis.layout import Layout, layout_of, to_single
from didymos.io.nanonis.records import LARGEST, SMALLEST
from didymos.schema import VERSION, InputError
from didymos.schema.given import check_path, is_data_array, is_dataset, no_map

STRIP = 2**19
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
    check_path(path, "the grid")
    if not (is_data_array(data) or is_dataset(data)):
        raise no_map(data, "save_nanonis")
    target = Path(path)
    if target.suffix.lower() != ".3ds":
        raise InputError(f"{target.name} has the suffix {target.suffix!r}; a Nanonis grid needs .3ds: rename it")
    layout = layout_of(data)
    with replacing(target) as temporary, temporary.open("wb") as file:
        file.write(_header(layout))
        _write_records(file, layout)
    return target


def _write_records(file: BinaryIO, layout: Layout) -> None:
    """Write the map block by block, every record at its place; after the last measured one the file ends."""
    start, count, largest = file.tell(), 0, 0.0
    columns = layout.spectra.sizes["x"]
    for rows, across in image_blocks(layout.spectra):
        block = layout.spectra[rows, across].values
        for strip in _strips(block):
            top = rows.start + strip.start
            measured = np.argwhere(np.isfinite(block[strip]).any(axis=-1))
            if measured.size:
                row, column = measured[-1]
                count = max(count, int((top + row) * columns + across.start + column + 1))
            signals = _signals(block[strip], layout)
            largest = max(largest, float(np.abs(signals[-1]).max(initial=0, where=np.isfinite(signals[-1]))))
            parameters = [
                values[top : top + len(block[strip]), across, np.newaxis] for values in layout.parameters.values()
            ]
            records = np.concatenate([*parameters, *map(to_single, signals)], axis=-1, dtype=">f4")
            # the length of a record, whatever order the map has in memory
            length = records.shape[-1] * records.itemsize
            for number, record in enumerate(records, start=top):
                file.seek(start + (number * columns + across.start) * length)
                file.write(record.tobytes())
    if not count:
        raise InputError("the map holds no measured value: there is nothing to write; give another map")
    if largest and not SMALLEST <= largest <= LARGEST:
        raise InputError(
            f"the largest value of the map is {largest:g}; readers trust {SMALLEST:g} to {LARGEST:g} in a .3ds: scale "
            "the map"
        )
    file.truncate(start + count * length)


def _strips(block: NDArray[np.floating]) -> Iterator[slice]:
    rows, columns, points = block.shape
    height = max(1, STRIP // (columns * points))
    return (slice(start, min(start + height, rows)) for start in range(0, rows, height))


def _signals(spectra: NDArray[np.floating], layout: Layout) -> list[NDArray[np.floating]]:
    """Return the channels of some spectra; of a conductance the current comes first."""
    # opening a file need not wait for the room of the simulations
    from didymos.simulate.noise import tunnelling_current

    if len(layout.channels) == 1:
        return [spectra * layout.factor]
    with np.errstate(invalid="ignore"):
        # linear in both: in volts and the unit of the map
        return [layout.factor * tunnelling_current(spectra, layout.bias), spectra]


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

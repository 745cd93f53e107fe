"""Nanonis grid spectroscopy (``.3ds``) with all its channels."""

from __future__ import annotations

from pathlib import Path

from didymos.io.readers.interface import Content, Reader


def read(path: Path, lazy: bool | None) -> Content:
    """Read all channels of a Nanonis grid as they stand in the file.

    :func:`didymos.io.open_map` reads only the channel that is wanted, see :func:`didymos.io.nanonis.grid.grid_arrays`.

    Parameters
    ----------
    path : pathlib.Path
        A ``.3ds`` file.
    lazy : bool, optional
        Leave the spectra in the file; None leaves them there where there are many.

    Returns
    -------
    Content

    Raises
    ------
    InputError
        Where the file is no sound grid.
    """
    from didymos.io.nanonis.grid import grid_arrays

    grid = grid_arrays(path)
    arrays = {}
    for index, name in enumerate(grid.names):
        array = grid.of_channel(index).labelled(lazy=lazy)
        arrays[name] = array.drop_vars("topography", errors="ignore").assign_attrs(channel=name)
        if "topography" in array.coords:
            arrays["topography"] = array["topography"].drop_vars("topography")
    header = grid.records.header
    attrs = {key: value for key, value in grid.attrs.items() if not key.startswith("channel")}
    return Content(arrays, attrs, header.sweep_signal)


READER = Reader(
    "Nanonis grid",
    (".3ds",),
    read,
    holds="All versions of the format: grids, lines, clouds of points; aborted grids; see below.",
    tested_on="Real grids of two laboratories, and written ones with every quirk that is known.",
)

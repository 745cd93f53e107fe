"""zarr stores: a folder, or a ``.zip`` of one."""

from __future__ import annotations

import zipfile
from pathlib import Path

from didymos.io.atomic import is_zarr_store
from didymos.io.readers.interface import Content, Reader

MARKS = {"zarr.json", ".zgroup", ".zarray", ".zmetadata"}
"""Files of which every zarr store has one."""


def read(path: Path, lazy: bool | None) -> Content:
    """Read all variables of a zarr store.

    Parameters
    ----------
    path : pathlib.Path
        The folder or the ``.zip``.
    lazy : bool, optional
        Leave every spectral map, and whatever else is large, in the store; None leaves what is large there.

    Returns
    -------
    Content

    Raises
    ------
    InputError
        Where it is no zarr store, or is damaged.
    """
    from didymos.io.labelled import content_of, open_labelled

    return content_of(open_labelled(path, lazy))


def recognises(path: Path) -> bool:
    """Tell whether a path may be a zarr store: a folder or an archive with the files of one, or no sound archive."""
    if path.is_dir():
        return is_zarr_store(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.rpartition("/")[2] in MARKS for name in archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return True  # opening says what is wrong


READER = Reader(
    "zarr",
    (".zarr", ".zip"),
    read,
    holds="As netCDF: variables on the axes of a map, variables per point.",
    tested_on="Stores written by xarray and by didymos, folders and archives.",
    recognises=recognises,
)

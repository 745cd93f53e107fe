"""zarr stores: a folder, or a ``.zip`` of one."""

from __future__ import annotations

from pathlib import Path

from didymos.io.atomic import is_zarr_store
from didymos.io.readers.interface import Content, Reader


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
    """Tell whether a path may be a zarr store: any ``.zip``, or a folder with the files of one."""
    return not path.is_dir() or is_zarr_store(path)


READER = Reader(
    "zarr",
    (".zarr", ".zip"),
    read,
    holds="As netCDF: variables on the axes of a map, variables per point.",
    tested_on="Stores written by xarray and by didymos, folders and archives.",
    recognises=recognises,
)

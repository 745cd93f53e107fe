"""Folders of results: what stands in one already, and whether a new result may take its place."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from didymos.io.atomic import check_folder
from didymos.io.sources import file_sha256
from didymos.io.staging import finish
from didymos.schema.names import InputError

RESULTS = ("results.nc", "results.zarr", "comparison.nc")
"""What an analysis, the use of a model and a comparison call their result."""
REMEDY = "choose another folder with --out, or add --overwrite"


class Origin(NamedTuple):
    """Which input a result is of.

    Attributes
    ----------
    name : str
        File that holds the result.
    input_file, input_sha256 : str
        As the result says; empty where it does not.
    """

    name: str
    input_file: str
    input_sha256: str


def check_out(folder: Path, source: Path | None, owned: Iterable[str] = (), *, overwrite: bool = False) -> None:
    """Refuse, before any work, a folder that holds the result of another input or files that are nobody's result.

    A folder with the result of the same file is taken: the new result replaces the old one as a whole. Files with
    other names than those of a result stay as they are in any folder.

    Parameters
    ----------
    folder : pathlib.Path
        Need not exist.
    source : pathlib.Path or None
        The input; None for one that is made anew in the folder, whose result of that name may be replaced.
    owned : iterable of str
        Names that will be written, with ``/`` between the parts.
    overwrite : bool
        Take the folder in any case where it can be written.

    Raises
    ------
    InputError
        Where the folder is refused, is a file or may not be written.
    """
    check_folder(folder)
    if overwrite or not folder.is_dir():
        return
    finish(folder)
    found = [folder / name for name in RESULTS if (folder / name).exists()]
    if not found:
        foreign = next((name for name in owned if os.path.lexists(folder / name)), None)
        if foreign is not None:
            raise InputError(f"{folder} holds {foreign} and no result of didymos, so it may be somebody's: {REMEDY}")
        return
    digest = None if source is None else file_sha256(source)
    for path in found:
        origin = origin_of(path)
        same = origin.input_file == "surface.nc" if source is None else origin.input_sha256 == digest
        if not same:
            whose = f"of {origin.input_file!r}" if origin.input_file else "of an unknown input"
            if source is not None and origin.input_file == source.name:
                whose = f"of another file called {origin.input_file!r}"
            raise InputError(f"{folder} holds the result {whose} ({origin.name}): {REMEDY}")


def origin_of(path: Path) -> Origin:
    """Return which input a stored result is of.

    Parameters
    ----------
    path : pathlib.Path
        ``results.nc``, ``results.zarr`` or ``comparison.nc``.

    Returns
    -------
    Origin

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    import xarray as xr

    try:
        opened = xr.open_zarr(path, consolidated=False) if path.is_dir() else xr.open_dataset(path, engine="h5netcdf")
        with opened as result:
            attrs: dict[Any, Any] = dict(result.attrs)
    except Exception as error:
        # whatever a damaged file raises: it is somebody's, and it is not known whose
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise InputError(f"{path} cannot be read as a result of didymos ({reason}): {REMEDY}") from error
    return Origin(path.name, str(attrs.get("input_file", "")), str(attrs.get("input_sha256", "")))

"""The known file formats: those of didymos, and those of other packages."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from didymos.io.hdf5_check import check_hdf5
from didymos.io.readers.interface import Content, Reader
from didymos.schema import InputError

GROUP = "didymos.readers"
"""Group of the entry points, each of them a `Reader`."""
BUILT_IN = (
    "nanonis_grid",
    "netcdf",
    "zarr_store",
    "nanonis_points",
    "rhk",
    "igor",
    "matrix",
    "usid",
    "nsid",
    "nexus",
    "forces",
    "rosetta",
    "hdf5_datasets",
    "numpy_file",
    "text_matrix",
)
"""Modules with the readers of didymos, each with a ``READER``. Of several for one suffix the first that recognises a
file reads it."""
POINTER = b"version https://git-lfs"
EXTRA = "formats"
"""The extra that brings the packages of all readers."""


def known_readers() -> dict[str, Reader]:
    """Return every reader by the name of its format: those of didymos, then those of other packages."""
    return dict(_readers()[0])


def skipped_readers() -> dict[str, str]:
    """Return the entry points of other packages that give no reader, and why, one line each."""
    return dict(_readers()[1])


def suffixes() -> dict[str, str]:
    """Return the name of the format for every suffix that is read; of several formats all names."""
    found: dict[str, str] = {}
    for reader in known_readers().values():
        for suffix in reader.suffixes:
            found[suffix] = f"{found[suffix]}, {reader.name}" if suffix in found else reader.name
    return found


def reader_of(path: Path) -> Reader:
    """Return the reader of a file or a folder.

    Parameters
    ----------
    path : pathlib.Path
        What exists.

    Returns
    -------
    Reader

    Raises
    ------
    InputError
        Where no format has the suffix or recognises the content, or an HDF5 file is damaged.
    """
    if path.is_file():
        _check_whole(path)
        check_hdf5(path)
    fitting = []
    for reader in _in_turn():
        if _fits(reader, path):
            if reader.recognises is None or reader.recognises(path):
                return reader
            fitting.append(reader.name)
    raise _unknown(path, fitting)


def _check_whole(path: Path) -> None:
    """Refuse what stands for a file in a repository that keeps large files elsewhere."""
    with path.open("rb") as file:
        if file.read(len(POINTER)) == POINTER:
            raise InputError(f"{path.name} is a pointer of git-LFS, not the data: fetch the file with 'git lfs pull'")


def _fits(reader: Reader, path: Path) -> bool:
    """Tell whether a file has a suffix of a format, or whether the format knows folders."""
    if path.is_dir():
        return reader.recognises is not None
    return any(path.name.casefold().endswith(suffix) for suffix in reader.suffixes)


def _in_turn() -> Iterator[Reader]:
    """Yield the readers of didymos, then those of other packages: to look for these takes a tenth of a second."""
    for module in BUILT_IN:
        yield _built_in(module)
    own = {_built_in(module).name for module in BUILT_IN}
    yield from (reader for name, reader in known_readers().items() if name not in own)


def _unknown(path: Path, fitting: Sequence[str]) -> InputError:
    """Return the error about a file that no reader takes; `fitting` names those with its suffix."""
    if path.is_dir():
        return InputError(
            f"{path.resolve().name} is a folder that no reader knows: it is no zarr store (which has a zarr.json) and "
            "no folder of point spectra; give the file or the store itself"
        )
    if fitting:
        return InputError(
            f"{path.name} is named as {' or '.join(fitting)} and is none: check that the file is whole and has its own "
            "suffix"
        )
    from didymos.schema.suggestions import did_you_mean

    known = ", ".join(f"{r.name} ({', '.join(r.suffixes[:3])})" for r in known_readers().values() if r.suffixes)
    return InputError(
        f"{path.name} has the suffix {path.suffix!r}{did_you_mean(path.suffix.lower(), suffixes())}; didymos opens "
        f"{known}: convert the file to netCDF or zarr with a variable 'spectra' (y, x, energy)"
    )


def read(path: Path, lazy: bool | None) -> Content:
    """Read a file of any format; see :class:`didymos.io.readers.interface.Reader`."""
    reader = reader_of(path)
    check_packages(reader)
    return reader.read(path, lazy)


def check_packages(reader: Reader) -> None:
    """Refuse a format whose packages are not installed.

    Raises
    ------
    InputError
        With the command that installs them.
    """
    missing = missing_packages(reader)
    if missing:
        which = f"{', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed"
        raise InputError(
            f"{reader.name} is read through {which}: pip install {' '.join(missing)} (the extra {EXTRA!r} of didymos "
            "has the packages of all formats)"
        )


def missing_packages(reader: Reader) -> list[str]:
    """Return the packages that a reader needs and that are not installed."""
    return [package for module, package in reader.packages.items() if not _is_installed(module)]


@cache
def _readers() -> tuple[dict[str, Reader], dict[str, str]]:
    found = {reader.name: reader for reader in map(_built_in, BUILT_IN)}
    skipped: dict[str, str] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        # whatever another package does, the readers of didymos stay
        try:
            reader = entry.load()
            if not isinstance(reader, Reader):
                raise TypeError(f"it is a {type(reader).__name__}, allowed is a didymos.io.Reader")
        except (Exception, SystemExit) as error:
            reason = " ".join(str(error).split())
            skipped[entry.name] = f"{entry.value} does not load: {type(error).__name__}: {reason}"
            continue
        if reader.name in found:
            skipped[entry.name] = f"{entry.value} is called {reader.name} as another is: give it a name of its own"
        else:
            found[reader.name] = reader
    return found, skipped


@cache
def _built_in(module: str) -> Reader:
    reader: Reader = importlib.import_module(f"didymos.io.readers.{module}").READER
    return reader


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False

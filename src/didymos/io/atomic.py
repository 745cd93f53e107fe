"""Writing without ever losing what is already there: a temporary name in the same folder, renamed at success."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from didymos.schema import InputError

MAP_SUFFIXES = (".nc", ".zarr", ".3ds")
"""What a map can be written as."""


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes the place of `path` when the block succeeds.

    Parameters
    ----------
    path : path
        The file to write, or the zarr store, by its suffix ``.zarr``; its folder is made where missing. What stands
        there stays until the new file is complete.

    Yields
    ------
    pathlib.Path
        A name in the same folder with the same suffix, at which nothing exists yet. On an exception inside the block it
        is removed and `path` is left as it was.

    Raises
    ------
    InputError
        Where the folder cannot be made or written into, `path` is a folder (or of a store anything but a store), or
        the block wrote nothing.
    """
    target = Path(path)
    check_target(target)
    temporary = _beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        yield temporary
        if not temporary.exists():
            raise InputError(f"nothing was written for {target}: write to the path that replacing() yields")
        flush(temporary)
        put(temporary, target)
    except OSError as error:
        # a full disk has no file name; an error about another file is not ours to explain
        if error.filename is not None and not str(error.filename).startswith(str(temporary)):
            raise
        raise _cannot_write(target, error) from error
    finally:
        remove(temporary)


def check_target(target: Path) -> None:
    """Refuse a name at which something stands that is not to be replaced.

    Parameters
    ----------
    target : pathlib.Path
        A file, or with the suffix ``.zarr`` a store.

    Raises
    ------
    InputError
        Where a folder has the name of the file, or anything but a zarr store that of the store.
    """
    if target.suffix.lower() == ".zarr":
        if target.exists() and not is_zarr_store(target):
            raise InputError(f"{target} exists and is no zarr store, so it is not replaced: give another name")
    elif os.path.isdir(target):
        raise InputError(f"{target} is a folder; a file is to be written there: give another name")


def is_zarr_store(path: Path) -> bool:
    """Tell whether a folder holds a zarr store."""
    return path.is_dir() and any((path / name).exists() for name in ("zarr.json", ".zgroup", ".zmetadata"))


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.stem}.{uuid.uuid4().hex[:12]}{target.suffix}")


def put(temporary: Path, target: Path) -> None:
    """Give what was written its name; a folder that stands there moves aside first, since none is replaced at once."""
    if not target.is_dir():
        os.replace(temporary, target)
        return
    old = _beside(target)
    os.replace(target, old)
    try:
        os.replace(temporary, target)
    except OSError:
        os.replace(old, target)
        raise
    remove(old)


def flush(path: Path) -> None:
    """Have the disk keep a file before it gets its name: after a power cut there is the old one or the new one."""
    if path.is_file():
        # Windows flushes only what is open for writing
        with path.open("r+b") as file:
            os.fsync(file.fileno())


def _cannot_write(target: Path, error: OSError) -> InputError:
    return InputError(f"cannot write {target}: {error.strerror or error}; choose another folder or name")


def remove(path: Path) -> None:
    """Remove a file or a folder with all that is in it; what cannot be removed stays."""
    if os.path.isdir(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it where they are missing.

    Parameters
    ----------
    folder : pathlib.Path

    Raises
    ------
    InputError
        Where it cannot be made, for example because a file has its name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: the folder cannot be made ({error.strerror}): choose another with --out") from None


def check_folder(folder: Path, remedy: str = "choose another with --out") -> None:
    """Refuse a folder that could not be made or written, without making it.

    Parameters
    ----------
    folder : pathlib.Path
    remedy : str
        What to do, for the message.

    Raises
    ------
    InputError
        Where it or the nearest folder above it that exists is a file or may not be written.
    """
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise InputError(f"{folder}: {existing.name} is a file, not a folder: {remedy}")
    if not os.access(existing, os.W_OK):
        raise InputError(f"{folder}: {existing} may not be written: {remedy}")


def check_map_target(path: Path) -> None:
    """Refuse a name that no map can be written to, before any work.

    Parameters
    ----------
    path : pathlib.Path

    Raises
    ------
    InputError
        Where no format has its suffix, its folder cannot be written, or something else stands there.
    """
    if path.suffix.lower() not in MAP_SUFFIXES:
        raise InputError(
            f"{path.name} has the suffix {path.suffix!r}; maps are written as {', '.join(MAP_SUFFIXES)}: rename it"
        )
    check_target(path)
    check_folder(path.parent, "give another name")

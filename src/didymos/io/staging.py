"""A folder of several files that is replaced as a whole: all old or all new, also where a run is killed."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from didymos.io.atomic import flush, is_zarr_store, make_folder, put, remove, replacing
from didymos.schema import InputError

MARK = ".didymos-new-"
OWNER, COMPLETE = "owner.json", "complete.json"
STALE_HOURS = 24.0
"""What another machine has left in a shared folder counts as left behind after so long."""


@contextlib.contextmanager
def staged(folder: str | os.PathLike[str], owned: Iterable[str]) -> Iterator[Path]:
    """Yield an empty folder whose files take the place of those of `folder` when the block succeeds.

    The new files are made beside the old ones, flushed to the disk and then renamed, which takes milliseconds. A run
    that is killed before leaves everything as it was. One that is killed between the renames leaves a note of what is
    to be renamed, and the next run into the folder finishes that first. Other files in the folder stay.

    Parameters
    ----------
    folder : path
        Made where it is missing.
    owned : iterable of str
        Names that an earlier run may have left in the folder, with ``/`` between the parts: what is not made anew is
        removed.

    Yields
    ------
    pathlib.Path

    Raises
    ------
    InputError
        Where the folder cannot be made or written.
    """
    target = Path(folder)
    make_folder(target)
    finish(target)
    stage = target / f"{MARK}{uuid.uuid4().hex[:12]}"
    try:
        stage.mkdir()
        _write(stage / OWNER, _myself())
        yield stage
        made = _files(stage)
        for path in made:
            flush(path)
        old = {*owned} - {path.relative_to(stage).as_posix() for path in made}
        _write(stage / COMPLETE, {"old": sorted(old)})
    except OSError as error:
        remove(stage)
        if error.filename is not None and not str(error.filename).startswith(str(stage)):
            raise
        raise InputError(f"cannot write {target}: {error.strerror or error}; choose another folder") from error
    except BaseException:
        remove(stage)
        raise
    _swap(stage, target)


def finish(folder: Path) -> None:
    """Finish what killed runs have left in a folder: a complete set of files is renamed, any other is removed.

    Parameters
    ----------
    folder : pathlib.Path
    """
    for stage in sorted(folder.glob(f"{MARK}*")):
        if _is_alive(stage):
            continue
        if (stage / COMPLETE).is_file():
            _swap(stage, folder)
        else:
            remove(stage)


def _swap(stage: Path, target: Path) -> None:
    """Rename what was made, remove what an earlier run had and this one has not, and then the rest of the stage."""
    for path in _files(stage):
        place = target / path.relative_to(stage)
        place.parent.mkdir(parents=True, exist_ok=True)
        put(path, place)
    for name in json.loads((stage / COMPLETE).read_text(encoding="utf-8"))["old"]:
        remove(target / name)
    remove(stage)


def _files(stage: Path) -> list[Path]:
    """Return the files and zarr stores of a stage, without its own notes."""
    found: list[Path] = []
    for path in sorted(stage.iterdir()):
        if path.name in (OWNER, COMPLETE) or path.name.startswith("."):
            continue
        found += [path] if path.is_file() or is_zarr_store(path) else _files(path)
    return found


def _myself() -> dict[str, object]:
    process = psutil.Process()
    return {"host": platform.node(), "process": process.pid, "started": process.create_time()}


def _is_alive(stage: Path) -> bool:
    """Tell whether the run that has made a stage may still go on."""
    try:
        owner = json.loads((stage / OWNER).read_text(encoding="utf-8"))
        if owner["host"] != platform.node():
            return time.time() - stage.stat().st_mtime < 3600 * STALE_HOURS
        return bool(psutil.Process(int(owner["process"])).create_time() == owner["started"])
    except (OSError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        return False
    except psutil.Error:
        return True


def _write(path: Path, content: dict[str, object]) -> None:
    """Write a note that is there as a whole or not at all: whoever finds it acts on it."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")

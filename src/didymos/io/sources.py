"""The files that a path names: one, those of a folder, those that a pattern fits; and their checksum."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from didymos.schema import InputError
from didymos.schema.given import check_path, in_words
from didymos.schema.suggestions import did_you_mean, files_beside

PATTERN = {"*", "?"}
"""Letters of a pattern that names several files."""


def existing(path: str | os.PathLike[str]) -> Path:
    """Return a path that exists, or a pattern that fits files.

    Raises
    ------
    InputError
        Where it is no path or there is no such file.
    """
    try:
        found = Path(path)
        exists = found.exists() or bool(PATTERN & {*found.name} and matching(found))
    except TypeError:
        raise InputError(
            f"a path is {in_words(path)}; allowed is the name of a file: a map that is open already needs no opening"
        ) from None
    except (OSError, ValueError) as error:
        raise InputError(f"{str(path)!r} is no path that can be opened ({error}): give the name of a file") from error
    if not exists:
        raise InputError(
            f"{found} does not exist{did_you_mean(found.name, files_beside(found))}: check the name and the folder"
        )
    return found if found.name else found.resolve()


def matching(pattern: Path) -> list[Path]:
    """Return the files whose names fit the last part of a path, sorted."""
    return sorted(part for part in pattern.parent.glob(pattern.name) if part.is_file())


def parts_of(path: Path) -> list[Path]:
    """Return the files that a path names: itself, all files in a folder, those that fit a pattern."""
    if path.is_dir():
        parts = [part for part in path.rglob("*") if part.is_file()]
        return sorted(parts, key=lambda part: part.relative_to(path).as_posix())
    return [path] if path.exists() else matching(path)


def file_sha256(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file as hexadecimal digits; of several, over their sorted names and contents.

    Raises
    ------
    InputError
        Where a file cannot be read.
    """
    check_path(path, "the file")
    path = Path(path)
    digest = hashlib.sha256()
    try:
        if not path.is_dir() and (path.exists() or not matching(path)):
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        for part in parts_of(path):
            name = part.relative_to(path) if path.is_dir() else Path(part.name)
            digest.update(name.as_posix().encode() + b"\0")
            with part.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise no_access(path, error) from error
    return digest.hexdigest()


def no_access(path: Path, error: OSError) -> InputError:
    """Return the error about a file that cannot be read."""
    reason: Any = error.strerror or error
    return InputError(f"{path} cannot be opened ({reason}): check that it exists and that you may read it")

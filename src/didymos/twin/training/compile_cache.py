"""Compiled programs that are kept on disk, so that the next process finds them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Self, TypeVar

VARIABLE = "DIDYMOS_CACHE"
"""Environment variable: another folder, or "none"."""
FOLDER = "jax_compilation_cache_dir"
"""JAX's name of the folder."""
SHORTEST = 0.05
"""Seconds from which a compilation is kept."""

Made = TypeVar("Made")


def cache_folder() -> Path | None:
    """Return the folder of compiled code of this user, or None where the user wants none.

    It is the value of ``DIDYMOS_CACHE``, else ``didymos`` in the cache folder of the platform: ``$XDG_CACHE_HOME`` or
    ``~/.cache``, on macOS ``~/Library/Caches``, on Windows ``%LOCALAPPDATA%``.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        return None if named.strip().lower() in ("", "none") else Path(named)
    given = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", "")
    try:
        usual = Path.home() / {"win32": "AppData/Local", "darwin": "Library/Caches"}.get(sys.platform, ".cache")
    except RuntimeError:  # a user without a home
        usual = None
    base = Path(given) if os.path.isabs(given) else usual
    return None if base is None else base / "didymos"


def _usable(folder: Path) -> Path | None:
    """Return the folder for code of this very processor, or None where it cannot be written."""
    from llvmlite import binding

    # code for the instructions of one processor may stop on another that shares the home folder
    processor = f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
    own = folder / f"xla-{hashlib.sha256(processor.encode()).hexdigest()[:12]}"
    try:
        own.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=own) as probe:
            probe.write(b"written")
    except OSError:
        return None
    return own


class _KeptCode:
    """JAX keeps and finds compiled programs on disk while anybody is inside; the last one out restores what was before.

    Nothing is changed where the user has given JAX a folder, or wants none, or the folder cannot be written.
    """

    def __init__(self) -> None:
        self.lock, self.inside = Lock(), 0
        self.before: dict[str, object] = {}
        self.folder: Path | None = None

    def __enter__(self) -> Self:
        import jax

        with self.lock:
            if not self.inside:
                wanted = cache_folder()
                given = getattr(jax.config, FOLDER)
                self.folder = None if wanted is None or given else _usable(wanted)
                if self.folder is not None:
                    self.before = _configure(
                        {
                            FOLDER: str(self.folder),
                            "jax_persistent_cache_min_compile_time_secs": SHORTEST,
                            "jax_raise_persistent_cache_errors": True,
                        }
                    )
            self.inside += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside and self.before:
                _configure(self.before)
                self.before = {}

    def give_up(self) -> bool:
        """Throw away what is on disk and keep nothing more; return whether anything was kept."""
        with self.lock:
            if self.folder is None:
                return False
            _configure({FOLDER: None})
            for file in self.folder.glob("*-cache"):
                with contextlib.suppress(OSError):
                    file.unlink()
            return True


def _configure(options: dict[str, object]) -> dict[str, object]:
    """Configure JAX and return how it was configured before."""
    import jax
    from jax.experimental.compilation_cache.compilation_cache import reset_cache

    before: dict[str, object] = {name: getattr(jax.config, name) for name in options}
    for name, value in options.items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call]  # JAX has no types here
    reset_cache()  # JAX looks at its configuration once
    return before


KEPT_CODE = _KeptCode()
"""A context in which JAX keeps compiled programs on disk; its configuration is that of the whole process."""


def with_kept_code(compile_it: Callable[[], Made]) -> Made:
    """Compile with the code that is kept on disk; where that fails, throw it away and compile without.

    A process that is stopped while it writes leaves half a file behind, and another may read a file that is being
    written: JAX does not replace files by renaming.

    Parameters
    ----------
    compile_it : callable

    Returns
    -------
    object
        What `compile_it` returns.
    """
    with KEPT_CODE as kept:
        try:
            return compile_it()
        except Exception:
            if not kept.give_up():
                raise
        return compile_it()

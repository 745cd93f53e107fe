"""Whether an HDF5 file is sound, found out by a process of its own before this one opens it."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

from didymos.schema import InputError

SECONDS = 5.0
"""How long the walk through a small file may take."""
BYTES_PER_SECOND = 20e6
"""A large file may take so much longer."""
SIGNATURE = b"\x89HDF\r\n\x1a\n"
WALK = Path(__file__).with_name("hdf5_walk.py")


def check_hdf5(path: Path) -> None:
    """Refuse an HDF5 file that is damaged or takes values from other files; any other file passes.

    The walk costs a few milliseconds, and the first one in a process a third of a second. A file is walked through
    again only where its size or its time has changed.

    Parameters
    ----------
    path : pathlib.Path
        Any file.

    Raises
    ------
    InputError
        Where the HDF5 library fails on the file, does not come to an end, or would follow it to another file.
    """
    with path.open("rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return
    state = path.stat()
    key = (str(path.resolve()), state.st_size, state.st_mtime_ns)
    if key in _SOUND:
        return
    seconds = SECONDS + state.st_size / BYTES_PER_SECOND
    answer = _WALKER.ask(key[0], seconds)
    if answer is None:
        _SOUND.add(key)  # there is no process to ask
    elif "damaged" in answer:
        raise InputError(
            f"{path.name} cannot be read as HDF5 ({answer['damaged']}): it is damaged or incomplete; copy it again"
        )
    elif answer["refused"]:
        raise InputError(f"{path.name}: {answer['refused']}")
    else:
        _SOUND.add(key)


class _Walker:
    """The process that walks, started when it is first needed, and anew after it had to be ended."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[str] | None = None
        self.owner = 0
        self.answers: queue.Queue[str] = queue.Queue()

    def ask(self, path: str, seconds: float) -> dict[str, str] | None:
        """Return the answer about a file; None where no process can be started."""
        with self.lock:
            if self.process is None or self.owner != os.getpid() or self.process.poll() is not None:
                try:
                    self._start()
                except OSError:
                    return None
            assert self.process is not None
            assert self.process.stdin is not None
            try:
                self.process.stdin.write(json.dumps([path, seconds]) + "\n")
                self.process.stdin.flush()
                line = self.answers.get(timeout=seconds + SECONDS)
            except queue.Empty:
                line = ""
            except OSError:
                line = ""
            except BaseException:
                self.end()
                raise
            if line.strip():
                found: dict[str, str] = json.loads(line)
                return found
            self.end()
            return {"damaged": f"the library fails on it or does not come to an end within {seconds:.0f} s"}

    def end(self) -> None:
        """End the process, whatever it does."""
        if self.process is not None and self.owner == os.getpid():
            with contextlib.suppress(OSError):
                self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError, ValueError):
                    if stream is not None:
                        stream.close()
        self.process = None

    def _start(self) -> None:
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(WALK)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for the process that asks
        )
        self.answers = queue.Queue()
        threading.Thread(target=_listen, args=(self.process, self.answers), daemon=True).start()


def _listen(process: subprocess.Popen[str], answers: queue.Queue[str]) -> None:
    """Hand the answers of a process on; an empty one says that it has ended."""
    assert process.stdout is not None
    with contextlib.suppress(ValueError, OSError):
        for line in process.stdout:
            answers.put(line)
    answers.put("")


_WALKER = _Walker()
_SOUND: set[tuple[str, int, int]] = set()
atexit.register(_WALKER.end)

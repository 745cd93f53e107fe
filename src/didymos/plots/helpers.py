"""Drawing in several processes: matplotlib uses one core."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from didymos.core.numeric.threads import allowed_threads
from didymos.plots.settings import READY, FigureSettings

Images = dict[str, bytes]
"""One figure in several formats, by the format."""


class Helper:
    """A process that draws figures of a result on disk; see :mod:`didymos.plots.drawing`."""

    def __init__(self) -> None:
        # -P: what lies in the current folder is not imported
        command = [sys.executable, "-P", "-m", "didymos.plots.drawing"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.requests, self.answers = self.process.stdin, self.process.stdout

    def wait_until_ready(self) -> bool:
        """Wait until everything is imported; return False where the process ended."""
        return self.answers.readline() == READY

    def draw(self, result: Path, name: str, kinds: Sequence[str], resolution: int) -> Images:
        """Return a figure, by the format.

        Raises
        ------
        OSError
            Where the process ended.
        """
        request = {"result": str(result), "name": name, "kinds": list(kinds), "resolution": resolution}
        self.requests.write(json.dumps(request).encode() + b"\n")
        self.requests.flush()
        line = self.answers.readline()
        if not line:
            raise OSError("the process that draws has ended")
        images = {kind: self.answers.read(size) for kind, size in json.loads(line).items()}
        if any(len(images[kind]) != size for kind, size in json.loads(line).items()):
            raise OSError("the process that draws has ended")
        return images

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.requests, self.answers):
            with contextlib.suppress(OSError):
                pipe.close()


@contextmanager
def helpers(settings: FigureSettings) -> Iterator[list[Helper]]:
    """Start processes that draw, one for every core but the first, as many as `settings` allows.

    Yields
    ------
    list of Helper
        Empty with one core, and where no process can be started.
    """
    started: list[Helper] = []
    try:
        with contextlib.suppress(OSError):
            for _ in range(min(settings.most_helpers, allowed_threads() - 1)):
                started.append(Helper())
        yield started
    finally:
        for helper in started:
            helper.close()


def drawn_together(
    names: Sequence[str], own: Callable[[str], Images], others: Sequence[Callable[[], Callable[[str], Images] | None]]
) -> Iterator[tuple[str, Images]]:
    """Draw figures in turn, this thread and others beside it; whatever another one fails at is drawn here.

    Parameters
    ----------
    names : sequence of str
        The figures; this thread begins with the first, the others with the last.
    own : callable
        Draws one figure.
    others : sequence of callable
        Each waits until it is ready and returns what draws one figure, or None.

    Yields
    ------
    tuple of str and Images
        In the order in which this thread learns of them.
    """
    waiting: deque[str] = deque(names)
    done: SimpleQueue[tuple[str, Images]] = SimpleQueue()

    def work(start: Callable[[], Callable[[str], Images] | None]) -> None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            draw = start()
            while draw is not None:
                name = waiting.pop()
                try:
                    done.put((name, draw(name)))
                except (OSError, ValueError):
                    waiting.append(name)
                    return

    for start in others:
        Thread(target=work, args=(start,), daemon=True).start()
    for _ in names:
        yield _next(waiting, own, done)


def _next(
    waiting: deque[str], own: Callable[[str], Images], done: SimpleQueue[tuple[str, Images]]
) -> tuple[str, Images]:
    """Draw the next figure, or wait for one that is drawn elsewhere; what comes back undrawn is drawn here."""
    while True:
        try:
            name = waiting.popleft()
        except IndexError:
            with contextlib.suppress(Empty):
                return done.get(timeout=0.05)
        else:
            return name, own(name)

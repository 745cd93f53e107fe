"""Progress of an analysis, shown in a terminal, in a notebook and in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

Report = Callable[[str, float], None]
"""Called with the name of the present step and the share of it that is done, 0 to 1."""

BAR = 30
ALMOST = 0.999
LONG = 2.0
"""Seconds after which the time that is left is shown."""


def silent(step: str, share: float) -> None:
    """Show nothing."""


@contextmanager
def stage(report: Report, name: str) -> Iterator[Report]:
    """Report that a step begins and, where it succeeds, that it ends.

    Yields
    ------
    callable
        A :data:`Report` for parts of the step, under whatever name: the share is that of the step.
    """
    report(name, 0.0)
    yield lambda _, share: report(name, min(share, ALMOST))
    report(name, 1.0)


def in_notebook() -> bool:
    """Tell whether the code runs in a Jupyter kernel (which cannot move a terminal's cursor)."""
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


@contextmanager
def shown(progress: bool | Report | None) -> Iterator[Report]:
    """Show the progress of what is done inside.

    Parameters
    ----------
    progress : bool, callable or None
        True shows bars in a terminal or a notebook, and elsewhere one line on the standard error for every step that
        is done; False shows nothing; None shows bars where somebody looks (a terminal or a notebook), elsewhere
        nothing. A callable is called instead.

    Yields
    ------
    callable
        See :data:`Report`.
    """
    if callable(progress):
        yield progress
    elif progress is not False and in_notebook():
        yield _notebook()
    elif progress is not False and sys.stderr.isatty():
        with _bars() as bars:
            yield _terminal(bars)
    else:
        yield _lines() if progress else silent


class Clock:
    """When every step began.

    Parameters
    ----------
    now : callable
        Returns the present time in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.began: dict[str, float] = {}

    def elapsed(self, step: str) -> float:
        """Return the seconds since a step was first asked for."""
        now = self.now()
        return now - self.began.setdefault(step, now)

    def left(self, step: str, share: float) -> float | None:
        """Return the seconds that are left of a step, t (1 - s) / s after t seconds for the share s.

        None before two seconds, and where no share is known.
        """
        elapsed = self.elapsed(step)
        return elapsed * (1 - share) / share if elapsed >= LONG and 0 < share < 1 else None


def in_words(left: float | None) -> str:
    """Return the time that is left as it is shown, "" where it is not known."""
    if left is None:
        return ""
    minutes, seconds = divmod(round(left), 60)
    return f"{minutes} min {seconds:02d} s left" if minutes else f"{seconds} s left"


def _bars() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
    )
    return Progress(*columns, console=Console(stderr=True))


def _terminal(bars: Progress) -> Report:
    tasks: dict[str, Any] = {}
    clock = Clock()

    def report(step: str, share: float) -> None:
        left = in_words(clock.left(step, share))
        if step not in tasks:
            tasks[step] = bars.add_task(step, total=None, left=left)  # the bar moves until a share is known
        bars.update(tasks[step], total=1.0 if share > 0 else None, completed=share, left=left)

    return report


def _lines() -> Report:
    """Report one line for every step that is done."""
    clock = Clock()

    def report(step: str, share: float) -> None:
        elapsed = clock.elapsed(step)
        if share >= 1:
            print(f"didymos: {step}: {elapsed:.1f} s", file=sys.stderr, flush=True)

    return report


def _notebook() -> Report:
    """Report into one output of the cell that is replaced as the work goes on; no widgets needed."""
    display: Any = sys.modules["IPython"].display.display
    shares: dict[str, float] = {}
    clock = Clock()
    handle = display({"text/plain": ""}, raw=True, display_id=True)

    def report(step: str, share: float) -> None:
        shares[step] = share
        lines = [
            f"{name:<28} {'█' * round(BAR * done):<{BAR}} {done:4.0%} {in_words(clock.left(name, done))}".rstrip()
            for name, done in shares.items()
        ]
        handle.update({"text/plain": "\n".join(lines)}, raw=True)

    return report

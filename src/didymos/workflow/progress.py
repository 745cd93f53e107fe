"""Progress of an analysis, shown in a terminal and in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

Report = Callable[[str, float], None]
"""Called with the name of the present step and the share of it that is done, 0 to 1."""

BAR = 30


def silent(step: str, share: float) -> None:
    """Show nothing."""


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
        True shows bars on the standard error or in the notebook, False nothing; None shows them where somebody looks
        (a terminal or a notebook). A callable is called instead.

    Yields
    ------
    callable
        See :data:`Report`.
    """
    if callable(progress):
        yield progress
    elif progress is False or (progress is None and not (sys.stderr.isatty() or in_notebook())):
        yield silent
    elif in_notebook():
        yield _notebook()
    else:
        columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            yield _terminal(bar)


def _terminal(bar: Progress) -> Report:
    tasks: dict[str, TaskID] = {}

    def report(step: str, share: float) -> None:
        if step not in tasks:
            tasks[step] = bar.add_task(step, total=1.0)
        bar.update(tasks[step], completed=share)

    return report


def _notebook() -> Report:
    """Report into one output of the cell that is replaced as the work goes on; no widgets needed."""
    display: Any = sys.modules["IPython"].display.display
    shares: dict[str, float] = {}
    handle = display({"text/plain": ""}, raw=True, display_id=True)

    def report(step: str, share: float) -> None:
        shares[step] = share
        lines = [f"{name:<28} {'█' * round(BAR * done):<{BAR}} {done:4.0%}" for name, done in shares.items()]
        handle.update({"text/plain": "\n".join(lines)}, raw=True)

    return report

"""Progress of an analysis, shown in a terminal and in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Report = Callable[[str, float], None]
"""Called with the name of the present step and the share of it that is done, 0 to 1."""


def silent(step: str, share: float) -> None:
    """Show nothing."""


@contextmanager
def shown(progress: bool | Report | None) -> Iterator[Report]:
    """Show the progress of what is done inside.

    Parameters
    ----------
    progress : bool, callable or None
        True shows a bar on the standard error or in the notebook, False nothing; None shows it where somebody looks
        (a terminal or a notebook). A callable is called instead.

    Yields
    ------
    callable
        See :data:`Report`.
    """
    if callable(progress):
        yield progress
        return
    if progress is False or (progress is None and not (sys.stderr.isatty() or "ipykernel" in sys.modules)):
        yield silent
        return
    columns = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, int] = {}

        def report(step: str, share: float) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=1.0)
            bar.update(tasks[step], completed=share)  # type: ignore[arg-type]

        yield report

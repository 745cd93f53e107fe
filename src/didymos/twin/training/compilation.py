"""Compilation of the programs of a training beside other work, owned by whoever runs the training."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Self

from didymos.twin.training.compile_cache import with_kept_code
from didymos.twin.training.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from didymos.twin.training.program import Program

THREADS = 2


class Compiler:
    """Compiles programs in threads of its own while other work goes on; close it, or use it with ``with``."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="didymos-compile")
        self._programs: dict[Plan, Future[Program]] = {}
        self._imported = Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give up what has not begun and let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def prepare(self, plan: Plan) -> Future[Program]:
        """Start to compile the program of a plan and return at once.

        Parameters
        ----------
        plan : Plan

        Returns
        -------
        Future
            Its result is the :class:`didymos.twin.training.program.Program`.
        """
        if plan not in self._programs:
            self._programs[plan] = self._pool.submit(self._compile, plan)
        return self._programs[plan]

    def import_finished(self) -> None:
        """Wait until JAX is imported where a thread imports it: SciPy must not find one half of JAX."""
        if self._programs:
            self._imported.wait()

    def _compile(self, plan: Plan) -> Program:
        # JAX takes a second to import: other work goes on meanwhile, and who only applies a model is spared it
        try:
            from didymos.twin.training.program import compiled
        finally:
            self._imported.set()
        return with_kept_code(partial(compiled, plan))


@contextmanager
def owned(compiler: Compiler | None) -> Iterator[Compiler]:
    """Hand on a compiler that somebody else closes, or make one for the work inside.

    Yields
    ------
    Compiler
    """
    if compiler is not None:
        yield compiler
        return
    with Compiler() as own:
        yield own

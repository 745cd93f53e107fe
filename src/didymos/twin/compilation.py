"""Compiled programs of the training, each made once in a process and beside other work."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import Event, Lock
from typing import TYPE_CHECKING

from didymos.twin.plan import Plan

if TYPE_CHECKING:
    from didymos.twin.program import Program

_programs: dict[Plan, Future[Program]] = {}
_lock = Lock()
_importing, _imported = Event(), Event()


@cache
def _compiler() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, thread_name_prefix="didymos-compile")


def prepare(plan: Plan) -> Future[Program]:
    """Start to compile the program of a plan, once in a process, and return at once.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    Future
        Its result is the :class:`didymos.twin.program.Program`.
    """
    with _lock:
        if plan not in _programs:
            _importing.set()
            _programs[plan] = _compiler().submit(_compile, plan)
        return _programs[plan]


def import_finished() -> None:
    """Wait until JAX, where a thread imports it, is imported: SciPy looks into it, and must not find one half of it."""
    if _importing.is_set():
        _imported.wait()


def _compile(plan: Plan) -> Program:
    # JAX takes a second to import: here other work goes on meanwhile, and who only applies a model is spared it
    try:
        from didymos.twin.program import compile_program
    finally:
        _imported.set()
    return compile_program(plan)

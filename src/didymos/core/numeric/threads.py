"""Threads for work in independent pieces, as many as the user allows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Piece = TypeVar("Piece")
Answer = TypeVar("Answer")


class _OneThread:
    """Linear algebra in one thread while anybody is inside; the last one out restores what was before."""

    def __init__(self) -> None:
        self.lock, self.inside = Lock(), 0

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.limit = _libraries().limit(limits=1, user_api="blas")
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside:
                self.limit.restore_original_limits()


ONE_THREAD = _OneThread()
"""A context in which linear algebra has one thread: for many small problems, where several only wait for each other."""


@cache
def _libraries() -> ThreadpoolController:
    """Return a handle on the libraries that numpy has loaded; finding them takes milliseconds."""
    return ThreadpoolController()


def allowed_threads() -> int:
    """Return how many threads may run: what numba and the linear algebra library were both allowed.

    ``NUMBA_NUM_THREADS``, ``numba.set_num_threads``, ``OMP_NUM_THREADS``, ``OPENBLAS_NUM_THREADS``,
    ``MKL_NUM_THREADS`` and `threadpoolctl` all count; without any of them it is the number of cores.
    """
    import numba  # whoever only needs the names of this module does not wait for a compiler

    libraries = [pool["num_threads"] for pool in _libraries().info() if pool["user_api"] == "blas"]
    return int(min([numba.get_num_threads(), *libraries]))


def in_order(work: Callable[[Piece], Answer], pieces: Iterable[Piece], threads: int) -> Iterator[Answer]:
    """Do the work on every piece in several threads and yield the answers in the order of the pieces.

    Every piece has one thread, and so has the linear algebra within it: answers are the same for any number of
    threads. Only a few pieces are in the air at a time, whatever their number.

    Parameters
    ----------
    work : callable
        Releases the interpreter's lock where it takes long.
    pieces : iterable
    threads : int

    Yields
    ------
    object
        What `work` returns.
    """
    if threads == 1:
        with ONE_THREAD:
            yield from map(work, pieces)
        return
    with ONE_THREAD, ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Answer]] = deque()
        try:
            for piece in pieces:
                waiting.append(pool.submit(work, piece))
                if len(waiting) > 4 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

"""Who works on the parts of a map that is not in memory, this process or a cluster, and what is kept of the work."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from didymos.core.numeric.threads import ONE_THREAD, allowed_threads, in_order
from didymos.stored.journal import Journal

AHEAD = 2
"""Parts in work for every thread of a cluster."""
RETRIES = 3
"""How often a part is tried again on another worker."""


@dataclass
class Passes:
    """Passes over the parts of a map, in order; each is the same work on every part.

    Attributes
    ----------
    journal : Journal, optional
        Where the answers of finished parts are kept, for a run that goes on where this one was killed.
    """

    journal: Journal | None = None
    _count: int = field(default=0, init=False)

    def over(self, work: Callable[..., Any], pieces: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
        """Do the work on every piece and yield the answers in the order of the pieces.

        Parameters
        ----------
        work : callable
            A pure function of a piece: another process gives the same answer.
        pieces : sequence of tuple
            The arguments of every call.

        Yields
        ------
        object
        """
        self._count += 1
        if self.journal is None:
            yield from _each(work, pieces)
            return
        journal, number = self.journal, self._count
        waiting = [index for index in range(len(pieces)) if not journal.holds(number, index)]
        fresh = _each(work, [pieces[index] for index in waiting])
        for index in range(len(pieces)):
            if waiting and index == waiting[0]:
                waiting.pop(0)
                answer = next(fresh)
                journal.keep(number, index, answer)
                yield answer
            else:
                yield journal.answer(number, index)


def _each(work: Callable[..., Any], pieces: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    client = active_client()
    if client is None:
        yield from in_order(lambda piece: work(*piece), pieces, allowed_threads())
    else:
        yield from _on_cluster(client, work, pieces)


def active_client() -> Any:
    """Return the client of dask.distributed that is active in this process, None where there is none."""
    if "distributed" not in sys.modules:
        return None
    from distributed import default_client

    try:
        return default_client()  # type: ignore[no-untyped-call]
    except ValueError:
        return None


def _on_cluster(client: Any, work: Callable[..., Any], pieces: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Yield the answers of the workers of a cluster in order; the work of one that dies is done by another."""
    threads = sum(client.nthreads().values()) or 1
    waiting: deque[Any] = deque()
    left = deque(pieces)
    try:
        while waiting or left:
            while left and len(waiting) < AHEAD * threads:
                # the answer depends on what a worker reads, so that it has no name that stands for its content
                waiting.append(client.submit(alone, work, left.popleft(), pure=False, retries=RETRIES))
            yield waiting.popleft().result()
    finally:
        client.cancel(list(waiting))


def alone(work: Callable[..., Any], piece: tuple[Any, ...]) -> Any:
    """Do the work with linear algebra in one thread: then every machine of a kind gives the same answer."""
    with ONE_THREAD:
        return work(*piece)

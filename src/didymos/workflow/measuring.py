"""Time and memory that a piece of work takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

import psutil

INTERVAL = 0.02
"""Seconds between two looks at the memory."""
MEGABYTE = 1e6


@dataclass
class Cost:
    """What a piece of work took.

    Attributes
    ----------
    seconds : float
        Wall-clock time.
    peak_memory : float
        In MB (10^6 bytes): the most resident memory of the process that was seen during the work, less that before it.
        Memory that lives for less than 20 ms may go unseen, memory that the process had kept from earlier work and used
        again is not counted, and that of other threads at the same time is.
    """

    seconds: float = float("nan")
    peak_memory: float = float("nan")


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the time and the memory of what is done inside.

    Yields
    ------
    Cost
        Filled in when the block ends, also with an exception.
    """
    cost, done, process = Cost(), Event(), psutil.Process()
    before = peak = process.memory_info().rss

    def look() -> None:
        nonlocal peak
        peak = max(peak, process.memory_info().rss)

    def watch() -> None:
        while not done.wait(INTERVAL):
            look()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    start = time.perf_counter()
    try:
        yield cost
    finally:
        cost.seconds = time.perf_counter() - start
        done.set()
        watcher.join()
        look()
        cost.peak_memory = (peak - before) / MEGABYTE

"""Synthetic maps with the nuisances of real instruments, set aside.

Nobody tunes on these families: they are for a last test. Whoever has looked at figures of didymos on one of them moves
it to `_families` and writes another here.
"""

from __future__ import annotations

from collections.abc import Callable

from _maps import TrueMap

FAMILIES: tuple[Callable[[int, bool], TrueMap], ...] = ()

"""Folders of files that each hold the spectrum of one point."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

_SHOWN = 5


def by_number(files: Iterable[Path]) -> list[Path]:
    """Sort files by the numbers in their names: ``spec_9`` before ``spec_10``."""
    return sorted(files, key=lambda file: [int(p) if p.isdigit() else p for p in re.split(r"(\d+)", file.name)])


def listed(left_out: Sequence[str]) -> str:
    """Name what was left out of a folder and why: the first few, and how many more there are."""
    more = [f"{len(left_out) - _SHOWN} more"] if len(left_out) > _SHOWN else []
    return "; ".join([*left_out[:_SHOWN], *more])

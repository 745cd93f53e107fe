"""Options of the recipe `polynomials`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from didymos.simulate.options.base import MapOptions, check_range


@dataclass(frozen=True, kw_only=True)
class PolynomialsOptions(MapOptions):
    """Options of `polynomials`.

    Parameters
    ----------
    separation : float
        Distance of the centres in units of that of the figure (0: one cloud).
    noise : float
        Standard deviation of the white noise, in the unit of the curves.
    corrupted : float
        Share of corrupted curves, 0 to 1.
    missing : float
        Share of curves left out at random, 0 to 1.
    aborted_rows : int
        How many rows at the end are missing.
    """

    DENSITY: ClassVar[float] = 0.5

    shape: tuple[int, int] = (40, 40)
    separation: float = 1.0
    noise: float = 0.02
    corrupted: float = 0.0
    missing: float = 0.0
    aborted_rows: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, high in (("separation", math.inf), ("noise", math.inf), ("corrupted", 1.0), ("missing", 1.0)):
            check_range(name, getattr(self, name), 0, high)
        check_range("aborted_rows", self.aborted_rows, 0)

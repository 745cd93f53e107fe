"""Options of the recipe `fese`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from didymos.simulate.options.base import check_range
from didymos.simulate.options.surface import SurfaceOptions


@dataclass(frozen=True, kw_only=True)
class FeseOptions(SurfaceOptions):
    """Options of `fese`.

    Parameters
    ----------
    gap : float
        Amplitude of the superconducting gap in mV (0: the normal state).
    lifetime : float
        Half width of the quasi-particle levels in mV.
    gap_spread : float
        Standard deviation of the gap over the surface in mV.
    doping_spread : float
        Standard deviation of the chemical potential over the surface in mV.
    slope_spread : float
        Standard deviation of the slope of the transmission over the surface in 1/mV.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("vacancy", "adatom", "magnetic")
    DENSITY: ClassVar[float] = 0.0011

    kinds: tuple[str, ...] = ("vacancy",)
    gap: float = 2.3
    lifetime: float = 0.6
    gap_spread: float = 0.12
    doping_spread: float = 0.6
    slope_spread: float = 0.0035

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("gap", "gap_spread", "doping_spread", "slope_spread"):
            check_range(name, getattr(self, name), 0)
        check_range("lifetime", self.lifetime, 0.05)

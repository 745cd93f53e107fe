"""Options of the recipe `semiconductor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from didymos.simulate.options.base import check_range
from didymos.simulate.options.surface import SurfaceOptions

POTENTIALS = {"donor": (-300.0, 0.0), "acceptor": (0.0, 350.0), "deep": (-550.0, 0.0)}
"""Potential of each kind on the conduction and the valence orbital, in mV."""


@dataclass(frozen=True, kw_only=True)
class SemiconductorOptions(SurfaceOptions):
    """Options of `semiconductor`.

    Parameters
    ----------
    band_gap : float
        Between the bands, in mV.
    lifetime : float
        Half width of the levels in mV.
    edge_spread : float
        Standard deviation of the shift of both band edges over the surface in mV.
    slope_spread : float
        Standard deviation of the slope of the transmission over the surface in 1/mV.
    """

    KINDS: ClassVar[tuple[str, ...]] = tuple(POTENTIALS)
    DENSITY: ClassVar[float] = 0.0025

    energies: int = 256
    energy_range: tuple[float, float] = (-1000.0, 1000.0)
    kinds: tuple[str, ...] = ("donor", "acceptor")
    correlation_length: float = 6e-9
    tip_width: float = 1.6e-10
    temperature: float = 77.0
    modulation: float = 10.0
    setpoint_bias: float = 1000.0
    bandwidth: float = 25.0
    band_gap: float = 900.0
    lifetime: float = 25.0
    edge_spread: float = 45.0
    slope_spread: float = 1.0e-4

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("band_gap", "edge_spread", "slope_spread"):
            check_range(name, getattr(self, name), 0)
        check_range("lifetime", self.lifetime, 1.0)

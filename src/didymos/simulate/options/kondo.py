"""Options of the recipe `kondo`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from didymos.simulate.options.base import check_range
from didymos.simulate.options.surface import SurfaceOptions


@dataclass(frozen=True)
class Adatom:
    """A kind of adatom.

    Parameters
    ----------
    attraction : float
        Potential that electrons at the Fermi level feel, in mV.
    temperature : float
        Kondo temperature in K (0: not magnetic).
    level : float
        Energy of the Kondo resonance in mV.
    asymmetry : float
        Fano's q on top of the adatom.
    """

    attraction: float
    temperature: float = 0.0
    level: float = 0.0
    asymmetry: float = 0.0


ADATOMS = {
    "cobalt": Adatom(-500.0, temperature=92.0, level=3.0),
    "titanium": Adatom(-400.0, temperature=40.0, level=0.0, asymmetry=0.8),
    "silver": Adatom(-900.0),
}


@dataclass(frozen=True, kw_only=True)
class KondoOptions(SurfaceOptions):
    """Options of `kondo`.

    Parameters
    ----------
    onset : float
        Bottom of the surface-state band in mV, -150 to -20.
    effective_mass : float
        Of its electrons, in electron masses, 0.2 to 1.
    lifetime : float
        Half width of their levels in mV, from 2.
    surface_share : float
        Share of the surface state in the density of states over its onset, 0.05 to 1; the rest are bulk states.
    kondo_scale : float
        Multiplies the Kondo temperature of every kind, 0.2 to 5.
    onset_spread : float
        Standard deviation of the onset over the surface in mV; Kondo resonances stay at the Fermi level.
    slope_spread : float
        Standard deviation of the slope of the transmission over the surface in 1/mV.
    """

    KINDS: ClassVar[tuple[str, ...]] = tuple(ADATOMS)
    DENSITY: ClassVar[float] = 0.003

    energies: int = 256
    energy_range: tuple[float, float] = (-100.0, 100.0)
    kinds: tuple[str, ...] = ("cobalt",)
    correlation_length: float = 6e-9
    tip_width: float = 3.5e-10
    modulation: float = 1.5
    setpoint_bias: float = 100.0
    setpoint_current: float = 200.0
    onset: float = -65.0
    effective_mass: float = 0.4
    lifetime: float = 3.0
    surface_share: float = 0.5
    kondo_scale: float = 1.0
    onset_spread: float = 2.0
    slope_spread: float = 4.0e-4

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("onset", self.onset, -150, -20)
        check_range("effective_mass", self.effective_mass, 0.2, 1)
        check_range("lifetime", self.lifetime, 2)
        check_range("surface_share", self.surface_share, 0.05, 1)
        check_range("kondo_scale", self.kondo_scale, 0.2, 5)
        for name in ("onset_spread", "slope_spread"):
            check_range(name, getattr(self, name), 0)

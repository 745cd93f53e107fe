"""Options of the recipe `landau`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from didymos.schema.names import InputError
from didymos.simulate.options.base import check_range
from didymos.simulate.options.surface import SurfaceOptions

CUTOFF = 1500.0  # mV from the Dirac point: there the bands of graphene cease to be linear, and here they end


@dataclass(frozen=True, kw_only=True)
class LandauOptions(SurfaceOptions):
    """Options of `landau`.

    Parameters
    ----------
    field : float
        Magnetic field across the surface in T.
    fermi_velocity : float
        Of the Dirac electrons in m/s.
    dirac_point : float
        Its energy in mV; below zero the surface is doped with electrons.
    lifetime : float
        Half width of the Landau levels at the Fermi energy in mV.
    background : float
        Density of states of Dirac electrons that the field leaves alone, relative to the density without a field.
    potential_spread : float
        Standard deviation of the disorder potential over the surface in mV.
    slope_spread : float
        Standard deviation of the slope of the transmission over the surface in 1/mV.
    charge : float
        Of a charged impurity in elementary charges; a positive one pulls the levels down.
    screening_length : float
        Length in m over which the electrons screen a charged impurity.
    correlation_length : float
        Length in m over which the surface varies; the period of a moire pattern, see texture. Orbits average what
        changes within them: it should not be much below the magnetic length, 7.4 nm at 12 T.
    tip_width : float
        Standard deviation in m of a Gaussian over which the tip averages the density of states.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("charged", "vacancy")
    DENSITY: ClassVar[float] = 0.00026

    energies: int = 256
    energy_range: tuple[float, float] = (-250.0, 250.0)
    kinds: tuple[str, ...] = ("vacancy", "charged")
    correlation_length: float = 2e-8
    tip_width: float = 2e-10
    modulation: float = 3.0
    setpoint_bias: float = 300.0
    setpoint_current: float = 300.0
    bandwidth: float = 25.0
    field: float = 12.0
    fermi_velocity: float = 1e6
    dirac_point: float = -80.0
    lifetime: float = 5.0
    background: float = 0.3
    potential_spread: float = 4.0
    slope_spread: float = 2e-4
    charge: float = 1.0
    screening_length: float = 4e-9

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("background", "potential_spread", "slope_spread"):
            check_range(name, getattr(self, name), 0)
        for name, low, high in (
            ("field", 1.0, 40.0),
            ("fermi_velocity", 3e5, 3e6),
            ("dirac_point", -500.0, 500.0),
            ("lifetime", 1.0, 100.0),
            ("charge", -5.0, 5.0),
            ("screening_length", 5e-10, 2e-8),
        ):
            check_range(name, getattr(self, name), low, high)
        furthest = max(abs(bias - self.dirac_point) for bias in (*self.energy_range, self.setpoint_bias))
        if furthest > CUTOFF:
            raise InputError(
                f"energy_range and setpoint_bias reach {furthest:g} mV from the Dirac point; allowed are {CUTOFF:g}, "
                "where its cone ends: choose a smaller range"
            )

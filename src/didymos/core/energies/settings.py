"""Numbers that steer the views of a map along its energies."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EnergySettings:
    """Numbers that steer energy windows, histograms of the signal and the choice of one energy.

    Attributes
    ----------
    level : float
        A window ends where the correlation with the leading mode falls under this share of its largest value.
    minimum_width : float
        A window holds at least this share of the energy range; narrower gaps within a window are closed.
    local_width : float
        Energies nearer than this share of the range do not support each other: smoothing correlates their noise.
    noise_margin : float
        How far over the edge of noise the leading mode must stand.
    tail : float
        Share of the values on either side that may be left out of a histogram which they would flatten.
    passes : int
        Narrower ranges of a histogram that are tried at most.
    most_energies : int
        Evenly spaced energies at which a map is cut in two, at most.
    """

    level: float = 0.35
    minimum_width: float = 0.03
    local_width: float = 0.01
    noise_margin: float = 1.3
    tail: float = 1e-3
    passes: int = 12
    most_energies: int = 128

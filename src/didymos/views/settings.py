"""How much of a result a page with linked views holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ViewSettings:
    """Limits of a page with linked views; a page is as large as what it holds.

    Attributes
    ----------
    most_spectra : int
        Spectra that a page holds at most; beyond, a sample.
    sample : int
        Spectra in the sample.
    most_energies : int
        Energies of a spectrum at most; beyond, neighbouring energies are averaged.
    most_places : int
        Points of the map at most; beyond, every place stands for a block of points.
    cells : int
        Cells along the longer side of the picture of scattered points.
    """

    most_spectra: int = 50_000
    sample: int = 10_000
    most_energies: int = 128
    most_places: int = 130_000
    cells: int = 320

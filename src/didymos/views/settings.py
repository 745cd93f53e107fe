"""How much of a result a page with linked views holds."""

from __future__ import annotations

from dataclasses import dataclass, field


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


@dataclass(frozen=True)
class ComparedSettings:
    """Limits of a page with linked views of a comparison of methods.

    Attributes
    ----------
    views : ViewSettings
        Limits of places and spectra. Every method adds its score, groups and plane at every place.
    most_bytes : int
        Of all arrays. Spectra get as many energies as these bytes leave room for.
    least_energies : int
        Energies of a spectrum at least, however many methods there are.
    """

    views: ViewSettings = field(
        default_factory=lambda: ViewSettings(most_spectra=16_384, sample=10_000, most_places=16_384)
    )
    most_bytes: int = 1_700_000
    least_energies: int = 32

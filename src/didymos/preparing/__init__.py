"""Preparing a map: spectral map in, spectral map out, each step with a sentence about what was done."""

from typing import TYPE_CHECKING

from didymos.schema.lazy import lazily

if TYPE_CHECKING:
    from didymos.preparing.aligning import align_energies
    from didymos.preparing.binning import bin_map
    from didymos.preparing.cleaning import despike, smooth, subtract_background
    from didymos.preparing.corrupted import mark_artefacts
    from didymos.preparing.drifting import correct_drift
    from didymos.preparing.heights import level
    from didymos.preparing.pipeline import prepared
    from didymos.preparing.scaling import calibrate_lockin, normalise
    from didymos.preparing.selecting import crop, mask
    from didymos.preparing.settings import PreparingSettings
    from didymos.preparing.units import with_current

__all__ = [
    "PreparingSettings",
    "align_energies",
    "bin_map",
    "calibrate_lockin",
    "correct_drift",
    "crop",
    "despike",
    "level",
    "mark_artefacts",
    "mask",
    "normalise",
    "prepared",
    "smooth",
    "subtract_background",
    "with_current",
]

__getattr__, __dir__ = lazily(
    __name__,
    {
        "aligning": ("align_energies",),
        "binning": ("bin_map",),
        "cleaning": ("despike", "smooth", "subtract_background"),
        "corrupted": ("mark_artefacts",),
        "drifting": ("correct_drift",),
        "heights": ("level",),
        "pipeline": ("prepared",),
        "scaling": ("calibrate_lockin", "normalise"),
        "selecting": ("crop", "mask"),
        "settings": ("PreparingSettings",),
        "units": ("with_current",),
    },
)

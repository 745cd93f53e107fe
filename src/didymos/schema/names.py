"""Names, flags and the error that every room uses."""

from __future__ import annotations

from enum import IntEnum

VERSION = "0.1.0"
ENERGY = "energy"
IMAGE_DIMS = ("y", "x")
POINT_DIMS = ("point",)


class InputError(ValueError):
    """The input or an option is at fault; the message is one line: what came, what is allowed, what to do."""


class Region(IntEnum):
    """The values of the variable ``region``."""

    MISSING = -1
    MAJORITY = 0
    TRANSITION = 1
    MINORITY = 2
    ARTEFACT = 3


SPECTRAL_REGIONS = (Region.MAJORITY, Region.TRANSITION, Region.MINORITY)
"""The regions that have an average spectrum, in the order of the dim ``region_name``."""

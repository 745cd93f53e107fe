"""Whether the height of the points is a topography, or was held constant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROUNDING = 4.0
"""So many steps of single precision are no height."""


def constant_height(height: NDArray[np.floating], units: str = "m") -> str | None:
    """Return a sentence where a recorded height is the same at every point, None where it is a topography.

    Parameters
    ----------
    height : array
        Heights of the points, NaN where not recorded.
    units : str
        Their unit.

    Returns
    -------
    str or None
        Such as "The height is constant, -11.13 nm: there is no topography."
    """
    known = height[np.isfinite(height)].astype(np.float64)
    if not known.size:
        return "No height was recorded: there is no topography."
    if known.size == 1:
        return None  # nobody knows
    largest = float(np.abs(known).max())
    if np.ptp(known) > ROUNDING * float(np.spacing(np.float32(largest))):
        return None
    factor, units = (1e9, "nm") if units == "m" else (1.0, units)
    value = f"{factor * float(known[0]):.4g} {units}".rstrip()
    return f"The height is constant, {value}: there is no topography."

"""Names and units as they stand on an axis."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.font_manager import FontProperties, findfont, get_font
from numpy.typing import ArrayLike, NDArray

from didymos.plots.styling import power_of_ten

PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
PREFIXABLE = {"m", "V", "A", "S", "Hz", "N", "s", "J", "eV", "W"}
_UNIT = re.compile(r"(\w+)([ /·*].*)?$")
ARBITRARY = "arb. units"
LONGEST_NAME = 32


@dataclass(frozen=True)
class Scale:
    """The factor from stored to drawn values, and the unit of the drawn values."""

    factor: float
    units: str

    def __call__(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return the values in the drawn unit."""
        return np.asarray(values, dtype=float) * self.factor


@lru_cache(maxsize=4096)
def _has_glyph(character: str) -> bool:
    # fonts that lack a character make matplotlib warn at every drawing
    return bool(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_char_index(ord(character)))


def plain(text: Any, longest: int = LONGEST_NAME) -> str:
    """Return text from a file as it may be drawn: no mathematics, one line, no characters without a glyph."""
    line = " ".join(str(text).split())
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return "".join(character if _has_glyph(character) else "?" for character in line).replace("$", r"\$")


def scale(values: ArrayLike, units: str) -> Scale:
    """Choose the prefix or power of ten in which the values are numbers between 1 and 1000.

    Parameters
    ----------
    values : array_like
        The values to draw; their largest magnitude decides.
    units : str
        Their unit; ``m``, ``V``, ``A`` ... get a prefix, others a power of ten where they need one.

    Returns
    -------
    Scale
        The factor and the unit to write on the axis.
    """
    magnitudes = np.abs(np.asarray(values, dtype=float))
    largest = float(np.max(magnitudes, initial=0.0, where=np.isfinite(magnitudes)))
    parts = _UNIT.match(units)
    head, tail = (parts[1], parts[2] or "") if parts else ("", "")
    exponent = 3 * math.floor(math.log10(largest) / 3) if largest > 0 else 0
    if head in PREFIXABLE and exponent in PREFIXES:
        return Scale(10.0**-exponent, plain(PREFIXES[exponent] + head + tail))
    name = ARBITRARY if units in ("", "1") else plain(units)
    if -3 <= exponent <= 3:
        return Scale(1.0, name)
    return Scale(10.0**-exponent, f"{power_of_ten(10.0**exponent)} {name}")


def label(name: str, units: str) -> str:
    """Return an axis label: the name and its unit in parentheses."""
    return f"{name} ({units})" if units else name


def units_of(data: xr.DataArray) -> str:
    """Return the ``units`` attribute of a variable or coordinate, stripped; empty for numbers and where it has none."""
    units = str(data.attrs.get("units", "")).strip()
    return "" if units == "1" else units


def name_of(data: xr.DataArray, default: str) -> str:
    """Return the ``long_name`` of a variable or coordinate for an axis."""
    return plain(data.attrs.get("long_name", "") or default)


def energy_axis(result: xr.Dataset) -> tuple[NDArray[np.float64], str]:
    """Return the energies and the label of the energy axis."""
    energy = result["energy"]
    return np.asarray(energy.values, dtype=float), label(name_of(energy, "energy"), plain(units_of(energy)))


def signal_scale(result: xr.Dataset, values: ArrayLike) -> tuple[Scale, str]:
    """Return the scale of values in units of the signal, and the name of the signal."""
    spectra = result["spectra"] if "spectra" in result else result["region_spectrum"]
    return scale(values, units_of(spectra)), name_of(spectra, "signal")


def edges(centres: ArrayLike) -> NDArray[np.float64]:
    """Return the edges of bins or pixels from their centres."""
    middle = np.asarray(centres, dtype=float)
    if middle.size < 2:
        return np.array([middle[0] - 0.5, middle[0] + 0.5]) if middle.size else np.array([0.0, 1.0])
    between = (middle[1:] + middle[:-1]) / 2
    return np.concatenate([[2 * middle[0] - between[0]], between, [2 * middle[-1] - between[-1]]])


def limits(values: ArrayLike, share: float = 0.005) -> tuple[float, float, str]:
    """Return colour limits that leave out a share at either end, and which ends were cut ("both" or "neither")."""
    array = np.asarray(values, dtype=float)
    finite = array[np.isfinite(array)]
    if not finite.size:
        return 0.0, 1.0, "neither"
    low, high = (float(edge) for edge in np.quantile(finite, [share, 1 - share]))
    if low == high:
        margin = abs(low) * 0.01 or 0.5
        return low - margin, high + margin, "neither"
    return low, high, "both"

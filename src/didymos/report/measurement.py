"""What was measured, in terms with their descriptions, and the unit of lengths."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from didymos.plots.numbers import number
from didymos.plots.surface import length_scale, positions
from didymos.plots.units import units_of
from didymos.report.typography import typeset
from didymos.schema import is_image

READING = (
    ("Channel", "channel"),
    ("Rule for the channel", "channel_rule"),
    ("Prepared by", "derived"),
    ("Sweep directions", "backward"),
    ("Repeated sweeps", "sweeps"),
    ("Axes of the file", "axes"),
    ("Energies", "energies"),
    ("Order of the points", "pixel_order"),
    ("Left out of the folder", "left_out"),
    ("Topography", "topography_note"),
)
"""What a map says of how it was read, by the term that the report has for it."""
NAMES = ("channel", "left_out")
"""Those of them that hold names of a file, which stay as they are."""


def measured(result: xr.Dataset) -> list[tuple[str, str]]:
    """Return the properties of the measurement, as terms with their descriptions."""
    spectra = result["spectra"]
    energy = result["energy"]
    values, units = energy.values, units_of(energy)
    title = str(energy.attrs.get("long_name", "") or "Energies")
    rows = [
        ("File", str(result.attrs.get("input_file", "") or "unknown")),
        ("Points", _points(result)),
        (
            title[:1].upper() + title[1:],  # EELS and CL keep their capitals
            f"{number(values.size)} values from {number(values.min())} to {number(values.max())} {units}".rstrip(),
        ),
        ("Signal", _signal(spectra)),
    ]
    for term, name in READING:
        if text := words(spectra.attrs.get(name)):
            rows.append((term, text if name in NAMES else typeset(text)))
    return rows


def words(value: Any) -> str:
    """Return a text from a file, empty where the file says that there is none."""
    if value is None or value is False or str(value).strip().lower() in ("", "0", "none", "false"):
        return ""
    return "numerical derivative" if str(value).strip().lower() in ("1", "true") else str(value)


def _points(result: xr.Dataset) -> str:
    x, y = positions(result)
    columns, rows = result.sizes.get("x", 0), result.sizes.get("y", 0)
    image = is_image(result)
    text = (
        f"{number(columns)} × {number(rows)} (x × y)" if image else f"{number(result.sizes['point'])} scattered points"
    )
    if "x" not in result.coords:
        return text
    spans = [float(np.ptp(position.values)) for position in (x, y)]
    # a pixel reaches half a step beyond its position
    steps = zip(spans, (columns, rows), strict=True) if image else ()
    sizes = [span / max(count - 1, 1) * count for span, count in steps] or spans
    length = length_scale(result)
    width, height = length(sizes)
    size = f"{number(width)} × {number(height)}" if min(spans) > 0 else number(max(width, height))
    return f"{text}, {size} {length.units}" if max(spans) > 0 and length.units != "pixel" else text


def _signal(spectra: xr.DataArray) -> str:
    units = units_of(spectra)
    return str(spectra.attrs.get("long_name", "signal")) + (f" in {units}" if units not in ("", "1") else "")

"""The tables that stand in the page, in numbers for people; the CSV files hold all digits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.plots.numbers import number
from didymos.plots.surface import length_scale, positions
from didymos.plots.units import units_of
from didymos.report import tables
from didymos.report.typography import percent, with_error
from didymos.schema import Region, is_image

MOST_DEFECTS = 200
"""Rows of the table of defects in the page."""
NONE = "–"


@dataclass(frozen=True)
class PageTable:
    """A table of a page: what it is, the names of its columns, and its rows as text.

    Attributes
    ----------
    title : str
    header : tuple of str
        With units.
    rows : tuple of tuple of str
    note : str
        What the page leaves out; empty where nothing is.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def section_tables(result: xr.Dataset) -> dict[str, PageTable]:
    """Return the short tables that stand beside figures, by the anchor of the section."""
    chosen = {"where": regions(result), "transfer": energy_windows(result)}
    return {anchor: table for anchor, table in chosen.items() if table is not None}


def regions(result: xr.Dataset) -> PageTable | None:
    """Return how many points are in each region; None where there are no regions."""
    if "region" not in result:
        return None
    flags = result["region"].values
    counts = {region: int((flags == region).sum()) for region in Region}
    rows = [(region.name.lower(), number(count), percent(count, flags.size)) for region, count in counts.items()]
    return PageTable("Regions", ("region", "points", "share"), tuple(rows))


def energy_windows(result: xr.Dataset) -> PageTable | None:
    """Return the energy windows with the spectral weight that the minority gains; what is unknown is left out."""
    if "window_start" not in result or not result["window_start"].size:
        return None
    energy, weight = units_of(result["energy"]), tables.weight_units(result)
    known = {name: result[f"window_{name}"].values for name in ("start", "stop", "sign") if f"window_{name}" in result}
    count = known["start"].size
    columns = {_named("from", energy): [number(value) for value in known["start"]]}
    if "stop" in known:
        columns[_named("to", energy)] = [number(value) for value in known["stop"]]
    if "sign" in known and len(set(np.sign(known["sign"]).tolist())) > 1:
        columns["sign"] = ["+" if sign > 0 else "−" for sign in known["sign"]]
    strength = _values(result, "window_strength", count)
    if np.isfinite(strength).any():
        columns["mean correlation with opposite windows"] = [_digits(value, 2) for value in strength]
    change, error = (_values(result, f"window_weight_transfer{end}", count) for end in ("", "_std"))
    if np.isfinite(change).any():
        columns[_named("weight of minority less majority", weight)] = [
            with_error(*pair) if math.isfinite(pair[0]) else NONE for pair in zip(change, error, strict=True)
        ]
    return PageTable("Energy windows", tuple(columns), tuple(zip(*columns.values(), strict=True)))


def defects(result: xr.Dataset) -> PageTable | None:
    """Return the defects with positions in the unit of the figures; None where there are none."""
    count = result["defect_x"].size if "defect_x" in result else 0
    if not count:
        return None
    length = length_scale(result)
    decimals = _decimals(float(length(_step(result))))
    columns = {"number": [str(place) for place in range(1, count + 1)]}
    for name in ("x", "y", "extent"):
        if f"defect_{name}" in result:
            values = length(result[f"defect_{name}"].values)
            columns[_named(name, length.units)] = [_digits(value, decimals) for value in values]
    if "defect_spectra" in result:
        columns["spectra"] = [number(value) for value in result["defect_spectra"].values]
    if "defect_kind" in result:
        columns["kind"] = [_kind(result, value) for value in result["defect_kind"].values]
    if "defect_score" in result:
        columns["score"] = [_digits(value, 2) for value in result["defect_score"].values]
    rows = tuple(zip(*columns.values(), strict=True))
    note = (
        f"The first {number(MOST_DEFECTS)} of {number(count)} defects. The file tables/defects.csv lists all."
        if count > MOST_DEFECTS
        else ""
    )
    return PageTable("Defects", tuple(columns), rows[:MOST_DEFECTS], note)


def _named(name: str, units: str) -> str:
    return f"{name} ({units})" if units not in ("", "1") else name


def _values(result: xr.Dataset, name: str, count: int) -> NDArray[np.float64]:
    return np.asarray(result[name].values, dtype=float) if name in result else np.full(count, np.nan)


def _digits(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    # no minus before a zero
    text = text.lstrip("-") if not text.strip("-0.") else text
    return text.replace("-", "−") if math.isfinite(value) else NONE


def _step(result: xr.Dataset) -> float:
    """Return the finest distance between neighbouring points, in the stored unit."""
    along = [np.asarray(position.values, dtype=float) for position in positions(result)]
    spans = [float(np.ptp(values)) for values in along]
    if not is_image(result):
        sides = [span for span in spans if span > 0]
        return math.prod(sides) ** (1 / len(sides)) / along[0].size ** (1 / len(sides)) if sides else 1.0
    steps = [span / (values.size - 1) for span, values in zip(spans, along, strict=True) if span > 0]
    return min(steps, default=1.0)


def _decimals(step: float) -> int:
    """Return the decimals that show two figures of a step."""
    return max(0, 1 - math.floor(math.log10(step))) if step > 0 else 0


def _kind(result: xr.Dataset, kind: float) -> str:
    if not math.isfinite(kind):
        return NONE
    place = int(kind) - 1
    names = result["kind_name"].values if "kind_name" in result else ()
    return str(names[place]) if 0 <= place < len(names) else number(kind)

"""What the header of a Nanonis grid says about the map: settings of the instrument, and notes of didymos."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

TEXTS = {
    "date": "Date",
    "start_time": "Start time",
    "end_time": "End time",
    "user": "User",
    "comment": "Comment",
    "experiment": "Experiment",
    "set_point_units": "Z-Controller>Setpoint unit",
    "lockin_modulated_signal": "Lock-in>Modulated signal",
    "software_version": "NanonisMain>SW Version",
}
"""Texts by the names that they have as attributes of a map."""
NUMBERS = {
    "set_point_bias": "Bias>Bias (V)",
    "set_point": "Z-Controller>Setpoint",
    "lockin_amplitude": "Lock-in>Amplitude",
    "lockin_frequency": "Lock-in>Frequency (Hz)",
    "settling_time": "Bias Spectroscopy>Settling time (s)",
    "integration_time": "Bias Spectroscopy>Integration time (s)",
}
"""Numbers by the names that they have as attributes of a map."""
MAP = "didymos>Map"
"""The entry that holds, as JSON, how the map was prepared and what its parameters are called."""
KEPT = ("preparation", "prepared_with", "source_channel", "set_point_units", "lockin_modulated_signal")
"""Attributes that are kept as they are."""
PER_POINT = ("truth_", "saturated", "artefact", "energy_shift")
"""How the names of values per point begin that become parameters of the records."""
KINDS = {"b": "bool", "i": "int64", "u": "int64", "f": "float32"}


def settings_lines(attrs: Mapping[Any, Any]) -> dict[str, str]:
    """Return the lines of a header that hold the settings of the instrument, as far as a map knows them."""
    found = {key: attrs.get(name) for name, key in NUMBERS.items()}
    known = {key: float(value) for key, value in found.items() if isinstance(value, int | float | np.number)}
    return {key: f"{value:.9E}" for key, value in known.items() if math.isfinite(value)}


def map_line(attrs: Mapping[Any, Any], points: Mapping[str, xr.DataArray]) -> str:
    """Return the value of the entry about the map.

    Parameters
    ----------
    attrs : mapping
        Of the map.
    points : mapping of str to xarray.DataArray
        Values per point by the name of the parameter that holds them.
    """
    described = {
        label: {
            "name": str(values.name),
            "kind": KINDS.get(values.dtype.kind, "float32"),
            "attrs": {str(name): _plain(value) for name, value in values.attrs.items()},
        }
        for label, values in points.items()
    }
    kept = {name: str(attrs[name]) for name in KEPT if attrs.get(name)}
    return in_one_line({"attrs": kept, "points": described})


def in_one_line(values: Mapping[str, Any]) -> str:
    """Return JSON without the letters at which readers split a header."""
    # they can stand only inside the strings of JSON, where they can be escaped
    return json.dumps(values, default=str).replace(";", r"\u003b").replace("=", r"\u003d")


def read_map_line(text: str | None) -> tuple[dict[str, str], dict[str, Mapping[str, Any]]]:
    """Return what an entry about the map says: attributes of the map, and by their label what its parameters are.

    A damaged entry says nothing.
    """
    try:
        found = json.loads(text or "{}")
        attrs = {name: str(found.get("attrs", {})[name]) for name in KEPT if name in found.get("attrs", {})}
        points = {
            str(label): one
            for label, one in found.get("points", {}).items()
            if str(one["name"]).startswith(PER_POINT)
            and one["kind"] in KINDS.values()
            and isinstance(one["attrs"], dict)
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}, {}
    return attrs, points


def point_values(values: np.ndarray[Any, Any], described: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    """Return values per point as they were before they became parameters; integers that are missing are 0."""
    kind = str(described["kind"])
    if kind == "float32":
        return values.astype(np.float32)
    known = np.where(np.isfinite(values), values, 0)
    return np.rint(known).astype(np.int8 if kind == "int64" and np.abs(known).max(initial=0) < 128 else kind)


def point_attrs(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of values per point; lists of numbers are arrays."""
    return {
        str(name): np.asarray(value) if isinstance(value, list) else value for name, value in described["attrs"].items()
    }


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value

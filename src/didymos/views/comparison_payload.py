"""What a page with linked views knows of a comparison of methods: scores, groups and latent planes of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import rankdata

from didymos.plots.comparison import FURTHER_COLOUR, GROUP_COLOURS, OTHER, TRUE, UNCOUNTED, drawn_groups, has_truth
from didymos.plots.comparison_plane import TRUTH_COLOURS, TRUTH_WORDS, plane
from didymos.plots.maps import over_space
from didymos.plots.regions import GROUND
from didymos.plots.styling import REGION_COLOURS, SCORE_COLOURS
from didymos.plots.units import limits
from didymos.schema import Region, space_dims
from didymos.views.layers import Group, Layer, palette
from didymos.views.payload import array, framed, ground, layer_entry
from didymos.views.places import Places, places_of
from didymos.views.settings import ComparedSettings
from didymos.views.spectra import packed

LEVELS = 32767
"""Values of 16 bits lie between plus and minus this number."""
UNKNOWN = -32768
TWINS = ("twin", "twin-robust")
"""Names of the twins that a page begins with, the first one found."""


def compared_payload(comparison: xr.Dataset, settings: ComparedSettings) -> tuple[dict[str, Any], Places]:
    """Return what a page with linked views needs to know of a comparison, and the places that it shows.

    Parameters
    ----------
    comparison : xarray.Dataset
        A comparison.
    settings : ComparedSettings

    Returns
    -------
    values : dict
        To be written by :func:`didymos.views.payload.as_json`.
    places : Places
    """
    surface = _ranked(comparison)
    places = places_of(surface, settings.views)
    methods, planes = _methods(comparison, places)
    room = (settings.most_bytes - _weight(methods) - _weight(planes)) // max(len(places.with_spectrum), 1)
    energies = int(np.clip(room, settings.least_energies, settings.views.most_energies))
    spectra = packed(surface, places.index[places.with_spectrum], energies)
    values = {
        **ground(surface, places, spectra),
        "palettes": {SCORE_COLOURS: palette(SCORE_COLOURS)},
        "methods": methods,
        "planes": planes,
        "groups": _group_entries(),
        "truth": _truth(comparison, places),
        "corrupted": _corrupted(comparison, places),
        "sides": first_sides([str(name) for name in comparison["algorithm"].values]),
    }
    return values, places


def first_sides(names: list[str]) -> list[str]:
    """Return the two methods that a page begins with: the twins and PCA, or else the first others."""
    left = next((name for name in TWINS if name in names), None)
    left = left or next((name for name in names if name.startswith("twin")), names[0])
    others = [name for name in names if name != left]
    return [left, "pca" if "pca" in others else (others or names)[0]]


def quantised(values: NDArray[Any]) -> dict[str, Any]:
    """Return values in 16 bits, with their range: the error is at most 1/131068 of the range."""
    known = np.isfinite(values)
    low, high = (float(edge) for edge in (values[known].min(), values[known].max())) if known.any() else (0.0, 1.0)
    share = (np.where(known, values, low) - low) / ((high - low) or 1.0)
    level = np.where(known, np.rint((2 * share - 1) * LEVELS), UNKNOWN).astype(np.int16)
    return {"level": array(level), "low": low, "high": high}


def paired(numbers: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Return numbers from -1 to 14 two in a byte, each greater by one, the first of a pair in the lower half."""
    raised = np.zeros(len(numbers) + len(numbers) % 2, dtype=np.uint8)
    raised[: len(numbers)] = numbers + 1
    return (raised[::2] + 16 * raised[1::2]).astype(np.uint8)


def _ranked(comparison: xr.Dataset) -> xr.Dataset:
    """Return the map with the mean rank over all methods as its score, in the order of its dims."""
    scores = over_space(comparison, "method_score")  # the methods come last
    known = np.isfinite(scores)
    lowest = np.where(known, scores, -np.inf).reshape(-1, scores.shape[-1])
    rank = (rankdata(lowest, axis=0).mean(axis=1) / len(lowest)).reshape(scores.shape[:-1])
    names = [name for name in ("spectra", "region", "topography") if name in comparison]
    surface = comparison[names].transpose(*space_dims(comparison), ...)
    surface["score"] = (space_dims(comparison), np.where(known.any(axis=-1), rank, np.nan))
    return surface


def _methods(comparison: xr.Dataset, places: Places) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return all methods, and their planes; methods of the same plane share it."""
    methods, planes = [], []
    for name in map(str, comparison["algorithm"].values):
        one = comparison.sel(algorithm=name)
        score = over_space(one, "method_score").ravel()
        low, high, _ = limits(score)
        entry = _plane(one, places)
        if entry is not None and entry not in planes:
            planes.append(entry)
        known = float(one["average_precision"]) if "average_precision" in one else np.nan
        groups = drawn_groups(one).ravel()[places.index] if "method_label" in one else None
        methods.append(
            {
                "name": name,
                "score": quantised(score[places.index]),
                "low": low,
                "high": high,
                "groups": None if groups is None else array(paired(groups)),
                "plane": None if entry is None else planes.index(entry),
                "precision": known if np.isfinite(known) else None,
            }
        )
    return methods, planes


def _plane(one: xr.Dataset, places: Places) -> dict[str, Any] | None:
    """Return the latent plane of a method; None where it has none."""
    if "latent" not in one:
        return None
    found = plane(one)
    x, y = found.x.ravel()[places.index], found.y.ravel()[places.index]
    known = np.isfinite(x) & np.isfinite(y)
    if not known.any():
        return None
    return {
        "x": quantised(np.where(known, x, np.nan)),
        "y": quantised(np.where(known, y, np.nan)),
        "box": framed(np.stack([x[known], y[known]], axis=1)),
        "xLabel": found.x_label,
        "yLabel": found.y_label,
    }


def _group_entries() -> list[list[Any]]:
    """Return number, name and colour of the groups of any method."""
    numbered = [[number, f"group {number}", colour] for number, colour in enumerate(GROUP_COLOURS, start=1)]
    return [[0, "in no group", GROUND], *numbered, [len(GROUP_COLOURS) + 1, "further groups", FURTHER_COLOUR]]


def _truth(comparison: xr.Dataset, places: Places) -> dict[str, Any] | None:
    """Return the layer of the truth; None where it is not known."""
    if not has_truth(comparison):
        return None
    values = over_space(comparison, "truth").ravel()[places.index].astype(np.int8)
    groups = tuple(Group(value, TRUTH_WORDS[value], TRUTH_COLOURS[value]) for value in (TRUE, OTHER, UNCOUNTED))
    return layer_entry(Layer("truth", "truth", values, groups=groups))


def _corrupted(comparison: xr.Dataset, places: Places) -> dict[str, Any]:
    """Return which places hold a corrupted spectrum, and their colour."""
    found = over_space(comparison, "region").ravel()[places.index] == Region.ARTEFACT
    return {"is": array(found.astype(np.uint8)), "colour": REGION_COLOURS[Region.ARTEFACT]}


def _weight(entries: Any) -> int:
    """Return the bytes of all arrays in some entries."""
    if isinstance(entries, dict):
        return len(entries["bytes"]) * 3 // 4 if "bytes" in entries else sum(map(_weight, entries.values()))
    return sum(map(_weight, entries)) if isinstance(entries, list) else 0

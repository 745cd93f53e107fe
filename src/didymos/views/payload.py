"""Everything that a page with linked views needs to know, as JSON."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.numeric.rows import some_rows
from didymos.plots.styling import SCORE_COLOURS
from didymos.plots.surface import length_scale
from didymos.plots.units import Scale, energy_axis, label, plain, scale, signal_scale, units_of
from didymos.schema import ENERGY, SPECTRAL_REGIONS, is_image
from didymos.stored.spectra import rows_of
from didymos.views.layers import Layer, layers_of, palette
from didymos.views.names import SELECTIONS
from didymos.views.places import Picture, Places
from didymos.views.settings import ViewSettings
from didymos.views.spectra import MISSING, PackedSpectra, grouped, packed, single

MARGIN = 0.06
"""Of the embedding around its points."""
SPACES = {"embedding": "embedding component", "pca": "principal component"}
"""The planes that can be shown, and what their axes are called."""
ROUNDING = 0.01
"""Of a cell of the picture: error of a position that nobody sees."""
FEW = 100
"""Spectra that tell the scale of a signal."""


def payload(result: xr.Dataset, places: Places, settings: ViewSettings) -> dict[str, Any]:
    """Return what a page with linked views needs to know of a result.

    Parameters
    ----------
    result : xarray.Dataset
        A result.
    places : Places
        Of :func:`didymos.views.places.places_of`.
    settings : ViewSettings

    Returns
    -------
    dict
        To be written by :func:`as_json`.
    """
    spectra = packed(result, places.index[places.with_spectrum], settings.most_energies)
    return {
        **ground(result, places, spectra),
        **findings(result, places, spectra.group, page_scale(result).factor),
    }


def ground(result: xr.Dataset, places: Places, spectra: PackedSpectra) -> dict[str, Any]:
    """Return what a page knows of a map before any analysis: places, their picture, spectra, and selections."""
    shown, (_, signal) = page_scale(result), signal_scale(result, 0.0)
    return {
        "places": _places(result, places),
        "picture": _picture(places.picture, len(places.index)),
        "spectra": _spectra(result, spectra, places, shown.factor, label(signal, shown.units)),
        "selections": SELECTIONS,
    }


def page_scale(result: xr.Dataset) -> Scale:
    """Return the scale from the signal of a result to that of its page, by the average spectra of the regions."""
    averages = (
        result["region_spectrum"].values if "region_spectrum" in result else some_rows(rows_of(result["spectra"]), FEW)
    )
    return signal_scale(result, averages)[0]


def findings(result: xr.Dataset, places: Places, group: NDArray[np.intp], factor: float) -> dict[str, Any]:
    """Return what changes in a page when the twins have learnt something new.

    Parameters
    ----------
    result : xarray.Dataset
        A result, or what a lesson changes in it.
    places : Places
    group : array of int, shape (n_original_energies,)
        Which energies of the result stand together in the page.
    factor : float
        What the signal is multiplied with.

    Returns
    -------
    dict
    """
    layers = layers_of(result, places)
    return {
        "layers": [layer_entry(layer) for layer in layers],
        "palettes": {name: palette(name) for name in sorted({layer.palette for layer in layers} | {SCORE_COLOURS})},
        "embedding": _embedding(result, places),
        "thresholds": _thresholds(result),
        "regions": _regions(result, group, factor),
        "defects": _defects(result),
    }


def as_json(values: Any) -> str:
    """Write values as JSON that can stand in a page: nothing in it ends a script or begins a tag."""
    text = json.dumps(values, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def numbers(values: NDArray[np.integer], places: int) -> dict[str, str] | None:
    """Return an array of indices; None where it counts all places, 0, 1, 2 ..., which the page knows."""
    return None if np.array_equal(values.ravel(), np.arange(places)) else array(values.astype(np.int32))


def array(values: NDArray[Any]) -> dict[str, str]:
    """Return an array as its type and its bytes, little-endian, in base 64."""
    little = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return {"type": values.dtype.name, "bytes": base64.b64encode(little.tobytes()).decode("ascii")}


def decoded(entry: dict[str, str]) -> NDArray[Any]:
    """Return the array that :func:`array` has written."""
    return np.frombuffer(base64.b64decode(entry["bytes"]), dtype=np.dtype(entry["type"]).newbyteorder("<"))


def layer_entry(layer: Layer) -> dict[str, Any]:
    """Return a layer as it stands in the page."""
    return {
        "name": layer.name,
        "title": layer.title,
        "units": layer.units,
        "values": array(layer.values),
        "low": layer.low,
        "high": layer.high,
        "palette": layer.palette,
        "groups": [[group.number, group.name, group.colour] for group in layer.groups],
    }


def _places(result: xr.Dataset, places: Places) -> dict[str, Any]:
    return {
        "count": len(places.index),
        "points": places.points,
        "index": numbers(places.index, len(places.index)),
        "columns": result.sizes["x"] if is_image(result) else 0,
        "rows": result.sizes["y"] if is_image(result) else places.points,
        "side": places.side,
        "x": _position(places.x, places.picture),
        "y": _position(places.y, places.picture),
        "xLabel": _text(places.x_label),
        "yLabel": _text(places.y_label),
        "units": _text(places.x_label.partition(" (")[2].removesuffix(")")),
    }


def _position(values: NDArray[np.float64], picture: Picture) -> dict[str, str] | list[float]:
    """Return positions of 32 bits; of more where a small map lies far from the origin."""
    rounded = values.astype(np.float32)
    cell = picture.width / picture.place.shape[1]
    # JSON has no number for an unknown position
    enough = not np.isfinite(values).all() or np.abs(rounded - values).max(initial=0) <= ROUNDING * cell
    return array(rounded) if enough else values.tolist()


def _picture(picture: Picture, count: int) -> dict[str, Any]:
    return {
        "place": numbers(picture.place, count),
        "shape": list(picture.place.shape),
        "left": picture.left,
        "bottom": picture.bottom,
        "width": picture.width,
        "height": picture.height,
    }


def plane_name(result: xr.Dataset) -> str | None:
    """Return the variable whose first two components a page shows as a plane; None where there is none."""
    return next((name for name in SPACES if name in result and result[name].shape[-1] >= 2), None)


def plane_positions(result: xr.Dataset, name: str) -> NDArray[np.floating]:
    """Return the first two components of all points, shape (n_points, 2), in the unit of :func:`plane_labels`."""
    values = result[name].values.reshape(-1, result[name].shape[-1])[:, :2]
    return np.asarray(_plane_scale(result, name)(values))


def plane_labels(result: xr.Dataset, name: str) -> tuple[str, str]:
    """Return the names of the two axes, with their unit where they have one."""
    units = _plane_scale(result, name).units
    first, second = (label(f"{SPACES[name]} {number}", units) for number in (1, 2))
    return first, second


def _plane_scale(result: xr.Dataset, name: str) -> Scale:
    """Return the scale of a plane: principal components have the unit of the signal, an embedding has none."""
    if name != "pca":
        return Scale(1.0, "")
    return scale(result[name].values[..., :2], units_of(result[name]))


def _embedding(result: xr.Dataset, places: Places) -> dict[str, Any] | None:
    """Return the first two components of the embedding, or the principal components where there is none."""
    name = plane_name(result)
    if name is None:
        return None
    plane = plane_positions(result, name)[places.index].astype(np.float32)
    known = np.isfinite(plane).all(axis=1)
    if not known.any():
        return None
    labels = plane_labels(result, name)
    return {
        "x": array(plane[:, 0]),
        "y": array(plane[:, 1]),
        "box": framed(plane[known]),
        "xLabel": labels[0],
        "yLabel": labels[1],
    }


def framed(points: NDArray[np.floating]) -> list[float]:
    """Return left, right, bottom and top of a plane: its points, shape (n_points, 2), and a margin around them."""
    low, high = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    return [float(edge) for pair in zip(low - margin, high + margin, strict=True) for edge in pair]


def _thresholds(result: xr.Dataset) -> list[float] | None:
    """Return the scores at which majority ends and minority begins; nothing where all is majority."""
    names = ("score_threshold_majority", "score_threshold_minority")
    found = [float(result.attrs.get(name, np.nan)) for name in names]
    return found if np.isfinite(found).all() else None


def _spectra(result: xr.Dataset, spectra: PackedSpectra, places: Places, factor: float, signal: str) -> dict[str, Any]:
    _, axis = energy_axis(result)
    place, nearest, level = places.with_spectrum, places.nearest, spectra.level
    scaled = [single(values.astype(np.float64) * factor) for values in (spectra.offset, spectra.step)]
    none = np.flatnonzero(nearest < 0)
    if none.size:
        # what was not measured shows an empty spectrum and not the nearest one
        nearest = np.where(nearest < 0, len(place), nearest)
        place = np.append(place, none[0])
        level = np.concatenate([level, np.full((1, level.shape[1]), MISSING, dtype=np.uint8)])
        scaled = [np.append(values, np.float32(0)) for values in scaled]
    return {
        "energy": spectra.energy.tolist(),
        "energyLabel": _text(axis),
        "energyUnits": _text(plain(units_of(result[ENERGY]))),
        "signalLabel": _text(signal),
        "original": len(spectra.group),
        "mean": array(single(spectra.mean.astype(np.float64) * factor)),
        "offset": array(scaled[0]),
        "step": array(scaled[1]),
        "level": array(level),
        "place": numbers(place, len(places.index)),
        "nearest": numbers(nearest, len(places.index)),
    }


def _text(drawn: str) -> str:
    """Return text for a page, where a dollar sign begins no formula."""
    return drawn.replace(r"\$", "$")


def _regions(result: xr.Dataset, group: NDArray[np.intp], factor: float) -> dict[str, Any]:
    """Return average spectra and sizes of the regions as the result has them."""
    if "region_spectrum" not in result:
        return {}
    averages = grouped(result["region_spectrum"].values.astype(np.float64), group) * factor
    return {
        region.name.lower(): {
            "size": int(result["region_size"].values[row]),
            "spectrum": array(single(averages[row])),
        }
        for row, region in enumerate(SPECTRAL_REGIONS)
    }


def _defects(result: xr.Dataset) -> dict[str, Any] | None:
    """Return the defects, positions and extents in the units of the axes."""
    if "defect_x" not in result:
        return None
    length = length_scale(result)
    lengths = {name: length(result[f"defect_{name}"].values) for name in ("x", "y", "extent")}
    rest = {
        name: result[f"defect_{name}"].values for name in ("spectra", "kind", "score") if f"defect_{name}" in result
    }
    return {name: array(values.astype(np.float32)) for name, values in (lengths | rest).items()}

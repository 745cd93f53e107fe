"""What the map and the embedding of a page can be coloured by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import colormaps
from numpy.typing import NDArray

from didymos.plots.maps import height_map, over_space
from didymos.plots.regions import kind_colour
from didymos.plots.styling import HEIGHT_COLOURS, REGION_COLOURS, SCORE_COLOURS
from didymos.plots.units import limits
from didymos.schema import Region
from didymos.views.places import Places
from didymos.views.spectra import single

ORDINARY = "#c9ced6"
"""Colour of the spectra that belong to no kind."""


@dataclass(frozen=True)
class Group:
    """One group of a layer: its number, name and colour."""

    number: int
    name: str
    colour: str


@dataclass(frozen=True)
class Layer:
    """What a map can be coloured by: numbers on a colour scale, or groups with a colour each.

    Attributes
    ----------
    name : str
        By which the page asks for the layer.
    title : str
        What the layer is called in the menu.
    values : array, shape (n_places,)
        Numbers, float32, NaN where there is none; or numbers of groups, int8 or int16.
    units : str
    low, high : float
        Ends of the colour scale.
    palette : str
        Name of the colour scale.
    groups : tuple of Group
        Empty where the layer holds numbers.
    """

    name: str
    title: str
    values: NDArray[np.generic]
    units: str = ""
    low: float = 0.0
    high: float = 1.0
    palette: str = SCORE_COLOURS
    groups: tuple[Group, ...] = ()


def layers_of(result: xr.Dataset, places: Places) -> list[Layer]:
    """Return the layers that a result holds: score, region, kind, phase, height, spread of the score, distance."""
    layers = []
    if "score" in result:
        layers.append(Layer("score", "score", _numbers(over_space(result, "score"), places)))
    if "region" in result:
        layers.append(_regions(result, places))
    if "kind" in result and int(np.nanmax(result["kind"].values, initial=0)) > 0:
        layers.append(_numbered(result, places, "kind", kind_names(result)))
    if result.sizes.get("phase_index", 1) > 1:
        layers.append(_numbered(result, places, "phase", {}))
    ground = height_map(result)
    if ground is not None:
        height, label = ground
        layers.append(_scaled("topography", *_split(label), height, places, HEIGHT_COLOURS))
    if "score_std" in result and np.isfinite(result["score_std"].values).any():
        values = over_space(result, "score_std")
        layers.append(_scaled("score_std", "standard deviation of the score", "", values, places))
    if "distance_to_majority" in result:
        values = over_space(result, "distance_to_majority")
        layers.append(_scaled("distance", "distance to the majority", "", values, places))
    return layers


def kind_names(result: xr.Dataset) -> dict[int, str]:
    """Return the names that examples gave to kinds, by the number of the kind."""
    if "kind_name" not in result:
        return {}
    return {number: str(name) for number, name in enumerate(result["kind_name"].values, 1)}


def palette(name: str) -> list[str]:
    """Return the 256 colours of a colour scale."""
    colours = np.rint(colormaps[name](np.linspace(0, 1, 256))[:, :3] * 255).astype(int)
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in colours.tolist()]


def _regions(result: xr.Dataset, places: Places) -> Layer:
    groups = tuple(Group(int(region), region.name.lower(), REGION_COLOURS[region]) for region in Region)
    values = over_space(result, "region").ravel()[places.index].astype(np.int8)
    return Layer("region", "region", values, groups=groups)


def _numbered(result: xr.Dataset, places: Places, name: str, names: dict[int, str]) -> Layer:
    values = over_space(result, name).ravel()[places.index]
    numbers = values.astype(np.int8 if values.max(initial=0) <= np.iinfo(np.int8).max else np.int16)
    present = range(1, int(numbers.max(initial=0)) + 1)
    groups = [Group(0, f"no {name}", ORDINARY)]
    groups += [Group(number, names.get(number, f"{name} {number}"), kind_colour(number)) for number in present]
    return Layer(name, name, numbers, groups=tuple(groups))


def _scaled(
    name: str, title: str, units: str, values: NDArray[Any], places: Places, colours: str = SCORE_COLOURS
) -> Layer:
    low, high, _ = limits(values)
    return Layer(name, title, _numbers(values, places), units, low, high, colours)


def _numbers(values: NDArray[Any], places: Places) -> NDArray[np.float32]:
    return single(values.ravel()[places.index])


def _split(label: str) -> tuple[str, str]:
    """Return name and unit of an axis label."""
    name, _, units = label.partition(" (")
    return name, units.removesuffix(")")

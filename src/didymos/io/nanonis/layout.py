"""What a spectral map becomes in a Nanonis grid: sweep, channels, frame and the parameters of every record."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from didymos.io.channels import Kind, channel_kind
from didymos.io.nanonis.header import Frame
from didymos.io.nanonis.notes import MAP, PER_POINT, in_one_line, map_line, settings_lines
from didymos.io.nanonis.records import SMALLEST
from didymos.schema import ENERGY, IMAGE_DIMS, InputError, validate_map

EXPERIMENT = "X (m);Y (m);Z (m);Z offset (m);Settling time (s);Integration time (s);Z-Ctrl hold;Final Z (m)"
"""The parameters of a record that the instrument writes after the limits of the sweep."""
_PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}
ANGSTROM = {"å", "ångström", "angstrom", "angstroms", "ang"}
_UNEVEN = 0.01  # of a step: so far may a coordinate lie from its position between the first and the last


@dataclass(frozen=True)
class Layout:
    """A map as it stands in a grid: the spectra (y, x, energy ascending) and what stands round them."""

    spectra: xr.DataArray
    sweep: str
    bias: NDArray[np.float64]
    """Values of the sweep in its SI unit, shape (energy,)."""
    channels: tuple[str, ...]
    """One, or the current and the conductance of which it is the integral."""
    factor: float
    """Makes of the unit of the map that of the first channel (of a conductance, that of a current per volt)."""
    frame: Frame
    parameters: Mapping[str, NDArray[np.float32]]
    """Of each record, shape (y, x); the limits of the sweep come first."""
    notes: Mapping[str, str]
    """Lines of the header about this map."""


def layout_of(data: xr.Dataset | xr.DataArray) -> Layout:
    """Find out how a map is written as a Nanonis grid.

    Parameters
    ----------
    data : xarray.Dataset or xarray.DataArray
        A map with the dims (y, x, energy), or a Dataset with such a variable ``spectra``.

    Returns
    -------
    Layout
        The map, not copied, and all that stands in the header and at the head of the records.

    Raises
    ------
    InputError
        Where a grid cannot hold the map.
    """
    dataset = data.to_dataset(name="spectra") if isinstance(data, xr.DataArray) else data
    spectra = _spectra(dataset)
    attrs = {**dataset.attrs, **spectra.attrs}
    sweep, bias = _sweep(spectra[ENERGY])
    channels, factor = _channels(spectra.attrs, sweep)
    frame, x, y = _place(dataset, attrs)
    parameters: dict[str, ArrayLike] = {"Sweep Start": bias[0], "Sweep End": bias[-1]}
    parameters |= dict.fromkeys(EXPERIMENT.split(";"), np.nan)  # what the map does not know
    parameters |= {"X (m)": x, "Y (m)": y, "Z (m)": _height(dataset)}
    notes = {"Start time": f'"{_clean(attrs.get("start_time", ""))}"', "Comment": _comment(attrs)}
    notes |= settings_lines(attrs)
    points: dict[str, xr.DataArray] = {}
    for name, variable in dataset.variables.items():
        if str(name).startswith(PER_POINT) and set(variable.dims) == set(IMAGE_DIMS) and variable.dtype.kind in "biuf":
            label = _clean(str(name).replace("_", " ").capitalize())
            points[label] = dataset[name].transpose(*IMAGE_DIMS)
            parameters[label] = points[label].values
            if "flag_meanings" in variable.attrs:
                notes[f"didymos>{label}"] = _clean(variable.attrs["flag_meanings"])
    notes[MAP] = map_line(attrs, points)
    shape = (spectra.sizes["y"], spectra.sizes["x"])
    columns = {name: np.broadcast_to(to_single(values), shape) for name, values in parameters.items()}
    return Layout(spectra, sweep, bias, channels, factor, frame, columns, notes)


def to_single(values: ArrayLike) -> NDArray[np.float32]:
    """Round to single precision: what is not finite is missing, what a reader would take for damage is zero."""
    with np.errstate(over="ignore"):
        single = np.array(values, dtype=np.float32)
    single[~np.isfinite(single)] = np.nan
    single[np.abs(single) < SMALLEST] = 0
    return single


def _spectra(dataset: xr.Dataset) -> xr.DataArray:
    if "spectra" not in dataset.data_vars:
        raise InputError(f"the Dataset has no 'spectra'; it has {', '.join(map(str, dataset.data_vars))}: rename one")
    spectra = dataset["spectra"]
    if set(spectra.dims) != {*IMAGE_DIMS, ENERGY}:
        raise InputError(
            f"the spectra have the dims {tuple(map(str, spectra.dims))}; a .3ds holds a grid (y, x, energy) only: "
            "write them as .nc instead"
        )
    if 0 in spectra.shape or spectra.sizes[ENERGY] < 2:
        raise InputError(
            f"the map has {spectra.sizes['y']} x {spectra.sizes['x']} points and {spectra.sizes[ENERGY]} energies; a "
            ".3ds needs at least one point and two energies: write it as .nc instead"
        )
    validate_map(spectra.isel({dim: slice(1) for dim in IMAGE_DIMS}))  # one point suffices, and is no copy of the map
    spectra = spectra.transpose(*IMAGE_DIMS, ENERGY)
    down = spectra[ENERGY].values[0] > spectra[ENERGY].values[-1]
    return spectra.isel({ENERGY: slice(None, None, -1)}) if down else spectra


def _sweep(energy: xr.DataArray) -> tuple[str, NDArray[np.float64]]:
    """Return the sweep signal, such as ``Bias (V)``, and its values in that unit."""
    values, unit = energy.values.astype(float), _clean(energy.attrs.get("units", ""))
    name = _clean(energy.attrs.get("long_name", ""))
    volts, metres = _factor(unit, "V"), _factor(unit, "m")
    if volts is not None and (name.casefold() in ("", ENERGY) or "bias" in name.casefold()):
        name = "Bias"
    base = "V" if volts is not None else "m" if metres is not None else unit
    scaled = values * (volts or metres or 1.0)
    # what a reader makes of the two single-precision numbers that stand in the file
    start, stop = (float(np.float32(end)) for end in scaled[[0, -1]])
    off = np.abs(np.linspace(start, stop, scaled.size) - scaled).max()
    if off > _UNEVEN * (scaled[-1] - scaled[0]) / (scaled.size - 1):
        steps = np.diff(values)
        raise InputError(
            f"the energies are {steps.min():.6g} to {steps.max():.6g} {unit} apart; a .3ds knows only the first and "
            "the last (in single precision), evenly spaced between: write the map as .nc instead"
        )
    return _labelled(name or "Energy", base), scaled


def _channels(attrs: Mapping[Any, Any], sweep: str) -> tuple[tuple[str, ...], float]:
    """Return the channels, the map last, and the factor of `Layout`."""
    unit, name = _clean(attrs.get("units", "")), _clean(attrs.get("long_name", ""))
    siemens = next((factor for base in ("S", "A/V") if (factor := _factor(unit, base)) is not None), None)
    if siemens is not None and sweep == "Bias (V)":
        return ("Current (A)", f"dI/dV ({unit})"), siemens
    ampere = _factor(unit, "A")
    if ampere is not None and channel_kind(f"{name} ({unit})") is Kind.CURRENT:
        return ("Current (A)",), ampere
    if name.casefold().startswith(sweep.split()[0].casefold()):
        name = f"Signal {name}"  # else a reader takes it for the recorded sweep
    return (_labelled(name or "Signal", unit),), 1.0


def _place(dataset: xr.Dataset, attrs: Mapping[Any, Any]) -> tuple[Frame, ArrayLike, ArrayLike]:
    """Return the frame and the positions X and Y of the records in m; NaN where the map counts pixels."""
    (x, width), (y, height) = (_axis(dataset, dim) for dim in ("x", "y"))
    if x is None or y is None:
        given = x if x is not None else y
        if given is not None and given.size > 1:
            raise InputError("one of x and y counts pixels, the other has a length: give both positions in m, or none")
        return Frame((0.0, 0.0), (0.0, 0.0), 0.0), np.nan, np.nan
    centre, size, angle = (0.0, 0.0), (0.0, 0.0), 0.0
    if {"frame_center", "frame_size"} <= set(attrs):
        # the map stands on the axes of the frame that it was opened from, counted from its corner
        centre, size = ((float(end[0]), float(end[1])) for end in (attrs["frame_center"], attrs["frame_size"]))
        angle = float(attrs.get("frame_angle", 0.0))
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    u, v = x - size[0] / 2, (y - size[1] / 2)[:, None]
    # back from where frame_positions of the module frame leads
    where_x, where_y = centre[0] + u * cosine + v * sine, centre[1] - u * sine + v * cosine
    frame = Frame((float(where_x.mean()), float(where_y.mean())), (width, height), angle)
    pitch = min((length / n for length, n in ((width, x.size), (height, y.size)) if n > 1), default=np.inf)
    if np.spacing(np.float32(max(np.abs(where_x).max(), np.abs(where_y).max()))) > 0.2 * pitch:
        return frame, np.nan, np.nan  # so far away single precision confuses neighbours: the order of the file decides
    return frame, where_x, where_y


def _axis(dataset: xr.Dataset, dim: str) -> tuple[NDArray[np.float64] | None, float]:
    """Return the positions along one axis and the length of the frame there, in m; None where they are pixels."""
    if dim not in dataset.coords or dataset[dim].attrs.get("units", "") in ("", "pixel", "1"):
        return (np.zeros(1) if dataset.sizes[dim] == 1 else None), 0.0
    values = dataset[dim].values.astype(float) * _metres(dataset[dim])
    if not np.isfinite(values).all():
        raise InputError(f"{dim} has positions that are missing (NaN); a .3ds needs all: write the map as .nc instead")
    if values.size == 1:
        return values, max(2 * float(values[0]), 0.0)
    pitch = float(values[-1] - values[0]) / (values.size - 1)
    off = np.abs(np.linspace(values[0], values[-1], values.size) - values).max()
    if pitch <= 0 or off > _UNEVEN * pitch:
        raise InputError(
            f"{dim} runs from {values[0]:g} to {values[-1]:g} m and is not evenly ascending, as a .3ds needs it: sort "
            f"the map with sortby({dim!r}), or write it as .nc instead"
        )
    return values, pitch * values.size


def _height(dataset: xr.Dataset) -> ArrayLike:
    if "topography" not in dataset.variables:
        return np.nan
    topography = dataset["topography"].transpose(*IMAGE_DIMS)
    return topography.values.astype(float) * _metres(topography)


def _metres(array: xr.DataArray) -> float:
    unit = str(array.attrs.get("units", ""))
    factor = _factor(unit, "m")
    if factor is None:
        raise InputError(
            f"{array.name} has the unit {unit!r}; allowed are m, mm, um, nm, pm, fm, Å: convert it and note so in its "
            "attribute 'units'"
        )
    return factor


def _comment(attrs: Mapping[Any, Any]) -> str:
    """Return the parameters of a simulation as JSON in one line, else the comment that the map has."""
    try:
        parameters = dict(json.loads(attrs.get("parameters", "")))
    except (TypeError, ValueError):
        return f'"{_clean(attrs.get("comment", ""))}"'
    return in_one_line({"recipe": str(attrs["recipe"]), **parameters} if "recipe" in attrs else parameters)


def _labelled(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def _clean(text: object) -> str:
    """Return a text in one line without what has a meaning in a header: quotes, semicolons, brackets of units."""
    plain = "".join(letter if letter.isprintable() else " " for letter in str(text))
    return " ".join(plain.translate(str.maketrans('";()', "',{}")).replace(":HEADER_END:", "").split())


def _factor(unit: str, base: str) -> float | None:
    """Return how many `base` one `unit` is, such as 1e-3 for mV and V; None where it is another unit."""
    if base == "m" and unit.strip().casefold() in ANGSTROM:
        return 1e-10
    match = re.fullmatch(f"([{''.join(_PREFIXES)}]?){re.escape(base)}", unit.strip())
    return _PREFIXES[match.group(1)] if match else None

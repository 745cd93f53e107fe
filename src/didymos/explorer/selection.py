"""Selections on all points of a map, exact: polygons in the map or in the embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from didymos.core.energies.energy_histogram import means_and_stds
from didymos.core.numeric.rows import Spectra, selected
from didymos.plots.surface import surface
from didymos.schema import InputError
from didymos.views.names import EMBEDDING, MAP
from didymos.views.payload import plane_name, plane_positions
from didymos.views.places import positions

FIGURES = (MAP, EMBEDDING)


@dataclass(frozen=True)
class Average:
    """The average of some spectra.

    Attributes
    ----------
    mean, spread : array, shape (n_energies,)
        Mean and standard deviation, in the units of the spectra.
    count : int
        Number of the spectra.
    selected : int
        Number of the points inside, with a spectrum or without.
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    count: int
    selected: int


def positions_in(result: xr.Dataset, figure: str) -> NDArray[np.floating]:
    """Return where all points lie in a figure, shape (n_points, 2): in the units of its axes.

    Raises
    ------
    InputError
        Where there is no such figure.
    """
    if figure == MAP:
        return np.stack(positions(surface(result)), axis=1)
    name = plane_name(result)
    if figure != EMBEDDING or name is None:
        raise InputError(f"a selection is in {figure!r}; allowed are {', '.join(FIGURES)}, as far as there are any")
    return plane_positions(result, name)


def inside(polygons: Sequence[dict[str, Any]], result: xr.Dataset, most_corners: int) -> NDArray[np.bool_]:
    """Return which points lie in any of some polygons, shape (n_points,).

    Parameters
    ----------
    polygons : sequence of dict
        Each with ``figure``, and ``x`` and ``y`` of its corners in the units of its axes.
    result : xarray.Dataset
    most_corners : int

    Raises
    ------
    InputError
        Where one is no polygon.
    """
    found: NDArray[np.bool_] = np.zeros(int(result["score"].size), dtype=bool)
    for polygon in polygons:
        try:
            x, y = (np.asarray(polygon[axis], dtype=np.float64) for axis in "xy")
            corners = np.stack([x, y], axis=1).reshape(len(x), 2)
            figure = str(polygon["figure"])
        except (KeyError, TypeError, ValueError, OverflowError):
            raise InputError("a selection is no polygon: give figure, x and y of its corners") from None
        if not 3 <= len(corners) <= most_corners or not np.isfinite(corners).all():
            raise InputError(f"a polygon has {len(corners)} corners; allowed are 3 to {most_corners} finite ones")
        position = positions_in(result, figure)
        low, high = corners.min(axis=0), corners.max(axis=0)
        near = np.flatnonzero(((position >= low) & (position <= high)).all(axis=1))
        found[near[Outline(corners).contains_points(position[near])]] = True
    return found


def average(spectra: Spectra, finite: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> Average:
    """Return the average of some spectra; those with gaps do not take part.

    Parameters
    ----------
    spectra : spectra, shape (n_points, n_energies)
    finite : array of bool, shape (n_points,)
        Spectra without gaps.
    chosen : array of bool, shape (n_points,)

    Returns
    -------
    Average
    """
    there = chosen & finite
    count = int(there.sum())
    if not count:
        nothing = np.full(spectra.shape[1], np.nan)
        return Average(nothing, nothing, 0, int(chosen.sum()))
    mean, spread = means_and_stds(selected(spectra, there), np.ones((count, 1), dtype=bool))
    return Average(mean[0], spread[0], count, int(chosen.sum()))

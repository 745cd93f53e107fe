"""The defects one by one: connected groups of minority spectra."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.core.surface.extents import extents
from didymos.schema import Region, is_image, space_dims
from didymos.workflow.dataset import Assembly
from didymos.workflow.points import Points

ANGLES = 36
"""Directions in which the width of a defect is measured; the widest misses the diameter by at most 0.1 %."""


def add_defects(assembly: Assembly, region: NDArray[np.int8], kind: NDArray[np.int16]) -> None:
    """Add position, extent, number of spectra, kind and largest score of every defect, the highest score first.

    Parameters
    ----------
    assembly : Assembly
        With the score.
    region, kind : arrays, shape (n_usable,)
    """
    points = assembly.points
    places, units = _places(points)
    group = points.neighbourhood().objects(region == Region.MINORITY)
    score = assembly.usable("score")
    members = [np.flatnonzero(group == number) for number in range(1, int(group.max(initial=0)) + 1)]
    members.sort(key=lambda one: -float(score[one].max()))
    width = extents(group, places, ANGLES)
    centre = [np.average(places[one], axis=0, weights=score[one]) for one in members]
    position = np.reshape(centre, (len(members), 2))
    extent = [width[group[one[0]]] for one in members]
    assembly.add("defect_x", position[:, 0], **units)
    assembly.add("defect_y", position[:, 1], **units)
    assembly.add("defect_extent", np.array(extent, dtype=float), **units)
    assembly.add("defect_spectra", np.array([len(one) for one in members], dtype=np.int64))
    assembly.add("defect_kind", np.array([np.bincount(kind[one]).argmax() for one in members], dtype=np.int16))
    assembly.add("defect_score", np.array([score[one].max() for one in members], dtype=np.float32))
    assembly.coordinate("defect", np.arange(1, len(members) + 1))


def _places(points: Points) -> tuple[NDArray[np.float64], dict[str, str]]:
    """Return x and y of the usable points, shape (n_usable, 2), and their unit; numbers of rows where not known."""
    space = space_dims(points.map)
    named = {"x": space[-1], "y": space[0]}
    known = all(name in points.map.coords for name in named)
    if not known:
        return points.positions[points.usable][:, ::-1], {}
    shape = points.map.isel(energy=0, drop=True)
    values = [
        (points.map[name].broadcast_like(shape).transpose(*space) if is_image(points.map) else points.map[name])
        for name in named
    ]
    unit = str(points.map["x"].attrs.get("units", ""))
    return _columns(values)[points.usable], {"units": unit} if unit else {}


def _columns(values: list[xr.DataArray]) -> NDArray[np.float64]:
    return np.stack([np.asarray(one.values, dtype=np.float64).ravel() for one in values], axis=1)

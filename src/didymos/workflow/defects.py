"""The defects one by one: connected groups of minority spectra."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didymos.core.surface.extents import extents
from didymos.schema import Region
from didymos.workflow.dataset import Assembly
from didymos.workflow.locations import locations

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
    position_of, _ = locations(points.map)
    where = position_of[points.usable]
    group = points.neighbourhood.objects(region == Region.MINORITY)
    score = assembly.usable("score")
    members = [np.flatnonzero(group == number) for number in range(1, int(group.max(initial=0)) + 1)]
    members.sort(key=lambda one: -float(score[one].max()))
    width = extents(group, where, ANGLES)
    centre = [np.average(where[one], axis=0, weights=score[one]) for one in members]
    position = np.reshape(centre, (len(members), 2))
    extent = [width[group[one[0]]] for one in members]
    assembly.add("defect_x", position[:, 0])
    assembly.add("defect_y", position[:, 1])
    assembly.add("defect_extent", np.array(extent, dtype=float))
    assembly.add("defect_spectra", np.array([len(one) for one in members], dtype=np.int64))
    assembly.add("defect_kind", np.array([np.bincount(kind[one]).argmax() for one in members], dtype=np.int16))
    assembly.add("defect_score", np.array([score[one].max() for one in members], dtype=np.float32))
    assembly.coordinate("defect", np.arange(1, len(members) + 1))

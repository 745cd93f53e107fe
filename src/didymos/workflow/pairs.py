"""The statistics of all pair distances of a map, without any training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from didymos.schema import InputError
from didymos.workflow.assembly import add_map, add_principal_components
from didymos.workflow.dataset import Assembly
from didymos.workflow.distance_variables import (
    add_distance_correlation,
    add_own_histograms,
    add_pairs,
    pair_attributes,
)
from didymos.workflow.points import points_of
from didymos.workflow.progress import Report, shown
from didymos.workflow.settings import Settings
from didymos.workflow.steps import measure_pairs


def pair_statistics(
    data: xr.DataArray | xr.Dataset,
    settings: Settings | None = None,
    *,
    offsets: Sequence[float] | None = None,
    each: bool = False,
    progress: bool | Report | None = None,
) -> xr.Dataset:
    """Measure the distances between all pairs of spectra of a map (the paper, Figs. 4 and 5).

    Parameters
    ----------
    data : xarray.DataArray or xarray.Dataset
        A spectral map, dims (y, x, energy) or (point, energy), or a Dataset with the variable ``spectra``.
    settings : Settings, optional
        Default: ``Settings()``. ``Settings(metric="euclidean")`` is the paper's distance; ``pairs="all"`` takes every
        pair however many there are.
    offsets : sequence of float, optional
        The n of the sweep of log(d + n), over 0, in the units of the distance; by default 0.03 to 10 times the median
        distance.
    each : bool
        Keep the histogram of every spectrum, ``own_log_distance_histogram``: as large as a map of 256 energies.
    progress : bool or callable, optional
        See :func:`didymos.workflow.progress.shown`.

    Returns
    -------
    xarray.Dataset
        The map, its principal components, and the variables of :data:`didymos.schema.RESULT_VARIABLES` about
        distances: histograms, the two Gaussians, abundance and label of every spectrum, distance correlation.

    Raises
    ------
    InputError
        Where the map cannot be analysed or an offset is not over 0; the message says why and what to do.
    """
    chosen = settings or Settings()
    if offsets is not None and not _are_offsets(offsets):
        raise InputError(f"offsets are {offsets!r}; allowed is a list of numbers over 0, in the units of the distance")
    with shown(progress) as report:
        points = points_of(data, chosen.energy_range, spatial=chosen.spatial == "auto")
        pairs = measure_pairs(points, chosen, report)
        assembly = Assembly(points)
        add_map(assembly)
        add_principal_components(assembly)
        add_pairs(assembly, pairs, None if offsets is None else tuple(offsets))
        if each:
            add_own_histograms(assembly, pairs)
        add_distance_correlation(assembly, pairs)
        assembly.result.attrs.update(pair_attributes(points, chosen, pairs))
    return assembly.result


def _are_offsets(offsets: object) -> bool:
    if not isinstance(offsets, (Sequence, np.ndarray)) or isinstance(offsets, str):
        return False
    return len(offsets) > 0 and all(isinstance(n, (int, float, np.number)) and 0 < n < np.inf for n in offsets)

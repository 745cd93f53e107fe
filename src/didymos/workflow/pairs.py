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
from didymos.workflow.features import fit_metric
from didymos.workflow.maps import check_map
from didymos.workflow.pair_distances import describe_pairs
from didymos.workflow.points import prepare
from didymos.workflow.progress import Report, shown
from didymos.workflow.settings import Settings, checked_settings


def pair_statistics(
    data: xr.DataArray | xr.Dataset,
    settings: Settings | None = None,
    *,
    offsets: Sequence[float] | None = None,
    each: bool = False,
    one_population: bool = False,
    progress: bool | Report | None = None,
) -> xr.Dataset:
    """Compute the distances between all pairs of spectra of a map (the paper, Figs. 4 and 5).

    Parameters
    ----------
    data : xarray.DataArray or xarray.Dataset
        A spectral map, dims (y, x, energy) or (point, energy), or a Dataset with the variable ``spectra``.
    settings : Settings, optional
        Default: ``Settings()``. ``Settings(metric="euclidean")`` is the paper's distance; ``pairs="all"`` takes every
        pair however many there are.
    offsets : sequence of float, optional
        The shifts n of the sweep of log(d + n), positive, in the units of the distance; by default 0.03 to 10 times the
        median distance.
    each : bool
        Keep the histogram of every spectrum, ``own_log_distance_histogram``: as large as a map of 256 energies.
    one_population : bool
        Test whether two Gaussians are more than one population would give (``two_gaussians_p_value``); takes seconds.
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
        Where the map cannot be analysed or a shift is not positive; the message says why and what to do.
    """
    check_map(data, "pair_statistics")
    chosen = checked_settings(settings)
    if offsets is not None and not _are_offsets(offsets):
        raise InputError(
            f"offsets are {offsets!r}; allowed is a list of positive numbers, in the units of the distance"
        )
    with shown(progress) as report:
        points = prepare(data, chosen)
        features = fit_metric(points, chosen)
        pairs = describe_pairs(features, chosen, report, one_population=one_population)
        assembly = Assembly(points, chosen.metric)
        add_map(assembly)
        add_principal_components(assembly)
        add_pairs(assembly, pairs, None if offsets is None else tuple(offsets))
        if each:
            add_own_histograms(assembly, pairs)
        add_distance_correlation(assembly, pairs)
        assembly.result.attrs.update(pair_attributes(points, chosen, features, pairs))
    return assembly.result


def _are_offsets(offsets: object) -> bool:
    if not isinstance(offsets, (Sequence, np.ndarray)) or isinstance(offsets, str):
        return False
    return len(offsets) > 0 and all(isinstance(n, (int, float, np.number)) and 0 < n < np.inf for n in offsets)

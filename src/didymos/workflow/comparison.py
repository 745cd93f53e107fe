"""Several methods on one map, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from didymos.io.truth import as_truth, simulated_truth
from didymos.methods import registry
from didymos.methods.interface import Method, Task
from didymos.schema import InputError
from didymos.workflow.comparison_settings import ComparisonSettings
from didymos.workflow.comparison_variables import assemble_comparison
from didymos.workflow.maps import check_map
from didymos.workflow.measuring import measured
from didymos.workflow.method_families import further
from didymos.workflow.outcomes import Finding, finding_of
from didymos.workflow.points import Points, points_of
from didymos.workflow.progress import Report, shown


def compare(
    data: xr.DataArray | xr.Dataset,
    methods: Sequence[str] | None = None,
    *,
    truth: ArrayLike | xr.DataArray | None = None,
    seed: int = 0,
    energy_range: tuple[float, float] | None = None,
    progress: bool | Report | None = None,
) -> xr.Dataset:
    """Compare what several methods find in a spectral map (the paper, Figs. 3 to 7).

    Every method gets the same spectra, those with enough values that are not corrupted, their gaps filled, and starts
    from nothing. One that cannot be run is left out, with a line in the attribute ``skipped_methods``; the others go
    on.

    Parameters
    ----------
    data : xarray.DataArray or xarray.Dataset
        A spectral map, dims (y, x, energy) or (point, energy), or a Dataset with the variable ``spectra``. It is loaded
        into memory: most methods need all spectra at once.
    methods : sequence of str, optional
        Names of methods, such as "pca" and "kmeans-3", or of families, such as "kmeans"; by default all.
    truth : array_like or xarray.DataArray, shape (y, x) or (point,), optional
        Which spectra are from defects: 1 or true yes, 0 or false no, -1 or NaN not counted. That of a simulated map is
        taken from it where none is given.
    seed : int
        Seed of all random numbers.
    energy_range : (float, float), optional
        Lowest and highest energy to compare, in units of the energies.
    progress : bool or callable, optional
        See :func:`didymos.workflow.progress.shown`.

    Returns
    -------
    xarray.Dataset
        A comparison, see :data:`didymos.schema.COMPARISON_VARIABLES`.

    Raises
    ------
    InputError
        Where the map cannot be compared, a name is unknown, the truth does not fit, or no method could be run; the
        message says why and what to do.
    """
    check_map(data, "compare")
    settings = ComparisonSettings(methods, seed, energy_range)
    chosen = registry.chosen(settings.methods, further())
    points = points_of(data.compute(), settings.energy_range)
    known = simulated_truth(data) if truth is None else as_truth(truth, points.map, _source(truth))
    with shown(progress) as report:
        findings, skipped = run_methods(points, chosen, settings.seed, report)
    if settings.methods is None:
        skipped |= registry.skipped_families()
    if not findings:
        raise InputError("no method could be run: " + "; ".join(f"{name}: {why}" for name, why in skipped.items()))
    return assemble_comparison(points, findings, skipped, known, settings)


def run_methods(
    points: Points, methods: Sequence[Method], seed: int, report: Report
) -> tuple[list[Finding], dict[str, str]]:
    """Run methods on the same spectra, one after the other.

    Parameters
    ----------
    points : Points
    methods : sequence of Method
    seed : int
    report : callable
        Called with the name of the present method and the share of it that is done.

    Returns
    -------
    findings : list of Finding
    skipped : dict of str to str
        The methods that were left out, and one line each that says why.
    """
    # a method cannot change what the next one gets
    values, spectra = points.spectra[:].copy(), _complete_map(points)
    for array in (values, spectra.values):
        array.setflags(write=False)
    findings, skipped = [], {}
    for method in methods:
        report(method.name, 0.0)
        # a task of its own: what others computed on theirs would shorten its time
        task = Task(spectra, points.usable.copy(), values, seed, partial(report, method.name))
        try:
            findings.append(_run(method, task))
        except Exception as error:
            skipped[method.name] = _why(error)
        report(method.name, 1.0)
    return findings, skipped


def _complete_map(points: Points) -> xr.DataArray:
    """Return the map with filled gaps, without the values of spectra that have too few."""
    values = np.where(points.finite[:, np.newaxis], points.values[:], np.float32(np.nan))
    return points.map.copy(data=values.reshape(points.map.shape))


def _run(method: Method, task: Task) -> Finding:
    lacking = registry.missing_packages(method)
    if lacking:
        raise InputError(registry.how_to_install(lacking))
    with measured() as cost:
        outcome = method.run(task)
    return finding_of(method, outcome, cost, len(task.values), task.seed)


def _why(error: Exception) -> str:
    """Return an error in one line."""
    text = " ".join(str(error).split())
    if isinstance(error, InputError):
        return text
    if isinstance(error, MemoryError):
        return f"it needs more memory than there is{f' ({text})' if text else ''}: compare fewer spectra or energies"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _source(truth: ArrayLike | xr.DataArray) -> str:
    return str(truth.attrs.get("source", "given")) if isinstance(truth, xr.DataArray) else "given"

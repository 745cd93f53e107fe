"""One analysis from a map to a result: each step of the method, in order."""

from __future__ import annotations

from dataclasses import dataclass, replace

import xarray as xr

from didymos.schema import VERSION
from didymos.twin.stages import prepare_stages
from didymos.twin.storage import TwinModel
from didymos.workflow.assembly import assemble, check_iso_energy
from didymos.workflow.points import Points, points_of
from didymos.workflow.progress import Report, shown
from didymos.workflow.settings import Settings
from didymos.workflow.steps import find_regions, measure_distances, train_twins


@dataclass(frozen=True)
class Analysis:
    """A result and the model that gave it.

    Attributes
    ----------
    result : xarray.Dataset
        The variables of :data:`didymos.schema.RESULT_VARIABLES`.
    model : TwinModel
        Scores other spectra.
    """

    result: xr.Dataset
    model: TwinModel


def analyze(
    data: xr.DataArray | xr.Dataset, settings: Settings | None = None, *, progress: bool | Report | None = None
) -> xr.Dataset:
    """Find what is different in a spectral map.

    Parameters
    ----------
    data : xarray.DataArray or xarray.Dataset
        A spectral map, dims (y, x, energy) or (point, energy), or a Dataset with the variable ``spectra``.
    settings : Settings, optional
        Default: ``Settings()``.
    progress : bool or callable, optional
        See :func:`didymos.workflow.progress.shown`.

    Returns
    -------
    xarray.Dataset
        A result, see :data:`didymos.schema.RESULT_VARIABLES`.

    Raises
    ------
    InputError
        Where the map cannot be analysed; the message says why and what to do.
    """
    return run(data, settings, progress=progress).result


def run(
    data: xr.DataArray | xr.Dataset, settings: Settings | None = None, *, progress: bool | Report | None = None
) -> Analysis:
    """Analyse a map as :func:`analyze` does and return the trained model as well.

    Parameters
    ----------
    data, settings, progress
        As in :func:`analyze`.

    Returns
    -------
    Analysis
    """
    chosen = settings or Settings()
    with shown(progress) as report:
        points = points_of(data, chosen.energy_range, spatial=chosen.spatial == "auto")
        check_iso_energy(points, chosen)
        prepare_stages(
            chosen.training(chosen.layers),
            chosen.training(chosen.score_layers),
            points=int(points.usable.sum()),
            members=chosen.members,
        )
        distances = measure_distances(points, chosen, report)
        model, ensembles = train_twins(points, distances, chosen, report)
        report("regions", 0.0)
        score = model.predict(points.values[points.usable])[1]
        regions = find_regions(distances, score)
        model = replace(model, regions=regions.model)
        model.about.update(_about(points, chosen))
        result = assemble(points, chosen, distances, model, ensembles, regions)
        _carry_truth(data, result)
        report("regions", 1.0)
    return Analysis(result, model)


def _about(points: Points, settings: Settings) -> dict[str, object]:
    return {
        "didymos_version": VERSION,
        "settings": settings.to_json(),
        "metric": settings.metric,
        "energy_units": str(points.map["energy"].attrs.get("units", "")),
        "signal_units": str(points.map.attrs.get("units", "")),
    }


def _carry_truth(data: xr.DataArray | xr.Dataset, result: xr.Dataset) -> None:
    """Keep the truth of a simulated map beside the result, so that the report can compare."""
    source = data.data_vars if isinstance(data, xr.Dataset) else data.coords
    for name, variable in source.items():
        if str(name).startswith("truth_") and set(variable.dims) <= set(result["score"].dims):
            result[name] = (variable.dims, variable.values, dict(variable.attrs))

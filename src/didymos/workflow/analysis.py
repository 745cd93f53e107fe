"""One analysis from a map to a result: the five steps of the method, in order."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import xarray as xr

from didymos.preparing.pipeline import prepared
from didymos.preparing.settings import PreparingSettings
from didymos.schema import ENERGY, space_dims
from didymos.schema.printing import counted, html_table, p_value, said
from didymos.schema.records import check_names
from didymos.stored.journal import Journal
from didymos.stored.passes import Passes
from didymos.twin.model import TwinModel
from didymos.twin.training.compilation import Compiler
from didymos.workflow.assembly import Steps, assemble, check_iso_energy
from didymos.workflow.evidence import Evidence, find_evidence
from didymos.workflow.features import Features, fit_metric
from didymos.workflow.maps import check_map
from didymos.workflow.points import Points, prepare
from didymos.workflow.progress import Report, shown, silent, stage
from didymos.workflow.regions import find_regions
from didymos.workflow.settings import Settings, checked_settings
from didymos.workflow.similarity import similarity_of
from didymos.workflow.twins import prepare_training, train_twins

PREPARE, METRIC, EVIDENCE, SIMILARITY, TRAIN, DESCRIBE = STAGES = (
    "prepare",
    "fit metric",
    "find evidence",
    "similarity",
    "train twins",
    "describe the map",
)
"""The five steps of an analysis as its progress names them, and what describes the map beside them."""


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

    def __repr__(self) -> str:
        """Return what was analysed and found, in one line."""
        return said("Analysis", *(f"{name} {value}" for name, value in self._rows()))

    def _repr_html_(self) -> str:
        """Return the same as a table, for a notebook."""
        return html_table("Analysis", self._rows())

    def _rows(self) -> list[tuple[str, str]]:
        """Return what people want to know of an analysis, by name."""
        result = self.result
        space = " × ".join(str(result.sizes[dim]) for dim in space_dims(result))
        rows = [("spectra", f"{space} at {counted(result.sizes[ENERGY], 'energy', 'energies')}")]
        if "input_file" in result.attrs:
            rows.insert(0, ("input", str(result.attrs["input_file"]) or "a map in memory"))
        if "distinct_population" in result.attrs:
            found = "detected" if int(result.attrs["distinct_population"]) == 1 else "not detected"
            chance = float(result.attrs.get("distinct_population_p_value", float("nan")))
            rows.append(("distinct population", f"{found} ({p_value(chance)})"))
        if "defect" in result.sizes:
            rows.append(
                ("defects", f"{result.sizes['defect']} of {counted(result.sizes.get('kind_index', 0), 'kind')}")
            )
        return [*rows, ("score", f"from the {self.model.score_source}")]


def analyze(
    data: xr.DataArray | xr.Dataset,
    settings: Settings | None = None,
    *,
    examples: Any = None,
    progress: bool | Report | None = None,
    **options: Any,
) -> xr.Dataset:
    """Find what is different in a spectral map.

    Parameters
    ----------
    data : xarray.DataArray or xarray.Dataset
        A spectral map, dims (y, x, energy) or (point, energy), or a Dataset with the variable ``spectra``.
    settings : Settings, optional
        Default: ``Settings()``.
    examples : path, DataFrame, mapping of columns, or rows (x, y, label), optional
        Labelled spectra, see :func:`didymos.workflow.examples.examples_of`. Three of one kind of defect and three of
        the "majority" suffice to find all like it.
    progress : bool or callable, optional
        See :func:`didymos.workflow.progress.shown`.
    **options
        Settings by name, for example ``seed=1`` or, of those of preparing, ``smooth=7``; they go before those of
        `settings`.

    Returns
    -------
    xarray.Dataset
        A result, see :data:`didymos.schema.RESULT_VARIABLES`.

    Raises
    ------
    InputError
        Where the map cannot be analysed, or an option or an example is not allowed; the message says why and what to
        do.
    """
    check_map(data, "analyze")
    return run(data, with_options(settings, options), examples=examples, progress=progress).result


def run(
    data: xr.DataArray | xr.Dataset,
    settings: Settings | None = None,
    *,
    examples: Any = None,
    progress: bool | Report | None = None,
    journal: Journal | None = None,
) -> Analysis:
    """Analyse a map as :func:`analyze` does and return the trained model as well.

    Parameters
    ----------
    data, settings, examples, progress
        As in :func:`analyze`.
    journal : Journal, optional
        Keeps what is finished of a map that is not in memory, so that a run that was killed goes on from there.

    Returns
    -------
    Analysis
    """
    chosen = checked_settings(settings)
    source = chosen.similarity_source(given=examples is not None)
    with shown(progress) as report, Compiler() as compiler:
        with stage(report, PREPARE):
            passes = Passes(journal)
            data = prepared(data, chosen.preparing, spatial=chosen.spatial == "auto", passes=passes)
            points = prepare(data, chosen, examples=examples, passes=passes)
            check_iso_energy(points, chosen)
        prepare_training(compiler, int(points.usable.sum()), chosen, source)
        with stage(report, METRIC):
            features = fit_metric(points, chosen)
            compiler.import_finished()
        with stage(report, EVIDENCE):
            evidence = find_evidence(points, features, chosen)
        steps = learn(points, features, evidence, chosen, report=report, compiler=compiler)
        return describe(data, steps, chosen, report=report)


def learn(
    points: Points,
    features: Features,
    evidence: Evidence,
    settings: Settings,
    *,
    report: Report = silent,
    compiler: Compiler | None = None,
) -> Steps:
    """Let the twins learn who is similar to whom, and read regions and kinds from what they learnt.

    Parameters
    ----------
    points, features, evidence
        Of the first three steps. Where similarity comes from examples, the evidence has no influence here.
    settings : Settings
    report : callable
        Progress, see :data:`didymos.workflow.progress.Report`.
    compiler : Compiler, optional
        Where the programs of the training are compiled.

    Returns
    -------
    Steps

    Raises
    ------
    InputError
        Where the examples do not name the majority and at least one kind.
    """
    with stage(report, SIMILARITY) as part:
        similarity = similarity_of(points, features, evidence, settings, report=part)
    with stage(report, TRAIN) as part:
        twins = train_twins(points, features, similarity, settings, report=part, compiler=compiler)
        regions = find_regions(points, evidence, similarity, twins)
    return Steps(points, features, evidence, similarity, twins.with_regions(regions.model), regions)


def describe(data: xr.DataArray | xr.Dataset, steps: Steps, settings: Settings, *, report: Report = silent) -> Analysis:
    """Put the steps of an analysis, and what describes the map beside them, into a result.

    Parameters
    ----------
    data : spectral map
        As it was given; a truth that it carries goes into the result.
    steps : Steps
        Of :func:`learn`, with the evidence of the map.
    settings : Settings
    report : callable
        Progress, see :data:`didymos.workflow.progress.Report`.

    Returns
    -------
    Analysis
    """
    with stage(report, DESCRIBE) as part:
        result = assemble(steps, settings, part)
    _carry_truth(data, result)
    return Analysis(result, steps.twins.model)


def with_options(settings: Settings | None, options: dict[str, Any]) -> Settings:
    """Return settings with some of them replaced by keywords.

    Parameters
    ----------
    settings : Settings, optional
        Default: ``Settings()``.
    options : dict
        Values by the name of the setting.

    Returns
    -------
    Settings

    Raises
    ------
    InputError
        Where there is no setting of that name, or a value is not allowed.
    """
    names, preparing = ([field.name for field in dataclasses.fields(kind)] for kind in (Settings, PreparingSettings))
    check_names(options, [*names, *preparing])
    chosen = dataclasses.replace(checked_settings(settings), **{n: v for n, v in options.items() if n in names})
    steps = {name: value for name, value in options.items() if name in preparing}
    return dataclasses.replace(chosen, preparing=dataclasses.replace(chosen.preparing, **steps)) if steps else chosen


def _carry_truth(data: xr.DataArray | xr.Dataset, result: xr.Dataset) -> None:
    """Keep the truth of a simulated map beside the result, so that the report can compare."""
    source = data.data_vars if isinstance(data, xr.Dataset) else data.coords
    for name, variable in source.items():
        if str(name).startswith("truth_") and set(variable.dims) <= set(result["score"].dims):
            result[name] = (variable.dims, variable.values, dict(variable.attrs))

"""What twins have learnt from examples, and the ground that they learnt it on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.schema.printing import counted, said
from didymos.twin.model import TwinModel
from didymos.workflow.analysis import EVIDENCE, METRIC, Analysis, describe
from didymos.workflow.assembly import (
    Steps,
    add_region_probability,
    add_regions,
    add_scores,
    evidence_attributes,
    learning_attributes,
)
from didymos.workflow.averages import add_rare_averages, total_sums
from didymos.workflow.dataset import Assembly
from didymos.workflow.defects import add_defects
from didymos.workflow.evidence import Evidence, find_evidence
from didymos.workflow.examples import LabelledExamples
from didymos.workflow.features import Features, fit_metric
from didymos.workflow.points import Points
from didymos.workflow.progress import Report, shown, silent, stage
from didymos.workflow.settings import Settings


@dataclass(frozen=True)
class Ground:
    """What an analysis knows of a map before any example: points, features and, where somebody asks, the evidence.

    Attributes
    ----------
    points : Points
    features : Features
        Of the usable ones of `points`.
    settings : Settings
        With which they were made.
    """

    points: Points
    features: Features
    settings: Settings

    def __repr__(self) -> str:
        """Return of what the ground is, in one line."""
        return said("Ground", repr(self.points), repr(self.features))

    @classmethod
    def of(cls, points: Points, settings: Settings, report: Report = silent) -> Ground:
        """Fit the metric to points."""
        with stage(report, METRIC):
            return cls(points, fit_metric(points, settings), settings)

    @cached_property
    def evidence(self) -> Evidence:
        """The evidence of the map, found at the first call."""
        return find_evidence(self.points, self.features, self.settings)

    @cached_property
    def sums(self) -> NDArray[np.float64]:
        """What the average spectra of regions need of all spectra, shape (3, n_energies)."""
        return total_sums(self.points)

    def known_to(self, named: Points) -> Points:
        """Return points with examples, the same ones usable, with what need not be looked up for every lesson."""
        assert self.points.neighbourhood is not None
        assert len(self.sums)
        return named.knowing(self.points)


@dataclass(frozen=True)
class Taught:
    """What the twins learnt from examples.

    Attributes
    ----------
    result : xarray.Dataset
        Small: score, its spread, distance, embedding, region and its probability, kind, the average spectra of regions
        and kinds, and the defects, under the names of :data:`didymos.schema.RESULT_VARIABLES`.
    steps : Steps
        Of the lesson; the evidence in them is that of the map only where the lesson was on the evidence.
    settings : Settings
        ``didymos.analyze`` gives the same with these settings and the same examples.
    ground : Ground
        What the twins learnt on.
    data : spectral map
        As it was given.
    """

    result: xr.Dataset
    steps: Steps
    settings: Settings
    ground: Ground
    data: xr.DataArray | xr.Dataset

    def __repr__(self) -> str:
        """Return what the twins learnt from, in one line."""
        words = [f"{len(self.examples.labelled(label))} {label}" for label in self.examples.present]
        return said(
            "Taught", f"{counted(len(self.examples.index), 'example')} ({', '.join(words)})", repr(self.settings)
        )

    @property
    def model(self) -> TwinModel:
        """The trained model, which scores other spectra."""
        return self.steps.twins.model

    @property
    def examples(self) -> LabelledExamples:
        """The examples that the twins learnt from."""
        assert self.steps.points.examples is not None
        return self.steps.points.examples

    @property
    def member_scores(self) -> NDArray[np.float32]:
        """Score of the usable spectra by every member of the ensemble, shape (n_members, n_usable)."""
        networks, embedded = self.model.networks, self.steps.twins.embedded
        if networks is None or embedded is None:
            return self.steps.twins.prediction.score[np.newaxis]
        return networks.score.score(embedded).astype(np.float32)

    def analysis(self, *, progress: bool | Report | None = None) -> Analysis:
        """Return the whole analysis, with everything that describes the map, for saving and for the report.

        Parameters
        ----------
        progress : bool or callable, optional
            See :func:`didymos.workflow.progress.shown`.

        Returns
        -------
        Analysis
            What ``didymos.workflow.run`` returns for the same map, settings and examples; nothing trains again.
        """
        with shown(progress) as report:
            with stage(report, EVIDENCE):
                steps = replace(self.steps, evidence=self.ground.evidence)
            return describe(self.data, steps, self.settings, report=report)


def small_result(steps: Steps, ground: Ground, settings: Settings, *, on_evidence: bool) -> xr.Dataset:
    """Return what a lesson changes, under the names of a result.

    Parameters
    ----------
    steps : Steps
    ground : Ground
    settings : Settings
        Of the lesson.
    on_evidence : bool
        Whether the evidence in `steps` is that of the map.

    Returns
    -------
    xarray.Dataset
    """
    points, regions = steps.points, steps.regions
    assembly = Assembly(points, settings.metric)
    add_scores(assembly, steps.twins.model, steps.twins.prediction)
    add_regions(assembly, regions.region)
    add_region_probability(assembly, regions.probability)
    assembly.add("kind", points.spread(regions.kind, points.usable, 0, np.int16))
    add_rare_averages(assembly, regions, ground.sums)
    add_defects(assembly, regions.region, regions.kind)
    known = evidence_attributes(steps.evidence) if on_evidence else {}
    about = {"metric": settings.metric, "seed": settings.seed, "settings": settings.to_json()}
    assembly.result.attrs.update(known | learning_attributes(steps) | about)
    return assembly.result

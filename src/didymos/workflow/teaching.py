"""Twins that learn from examples again and again: a map is prepared once, and every lesson takes half a second."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from didymos.preparing.pipeline import prepared
from didymos.schema import InputError
from didymos.schema.printing import said
from didymos.twin.training.compilation import Compiler
from didymos.workflow.analysis import EVIDENCE, PREPARE, learn
from didymos.workflow.assembly import check_iso_energy
from didymos.workflow.evidence import Evidence
from didymos.workflow.features import Features
from didymos.workflow.maps import check_map
from didymos.workflow.points import Points, prepare, with_examples
from didymos.workflow.progress import Report, shown, stage
from didymos.workflow.settings import Settings, checked_settings
from didymos.workflow.taught import Ground, Taught, small_result
from didymos.workflow.twins import prepare_lessons, prepare_training

PREPARED_BY = ("preparing", "energy_range", "spatial")
FITTED_BY = (*PREPARED_BY, "metric", "rank", "seed")
"""Settings that the points, and the features and the evidence, depend on."""
KEPT = 4
"""Sets of usable spectra whose features are kept: "artefact" and its undoing go back and forth between two."""


@dataclass(frozen=True)
class Teacher:
    """A map that is prepared once, on which twins learn from examples as often as the user likes.

    Attributes
    ----------
    data : spectral map
        As it was given.
    settings : Settings
    ground : Ground
        Without examples.
    """

    data: xr.DataArray | xr.Dataset
    settings: Settings
    ground: Ground
    _kept: dict[bytes, Ground] = field(default_factory=dict, repr=False, compare=False)

    def __repr__(self) -> str:
        """Return what is taught, in one line."""
        return said("Teacher", f"{int(self.points.usable.sum())} usable spectra", repr(self.settings))

    @classmethod
    def of(
        cls,
        data: xr.DataArray | xr.Dataset,
        settings: Settings | None = None,
        *,
        progress: bool | Report | None = False,
    ) -> Teacher:
        """Prepare a map.

        Parameters
        ----------
        data : spectral map or result
            In memory or not; the spectra of a result are analysed anew.
        settings : Settings, optional
            Default: those of the result, of a map ``Settings()``.
        progress : bool or callable, optional
            See :func:`didymos.workflow.progress.shown`.

        Returns
        -------
        Teacher

        Raises
        ------
        InputError
            Where the map cannot be analysed.
        """
        check_map(data, "a Teacher")
        chosen = settings_of(data) if settings is None else checked_settings(settings)
        with shown(progress) as report:
            with stage(report, PREPARE):
                data = prepared(data, chosen.preparing, spatial=chosen.spatial == "auto")
                points = prepare(data, chosen)
                check_iso_energy(points, chosen)
            # the programs compile while the metric is fitted, so that the first lesson is not the longest
            with Compiler() as compiler:
                prepare_lessons(compiler, chosen)
                compiler.import_finished()
                return cls(data, chosen, Ground.of(points, chosen, report))

    @property
    def points(self) -> Points:
        """The points of the map, without examples."""
        return self.ground.points

    @property
    def features(self) -> Features:
        """The features of the usable points."""
        return self.ground.features

    @property
    def evidence(self) -> Evidence:
        """The evidence of the map; the first call takes as long as step 3 of an analysis."""
        return self.ground.evidence

    def with_settings(self, settings: Settings, *, progress: bool | Report | None = False) -> Teacher:
        """Return the same map with other settings; only what depends on what has changed is done again.

        Parameters
        ----------
        settings : Settings
        progress : bool or callable, optional
            See :func:`didymos.workflow.progress.shown`.

        Returns
        -------
        Teacher

        Raises
        ------
        InputError
            Where the map cannot be analysed with these settings.
        """

        def same(names: tuple[str, ...]) -> bool:
            return all(getattr(settings, name) == getattr(self.settings, name) for name in names)

        if not same(PREPARED_BY):
            return Teacher.of(self.data, settings, progress=progress)
        check_iso_energy(self.points, settings)
        if same(FITTED_BY):
            return replace(self, settings=settings)
        with shown(progress) as report:
            return Teacher(self.data, settings, Ground.of(self.points, settings, report))

    def teach(self, examples: Any, *, on_evidence: bool = False, progress: bool | Report | None = False) -> Taught:
        """Let the twins learn from examples; the numbers are those of ``didymos.analyze`` with :attr:`Taught.settings`.

        Parameters
        ----------
        examples : table
            See :func:`didymos.workflow.examples.examples_of`. Where they say "artefact", or name a spectrum that looks
            corrupted, other spectra are usable than before and the metric is fitted again.
        on_evidence : bool
            Whether the examples override the evidence of the map at their points, as ``similarity="evidence"``, instead
            of being all that trains.
        progress : bool or callable, optional
            See :func:`didymos.workflow.progress.shown`.

        Returns
        -------
        Taught

        Raises
        ------
        InputError
            Where the examples do not suffice: without one of the majority and one of a kind nothing can be learnt from
            them alone.
        """
        settings = taught_settings(self.settings, on_evidence=on_evidence)
        with shown(progress) as report, Compiler() as compiler:
            points = with_examples(self.points, examples)
            prepare_training(compiler, int(points.usable.sum()), settings, settings.similarity_source(given=True))
            ground = self._ground_of(points, report)
            points = ground.known_to(points)
            evidence = Evidence.none(len(ground.features.values))
            if on_evidence:
                with stage(report, EVIDENCE):
                    evidence = ground.evidence
            steps = learn(points, ground.features, evidence, settings, report=report, compiler=compiler)
            return Taught(
                small_result(steps, ground, settings, on_evidence=on_evidence), steps, settings, ground, self.data
            )

    def _ground_of(self, points: Points, report: Report) -> Ground:
        """Return the features of these points, where the same spectra have been usable before those of then."""
        if np.array_equal(points.usable, self.points.usable):
            return self.ground
        which = np.packbits(points.usable).tobytes()
        if which not in self._kept:
            self._kept[which] = Ground.of(replace(points, examples=None), self.settings, report)
            for oldest in list(self._kept)[:-KEPT]:
                del self._kept[oldest]
        return self._kept[which]


def taught_settings(settings: Settings, *, on_evidence: bool) -> Settings:
    """Return the settings with which an analysis learns from examples, alone or on the evidence.

    ``similarity`` stays where it says this already ("auto" is examples where there are some); "threshold" takes no
    examples and is replaced.

    Parameters
    ----------
    settings : Settings
    on_evidence : bool

    Returns
    -------
    Settings
    """
    if on_evidence:
        return replace(settings, similarity="evidence")
    return settings if settings.similarity in ("auto", "examples") else replace(settings, similarity="examples")


def settings_of(data: xr.DataArray | xr.Dataset) -> Settings:
    """Return the settings that a result was made with; the defaults for a map.

    Parameters
    ----------
    data : spectral map or result

    Returns
    -------
    Settings

    Raises
    ------
    InputError
        Where the settings in the result are not those of this version.
    """
    try:
        given = json.loads(str(data.attrs.get("settings", "{}"))) if isinstance(data, xr.Dataset) else {}
        known = {item.name for item in dataclasses.fields(Settings)}
        return Settings(**{name: value for name, value in given.items() if name in known})
    except (AttributeError, TypeError, ValueError) as error:
        raise InputError(f"the settings in the result cannot be read ({error}): give settings") from None

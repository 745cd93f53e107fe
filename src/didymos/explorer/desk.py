"""A result on a desk: marks, lessons and sessions."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from didymos.explorer.saving import Session, load_session, save_session
from didymos.explorer.settings import ExplorerSettings
from didymos.schema import InputError
from didymos.views.layers import Layer, layers_of
from didymos.views.payload import findings, layer_entry, page_scale, payload
from didymos.views.places import Places, places_of
from didymos.views.settings import ViewSettings
from didymos.views.spectra import groups_of
from didymos.workflow.analysis import Analysis, run
from didymos.workflow.doubt import doubtful
from didymos.workflow.marks import Marks
from didymos.workflow.progress import Report, silent
from didymos.workflow.settings import Settings
from didymos.workflow.taught import Taught
from didymos.workflow.teaching import Teacher, settings_of

Answer = dict[str, Any]
"""To be written as JSON."""
INPUT = ("input_file", "input_sha256")
"""Attributes of a result that say what it was made from."""
OF_OTHER = ("score", "region", "kind")
"""Layers of another result that are shown beside this one."""


@dataclass(frozen=True)
class Laid:
    """A result, and how a page shows it.

    Attributes
    ----------
    result : xarray.Dataset
    places : Places
    group : array of int, shape (n_energies,)
        Which energies stand together in the page.
    factor : float
        From the signal of the result to that of the page.
    """

    result: xr.Dataset
    places: Places
    group: NDArray[np.intp]
    factor: float

    @classmethod
    def of(cls, result: xr.Dataset, views: ViewSettings) -> Laid:
        """Lay a result out for a page."""
        group = groups_of(result.sizes["energy"], views.most_energies)
        return cls(result, places_of(result, views), group, page_scale(result).factor)

    def findings(self, of: xr.Dataset) -> dict[str, Any]:
        """Return what a page shows of a result of the same map."""
        return findings(of, self.places, self.group, self.factor)


class Desk:
    """A result on a desk: marks, lessons and sessions.

    Parameters
    ----------
    result : xarray.Dataset
        Of an analysis.
    folder : path, optional
        Of the result; sessions are saved in its folder ``explorer``. Without it nothing can be saved.
    other : xarray.Dataset, optional
        Another result of the same map, to compare with.
    settings : ExplorerSettings, optional
    views : ViewSettings, optional

    Raises
    ------
    InputError
        Where the result has no scores, or the other one is of another map.
    """

    def __init__(
        self,
        result: xr.Dataset,
        folder: Path | None = None,
        *,
        other: xr.Dataset | None = None,
        settings: ExplorerSettings | None = None,
        views: ViewSettings | None = None,
    ) -> None:
        for one in (result, other):
            if one is not None and "score" not in one:
                raise InputError("a result has no scores: give the folder of 'didymos analyze'")
        if other is not None and other["score"].shape != result["score"].shape:
            raise InputError(
                f"the other result is of {other['score'].shape} points, this one of {result['score'].shape}: "
                "give results of one map"
            )
        self.settings = settings or ExplorerSettings()
        self.folder, self.other = folder, other
        self.marks, self.on_evidence, self.view = Marks(), False, ""
        self.taught: Taught | None = None
        self._views = views or ViewSettings()
        self._laid = Laid.of(result, self._views)
        self._teacher: Teacher | None = None
        self._again: Analysis | None = None
        self.lock = RLock()

    @property
    def result(self) -> xr.Dataset:
        """The result that the desk began with, or that of the last time the map was analysed again."""
        return self._laid.result

    @property
    def shown(self) -> xr.Dataset:
        """What the page shows: the last lesson, else the result."""
        return self.result if self.taught is None else self.taught.result

    @property
    def places(self) -> Places:
        """The points that the page shows."""
        return self._laid.places

    @property
    def factor(self) -> float:
        """From the signal of the result to that of the page."""
        return self._laid.factor

    def reopen(self) -> None:
        """Take up the saved session of the folder, where there is one.

        Raises
        ------
        InputError
            Where the session is damaged or does not fit the result.
        """
        session = None if self.folder is None else load_session(self.folder)
        if session is not None:
            self.marks = Marks.of(session.examples, self.result["spectra"]) if session.examples else Marks()
            self.on_evidence, self.view = session.on_evidence, session.view

    def page(self) -> dict[str, Any]:
        """Return what the page needs to know, see :func:`didymos.views.payload.payload`."""
        with self.lock:
            values = payload(self.result, self.places, self._views)
            if self.other is not None:
                values["layers"] += [layer_entry(layer) for layer in self._others(self.other)]
            return values

    def prepare(self, report: Report = silent) -> Teacher:
        """Prepare the map for lessons, once."""
        if self._teacher is None:
            self._teacher = Teacher.of(self.result, progress=report)
        return self._teacher

    def learn(self, marks: Marks, report: Report = silent) -> Answer:
        """Let the twins learn from marks; marks that do not suffice are kept and wait for others."""
        self.marks, self.taught = marks, None
        if not marks.labels:
            return {**self.state(), **self.lesson()}
        start = time.perf_counter()
        try:
            table = marks.table(self.result["spectra"])
            self.taught = self.prepare(report).teach(table, on_evidence=self.on_evidence, progress=report)
        except InputError as error:
            return {**self.state(), **self.lesson(), "waiting": str(error)}
        return {**self.state(), **self.lesson(), "seconds": _since(start)}

    def analyse_again(self, changes: dict[str, Any], report: Report = silent) -> Answer:
        """Analyse the map with other settings; the marks stay, and the twins learn from them again."""
        start = time.perf_counter()
        settings = replace(settings_of(self.result), **changes)
        # without examples similarity cannot come from them
        alone: Settings = replace(settings, similarity="auto") if settings.similarity == "examples" else settings
        again = run(self.result, alone, progress=report)
        again.result.attrs.update(self._origin())
        self._again, self._laid, self._teacher = again, Laid.of(again.result, self._views), None
        return {**self.learn(self.marks, report), "seconds": _since(start)}

    def save(self, view: str, report: Report = silent) -> Path:
        """Save marks, view, and what the twins learnt, in the folder of the result.

        Raises
        ------
        InputError
            Where there is no folder or it cannot be written.
        """
        if self.folder is None:
            raise InputError("this result has no folder to save into: give one (folder=)")
        done = self._again if self.taught is None else self.taught.analysis(progress=report)
        if done is not None:
            done.result.attrs.update(self._origin())
        examples = self.marks.table(self.result["spectra"]) if self.marks.labels else {}
        return save_session(self.folder, Session(examples, self.on_evidence, view), done)

    def state(self) -> Answer:
        """Return marks and settings as the page shows them."""
        settings = settings_of(self.result)
        return {
            "marks": [[point, label] for point, label in self.marks.labels.items()],
            "canUndo": self.marks.can_undo,
            "canRedo": self.marks.can_redo,
            "onEvidence": self.on_evidence,
            "settings": {name: getattr(settings, name) for name in ("metric", "similarity", "threshold")},
        }

    def lesson(self) -> Answer:
        """Return what the page shows of the last lesson, or of the result where there was none."""
        asked = [] if self.taught is None else doubtful(self.taught).tolist()
        return {"findings": self._laid.findings(self.shown), "doubtful": asked}

    def _origin(self) -> dict[str, Any]:
        return {name: self.result.attrs[name] for name in INPUT if name in self.result.attrs}

    def _others(self, other: xr.Dataset) -> list[Layer]:
        """Return the layers of the other result, and the difference of the scores."""
        found = [
            replace(layer, name=f"other_{layer.name}", title=f"{layer.title} of the other result")
            for layer in layers_of(other, self.places)
            if layer.name in OF_OTHER
        ]
        change = (other["score"].values - self.result["score"].values).ravel()[self.places.index].astype(np.float32)
        title = "score of the other result less this one"
        return [*found, Layer("other_change", title, change, low=-1.0, high=1.0, palette="RdBu_r")]


def _since(start: float) -> float:
    return round(time.perf_counter() - start, 3)

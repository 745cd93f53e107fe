"""The twin networks as methods of a comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from didymos.methods.interface import Outcome, Task
from didymos.schema import Region
from didymos.workflow.analysis import STAGES, run
from didymos.workflow.progress import Report
from didymos.workflow.settings import Settings
from didymos.workflow.twin_titles import TITLES


@dataclass(frozen=True)
class TwinMethod:
    """Twin networks trained on pairs of spectra (the paper, Fig. 7).

    With the metric "euclidean" the distance and the loss are those of the paper; with "robust" all settings are those
    of an analysis.

    Attributes
    ----------
    metric : str
    packages : tuple of str
        None beyond a plain install.
    """

    metric: str
    packages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name on the command line."""
        return f"twin-{self.metric}"

    @property
    def title(self) -> str:
        """The name in words."""
        return TITLES[self.metric]

    def settings(self, seed: int) -> Settings:
        """Return the settings of the analysis."""
        if self.metric == "euclidean":
            return Settings(metric="euclidean", similarity="threshold", margin_grows=False, seed=seed)
        return Settings(metric=self.metric, seed=seed)

    def run(self, task: Task) -> Outcome:
        """Train the twins on a map: twin score, embedding, minority (1) and the rest (0).

        Parameters
        ----------
        task : Task

        Returns
        -------
        Outcome

        Raises
        ------
        InputError
            Where the map cannot be analysed.
        """
        analysis = run(task.map, self.settings(task.seed), progress=_steps(task.report))
        result = analysis.result
        mean = analysis.model.predict(task.values.mean(axis=0, dtype=np.float64)[np.newaxis]).embedding
        space = result["embedding"].values if "embedding" in result else None
        notes = [note for note in str(result.attrs["training_notes"]).splitlines() if note]
        if not result.attrs["distinct_population"]:
            notes.insert(0, "no distinct population was detected: all spectra are one group")
        if space is None:
            notes.insert(1, "no network was trained: the score is the rescaled distance to the majority")
        return Outcome(
            score=result["score"].values.ravel()[task.usable],
            space=None if space is None else space.reshape(-1, space.shape[-1])[task.usable],
            origin=None if mean is None else mean[0],
            labels=(result["region"].values.ravel()[task.usable] == Region.MINORITY).astype(np.int64),
            notes=tuple(notes),
        )


def _steps(report: Callable[[float], None]) -> Report:
    """Turn the steps of an analysis into the share of all of it."""
    seen: list[str] = []

    def advance(step: str, share: float) -> None:
        if step not in seen:
            seen.append(step)
        report(min((seen.index(step) + share) / len(STAGES), 1.0))

    return advance

"""Step 2: the metric, and the features of all spectra in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from didymos.core.metrics import registry
from didymos.core.metrics.linear import LinearMetric
from didymos.core.noise.levels import at_usual_noise
from didymos.schema.given import check_kind
from didymos.schema.printing import counted, said
from didymos.workflow.noise_notes import noise_notes
from didymos.workflow.points import Points
from didymos.workflow.settings import Settings, checked_settings


@dataclass(frozen=True)
class Features:
    """A fitted metric and the features of the usable spectra.

    Attributes
    ----------
    metric : LinearMetric
    values : array, shape (n_usable, n_features)
        In standard deviations of the majority (robust) or in the units of the spectra (euclidean).
    level : array, shape (n_usable,)
        Noise of every spectrum over the usual noise; 1 where the metric knows no noise.
    """

    metric: LinearMetric
    values: NDArray[np.float64]
    level: NDArray[np.float64]

    def __repr__(self) -> str:
        """Return how many features there are, and of which metric, in one line."""
        spectra, features = self.values.shape
        return said(
            "Features", f"{counted(features, 'feature')} of {spectra} spectra", f"metric of rank {self.metric.rank}"
        )

    @cached_property
    def distance(self) -> NDArray[np.float64]:
        """Distance from the centre of the majority, shape (n_usable,)."""
        return self.metric.distance(self.values)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found out about the noise, and what was done about it, one sentence each."""
        return noise_notes(self.metric, self.level)

    @cached_property
    def at_usual_noise(self) -> NDArray[np.float64]:
        """The features as they would be if all spectra had the usual noise, shape (n_usable, n_features)."""
        return at_usual_noise(self.values, self.level, self.metric.projection)


def fit_metric(points: Points, settings: Settings | None = None) -> Features:
    """Fit the metric in which the majority's own variation counts little.

    Parameters
    ----------
    points : Points
        Of :func:`didymos.workflow.prepare`.
    settings : Settings, optional
        Of these: ``metric``, ``rank`` and ``seed``.

    Returns
    -------
    Features
    """
    check_kind(points, Points, "fit_metric", "give what didymos.workflow.prepare(map) returns")
    chosen = checked_settings(settings)
    values = points.spectra
    rank = None if chosen.rank == "auto" else chosen.rank
    metric = registry.fit_metric(chosen.metric, values, points.neighbours, rank=rank, seed=chosen.seed)
    return Features(metric, metric.transform(values), metric.noise_levels(values))

"""Metrics by name.

A metric is any object with ``name`` and ``fit`` as in :class:`Metric`; :data:`METRICS` lists them by name and may be
added to. Those of didymos are imported when they are made: who only needs their names does not wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from didymos.core.metrics.linear import LinearMetric


class Metric(Protocol):
    """What a similarity metric must offer."""

    name: ClassVar[str]

    def fit(self, values: NDArray[np.floating], neighbours: NDArray[np.intp], *, seed: int) -> LinearMetric:
        """Fit to finite spectra, shape (n_points, n_energies), with a surface neighbour of each."""
        ...


def euclidean(rank: int | None = None) -> Metric:
    """Return the metric of the paper, see :class:`didymos.core.metrics.euclidean.Euclidean`."""
    from didymos.core.metrics.euclidean import Euclidean

    return Euclidean(rank)


def robust(rank: int | None = None) -> Metric:
    """Return the metric relative to the majority, see :class:`didymos.core.metrics.robust.Robust`."""
    from didymos.core.metrics.robust import Robust

    return Robust(rank)


METRICS: dict[str, Callable[[int | None], Metric]] = {"euclidean": euclidean, "robust": robust}
"""Metrics by name; each is made from a rank (None: from the data)."""

"""Distances of all pairs, logarithmically rescaled, as two Gaussians (the paper, Figs. 4 and 5b)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.latent.distance_correlation import distance_to_mean
from didymos.core.metrics.registry import fit_metric
from didymos.core.numeric.rescaling import log_rescale
from didymos.core.pairs.abundance import farther_share, label
from didymos.core.pairs.mixture import best_fit
from didymos.core.pairs.pair_statistics import choose_references, pair_statistics
from didymos.core.surface.nearest import adjacent_pairs
from didymos.methods.interface import Family, Outcome, Task
from didymos.methods.latent import check_varies
from didymos.schema import is_image

ALL_PAIRS_UP_TO = 20_000
SAMPLED_PAIRS = ALL_PAIRS_UP_TO**2 // 2
"""About how many pairs are taken of more spectra."""


@dataclass(frozen=True)
class LogRescaledDistances:
    """Two Gaussians fitted to log(d + n); the score is the share of a spectrum's pairs in the upper component.

    The latent distance is log(|x_i - mean| + m), where m is the same multiple of the median of |x_i - mean| as n is of
    the median of d.
    """

    name: str = "log-rescaled"
    title: str = "Log-rescaled distances"
    packages: tuple[str, ...] = ()

    def run(self, task: Task) -> Outcome:
        """Compute the distances of the pairs, and label every spectrum by its own distances."""
        check_varies(task)
        points = len(task.values)
        references = choose_references(points, seed=task.seed, pairs=SAMPLED_PAIRS, all_up_to=ALL_PAIRS_UP_TO)
        # as an analysis with the metric "euclidean" takes them: noise in many energies would hide the near peak
        features = fit_metric("euclidean", task.values, _neighbours(task), rank=None, seed=task.seed)
        statistics = pair_statistics(features.transform(task.values), references=references, progress=task.report)
        histogram = statistics.histogram
        fit = best_fit(histogram)
        share = farther_share(statistics, fit)
        raw = distance_to_mean(task.values)
        multiple = fit.offset / (histogram.quantile(0.5) or float(histogram.edges[-1]))
        offset = multiple * (float(np.median(raw)) or float(raw.max()))
        notes: tuple[str, ...] = ()
        if references is not None:
            notes += (f"Each of {points} spectra is compared with {len(references)} of them, drawn at random.",)
        if 2 * int((share > 0.5).sum()) > points:
            notes += ("Most pairs of most spectra have a large distance. No spectrum is assigned to a minority.",)
        return Outcome(score=share, latent_distance=log_rescale(raw, offset), labels=label(share), notes=notes)


def _neighbours(task: Task) -> NDArray[np.intp]:
    """Return pairs of neighbours on the map, shape (n_pairs, 2), to estimate the noise."""
    if is_image(task.map):
        positions = np.argwhere(np.ones(task.map.shape[:2], dtype=bool)).astype(np.float64)
    else:
        positions = np.stack([task.map[name].values for name in ("y", "x")], axis=1).astype(np.float64)
    return adjacent_pairs(positions[task.usable])


build = Family.of(LogRescaledDistances()).build

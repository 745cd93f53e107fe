"""k-means clustering in the plane of the first two principal components (the paper, Fig. 3b and c)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from didymos.methods.interface import Outcome, Task
from didymos.methods.latent import PLANE, check_varies, distance_from
from didymos.schema import InputError

STARTS = 10
"""Starts of which the one with the least variance within the clusters is kept."""
ALLOWED = "an integer from 2"


@dataclass(frozen=True)
class KMeansClusters:
    """Clusters round k centres; unusual is what is far from the centre of the largest one."""

    clusters: int
    packages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Such as "kmeans-3"."""
        return f"kmeans-{self.clusters}"

    @property
    def title(self) -> str:
        """Such as "k-means, 3 clusters"."""
        return f"k-means, {self.clusters} clusters"

    def run(self, task: Task) -> Outcome:
        """Divide the plane."""
        check_varies(task)
        plane = task.scores[:, :PLANE]
        different = len(np.unique(plane, axis=0))
        if different < self.clusters:
            raise InputError(
                f"{self.clusters} clusters are asked of {different} different spectra; "
                f"allowed are 2 to {different}: ask for fewer"
            )
        size = float(np.abs(plane).max())
        # to the end, so that every centre is the mean of its cluster; several threads would add in any order
        with threadpool_limits(1):
            found = KMeans(self.clusters, n_init=STARTS, tol=0, random_state=task.seed).fit(plane / size)
        order = np.argsort(-np.bincount(found.labels_, minlength=self.clusters), kind="stable")
        centres = size * found.cluster_centers_[order]
        labels = np.argsort(order)[found.labels_]
        return Outcome(
            score=distance_from(plane, centres[0]),
            space=plane,
            origin=np.zeros(plane.shape[1]),
            labels=labels,
            centres=centres,
        )


def build(text: str) -> KMeansClusters:
    """Return k-means with as many clusters as the text gives.

    Raises
    ------
    InputError
        Where the text is no integer from 2.
    """
    if not (text.isascii() and text.isdecimal() and int(text) >= 2):
        raise InputError(f"kmeans is given {text!r} clusters; allowed is {ALLOWED}: for instance kmeans-3")
    return KMeansClusters(int(text))

"""Principal components: the plane of the two directions of largest variance (the paper, Figs. 3a and 5a)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from didymos.methods.interface import Family, Outcome, Task
from didymos.methods.latent import PLANE, check_varies, distance_from


@dataclass(frozen=True)
class PrincipalPlane:
    """The first two principal component scores; unusual is what is far from the mean spectrum there."""

    name: str = "pca"
    title: str = "Principal components"
    packages: tuple[str, ...] = ()

    def run(self, task: Task) -> Outcome:
        """Project the spectra onto the plane."""
        check_varies(task)
        plane = task.scores[:, :PLANE]
        origin = np.zeros(plane.shape[1])
        return Outcome(score=distance_from(plane, origin), space=plane, origin=origin)


build = Family.of(PrincipalPlane()).build

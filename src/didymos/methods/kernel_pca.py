"""Kernel principal components with a Gaussian kernel, two widths (the paper, Fig. 6a)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from sklearn.decomposition import KernelPCA

from didymos.methods.interface import Outcome, Task
from didymos.methods.large import drawn, fitted_note, in_blocks
from didymos.methods.latent import PLANE, distance_from, unit_scores
from didymos.schema import InputError

WIDTHS = {"wide": 2.0, "narrow": 0.5}
"""Width s of the kernel over the median distance of two spectra."""
MOST_FITTED = 5000
"""Spectra whose kernel is diagonalized at most: it takes 0.2 GB."""
MOST_COMPARED = 1000
"""Spectra whose distances the median is read from at most."""


@dataclass(frozen=True)
class KernelPlane:
    """The first two components under the kernel exp(-d^2 / (2 s^2)); unusual is what is far from the mean spectrum."""

    width: str
    packages: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Such as "kernel-pca-wide"."""
        return f"kernel-pca-{self.width}"

    @property
    def title(self) -> str:
        """Such as "Kernel PCA, wide kernel"."""
        return f"Kernel PCA, {self.width} kernel"

    def run(self, task: Task) -> Outcome:
        """Fit the components, and transform all spectra and the mean spectrum."""
        scores = unit_scores(task)
        chosen = drawn(len(scores), MOST_FITTED, task.seed)
        width = WIDTHS[self.width] * usual_distance(scores[drawn(len(scores), MOST_COMPARED, task.seed)])
        model = KernelPCA(PLANE, kernel="rbf", gamma=1 / (2 * width**2), random_state=task.seed).fit(scores[chosen])
        space = in_blocks(model.transform, scores)
        origin = model.transform(np.zeros((1, scores.shape[1])))[0]
        notes = fitted_note(len(scores), chosen, "are transformed with the same components")
        return Outcome(score=distance_from(space, origin), space=space, origin=origin, notes=notes)


def usual_distance(features: NDArray[np.floating]) -> float:
    """Return the median distance of two points, the root mean square one where half of the pairs are identical.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Not all the same.
    """
    distance = pdist(features)
    return float(np.median(distance)) or float(np.sqrt(np.mean(distance**2)))


def build(text: str) -> KernelPlane:
    """Return kernel PCA with a wide or a narrow kernel.

    Raises
    ------
    InputError
        Where there is no such width.
    """
    if text not in WIDTHS:
        raise InputError(f"kernel-pca is given the width {text!r}; allowed are {', '.join(WIDTHS)}: choose one")
    return KernelPlane(text)

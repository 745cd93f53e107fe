"""Non-negative matrix factorization: every spectrum as a sum of two spectra (the paper, Fig. 6b)."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

from didymos.methods.interface import Family, Outcome, Task
from didymos.methods.large import MOST_SPECTRA, drawn, fitted_note, in_blocks
from didymos.methods.latent import PLANE, check_varies, distance_from

MOST_STEPS = 500


@dataclass(frozen=True)
class NonNegativeFactors:
    """X - min(X, 0) = W H with W, H >= 0 and two spectra H of length 1; unusual is what is far from the mean in W."""

    name: str = "nmf"
    title: str = "Non-negative matrix factorization"
    packages: tuple[str, ...] = ()

    def run(self, task: Task) -> Outcome:
        """Find the two spectra, and their weights in all spectra and in the mean spectrum."""
        check_varies(task)
        chosen = drawn(len(task.values), MOST_SPECTRA, task.seed)
        shift = np.minimum(task.values.min(axis=0), 0)
        size = max(float(task.values.max()), -float(task.values.min()))

        def positive(values: NDArray[np.floating]) -> NDArray[np.floating]:
            return np.asarray(np.maximum((values - shift) / size, 0), dtype=np.float64)

        model = NMF(PLANE, init="nndsvda", max_iter=MOST_STEPS, random_state=task.seed)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            model.fit(positive(task.values[chosen]))
            length = size * np.linalg.norm(model.components_, axis=1)
            space = in_blocks(lambda values: length * model.transform(positive(values)), task.values)
            mean = task.values.mean(axis=0, dtype=np.float64)
            origin = length * model.transform(positive(mean[np.newaxis]))[0]
        notes = fitted_note(len(task.values), chosen, "are weighted with the same two spectra")
        if (shift < 0).any():
            below = int(np.count_nonzero(shift))
            notes += (f"The signal is raised by its lowest value at {below} of {len(shift)} energies, to be positive.",)
        if caught:
            notes += (f"The factors had not settled after {MOST_STEPS} steps.",)
        return Outcome(score=distance_from(space, origin), space=space, origin=origin, notes=notes)


build = Family.of(NonNegativeFactors()).build

"""The Euclidean distance of the spectra, the metric of the paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from didymos.core.metrics.linear import LinearMetric
from didymos.core.noise.noise import NoiseSettings, noise_of_energies, signal_rank
from didymos.core.numeric.principal_components import principal_components


@dataclass(frozen=True)
class Euclidean:
    """The paper's metric: the Euclidean distance of the spectra, d_ij = |x_i - x_j|.

    The features are the scores of as many principal components as hold the signal; what is left out is the same
    noise in every distance.

    Attributes
    ----------
    rank : int, optional
        Number of principal components; default from the noise.
    noise : NoiseSettings
        How noise and rank are found.
    """

    name: ClassVar[str] = "euclidean"
    rank: int | None = None
    noise: NoiseSettings = field(default_factory=NoiseSettings)

    def fit(self, values: NDArray[np.floating], neighbours: NDArray[np.intp], *, seed: int) -> LinearMetric:
        """Find the principal components of the spectra as they are."""
        del seed
        noise = float(np.sqrt(np.mean(noise_of_energies(values, neighbours, settings=self.noise) ** 2)))
        components = principal_components(values, self.rank or self.noise.largest_rank)
        rank = self.rank or signal_rank(
            components.variance / noise**2,
            components.scores(values) / noise,
            neighbours,
            energies=values.shape[1],
            settings=self.noise,
        )
        basis = components.spectra[:rank]
        centre = np.median(components.scores(values, rank), axis=0)
        return LinearMetric(components.scale, components.mean + centre @ basis, basis.T.copy(), rank)

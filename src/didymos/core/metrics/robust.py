"""The Mahalanobis distance by a robust covariance of the majority."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from didymos.core.metrics.linear import LinearMetric
from didymos.core.noise.noise import NoiseSettings, noise_of_energies, signal_rank
from didymos.core.noise.set_point import SetPointSettings, find_set_point
from didymos.core.noise.stabilisation import StabilisationSettings, find_stabilisation
from didymos.core.numeric.principal_components import principal_components
from didymos.core.numeric.robust_covariance import majority_covariance


@dataclass(frozen=True)
class Robust:
    """Mahalanobis distance by a robust covariance of the majority, so that its own variation counts as similar.

    Where the noise depends on the signal, as that of counts does, the spectra are transformed so that it does not
    (:class:`didymos.core.noise.stabilisation.Stabilisation`). Gains and offsets that spectra have without regard to
    their neighbours are made the same (:class:`didymos.core.noise.set_point.SetPoint`). Every energy is divided by its
    noise, the principal components above the noise are kept, and their scores z are whitened by the minimum covariance
    determinant S of the majority (Rousseeuw and Van Driessen, Technometrics 41, 212 (1999); breakdown point one half):
    d_ij^2 = (z_i - z_j)^T S^-1 (z_i - z_j).

    Attributes
    ----------
    rank : int, optional
        Number of principal components; default from the noise.
    noise : NoiseSettings
        How noise and rank are found.
    stabilisation : StabilisationSettings
        How noise that depends on the signal is found.
    set_point : SetPointSettings
        How gains and offsets are found.
    smallest_variance : float
        No direction varies by less than this share of the noise, whose variance is 1 after the division.
    """

    name: ClassVar[str] = "robust"
    rank: int | None = None
    noise: NoiseSettings = field(default_factory=NoiseSettings)
    stabilisation: StabilisationSettings = field(default_factory=StabilisationSettings)
    set_point: SetPointSettings = field(default_factory=SetPointSettings)
    smallest_variance: float = 1e-3

    def fit(self, values: NDArray[np.floating], neighbours: NDArray[np.intp], *, seed: int) -> LinearMetric:
        """Find noise, rank and the covariance of the majority."""
        del seed
        noise = noise_of_energies(values, neighbours, settings=self.noise)
        stabilisation = find_stabilisation(values, noise, settings=self.stabilisation)
        if stabilisation is not None:
            values = stabilisation.transform(values)
            noise = noise_of_energies(values, neighbours, settings=self.noise)
        set_point = find_set_point(values, noise, neighbours, settings=self.set_point)
        if set_point is not None:
            values = set_point.transform(values)
            noise = noise_of_energies(values, neighbours, settings=self.noise)
        modes = self.rank or self.noise.largest_rank
        components = principal_components(values, modes, noise)
        scores = components.scores(values)
        rank = self.rank or signal_rank(
            components.variance, scores, neighbours, energies=values.shape[1], settings=self.noise
        )
        centre, covariance = majority_covariance(scores[:, :rank])
        variance, axes = np.linalg.eigh(covariance)
        whitening = axes / np.sqrt(np.maximum(variance, self.smallest_variance))
        whitening = whitening * _skewed((scores[:, :rank] - centre) @ whitening)
        basis = components.spectra[:rank]
        mean = components.mean + centre @ basis
        return LinearMetric(noise, mean, basis.T @ whitening, rank, stabilisation, set_point, whitened=True)


def _skewed(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sign of the third moment of every feature: with it a map and its negative have the same features."""
    return np.where((features**3).sum(axis=0) < 0, -1.0, 1.0)

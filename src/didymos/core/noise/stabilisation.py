"""Noise that grows with the signal, as that of counts does: found from the spectra, and made the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.noise.noise import marchenko_pastur_edge
from didymos.core.numeric.principal_components import principal_components
from didymos.core.numeric.rows import evenly


@dataclass(frozen=True)
class StabilisationSettings:
    """Numbers that steer the search for noise that depends on the signal.

    Attributes
    ----------
    largest_sample : int
        Spectra, evenly spaced, that the dependence is estimated from.
    modes : int
        Principal components that stand for the signal at most.
    significance : float
        Standard errors by which the slope of the variance differs from 0 at least.
    trusted_share : float
        Share of the squared residuals that counts as it is at first; larger ones count as its largest.
    rounds : int
        Rounds of the fit; each limits outliers by the variance of the round before.
    outlier : float
        A residual longer than this many standard deviations counts as one of this length.
    least_variance : float
        The variance falls to this share of its average over the spectra at least; the transformation is linear below.
    """

    largest_sample: int = 1500
    modes: int = 20
    significance: float = 5.0
    trusted_share: float = 0.99
    rounds: int = 6
    outlier: float = 5.0
    least_variance: float = 0.04


DEFAULTS = StabilisationSettings()


@dataclass(frozen=True)
class Stabilisation:
    """A transformation after which the noise has the standard deviation 1 at every signal.

    Where the variance is v(x) = a + b x, that is y = (2 / b) sqrt(v(x) + 3 b^2 / 8), the generalised Anscombe
    transformation (Starck, Murtagh and Bijaoui, 1998, Eq. 6.1). Below the smallest variance y goes on as a straight
    line.

    Attributes
    ----------
    slope : float
        b, in the units of the spectra; negative where a larger count is a smaller value.
    offset : array, shape (n_energies,)
        a, in squared units of the spectra.
    least : array, shape (n_energies,)
        Smallest variance, positive.
    """

    slope: float
    offset: NDArray[np.float64]
    least: NDArray[np.float64]

    def transform(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return spectra whose noise is the same everywhere, shape (n_points, n_energies)."""
        variance = self.offset + self.slope * values.astype(np.float64) + 0.375 * self.slope**2
        root = np.sqrt(np.maximum(variance, self.least))
        below = np.minimum(variance - self.least, 0.0) / (2 * np.sqrt(self.least))
        return np.asarray((2 / self.slope) * (root + below))


def find_stabilisation(
    values: NDArray[np.floating], noise: NDArray[np.float64], *, settings: StabilisationSettings = DEFAULTS
) -> Stabilisation | None:
    """Find out whether the noise depends on the signal.

    The signal s of a spectrum is what its principal components hold, the noise what second differences of the rest
    show, h. The slope b of the variance is that of h^2 over s *within* every energy, one for all energies; a at every
    energy makes the average right. So sign and offset of the signal do not matter.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    noise : array, shape (n_energies,)
        Standard deviation of the noise, of :func:`didymos.core.noise.noise.noise_of_energies`.
    settings : StabilisationSettings

    Returns
    -------
    Stabilisation or None
        None where the slope does not differ from 0 significantly.
    """
    points, energies = values.shape
    chosen = evenly(points, settings.largest_sample)
    if energies < 3 + settings.modes or len(chosen) <= 2 * settings.modes:
        return None
    signal, residual = _parted(values[chosen].astype(np.float64), noise, settings)
    # not a median: where counts are rare, most residuals vanish
    squared = residual**2
    usual = np.mean(np.minimum(squared, np.quantile(squared, settings.trusted_share, axis=0)), axis=0)
    usual = np.maximum(usual, settings.least_variance**2 * float(np.median(usual)))
    rounding = float(np.finfo(np.float32).eps) * float(np.abs(values).max())
    if float(np.median(usual)) <= rounding**2:
        return None
    centred = signal - signal.mean(axis=0)
    variance = np.broadcast_to(usual, signal.shape)
    slope, error, typical = 0.0, np.inf, float(np.median(usual))
    for _ in range(settings.rounds):
        limited = np.minimum(squared, settings.outlier**2 * variance)
        # the darkest values, whose variance is least certain, do not outweigh the others
        slope, error, average = _slope(centred, limited, 1 / (variance + typical) ** 2)
        if abs(slope) < error:
            return None
        variance = np.maximum(average + slope * centred, settings.least_variance * average)
    if abs(slope) < settings.significance * error or not (average > 0).all():
        return None
    average = np.pad(average, 1, mode="edge")
    offset = average - slope * np.pad(signal.mean(axis=0), 1, mode="edge")
    return Stabilisation(slope, offset, settings.least_variance * average)


def _parted(
    values: NDArray[np.float64], noise: NDArray[np.float64], settings: StabilisationSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the signal, and second differences of the rest with the variance of its noise, without both ends.

    For the components every spectrum is divided by its own roughness (Keenan and Kotula, Surf. Interface Anal. 36, 203
    (2004)): else the noise of the roughest spectra would pass for signal.
    """
    usual = np.median(values, axis=0)
    rough = np.sqrt(np.mean(_curvature((values - usual) / noise) ** 2, axis=1))
    rough = np.maximum(rough / (float(np.median(rough)) or 1.0), settings.least_variance)[:, np.newaxis]
    even = (values - usual) / rough
    components = principal_components(even, settings.modes, noise)
    # every component that is only noise takes noise away
    modes = int(np.count_nonzero(components.variance[: settings.modes] > marchenko_pastur_edge(*values.shape)))
    signal = usual + (components.mean + components.scores(even, modes) @ components.spectra[:modes]) * noise * rough
    return signal[:, 1:-1], _curvature(values - signal)


def _curvature(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return second differences along the energy with the variance of the noise."""
    return np.asarray((values[:, :-2] - 2 * values[:, 1:-1] + values[:, 2:]) / np.sqrt(6))


def _slope(
    centred: NDArray[np.float64], squared: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float, NDArray[np.float64]]:
    """Return slope of the weighted regression within every energy, its error, and the average at every energy.

    The error is the larger of those over spectra and over energies, since neither is independent of its like.
    """
    total = weight.sum(axis=0)
    along = centred - (weight * centred).sum(axis=0) / total
    mean = (weight * squared).sum(axis=0) / total
    moment = float((weight * along**2).sum())
    if moment <= 0:
        return 0.0, np.inf, mean
    slope = float((weight * along * (squared - mean)).sum()) / moment
    share = weight * along * (squared - mean - slope * along)
    error = max(float(np.sqrt((share.sum(axis=axis) ** 2).sum())) for axis in (0, 1)) / moment
    # the average is that at the mean signal, where `centred` is 0
    return slope, error, mean - slope * (weight * centred).sum(axis=0) / total

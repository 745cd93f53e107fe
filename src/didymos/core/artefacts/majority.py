"""What the majority of the spectra explains, and the residual that is left, in units of its noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.noise.noise import marchenko_pastur_edge, noise_of_energies
from didymos.core.noise.stabilisation import Stabilisation, find_stabilisation
from didymos.core.numeric.distributions import normal_quantile_above
from didymos.core.numeric.principal_components import principal_components
from didymos.core.numeric.robust import MAD_TO_SD, quantum
from didymos.core.numeric.rows import Spectra, some_rows

DEFAULTS = ArtefactSettings()


@dataclass(frozen=True)
class Majority:
    """The subspace in which the majority of the spectra lies, and how far it goes along each direction.

    Attributes
    ----------
    stabilisation : Stabilisation or None
        Makes the noise the same at every signal.
    scale : array of float32, shape (n_energies,)
        What every energy is divided by, in the units of the (stabilised) spectra.
    mean : array of float32, shape (n_energies,)
        Mean divided spectrum.
    spectra : array of float32, shape (n_modes, n_energies)
        Orthonormal principal components.
    lowest, highest : array of float32, shape (n_modes,)
        Range of the scores.
    noise : array of float32, shape (n_energies,)
        Standard deviation of the residual, in units of the scale.
    least_noise : array of float32, shape (n_energies,)
        What that must be at least, over the noise: one count, or one digit.
    """

    stabilisation: Stabilisation | None
    scale: NDArray[np.float32]
    mean: NDArray[np.float32]
    spectra: NDArray[np.float32]
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]
    noise: NDArray[np.float32]
    least_noise: NDArray[np.float32]

    def residual(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return what the majority does not explain, in standard deviations of the noise.

        r = (x - m - sum_k c_k v_k) / sigma, with the scores c_k limited to `reach` times the range of the majority: an
        unusual spectrum shall not be explained by a large score on a component that is mostly noise.

        Parameters
        ----------
        values : array, shape (n_points, n_energies)
            Finite spectra, in their units.

        Returns
        -------
        array of float32, shape (n_points, n_energies)
        """
        known = values if self.stabilisation is None else self.stabilisation.transform(values)
        # large common offsets go before the digits do
        left = ((known - self.mean * self.scale) / self.scale).astype(np.float32)
        left -= np.clip(left @ self.spectra.T, self.lowest, self.highest) @ self.spectra
        left /= self.noise
        return left


def majority_of(values: Spectra, *, settings: ArtefactSettings = DEFAULTS) -> Majority:
    """Find the subspace of the majority, without the spectra that it does not explain.

    Spectra are divided by their noise, stabilised where the noise of those that are not odd depends on the signal. The
    principal components are those of the three quarters of the spectra with the smallest residual, as in least trimmed
    squares; the first leaves out the most uneven. Their number is doubled from 1 to the most: what few components
    explain worst, as hum, is left out before there are enough of them to explain it. A component counts where it
    exceeds the noise (the Marchenko-Pastur edge) in the tenth of the spectra that vary most along it, as in a normal
    distribution of such a variance. So corrupted spectra do not explain themselves or each other. Rare defects do not
    either, but nothing in them is rough.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    settings : ArtefactSettings

    Returns
    -------
    Majority
    """
    some = some_rows(values, settings.largest_sample).astype(np.float64)
    before = np.roll(np.arange(len(some)), 1)
    scale = _noise_of(some, before, settings)
    misfit = _unevenness((some - np.median(some, axis=0)) / scale)
    smooth = _smoothness(_fit(some / scale, misfit, settings).left)
    even = misfit <= np.quantile(misfit, settings.majority)
    stabilisation = find_stabilisation(
        _kept(some[even], smooth[even], settings), scale, settings=settings.stabilisation
    )
    # counts in the dark are nearly all equal: there the unit is one count, or the noise that counts have elsewhere
    middle, unit = np.median(some, axis=0), quantum(np.diff(some, axis=1))
    least = np.full(len(middle), unit)
    if stabilisation is not None:
        some = stabilisation.transform(some)
        scale = _noise_of(some, before, settings)
        ends = stabilisation.transform(np.stack([middle, middle + np.sign(stabilisation.slope) * unit]))
        least = np.maximum(1.0, np.abs(ends[1] - ends[0]))
    some /= scale
    for modes in (*(2**power for power in range(int(np.log2(settings.modes)) + 1)), settings.modes):
        fit = _fit(some, misfit, settings, modes)
        misfit = fit.misfit
    # what is left of spectra without noise is the rounding of single precision
    digits = np.finfo(np.float32).eps * np.sqrt(((some - fit.mean) ** 2).sum(axis=1).max())
    least = np.maximum(least / scale, digits)
    noise = positive(np.maximum(MAD_TO_SD * np.median(np.abs(fit.left), axis=0), least))
    found = (scale, fit.mean, fit.spectra, fit.lowest, fit.highest, noise, least / noise)
    return Majority(stabilisation, *(part.astype(np.float32) for part in found))


@dataclass(frozen=True)
class _Fit:
    """Principal components of the spectra with the smallest misfit, and what they leave of all."""

    mean: NDArray[np.float64]
    spectra: NDArray[np.float64]
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    left: NDArray[np.float64]

    @property
    def misfit(self) -> NDArray[np.float64]:
        return np.asarray((self.left**2).sum(axis=1))


def _fit(
    values: NDArray[np.float64], misfit: NDArray[np.float64], settings: ArtefactSettings, modes: int | None = None
) -> _Fit:
    """Fit the components that exceed noise, in more than a few spectra, to the majority with the smallest misfit."""
    kept = _kept(values, misfit, settings)
    modes = min(modes or settings.modes, len(kept) // 4, values.shape[1] // 4)
    components = principal_components(kept, modes)
    edge = marchenko_pastur_edge(*kept.shape, settings=settings.noise)
    scores = (kept - components.mean) @ components.spectra.T
    extent = np.quantile(np.abs(scores - np.median(scores, axis=0)), 1 - settings.common, axis=0)
    common = (extent / normal_quantile_above(settings.common / 2)) ** 2 > edge
    spectra, scores = components.spectra[common], scores[:, common]
    centre, reach = (scores.max(axis=0) + scores.min(axis=0)) / 2, settings.reach * np.ptp(scores, axis=0) / 2
    left = values - components.mean
    left -= np.clip(left @ spectra.T, centre - reach, centre + reach) @ spectra
    return _Fit(components.mean, spectra, centre - reach, centre + reach, left)


def _kept(values: NDArray[np.float64], misfit: NDArray[np.float64], settings: ArtefactSettings) -> NDArray[np.float64]:
    """Return the majority with the smallest misfit."""
    return values[misfit <= np.quantile(misfit, settings.majority)]


def _noise_of(
    values: NDArray[np.float64], neighbours: NDArray[np.intp], settings: ArtefactSettings
) -> NDArray[np.float64]:
    """Return the noise of every energy; where most spectra have the same value, in a gap or the dark, their spread."""
    noise = noise_of_energies(values, neighbours, settings=settings.noise)
    alike = np.median(np.abs(values - np.median(values, axis=0)), axis=0) == 0
    return np.where(alike, np.maximum(noise, values.std(axis=0)), noise)


def _unevenness(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest second difference of every spectrum along the energy over the usual one of that spectrum."""
    curvature = np.abs(np.diff(values, 2, axis=1))
    usual = np.median(curvature, axis=1)
    # most counts in the dark have no curvature at all
    return np.asarray(curvature.max(axis=1) / (usual + (float(curvature.mean()) or 1.0)))


def _smoothness(left: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum of squares of every residual over that of its second differences: 1/6 for noise of any level."""
    rough = (np.diff(left, 2, axis=1) ** 2).sum(axis=1)
    return np.asarray((left**2).sum(axis=1) / np.maximum(rough, np.finfo(np.float64).tiny))


def positive(noise: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a noise that is at no energy far under the usual noise, and nowhere 0."""
    return np.asarray(np.maximum(noise, 0.1 * np.median(noise) + np.finfo(np.float32).tiny))

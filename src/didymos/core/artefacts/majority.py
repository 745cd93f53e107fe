"""What the majority of the spectra explains, and the residual that is left, in units of its noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.artefacts.settings import ArtefactSettings
from didymos.core.noise.noise import marchenko_pastur_edge, noise_of_energies
from didymos.core.noise.stabilisation import Stabilisation, find_stabilisation
from didymos.core.numeric.principal_components import moments, principal_components
from didymos.core.numeric.robust import MAD_TO_SD, quantum

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
    signal : array of float32, shape (n_signals, n_energies)
        Mean spectrum and components that exceed the noise at every energy on average, in standard deviations of the
        noise: what real spectra of this map are like.
    """

    stabilisation: Stabilisation | None
    scale: NDArray[np.float32]
    mean: NDArray[np.float32]
    spectra: NDArray[np.float32]
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]
    noise: NDArray[np.float32]
    signal: NDArray[np.float32]

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


def majority_of(values: NDArray[np.floating], *, settings: ArtefactSettings = DEFAULTS) -> Majority:
    """Find the subspace of the majority, without the spectra that it does not explain.

    Spectra are divided by their noise, stabilised where the noise depends on the signal. Principal components over the
    Marchenko-Pastur edge are those of the three quarters of the spectra with the smallest residual, found in a few
    rounds, as in least trimmed squares; the first leaves out the most uneven. So corrupted spectra do not explain
    themselves or each other. Rare defects do not either, but nothing in them is rough.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    settings : ArtefactSettings

    Returns
    -------
    Majority
    """
    some = sample(values, settings.largest_sample).astype(np.float64)
    before = np.roll(np.arange(len(some)), 1)
    scale = noise_of_energies(some, before, settings=settings.noise)
    misfit = _unevenness(some / scale)
    even = some[misfit <= np.quantile(misfit, settings.majority)]
    stabilisation = find_stabilisation(even, scale, settings=settings.stabilisation)
    if stabilisation is not None:
        some = stabilisation.transform(some)
        scale = noise_of_energies(some, before, settings=settings.noise)
    # counts in the dark are nearly all equal: there the unit is one count, or the noise that counts have elsewhere
    floor = quantum(np.diff(some, axis=1)) if stabilisation is None else 1.0
    some /= scale
    for _ in range(settings.rounds):
        kept = some[misfit <= np.quantile(misfit, settings.majority)]
        components = principal_components(moments(kept), min(settings.modes, len(kept) // 4, some.shape[1] // 4))
        edge = marchenko_pastur_edge(*kept.shape, settings=settings.noise)
        spectra = components.spectra[: int((components.variance > edge).sum())]
        scores = (kept - components.mean) @ spectra.T
        centre, reach = (scores.max(axis=0) + scores.min(axis=0)) / 2, settings.reach * np.ptp(scores, axis=0) / 2
        lowest, highest = centre - reach, centre + reach
        left = some - components.mean
        left -= np.clip(left @ spectra.T, lowest, highest) @ spectra
        misfit = (left**2).sum(axis=1)
    noise = np.maximum(MAD_TO_SD * np.median(np.abs(left), axis=0), floor / scale)
    noise = positive(noise)
    clear = spectra[components.variance[: len(spectra)] > some.shape[1]]
    deviation = np.sqrt(components.variance[: len(clear)])[:, np.newaxis]
    signal = np.vstack([components.mean - np.median(components.mean), deviation * clear]) / noise
    found = (scale, components.mean, spectra, lowest, highest, noise, signal)
    return Majority(stabilisation, *(part.astype(np.float32) for part in found))


def _unevenness(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the largest second difference of every spectrum along the energy over the usual one of that spectrum."""
    curvature = np.abs(np.diff(values, 2, axis=1))
    usual = np.median(curvature, axis=1)
    return np.asarray(curvature.max(axis=1) / (usual + np.median(usual) + np.finfo(np.float64).tiny))


def sample(values: NDArray[np.floating], most: int) -> NDArray[np.floating]:
    """Return at most so many spectra, evenly spaced."""
    return values[np.linspace(0, len(values) - 1, min(len(values), most)).astype(np.intp)]


def positive(noise: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a noise that is at no energy far under the usual noise, and nowhere 0."""
    return np.maximum(noise, 0.1 * np.median(noise) + np.finfo(np.float32).tiny)

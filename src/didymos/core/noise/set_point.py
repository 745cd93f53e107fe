"""Gain and offset of every spectrum: a nuisance where they vary from point to point without regard to neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.principal_components import principal_components
from didymos.core.numeric.robust import MAD_TO_SD
from didymos.core.surface.nearest import as_pairs


@dataclass(frozen=True)
class SetPointSettings:
    """Numbers that steer the search for spectra with gains and offsets of their own.

    Attributes
    ----------
    least_share : float
        Share of the variance of gain or offset that neighbours do not have in common, at least.
    least_excess : float
        That variance over what the noise of the spectra explains, at least.
    least_gain : float
        A smaller gain counts as this gain; 1 is the usual gain.
    """

    least_share: float = 0.5
    least_excess: float = 4.0
    least_gain: float = 0.1


DEFAULTS = SetPointSettings()


@dataclass(frozen=True)
class SetPoint:
    """What makes gain and offset of all spectra the same.

    A spectrum x is compared with the usual one m by weighted least squares, x = g m + o + rest. It becomes x / g,
    x - o or (x - o) / g.

    Attributes
    ----------
    usual : array, shape (n_energies,)
        m, in the units of the spectra.
    weight : array, shape (n_energies,)
        One over the variance of the noise.
    gain, offset : bool
        What is made the same.
    least_gain : float
        A smaller gain counts as this gain.
    """

    usual: NDArray[np.float64]
    weight: NDArray[np.float64]
    gain: bool
    offset: bool
    least_gain: float = DEFAULTS.least_gain

    def fit(self, values: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return gain and offset of every spectrum, shapes (n_points,)."""
        total = self.weight.sum()
        mean = float(self.weight @ self.usual / total)
        filter_ = self.weight * (self.usual - mean)
        gain = values @ (filter_ / float(filter_ @ self.usual))
        return gain, values @ (self.weight / total) - gain * mean

    def transform(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return spectra with one gain or one offset, shape (n_points, n_energies)."""
        gain, offset = self.fit(values)
        shifted = values - offset[:, np.newaxis] if self.offset else values
        scaled = shifted / np.maximum(gain, self.least_gain)[:, np.newaxis] if self.gain else shifted
        return np.asarray(scaled, dtype=np.float64)


def find_set_point(
    values: NDArray[np.floating],
    noise: NDArray[np.float64],
    neighbours: NDArray[np.intp],
    *,
    settings: SetPointSettings = DEFAULTS,
) -> SetPoint | None:
    """Find out whether gain or offset vary from spectrum to spectrum without regard to neighbours.

    The variance that a spectrum does not share with its neighbour is half of that of their difference. It is a
    nuisance where it is most of the whole variance, and more than the noise explains. Where also the strongest other
    change of the spectra disregards the neighbours, positions say nothing about what is a nuisance.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite spectra.
    noise : array, shape (n_energies,)
        Standard deviation of the noise, in the units of the spectra.
    neighbours : array of int, shape (n_points,) or (n_pairs, 2)
        A neighbour of every point, or pairs of neighbours.
    settings : SetPointSettings

    Returns
    -------
    SetPoint or None
        None where neither is a nuisance, where positions tell nothing, and where the usual spectrum has no shape.
    """
    weight = 1 / np.asarray(noise, dtype=np.float64) ** 2
    usual = np.median(values, axis=0).astype(np.float64)
    mean = float(weight @ usual / weight.sum())
    shape = float(weight @ (usual - mean) ** 2)
    if shape <= len(usual):  # the usual spectrum is as flat as the noise
        return None
    known = SetPoint(usual, weight, True, True, settings.least_gain)
    gain, offset = known.fit(values)
    by_noise = (1 / shape, 1 / float(weight.sum()) + mean**2 / shape)
    rough = [_is_alone(*pair, neighbours, settings) for pair in zip((gain, offset), by_noise, strict=True)]
    if not any(rough):
        return None
    found = SetPoint(usual, weight, rough[0], rough[1], settings.least_gain)
    rest = known.transform(values)
    strongest = principal_components(rest, 1, noise).scores(rest)[:, 0]
    return None if _is_alone(strongest, 1.0, neighbours, settings) else found


def _is_alone(
    found: NDArray[np.float64], least: float, neighbours: NDArray[np.intp], settings: SetPointSettings
) -> bool:
    """Tell whether most of the variance disregards the neighbours, and is more than that of the noise, `least`."""
    first, second = as_pairs(neighbours).T
    alone = _variance(found[first] - found[second]) / 2
    return alone > settings.least_share * _variance(found) and alone > settings.least_excess * least


def _variance(values: NDArray[np.float64]) -> float:
    """Return the robust variance."""
    return float((MAD_TO_SD * np.median(np.abs(values - np.median(values)))) ** 2)

"""Missing values, predicted from neighbours along energy and on the surface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from didymos.core.noise.noise import NoiseSettings, noise_of_energies
from didymos.core.numeric.robust import MAD_TO_SD
from didymos.core.numeric.rows import evenly
from didymos.core.preparation.gaps import straight
from didymos.core.surface.nearest import adjacent_pairs

BLOCK = 16_384
"""Gaps that are filled at once."""
ROWS = 256
"""Spectra whose neighbourhoods are averaged at once."""


@dataclass(frozen=True)
class MissingSettings:
    """Numbers that steer how gaps are filled.

    Attributes
    ----------
    around : int
        Neighbours on the surface whose median a spectrum is compared with.
    along : int
        Measured energies on either side that a value is predicted from.
    largest_sample : int
        Spectra, evenly spaced, that the correlation of the energies is estimated from.
    rounds : int
        Times that the correlation is estimated again with the predictions of missing values.
    repeats : float
        Where the measured values are so many times as many as the different ones among them, they come in steps.
    noise : NoiseSettings
        Of the noise of the energies.
    """

    around: int = 8
    along: int = 4
    largest_sample: int = 4096
    rounds: int = 2
    repeats: float = 2.0
    noise: NoiseSettings = field(default_factory=NoiseSettings)


DEFAULTS = MissingSettings()


@dataclass(frozen=True)
class Filled:
    """Spectra without gaps.

    Attributes
    ----------
    values : array of float32, shape (n_points, n_energies)
        Measured values as they are, filled ones elsewhere.
    gaps : array of int, shape (n_gaps, 2)
        Spectrum and energy of every filled value.
    error : array, shape (n_gaps,)
        Standard error of every filled value over the noise at this energy: 1 is that of a measured value.
    """

    values: NDArray[np.float32]
    gaps: NDArray[np.intp]
    error: NDArray[np.float64]


@dataclass(frozen=True)
class _Spectra:
    """Spectra with gaps bridged by straight lines, and the spectra that each is compared with."""

    rough: NDArray[np.float32]
    measured: NDArray[np.bool_]
    middle: NDArray[np.float32]
    nearest: NDArray[np.intp]


def fill_gaps(
    values: NDArray[np.floating],
    positions: NDArray[np.floating] | None = None,
    *,
    settings: MissingSettings = DEFAULTS,
) -> Filled:
    """Fill the gaps of spectra: the best linear prediction from the neighbours along energy and on the surface.

    With m the median of the nearest spectra, in which gaps are bridged by straight lines, d = s - m is the difference
    of a spectrum from its neighbourhood, and sigma_d(E) its robust standard deviation. The missing value at E is

        s(E) = m(E) + sigma_d(E) c_E^T C^-1 z,     z = d / sigma_d at the nearest measured energies,

    with C the covariance of z between these energies and c_E that with the missing one (kriging with the neighbourhood
    as local mean). Spectra that differ much from their neighbourhood weigh as much in C as usual ones. With P
    predicting energies and n spectra C = (n S + P T) / (n + P): the covariance S of the measured values is drawn
    towards T, that of a chain in which only neighbouring energies are linked, rho^|E - E'|. The squared difference of a
    measured value from the prediction is expected to be

        V = k^2 sigma_d^2 (C_EE - c_E^T C^-1 c_E),     k^2 = (P + z^T C^-1 z) / (2 P),

    of which sigma^2 is the noise of the measured value; the standard error is sqrt(V - sigma^2).

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        NaN or infinite where a value is missing; every spectrum has at least one value.
    positions : array, shape (n_points, 2), optional
        In any unit; without them, and where they are not finite, m is the median of all spectra.
    settings : MissingSettings

    Returns
    -------
    Filled
    """
    measured = np.isfinite(values)
    gaps = np.argwhere(~measured)
    spectra = _bridged(values, measured, positions, settings)
    filled = spectra.rough.copy()
    error = np.full(len(gaps), np.nan)
    if len(gaps) == 0:
        return Filled(filled, gaps, error)
    along = min(2 * settings.along, int(measured.sum(axis=1).min()))
    scale, covariance = _covariance(spectra, along, settings)
    step = _step(values[measured], settings)
    noise = _noise(spectra, positions, settings)
    for start in range(0, len(gaps), BLOCK):
        part = slice(start, start + BLOCK)
        rows, at = gaps[part].T
        value, variance = _predicted(spectra, rows, at, scale, covariance, along)
        filled[rows, at] = value if step is None else step[0] + step[1] * np.rint((value - step[0]) / step[1])
        error[part] = np.sqrt(np.maximum(variance - noise[at] ** 2, 0.0)) / noise[at]
    return Filled(filled, gaps, error)


def _bridged(
    values: NDArray[np.floating],
    measured: NDArray[np.bool_],
    positions: NDArray[np.floating] | None,
    settings: MissingSettings,
) -> _Spectra:
    """Bridge gaps by straight lines between the differences from the median spectrum, and find the nearest spectra."""
    chosen = evenly(len(values), settings.largest_sample)
    middle = _median(values[chosen], measured[chosen])[np.newaxis]
    middle = straight(middle, np.isfinite(middle))[0]
    rough = straight(values - middle, measured) + middle
    rough[measured] = values[measured]
    count = 0 if positions is None else min(settings.around, len(values) - 1)
    nearest = np.zeros((len(values), 0), dtype=np.intp)
    if positions is not None and count > 0 and np.isfinite(positions).all():
        # coincident positions may list another point first: the point itself is moved to the front and dropped
        found = np.reshape(cKDTree(positions).query(positions, k=count + 1)[1], (len(values), -1))
        itself = found == np.arange(len(values))[:, np.newaxis]
        itself[~itself.any(axis=1), -1] = True
        nearest = found[~itself].reshape(len(values), count)
    return _Spectra(rough, measured, middle, np.asarray(nearest, dtype=np.intp))


def _median(values: NDArray[np.floating], measured: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the median of what is measured at every energy, NaN where nothing is."""
    columns = zip(values.T, measured.T, strict=True)
    return np.array([np.median(column[known]) if known.any() else np.nan for column, known in columns])


def _neighbourhood(
    spectra: _Spectra, rows: NDArray[np.intp], energies: NDArray[np.intp] | slice
) -> NDArray[np.float64]:
    """Return the median of the nearest spectra of some, at all energies or at those of every row."""
    if spectra.nearest.shape[1] == 0:
        middle = spectra.middle.astype(np.float64)
        return np.broadcast_to(middle, (len(rows), len(middle))) if isinstance(energies, slice) else middle[energies]
    nearest = spectra.nearest[rows]
    if isinstance(energies, slice):
        return np.asarray(np.median(spectra.rough[nearest], axis=1), dtype=np.float64)
    return np.asarray(
        np.median(spectra.rough[nearest[:, :, np.newaxis], energies[:, np.newaxis]], axis=1), dtype=np.float64
    )


def _covariance(
    spectra: _Spectra, along: int, settings: MissingSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the scale of the differences from the neighbourhood, and the covariance of the scaled differences.

    Missing differences are first those of the straight lines, then predicted from the covariance of the round before;
    the variance of a prediction is added, as in the expectation-maximisation of Little and Rubin.
    """
    count = len(spectra.rough)
    rows = evenly(count, settings.largest_sample)
    measured = spectra.measured[rows]
    difference = np.concatenate(list(_differences(spectra, rows)))
    scale = MAD_TO_SD * np.nan_to_num(_median(np.abs(difference), measured))
    tiny = float(np.finfo(np.float32).tiny)
    scale = np.maximum(scale, 1e-3 * float(np.median(scale)) + tiny + 1e-9 * float(np.abs(difference).max()))
    z = difference / scale
    size = np.sqrt((z**2).sum(axis=1, where=measured) / measured.sum(axis=1))
    z /= np.maximum(1.0, size / max(float(np.median(size)), tiny))[:, np.newaxis]
    own, at = np.nonzero(~measured)
    beside = _nearest_measured(measured, own, at, along)
    covariance = _drawn_to_chain(z.T @ z / len(rows), len(rows), along)
    for _ in range(settings.rounds if len(own) else 0):
        variance = np.zeros(len(scale))
        for start in range(0, len(own), BLOCK):
            part = slice(start, start + BLOCK)
            value, left, _ = _conditional(covariance, beside[part], at[part], z[own[part, np.newaxis], beside[part]])
            z[own[part], at[part]] = value
            variance += np.bincount(at[part], left, len(scale))
        covariance = _drawn_to_chain((z.T @ z + np.diag(variance)) / len(rows), len(rows), along)
    return scale, covariance


def _differences(spectra: _Spectra, rows: NDArray[np.intp]) -> Iterator[NDArray[np.float64]]:
    """Yield spectra less the median of their nearest, a block at a time."""
    for start in range(0, len(rows), ROWS):
        part = rows[start : start + ROWS]
        yield spectra.rough[part] - _neighbourhood(spectra, part, slice(None))


def _drawn_to_chain(covariance: NDArray[np.float64], spectra: int, predictors: int) -> NDArray[np.float64]:
    """Draw a covariance towards that of a chain, with the weight of as many spectra as there are predictors."""
    sd = np.sqrt(np.diag(covariance)) + np.finfo(np.float32).tiny
    beside = np.diag(covariance, 1) / (sd[1:] * sd[:-1])
    link = float(np.clip(np.mean(beside), 0.0, 1 - 1e-3)) if len(beside) else 0.0
    index = np.arange(len(sd))
    chain = link ** np.abs(index - index[:, np.newaxis]) * sd * sd[:, np.newaxis]
    drawn = (spectra * covariance + predictors * chain) / (spectra + predictors)
    # what varies less than a thousandth is rounding
    return np.asarray(drawn + np.diag(1e-6 * sd**2))


def _conditional(
    covariance: NDArray[np.float64], beside: NDArray[np.intp], at: NDArray[np.intp], z: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return c^T C^-1 z, the variance that is left of a usual spectrum, and z^T C^-1 z."""
    inner = covariance[beside[:, :, np.newaxis], beside[:, np.newaxis]]
    outer = covariance[beside, at[:, np.newaxis]]
    weights, white = np.moveaxis(np.linalg.solve(inner, np.stack([outer, z], axis=2)), 2, 0)
    own = covariance[at, at]
    left = np.maximum(own - (weights * outer).sum(axis=1), 1e-6 * own)
    return (weights * z).sum(axis=1), left, np.maximum((white * z).sum(axis=1), 0.0)


def _predicted(
    spectra: _Spectra,
    rows: NDArray[np.intp],
    at: NDArray[np.intp],
    scale: NDArray[np.float64],
    covariance: NDArray[np.float64],
    along: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the predicted values, and the variance of measured ones about them."""
    beside = _nearest_measured(spectra.measured, rows, at, along)
    around = _neighbourhood(spectra, rows, np.concatenate([beside, at[:, np.newaxis]], axis=1))
    z = (spectra.rough[rows[:, np.newaxis], beside] - around[:, :-1]) / scale[beside]
    value, left, unusual = _conditional(covariance, beside, at, z)
    return around[:, -1] + scale[at] * value, (along + unusual) / (2 * along) * scale[at] ** 2 * left


def _nearest_measured(
    measured: NDArray[np.bool_], rows: NDArray[np.intp], at: NDArray[np.intp], along: int
) -> NDArray[np.intp]:
    """Return the measured energies next to gaps, as many on either side as there are, shape (n_gaps, along)."""
    own, of_gap = np.unique(rows, return_inverse=True)
    of_gap = of_gap.ravel()
    known = measured[own]
    order = np.argsort(~known, axis=1, kind="stable")
    before = np.cumsum(known, axis=1)[of_gap, at]
    first = np.clip(before - (along + 1) // 2, 0, known.sum(axis=1)[of_gap] - along)
    return np.asarray(order[of_gap[:, np.newaxis], first[:, np.newaxis] + np.arange(along)])


def _noise(spectra: _Spectra, positions: NDArray[np.floating] | None, settings: MissingSettings) -> NDArray[np.float64]:
    """Return the noise of every energy."""
    count = len(spectra.rough)
    placed = positions is not None and np.isfinite(positions).all()
    neighbours = adjacent_pairs(positions) if placed and positions is not None else np.roll(np.arange(count), 1)
    return noise_of_energies(spectra.rough, neighbours, settings=settings.noise)


def _step(values: NDArray[np.floating], settings: MissingSettings) -> tuple[float, float] | None:
    """Return origin and height of the steps that values come in, such as counts; None where they do not."""
    chosen = values[evenly(len(values), settings.largest_sample)]
    levels = np.unique(chosen.astype(np.float64))
    if len(levels) < 2 or len(levels) * settings.repeats > len(chosen):
        return None
    height = float(np.diff(levels).min())
    steps = (levels - levels[0]) / height
    return (float(levels[0]), height) if np.abs(steps - np.rint(steps)).max() < 0.01 else None

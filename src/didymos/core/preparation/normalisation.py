"""Normalisation: what makes spectra comparable that were taken at different heights or intensities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Kernel = Literal["exponential", "gaussian"]


@dataclass(frozen=True)
class NormalisationSettings:
    """What is too uncertain to divide by.

    Attributes
    ----------
    least : float
        A denominator of fewer standard errors gives no value.
    covered : float
        Share of the energies of an average that must hold values.
    at_zero : int
        Energies beside zero bias through which a line gives the current at zero bias.
    """

    least: float = 3.0
    covered: float = 0.5
    at_zero: int = 4


DEFAULTS = NormalisationSettings()


def kernel_of(bias: NDArray[np.float64], width: float, kernel: Kernel) -> NDArray[np.float64]:
    """Return the weights K(V_j - V_i), shape (n_energies, n_energies).

    exp(-|V| / width) for "exponential" (Mårtensson and Feenstra), exp(-V^2 / (2 width^2)) for "gaussian", each times
    the distance that V_j stands for.
    """
    apart = np.abs(bias[:, None] - bias[None, :]) / width
    return np.asarray((np.exp(-apart) if kernel == "exponential" else np.exp(-(apart**2) / 2)) * steps(bias))


def steps(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of the trapezoidal rule, shape (n_energies,)."""
    apart = np.abs(np.diff(energy)) / 2
    return np.asarray(np.concatenate([apart, [0.0]]) + np.concatenate([[0.0], apart]))


def zero_current(current: ArrayLike, bias: ArrayLike, settings: NormalisationSettings = DEFAULTS) -> float:
    """Return the current at zero bias, which is the offset of the amplifier.

    The line I = a + b V through the `at_zero` energies nearest to zero bias gives a for every spectrum; the median
    over the spectra is the offset.

    Parameters
    ----------
    current : array_like, shape (n_points, n_energies)
    bias : array_like, shape (n_energies,)
        In any unit.
    settings : NormalisationSettings

    Returns
    -------
    float
        NaN where the biases do not reach from one side of zero to the other, or no spectrum has the values.
    """
    volts = np.asarray(bias, dtype=np.float64)
    if not (volts.min() <= 0 <= volts.max()) or volts.size < 2:
        return float("nan")
    near = np.sort(np.argsort(np.abs(volts), kind="stable")[: settings.at_zero])
    values = np.asarray(current, dtype=np.float64)[:, near]
    whole = values[np.isfinite(values).all(axis=1)]
    if not len(whole):
        return float("nan")
    terms = np.stack([np.ones(near.size), volts[near]], axis=1)
    return float(np.median((np.linalg.pinv(terms) @ whole.T)[0]))


def broadened_ratio(
    current: ArrayLike,
    bias: ArrayLike,
    width: float,
    kernel: Kernel = "exponential",
    settings: NormalisationSettings = DEFAULTS,
) -> NDArray[np.float64]:
    """Return the current over voltage, broadened so that it is nowhere zero by noise or in a gap.

    R(V) = sum_j K(V_j - V) w_j (I_j / V_j) / sum_j K(V_j - V) w_j, with w = V^2 / (V^2 + width^2): near zero bias I/V
    is all noise, and counts as little as its variance says; beyond the width w is 1. For I = G V it is G at every bias,
    zero bias included.

    Parameters
    ----------
    current : array_like, shape (n_points, n_energies)
        Without offset; NaN where missing, such values do not count.
    bias : array_like, shape (n_energies,)
    width : float
        Broadening, in the unit of the bias; as wide as a gap, or wider.
    kernel : {"exponential", "gaussian"}
    settings : NormalisationSettings

    Returns
    -------
    array, shape (n_points, n_energies)
        In units of the current over that of the bias. NaN where it is no more than `least` standard errors, with the
        noise of the current from its differences of third order.

    References
    ----------
    P. Mårtensson, R. M. Feenstra, Phys. Rev. B 39, 7744 (1989); R. M. Feenstra, Phys. Rev. B 50, 4561 (1994);
    M. Prietsch, A. Samsavar, R. Ludeke, Phys. Rev. B 43, 11850 (1991).
    """
    volts, flow = np.asarray(bias, dtype=np.float64), np.asarray(current, dtype=np.float64)
    known = np.isfinite(flow)
    per_current = volts / (volts**2 + width**2)  # w / V
    weights = kernel_of(volts, width, kernel)
    above = np.where(known, flow * per_current, 0.0) @ weights.T
    below = np.where(known, volts * per_current, 0.0) @ weights.T
    ratio = np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)
    variance = np.where(known, per_current**2, 0.0) @ (weights**2).T
    error = noise_of_rows(flow)[:, None] * np.sqrt(variance) / np.where(below > 0, below, np.inf)
    return np.where((ratio > settings.least * error) & (ratio > 0), ratio, np.nan)


def noise_of_rows(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the noise of every spectrum from its differences of third order, whose variance is 20 times that.

    1.4826 median |d3| / sqrt(20); 0 where too few values are known.
    """
    third = np.abs(np.diff(values, n=3, axis=1))
    if third.shape[1] == 0:
        return np.zeros(len(values))
    ordered = np.sort(third, axis=1)  # NaN last
    count = np.isfinite(ordered).sum(axis=1)
    middle = np.take_along_axis(ordered, (np.maximum(count - 1, 0) // 2)[:, None], axis=1)[:, 0]
    return np.asarray(1.4826 * np.nan_to_num(middle) / np.sqrt(20))


def average_between(
    spectra: ArrayLike, energy: ArrayLike, low: float, high: float, settings: NormalisationSettings = DEFAULTS
) -> NDArray[np.float64]:
    """Return the average of every spectrum between two energies, int s dE / int dE by the trapezoidal rule.

    Parameters
    ----------
    spectra : array_like, shape (n_points, n_energies)
        NaN where missing; such values are left out of both integrals.
    energy : array_like, shape (n_energies,)
    low, high : float
    settings : NormalisationSettings

    Returns
    -------
    array, shape (n_points,)
        NaN where less than `covered` of the energies have values, or the average is not positive.
    """
    axis, values = np.asarray(energy, dtype=np.float64), np.asarray(spectra, dtype=np.float64)
    inside = np.flatnonzero((axis >= low) & (axis <= high))
    if inside.size < 2:
        return np.full(len(values), np.nan)
    weights, part = steps(axis[inside]), values[:, inside]
    known = np.isfinite(part)
    held = known @ weights
    average = np.divide(np.where(known, part, 0.0) @ weights, held, out=np.full(len(values), np.nan), where=held > 0)
    return np.where((held >= settings.covered * weights.sum()) & (average > 0), average, np.nan)


def largest(spectra: ArrayLike) -> NDArray[np.float64]:
    """Return the largest finite value of every spectrum, shape (n_points,); NaN where none is positive."""
    values = np.asarray(spectra, dtype=np.float64)
    top = np.where(np.isfinite(values), values, -np.inf).max(axis=1)
    return np.where(top > 0, top, np.nan)

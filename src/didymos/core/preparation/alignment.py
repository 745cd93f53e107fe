"""Alignment: by how much spectra are shifted in energy, and spectra shifted back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymos.core.preparation.gaps import straight


@dataclass(frozen=True)
class AlignmentSettings:
    """How shifts are found.

    Attributes
    ----------
    largest : float
        Largest shift that is looked for, as a share of the range of the energies.
    least : float
        Least correlation with the typical spectrum at the best shift.
    rounds : int
        How often the typical spectrum is taken from the aligned spectra.
    sample : int
        Of more spectra about so many give the typical one.
    """

    largest: float = 0.1
    least: float = 0.5
    rounds: int = 3
    sample: int = 2000


DEFAULTS = AlignmentSettings()
CONSTANT = 1e-20
"""Products of two variances of less than this share of those of the whole spectra are rounding."""


def typical(spectra: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the median of the finite values at every energy, shape (n_energies,); NaN where there is none."""
    values = np.asarray(spectra, dtype=np.float64)
    return np.array([np.median(column[np.isfinite(column)]) if np.isfinite(column).any() else np.nan
                     for column in values.T])  # fmt: skip


def shifts_from(
    spectra: ArrayLike, reference: ArrayLike, settings: AlignmentSettings = DEFAULTS
) -> NDArray[np.float64]:
    """Return by how many steps of the energy every spectrum lies above the reference.

    The correlation r(k) of s(E + k) with the reference, over the energies where both have values, is largest at k0; the
    parabola through r(k0 - 1), r(k0), r(k0 + 1) has its top at the shift. Scale and offset of a spectrum do not matter.

    Parameters
    ----------
    spectra : array_like, shape (n_points, n_energies)
        Evenly spaced in energy; gaps are bridged by straight lines, for the correlation only.
    reference : array_like, shape (n_energies,)
    settings : AlignmentSettings

    Returns
    -------
    array, shape (n_points,)
        In steps. NaN where the best shift is the largest one, where the correlation is low, or without values.
    """
    values, wanted = np.asarray(spectra, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    energies = values.shape[1]
    measured = np.isfinite(values)
    shift = np.full(len(values), np.nan)
    rows = np.flatnonzero(measured.any(axis=1))
    if not rows.size or not np.isfinite(wanted).any():
        return shift
    bridged = straight(values[rows], measured[rows]).astype(np.float64)
    line = straight(wanted[None], np.isfinite(wanted)[None])[0].astype(np.float64)
    most = max(1, min(round(settings.largest * energies), energies // 2 - 1))
    lags = np.arange(-most - 1, most + 2)
    quality = correlations(bridged, line, most + 1)
    best = quality[:, 1:-1].argmax(axis=1) + 1
    index = np.arange(len(rows))
    before, top, after = (quality[index, best + step] for step in (-1, 0, 1))
    bend = before - 2 * top + after
    part = np.divide(before - after, 2 * bend, out=np.zeros_like(bend), where=bend < 0)
    found = (top >= settings.least) & (top > before) & (top > after)
    shift[rows] = np.where(found, lags[best] + part, np.nan)
    return shift


def correlations(values: NDArray[np.float64], reference: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Return Pearson's correlation of s(E + k) with a reference where they overlap, for k from -most to most.

    r(k) = (S_ab - S_a S_b / n) / sqrt((S_aa - S_a^2 / n) (S_bb - S_b^2 / n)) with the sums over the n energies of the
    overlap: S_ab comes from a Fourier transform, the others are differences of running sums.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Finite.
    reference : array, shape (n_energies,)
    most : int
        Less than `n_energies`.

    Returns
    -------
    array, shape (n_points, 2 most + 1)
        -1 where one of the two is constant.
    """
    from scipy import fft

    energies = len(reference)
    lags = np.arange(-most, most + 1)
    a = values - values.mean(axis=1, keepdims=True)
    b = reference - reference.mean()
    size = fft.next_fast_len(energies + most, real=True)
    products = fft.irfft(fft.rfft(a, size) * np.conj(fft.rfft(b, size)), size)[:, lags]
    count = energies - np.abs(lags)
    first, last = np.maximum(lags, 0), energies - np.maximum(-lags, 0)

    def sums(of: NDArray[np.float64], start: NDArray[np.intp], stop: NDArray[np.intp]) -> NDArray[np.float64]:
        running = np.concatenate([np.zeros((*of.shape[:-1], 1)), np.cumsum(of, axis=-1)], axis=-1)
        return np.asarray(running[..., stop] - running[..., start])

    a_sum, a_square = sums(a, first, last), sums(a**2, first, last)
    b_sum, b_square = (sums(one, energies - last, energies - first) for one in (b, b**2))
    spread = np.maximum(a_square - a_sum**2 / count, 0) * np.maximum(b_square - b_sum**2 / count, 0)
    least = CONSTANT * (a**2).sum(axis=1, keepdims=True) * (b**2).sum()
    above = products - a_sum * b_sum / count
    found = np.divide(above, np.sqrt(spread), out=np.full(above.shape, -1.0), where=spread > least)
    return np.asarray(found)


def shifted_back(spectra: ArrayLike, shift: ArrayLike) -> NDArray[np.float64]:
    """Return s(E + shift): spectra whose structures lie where those of the reference do.

    Between the energies the cubic through the four values around gives the value (Lagrange), and a straight line where
    one of the four is missing.

    Parameters
    ----------
    spectra : array_like, shape (n_points, n_energies)
    shift : array_like, shape (n_points,)
        In steps of the energy; a spectrum without one (NaN) stays as it is.

    Returns
    -------
    array, shape (n_points, n_energies)
        NaN where the shift asks for what was not measured: beyond the ends, and beside a gap.
    """
    values, steps = np.asarray(spectra, dtype=np.float64), np.nan_to_num(np.asarray(shift, dtype=np.float64))
    energies = values.shape[1]
    whole = np.floor(steps)
    t = (steps - whole)[:, None]
    index = np.arange(energies) + whole[:, None].astype(int)

    def taken(offset: int) -> NDArray[np.float64]:
        at = index + offset
        inside = (at >= 0) & (at < energies)
        return np.where(inside, np.take_along_axis(values, np.clip(at, 0, energies - 1), axis=1), np.nan)

    a, b, c, d = (taken(offset) for offset in (-1, 0, 1, 2))
    line = np.where(t == 0, b, (1 - t) * b + t * c)
    cubic = (
        -t * (t - 1) * (t - 2) / 6 * a
        + (t + 1) * (t - 1) * (t - 2) / 2 * b
        - (t + 1) * t * (t - 2) / 2 * c
        + (t + 1) * t * (t - 1) / 6 * d
    )
    return np.asarray(np.where(np.isfinite(cubic), cubic, line))


def aligned_to_each_other(spectra: NDArray[np.floating], settings: AlignmentSettings = DEFAULTS) -> NDArray[np.float64]:
    """Return the typical spectrum, the median of the aligned spectra: aligned to it, and so on for some rounds.

    Its own place is the median of the spectra: the shifts have the median 0.

    Parameters
    ----------
    spectra : array, shape (n_points, n_energies)
    settings : AlignmentSettings

    Returns
    -------
    array, shape (n_energies,)
    """
    stride = max(1, len(spectra) // settings.sample)
    values = np.asarray(spectra[::stride], dtype=np.float64)
    reference = typical(values)
    for _ in range(settings.rounds - 1):
        shift = shifts_from(values, reference, settings)
        if not np.isfinite(shift).any():
            break
        reference = typical(shifted_back(values, shift - np.nanmedian(shift)))
    return reference

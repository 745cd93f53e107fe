"""Which energies and spectra of a map hold enough values, where values are missing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.rows import Spectra, evenly, over_rows
from didymos.core.preparation.gaps import ends_of, longest_gap, straight

BLOCK = 4096


@dataclass(frozen=True)
class CoverageSettings:
    """Numbers that steer the choice of energies and spectra.

    Attributes
    ----------
    least_measured : float
        Share of the spectra that have a value at an energy, and of the energies at which a spectrum has one, at least.
        Under one half the median over the spectra would be that of filled values.
    correlation : float
        Share of the correlation of neighbouring energies; where the correlation falls under it, the correlation length
        ends.
    lost : float
        Complete spectra that chance may make shorter than the range: the expected number is less.
    largest_sample : int
        Spectra, evenly spaced, that the correlation length is estimated from.
    """

    least_measured: float = 0.5
    correlation: float = 0.5
    lost: float = 0.5
    largest_sample: int = 1024


DEFAULTS = CoverageSettings()


@dataclass(frozen=True)
class Coverage:
    """Energies that are analysed, and what the spectra hold there.

    Attributes
    ----------
    energies : array of bool, shape (n_energies,)
        Energies that are analysed.
    never : array of bool, shape (n_energies,)
        Energies left out because no spectrum has a value.
    seldom : array of bool, shape (n_energies,)
        Energies left out because more than half of the spectra lack a value, though some have values beyond.
    outside : array of bool, shape (n_energies,)
        Energies left out because spectra end before; all those beyond the range on such a side.
    ends : tuple of (int, int)
        For the lower and for the upper side with energies outside: the smallest and the largest index at which a
        spectrum ends.
    covering : float
        Share of the spectra with any value that reach from end to end of the energies analysed.
    gaps : array of bool, shape (n_points,)
        Spectra with gaps that can be filled.
    short : array of bool, shape (n_points,)
        Spectra with values, but too few: under half of the energies analysed, or a gap longer than `longest_gap`.
    missing : array of bool, shape (n_points,)
        Spectra without any value at the energies analysed.
    longest_gap : int
        Correlation length of the spectra, in energies; 0 where it does not matter.
    """

    energies: NDArray[np.bool_]
    never: NDArray[np.bool_]
    seldom: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    ends: tuple[tuple[int, int], ...]
    covering: float
    gaps: NDArray[np.bool_]
    short: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    longest_gap: int


def find_coverage(values: Spectra, *, choose: bool = True, settings: CoverageSettings = DEFAULTS) -> Coverage:
    """Choose the energies that leave most values, and tell which spectra hold enough of them.

    An energy at which more than half of the spectra have no value is left out. Of the others the range from a to b is
    analysed that makes the number of usable values largest,

        (spectra that reach from a to b) x (energies from a to b),

    so that a few short spectra do not cost all others their energies. A spectrum reaches an end where no more than t
    values are missing there. With q the share of missing values inside the spectra, single gaps of chance are longer
    than t at either end of about 2 N q^(t + 1) of N spectra; t is the smallest number for which these are less than
    half a spectrum, and 0 where there are no gaps inside.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        NaN or infinite where a value is missing; in memory or not.
    choose : bool
        Whether the range is chosen; otherwise energies at both ends stay unless no spectrum has a value there.
    settings : CoverageSettings

    Returns
    -------
    Coverage
    """
    measured = measured_values(values)
    present = measured.any(axis=1)
    share = measured[present].mean(axis=0) if present.any() else np.zeros(values.shape[1])
    # where there is nothing at all, no energy is to blame
    never = (share == 0) & present.any()
    kept, covering = np.flatnonzero(~never), 1.0
    if len(kept) and not measured[present][:, kept].all():
        kept, covering = _range(measured[present], share, choose, settings)
    energies = np.zeros(values.shape[1], dtype=bool)
    energies[kept] = True
    outside, ends = _outside(measured[present], share, energies)
    never &= ~outside
    gaps, short, longest = _rows(values, measured, energies, settings)
    return Coverage(
        energies,
        never,
        ~energies & ~outside & ~never,
        outside,
        ends,
        covering,
        gaps,
        short,
        np.asarray(~measured[:, energies].any(axis=1)),
        longest,
    )


def measured_values(values: Spectra) -> NDArray[np.bool_]:
    """Return which values are finite, shape (n_points, n_energies)."""
    measured = np.empty(values.shape, dtype=bool)
    for rows, part in over_rows(np.isfinite, values, BLOCK):
        measured[rows] = part
    return measured


def _range(
    measured: NDArray[np.bool_], share: NDArray[np.float64], choose: bool, settings: CoverageSettings
) -> tuple[NDArray[np.intp], float]:
    """Return the indices of the energies analysed, and the share of the spectra that reach from end to end."""
    kept = np.flatnonzero(share >= settings.least_measured) if choose else np.flatnonzero(share > 0)
    if len(kept) == 0:
        return kept, 0.0
    first, last = ends_of(measured[:, kept])
    reach = _by_chance(measured[:, kept], first, last, settings)
    if choose:
        low, high = _largest(first, last, len(kept), reach)
    else:
        low, high = 0, len(kept) - 1
    covers = (first <= low + reach) & (last >= high - reach)
    kept = kept[low : high + 1]
    if covers.any():
        own = measured[covers][:, kept].mean(axis=0) >= settings.least_measured
        if not choose:
            own[[0, -1]] = True
        kept = kept[own]
    return kept, float(covers.mean())


def _by_chance(
    measured: NDArray[np.bool_], first: NDArray[np.intp], last: NDArray[np.intp], settings: CoverageSettings
) -> int:
    """Return how many values at an end of a spectrum single gaps may cost, t."""
    inside = int(np.maximum(last - first - 1, 0).sum())
    ends = int(((first <= last).astype(np.intp) + (first < last)).sum())
    lacking = 1.0 - (int(measured.sum()) - ends) / max(inside, 1)
    if inside == 0 or lacking <= 0:
        return 0
    length = np.log(2 * len(measured) / settings.lost) / -np.log(min(lacking, settings.least_measured))
    return max(int(np.ceil(length)) - 1, 0)


def _largest(first: NDArray[np.intp], last: NDArray[np.intp], energies: int, reach: int) -> tuple[int, int]:
    """Return the range with the largest number of spectra times energies; of equal ones the widest."""
    # between two of these ends the number of spectra stays the same
    low, low_of = np.unique(np.maximum(first - reach, 0), return_inverse=True)
    high, high_of = np.unique(np.minimum(last + reach, energies - 1), return_inverse=True)
    number = np.zeros((len(low), len(high)))
    np.add.at(number, (low_of.ravel(), high_of.ravel()), 1.0)
    number = number.cumsum(axis=0)[:, ::-1].cumsum(axis=1)[:, ::-1]
    width = np.maximum(high - low[:, np.newaxis] + 1, 0)
    usable = number * width
    best = np.flatnonzero(usable == usable.max())
    a, b = divmod(int(best[width.ravel()[best].argmax()]), len(high))
    return int(low[a]), int(high[b])


def _outside(
    measured: NDArray[np.bool_], share: NDArray[np.float64], energies: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], tuple[tuple[int, int], ...]]:
    """Return the energies beyond the range on sides where some spectra go on, and where the spectra end there."""
    outside = np.zeros(len(share), dtype=bool)
    if not energies.any():
        return outside, ()
    kept = np.flatnonzero(energies)
    index = np.arange(len(share))
    ends = []
    for beyond, end in zip((index < kept[0], index > kept[-1]), ends_of(measured), strict=True):
        if (share[beyond] > 0).any():
            outside |= beyond
            ends.append((int(end.min()), int(end.max())))
    return outside, tuple(ends)


def _rows(
    values: Spectra,
    measured: NDArray[np.bool_],
    energies: NDArray[np.bool_],
    settings: CoverageSettings,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], int]:
    """Return which spectra have gaps that can be filled, which hold too little, and the longest gap."""
    inside = measured[:, energies]
    number = inside.sum(axis=1)
    partial = (number > 0) & (number < inside.shape[1])
    gaps, short = np.zeros(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
    if not partial.any():
        return gaps, short, 0
    enough = number >= settings.least_measured * inside.shape[1]
    chosen = np.flatnonzero(enough)
    if len(chosen) == 0:
        return gaps, partial, 0
    chosen = chosen[evenly(len(chosen), settings.largest_sample)]
    longest = correlation_length(straight(values[chosen][:, energies], inside[chosen]), settings=settings)
    rows = np.flatnonzero(partial & enough)
    gaps[rows] = longest_gap(inside[rows]) <= longest
    return gaps, partial & ~gaps, longest


def correlation_length(spectra: NDArray[np.floating], *, settings: CoverageSettings = DEFAULTS) -> int:
    """Return over how many energies the spectra stay correlated.

    With x a spectrum less its mean over the energies, divided by its length, A(l) is the average of
    sum_E x(E) x(E + l) over the spectra. The length is the number of steps l = 1, 2 ... up to which A(l) stays over
    half of A(1). A(0) holds the noise and does not count.

    Parameters
    ----------
    spectra : array, shape (n_points, n_energies)
        Finite spectra.
    settings : CoverageSettings

    Returns
    -------
    int
        At least 1.
    """
    energies = spectra.shape[1]
    centred = spectra.astype(np.float64) - spectra.mean(axis=1, keepdims=True, dtype=np.float64)
    size = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    power = np.abs(np.fft.rfft(centred / np.where(size > 0, size, 1.0), 2 * energies, axis=1)) ** 2
    correlation = np.fft.irfft(power.mean(axis=0))[1:energies]
    under = correlation < settings.correlation * max(float(correlation[:1].sum()), 0.0)
    return max(int(under.argmax()) if under.any() else len(correlation), 1)

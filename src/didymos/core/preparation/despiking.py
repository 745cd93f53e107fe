"""Spikes: values at one to three energies that neither the noise nor the neighbours explain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.numeric.robust import MAD_TO_SD, median_of_known


@dataclass(frozen=True)
class DespikingSettings:
    """What a spike is.

    Attributes
    ----------
    threshold : float
        Standard deviations of the noise that a spike exceeds: among ten million values of normal noise one exceeds 5.3.
    window : int
        Energies whose median is what a value is compared with; a spike covers at most a third of them.
    shared : float
        A neighbour that has this share of an excess at the same energy, or beside it, shares a line.
    one_side : float
        Share of its larger difference from the energies on one side that a spike has from those on the other.
    sample : int
        Of more spectra about so many decide the noise of the energies.
    """

    threshold: float = 7.0
    window: int = 9
    shared: float = 0.3
    one_side: float = 0.5
    sample: int = 4000


DEFAULTS = DespikingSettings()


def excess(spectra: NDArray[np.floating], settings: DespikingSettings = DEFAULTS) -> NDArray[np.float64]:
    """Return how far every value lies from the median of the energies around it.

    d(E) = s(E) - median of s over the other `window` - 1 energies around E, at both ends over the first or last ones;
    missing values are passed over. Where a spectrum rises or falls, the median of the others lies between its two
    neighbours.

    Parameters
    ----------
    spectra : array, shape (n_points, n_energies)
    settings : DespikingSettings

    Returns
    -------
    array, shape (n_points, n_energies)
        NaN where the value is missing, or all others around it.
    """
    # in the precision of the measurement: the difference of two close values is exact
    known = np.isfinite(spectra)
    values = np.where(known, spectra, spectra.dtype.type(np.inf))
    energies = values.shape[1]
    width = min(settings.window, energies)
    if width < 2:
        return np.full(values.shape, np.nan)
    index = np.arange(energies)
    first = np.clip(index - width // 2, 0, energies - width)
    # the others of a window, without the value itself
    columns = [first + other + (first + other >= index) for other in range(width - 1)]
    others = in_order([values[:, column] for column in columns])
    missing = spectra.dtype.type(np.nan)
    if known.all():
        middle = (others[(width - 2) // 2] + others[(width - 1) // 2]) / 2
        return np.asarray(values - middle, dtype=np.float64)
    count = sum((known[:, column].astype(np.intp) for column in columns), np.zeros(values.shape, dtype=np.intp))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, width - 2)
    sorted_others = np.stack(others)
    middle = sum(np.take_along_axis(sorted_others, place[None], axis=0)[0] / 2 for place in (low, high))
    values, middle = np.where(known & (count > 0), values, missing), np.where(count > 0, middle, missing)
    return np.asarray(values - middle, dtype=np.float64)


def in_order(columns: list[NDArray[np.floating]]) -> list[NDArray[np.floating]]:
    """Return arrays of one shape, the smallest values in the first: sorted by comparing neighbours, over and over.

    For a few arrays of many values this is several times as fast as to sort the few values of each place.

    Parameters
    ----------
    columns : list of array
        Without NaN; they are overwritten.
    """
    for start in range(len(columns)):
        for left in range(start % 2, len(columns) - 1, 2):
            smaller = np.minimum(columns[left], columns[left + 1])
            np.maximum(columns[left], columns[left + 1], out=columns[left + 1])
            columns[left] = smaller
    return columns


@dataclass(frozen=True)
class Noise:
    """What an excess is without spikes.

    Attributes
    ----------
    centre, deviation : array, shape (n_energies,)
        Median and robust standard deviation over the spectra.
    """

    centre: NDArray[np.float64]
    deviation: NDArray[np.float64]


def noise_of(spectra: NDArray[np.floating], settings: DespikingSettings = DEFAULTS) -> Noise:
    """Return median and 1.4826 times the median absolute deviation of the excess at every energy.

    Parameters
    ----------
    spectra : array, shape (n_points, n_energies)
        All spectra of a map, or a part that is spread over it.
    settings : DespikingSettings

    Returns
    -------
    Noise
        NaN at energies without a value.
    """
    stride = max(1, len(spectra) // settings.sample)
    found = excess(spectra[::stride], settings)
    energies = found.shape[1]
    centre, deviation = np.full(energies, np.nan), np.full(energies, np.nan)
    for energy in range(energies):
        finite = found[np.isfinite(found[:, energy]), energy]
        if finite.size:
            centre[energy] = np.median(finite)
            deviation[energy] = MAD_TO_SD * np.median(np.abs(finite - centre[energy]))
    return Noise(centre, deviation)


def standardised(
    spectra: NDArray[np.floating], noise: Noise, settings: DespikingSettings = DEFAULTS
) -> NDArray[np.float64]:
    """Return the excess of every value in standard deviations of the noise, 0 where a value is missing.

    z(E) = (d(E) - median d(E)) / max(sigma(E), sigma_i), where sigma(E) is that of the energy over all spectra and
    sigma_i that of the spectrum over all its energies: a noisy spectrum has no spikes for being noisy.

    Parameters
    ----------
    spectra : array, shape (n_points, n_energies)
    noise : Noise
    settings : DespikingSettings

    Returns
    -------
    array, shape (n_points, n_energies)
    """
    above = excess(spectra, settings) - noise.centre
    known = np.isfinite(above)
    size = np.where(known, np.abs(above), np.nan)
    order = np.sort(size, axis=1)
    count = known.sum(axis=1)
    own = MAD_TO_SD * np.take_along_axis(order, (np.maximum(count - 1, 0) // 2)[:, None], axis=1)
    # where more than half of all values are the same, as in counts, any deviation is still compared with something
    least = np.nanmax(np.where(noise.deviation > 0, noise.deviation, np.nan), initial=0.0)
    scale = np.maximum(np.where(noise.deviation > 0, noise.deviation, least), np.nan_to_num(own))
    z = np.divide(above, scale, out=np.zeros_like(above), where=known & (scale > 0))
    return np.where(known & (scale == 0) & (above != 0), np.copysign(np.inf, above), z)


def spikes(
    z: NDArray[np.floating], beside: NDArray[np.floating], settings: DespikingSettings = DEFAULTS
) -> NDArray[np.bool_]:
    """Return which values are spikes.

    A value is one where |z| exceeds `threshold` and none of the neighbours shares it: the largest excess of the same
    sign among them, at the same energy or the next ones, is less than `shared` of it. A narrow line that belongs to
    the surface is broader than one spectrum, since a tip or a beam is, and stays.

    Parameters
    ----------
    z : array, shape (n_points, n_energies)
        From :func:`standardised`.
    beside : array, shape (2, n_points, n_energies)
        The largest and the smallest z of the neighbours of every point.
    settings : DespikingSettings

    Returns
    -------
    array of bool, shape (n_points, n_energies)
    """
    high, low = around(beside[0], np.maximum), around(beside[1], np.minimum)
    neighbours = np.where(z > 0, high, -low)
    size = np.abs(z)
    return np.asarray((size > settings.threshold) & ~(neighbours >= settings.shared * size))


def on_both_sides(
    spectra: NDArray[np.floating], found: NDArray[np.bool_], settings: DespikingSettings = DEFAULTS
) -> NDArray[np.bool_]:
    """Return which of the values found stand out from the energies on both their sides: a step is no spike.

    Where the tip or the sample changes in the middle of a spectrum, the values at the step lie far from the median of
    all energies around them, but near those on one of its sides. A value stays that differs in the same direction from
    the median of the `window` / 2 other energies on either side, from both by at least `one_side` of the larger
    difference. At the ends of a spectrum there is one side.

    Parameters
    ----------
    spectra : array, shape (n_points, n_energies)
    found : array of bool, shape (n_points, n_energies)
        Values that may be spikes; they do not count among the others.
    settings : DespikingSettings

    Returns
    -------
    array of bool, shape (n_points, n_energies)
    """
    rows, columns = np.nonzero(found)
    kept = found.copy()
    if not len(rows):
        return kept
    reach = settings.window // 2 + settings.window // 3
    differences = []
    for direction in (-1, 1):
        places = columns[:, None] + direction * np.arange(1, reach + 1)
        inside = (places >= 0) & (places < spectra.shape[1])
        places = np.clip(places, 0, spectra.shape[1] - 1)
        beside = spectra[rows[:, None], places].astype(np.float64)
        known = inside & np.isfinite(beside) & ~found[rows[:, None], places]
        known &= known.cumsum(axis=1) <= settings.window // 2
        differences.append(spectra[rows, columns] - median_of_known(np.where(known, beside, np.nan).T))
    before, after = (np.where(np.isnan(one), other, one) for one, other in (differences, differences[::-1]))
    size = np.maximum(np.abs(before), np.abs(after))
    kept[rows, columns] = (before * after > 0) & (np.minimum(np.abs(before), np.abs(after)) >= settings.one_side * size)
    return kept


def around(values: NDArray[np.floating], larger: np.ufunc) -> NDArray[np.floating]:
    """Return the largest (or smallest) of every value and its neighbours in energy."""
    found = values.copy()
    larger(found[:, 1:], values[:, :-1], out=found[:, 1:])
    larger(found[:, :-1], values[:, 1:], out=found[:, :-1])
    return found


def beside_image(z: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the largest and the smallest z among the eight neighbours, shape (2, y, x, n_energies).

    Parameters
    ----------
    z : array, shape (y, x, n_energies)
    """
    rows, columns = z.shape[:2]
    found = np.zeros((2, *z.shape), dtype=z.dtype)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            if down == right == 0:
                continue
            here = np.s_[max(0, -down) : rows - max(0, down), max(0, -right) : columns - max(0, right)]
            there = np.s_[max(0, down) : rows + min(0, down), max(0, right) : columns + min(0, right)]
            np.maximum(found[0][here], z[there], out=found[0][here])
            np.minimum(found[1][here], z[there], out=found[1][here])
    return found


def beside_points(z: NDArray[np.floating], neighbours: NDArray[np.intp]) -> NDArray[np.floating]:
    """Return the largest and the smallest z among the neighbours of scattered points, shape (2, n_points, n_energies).

    Parameters
    ----------
    z : array, shape (n_points, n_energies)
    neighbours : array of int, shape (n_points, n_neighbours)
    """
    found = np.zeros((2, *z.shape), dtype=z.dtype)
    for column in neighbours.T:
        np.maximum(found[0], z[column], out=found[0])
        np.minimum(found[1], z[column], out=found[1])
    return found

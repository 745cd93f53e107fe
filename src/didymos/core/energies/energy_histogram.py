"""Statistics of the signal at every energy: histograms of all spectra and of pairs across regions, averages."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from didymos.core.energies.settings import EnergySettings
from didymos.core.numeric.compiled import compiled
from didymos.core.numeric.rows import Spectra, blocks, over_rows, some_rows

DEFAULTS = EnergySettings()
BLOCK = 2048
"""Spectra whose values stay in the cache."""
SOME = 256
"""Spectra whose average is subtracted before squares are summed."""
ENERGY_BLOCK = 16


def signal_histogram(
    values: Spectra, bins: int = 128, *, settings: EnergySettings = DEFAULTS
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Count the spectra at each signal and energy.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Any unit; non-finite values are left out.
    bins : int
        Number of equal bins, the same at all energies.
    settings : EnergySettings

    Returns
    -------
    edges : array, shape (bins + 1,)
        Ascending, in the units of the spectra. From the smallest to the largest value, or, where a thousandth of the
        values on either side would take up three quarters of that, the range of the rest widened by half on each side.
    counts : array of int, shape (bins, n_energies)
        Values outside the edges are in no bin: how many is the number of finite spectra less ``counts.sum(axis=0)``.
    """

    def ends(block: NDArray[np.floating]) -> tuple[float, float]:
        finite = np.isfinite(block)
        return float(block.min(where=finite, initial=np.inf)), float(block.max(where=finite, initial=-np.inf))

    found = [part for _, part in over_rows(ends, values, BLOCK)]
    low, high = min((part[0] for part in found), default=np.inf), max((part[1] for part in found), default=-np.inf)
    if low > high:
        return np.linspace(0.0, 1.0, bins + 1), np.zeros((bins, values.shape[1]), dtype=np.int64)
    if low == high:
        half = abs(low) / 2 if low != 0 else 0.5
        low, high = low - half, high + half

    def count(edges: NDArray[np.float64]) -> NDArray[np.int64]:
        counts = np.zeros((values.shape[1], bins), dtype=np.int64)
        for _, part in over_rows(lambda block: _count_values(block, edges[0], edges[-1], bins), values, BLOCK):
            counts += part
        return np.ascontiguousarray(counts.T)

    return _zoom(count, low, high, bins, (settings.tail, settings.tail), settings.passes)


def region_distance_histogram(
    majority_values: NDArray[np.floating],
    minority_values: NDArray[np.floating],
    bins: int = 96,
    *,
    settings: EnergySettings = DEFAULTS,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Count the differences |x_i(E) - x_j(E)| of all pairs of a majority and a minority spectrum at each energy.

    Parameters
    ----------
    majority_values, minority_values : array, shape (n, n_energies)
        In the same unit; non-finite values are left out.
    bins : int
        Number of equal bins, the same at all energies.
    settings : EnergySettings

    Returns
    -------
    edges : array, shape (bins + 1,)
        Ascending from 0, in the units of the spectra, to the largest difference, or, where the thousandth largest
        share of the pairs would take up three quarters of that, half as far again as the rest.
    counts : array of int, shape (bins, n_energies)
        Exact (differences in float64) for all pairs, each bin without its upper edge but for the last one; larger
        differences are in no bin. Zeros where one region is empty.

    Notes
    -----
    With both sides sorted, the pairs nearer than an edge e are those with x_j - e < x_i < x_j + e: for every spectrum
    of the smaller side two searches in the larger one that resume where those of its predecessor ended, so the time
    is linear in the smaller side and only two sorted copies of 16 energies are held.
    """
    larger, smaller = majority_values, minority_values
    if len(larger) < len(smaller):
        larger, smaller = smaller, larger
    energies = larger.shape[1]
    furthest = 0.0
    for columns in blocks(energies, ENERGY_BLOCK):
        for first, second in zip(_sorted_columns(larger, columns), _sorted_columns(smaller, columns), strict=True):
            if first.size and second.size:
                furthest = max(furthest, float(first[-1] - second[0]), float(second[-1] - first[0]))

    def count(edges: NDArray[np.float64]) -> NDArray[np.int64]:
        counts = np.zeros((bins, energies), dtype=np.int64)
        for columns in blocks(energies, ENERGY_BLOCK):
            pairs = zip(_sorted_columns(larger, columns), _sorted_columns(smaller, columns), strict=True)
            for energy, (first, second) in enumerate(pairs, start=columns.start):
                counts[:, energy] = _count_differences(first, second, edges)
        return counts

    return _zoom(count, 0.0, furthest if furthest > 0 else 1.0, bins, (0.0, settings.tail), settings.passes)


def means_and_stds(
    values: Spectra, members: NDArray[np.bool_], origin: NDArray[np.floating] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Average the spectra of every group, m = sum x / n and s^2 = sum (x - m)^2 / (n - 1), in float64.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Any unit; non-finite values are left out, energy by energy. In memory or not: all spectra are read once.
    members : array of bool, shape (n_points, n_groups)
        Which spectra belong to which group.
    origin : array, shape (n_energies,), optional
        A typical spectrum. It is subtracted first, so that a common offset costs no digits; default is the average of
        a few.

    Returns
    -------
    mean, std : array, shape (n_groups, n_energies)
        In the units of the spectra; the mean is NaN without spectra, the deviation with fewer than two.
    """
    if origin is None:
        some = some_rows(values, SOME).astype(np.float64)
        known = np.isfinite(some)
        origin = np.where(known, some, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return means_and_stds_of(group_sums(values, members, origin), origin)


def group_sums(values: Spectra, members: NDArray[np.bool_], origin: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return number, sum and sum of squares of what the spectra x of every group differ from an origin.

    Parameters
    ----------
    values : array, shape (n_points, n_energies)
        Any unit; non-finite values are left out, energy by energy. In memory or not: all spectra are read once.
    members : array of bool, shape (n_points, n_groups)
    origin : array, shape (n_energies,)
        A typical spectrum.

    Returns
    -------
    array, shape (3, n_groups, n_energies)
        Those of spectra in two groups without a common one add up.
    """

    def sums(block: NDArray[np.floating], groups: NDArray[np.bool_]) -> NDArray[np.float64]:
        away = block - origin
        finite = np.isfinite(away)
        away[~finite] = 0.0
        belongs = groups.T.astype(np.float64)
        return np.stack([belongs @ finite, belongs @ away, belongs @ away**2])

    total = np.zeros((3, members.shape[1], values.shape[1]))
    for _, part in over_rows(sums, values, BLOCK, members):
        total += part
    return total


def means_and_stds_of(
    sums: NDArray[np.float64], origin: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return average and standard deviation of every group from :func:`group_sums`; see :func:`means_and_stds`."""
    number, first, second = sums
    mean = np.divide(first, number, out=np.full_like(first, np.nan), where=number > 0)
    left = np.maximum(second - number * np.nan_to_num(mean) ** 2, 0.0)
    variance = np.divide(left, number - 1, out=np.full_like(first, np.nan), where=number > 1)
    return mean + origin, np.sqrt(variance)


def _zoom(
    count: Callable[[NDArray[np.float64]], NDArray[np.int64]],
    low: float,
    high: float,
    bins: int,
    tails: tuple[float, float],
    passes: int,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Count within narrower edges as long as all but the tails fill less than a quarter of the bins."""
    edges = np.linspace(low, high, bins + 1)
    counts = count(edges)
    whole = edges, counts
    for _ in range(passes):
        cumulative = np.concatenate([[0], np.cumsum(counts.sum(axis=1))])
        total = cumulative[-1]
        # the bins that hold the two quantiles
        first = int(np.searchsorted(cumulative, tails[0] * total, side="right")) - 1 if tails[0] > 0 else 0
        last = int(np.searchsorted(cumulative, (1 - tails[1]) * total, side="left"))
        if total == 0 or last - first >= bins / 4:
            return edges, counts
        margin = (edges[last] - edges[first]) / 2
        low, high = max(edges[first] - margin, edges[0]), min(edges[last] + margin, edges[-1])
        narrower = np.linspace(low, high, bins + 1)
        if not (np.diff(narrower) > 0).all():
            break
        edges, counts = narrower, count(narrower)
    # no end to it: nearly all values are the same (counts that are mostly zero), the others are what there is to see
    return whole


def _sorted_columns(values: NDArray[np.floating], columns: slice) -> list[NDArray[np.float64]]:
    """Return the finite values at some energies, each ascending."""
    ordered = np.sort(values[:, columns].T, axis=1)
    return [row[np.isfinite(row)].astype(np.float64) for row in ordered]


@compiled()
def _count_values(values: NDArray[np.floating], low: float, high: float, bins: int) -> NDArray[np.int64]:
    """Return the histogram of the values between low and high at every energy, shape (n_energies, bins)."""
    counts = np.zeros((values.shape[1], bins), dtype=np.int64)
    scale = bins / (high - low)
    for i in range(values.shape[0]):
        for k in range(values.shape[1]):
            value = np.float64(values[i, k])
            # written so that a NaN fails it
            if value >= low and value <= high:
                counts[k, min(int((value - low) * scale), bins - 1)] += 1
    return counts


@compiled()
def _count_differences(
    larger: NDArray[np.float64], smaller: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Count |a - b| between the edges for all a and b, both ascending."""
    bins = len(edges) - 1
    nearer = np.zeros(bins + 1, dtype=np.int64)
    for k in range(bins + 1):
        inclusive = k == bins
        above = 0
        below = 0
        for b in smaller:
            above = _search(larger, b, edges[k], inclusive, above)
            below = _search(larger, b, -edges[k], not inclusive, below)
            # below passes above only for the edge 0, which nothing is nearer than
            nearer[k] += max(above - below, 0)
    return np.diff(nearer)


@compiled()
def _search(ascending: NDArray[np.float64], b: float, edge: float, inclusive: bool, start: int) -> int:
    """Return how many values a have a - b < edge (or <= edge), known to be at least start: steps that double."""
    size = len(ascending)
    low = start
    step = 1
    high = low
    while high < size and (ascending[high] - b < edge or (inclusive and ascending[high] - b == edge)):
        low = high + 1
        high += step
        step *= 2
    high = min(high, size)
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] - b < edge or (inclusive and ascending[middle] - b == edge):
            low = middle + 1
        else:
            high = middle
    return low

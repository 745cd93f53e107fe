"""Common populations: phases that cover large parts of the surface and are alike inside, as domains and islands are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from didymos.core.numeric.labels import numbered_by_size
from didymos.core.surface.neighbourhood import Neighbourhood


@dataclass(frozen=True)
class PhaseSettings:
    """Numbers that steer the search for common populations.

    Attributes
    ----------
    least_share : float
        Share of the spectra that a phase covers at least.
    least_separation : float
        Distance of two phases over the standard deviation within them, at least. The two halves of a sine have 4.1,
        those of an even spread 3.5 and those of a normal distribution 2.7.
    deepest_valley : float
        Density between two phases over the smaller of the densities in them, at most.
    least_inside : float
        Share of the points of a phase whose neighbours all belong to the same phase, at least.
    most_phases : int
        Phases at most.
    """

    least_share: float = 0.1
    least_separation: float = 5.0
    deepest_valley: float = 0.05
    least_inside: float = 0.6
    most_phases: int = 8


DEFAULTS = PhaseSettings()


def find_phases(
    features: NDArray[np.floating],
    rare: NDArray[np.bool_],
    neighbourhood: Neighbourhood,
    *,
    settings: PhaseSettings = DEFAULTS,
) -> NDArray[np.int16]:
    """Divide the majority into phases.

    A group of spectra is divided in two by k-means. Along Fisher's discriminant of both parts, the parts are phases
    where they are far apart over the spread within them, few spectra lie between, and each covers a connected area
    rather than many dots. The parts are divided again, until no division is one of phases.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Finite features of the spectra.
    rare : array of bool, shape (n_points,)
        Spectra of defects, which get the phase of the nearest other spectrum.
    neighbourhood : Neighbourhood
    settings : PhaseSettings

    Returns
    -------
    array of int16, shape (n_points,)
        From 1; 1 has most spectra.
    """
    points = len(features)
    phase = np.ones(points, dtype=np.int16)
    common = np.flatnonzero(~rare)
    if not neighbourhood.known or len(common) < 2 * features.shape[1] + 2:
        return phase
    waiting, found = [common], 1
    while waiting and found < settings.most_phases:
        group = waiting.pop()
        parts = _divided(features, group, points, neighbourhood, settings)
        if parts is not None:
            found += 1
            phase[parts[1]] = found
            waiting += parts
    if rare.any():
        nearest = neighbourhood.nearest(~rare)[1]
        phase[rare] = phase[nearest[rare]]
    return numbered_by_size(phase)


def _divided(
    features: NDArray[np.floating],
    group: NDArray[np.intp],
    points: int,
    neighbourhood: Neighbourhood,
    settings: PhaseSettings,
) -> list[NDArray[np.intp]] | None:
    """Return the two phases of a group of points, or None."""
    some = np.asarray(features[group], dtype=np.float64)
    smallest = max(settings.least_share * points, some.shape[1] + 1)
    best: NDArray[np.bool_] | None = None
    farthest = settings.least_separation
    # k-means ends in the nearest optimum: from a start along every axis one is the division in phases
    for axis in _axes(some):
        side = _parted(some, some @ axis > np.median(some @ axis), smallest)
        if side is None:
            continue
        along = some @ _discriminant(some, side)
        separation, valley = _separation(along, side), _valley(along, along[~side].mean(), along[side].mean())
        if separation >= farthest and valley <= settings.deepest_valley:
            best, farthest = side, separation
    if best is None:
        return None
    parts = [group[~best], group[best]]
    inside = [_inside(part, points, neighbourhood) for part in parts]
    return parts if min(inside) >= settings.least_inside else None


def _parted(some: NDArray[np.float64], side: NDArray[np.bool_], smallest: float) -> NDArray[np.bool_] | None:
    """Return which spectra belong to the second of two parts, or None where one of them is too small."""
    if side.all() or not side.any():
        return None
    start = np.stack([some[~side].mean(axis=0), some[side].mean(axis=0)])
    side = kmeans2(some, start, minit="matrix", missing="warn")[1] == 1
    for _ in range(2):
        if min(np.count_nonzero(side), np.count_nonzero(~side)) < smallest:
            return None
        along = some @ _discriminant(some, side)
        one, two = along[~side], along[side]
        side = along > (one.mean() * two.std() + two.mean() * one.std()) / max(one.std() + two.std(), 1e-300)
    return side if min(np.count_nonzero(side), np.count_nonzero(~side)) >= smallest else None


def _separation(along: NDArray[np.float64], side: NDArray[np.bool_]) -> float:
    """Return the distance of two means over the standard deviation within."""
    one, two = along[~side], along[side]
    within = float(np.sqrt((one.var() + two.var()) / 2))
    return float(two.mean() - one.mean()) / within if within > 0 else np.inf


def _axes(some: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the directions of variance, the largest first, shape (n_features, n_features)."""
    axes = np.linalg.eigh(np.atleast_2d(np.cov(some, rowvar=False)))[1][:, ::-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[np.newaxis], axis=0)
    return np.asarray((axes * np.sign(largest)).T)


def _discriminant(some: NDArray[np.float64], side: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return Fisher's discriminant of two parts."""
    within = np.sum([np.atleast_2d(np.cov(some[part], rowvar=False)) for part in (side, ~side)], axis=0)
    within = within + 1e-9 * np.trace(within) / len(within) * np.eye(len(within)) + np.finfo(float).tiny
    return np.asarray(np.linalg.solve(within, some[side].mean(axis=0) - some[~side].mean(axis=0)))


def _valley(along: NDArray[np.float64], low: float, high: float) -> float:
    """Return the smallest density between two means over the smaller of the densities at both."""
    edges = np.linspace(low - (high - low) / 6, high + (high - low) / 6, 17)
    density = np.histogram(along, edges)[0].astype(float)
    third = len(density) // 3
    peaks = min(density[:third].max(), density[-third:].max())
    return float(density[third:-third].min() / peaks) if peaks > 0 else 1.0


def _inside(part: NDArray[np.intp], points: int, neighbourhood: Neighbourhood) -> float:
    """Return the share of points whose straight neighbours all belong to the same part."""
    member = np.zeros(points, dtype=bool)
    member[part] = True
    return float((member & ~neighbourhood.grow(~member, 1)).sum() / len(part))

"""Find all like this: how similar every spectrum of a map is to one, of the map or from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymos.core.metrics.linear import LinearMetric
from didymos.core.numeric.rows import over_rows
from didymos.schema import ENERGY, InputError
from didymos.twin.embedding_stage import usual_spread
from didymos.workflow.features import Features
from didymos.workflow.points import Points


@dataclass(frozen=True)
class AlikeSettings:
    """How a spectrum from elsewhere is compared with those of a map.

    Attributes
    ----------
    fewest : int
        Least number of energies of the map within the range of the spectrum.
    overlap : float
        Least share of the range of the map that the spectrum must cover.
    block : int
        Spectra that are compared at a time.
    """

    fewest: int = 8
    overlap: float = 0.25
    block: int = 2048


DEFAULTS = AlikeSettings()


@dataclass(frozen=True)
class Alike:
    """How similar the spectra of a map are to one spectrum.

    Attributes
    ----------
    similarity : array, shape (n_points,)
        1 for the same; NaN for spectra that are missing or have gaps.
    order : array of int, shape (n_compared,)
        The points with a similarity, the most similar first; in equal similarity by their number.
    """

    similarity: NDArray[np.float64]
    order: NDArray[np.intp]

    @classmethod
    def of(cls, similarity: NDArray[np.float64]) -> Alike:
        """Rank points by their similarity."""
        known = np.flatnonzero(np.isfinite(similarity))
        return cls(similarity, known[np.argsort(-similarity[known], kind="stable")])


def like_points(points: Points, features: Features, chosen: int | Iterable[int]) -> Alike:
    """Find all like a spectrum of the map, or like the average of several.

    With the distance d_i of a spectrum from that one in the metric, and the distance d_0 of two ordinary spectra
    (:func:`ordinary_distance`), the similarity is 1 / (1 + (d_i / d_0)^2): 1 for the same, one half at d_0, and the
    same in any unit of the spectra.

    Parameters
    ----------
    points : Points
    features : Features
        Of the usable ones of `points`.
    chosen : int or iterable of int
        Points counted through all of the map.

    Returns
    -------
    Alike
        Also of the corrupted spectra, as long as they have no gaps.

    Raises
    ------
    InputError
        Where no point is chosen, or one that is not on the map or has gaps.
    """
    index = np.array(list(chosen) if isinstance(chosen, Iterable) else [chosen], dtype=np.intp)
    if not len(index):
        raise InputError("no point is chosen: choose one or several spectra of the map")
    outside = index[(index < 0) | (index >= len(points.finite))]
    if len(outside):
        raise InputError(f"point {outside[0]} is chosen; the map has the points 0 to {len(points.finite) - 1}")
    if not points.finite[index].all():
        raise InputError(f"point {index[~points.finite[index]][0]} has no spectrum without gaps: choose another one")
    metric = features.metric
    wanted = metric.transform(np.asarray(points.values[index], dtype=np.float64).mean(axis=0, keepdims=True))[0]
    similarity = np.full(len(points.finite), np.nan)
    similarity[points.usable] = _near(features.values, wanted, features)
    rest = points.finite & ~points.usable
    if rest.any():
        similarity[rest] = _near(metric.transform(points.of(rest)), wanted, features)
    return Alike.of(similarity)


def ordinary_distance(features: Features) -> float:
    """Return the distance d_0 of two ordinary spectra of a map, in the units of the metric.

    Two independent spectra of a population with the standard deviations s_k of its features differ by
    <|f_i - f_j|^2> = 2 sum_k s_k^2; d_0 is the root of that with the robust deviations, those of the majority.

    Parameters
    ----------
    features : Features

    Returns
    -------
    float
        Positive, also where most spectra are the same.
    """
    distance = float(np.sqrt(2 * np.sum(usual_spread(features.values) ** 2)))
    return distance or float(features.distance.max()) or 1.0


def _near(values: NDArray[np.float64], wanted: NDArray[np.float64], features: Features) -> NDArray[np.float64]:
    """Return the similarity of features, shape (n_points, n_features), to those of one spectrum."""
    ratio = np.linalg.norm(values - wanted, axis=1) / ordinary_distance(features)
    return np.asarray(1 / (1 + ratio**2))


def like_spectrum(
    points: Points,
    energy: ArrayLike,
    values: ArrayLike,
    *,
    noise: NDArray[np.floating] | None = None,
    settings: AlikeSettings = DEFAULTS,
) -> Alike:
    """Find all like a spectrum from elsewhere, perhaps a calculated one in units of its own.

    The spectrum t is interpolated to the energies of the map within the common range. The similarity of a measured
    spectrum x is their correlation over these energies with the weights w_k = 1 / (noise_k)^2,

        sum w (x - <x>) (t - <t>) / [sum w (x - <x>)^2 sum w (t - <t>)^2]^(1/2),

    which no gain and no offset of either changes.

    Parameters
    ----------
    points : Points
    energy : array-like, shape (n,)
        In the units of the map, in any order.
    values : array-like, shape (n,)
        In any unit.
    noise : array, shape (n_energies,), optional
        Noise of the map at each of its energies, see :func:`noise_of`; all energies count alike where it is not given.
    settings : AlikeSettings

    Returns
    -------
    Alike
        From -1 to 1; 0 for measured spectra that are constant.

    Raises
    ------
    InputError
        Where the spectrum is none, is constant, or covers too little of the map's range.
    """
    inside, target = _at_energies_of(points, energy, values, settings)
    weight = np.ones(len(target)) if noise is None else 1 / np.asarray(noise, dtype=np.float64)[inside] ** 2
    # the largest weight is 1, so that no sum overflows
    weight = weight / weight.max() / np.sum(weight / weight.max())
    target = target - weight @ target
    target = target / np.sqrt(weight @ target**2)

    def correlation(block: NDArray[np.floating]) -> NDArray[np.float64]:
        spectra = block[:, inside].astype(np.float64)
        size = np.abs(spectra).max(axis=1, keepdims=True)
        spectra = np.divide(spectra, size, out=np.zeros_like(spectra), where=size != 0)
        away = spectra - (spectra @ weight)[:, np.newaxis]
        length = np.sqrt(away**2 @ weight)
        # what is left of a constant is rounding
        constant = length <= 1e-9
        return np.where(constant, 0.0, (away @ (weight * target)) / np.where(constant, 1.0, length))

    similarity = np.full(len(points.finite), np.nan)
    for rows, part in over_rows(correlation, points.values, settings.block):
        similarity[rows] = part
    similarity[~points.finite] = np.nan
    return Alike.of(np.clip(similarity, -1.0, 1.0))


def noise_of(metric: LinearMetric) -> NDArray[np.float64] | None:
    """Return the noise of a map at every energy, in the units of its spectra.

    Parameters
    ----------
    metric : LinearMetric

    Returns
    -------
    array, shape (n_energies,), or None
        None where the metric knows none, or where the noise depends on the signal.
    """
    known = metric.whitened and metric.stabilisation is None and bool((metric.scale > 0).all())
    return metric.scale if known else None


def _at_energies_of(
    points: Points, energy: ArrayLike, values: ArrayLike, settings: AlikeSettings
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which energies of a map lie within the range of a spectrum, and the spectrum at these."""
    own, given = _finite_columns(energy, values)
    wanted = points.energy
    low, high = max(own[0], wanted[0]), min(own[-1], wanted[-1])
    inside = (wanted >= low) & (wanted <= high)
    unit = str(points.map[ENERGY].attrs.get("units", ""))
    share = max(high - low, 0.0) / (wanted[-1] - wanted[0])
    fewest = min(settings.fewest, len(wanted))
    if share < settings.overlap or inside.sum() < fewest:
        raise InputError(
            f"the spectrum spans {own[0]:g} to {own[-1]:g} and the map {wanted[0]:g} to {wanted[-1]:g} {unit}".rstrip()
            + f": {share:.0%} of the range and {int(inside.sum())} energies of the map are common, at least "
            f"{settings.overlap:.0%} and {fewest} are needed; give energies in the unit of the map"
        )
    target = np.interp(wanted[inside], own, given)
    if np.ptp(target) <= 1e-12 * np.abs(target).max():
        raise InputError("the spectrum is constant over the range of the map: nothing is like it or unlike it")
    return inside, target / np.abs(target).max()


def _finite_columns(energy: ArrayLike, values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the energies of a spectrum, ascending, and its values."""
    own, given = np.asarray(energy, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if own.ndim != 1 or own.shape != given.shape or len(own) < 2:
        raise InputError(f"energies have the shape {own.shape}, values {given.shape}; allowed are two equal lists")
    if not (np.isfinite(own).all() and np.isfinite(given).all()):
        raise InputError("the spectrum holds values that are no finite numbers: leave those energies out")
    order = np.argsort(own, kind="stable")
    if (np.diff(own[order]) == 0).any():
        raise InputError("an energy of the spectrum occurs twice: give every energy once")
    return own[order], given[order]

"""Levelling: the plane of the tilt of a sample is subtracted from its heights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymos.core.numeric.robust import MAD_TO_SD


@dataclass(frozen=True)
class LevellingSettings:
    """How the plane is fitted.

    Attributes
    ----------
    rounds : int
        Fits at most.
    half_weight : float
        Residuals of so many standard deviations have half the weight: 95 % efficient for normal noise.
    exact : float
        Residuals of this share of the largest height, and smaller changes of the plane, are rounding.
    points : int
        Of more points about so many decide the plane, evenly spread over the map.
    """

    rounds: int = 100
    half_weight: float = 2.385
    exact: float = 1e-13
    points: int = 200_000


DEFAULTS = LevellingSettings()


def levelled(
    heights: ArrayLike, x: ArrayLike, y: ArrayLike, settings: LevellingSettings = DEFAULTS
) -> NDArray[np.float64]:
    """Subtract the plane that fits most of the heights.

    The plane a + b x + c y minimises sum_i w_i r_i^2 over the finite heights, r_i = z_i - a - b x_i - c y_i, with the
    weights w_i = 1 / (1 + (r_i / k s)^2) of the round before: s is 1.4826 times the median of the absolute residuals,
    k is `half_weight`. Steps, adsorbates and other outliers lose their weight, and the plane is that of the ground.

    Parameters
    ----------
    heights : array_like
        One height per point, NaN where unknown.
    x, y : array_like
        Positions of the points; broadcast against the heights.
    settings : LevellingSettings

    Returns
    -------
    numpy.ndarray
        Heights above the plane, NaN where a height or a position is unknown. On a single line the plane is the line's
        own slope; a single point becomes zero.
    """
    z = np.asarray(heights, dtype=float)
    positions = [np.broadcast_to(np.asarray(axis), z.shape) for axis in (x, y)]
    known = np.isfinite(z) & np.isfinite(positions[0]) & np.isfinite(positions[1])
    if not known.any():
        return np.full(z.shape, np.nan)
    terms = np.stack([np.ones(z.shape), *map(_unit, positions)], -1)
    # without the offset, which may be a million times the relief, no digit is lost
    above = z - np.median(z[known])
    stride = max(1, int(known.sum()) // settings.points)
    return np.asarray(above - terms @ _plane(terms[known][::stride], above[known][::stride], settings))


def _plane(a: NDArray[np.float64], values: NDArray[np.float64], settings: LevellingSettings) -> NDArray[np.float64]:
    """Return the coefficients of the terms `a` that fit most of the values."""
    smallest = settings.exact * float(np.abs(values).max())
    weights, plane = np.ones(values.size), np.zeros(a.shape[1])
    for _ in range(settings.rounds):
        weighted, before = a * weights[:, np.newaxis], plane
        plane = np.asarray(np.linalg.lstsq(weighted.T @ a, weighted.T @ values, rcond=None)[0])
        size = np.abs(values - a @ plane)
        spread = MAD_TO_SD * float(np.median(size))
        if spread <= smallest or float(np.abs(plane - before).max()) <= smallest:
            break
        weights = 1 / (1 + (size / (settings.half_weight * spread)) ** 2)
    return plane


def _unit(axis: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return positions shifted and scaled to -1 to 1; zeros where all are the same."""
    low, high = float(np.nanmin(axis)), float(np.nanmax(axis))
    return np.zeros(axis.shape) if low == high else np.asarray((2 * axis - low - high) / (high - low), dtype=float)


def levelled_lines(heights: ArrayLike) -> NDArray[np.float64]:
    """Subtract from every scan line what sets it apart from the line before, so that lines meet.

    Line r is lowered by sum_{k <= r} median_c (z_{k,c} - z_{k-1,c}) over the columns that both lines know: a step of
    the surface that covers less than half of a line stays. The average of all heights stays as it is.

    Parameters
    ----------
    heights : array_like, shape (n_rows, n_columns)
        NaN where unknown.

    Returns
    -------
    array, shape (n_rows, n_columns)
        A line that shares no column with the last one before it that is known stays at its height.
    """
    z = np.array(heights, dtype=float)
    known = np.isfinite(z)
    before = z[known].mean() if known.any() else 0.0
    last: NDArray[np.float64] | None = None
    for row in z:
        if last is not None:
            apart = row - last
            if np.isfinite(apart).any():
                row -= np.median(apart[np.isfinite(apart)])
        if np.isfinite(row).any():
            last = row
    return z + (before - z[known].mean()) if known.any() else z

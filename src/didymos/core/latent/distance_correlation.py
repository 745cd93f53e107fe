"""Distance of every spectrum from the mean spectrum against that in a latent space, and whether the two form a step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didymos.core.energies.iso_energy import two_levels
from didymos.core.numeric.rescaling import log_rescale
from didymos.core.numeric.rows import blocks

BLOCK_VALUES = 1 << 18
"""How many values are held in float64 at a time."""
ROUNDING = 1e-12
"""Distances that vary by a smaller part of their size than this are the same."""


@dataclass(frozen=True)
class DistanceCorrelation:
    """Distances from the mean in two spaces, their joint density, and a line against a step through them.

    Attributes
    ----------
    raw_distance, latent_distance : array, shape (n_points,)
        In the units of each space, NaN for spectra left out of both.
    raw_edges, latent_edges : array, shape (bins + 1,)
        Ascending, from the smallest to the largest distance.
    counts : array of int, shape (bins, bins)
        Number of spectra in each bin of the raw (rows) and latent distance (columns); all finite spectra are in one.
    line_share : float
        Share of the variance of the latent distance that the least-squares straight line in the raw distance explains,
        0 to 1; 0 where the raw distance is the same for all, NaN where the latent distance is.
    step_share : float
        Share of that variance that two levels explain, cut by Otsu's criterion, 0 to 1; NaN where nothing varies.
    low_level, high_level : float
        Mean latent distance at or below and above the cut. Where all are the same that one is the lower level, and the
        upper one NaN.
    cut : float
        Otsu's level of the latent distance.
    share_above : float
        Share of the finite spectra above the cut.
    """

    raw_distance: NDArray[np.float64]
    latent_distance: NDArray[np.float64]
    raw_edges: NDArray[np.float64]
    latent_edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    line_share: float
    step_share: float
    low_level: float
    high_level: float
    cut: float
    share_above: float

    @property
    def step_index(self) -> float:
        """Whether the step or the line fits better, ((1 - L) - (1 - S)) / ((1 - L) + (1 - S)), -1 to 1.

        L is the line's share and S the step's, so 1 - L and 1 - S are the parts that each leaves unexplained. An ideal
        step has 1, however the raw distances are distributed, a straight line -1, and 0 means that both fit equally
        well (or both perfectly). Latent distances without levels that have nothing to do with the raw ones come to
        about 0.5, since the best cut explains 0.64 of the variance of a normal and 0.75 of a uniform distribution: only
        clearly above that there is a step. A single far spectrum makes one as well: see `share_above`. NaN where the
        latent distance is the same for all.
        """
        off_line, off_step = 1 - self.line_share, 1 - self.step_share
        if off_line + off_step < ROUNDING:
            return 0.0
        return (off_line - off_step) / (off_line + off_step)


def distance_correlation(
    raw: NDArray[np.floating], latent: NDArray[np.floating], *, origin: ArrayLike | None = None, bins: int = 64
) -> DistanceCorrelation:
    """Compare distances of spectra from the mean spectrum, |x_i - mean(x)|, with those in a latent space, |z_i - o|.

    Parameters
    ----------
    raw : array, shape (n_points, n_energies)
        Spectra x, any unit. A one-dimensional array is a single energy.
    latent : array, shape (n_points, n_components)
        The same spectra z in the latent space, any unit. A one-dimensional array is a single component. Spectra with a
        value that is not finite in either space are left out of both.
    origin : array, shape (n_components,), optional
        Latent coordinates o of the mean spectrum. Default the mean of the latent points: the same for a linear map.
    bins : int
        Number of equal bins of each distance.

    Returns
    -------
    DistanceCorrelation

    Raises
    ------
    ValueError
        When the two spaces differ in their number of points, or the origin is not a finite point of the latent space.

    Notes
    -----
    The distance correlation plot of the paper, its Figs. 5 and 6.
    """
    raw, latent = _as_points(raw), _as_points(latent)
    if len(raw) != len(latent):
        raise ValueError(f"{len(raw)} spectra have {len(latent)} latent points: each needs one")
    included = _finite_rows(raw) & _finite_rows(latent)
    raw_distance = _distances(raw, included, _mean_from_first(raw, included))
    if origin is None:
        latent_distance = _distances(latent, included, _mean_from_first(latent, included))
    else:
        point = np.atleast_1d(np.asarray(origin, dtype=np.float64))
        if point.shape != latent.shape[1:] or not np.isfinite(point).all():
            raise ValueError(f"the origin must be {latent.shape[1]} finite latent coordinates, not {origin}")
        latent_distance = _distances(latent, included, (point, np.zeros_like(point)))
    return correlate_distances(raw_distance, latent_distance, bins=bins)


def log_distance_correlation(
    raw_distance: NDArray[np.floating], offset: float, *, bins: int = 64
) -> DistanceCorrelation:
    """Compare distances d with their logarithmic rescaling, log(d + n): every spectrum lies on that curve.

    Parameters
    ----------
    raw_distance : array, shape (n_points,)
        d, for instance of :func:`distance_to_mean`; spectra where it is not finite are left out.
    offset : float
        Shift of the logarithm, positive, in the units of d.
    bins : int
        Number of equal bins of each distance.

    Returns
    -------
    DistanceCorrelation
        Its latent distance is log(d + n).

    Raises
    ------
    ValueError
        When the offset is not positive.

    Notes
    -----
    Fig. 5b of the paper.
    """
    if not offset > 0:
        raise ValueError(f"the offset of the logarithm must be positive, not {offset}")
    return correlate_distances(raw_distance, log_rescale(raw_distance, offset), bins=bins)


def correlate_distances(
    raw_distance: NDArray[np.floating], latent_distance: NDArray[np.floating], *, bins: int = 64
) -> DistanceCorrelation:
    """Count spectra by two distances each, and fit a straight line y = a + b x and a two-level step to them.

    Parameters
    ----------
    raw_distance, latent_distance : array, shape (n_points,)
        x and y of every spectrum, any unit; spectra where either is not finite are left out.
    bins : int
        Number of equal bins of each distance.

    Returns
    -------
    DistanceCorrelation

    Raises
    ------
    ValueError
        When the two differ in shape, or there is not at least one bin.

    Notes
    -----
    The distance correlation plot of the paper, its Figs. 5 and 6.
    """
    if raw_distance.ndim != 1 or raw_distance.shape != latent_distance.shape:
        raise ValueError(f"distances of shapes {raw_distance.shape} and {latent_distance.shape} do not pair up")
    if bins < 1:
        raise ValueError(f"a density needs at least one bin, not {bins}")
    included = np.isfinite(raw_distance) & np.isfinite(latent_distance)
    x, y = (distance[included].astype(np.float64) for distance in (raw_distance, latent_distance))
    raw_edges, latent_edges = _edges(x, bins), _edges(y, bins)
    counts = np.histogram2d(x, y, [raw_edges, latent_edges])[0].astype(np.int64)
    # rounding alone has no levels
    step = two_levels(y if _varies(y) else y[:1])
    return DistanceCorrelation(
        raw_distance=np.where(included, raw_distance, np.nan).astype(np.float64),
        latent_distance=np.where(included, latent_distance, np.nan).astype(np.float64),
        raw_edges=raw_edges,
        latent_edges=latent_edges,
        counts=counts,
        line_share=_line_share(x, y),
        step_share=step.explained,
        low_level=step.low,
        high_level=step.high,
        cut=step.level,
        share_above=step.share_above,
    )


def distance_to_mean(features: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the Euclidean distance of every point from the mean of all, |f_i - mean(f)|, in float64.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        Spectra or any features, any unit; a one-dimensional array is a single feature. Points with a value that is not
        finite are left out of the mean.

    Returns
    -------
    array, shape (n_points,)
        In the units of the features, NaN for the points left out, 0 where all points are the same. A common offset
        costs no more digits than it does in the features themselves.
    """
    features = _as_points(features)
    included = _finite_rows(features)
    return _distances(features, included, _mean_from_first(features, included))


def _as_points(features: NDArray[np.floating]) -> NDArray[np.floating]:
    if features.ndim not in (1, 2):
        raise ValueError(f"an array of shape {features.shape} is no list of points")
    return features[:, np.newaxis] if features.ndim == 1 else features


def _blocks(features: NDArray[np.floating]) -> list[slice]:
    """Return consecutive rows that together hold about as many values as a block may."""
    return blocks(len(features), max(BLOCK_VALUES // max(features.shape[1], 1), 1))


def _finite_rows(features: NDArray[np.floating]) -> NDArray[np.bool_]:
    parts = (np.isfinite(features[rows]).all(axis=1) for rows in _blocks(features))
    return np.concatenate([np.zeros(0, dtype=bool), *parts])


def _mean_from_first(
    features: NDArray[np.floating], included: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the first included point and the mean of all, seen from it: apart, an offset takes no digits."""
    total = np.zeros(features.shape[1])
    first = features[int(included.argmax())].astype(np.float64) if included.any() else total
    for rows in _blocks(features):
        total += (_selected(features, included, rows) - first).sum(axis=0)
    return first, total / max(int(np.count_nonzero(included)), 1)


def _distances(
    features: NDArray[np.floating],
    included: NDArray[np.bool_],
    centre: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return the distance of every included point from a centre, given as a point and what is to be added to it."""
    point, remainder = centre
    distance = np.full(len(features), np.nan)
    for rows in _blocks(features):
        deviation = _selected(features, included, rows) - point
        deviation -= remainder
        distance[rows][included[rows]] = np.sqrt(np.einsum("ij,ij->i", deviation, deviation))
    return distance


def _selected(features: NDArray[np.floating], included: NDArray[np.bool_], rows: slice) -> NDArray[np.floating]:
    """Return the included points among some rows, without a copy where those are all."""
    chosen = included[rows]
    return features[rows] if chosen.all() else features[rows][chosen]


def _varies(values: NDArray[np.float64]) -> bool:
    return values.size > 0 and float(np.ptp(values)) > ROUNDING * float(np.abs(values).max())


def _edges(values: NDArray[np.float64], bins: int) -> NDArray[np.float64]:
    """Return the edges of equal bins from the smallest to the largest value, wider where those are the same."""
    if values.size == 0:
        return np.linspace(0.0, 1.0, bins + 1)
    low, high = float(values.min()), float(values.max())
    if not _varies(values):
        half = abs(low) / 2 if low != 0 else 0.5
        low, high = low - half, high + half
    return np.linspace(low, high, bins + 1)


def _line_share(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the squared correlation of x and y: 0 where x is constant, NaN where y is."""
    if not _varies(y):
        return float("nan")
    if not _varies(x):
        return 0.0
    # centred and of size 1: tiny units cost no digits
    x, y = x - x.mean(), y - y.mean()
    x, y = x / np.abs(x).max(), y / np.abs(y).max()
    return min(float((x @ y) ** 2 / ((x @ x) * (y @ y))), 1.0)

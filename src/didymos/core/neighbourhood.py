"""Which points of a surface lie beside which: surroundings, connected objects, repetition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, label
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from didymos.core.local_contrast import image_residual, scattered_residual

BESIDE = 8
"""Number of neighbours of a point: those that touch it on a grid, the nearest where points are scattered."""

LARGEST_SHIFT = 0.5
"""A pattern is compared with itself shifted by at most this share of the image."""


class Neighbourhood(Protocol):
    """What the search for defects asks of a surface; one entry for each of `n_points` spectra."""

    def residual(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return features, shape (n_points, n_features), minus those of the surroundings; NaN where unknown."""
        ...

    def grow(self, points: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
        """Add the points within so many steps of those marked."""
        ...

    def objects(self, points: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the number, from 1, of the connected group that each marked point belongs to; 0 elsewhere."""
        ...

    def repetition(self, points: NDArray[np.bool_]) -> float:
        """Return how well the marked points repeat under the best shift: 1 for a lattice, about 0 at random."""
        ...


@dataclass(frozen=True)
class ImageNeighbourhood:
    """Points on a regular grid.

    Attributes
    ----------
    present : array of bool, shape (n_rows, n_columns)
        Where there is a spectrum; the points are these, row by row.
    """

    present: NDArray[np.bool_]

    def residual(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Subtract from every point the median of its surroundings (:func:`image_residual`)."""
        image = np.full((*self.present.shape, features.shape[1]), np.nan)
        image[self.present] = features
        return image_residual(image)[self.present]

    def grow(self, points: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
        """Add the points within so many steps along rows and columns."""
        # scipy takes no step as steps without end
        grown = binary_dilation(self._image(points), iterations=steps) if steps > 0 else self._image(points)
        return np.asarray(grown[self.present])

    def objects(self, points: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the number of the group of marked points that touch each other, corners included."""
        return np.asarray(label(self._image(points), np.ones((3, 3)))[0][self.present], dtype=np.intp)

    def repetition(self, points: NDArray[np.bool_]) -> float:
        """Return the largest autocorrelation of the marked points outside its central peak.

        With m = 1 at marked points and 0 at others, A(s) = <(m(r) - <m>) (m(r + s) - <m>)> over all pairs of points
        present, divided by A(0). Shifts up to half of the image count; the central peak ends where its radial
        average falls under 0.05.
        """
        if not points.any():
            return 0.0
        present = self.present.astype(np.float64)
        marked = self._image(points) - present * points.mean()
        size = tuple(2 * side for side in present.shape)
        pairs = np.maximum(_autocorrelation(present, size), 1.0)
        correlation = _autocorrelation(marked, size) / pairs
        if correlation[0, 0] <= 0:
            return 0.0
        correlation /= correlation[0, 0]
        rows, columns = (np.minimum(np.arange(side), side - np.arange(side)) for side in size)
        shift = np.hypot(rows[:, np.newaxis], columns)
        whole = shift.astype(np.intp).ravel()
        ring = np.bincount(whole, correlation.ravel()) / np.bincount(whole)
        peak_end = int(np.argmax(ring < 0.05)) + 1
        allowed = (rows[:, np.newaxis] <= LARGEST_SHIFT * present.shape[0]) & (
            columns <= LARGEST_SHIFT * present.shape[1]
        )
        outside = correlation[allowed & (shift > peak_end) & (pairs >= 0.2 * pairs[0, 0])]
        return float(outside.max(initial=0.0))

    def _image(self, points: NDArray[np.bool_]) -> NDArray[np.bool_]:
        image = np.zeros(self.present.shape, dtype=bool)
        image[self.present] = points
        return image


@dataclass(frozen=True)
class ScatteredNeighbourhood:
    """Points anywhere on the surface.

    Attributes
    ----------
    positions : array, shape (n_points, 2)
        In any unit.
    """

    positions: NDArray[np.float64]

    def residual(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Subtract from every point the plane through its neighbours (:func:`scattered_residual`)."""
        return scattered_residual(features, self.positions)

    def grow(self, points: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
        """Add the neighbours of the marked points, so many times."""
        links = self._links()
        grown = points.astype(np.float32)
        for _ in range(steps):
            grown = ((grown + links @ grown) > 0).astype(np.float32)
        return np.asarray(grown > 0)

    def objects(self, points: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the number of the group of marked points that are neighbours."""
        chosen = np.flatnonzero(points)
        numbers = np.zeros(len(points), dtype=np.intp)
        if len(chosen):
            numbers[chosen] = 1 + connected_components(self._links()[chosen][:, chosen], directed=False)[1]
        return numbers

    def repetition(self, points: NDArray[np.bool_]) -> float:
        """Return 0: scattered points have no shift that maps them on themselves."""
        del points
        return 0.0

    def _links(self) -> csr_array:
        count = len(self.positions)
        beside = min(BESIDE + 1, count)
        nearest = np.reshape(cKDTree(self.positions).query(self.positions, k=beside)[1], (count, beside))
        rows = np.repeat(np.arange(count), beside)
        ones = np.ones(nearest.size, dtype=np.float32)
        links = csr_array((ones, (rows, nearest.ravel())), shape=(count, count))
        return csr_array(links + links.T)


@dataclass(frozen=True)
class NoNeighbourhood:
    """Spectra whose places are not used: every one is alone, its surroundings are all the others."""

    def residual(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Subtract the median of all."""
        return np.asarray(features - np.median(features, axis=0), dtype=np.float64)

    def grow(self, points: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
        """Return the points as they are."""
        del steps
        return points

    def objects(self, points: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return another number for every marked point."""
        return np.where(points, np.cumsum(points), 0)

    def repetition(self, points: NDArray[np.bool_]) -> float:
        """Return 0: there is no shift."""
        del points
        return 0.0


def _autocorrelation(image: NDArray[np.floating], size: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the sums of the products of an image with itself for every shift, without wrapping around."""
    return np.asarray(np.fft.irfft2(np.abs(np.fft.rfft2(image, size)) ** 2, size))

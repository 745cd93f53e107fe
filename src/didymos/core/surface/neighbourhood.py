"""Which points of a surface lie beside which: neighbourhoods, connected objects, repetition."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt, label
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from didymos.core.surface.extents import roundness_of
from didymos.core.surface.interpolation import image_interpolation, scattered_interpolation
from didymos.core.surface.local_contrast import image_residual, scattered_residual
from didymos.core.surface.repetition import lattice_vectors, repetitions
from didymos.core.surface.scan_lines import line_offsets
from didymos.core.surface.settings import NeighbourhoodSettings

DEFAULTS = NeighbourhoodSettings()


class Neighbourhood(Protocol):
    """What the search for defects asks of a surface; one entry for each of `n_points` spectra."""

    @property
    def known(self) -> bool:
        """Whether positions are used."""
        ...

    def residual(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return features, shape (n_points, n_features), minus those of the neighbourhood; NaN where unknown."""
        ...

    def line_offsets(self, residual: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what a residual owes to scan lines after a tip change, 0 where there are none."""
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

    def of_lattice(self, pattern: NDArray[np.floating], least: float) -> Neighbourhood | None:
        """Return the same points, compared across the lattice of a pattern; None where the pattern does not repeat."""
        ...

    def roundness(self, label: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return which share of the disc over its extent every object covers, shape (n_objects + 1,); 1 for a disc."""
        ...

    def nearest(self, points: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return the distance of every point from the nearest marked one, in steps, and the index of that one."""
        ...

    def interpolate(
        self, features: NDArray[np.floating], known: NDArray[np.bool_], gap: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the average of the known points around every point, without those within a gap of so many steps."""
        ...


@dataclass(frozen=True)
class ImageNeighbourhood:
    """Points on a regular grid.

    Attributes
    ----------
    present : array of bool, shape (n_rows, n_columns)
        Where there is a spectrum; the points are these, row by row.
    vectors : tuple of (int, int)
        Rows and columns from a point to one of each pair of opposite points that it is compared with; a circle where
        there are none.
    settings : NeighbourhoodSettings
    """

    present: NDArray[np.bool_]
    vectors: tuple[tuple[int, int], ...] = ()
    settings: NeighbourhoodSettings = DEFAULTS
    known: ClassVar[bool] = True

    def residual(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Subtract from every point the median of its neighbourhood (:func:`image_residual`)."""
        return self._points(image_residual(self._vectors(features), self.vectors, settings=self.settings))

    def line_offsets(self, residual: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the shift of scan lines after a tip change (`line_offsets`)."""
        return self._points(line_offsets(self._vectors(residual), settings=self.settings))

    def grow(self, points: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
        """Add the points within so many steps along rows and columns."""
        # scipy takes no step as steps without end
        grown = binary_dilation(self._image(points), iterations=steps) if steps > 0 else self._image(points)
        return np.asarray(grown[self.present])

    def objects(self, points: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the number of the group of marked points that touch each other, corners included."""
        return np.asarray(label(self._image(points), np.ones((3, 3)))[0][self.present], dtype=np.intp)

    def repetition(self, points: NDArray[np.bool_]) -> float:
        """Return the largest autocorrelation of the marked points outside its central peak (:func:`repetitions`)."""
        return float(repetitions(points, self.present, settings=self.settings).max(initial=0.0))

    def of_lattice(self, pattern: NDArray[np.floating], least: float) -> ImageNeighbourhood | None:
        """Return the same points, compared with those a vector of the lattice away (:func:`lattice_vectors`)."""
        if self.vectors:
            return None
        vectors = lattice_vectors(pattern, self.present, least, settings=self.settings)
        return replace(self, vectors=vectors) if vectors else None

    def roundness(self, label: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the share of a disc that every object covers (:func:`roundness_of`)."""
        return roundness_of(label, np.argwhere(self.present).astype(np.float64), settings=self.settings)

    def nearest(self, points: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return distance and index of the nearest marked point; at least one is marked."""
        distance, (row, column) = distance_transform_edt(~self._image(points), return_indices=True)
        number = np.cumsum(self.present).reshape(self.present.shape) - 1
        return np.asarray(distance[self.present]), np.asarray(number[row, column][self.present])

    def interpolate(
        self, features: NDArray[np.floating], known: NDArray[np.bool_], gap: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the average of the known points around every point (:func:`image_interpolation`)."""
        image = self._vectors(features, 0.0)
        return self._points(image_interpolation(image, self._image(known), gap, settings=self.settings))

    def _vectors(self, features: NDArray[np.floating], elsewhere: float = np.nan) -> NDArray[np.float64]:
        """Return features as an image; without a copy where every point has a spectrum."""
        shape = (*self.present.shape, features.shape[1])
        if self.present.all():
            return features.reshape(shape).astype(np.float64, copy=False)
        image = np.full(shape, elsewhere)
        image[self.present] = features
        return image

    def _points(self, image: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the points of an image; without a copy where every point has a spectrum."""
        return image.reshape(-1, image.shape[-1]) if self.present.all() else np.asarray(image[self.present])

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
    settings : NeighbourhoodSettings
    """

    positions: NDArray[np.float64]
    settings: NeighbourhoodSettings = DEFAULTS
    known: ClassVar[bool] = True

    def residual(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Subtract from every point the plane through its neighbours (:func:`scattered_residual`)."""
        return scattered_residual(features, self.positions, settings=self.settings)

    def line_offsets(self, residual: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return 0: scattered points have no lines."""
        return np.zeros_like(residual)

    def grow(self, points: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
        """Add the neighbours of the marked points, so many times."""
        links = self._links
        grown = points.astype(np.float32)
        for _ in range(steps):
            grown = ((grown + links @ grown) > 0).astype(np.float32)
        return np.asarray(grown > 0)

    def objects(self, points: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the number of the group of marked points that are neighbours."""
        chosen = np.flatnonzero(points)
        numbers = np.zeros(len(points), dtype=np.intp)
        if len(chosen):
            numbers[chosen] = 1 + connected_components(self._links[chosen][:, chosen], directed=False)[1]
        return numbers

    def repetition(self, points: NDArray[np.bool_]) -> float:
        """Return 0: scattered points have no shift that maps them on themselves."""
        del points
        return 0.0

    def of_lattice(self, pattern: NDArray[np.floating], least: float) -> None:
        """Return None: scattered points have no lattice."""

    def roundness(self, label: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the share of a disc that every object covers (:func:`roundness_of`)."""
        return roundness_of(label, self.positions / self._spacing, settings=self.settings)

    def nearest(self, points: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return distance, in usual distances of neighbours, and index of the nearest marked point."""
        marked = np.flatnonzero(points)
        distance, index = cKDTree(self.positions[marked]).query(self.positions)
        return np.asarray(distance / self._spacing), marked[index]

    def interpolate(
        self, features: NDArray[np.floating], known: NDArray[np.bool_], gap: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the average of the known points around every point (:func:`scattered_interpolation`)."""
        spacing = self._spacing
        return scattered_interpolation(features, self.positions, known, spacing, gap, settings=self.settings)

    @cached_property
    def _tree(self) -> cKDTree:
        """All points, built once: every question about neighbours goes to this tree."""
        return cKDTree(self.positions)

    def _neighbours(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return distance and index of so many nearest points of every point, the point itself included."""
        count = min(count, len(self.positions))
        distance, index = self._tree.query(self.positions, k=count)
        return np.reshape(distance, (-1, count)), np.reshape(index, (-1, count))

    @cached_property
    def _spacing(self) -> float:
        """The usual distance from a point to the farthest of its four nearest: one step on a grid."""
        return float(np.median(self._neighbours(self.settings.straight + 1)[0][:, -1])) or 1.0

    @cached_property
    def _links(self) -> csr_array:
        """Which points touch each other."""
        nearest = self._neighbours(self.settings.touching + 1)[1]
        count, beside = nearest.shape
        rows = np.repeat(np.arange(count), beside)
        ones = np.ones(nearest.size, dtype=np.float32)
        links = csr_array((ones, (rows, nearest.ravel())), shape=(count, count))
        return csr_array(links + links.T)


@dataclass(frozen=True)
class NoNeighbourhood:
    """Spectra whose positions are not used: every one is alone, its neighbourhood are all the others."""

    known: ClassVar[bool] = False

    def residual(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Subtract the median of all."""
        return np.asarray(features - np.median(features, axis=0), dtype=np.float64)

    def line_offsets(self, residual: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return 0: points without positions have no lines."""
        return np.zeros_like(residual)

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

    def of_lattice(self, pattern: NDArray[np.floating], least: float) -> None:
        """Return None: without positions there is no lattice."""

    def roundness(self, label: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return 1: a spectrum without a position has no shape."""
        return np.ones(int(label.max(initial=0)) + 1)

    def nearest(self, points: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """Return no distance and the point itself where it is marked, endless distance and a marked one elsewhere."""
        itself = np.arange(len(points))
        return np.where(points, 0.0, np.inf), np.where(points, itself, int(points.argmax()))

    def interpolate(
        self, features: NDArray[np.floating], known: NDArray[np.bool_], gap: float = 0.0
    ) -> NDArray[np.float64]:
        """Return the mean of all known points."""
        del gap
        return np.tile(np.asarray(features[known].mean(axis=0), dtype=np.float64), (len(features), 1))

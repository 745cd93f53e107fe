"""A fitted metric: the map from spectra to features, and what it learns about defects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.amplitude import Amplitudes
from didymos.core.defects.learned_amplitude import LearnedAmplitude
from didymos.core.evidence.directions import Directions
from didymos.core.numeric.lengths import distance_to_centre
from didymos.core.numeric.principal_components import project
from didymos.core.numeric.rescaling import compress, expanded_length, shorten_rest


@dataclass(frozen=True)
class FittedMetric:
    """A fitted metric: features = ((spectra / scale) - mean) @ projection.

    Attributes
    ----------
    scale : array, shape (n_energies,)
        What every energy is divided by, in the units of the spectra.
    mean : array, shape (n_energies,)
        Centre of the majority, after the division.
    projection : array, shape (n_energies, n_features)
        From centred spectra to features.
    rank : int
        Number of signal components found above the noise.
    length : float, optional
        Features longer than this are compressed (:func:`didymos.core.numeric.rescaling.compress`); None leaves them.
    kept : int, optional
        Number of leading features that defects point to; the others are shortened by `radius`
        (:func:`didymos.core.numeric.rescaling.shorten_rest`). None: all features count alike.
    radius : float
        Length of the other features that the majority reaches.
    adapts : bool
        Whether the metric may be turned to the directions of defects (:meth:`turned`).
    learned : LearnedAmplitude, optional
        What replaces the leading features: the amplitude of every kind of defect, in units of its noise.
    """

    scale: NDArray[np.float64]
    mean: NDArray[np.float64]
    projection: NDArray[np.float64]
    rank: int
    length: float | None = None
    kept: int | None = None
    radius: float = 0.0
    adapts: bool = False
    learned: LearnedAmplitude | None = None

    @property
    def leading(self) -> int | None:
        """Number of the features that defects point to; None where all count alike."""
        return self.kept if self.learned is None else len(self.learned.noise)

    def transform(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Turn spectra into features.

        Parameters
        ----------
        values : array, shape (n_points, n_energies)
            Spectra in the units of the fit; a spectrum with a NaN gives NaN features.

        Returns
        -------
        array, shape (n_points, n_features)
        """
        linear = self.length is None and self.kept is None
        lost = (self.kept or 0) - (self.leading or 0)
        width = self.projection.shape[1] - lost
        return project(values, self.scale, self.mean, self.projection, None if linear else self._reshaped, width)

    def _reshaped(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.kept is not None:
            plain = features
            features = shorten_rest(plain, self.kept, self.radius)
            if self.learned is not None:
                leading = self.learned.forms(plain) / self.learned.noise
                features = np.concatenate([leading, features[:, self.kept :]], axis=1)
        return features if self.length is None else compress(features, self.length)

    def turned(self, directions: Directions, values: NDArray[np.floating]) -> FittedMetric:
        """Return the metric whose first features are the directions in which defects differ from the majority.

        The features are whitened by the covariance of the majority outside the defects; across the directions they
        are shortened by what 99 % of the majority reach, so that their noise no longer hides what lies along them.

        Parameters
        ----------
        directions : Directions
            In the features of this metric, before compression.
        values : array, shape (n_points, n_energies)
            Spectra that tell the typical length of the new features.

        Returns
        -------
        FittedMetric
        """
        matrix = directions.whitening @ directions.rotation
        # the mean whose projection is the centre: projections have as many independent columns as features
        shift = np.linalg.lstsq(self.projection.T, directions.centre, rcond=None)[0]
        fitted = replace(
            self,
            mean=self.mean + shift,
            projection=self.projection @ matrix,
            length=None,
            kept=directions.basis.shape[1],
            radius=directions.radius,
            learned=None,
        )
        return fitted._with_length(values)

    def taught(self, amplitudes: Amplitudes, values: NDArray[np.floating], *, seed: int) -> FittedMetric:
        """Return the metric whose first features are the amplitudes of defects, learned from their surroundings.

        Parameters
        ----------
        amplitudes : Amplitudes
            Of the same spectra.
        values : array, shape (n_points, n_energies)
        seed : int
            Of the sample of spectra that is learned from.

        Returns
        -------
        FittedMetric

        Raises
        ------
        ValueError
            Where the metric has not been turned to directions.
        """
        if self.kept is None:
            raise ValueError("a metric learns amplitudes after it was turned to their directions")
        features = self.uncompressed(values)
        core = ~amplitudes.quiet & (amplitudes.value > 0.5)
        strangeness = float(np.median(distance_to_centre(features[core]))) if core.any() else 0.0
        learned = LearnedAmplitude.of(features, amplitudes, strangeness or 1.0, seed=seed)
        return replace(self, learned=learned, length=None)._with_length(values)

    def degree(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return how far each spectrum is from the majority, 1 as the core of a defect, shape (n_points,).

        Without learned amplitudes this is the distance from the centre of the majority (:meth:`distance`).

        Parameters
        ----------
        values : array, shape (n_points, n_energies)
        """
        if self.learned is None:
            return self.distance(self.transform(values))
        return self.degree_and_amplitudes(values)[0]

    def degree_and_amplitudes(self, values: NDArray[np.floating]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the degree of each spectrum and the learned amplitude of every kind of defect in it.

        Parameters
        ----------
        values : array, shape (n_points, n_energies)

        Returns
        -------
        degree : array, shape (n_points,)
        amplitudes : array, shape (n_points, n_kinds)

        Raises
        ------
        ValueError
            Where the metric has not learned amplitudes.
        """
        if self.learned is None or self.kept is None:
            raise ValueError("a metric that has not learned amplitudes cannot tell them")
        kept, learned, radius = self.kept, self.learned, self.radius

        def measured(features: NDArray[np.float64]) -> NDArray[np.float64]:
            rest = distance_to_centre(shorten_rest(features, kept, radius)[:, kept:])
            amplitudes = learned.forms(features)
            return np.column_stack([learned.degree(amplitudes, rest), amplitudes])

        width = 1 + len(learned.noise)
        found = project(values, self.scale, self.mean, self.projection, measured, width)
        return found[:, 0], found[:, 1:]

    def _with_length(self, values: NDArray[np.floating]) -> FittedMetric:
        length = float(np.median(distance_to_centre(self.transform(values))))
        return replace(self, length=length if length > 0 else None)

    def uncompressed(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the features before any compression, linear in the spectra, shape (n_points, n_features)."""
        return project(values, self.scale, self.mean, self.projection)

    def distance(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the distance of every spectrum from the centre of the majority, before any compression.

        Parameters
        ----------
        features : array, shape (n_points, n_features)
            From :meth:`transform`.

        Returns
        -------
        array, shape (n_points,)
        """
        return distance_to_centre(features) if self.length is None else expanded_length(features, self.length)

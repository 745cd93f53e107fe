"""A linear metric: the map from spectra to features whose Euclidean distance is the distance of the spectra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.noise.levels import noise_levels
from didymos.core.noise.set_point import SetPoint
from didymos.core.noise.stabilisation import Stabilisation
from didymos.core.numeric.lengths import distance_to_centre
from didymos.core.numeric.principal_components import project
from didymos.core.numeric.rows import Spectra
from didymos.schema.printing import brief


@dataclass(frozen=True)
class LinearMetric:
    """A fitted linear metric: features f = ((x / scale) - mean) @ projection of the spectra x.

    Where the noise depends on the signal, x are the spectra after a transformation that makes the noise the same
    everywhere; where every spectrum has a gain or an offset of its own, x are the spectra without these.

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
    stabilisation : Stabilisation, optional
        What is done with the spectra first; the scale is then of what comes out, whose noise is 1.
    set_point : SetPoint, optional
        What is done after that: gain and offset of the spectra are made the same.
    whitened : bool
        Whether `scale` is the noise and the majority has the covariance 1 in the features.
    """

    scale: NDArray[np.float64]
    mean: NDArray[np.float64]
    projection: NDArray[np.float64]
    rank: int
    stabilisation: Stabilisation | None = None
    set_point: SetPoint | None = None
    whitened: bool = False

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)

    def transform(self, values: Spectra) -> NDArray[np.float64]:
        """Return the features of spectra.

        Parameters
        ----------
        values : array, shape (n_points, n_energies)
            Spectra in the units of the fit; a spectrum with a NaN gives NaN features.

        Returns
        -------
        array, shape (n_points, n_features)
            The centre of the majority is the origin.
        """
        return project(values, self.scale, self.mean, self.projection, before=self.even)

    def noise_levels(self, values: Spectra) -> NDArray[np.float64]:
        """Return the noise of every spectrum over the usual noise, 1 where the metric knows no noise.

        Parameters
        ----------
        values : array, shape (n_points, n_energies)
            Finite spectra.

        Returns
        -------
        array, shape (n_points,)
        """
        if not self.whitened:
            return np.ones(len(values))
        return noise_levels(values, lambda some: self.even(some) / self.scale - self.mean, self.projection)

    @property
    def noise_covariance(self) -> NDArray[np.float64] | None:
        """Covariance of the noise in the features, shape (n_features, n_features); None where no noise is known."""
        return self.projection.T @ self.projection if self.whitened else None

    def even(self, values: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return spectra with the same noise everywhere, and the same gain and offset, where they had not."""
        if self.stabilisation is not None:
            values = self.stabilisation.transform(values)
        return values if self.set_point is None else self.set_point.transform(values)

    def distance(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the distance of every spectrum from the centre of the majority, |f|.

        Parameters
        ----------
        features : array, shape (n_points, n_features)
            From :meth:`transform`.

        Returns
        -------
        array, shape (n_points,)
        """
        return distance_to_centre(features)

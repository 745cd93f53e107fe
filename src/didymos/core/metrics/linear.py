"""A linear metric: the map from spectra to features whose Euclidean distance is the distance of the spectra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.noise.stabilisation import Stabilisation
from didymos.core.numeric.lengths import distance_to_centre
from didymos.core.numeric.principal_components import project


@dataclass(frozen=True)
class LinearMetric:
    """A fitted linear metric: features f = ((x / scale) - mean) @ projection of the spectra x.

    Where the noise depends on the signal, x are the spectra after a transformation that makes the noise the same
    everywhere.

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
    """

    scale: NDArray[np.float64]
    mean: NDArray[np.float64]
    projection: NDArray[np.float64]
    rank: int
    stabilisation: Stabilisation | None = None

    def transform(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
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
        before = None if self.stabilisation is None else self.stabilisation.transform
        return project(values, self.scale, self.mean, self.projection, before=before)

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

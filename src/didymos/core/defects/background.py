"""The surface under the defects: the features of the majority there, interpolated from the neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.settings import AmplitudeSettings
from didymos.core.surface.neighbourhood import Neighbourhood

DEFAULTS = AmplitudeSettings()


@dataclass(frozen=True)
class Background:
    """The surface without its defects.

    Attributes
    ----------
    values : array, shape (n_points, n_features)
        Features that the majority would have at every point.
    background : array of bool, shape (n_points,)
        Points that no defect disturbs, from which the values were interpolated.
    """

    values: NDArray[np.float64]
    background: NDArray[np.bool_]


def surface_background(
    features: NDArray[np.floating],
    defect: NDArray[np.bool_],
    neighbourhood: Neighbourhood,
    *,
    settings: AmplitudeSettings = DEFAULTS,
) -> Background:
    """Interpolate the majority under and around the defects.

    With b(r) the average of the undisturbed points around r (`image_interpolation`),
    the background is <f> + G (b - <f>). G shrinks every principal axis of b by the slope, from 0 to 1, of the
    regression of undisturbed points on what the same average predicts for them across a gap as wide as that at a
    defect: 1 where the surface changes smoothly, 0 where neighbours know nothing of each other.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
        In units of the majority's variation.
    defect : array of bool, shape (n_points,)
        Points of defects; at least one.
    neighbourhood : Neighbourhood
    settings : AmplitudeSettings

    Returns
    -------
    Background
        The mean of all other points where too few are undisturbed.
    """
    columns = features.shape[1]
    undisturbed = neighbourhood.nearest(defect)[0] > settings.halo
    if undisturbed.sum() < 5 * columns:
        rest = ~defect if not defect.all() else np.ones_like(defect)
        return Background(np.tile(features[rest].mean(axis=0), (len(features), 1)), rest)
    centre = features[undisturbed].mean(axis=0)
    deviation = features - centre
    depth = neighbourhood.nearest(undisturbed)[0][defect]
    gap = float(np.clip(np.median(depth), 1.0, settings.widest_gap))
    predicted = neighbourhood.interpolate(deviation, undisturbed, gap)[undisturbed]
    axes = np.linalg.eigh(np.atleast_2d(np.cov(predicted, rowvar=False)))[1]
    along, there = predicted @ axes, deviation[undisturbed] @ axes
    power = (along**2).sum(axis=0)
    slope = (along * there).sum(axis=0) / np.where(power > 0, power, 1.0)
    shrink = (axes * np.clip(slope, 0.0, 1.0)) @ axes.T
    return Background(centre + neighbourhood.interpolate(deviation, undisturbed) @ shrink, undisturbed)

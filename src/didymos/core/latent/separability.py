"""Whether a latent space holds a distinction at all, according to a classifier that knows the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier


@dataclass(frozen=True)
class SeparabilitySettings:
    """Numbers that steer the classifier.

    Attributes
    ----------
    neighbours : int
        Nearest neighbours that a point is compared with.
    folds : int
        Parts of the points; each is classified by the others.
    """

    neighbours: int = 15
    folds: int = 5


DEFAULTS = SeparabilitySettings()


def separability(
    space: NDArray[np.floating],
    defect: NDArray[np.bool_],
    *,
    seed: int,
    settings: SeparabilitySettings = DEFAULTS,
) -> float:
    """Return the average precision of separating two classes by the nearest neighbours in a space.

    A point scores the share of defects among its 15 nearest neighbours in the other four fifths of the points, nearer
    ones counting more (1 / distance). The classifier knows the truth, so its precision is what the space could give at
    best.

    Parameters
    ----------
    space : array, shape (n_points, n_dims)
    defect : array of bool, shape (n_points,)
    seed : int
        Of the division in fifths.
    settings : SeparabilitySettings

    Returns
    -------
    float
        0 to 1; NaN where a class has fewer than two points.
    """
    rarest = min(int(defect.sum()), int((~defect).sum()))
    if rarest < 2:
        return float("nan")
    folds = min(settings.folds, rarest)
    neighbours = min(settings.neighbours, len(defect) - -(-len(defect) // folds))
    share = cross_val_predict(
        KNeighborsClassifier(neighbours, weights="distance"),
        space,
        defect,
        cv=StratifiedKFold(folds, shuffle=True, random_state=seed),
        method="predict_proba",
    )[:, 1]
    return float(average_precision_score(defect, share))

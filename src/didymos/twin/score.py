"""The second twin as a scikit-learn transformer: an embedding to one score."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from didymos.core.numeric.lengths import distance_to_centre
from didymos.twin.archive import Arrays
from didymos.twin.base import FEWEST_SAMPLES, FLOATS, Twin
from didymos.twin.parameters import auto_or_positive, automatic_threshold, given_similarity
from didymos.twin.parts import score_arrays, score_from
from didymos.twin.score_stage import ScoreStage, fit_score, levels
from didymos.twin.training.loop import Progress


class TwinScore(Twin):
    """One score per point of an embedding, 0 for the majority and 1 for the most distinct (the paper, Fig. 7c).

    Without labels and pairs two points are similar where they are equally far from the majority: one number can order
    points by one quantity only.

    Parameters
    ----------
    layers : tuple of int
        Sizes of the layers, the last is 1.
    boundary : float or "auto"
        Distance from the centre that ends the majority; "auto" is the crossing of two Gaussians fitted to
        log(d + n), over the square root of two.
    margin, loss, activation, batch_size, max_iter, n_iter_no_change, learning_rate, warm_start, callback, random_state
        As in :class:`TwinEmbedding`.
    margin_grows : bool
        Whether the margin of a pair grows with its difference in distance.
    members : int
        Size of the ensemble; the score is their mean.

    Attributes
    ----------
    centre_ : array, shape (n_features,)
        Centre of the majority.
    scale_ : float
        What the points are divided by.
    boundary_ : float
        NaN where similarity was given.
    stage_ : ScoreStage
        All members, the majority at 0.
    agreement_ : array, shape (n_members, n_members)
        Correlation of the scores of every two members.
    loss_ : array, shape (n_members, n_looks)
        Held-out loss during the training.
    n_iter_ : int
    notes_ : tuple of str
    n_features_in_ : int
    feature_names_in_ : array of str
        As in :class:`TwinEmbedding`.
    """

    stage_: ScoreStage

    def __init__(
        self,
        layers: tuple[int, ...] = (10, 5, 1),
        *,
        boundary: float | str = "auto",
        margin: float = 1.0,
        margin_grows: bool = True,
        loss: str = "contrastive",
        activation: str = "tanh",
        members: int = 1,
        batch_size: int = 128,
        max_iter: int = 1500,
        n_iter_no_change: int = 6,
        learning_rate: float = 0.02,
        warm_start: bool = False,
        callback: Progress | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.layers = layers
        self.boundary = boundary
        self.margin = margin
        self.margin_grows = margin_grows
        self.loss = loss
        self.activation = activation
        self.members = members
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.n_iter_no_change = n_iter_no_change
        self.learning_rate = learning_rate
        self.warm_start = warm_start
        self.callback = callback
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike | None = None, pairs: object = None) -> Self:
        """Train the network on an embedding.

        Parameters
        ----------
        X : array, shape (n_points, n_features)
        y : array-like, shape (n_points,), optional
            Labels: a pair is similar where both have the same, and the most frequent one has the score 0; None and
            NaN are not known and do not train.
        pairs : array-like or sparse matrix, optional
            As in :meth:`TwinEmbedding.fit`.

        Returns
        -------
        TwinScore

        Raises
        ------
        ValueError
            Where X is not finite or has fewer than two points, where labels or pairs cannot be meant, a parameter is
            not allowed or the last layer is not 1.
        """
        settings = self._training_settings()
        again = self._goes_on()
        points = validate_data(self, X, dtype=FLOATS, ensure_min_samples=FEWEST_SAMPLES, reset=not again)
        if settings.layers[-1] != 1:
            raise ValueError(f"layers is {self.layers!r}; a score needs a last layer of 1")
        boundary = auto_or_positive("boundary", self.boundary)
        known, given = given_similarity(y, pairs, len(points))
        seed = self._seed()
        if not again:
            self.centre_ = np.median(points.astype(np.float64), axis=0)
            self.scale_ = float(np.std(points - self.centre_)) or 1.0
        scaled = self._scaled(points)
        distance = distance_to_centre(scaled)
        if given is not None:
            self.boundary_ = np.nan
        elif not again or not np.isfinite(self.boundary_):
            self.boundary_ = boundary or self.scale_ * automatic_threshold(scaled, seed) / float(np.sqrt(2))
        self.stage_, ensemble = fit_score(
            scaled[np.newaxis],
            levels(distance, self.boundary_ / self.scale_) if given is None else given,
            distance,
            settings,
            members=self.members,
            seed=seed,
            known=known,
            start=self.stage_ if again else None,
            progress=self.callback,
        )
        self._n_features_out = 1
        self._tell(ensemble)
        return self

    def score_std(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the standard deviation of the score over the members.

        Parameters
        ----------
        X : array, shape (n_points, n_features)

        Returns
        -------
        array, shape (n_points,)
            NaN for a single member.
        """
        check_is_fitted(self)
        outputs = self.transform_members(X)[..., 0]
        return outputs.std(axis=0, ddof=1) if len(outputs) > 1 else np.full(outputs.shape[1], np.nan)

    def _scaled(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        return np.asarray((values - self.centre_) / self.scale_)

    def _members_of(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        return self.stage_.score(self._scaled(values)[np.newaxis])[..., np.newaxis]

    def _joined(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(outputs.mean(axis=0))

    def _numbers(self) -> dict[str, Any]:
        return {"boundary": self.boundary_, "scale": self.scale_}

    def _arrays(self) -> Arrays:
        return {"centre": self.centre_, **score_arrays(self.stage_)}

    def _restore(self, header: dict[str, Any], arrays: Arrays) -> None:
        self.centre_, self.scale_ = arrays["centre"], float(header["scale"])
        self.boundary_ = float(header["boundary"])
        self.stage_ = score_from(header, arrays)
        self._n_features_out = 1
        self.n_features_in_ = len(self.centre_)

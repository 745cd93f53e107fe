"""The twins as scikit-learn estimators."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from didymos.core.metric import METRICS, distance_to_centre, fit_metric
from didymos.core.mixture import best_fit
from didymos.core.pair_statistics import choose_references, pair_histogram
from didymos.twin.network import ACTIVATIONS
from didymos.twin.stages import fit_embedding, fit_score, reference_member
from didymos.twin.training import TrainingSettings

FEWEST_SAMPLES = 8


class TwinEmbedding(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Projected space of a twin network trained on pairs of spectra (the paper, Fig. 7b).

    A pair is similar where its distance in the metric is under the threshold; the network is trained with the
    contrastive loss L = <D^2>_similar + <max(0, m - D)^2>_dissimilar.

    Parameters
    ----------
    layers : tuple of int
        Sizes of the layers, the last is the number of components.
    threshold : float or "auto"
        Distance under which a pair is similar; "auto" is the crossing of two Gaussians fitted to log(d + n).
    metric : {"robust", "euclidean"}
        Similarity of spectra.
    margin : float
        Margin m of the contrastive loss.
    margin_grows : bool
        Whether the margin of a pair grows with its distance.
    activation : str
        Activation between the layers.
    members : int
        Size of the ensemble; the member that agrees best with the others gives the embedding.
    random_state : int
        Seed of weights and pairs.

    Attributes
    ----------
    metric_ : FittedMetric
    threshold_ : float
    stage_ : EmbeddingStage
        All members.
    reference_ : int
        The member whose embedding is returned.
    loss_ : array, shape (n_members, n_stretches)
        Held-out loss during the training.
    """

    def __init__(
        self,
        layers: tuple[int, ...] = (20, 5, 2),
        *,
        threshold: float | str = "auto",
        metric: str = "robust",
        margin: float = 1.0,
        margin_grows: bool = True,
        activation: str = "tanh",
        members: int = 1,
        random_state: int = 0,
    ) -> None:
        self.layers = layers
        self.threshold = threshold
        self.metric = metric
        self.margin = margin
        self.margin_grows = margin_grows
        self.activation = activation
        self.members = members
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array, shape (n_spectra, n_energies)
            Finite spectra in the order of measurement: neighbours in that order tell the noise.
        y : ignored

        Returns
        -------
        TwinEmbedding

        Raises
        ------
        ValueError
            Where X is not finite, has fewer than eight spectra, or a parameter is not allowed.
        """
        del y
        values = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=FEWEST_SAMPLES)
        if self.metric not in METRICS:
            raise ValueError(f"metric is {self.metric!r}; allowed are {', '.join(sorted(METRICS))}")
        if not _is_whole(self.members):
            raise ValueError(f"members is {self.members!r}; allowed are whole numbers from 1")
        settings = _training_settings(self.layers, self.activation, self.margin, self.margin_grows)
        threshold = _auto_or_positive("threshold", self.threshold)
        neighbours = np.append(np.arange(1, len(values)), len(values) - 2).astype(np.intp)
        self.metric_ = fit_metric(self.metric, values, neighbours, rank=None, seed=self.random_state)
        features = self.metric_.transform(values)
        references = choose_references(len(features), seed=self.random_state)
        histogram = pair_histogram(features, references=references)
        self.threshold_ = threshold or best_fit(histogram).crossing
        self.stage_, trained = fit_embedding(
            features,
            distance_to_centre(features),
            self.threshold_,
            settings,
            members=self.members,
            seed=self.random_state,
        )
        self.loss_ = trained.loss
        self.reference_, self.agreement_ = reference_member(self.stage_.embed(features))
        self._n_features_out = tuple(self.layers)[-1]
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Embed spectra.

        Parameters
        ----------
        X : array, shape (n_spectra, n_energies)

        Returns
        -------
        array, shape (n_spectra, n_components)
        """
        check_is_fitted(self)
        values = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        embedded: NDArray[np.float32] = self.stage_.embed(self.metric_.transform(values))[self.reference_]
        return embedded


class TwinScore(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """One score per point of a projected space, 0 for the majority and 1 for the most distinct (the paper, Fig. 7c).

    Parameters
    ----------
    layers : tuple of int
        Sizes of the layers, the last is 1.
    boundary : float or "auto"
        Distance from the centre that ends the majority; "auto" is the crossing of two Gaussians fitted to
        log(d + n), over the square root of two.
    margin : float
        Margin of the contrastive loss.
    activation : str
        Activation between the layers.
    random_state : int
        Seed of weights and pairs.

    Attributes
    ----------
    centre_ : array, shape (n_features,)
        Centre of the majority.
    boundary_ : float
    stage_ : ScoreStage
    loss_ : array, shape (1, n_stretches)
    """

    def __init__(
        self,
        layers: tuple[int, ...] = (10, 5, 1),
        *,
        boundary: float | str = "auto",
        margin: float = 1.0,
        activation: str = "tanh",
        random_state: int = 0,
    ) -> None:
        self.layers = layers
        self.boundary = boundary
        self.margin = margin
        self.activation = activation
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Train the network on an embedding.

        Parameters
        ----------
        X : array, shape (n_points, n_features)
        y : ignored

        Returns
        -------
        TwinScore

        Raises
        ------
        ValueError
            Where X is not finite, has fewer than eight points, or the last layer is not 1.
        """
        del y
        points = validate_data(self, X, dtype=np.float64, ensure_min_samples=FEWEST_SAMPLES)
        settings = _training_settings(self.layers, self.activation, self.margin)
        if settings.layers[-1] != 1:
            raise ValueError(f"layers is {self.layers!r}; a score needs a last layer of 1")
        boundary = _auto_or_positive("boundary", self.boundary)
        self.centre_ = np.median(points, axis=0)
        centred = points - self.centre_
        if boundary is None:
            references = choose_references(len(centred), seed=self.random_state)
            histogram = pair_histogram(centred, references=references)
            boundary = best_fit(histogram).crossing / float(np.sqrt(2))
        self.boundary_ = boundary
        distance = distance_to_centre(centred)
        self.scale_ = float(np.std(centred)) or 1.0
        scaled = (centred / self.scale_).astype(np.float32)[np.newaxis]
        self.stage_, trained = fit_score(scaled, distance, self.boundary_, settings, seed=self.random_state)
        self.loss_ = trained.loss
        self._n_features_out = 1
        return self

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Score points of the projected space.

        Parameters
        ----------
        X : array, shape (n_points, n_features)

        Returns
        -------
        array, shape (n_points, 1)
        """
        check_is_fitted(self)
        points = validate_data(self, X, dtype=np.float64, reset=False)
        scaled = ((points - self.centre_) / self.scale_).astype(np.float32)[np.newaxis]
        score: NDArray[np.float32] = self.stage_.score(scaled)[0][:, np.newaxis]
        return score


def _training_settings(
    layers: tuple[int, ...], activation: str, margin: float, margin_grows: bool = True
) -> TrainingSettings:
    """Return how to train, or raise a ValueError that names the parameter at fault."""
    sizes = tuple(layers)
    if not sizes or not all(map(_is_whole, sizes)):
        raise ValueError(f"layers is {layers!r}; allowed are whole numbers over 0, for example (20, 5, 2)")
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}; allowed are {', '.join(sorted(ACTIVATIONS))}")
    if not _is_positive(margin):
        raise ValueError(f"margin is {margin!r}; allowed are numbers over 0")
    return TrainingSettings(sizes, activation=activation, margin=margin, margin_grows=margin_grows)


def _auto_or_positive(name: str, value: float | str) -> float | None:
    """Return None for "auto", else the number, or raise a ValueError."""
    if value == "auto":
        return None
    if not _is_positive(value):
        raise ValueError(f"{name} is {value!r}; allowed are 'auto' or a number over 0")
    return float(value)


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value > 0)


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and bool(0 < value < np.inf)

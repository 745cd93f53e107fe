"""The first twin as a scikit-learn transformer: spectra to an embedding."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import validate_data

from didymos.core.metrics.linear import LinearMetric
from didymos.core.metrics.registry import METRICS, Metric, fit_metric, sample_with_neighbours
from didymos.core.numeric.lengths import distance_to_centre
from didymos.twin.archive import Arrays
from didymos.twin.base import FEWEST_SAMPLES, FLOATS, Twin
from didymos.twin.embedding_stage import EmbeddingStage, fit_embedding, prepare_embedding
from didymos.twin.parameters import auto_or_positive, automatic_threshold, given_similarity, one_of
from didymos.twin.parts import embedding_arrays, embedding_from, metric_arrays, metric_from
from didymos.twin.training.compilation import Compiler
from didymos.twin.training.loop import Progress
from didymos.twin.training.similarity import ByDistance


class TwinEmbedding(Twin):
    """Embedding of a twin network trained on pairs of spectra (the paper, Fig. 7b).

    The network is trained with the contrastive loss L = <D^2>_similar + <max(0, m - D)^2>_dissimilar of the distance D
    of two spectra in the embedding. Spectra alone suffice: a pair is similar where its distance in the metric is
    under the threshold.

    Parameters
    ----------
    layers : tuple of int
        Sizes of the layers, the last is the number of components.
    threshold : float or "auto"
        Distance under which a pair is similar, in units of the metric; "auto" is the crossing of two Gaussians fitted
        to log(d + n).
    metric : {"robust", "euclidean"} or Metric
        Similarity of spectra, see :mod:`didymos.core.metrics.registry`.
    rank : int, optional
        Number of principal components of the metric; None reads it from the noise.
    margin : float
        Margin m of the loss.
    margin_grows : bool
        Whether the margin of a pair grows with its distance; only where similarity comes from distances.
    loss : {"contrastive"}
    activation : {"tanh", "relu", "elu", "gelu", "silu"}
        Activation between the layers.
    members : int
        Size of the ensemble; the member that agrees best with the others gives the embedding.
    batch_size : int
        Spectra in a batch; all their pairs are used.
    max_iter : int
        Most steps of the training.
    n_iter_no_change : int
        Looks at the held-out pairs, every 50 steps, without a better loss before training stops.
    learning_rate : float
        First step size of Adam; it falls to a tenth by the end.
    jitter : float
        Noise that a spectrum gets anew whenever it is drawn, over the standard deviation of the majority in every
        feature; 0.5 to 1 helps where few spectra have labels.
    warm_start : bool
        Whether `fit` goes on from the last fit: its metric, its threshold and its weights.
    callback : callable, optional
        Called now and then with the share of the steps done (0 to 1) and the present held-out loss; the training stops
        with the best so far where it returns True, as it does after Ctrl-C.
    random_state : int, RandomState or None
        Seed of weights and pairs.

    Attributes
    ----------
    metric_ : LinearMetric
    threshold_ : float
        NaN where similarity was given.
    stage_ : EmbeddingStage
        All members, laid on each other: the majority at the origin, the largest variance along the first axis.
    reference_ : int
        The member whose embedding is returned.
    agreement_ : array, shape (n_members, n_members)
        Correlation of the embeddings of every two members.
    loss_ : array, shape (n_members, n_looks)
        Held-out loss during the training.
    n_iter_ : int
        Steps that the training took.
    notes_ : tuple of str
        What the user should know of the training; what went wrong is a ConvergenceWarning, too.
    n_features_in_ : int
    feature_names_in_ : array of str
        Where `X` had names.
    """

    metric_: LinearMetric
    stage_: EmbeddingStage

    def __init__(
        self,
        layers: tuple[int, ...] = (20, 5, 2),
        *,
        threshold: float | str = "auto",
        metric: str | Metric = "robust",
        rank: int | None = None,
        margin: float = 1.0,
        margin_grows: bool = True,
        loss: str = "contrastive",
        activation: str = "tanh",
        members: int = 1,
        batch_size: int = 128,
        max_iter: int = 1500,
        n_iter_no_change: int = 6,
        learning_rate: float = 0.02,
        jitter: float = 0.0,
        warm_start: bool = False,
        callback: Progress | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.layers = layers
        self.threshold = threshold
        self.metric = metric
        self.rank = rank
        self.margin = margin
        self.margin_grows = margin_grows
        self.loss = loss
        self.activation = activation
        self.members = members
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.n_iter_no_change = n_iter_no_change
        self.learning_rate = learning_rate
        self.jitter = jitter
        self.warm_start = warm_start
        self.callback = callback
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike | None = None, pairs: object = None) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array, shape (n_spectra, n_energies)
            Finite spectra, in the order of measurement where there is one: neighbours in it tell the noise.
        y : array-like, shape (n_spectra,), optional
            Labels: a pair is similar where both have the same; None and NaN are not known and do not train.
        pairs : array-like or sparse matrix, optional
            Rows (i, j, similarity) with a similarity from 0 (different) to 1 (alike), or a square matrix of
            similarities; only these pairs train. It goes before `y`.

        Returns
        -------
        TwinEmbedding

        Raises
        ------
        ValueError
            Where X is not finite or has fewer than two spectra, where labels or pairs cannot be meant, or a parameter
            is not allowed.
        """
        settings = self._training_settings()
        again = self._goes_on()
        values = validate_data(self, X, dtype=FLOATS, ensure_min_samples=FEWEST_SAMPLES, reset=not again)
        threshold = auto_or_positive("threshold", self.threshold)
        known, given = given_similarity(y, pairs, len(values))
        seed = self._seed()
        with Compiler() as compiler:
            if given is None:
                prepare_embedding(compiler, settings, ByDistance.kind, points=len(values), members=self.members)
            if not again:
                self.metric_ = self._fitted_metric(values, seed)
            features = self.metric_.transform(values)
            if given is not None:
                self.threshold_ = np.nan
            elif not again or not np.isfinite(self.threshold_):
                self.threshold_ = threshold or automatic_threshold(features, seed)
            self.stage_, ensemble = fit_embedding(
                features,
                distance_to_centre(features),
                self.threshold_ if given is None else given,
                settings,
                members=self.members,
                seed=seed,
                known=known,
                start=self.stage_ if again else None,
                progress=self.callback,
                compiler=compiler,
            )
        self.reference_ = ensemble.reference
        self._n_features_out = settings.layers[-1]
        self._tell(ensemble)
        return self

    def _fitted_metric(self, values: NDArray[np.floating], seed: int) -> LinearMetric:
        if isinstance(self.metric, str) or not hasattr(self.metric, "fit"):
            one_of("metric", self.metric, METRICS)
        neighbours = np.append(np.arange(1, len(values)), len(values) - 2).astype(np.intp)
        try:
            if isinstance(self.metric, str):
                return fit_metric(self.metric, values, neighbours, rank=self.rank, seed=seed)
            return self.metric.fit(*sample_with_neighbours(values, neighbours, seed=seed), seed=seed)
        except np.linalg.LinAlgError:
            largest = float(np.abs(values).max())
            raise ValueError(
                f"X holds values up to {largest:g}, whose squares are beyond double precision: divide them"
            ) from None

    def _members_of(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        return self.stage_.embed(self.metric_.transform(values))

    def _joined(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(outputs[self.reference_])

    def _numbers(self) -> dict[str, Any]:
        return {"reference": self.reference_, "rank": int(self.metric_.rank), "threshold": self.threshold_}

    def _arrays(self) -> Arrays:
        return {**metric_arrays(self.metric_), **embedding_arrays(self.stage_)}

    def _restore(self, header: dict[str, Any], arrays: Arrays) -> None:
        self.metric_ = metric_from(int(header["rank"]), arrays)
        self.threshold_ = float(header["threshold"])
        self.stage_ = embedding_from(header, arrays)
        self.reference_ = int(header["reference"])
        if not 0 <= self.reference_ < self.stage_.encoder.members:
            raise ValueError("no such member")
        self._n_features_out = self.stage_.encoder.components
        self.n_features_in_ = len(self.metric_.scale)

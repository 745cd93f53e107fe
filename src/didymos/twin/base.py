"""What both estimators share: parameters, similarity of pairs, warnings, members, files."""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Collection
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from didymos.core.pairs.mixture import best_fit
from didymos.core.pairs.pair_statistics import pair_histogram
from didymos.twin.archive import Arrays
from didymos.twin.encoder import ACTIVATIONS
from didymos.twin.ensemble import Ensemble
from didymos.twin.health import INTERRUPTED
from didymos.twin.settings import LOSSES, TrainingSettings
from didymos.twin.similarity import ByLabel, ByPair, given_labels, given_pairs
from didymos.twin.stages import EmbeddingStage, ScoreStage
from didymos.twin.storage import load_estimator, save_estimator

FEWEST_SAMPLES = 2
LARGEST_SAMPLE = 5000
"""Spectra from whose pairs a threshold is read."""

STRETCH = TrainingSettings().stretch
FLOATS = (np.float64, np.float32)


class Twin(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator, ABC):  # type: ignore[misc]  # untyped
    """A twin network as a scikit-learn transformer."""

    layers: Any
    loss: Any
    margin: Any
    margin_grows: bool = True
    activation: Any
    members: Any
    batch_size: Any
    max_iter: Any
    n_iter_no_change: Any
    learning_rate: Any
    warm_start: bool
    random_state: Any
    stage_: EmbeddingStage | ScoreStage
    loss_: NDArray[np.float64]
    agreement_: NDArray[np.float64]
    n_iter_: int
    notes_: tuple[str, ...]
    _network: dict[str, Any]

    def transform(self, X: ArrayLike) -> NDArray[np.floating]:
        """Return the output of the network for spectra or points.

        Parameters
        ----------
        X : array, shape (n_points, n_features)
            As in `fit`.

        Returns
        -------
        array, shape (n_points, n_components)
            Of the type of `X`. An embedding is that of the reference member, a score the mean over the members.
        """
        check_is_fitted(self)
        values = validate_data(self, X, dtype=FLOATS, reset=False)
        return self._joined(self._members_of(values)).astype(values.dtype, copy=False)

    def transform_members(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the output of every member; their spread tells how sure the network is of itself.

        Parameters
        ----------
        X : array, shape (n_points, n_features)
            As in `fit`.

        Returns
        -------
        array, shape (n_members, n_points, n_components)
            Embeddings lie on each other (rotated, reflected and shifted), scores have one orientation.
        """
        check_is_fitted(self)
        return self._members_of(validate_data(self, X, dtype=FLOATS, reset=False))

    def save(self, file: str | os.PathLike[str] | BinaryIO) -> None:
        """Write the fitted estimator as an ``.npz`` file of plain arrays, without pickles.

        Parameters
        ----------
        file : path or binary file
            A path is written as it is named, under a temporary name first.
        """
        check_is_fitted(self)
        save_estimator(self, file)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an estimator that :meth:`save` wrote.

        Parameters
        ----------
        path : path of an ``.npz`` file

        Returns
        -------
        Self

        Raises
        ------
        InputError
            Where the file is missing, damaged, of another kind or of a later format.
        """
        return load_estimator(cls, path)

    @abstractmethod
    def _members_of(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the output of every member, shape (n_members, n_points, n_components)."""

    @abstractmethod
    def _joined(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the output of the ensemble from those of its members."""

    @abstractmethod
    def _numbers(self) -> dict[str, Any]:
        """Return what else was fitted and is to be stored, as JSON values."""

    @abstractmethod
    def _arrays(self) -> Arrays:
        """Return what else was fitted and is to be stored, as arrays."""

    @abstractmethod
    def _restore(self, header: dict[str, Any], arrays: Arrays) -> None:
        """Take what was stored, or raise one of :data:`didymos.twin.archive.DAMAGE`."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _training_settings(self) -> TrainingSettings:
        """Return how to train, or raise a ValueError that names the parameter at fault."""
        sizes = tuple(self.layers) if isinstance(self.layers, (tuple, list)) else ()
        if not sizes or not all(map(_is_whole, sizes)):
            raise ValueError(f"layers is {self.layers!r}; allowed are whole numbers over 0, for example (20, 5, 2)")
        one_of("activation", self.activation, ACTIVATIONS)
        one_of("loss", self.loss, LOSSES)
        for name in ("margin", "learning_rate"):
            if not _is_positive(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)!r}; allowed are numbers over 0")
        for name in ("members", "max_iter", "n_iter_no_change", "batch_size"):
            if not _is_whole(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)!r}; allowed are whole numbers from 1")
        if self.batch_size < 2:
            raise ValueError(f"batch_size is {self.batch_size}; a pair needs at least 2")
        stretches = -(-self.max_iter // STRETCH)
        return TrainingSettings(
            sizes,
            activation=self.activation,
            loss=self.loss,
            margin=float(self.margin),
            margin_grows=bool(self.margin_grows),
            batch=int(self.batch_size),
            stretch=int(self.max_iter // stretches),
            stretches=int(stretches),
            patience=self.n_iter_no_change,
            learning_rate=float(self.learning_rate),
        )

    def _seed(self) -> int:
        """Return a seed: the number that was given, else one drawn as scikit-learn draws."""
        if _is_whole(self.random_state) or (
            isinstance(self.random_state, (int, np.integer)) and self.random_state == 0
        ):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _goes_on(self) -> bool:
        """Tell whether the fit continues an earlier one, or raise a ValueError where that was of another network."""
        if not (self.warm_start and hasattr(self, "stage_")):
            return False
        for name, before in self._network.items():
            now = self._architecture()[name]
            if now != before:
                raise ValueError(
                    f"{name} is {now!r}, that of the last fit was {before!r}: with warm_start it must stay, "
                    "else set warm_start=False"
                )
        return True

    def _architecture(self) -> dict[str, Any]:
        """Return what a network cannot change once it is trained."""
        return {"layers": tuple(self.layers), "activation": self.activation, "members": self.members}

    def _tell(self, ensemble: Ensemble) -> None:
        """Keep what is known of the training and warn of what went wrong."""
        self._network = self._architecture()
        self.loss_ = ensemble.trained.loss
        self.n_iter_ = int(np.isfinite(self.loss_).sum(axis=1).max(initial=1) * ensemble.trained.steps)
        self.agreement_ = ensemble.agreement
        self.notes_ = ensemble.notes
        for note in ensemble.notes:
            if note == INTERRUPTED:
                continue  # who stopped it knows
            warnings.warn(f"{type(self).__name__}: {note}", ConvergenceWarning, stacklevel=3)


def judged(y: ArrayLike | None, pairs: object, points: int) -> tuple[NDArray[np.intp] | None, ByLabel | ByPair | None]:
    """Return the similarity that the user gave, and which spectra have a label.

    Parameters
    ----------
    y : array-like, shape (n_points,), optional
        Labels.
    pairs : array-like or sparse matrix, optional
        See :func:`didymos.twin.similarity.given_pairs`.
    points : int

    Returns
    -------
    known : array of int or None
    ByLabel, ByPair or None
        Pairs where both are given; None where neither is.
    """
    if pairs is not None:
        return None, given_pairs(pairs, points)
    if y is not None:
        return given_labels(y, points)
    return None, None


def automatic_threshold(features: NDArray[np.floating], seed: int) -> float:
    """Return the distance at which the two Gaussians fitted to log(d + n) cross.

    Parameters
    ----------
    features : array, shape (n_points, n_features)
    seed : int
        Of the sample that stands for very many points.

    Returns
    -------
    float
        1 where all points coincide.
    """
    if len(features) > LARGEST_SAMPLE:
        features = features[np.random.default_rng(seed).choice(len(features), LARGEST_SAMPLE, replace=False)]
    return best_fit(pair_histogram(features)).crossing or 1.0


def auto_or_positive(name: str, value: float | str) -> float | None:
    """Return None for "auto", else the number, or raise a ValueError."""
    if isinstance(value, str) and value == "auto":
        return None
    if not _is_positive(value):
        raise ValueError(f"{name} is {value!r}; allowed are 'auto' or a number over 0")
    return float(value)


def one_of(name: str, value: object, allowed: Collection[str]) -> None:
    """Raise a ValueError where a parameter is none of the names allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} is {value!r}; allowed are {', '.join(sorted(allowed))}")


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value > 0)


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and bool(0 < value < np.inf)

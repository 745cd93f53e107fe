"""What both estimators share: parameters, similarity of pairs, warnings, members, files."""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from didymos.twin.archive import DAMAGE, Arrays, check_kind, damaged, read, write
from didymos.twin.embedding_stage import EmbeddingStage
from didymos.twin.ensemble.members import Ensemble
from didymos.twin.parameters import is_positive, is_positive_integer, listed, one_of, plain
from didymos.twin.parts import shape_of
from didymos.twin.score_stage import ScoreStage
from didymos.twin.training.encoder import ACTIVATIONS
from didymos.twin.training.health import INTERRUPTED
from didymos.twin.training.settings import LOSSES, TrainingSettings

FEWEST_SAMPLES = 2
STRETCH = TrainingSettings().stretch
FLOATS = (np.float64, np.float32)
NOT_STORED = ("callback",)
"""Parameters of an estimator that are code."""


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
    jitter: Any = 0.0
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
        parameters = {name: value for name, value in self.get_params().items() if name not in NOT_STORED}
        header = {
            "kind": type(self).__name__,
            **shape_of(self.stage_),
            "parameters": {name: plain(value) for name, value in parameters.items()},
            "n_iter": self.n_iter_,
            "notes": list(self.notes_),
            **self._numbers(),
        }
        arrays: Arrays = {"loss": self.loss_, "agreement": self.agreement_, **self._arrays()}
        if hasattr(self, "feature_names_in_"):
            arrays["feature_names"] = np.asarray(self.feature_names_in_, dtype=np.str_)
        write(file, header, arrays)

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
        header, arrays = read(path)
        check_kind(path, header.get("kind"), cls.__name__)
        try:
            estimator = cls(**{name: listed(value) for name, value in header["parameters"].items()})
            estimator._restore(header, arrays)
            estimator._network = estimator._architecture()
            estimator.loss_, estimator.agreement_ = arrays["loss"], arrays["agreement"]
            estimator.n_iter_, estimator.notes_ = int(header["n_iter"]), tuple(map(str, header["notes"]))
            if "feature_names" in arrays:
                estimator.feature_names_in_ = arrays["feature_names"].astype(object)
            estimator._members_of(np.zeros((1, estimator.n_features_in_)))
        except DAMAGE:
            raise damaged(path) from None
        return estimator

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
        if not sizes or not all(map(is_positive_integer, sizes)):
            raise ValueError(f"layers is {self.layers!r}; allowed are positive integers, for example (20, 5, 2)")
        one_of("activation", self.activation, ACTIVATIONS)
        one_of("loss", self.loss, LOSSES)
        for name in ("margin", "learning_rate"):
            if not is_positive(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)!r}; allowed are positive numbers")
        if not (self.jitter == 0 or is_positive(self.jitter)):
            raise ValueError(f"jitter is {self.jitter!r}; allowed are 0 and positive numbers")
        for name in ("members", "max_iter", "n_iter_no_change", "batch_size"):
            if not is_positive_integer(getattr(self, name)):
                raise ValueError(f"{name} is {getattr(self, name)!r}; allowed are positive integers")
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
            jitter=float(self.jitter),
        )

    def _seed(self) -> int:
        """Return a seed: the number that was given, else one drawn as scikit-learn draws."""
        if is_positive_integer(self.random_state) or (
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

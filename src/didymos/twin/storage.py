"""Trained models and estimators as files, and a model's use on new spectra."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.kind_balance import balanced
from didymos.core.defects.regions import RegionModel
from didymos.core.metrics.metric import FittedMetric
from didymos.schema import InputError
from didymos.twin.archive import (
    DAMAGE,
    Arrays,
    encoder_arrays,
    encoder_from,
    metric_arrays,
    metric_from,
    read,
    region_arrays,
    region_from,
    write,
)
from didymos.twin.stages import EmbeddingStage, ScoreStage

if TYPE_CHECKING:
    from didymos.twin.base import Twin

    Estimator = TypeVar("Estimator", bound=Twin)

MODEL = "TwinModel"
NOT_STORED = ("callback",)
"""Parameters of an estimator that are code."""


@dataclass(frozen=True)
class TwinModel:
    """Everything that turns a spectrum into an embedding and a score.

    Attributes
    ----------
    energy : array, shape (n_energies,)
        Energies of the spectra that the model was trained on, ascending.
    metric : FittedMetric
        From spectra to features.
    embedding : EmbeddingStage
    score : ScoreStage
    reference : int
        The member whose embedding is shown.
    about : dict
        JSON values: units, settings, version.
    regions : RegionModel, optional
        What the score says about the region; None without a distinct population.
    kind_gains : array, shape (n_members, n_kinds), optional
        Factors that put the scores of all kinds of defects on one scale (:mod:`didymos.core.defects.kind_balance`).
    """

    energy: NDArray[np.float64]
    metric: FittedMetric
    embedding: EmbeddingStage
    score: ScoreStage
    reference: int
    about: dict[str, Any]
    regions: RegionModel | None = None
    kind_gains: NDArray[np.float64] | None = None

    def predict(
        self, values: NDArray[np.floating]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float64]]:
        """Embed and score spectra.

        Parameters
        ----------
        values : array, shape (n_points, n_energies)
            Finite spectra at the energies of the model, in the same units.

        Returns
        -------
        embedding : array, shape (n_points, n_components)
            Of the reference member.
        score : array, shape (n_points,)
            Mean over the members.
        score_std : array, shape (n_points,)
            Standard deviation over the members; NaN for a single member.
        distance : array, shape (n_points,)
            Distance from the centre of the majority.
        """
        features = self.metric.transform(values)
        embedded = self.embedding.embed(features)
        scores = self.score.score(embedded)
        if self.metric.learned is not None:
            degree, amplitudes = self.metric.degree_and_amplitudes(values)
            if self.kind_gains is not None:
                scores = balanced(scores, amplitudes, self.kind_gains)
            # networks know nothing of spectra far from all they have seen; these are no majority
            scores = np.maximum(scores, np.clip(degree - 1, 0.0, 1.0))
        mean = scores.mean(axis=0)
        spread = scores.std(axis=0, ddof=1) if len(scores) > 1 else np.full_like(mean, np.nan)
        shown = embedded[self.reference]
        return (
            shown.astype(np.float32),
            mean.astype(np.float32),
            spread.astype(np.float32),
            self.metric.distance(features),
        )


def save_model(model: TwinModel, file: str | os.PathLike[str] | BinaryIO) -> None:
    """Write a model as ``.npz`` without pickles.

    Parameters
    ----------
    model : TwinModel
    file : path or binary file
        A path is written as it is named, under a temporary name first.
    """
    encoders = model.embedding.encoder, model.score.encoder
    header = {
        "kind": MODEL,
        "activation": [encoder.activation for encoder in encoders],
        "layers": [len(encoder.weights) for encoder in encoders],
        "rank": model.metric.rank,
        "reference": model.reference,
        "about": model.about,
    }
    arrays = {
        "energy": model.energy,
        **metric_arrays(model.metric),
        **_embedding_arrays(model.embedding),
        **_score_arrays(model.score),
        **({} if model.regions is None else region_arrays(model.regions)),
        **({} if model.kind_gains is None else {"kind_gains": model.kind_gains}),
    }
    write(file, header, arrays)


def load_model(path: str | os.PathLike[str]) -> TwinModel:
    """Read a model that :func:`save_model` wrote.

    Parameters
    ----------
    path : path of an ``.npz`` file

    Returns
    -------
    TwinModel

    Raises
    ------
    InputError
        Where the file is missing, damaged, of another kind or of a later format.
    """
    header, arrays = read(path)
    # the first format held nothing but models
    _check_kind(path, header.get("kind", MODEL), MODEL)
    try:
        model = _model(header, arrays)
        # one spectrum on its way through shows whether all parts fit
        model.predict(np.zeros((1, len(model.energy))))
    except DAMAGE:
        raise _damaged(path) from None
    return model


def save_estimator(estimator: Twin, file: str | os.PathLike[str] | BinaryIO) -> None:
    """Write a fitted estimator; see :meth:`didymos.twin.base.Twin.save`."""
    parameters = {name: value for name, value in estimator.get_params().items() if name not in NOT_STORED}
    stage = estimator.stage_
    header = {
        "kind": type(estimator).__name__,
        "activation": stage.encoder.activation,
        "layers": len(stage.encoder.weights),
        "parameters": {name: _plain(value) for name, value in parameters.items()},
        "n_iter": estimator.n_iter_,
        "notes": list(estimator.notes_),
        **estimator._numbers(),
    }
    arrays: Arrays = {"loss": estimator.loss_, "agreement": estimator.agreement_, **estimator._arrays()}
    if hasattr(estimator, "feature_names_in_"):
        arrays["feature_names"] = np.asarray(estimator.feature_names_in_, dtype=np.str_)
    arrays |= _embedding_arrays(stage) if isinstance(stage, EmbeddingStage) else _score_arrays(stage)
    write(file, header, arrays)


def load_estimator(kind: type[Estimator], path: str | os.PathLike[str]) -> Estimator:
    """Read an estimator; see :meth:`didymos.twin.base.Twin.load`."""
    header, arrays = read(path)
    _check_kind(path, header.get("kind", MODEL), kind.__name__)
    try:
        parameters = {name: _listed(value) for name, value in header["parameters"].items()}
        estimator = kind(**parameters)
        estimator._restore(header, arrays)
        estimator._network = estimator._architecture()
        estimator.loss_, estimator.agreement_ = arrays["loss"], arrays["agreement"]
        estimator.n_iter_, estimator.notes_ = int(header["n_iter"]), tuple(map(str, header["notes"]))
        if "feature_names" in arrays:
            estimator.feature_names_in_ = arrays["feature_names"].astype(object)
        estimator._members_of(np.zeros((1, estimator.n_features_in_)))
    except DAMAGE:
        raise _damaged(path) from None
    return estimator


def embedding_stage(header: dict[str, Any], arrays: Arrays) -> EmbeddingStage:
    """Return the first twin of an estimator."""
    encoder = encoder_from("embedding", int(header["layers"]), str(header["activation"]), arrays)
    return EmbeddingStage(encoder, float(arrays["embedding_scale"]))


def score_stage(header: dict[str, Any], arrays: Arrays) -> ScoreStage:
    """Return the second twin of an estimator."""
    encoder = encoder_from("score", int(header["layers"]), str(header["activation"]), arrays)
    if len(arrays["score_unit"]) != encoder.members or len(arrays["score_centre"]) != encoder.members:
        raise ValueError("the parts have different numbers of members")
    return ScoreStage(encoder, arrays["score_centre"], arrays["score_unit"])


def _model(header: dict[str, Any], arrays: Arrays) -> TwinModel:
    metric = metric_from(int(header["rank"]), arrays)
    headers = [
        {"layers": layers, "activation": activation}
        for layers, activation in zip(header["layers"], header["activation"], strict=True)
    ]
    first, second = headers
    embedding, score = embedding_stage(first, arrays), score_stage(second, arrays)
    members, reference = score.encoder.members, int(header["reference"])
    if embedding.encoder.members != members:
        raise ValueError("the parts have different numbers of members")
    if not 0 <= reference < members or metric.scale.shape != arrays["energy"].shape:
        raise ValueError("reference or energies do not fit")
    about, regions, gains = dict(header["about"]), region_from(arrays), _gains(metric, members, arrays)
    return TwinModel(arrays["energy"], metric, embedding, score, reference, about, regions, gains)


def _gains(metric: FittedMetric, members: int, arrays: Arrays) -> NDArray[np.float64] | None:
    if "kind_gains" not in arrays:
        return None
    gains = np.asarray(arrays["kind_gains"], dtype=np.float64)
    if metric.learned is None or gains.shape != (members, len(metric.learned.noise)) or not np.all(np.isfinite(gains)):
        raise ValueError("the gains do not fit members and kinds")
    return gains


def _embedding_arrays(stage: EmbeddingStage) -> Arrays:
    return {"embedding_scale": np.array(stage.scale), **encoder_arrays("embedding", stage.encoder)}


def _score_arrays(stage: ScoreStage) -> Arrays:
    return {
        "score_centre": np.asarray(stage.centre),
        "score_unit": np.asarray(stage.unit),
        **encoder_arrays("score", stage.encoder),
    }


def _check_kind(path: str | os.PathLike[str], found: object, wanted: str) -> None:
    if found != wanted:
        raise InputError(f"{os.path.basename(path)} holds a {found}, not a {wanted}: read it as what it is")


def _damaged(path: str | os.PathLike[str]) -> InputError:
    return InputError(f"{os.path.basename(path)} is damaged, parts of the model do not fit: train it again")


def _plain(value: object) -> object:
    """Return a parameter as JSON knows it; objects of the user's own are left to the user."""
    if isinstance(value, (tuple, list)):
        return [int(part) for part in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (str, int, float, bool, type(None))) else None


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value

"""A trained model as one file of plain arrays, and its use on new spectra."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from typing import Any, BinaryIO

import jax
import numpy as np
from numpy.typing import NDArray

from didymos.core.metric import FittedMetric
from didymos.schema import InputError
from didymos.twin.network import Encoder
from didymos.twin.stages import EmbeddingStage, ScoreStage

FORMAT = "didymos twin model"
FORMAT_VERSION = 1
_DAMAGE = (ValueError, KeyError, TypeError, IndexError, AttributeError)
"""What plain arrays raise that are not those of a model."""


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
        JSON values: units, thresholds of the regions, settings, version.
    """

    energy: NDArray[np.float64]
    metric: FittedMetric
    embedding: EmbeddingStage
    score: ScoreStage
    reference: int
    about: dict[str, Any]

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
        mean = scores.mean(axis=0)
        spread = scores.std(axis=0, ddof=1) if len(scores) > 1 else np.full_like(mean, np.nan)
        return embedded[self.reference], mean, spread, self.metric.distance(features)


def save_model(model: TwinModel, file: str | os.PathLike[str] | BinaryIO) -> None:
    """Write a model as ``.npz`` without pickles.

    Parameters
    ----------
    model : TwinModel
    file : path or binary file
        A path is written as it is named.
    """
    header = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "activation": [model.embedding.encoder.activation, model.score.encoder.activation],
        "layers": [len(model.embedding.encoder.weights), len(model.score.encoder.weights)],
        "rank": model.metric.rank,
        "reference": model.reference,
        "about": model.about,
    }
    arrays = {
        "header": np.array(json.dumps(header)),
        "energy": model.energy,
        "metric_scale": model.metric.scale,
        "metric_mean": model.metric.mean,
        "metric_projection": model.metric.projection,
        "metric_length": np.array(np.nan if model.metric.length is None else model.metric.length),
        "embedding_scale": np.array(model.embedding.scale),
        "score_centre": np.asarray(model.score.centre),
        "score_unit": np.asarray(model.score.unit),
    }
    for name, encoder in (("embedding", model.embedding.encoder), ("score", model.score.encoder)):
        for index, (weight, bias) in enumerate(zip(encoder.weights, encoder.biases, strict=True)):
            arrays[f"{name}_weight_{index}"] = np.asarray(weight)
            arrays[f"{name}_bias_{index}"] = np.asarray(bias)
    if isinstance(file, (str, os.PathLike)):
        with open(file, "wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
    else:
        np.savez(file, allow_pickle=False, **arrays)


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
    name = os.path.basename(path)
    try:
        with open(path, "rb") as stream:
            arrays = _arrays(stream)
        header = json.loads(str(arrays["header"]))
        if header["format"] != FORMAT:
            raise KeyError("format")
        version = int(header["format_version"])
    except FileNotFoundError:
        raise InputError(f"{name}: no such model file: give the folder that 'didymos analyze' wrote") from None
    except (*_DAMAGE, OSError, EOFError, zipfile.BadZipFile):
        raise InputError(f"{name} is not a model of didymos or is damaged: analyse the map again") from None
    if version > FORMAT_VERSION:
        raise InputError(f"{name} has model format {version}, this didymos reads up to {FORMAT_VERSION}: update it")
    try:
        model = _model(header, arrays)
        # one spectrum on its way through shows whether all parts fit
        model.predict(np.zeros((1, len(model.energy))))
    except _DAMAGE:
        raise InputError(f"{name} is damaged, parts of the model do not fit: analyse the map again") from None
    return model


def _arrays(stream: BinaryIO) -> dict[str, NDArray[Any]]:
    stored = np.load(stream, allow_pickle=False)
    if not isinstance(stored, np.lib.npyio.NpzFile):
        raise ValueError("a single array")
    with stored:
        return {key: stored[key] for key in stored.files}


def _model(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> TwinModel:
    length = float(arrays["metric_length"])
    metric = FittedMetric(
        arrays["metric_scale"],
        arrays["metric_mean"],
        arrays["metric_projection"],
        int(header["rank"]),
        length if np.isfinite(length) else None,
    )
    encoders = []
    for name, activation, layers in zip(("embedding", "score"), header["activation"], header["layers"], strict=True):
        weights = tuple(jax.device_put(arrays[f"{name}_weight_{index}"]) for index in range(layers))
        biases = tuple(jax.device_put(arrays[f"{name}_bias_{index}"]) for index in range(layers))
        encoders.append(Encoder(weights, biases, str(activation)))
    members, reference = len(arrays["score_unit"]), int(header["reference"])
    if {len(array) for encoder in encoders for array in (*encoder.weights, *encoder.biases)} != {members}:
        raise ValueError("the parts have different numbers of members")
    if not 0 <= reference < members or metric.scale.shape != arrays["energy"].shape:
        raise ValueError("reference or energies do not fit")
    return TwinModel(
        arrays["energy"],
        metric,
        EmbeddingStage(encoders[0], float(arrays["embedding_scale"])),
        ScoreStage(encoders[1], arrays["score_centre"], arrays["score_unit"]),
        reference,
        dict(header["about"]),
    )

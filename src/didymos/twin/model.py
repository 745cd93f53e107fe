"""A trained model: what turns a spectrum into an embedding and a score, and its file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.regions import RegionModel
from didymos.core.metrics.linear import LinearMetric
from didymos.core.numeric.rows import Spectra
from didymos.schema import InputError
from didymos.schema.given import check_path, in_words
from didymos.schema.printing import html_table, said
from didymos.twin.archive import DAMAGE, Arrays, check_kind, damaged, read, write
from didymos.twin.distances import PHASES, distance_score, distance_to_phases
from didymos.twin.embedding_stage import EmbeddingStage
from didymos.twin.example_score import ExampleScore
from didymos.twin.parts import (
    embedding_arrays,
    embedding_from,
    example_arrays,
    example_from,
    metric_arrays,
    metric_from,
    score_arrays,
    score_from,
    shape_of,
)
from didymos.twin.region_arrays import region_arrays, regions_from
from didymos.twin.score_stage import ScoreStage
from didymos.twin.words import about_model

MODEL = "TwinModel"
MODEL_FILE = "model.npz"
"""What a model is called in the folder of an analysis."""


class Prediction(NamedTuple):
    """What a model says of spectra.

    Attributes
    ----------
    embedding : array of float32, shape (n_points, n_components), or None
        Of the reference member; None where no network was trained.
    score : array of float32, shape (n_points,)
        Mean over the members, or the rescaled distance.
    score_std : array of float32, shape (n_points,)
        Standard deviation over the members; NaN for a single member and without networks.
    distance : array, shape (n_points,)
        Distance from the centre of the majority.
    """

    embedding: NDArray[np.float32] | None
    score: NDArray[np.float32]
    score_std: NDArray[np.float32]
    distance: NDArray[np.float64]


@dataclass(frozen=True)
class Networks:
    """The two twins of a model.

    Attributes
    ----------
    embedding : EmbeddingStage
    score : ScoreStage or ExampleScore
        The second twin, or the distances from examples in the embedding.
    reference : int
        The member whose embedding is shown.
    """

    embedding: EmbeddingStage
    score: ScoreStage | ExampleScore
    reference: int


@dataclass(frozen=True)
class TwinModel:
    """Everything that turns a spectrum into an embedding and a score.

    Attributes
    ----------
    energy : array, shape (n_energies,)
        Energies of the spectra that the model was trained on, ascending.
    metric : LinearMetric
        From spectra to features.
    networks : Networks or None
        None where nothing was known to train on: the score is then the rescaled distance.
    distance_unit : float
        Distance d_u with a score of one half where there are no networks: score = d^2 / (d^2 + d_u^2).
    about : dict
        JSON values: units, settings, version.
    regions : RegionModel, optional
        What the score says about the region; None where all is majority.
    phases : array, shape (n_phases, n_features), optional
        Where there are no networks and the majority has several phases: their centres. A spectrum is scored by its
        distance from the nearest one, as every phase is background.
    """

    energy: NDArray[np.float64]
    metric: LinearMetric
    networks: Networks | None
    distance_unit: float
    about: dict[str, Any]
    regions: RegionModel | None = None
    phases: NDArray[np.float64] | None = None

    def __repr__(self) -> str:
        """Return what the model is of and how it scores, in one line."""
        return said("TwinModel", *(f"{name} {value}" for name, value in self._rows()))

    def _repr_html_(self) -> str:
        """Return the same as a table, for a notebook."""
        return html_table("TwinModel", self._rows())

    def _rows(self) -> list[tuple[str, str]]:
        encoder = None if self.networks is None else self.networks.embedding.encoder
        return about_model(self.energy, self.metric.rank, self.score_source, encoder, self.about)

    @property
    def score_source(self) -> str:
        """Where the score comes from: "twin networks" or "distance"."""
        return "distance" if self.networks is None else "twin networks"

    @property
    def reading(self) -> dict[str, Any]:
        """The options that the map of the model was read with: ``didymos.open_map(path, **model.reading)``."""
        given = self.about.get("reading")
        return {name: value for name, value in given.items() if name != "current"} if isinstance(given, dict) else {}

    @property
    def channel(self) -> str | None:
        """The channel that the model was trained on; None where that is not known, or its derivative was taken."""
        read = self.about.get("read")
        if not isinstance(read, dict) or "derived" in read:
            return None
        name = read.get("channel")
        return name if isinstance(name, str) and name != "spectra" else None

    def predict(self, values: Spectra) -> Prediction:
        """Embed and score spectra.

        Parameters
        ----------
        values : array, shape (n_points, n_energies)
            Finite spectra at the energies of the model, in the same units.

        Returns
        -------
        Prediction
        """
        return self.predict_features(self.metric.transform(values))

    def predict_features(self, features: NDArray[np.floating]) -> Prediction:
        """Embed and score spectra whose features are known, shape (n_points, n_features)."""
        embedded = None if self.networks is None else self.networks.embedding.embed(features)
        return self.predict_embedded(features, self.metric.distance(features), embedded)

    def predict_embedded(
        self,
        features: NDArray[np.floating],
        distance: NDArray[np.float64],
        embedded: NDArray[np.float64] | None,
    ) -> Prediction:
        """Score spectra whose distance from the majority and whose embedding by every member are known.

        Parameters
        ----------
        features : array, shape (n_points, n_features)
        distance : array, shape (n_points,)
        embedded : array, shape (n_members, n_points, n_components), or None
            None where the model has no networks.

        Returns
        -------
        Prediction
        """
        if self.networks is None or embedded is None:
            nearest = distance if self.phases is None else distance_to_phases(features, self.phases)
            score = distance_score(nearest, self.distance_unit).astype(np.float32)
            return Prediction(None, score, np.full_like(score, np.nan), distance)
        scores = self.networks.score.score(embedded)
        mean = scores.mean(axis=0)
        spread = scores.std(axis=0, ddof=1) if len(scores) > 1 else np.full_like(mean, np.nan)
        shown = embedded[self.networks.reference].astype(np.float32)
        return Prediction(shown, mean.astype(np.float32), spread.astype(np.float32), distance)


def save_model(model: TwinModel, file: str | os.PathLike[str] | BinaryIO) -> None:
    """Write a model as ``.npz`` without pickles.

    Parameters
    ----------
    model : TwinModel
    file : path or binary file
        A path is written as it is named, under a temporary name first.
    """
    if not isinstance(model, TwinModel):
        raise InputError(
            f"save_model needs a TwinModel; {in_words(model)} came: give the model of didymos.workflow.run(map)"
        )
    header: dict[str, Any] = {"kind": MODEL, "rank": model.metric.rank, "about": model.about}
    arrays: Arrays = {
        "energy": model.energy,
        "distance_unit": np.array(model.distance_unit),
        **metric_arrays(model.metric),
        **({} if model.regions is None else region_arrays(model.regions)),
        **({} if model.phases is None else {PHASES: model.phases}),
    }
    if model.networks is not None:
        first, second = model.networks.embedding, model.networks.score
        header |= {"reference": model.networks.reference, "embedding": shape_of(first)}
        arrays |= embedding_arrays(first)
        if isinstance(second, ExampleScore):
            arrays |= example_arrays(second)
        else:
            header["score"] = shape_of(second)
            arrays |= score_arrays(second)
    write(file, header, arrays)


def load_model(path: str | os.PathLike[str]) -> TwinModel:
    """Read a model that :func:`save_model` wrote.

    Parameters
    ----------
    path : path
        An ``.npz`` file, or the folder that ``didymos analyze`` wrote.

    Returns
    -------
    TwinModel

    Raises
    ------
    InputError
        Where the file is missing, damaged, of another kind or of another format.
    """
    check_path(path, "a model")
    if os.path.isdir(path):
        folder, path = path, os.path.join(path, MODEL_FILE)
        if not os.path.isfile(path):
            raise InputError(f"{folder} holds no {MODEL_FILE}: give the folder that 'didymos analyze' wrote")
    header, arrays = read(path)
    check_kind(path, header.get("kind"), MODEL)
    try:
        model = _model(header, arrays)
        # one spectrum on its way through shows whether all parts fit
        if not np.isfinite(model.predict(np.zeros((1, len(model.energy)))).score).all():
            raise ValueError("the parts are not finite")
    except DAMAGE:
        raise damaged(path) from None
    return model


def _model(header: dict[str, Any], arrays: Arrays) -> TwinModel:
    metric = metric_from(int(header["rank"]), arrays)
    if metric.scale.shape != arrays["energy"].shape:
        raise ValueError("the energies do not fit")
    unit = float(arrays["distance_unit"])
    if not 0 < unit < np.inf:
        raise ValueError("the unit of the distance is no length")
    networks = _networks(header, arrays) if "embedding" in header else None
    phases = arrays.get(PHASES)
    if phases is not None and (phases.ndim != 2 or phases.shape[1] != metric.rank or not np.isfinite(phases).all()):
        raise ValueError("the centres of the phases do not fit")
    about = dict(header["about"])
    return TwinModel(arrays["energy"], metric, networks, unit, about, regions_from(arrays), phases)


def _networks(header: dict[str, Any], arrays: Arrays) -> Networks:
    embedding = embedding_from(header["embedding"], arrays)
    score = score_from(header["score"], arrays) if "score" in header else example_from(arrays)
    members = len(score.like) if isinstance(score, ExampleScore) else score.encoder.members
    if isinstance(score, ExampleScore) and score.like.shape[2] != embedding.encoder.components:
        raise ValueError("the score is of another embedding")
    reference = int(header["reference"])
    if embedding.encoder.members != members or not 0 <= reference < members:
        raise ValueError("the parts have different numbers of members")
    return Networks(embedding, score, reference)

"""All settings of an analysis, checked when they are made."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from didymos.core.metrics.catalogue import METRICS
from didymos.io.reading import READING
from didymos.preparing.settings import PreparingSettings, preparing_of
from didymos.schema.given import in_words, shown
from didymos.schema.names import VERSION, InputError
from didymos.schema.printing import html_of_record, short
from didymos.schema.records import as_mapping, read_toml, to_toml
from didymos.schema.suggestions import did_you_mean
from didymos.twin.training.settings import ACTIVATIONS, TrainingSettings

LARGEST_SEED = 2**32 - 2
"""The second twin takes the next one, and numpy's older generators end at 2^32 - 1."""

SETTINGS_TITLE = f"Settings of didymos {VERSION}, for: didymos analyze INPUT --settings settings.toml"

PAIRS = ("auto", "all")
SPATIAL = ("auto", "none")
SIMILARITIES = ("auto", "evidence", "threshold", "examples")


@dataclass(frozen=True)
class Settings:
    """Settings of an analysis; the defaults serve a map that nobody tuned for.

    Parameters
    ----------
    metric
        Similarity of spectra: robust (majority's own variation counts as similar) or euclidean (the paper's).
    similarity
        Where the similarity of pairs comes from: evidence (background with background, a kind of defect with its kind),
        threshold (the paper: pairs nearer than the threshold) or examples (spectra that the user labelled); auto is
        examples where there are any, else evidence.
    threshold
        Distance under which a pair is similar, in units of the metric; auto takes it from the two fitted Gaussians.
    distance_offset
        Shift n of the logarithm log(d + n), in units of the metric; auto chooses the shift from the data.
    pairs
        Which pairs of spectra are compared: auto (all up to 100,000 spectra, beyond that every spectrum with a random
        sample) or all.
    rank
        Number of principal components of the metric; auto reads it from the noise.
    spatial
        Whether the positions of the spectra are used: auto (defects differ from their neighbourhood) or none.
    layers
        Sizes of the layers of the first twin, the last is the number of components of the embedding.
    score_layers
        Sizes of the layers of the second twin, the last is 1.
    activation
        Activation between the layers: tanh, relu, elu, gelu or silu.
    margin
        Margin of the contrastive loss.
    margin_grows
        With similarity from a threshold, let the margin grow with the distance of the pair: the order of far spectra is
        kept.
    jitter
        With labels from evidence or examples: noise that a spectrum gets anew whenever it is drawn, in standard
        deviations of the majority; a labelled spectrum then stands for all that differ from it as the majority does.
    members
        Number of independently trained twins in the ensemble.
    iso_energy
        Energy of the slice of the reference segmentation, in units of the energies; auto chooses it.
    energy_range
        Lowest and highest energy to analyse, in units of the energies; where it is not given, everything, or the range
        that leaves most values where sweeps end at different energies.
    seed
        Seed of all random numbers.
    preparing
        How the map is prepared before anything else; nothing by default.
    """

    metric: str = "robust"
    similarity: Literal["auto", "evidence", "threshold", "examples"] = "auto"
    threshold: float | Literal["auto"] = "auto"
    distance_offset: float | Literal["auto"] = "auto"
    pairs: Literal["auto", "all"] = "auto"
    rank: int | Literal["auto"] = "auto"
    spatial: Literal["auto", "none"] = "auto"
    layers: tuple[int, ...] = (20, 5, 2)
    score_layers: tuple[int, ...] = (10, 5, 1)
    activation: str = "tanh"
    margin: float = 1.0
    margin_grows: bool = True
    jitter: float = 0.5
    members: int = 8
    iso_energy: float | Literal["auto"] = "auto"
    energy_range: tuple[float, float] | None = None
    seed: int = 0
    preparing: PreparingSettings = field(default_factory=PreparingSettings)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, in one line."""
        for name in ("layers", "score_layers", "energy_range"):
            several = getattr(self, name)
            if isinstance(several, Sequence) and not isinstance(several, str):
                object.__setattr__(self, name, tuple(several))
        object.__setattr__(self, "preparing", preparing_of(self.preparing))
        _one_of("metric", self.metric, METRICS)
        _one_of("activation", self.activation, ACTIVATIONS)
        _one_of("pairs", self.pairs, PAIRS)
        _one_of("spatial", self.spatial, SPATIAL)
        _one_of("similarity", self.similarity, SIMILARITIES)
        for name in ("threshold", "distance_offset", "rank"):
            value = getattr(self, name)
            whole = name == "rank"
            if not _is_auto(value) and not (_is_whole(value) if whole else _is_number(value) and value > 0):
                kind = "integer" if whole else "number"
                raise InputError(f"{name} is {shown(value)}; allowed are auto or a positive {kind}")
        if not _is_auto(self.iso_energy) and not _is_number(self.iso_energy):
            raise InputError(f"iso_energy is {shown(self.iso_energy)}; allowed are auto or an energy")
        for name in ("layers", "score_layers"):
            sizes = getattr(self, name)
            if not isinstance(sizes, tuple) or not sizes or not all(map(_is_whole, sizes)):
                raise InputError(f"{name} is {shown(sizes)}; allowed are positive integers, for example 20 5 2")
        if self.score_layers[-1] != 1:
            raise InputError(f"score_layers ends in {self.score_layers[-1]}; a score needs a last layer of 1")
        if not (_is_number(self.margin) and self.margin > 0):
            raise InputError(f"margin is {shown(self.margin)}; allowed are positive numbers")
        if not (_is_number(self.jitter) and self.jitter >= 0):
            raise InputError(f"jitter is {shown(self.jitter)}; allowed are 0 and positive numbers")
        if not isinstance(self.margin_grows, bool):
            raise InputError(f"margin_grows is {shown(self.margin_grows)}; allowed are true and false")
        if not _is_whole(self.members):
            raise InputError(f"members is {shown(self.members)}; allowed are positive integers")
        if not ((_is_whole(self.seed) and self.seed <= LARGEST_SEED) or (type(self.seed) is int and self.seed == 0)):
            raise InputError(f"seed is {shown(self.seed)}; allowed are integers from 0 to {LARGEST_SEED}")
        if self.energy_range is not None:
            if not isinstance(self.energy_range, tuple) or len(self.energy_range) != 2:
                raise InputError(
                    f"energy_range is {shown(self.energy_range)}; allowed are a lowest and a highest energy"
                )
            low, high = self.energy_range
            if not (_is_number(low) and _is_number(high) and low < high):
                raise InputError(
                    f"energy_range is {shown(low)} to {shown(high)}; the first energy must be the smaller one"
                )

    def similarity_source(self, *, given: bool) -> str:
        """Return where similarity comes from: threshold, evidence or examples.

        Parameters
        ----------
        given : bool
            Whether there are examples.

        Raises
        ------
        InputError
            Where similarity is to come from examples and there are none, or from the threshold and there are some.
        """
        if self.similarity == "examples" and not given:
            raise InputError(
                "similarity is 'examples', but no examples are given: name a table with columns x, y, label"
            )
        if self.similarity == "threshold" and given:
            raise InputError("similarity is 'threshold', which takes no examples: leave out the examples or similarity")
        if self.similarity != "auto":
            return self.similarity
        return "examples" if given else "evidence"

    def training(self, layers: tuple[int, ...]) -> TrainingSettings:
        """Return how a twin with these layers is trained on pairs under a threshold."""
        return TrainingSettings(
            layers=layers, activation=self.activation, margin=self.margin, margin_grows=self.margin_grows
        )

    def labelled_training(self, layers: tuple[int, ...], *, jitter: bool) -> TrainingSettings:
        """Return how a twin with these layers is trained on labels, with the jitter of spectra or without."""
        constant = replace(self.training(layers), margin_grows=False)
        return replace(constant, jitter=self.jitter) if jitter else constant

    def example_training(self, layers: tuple[int, ...]) -> TrainingSettings:
        """Return how a twin with these layers is trained on examples alone.

        They are few: a quarter of the usual batch holds each of them several times and finds as much, in a third of the
        time.
        """
        return replace(self.labelled_training(layers, jitter=True), batch=32)

    def to_json(self) -> str:
        """Return all settings as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    def to_toml(self) -> str:
        """Return all settings as TOML, for ``didymos analyze --settings`` and :meth:`from_toml`."""
        return to_toml(as_mapping(self), SETTINGS_TITLE)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Settings:
        """Read settings from a TOML file; what the file does not name keeps its default.

        The table ``reading`` says how the map was read, see :func:`didymos.open_map`, and is passed over here.

        Parameters
        ----------
        path : path
            Such as the ``settings.toml`` that an analysis leaves beside its report.

        Returns
        -------
        Settings

        Raises
        ------
        InputError
            Where the file is missing or no TOML, or a name or a value is not allowed.
        """
        return read_toml(cls, path, (READING,))

    def __repr__(self) -> str:
        """Return the settings that are not the defaults: ``Settings(seed=1)``."""
        return short(self)

    def _repr_html_(self) -> str:
        """Return all settings as a table, those that are not the defaults in bold."""
        return html_of_record(self)


def checked_settings(settings: Any) -> Settings:
    """Return settings as they are, the defaults for None, and refuse everything else."""
    if settings is None:
        return Settings()
    if isinstance(settings, Settings):
        return settings
    if isinstance(settings, Mapping):
        keywords = ", ".join(f"{name}={shown(value)}" for name, value in settings.items())
        remedy = f"analyze(map, {keywords}) or didymos.Settings({keywords})"
    elif isinstance(settings, str | os.PathLike):
        remedy = f"read the file with didymos.Settings.from_toml({os.fspath(settings)!r})"
    else:
        remedy = "such as seed=1"
    raise InputError(f"settings are {in_words(settings)}; allowed is didymos.Settings or keywords: {remedy}")


def _one_of(name: str, value: object, allowed: Collection[str]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise InputError(
            f"{name} is {shown(value)}; allowed are {', '.join(sorted(allowed))}{did_you_mean(value, allowed)}"
        )


def _is_auto(value: object) -> bool:
    return isinstance(value, str) and value == "auto"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)

"""Step 4: which pairs of spectra are similar. The only step that differs between the paper's way and the default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.labels import UNKNOWN, graded_labels, known_amplitudes
from didymos.schema import InputError
from didymos.schema.given import check_kind
from didymos.schema.printing import brief, said
from didymos.twin.score_stage import levels
from didymos.twin.training.similarity import OTHER, ByDistance, ByLabel
from didymos.workflow.evidence import Evidence
from didymos.workflow.features import Features
from didymos.workflow.pair_distances import Pairs, describe_pairs
from didymos.workflow.points import Points
from didymos.workflow.progress import Report, silent
from didymos.workflow.settings import Settings, checked_settings


@dataclass(frozen=True)
class Lesson:
    """What one twin is trained on.

    Attributes
    ----------
    similarity : float, ByDistance or ByLabel
        Which pairs are similar; a number is the distance under which a pair is similar.
    known : array of int, optional
        The usable spectra that take part; all where it is not given.
    """

    similarity: float | ByDistance | ByLabel
    known: NDArray[np.intp] | None = None

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)


@dataclass(frozen=True)
class PairSimilarity:
    """Who is similar to whom.

    Attributes
    ----------
    source : str
        "threshold", "evidence" or "examples".
    embedding, score : Lesson or None
        Of the first and of the second twin; None for both where nothing is known to train on, and for the second where
        the score comes from the distances to examples in the embedding.
    names : tuple of str
        Names of the kinds 1, 2 ...; empty where kinds have no names.
    pairs : Pairs or None
        The distances of all pairs, where similarity comes from them.
    phase : array of int, shape (n_usable,), optional
        Phase of every spectrum: where nothing trains, the score is the distance from the nearest phase.
    """

    source: str
    embedding: Lesson | None = None
    score: Lesson | None = None
    names: tuple[str, ...] = ()
    pairs: Pairs | None = None
    phase: NDArray[np.int16] | None = None

    def __repr__(self) -> str:
        """Return where the similarity comes from, in one line."""
        trained = [name for name in ("embedding", "score") if getattr(self, name) is not None]
        return said(
            "PairSimilarity",
            f"from {self.source}",
            f"trains {' and '.join(trained)}" if trained else "nothing to train on",
            f"kinds {', '.join(self.names)}" if self.names else "",
        )


class SimilaritySource(Protocol):
    """Where similarity comes from; :data:`SOURCES` lists them by name."""

    def __call__(
        self, points: Points, features: Features, evidence: Evidence, settings: Settings, report: Report
    ) -> PairSimilarity:
        """Return who is similar to whom."""
        ...


def similarity_of(
    points: Points,
    features: Features,
    evidence: Evidence,
    settings: Settings | None = None,
    *,
    report: Report = silent,
) -> PairSimilarity:
    """Decide which pairs of spectra are similar.

    Parameters
    ----------
    points : Points
        Of :func:`didymos.workflow.prepare`, with the examples where there are any.
    features : Features
        Of :func:`didymos.workflow.fit_metric`.
    evidence : Evidence
        Of :func:`didymos.workflow.find_evidence`.
    settings : Settings, optional
        Of these: ``similarity`` and, for the threshold, ``threshold``, ``distance_offset`` and ``pairs``.
    report : callable
        Progress, see :data:`didymos.workflow.progress.Report`.

    Returns
    -------
    PairSimilarity

    Raises
    ------
    InputError
        Where similarity is to come from examples and there are none.
    """
    check_kind(points, Points, "similarity_of", "give what didymos.workflow.prepare(map) returns")
    check_kind(features, Features, "similarity_of", "give what didymos.workflow.fit_metric(points) returns")
    check_kind(evidence, Evidence, "similarity_of", "give what didymos.workflow.find_evidence returns")
    chosen = checked_settings(settings)
    source = chosen.similarity_source(given=points.examples is not None)
    return SOURCES[source](points, features, evidence, chosen, report)


def by_threshold(
    points: Points, features: Features, evidence: Evidence, settings: Settings, report: Report
) -> PairSimilarity:
    """Call a pair similar where its distance is under the crossing of two Gaussians (the paper, Figs. 4c and 7)."""
    pairs = describe_pairs(features, settings, report)
    edge = pairs.threshold / float(np.sqrt(2))
    # without a distinct population the majority does not end before the last spectrum
    boundary = edge if evidence.distinct else max(edge, float(features.distance.max()))
    score = Lesson(levels(features.distance, boundary))
    return PairSimilarity("threshold", Lesson(pairs.threshold), score, pairs=pairs)


def by_evidence(
    points: Points, features: Features, evidence: Evidence, settings: Settings, report: Report
) -> PairSimilarity:
    """Call background similar to background and a kind to its kind; what is neither does not train.

    A spectrum over half of the amplitude of its kind belongs to this kind; under three quarters the spectrum is as
    unlike the cores as its amplitude falls short. Examples, where there are any, override the evidence at their points.
    A kind of the evidence that holds examples of one name gets that name.
    """
    del features, settings, report
    if evidence.amplitudes is None:
        nothing = np.full(len(evidence.label), np.nan, dtype=np.float32)
        found = _with_examples(points, evidence.label, nothing, nothing, evidence.label)
    else:
        kind = evidence.amplitudes.kind
        amplitude = known_amplitudes(evidence.amplitudes, evidence.label)
        found = _with_examples(points, *graded_labels(evidence.label, amplitude, kind), amplitude, kind)
    return replace(found, phase=evidence.phase)


def _with_examples(
    points: Points,
    label: NDArray[np.int32],
    graded: NDArray[np.float32],
    amplitude: NDArray[np.float32],
    group: NDArray[np.integer],
) -> PairSimilarity:
    """Return the lessons of both twins, at the examples as these say."""
    if points.examples is None:
        return _lessons("evidence", label, graded, amplitude, group, ())
    given = points.examples.labels(points.usable)
    label, names = _with_names(label, given, points.examples.names)
    known, of_label = given != UNKNOWN, _amplitude_of(given)
    return _lessons(
        "evidence",
        np.where(known, given, label),
        np.where(known, of_label, graded),
        np.where(known, of_label, amplitude),
        # the kinds that examples name are groups of their own
        np.where(given > 0, -given, group),
        names,
    )


def _with_names(
    label: NDArray[np.int32], given: NDArray[np.int32], names: tuple[str, ...]
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Return labels in which the named kinds come first; a kind of the evidence that holds examples is one of these."""
    numbered, all_names = label.copy(), list(names)
    for kind in range(1, int(label.max(initial=0)) + 1):
        inside = given[(label == kind) & (given > 0)]
        if len(inside):
            numbered[label == kind] = np.bincount(inside).argmax()
        else:
            all_names.append(str(kind))
            numbered[label == kind] = len(all_names)
    return numbered, tuple(all_names)


def by_examples(
    points: Points, features: Features, evidence: Evidence, settings: Settings, report: Report
) -> PairSimilarity:
    """Call spectra similar that have the same label in the examples; unlabelled spectra do not train."""
    del features, evidence, settings, report
    assert points.examples is not None
    label = points.examples.labels(points.usable)
    if not (label == 0).any() or not (label > 0).any():
        raise InputError(
            f"the examples have the labels {', '.join(points.examples.present)}; at least one 'majority' and one kind "
            "are needed: label some spectra of the background and some of a defect"
        )
    sure = np.flatnonzero(label != UNKNOWN)
    return PairSimilarity("examples", Lesson(ByLabel(label[sure]), sure), names=points.examples.names)


SOURCES: Mapping[str, SimilaritySource] = {
    "evidence": by_evidence,
    "threshold": by_threshold,
    "examples": by_examples,
}
"""Sources of similarity by name."""


def _amplitude_of(label: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the amplitude that a label stands for: 1 for a kind, 0 for the majority, else NaN."""
    return np.select([label > 0, label == 0], [1.0, 0.0], np.nan).astype(np.float32)


def _lessons(
    source: str,
    label: NDArray[np.integer],
    graded: NDArray[np.floating],
    amplitude: NDArray[np.floating],
    group: NDArray[np.integer],
    names: tuple[str, ...],
) -> PairSimilarity:
    """Return the lessons of both twins; without majority or without a kind there is nothing to learn."""
    if not (label == 0).any() or not (label > 0).any():
        return PairSimilarity(source, names=names)
    other = label == OTHER
    sure, scored = np.flatnonzero(label != UNKNOWN), np.flatnonzero(np.isfinite(amplitude) | other)

    def along(values: NDArray[np.floating], some: NDArray[np.intp]) -> NDArray[np.float32]:
        return np.where(other[some], 1.0, values[some]).astype(np.float32)

    # for the score all kinds are one; each is drawn equally often, so that a rare kind is met as well
    kind = np.where(other[scored], OTHER, 1).astype(np.int32)
    return PairSimilarity(
        source,
        Lesson(ByLabel(label[sure].astype(np.int32), along(graded, sure)), sure),
        Lesson(ByLabel(kind, along(amplitude, scored), group[scored]), scored),
        names,
    )

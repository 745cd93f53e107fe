"""From scores to regions and kinds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymos.core.defects.regions import RegionModel, learn_regions, plain_regions, region_probability
from didymos.core.numeric.labels import numbered_by_size
from didymos.schema import Region
from didymos.schema.given import check_kind
from didymos.schema.printing import brief
from didymos.twin.training.similarity import ByLabel
from didymos.workflow.evidence import Evidence
from didymos.workflow.points import Points
from didymos.workflow.similarity import PairSimilarity
from didymos.workflow.twins import Twins


@dataclass(frozen=True)
class Regions:
    """What the score means.

    Attributes
    ----------
    model : RegionModel or None
        What the score alone says; None where all is majority.
    probability : array, shape (n_usable, 3)
        Of majority, transition and minority.
    region : array of int8, shape (n_usable,)
    kind : array of int16, shape (n_usable,)
        0 outside the minority.
    names : tuple of str
        Names of the kinds 1, 2 ...; empty where kinds have no names.
    """

    model: RegionModel | None
    probability: NDArray[np.float64]
    region: NDArray[np.int8]
    kind: NDArray[np.int16]
    names: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Return it in one line, without the numbers of its arrays."""
        return brief(self)


def find_regions(points: Points, evidence: Evidence, similarity: PairSimilarity, twins: Twins) -> Regions:
    """Divide a map into regions and kinds; where nothing is distinct and nothing was named, all is majority.

    Parameters
    ----------
    points, evidence, similarity, twins
        Of the five steps.

    Returns
    -------
    Regions
    """
    check_kind(points, Points, "find_regions", "give what didymos.workflow.prepare(map) returns")
    check_kind(evidence, Evidence, "find_regions", "give what didymos.workflow.find_evidence returns")
    check_kind(similarity, PairSimilarity, "find_regions", "give what didymos.workflow.similarity_of returns")
    check_kind(twins, Twins, "find_regions", "give what didymos.workflow.train_twins returns")
    score = twins.prediction.score
    if points.examples is not None and twins.model.networks is not None:
        return _named_regions(similarity, twins)
    amplitudes = evidence.amplitudes
    if amplitudes is None:
        probability = by_score(None, score)
        return Regions(None, probability, regions_of(probability), np.zeros(len(score), np.int16))
    model = learn_regions(score, amplitudes)
    probability = region_probability(score, amplitudes, model)
    region = regions_of(probability)
    kind = np.zeros(len(score), dtype=np.int16)
    # kinds without a spectrum in the minority leave no gap in the numbers, and the largest stays the first
    minority = region == Region.MINORITY
    kind[minority] = numbered_by_size(amplitudes.kind[minority])
    return Regions(model, probability, region, kind)


def by_score(model: RegionModel | None, score: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the probabilities of the regions at every score; certain majority where nothing distinct is known.

    A score that is not finite has none: NaN.
    """
    probability = np.tile([1.0, 0.0, 0.0], (len(score), 1)) if model is None else model.probability(score)
    probability[~np.isfinite(score)] = np.nan
    return probability


def regions_of(probability: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return the region that a spectrum reaches with a probability of one half, from shape (n_points, 3).

    A spectrum without probabilities is an artefact: what has no score is not like the majority.
    """
    region = np.full(len(probability), Region.MAJORITY, dtype=np.int8)
    region[probability[:, 1] + probability[:, 2] >= 0.5] = Region.TRANSITION
    region[probability[:, 2] >= 0.5] = Region.MINORITY
    region[~np.isfinite(probability).all(axis=1)] = Region.ARTEFACT
    return region


def _named_regions(similarity: PairSimilarity, twins: Twins) -> Regions:
    """Return the regions where the user named kinds: by the score, and by the nearest kind in the embedding."""
    model = plain_regions()
    probability = model.probability(twins.prediction.score)
    region = regions_of(probability)
    embedded = twins.embedded
    assert embedded is not None
    assert similarity.embedding is not None
    labels, known = similarity.embedding.similarity, similarity.embedding.known
    assert isinstance(labels, ByLabel)
    kinds = np.unique(labels.labels[labels.labels > 0])
    centres = np.stack([embedded[:, known][:, labels.labels == kind].mean(axis=1) for kind in kinds])
    away = np.stack([np.linalg.norm(embedded - centre[:, np.newaxis], axis=2).mean(axis=0) for centre in centres])
    nearest = kinds[away.argmin(axis=0)]
    kind = np.zeros(len(region), dtype=np.int16)
    minority = region == Region.MINORITY
    kind[minority] = numbered_by_size(nearest[minority])
    first = [int(nearest[kind == number][0]) for number in range(1, int(kind.max(initial=0)) + 1)]
    return Regions(model, probability, region, kind, tuple(similarity.names[number - 1] for number in first))

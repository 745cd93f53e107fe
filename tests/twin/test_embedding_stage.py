import numpy as np
import pytest
from twin_data import (
    LONG,
    MEMBERS,
    RARE,
    SMALL,
    THRESHOLD,
    distances,
    gap,
    three_clusters,
    two_clusters,
)

from didymos.twin import embedding_stage
from didymos.twin.embedding_stage import fit_embedding, prepare_embedding, usual_spread
from didymos.twin.ensemble.alignment import agreement, motion_onto
from didymos.twin.training import loop
from didymos.twin.training.similarity import ByLabel, given_pairs


def first_stage(values, distance, factor=1.0, settings=SMALL, **changes):
    keywords = {"members": MEMBERS, "seed": 3, **changes}
    return fit_embedding(factor * values, factor * distance, factor * THRESHOLD, settings, **keywords)


@pytest.fixture(scope="module")
def clusters():
    return two_clusters()[0]


@pytest.fixture(scope="module")
def fitted(clusters):
    return first_stage(clusters, np.linalg.norm(clusters, axis=1))


def test_features_that_are_always_zero_change_nothing(clusters, embedding):
    wide = np.pad(clusters, ((0, 0), (0, 5)))
    stage, _ = first_stage(wide, np.linalg.norm(clusters, axis=1))
    assert stage.embed(wide) == pytest.approx(embedding, abs=1e-12)
    assert stage.encoder.weights[0].shape[1] == 9


@pytest.mark.parametrize("features", [1, 20, 21])
def test_any_number_of_features(features):
    values = np.random.default_rng(2).normal(size=(200, features))
    values[:RARE, -1] += 12
    stage, _ = first_stage(values, np.linalg.norm(values, axis=1))
    for points in stage.embed(values):
        assert gap(points, np.arange(200) < RARE) > 2


def test_members_lie_on_each_other(clusters):
    stage, ensemble = first_stage(clusters, np.linalg.norm(clusters, axis=1), members=4)
    parts = stage.embed(clusters)
    reference = parts[ensemble.reference]
    for member, part in enumerate(parts):
        # no motion brings it nearer, and the agreement is the one that was told
        assert motion_onto(part, reference)(part) == pytest.approx(part, abs=1e-6)
        assert agreement(part, reference) == pytest.approx(ensemble.agreement[member, ensemble.reference], abs=1e-6)
    for row, first in enumerate(parts):
        laid = [agreement(first, motion_onto(second, first)(second)) for second in parts]
        assert ensemble.agreement[row] == pytest.approx(np.array(laid), abs=1e-6)
    assert ensemble.reference == ensemble.agreement.mean(axis=1).argmax()
    assert ensemble.agreement == pytest.approx(ensemble.agreement.T)
    assert np.all(ensemble.agreement[~np.eye(4, dtype=bool)] < 1)


def test_the_frame_is_the_standard_one(clusters):
    first, ensemble, _, _ = fitted()
    points = first.embed(clusters)[ensemble.reference]
    distance = np.linalg.norm(clusters, axis=1)
    assert np.linalg.norm(np.median(points[distance <= np.median(distance)], axis=0)) < 0.1 * np.ptp(points)
    assert np.all(points.max(axis=0) > -points.min(axis=0))
    assert points[:, 0].std() > points[:, 1].std()


def test_laying_members_on_each_other_keeps_all_their_distances(clusters, monkeypatch):
    asked = []

    def watched(data, settings, **keywords):
        asked.append((data, training_soundly(data, settings, **keywords)))
        return asked[-1][1]

    training_soundly = stages.train_soundly
    monkeypatch.setattr(stages, "train_soundly", watched)
    stage, _ = first_stage(clusters, np.linalg.norm(clusters, axis=1))
    ((data, trained),) = asked
    seen = np.pad(clusters / data.scale, ((0, 0), (0, data.size - clusters.shape[1])))
    for before, after in zip(trained.encoder.embed(seen[np.newaxis]), stage.embed(clusters), strict=True):
        assert np.linalg.norm(before - after) > 0.1
        assert distances(after) == pytest.approx(distances(before), abs=1e-5)


def test_given_pairs_go_before_distances():
    values, kind = three_clusters()
    similarity = np.where(np.equal.outer(kind == 2, kind == 2), 1.0, 0.0)
    pairs = given_pairs(similarity, len(values))
    stage, ensemble = fit_embedding(values, np.linalg.norm(values, axis=1), pairs, LONG, members=MEMBERS, seed=0)
    assert ensemble.notes == ()
    for points in stage.embed(values):
        assert gap(points, kind == 2) > 3
        assert gap(points[kind < 2], kind[kind < 2]) < 1

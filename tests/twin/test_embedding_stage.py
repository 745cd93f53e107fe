from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from twin_data import (
    LONG,
    MEMBERS,
    RARE,
    SMALL,
    THRESHOLD,
    Recording,
    distances,
    first_stage,
    gap,
    same,
    three_clusters,
    two_clusters,
)

from didymos.twin import embedding_stage
from didymos.twin.embedding_stage import fit_embedding, prepare_embedding, usual_spread
from didymos.twin.ensemble.alignment import agreement, motion_onto
from didymos.twin.training.health import train_soundly
from didymos.twin.training.similarity import ByLabel, given_pairs


@pytest.fixture(scope="module")
def clusters():
    return two_clusters()[0]


@pytest.fixture(scope="module")
def fitted(clusters):
    return first_stage(clusters, np.linalg.norm(clusters, axis=1))


def test_features_that_are_always_zero_change_nothing(clusters, fitted):
    wide = np.pad(clusters, ((0, 0), (0, 5)))
    stage, _ = first_stage(wide, np.linalg.norm(clusters, axis=1))
    assert stage.embed(wide) == pytest.approx(fitted[0].embed(clusters), abs=1e-12)
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
        # no motion brings it nearer, and the agreement is the one that is returned
        assert motion_onto(part, reference)(part) == pytest.approx(part, abs=1e-6)
        assert agreement(part, reference) == pytest.approx(ensemble.agreement[member, ensemble.reference], abs=1e-6)
    for row, first in enumerate(parts):
        laid = [agreement(first, motion_onto(second, first)(second)) for second in parts]
        assert ensemble.agreement[row] == pytest.approx(np.array(laid), abs=1e-6)
    assert ensemble.reference == ensemble.agreement.mean(axis=1).argmax()
    assert ensemble.agreement == pytest.approx(ensemble.agreement.T)
    assert np.all(ensemble.agreement[~np.eye(4, dtype=bool)] < 1)


def test_the_frame_is_the_standard_one(clusters, fitted):
    first, ensemble = fitted
    points = first.embed(clusters)[ensemble.reference]
    distance = np.linalg.norm(clusters, axis=1)
    assert np.linalg.norm(np.median(points[distance <= np.median(distance)], axis=0)) < 0.1 * np.ptp(points)
    assert np.all(points.max(axis=0) > -points.min(axis=0))
    assert points[:, 0].std() > points[:, 1].std()


def test_laying_members_on_each_other_keeps_all_their_distances(clusters, monkeypatch):
    asked = []

    def watched(data, settings, **keywords):
        asked.append((data, train_soundly(data, settings, **keywords)))
        return asked[-1][1]

    monkeypatch.setattr(embedding_stage, "train_soundly", watched)
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


def test_what_is_prepared_is_what_is_trained(clusters):
    distance = np.linalg.norm(clusters, axis=1)
    labels = ByLabel((np.arange(len(clusters)) < RARE).astype(np.int32))
    for kind, similarity in (("distance", THRESHOLD), ("label", labels)):
        with Recording() as compiler:
            prepare_embedding(compiler, SMALL, kind, points=len(clusters), members=MEMBERS)
            prepared = set(compiler.plans)
            fit_embedding(clusters, distance, similarity, SMALL, members=MEMBERS, seed=3, compiler=compiler)
            assert set(compiler.plans) == prepared
            assert len(compiler.plans) > len(prepared)


def test_only_the_known_spectra_train():
    values, kind = three_clusters()
    distance = np.linalg.norm(values, axis=1)
    known = np.flatnonzero(np.arange(len(kind)) % 2 == 0)
    labels = ByLabel(kind[known].astype(np.int32))
    other = values.copy()
    other[1::2] += 0.1 * np.random.default_rng(5).normal(size=other[1::2].shape)
    first, second = (
        fit_embedding(each, distance, labels, LONG, members=MEMBERS, seed=0, known=known)[0] for each in (values, other)
    )
    # up to the frame, in which all spectra have a say
    for one, two in zip(first.embed(values), second.embed(values), strict=True):
        assert distances(two) == pytest.approx(distances(one), abs=1e-6)
        assert gap(one[1::2], kind[1::2]) > 3


def test_the_usual_spread_is_that_of_the_majority():
    rng = np.random.default_rng(6)
    values = rng.normal(size=(20_000, 3)) * [1.0, 0.1, 30.0] + [5.0, 0.0, -100.0]
    values[:2000] += 1000
    assert usual_spread(values) == pytest.approx([1.0, 0.1, 30.0], rel=0.2)
    assert usual_spread(np.ones((10, 2))).tolist() == [0, 0]


@pytest.mark.parametrize("jitter", [0.0, 0.5])
def test_noise_of_the_spread_of_the_majority_is_added_as_the_settings_say(clusters, jitter, monkeypatch):
    asked = []

    def watched(data, settings, **keywords):
        asked.append(data)
        return train_soundly(data, settings, **keywords)

    monkeypatch.setattr(embedding_stage, "train_soundly", watched)
    stretched = clusters * [1.0, 10.0, 1.0, 0.1]
    settings = replace(SMALL, jitter=jitter)
    fit_embedding(stretched, np.linalg.norm(clusters, axis=1), THRESHOLD, settings, members=MEMBERS, seed=3)
    (data,) = asked
    if jitter:
        assert data.jitter == pytest.approx(jitter * np.array([1.0, 10.0, 1.0, 0.1]), rel=0.35)
    else:
        assert data.jitter is None


def rank_quality(jitter, seed):
    """How well a twin ranks a kind that it knows three spectra of, and as many of the majority."""
    rng = np.random.default_rng(seed)
    values, kind = rng.normal(size=(600, 20)), np.arange(600) < 60
    values[kind, 0] += 4
    known = np.r_[0:3, 60:63]
    labels = ByLabel(kind[known].astype(np.int32))
    settings = replace(LONG, jitter=jitter)
    stage, _ = fit_embedding(
        values, np.linalg.norm(values, axis=1), labels, settings, members=1, seed=seed, known=known
    )
    points = stage.embed(values)[0]
    like, unlike = (np.linalg.norm(points - points[some].mean(axis=0), axis=1) for some in (known[:3], known[3:]))
    rest = np.setdiff1d(np.arange(600), known)
    return roc_auc_score(kind[rest], (unlike - like)[rest])


def test_jitter_helps_where_three_spectra_of_each_sort_have_labels():
    plain, jittered = (np.mean([rank_quality(jitter, seed) for seed in range(4)]) for jitter in (0.0, 1.0))
    assert jittered > plain + 0.05
    assert jittered > 0.93


def test_jitter_is_the_same_for_the_same_seed(clusters):
    distance, settings = np.linalg.norm(clusters, axis=1), replace(SMALL, jitter=0.5)
    first, second, other, plain = (
        fit_embedding(clusters, distance, THRESHOLD, chosen, members=MEMBERS, seed=seed)[0]
        for chosen, seed in ((settings, 3), (settings, 3), (settings, 4), (SMALL, 3))
    )
    assert same(first.encoder, second.encoder)
    assert not same(first.encoder, other.encoder)
    assert not same(first.encoder, plain.encoder)
    for points in first.embed(clusters):
        assert gap(points, np.arange(len(clusters)) < RARE) > 2

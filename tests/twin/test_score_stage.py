from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from twin_data import (
    LONG,
    MEMBERS,
    RARE,
    SCORE,
    Recording,
    first_stage,
    same,
    three_clusters,
    two_clusters,
)

from didymos.twin import score_stage
from didymos.twin.score_stage import ScoreStage, fit_score, levels, prepare_score
from didymos.twin.training.encoder import Encoder
from didymos.twin.training.health import train_soundly
from didymos.twin.training.similarity import ByLabel

BOUNDARY = 5.0


def embedding_and_score(values, factor=1.0):
    distance = factor * np.linalg.norm(values, axis=1)
    first, _ = first_stage(values, distance / factor, factor)
    embedding = first.embed(factor * values)
    second, _ = fit_score(embedding, levels(distance, factor * BOUNDARY), distance, SCORE, members=MEMBERS, seed=3)
    return embedding, second.score(embedding)


@cache
def fitted():
    values, distance = two_clusters()
    first, _ = first_stage(values, distance)
    embedding = first.embed(values)
    second, scores = fit_score(embedding, levels(distance, BOUNDARY), distance, SCORE, members=MEMBERS, seed=3)
    return first, second, scores


@pytest.fixture(scope="module")
def clusters():
    return two_clusters()[0]


@pytest.fixture(scope="module")
def embedding(clusters):
    return fitted()[0].embed(clusters)


@pytest.fixture(scope="module")
def score(embedding):
    return fitted()[1].score(embedding)


def test_score_is_zero_for_the_majority_and_one_for_the_distinct_population(score):
    assert score.shape == (MEMBERS, 300)
    assert np.all((score >= 0) & (score <= 1))
    assert np.all(np.median(score[:, RARE:], axis=1) < 0.1)
    assert np.all(np.quantile(score[:, RARE:], 0.95, axis=1) < 0.3)
    assert np.all(np.median(score[:, :RARE], axis=1) > 0.8)
    assert np.all(score[:, :RARE].min(axis=1) > score[:, RARE:].max(axis=1))


def test_members_agree_on_the_score_but_are_not_the_same(score):
    assert np.corrcoef(score)[0, 1] > 0.95
    assert not np.array_equal(score[0], score[1])
    found = fitted()[2].agreement
    assert np.array_equal(np.diag(found), np.ones(MEMBERS))
    assert found[0, 1] == found[1, 0] == pytest.approx(np.corrcoef(score)[0, 1], abs=0.02)


def test_score_is_ordered_with_the_distance():
    # a majority, and a tail that leads away from it in one direction
    values = np.random.default_rng(1).normal(size=(300, 4))
    values[:60, 0] += np.linspace(0, 25, 60)
    distance = np.linalg.norm(values, axis=1)
    _, score = embedding_and_score(values)
    ranks = np.argsort(np.argsort(distance[:60]))
    for member in score:
        assert np.corrcoef(ranks, np.argsort(np.argsort(member[:60])))[0, 1] > 0.8
        assert member[45:60].min() > np.quantile(member[60:], 0.9)


@pytest.mark.parametrize("factor", [2.0**-40, 1e12])
def test_units_of_the_features_change_nothing(clusters, embedding, score, factor):
    other, scored = embedding_and_score(clusters, factor)
    if factor == 2.0**-40:
        assert np.array_equal(other, embedding)  # a power of two rounds nothing
        assert np.array_equal(scored, score)
    assert np.all(np.median(scored[:, RARE:], axis=1) < 0.1)
    assert np.all(np.median(scored[:, :RARE], axis=1) > 0.8)


def test_a_spectrum_is_scored_alike_whatever_the_others(clusters, score):
    first, second, _ = fitted()
    assert second.score(first.embed(clusters[5:50])) == pytest.approx(score[:, 5:50], abs=1e-12)


@pytest.mark.parametrize(
    "values", [np.zeros((300, 4)), np.full((300, 4), 1e-12)], ids=["at the centre", "off the centre"]
)
def test_identical_features_have_a_finite_score_near_zero(values):
    _, score = embedding_and_score(values)
    assert np.all(np.isfinite(score))
    assert np.all(score < 0.1)


def test_one_population_is_not_blown_up_to_one():
    values = np.random.default_rng(2).uniform(-1, 1, size=(300, 4))
    _, score = embedding_and_score(values)
    assert np.all(np.median(score, axis=1) < 0.3)


def test_two_spectra():
    values = np.array([[0.0, 0, 0, 0], [1.0, 0, 0, 0]])
    _, score = embedding_and_score(values)
    assert score.shape == (MEMBERS, 2)
    assert np.all(np.isfinite(score))


def test_levels_are_those_of_the_logarithm_of_the_distance():
    distance = np.random.default_rng(3).lognormal(sigma=1.5, size=151)
    middle = np.median(distance)
    boundary = 6 * middle
    found = levels(distance, boundary)
    assert found.features is not None
    level = found.features[:, 0].astype(float)

    def rescaled(d):
        return np.log(max(d, middle) + middle)

    farthest = np.quantile([rescaled(d) for d in distance], 0.999)
    step = max(rescaled(boundary) - rescaled(middle), (farthest - rescaled(middle)) / 4)
    for i in range(0, 151, 7):
        for j in range(151):
            ratio = abs(rescaled(distance[i]) - rescaled(distance[j])) / step
            assert abs(level[i] - level[j]) / found.threshold == pytest.approx(ratio, abs=1e-5)
    assert np.ptp(level[distance <= middle]) == 0


@pytest.mark.parametrize("distance", [np.zeros(20), np.full(20, 3.0), np.r_[np.zeros(19), 5.0]])
def test_levels_of_distances_that_coincide_are_finite(distance):
    found = levels(distance, 1.0)
    assert found.features is not None
    assert np.all(np.isfinite(found.features))
    assert np.ptp(found.features[:19]) == 0


@pytest.mark.parametrize("labelled", ["all", "some"])
def test_the_most_frequent_label_scores_zero(labelled):
    values, kind = three_clusters()
    distance = np.linalg.norm(values - values[kind == 1].mean(axis=0), axis=1)
    keep = np.flatnonzero((kind == 2) | (np.arange(len(kind)) % 3 == 0))
    known = keep if labelled == "some" else None
    order = np.array([1, 2, 0]) if labelled == "some" else np.array([0, 2, 1])
    labels = ByLabel(order[kind if known is None else kind[keep]].astype(np.int32))
    settings = replace(LONG, layers=(8, 1))
    stage, _ = fit_score(values[np.newaxis] / 8, labels, distance, settings, members=MEMBERS, seed=0, known=known)
    zero = int(np.flatnonzero(order == 0)[0])
    for score in stage.score(values[np.newaxis] / 8):
        assert np.median(score[kind == zero]) < 0.15
        assert all(np.median(score[kind == other]) > 0.3 for other in range(3) if other != zero)


def test_the_score_stage_takes_the_best_of_several_starts(clusters, embedding, monkeypatch):
    asked = []

    def watched(data, settings, **keywords):
        asked.append(train_soundly(data, settings, **keywords))
        return asked[-1]

    monkeypatch.setattr(score_stage, "train_soundly", watched)
    distance = np.linalg.norm(clusters, axis=1)
    _, ensemble = fit_score(embedding, levels(distance, BOUNDARY), distance, SCORE, members=MEMBERS, seed=3)
    best = asked[0].best.reshape(MEMBERS, -1)
    assert best.shape[1] > 1
    assert np.array_equal(ensemble.trained.best, best.min(axis=1))
    chosen = best.argmin(axis=1) + best.shape[1] * np.arange(MEMBERS)
    assert same(ensemble.trained.encoder, asked[0].encoder.choose(chosen))


@pytest.mark.parametrize("kind", ["distance", "label"])
def test_what_is_prepared_is_what_is_trained(clusters, embedding, kind):
    distance = np.linalg.norm(clusters, axis=1)
    labels = ByLabel((np.arange(len(clusters)) < RARE).astype(np.int32))
    similarity = levels(distance, BOUNDARY) if kind == "distance" else labels
    with Recording() as compiler:
        prepare_score(compiler, SCORE, kind, 2, points=len(clusters), members=MEMBERS)
        prepared = set(compiler.plans)
        fit_score(embedding, similarity, distance, SCORE, members=MEMBERS, seed=3, compiler=compiler)
        assert set(compiler.plans) == prepared
        assert len(compiler.plans) > len(prepared)


def tail():
    """A majority and a tail that leads away from it, with an amplitude that rises from 0 to 1 along the tail."""
    values = np.random.default_rng(1).normal(size=(300, 4))
    amplitude = np.zeros(300, dtype=np.float32)
    amplitude[:80] = np.linspace(0.05, 1, 80)
    values[:, 0] += 25 * amplitude
    return values[np.newaxis] / 8, np.linalg.norm(values, axis=1), amplitude


@pytest.fixture(scope="module")
def along_the_tail():
    points, distance, amplitude = tail()
    labels = ByLabel(np.ones(300, dtype=np.int32), amplitude)
    stage, ensemble = fit_score(points, labels, distance, SCORE, members=MEMBERS, seed=0)
    return stage, ensemble


def test_a_soft_similarity_makes_the_score_follow_the_amplitude(along_the_tail):
    points, _, amplitude = tail()
    stage, ensemble = along_the_tail
    assert ensemble.notes == ()
    for score in stage.score(points):
        assert np.corrcoef(score, amplitude)[0, 1] > 0.95
        assert np.median(score[amplitude == 0]) < 0.1
        # differences of the score are those of the amplitude
        assert np.median(score[np.abs(amplitude - 0.5) < 0.1]) == pytest.approx(0.5, abs=0.12)


def test_a_score_of_one_is_the_upper_quartile_of_the_cores(along_the_tail):
    points, _, amplitude = tail()
    stage, _ = along_the_tail
    cores = amplitude >= 0.8
    away = np.abs(stage.encoder.embed(points)[..., 0] - stage.centre[:, np.newaxis])
    assert stage.unit == pytest.approx(np.quantile(away[:, cores], 0.75, axis=1))
    assert stage.centre == pytest.approx(np.median(stage.encoder.embed(points)[:, amplitude == 0, 0], axis=1))
    full = np.mean(stage.score(points)[:, cores] == 1, axis=1)
    assert full == pytest.approx(0.25, abs=0.06)


def test_only_the_cores_that_the_similarity_knows_count(along_the_tail):
    points, distance, amplitude = tail()
    known = np.flatnonzero((amplitude == 0) | (np.arange(300) % 2 == 0))
    labels = ByLabel(np.ones(len(known), dtype=np.int32), amplitude[known])
    stage, _ = fit_score(points, labels, distance, SCORE, members=MEMBERS, seed=0, known=known)
    away = np.abs(stage.encoder.embed(points)[..., 0] - stage.centre[:, np.newaxis])
    cores = known[amplitude[known] >= 0.8]
    assert stage.unit == pytest.approx(np.quantile(away[:, cores], 0.75, axis=1))


def test_the_score_is_the_distance_from_the_majority_over_the_unit_and_at_most_one():
    line = Encoder((np.array([[[1.0]], [[-2.0]]]),), (np.array([[0.5], [0.0]]),), "tanh")
    stage = ScoreStage(line, np.array([0.5, 1.0]), np.array([2.0, 4.0]))
    found = stage.score(np.array([[[0.0], [1.0], [-1.0], [8.0]]]))
    assert found == pytest.approx(np.array([[0, 0.5, 0.5, 1], [0.25, 0.75, 0.25, 1]]))

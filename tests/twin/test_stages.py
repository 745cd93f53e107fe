from dataclasses import replace

import numpy as np
import pytest
from twin_data import SMALL, two_clusters

from didymos.twin.alignment import align
from didymos.twin.stages import fit_embedding, fit_score, reference_member

MEMBERS, RARE = 2, 40
THRESHOLD, BOUNDARY = 5.0, 5.0
SCORE = replace(SMALL, layers=(10, 5, 1), stretch=50)


def stages(values, distance, factor=1.0):
    first, _ = fit_embedding(factor * values, factor * distance, factor * THRESHOLD, SMALL, members=MEMBERS, seed=3)
    second, _ = fit_score(first.embed(factor * values), factor * distance, factor * BOUNDARY, SCORE, seed=3)
    return first, second


def embedding_and_score(values, factor=1.0):
    first, second = stages(values, np.linalg.norm(values, axis=1), factor)
    embedding = first.embed(factor * values)
    return embedding, second.score(embedding)


@pytest.fixture(scope="module")
def twins():
    return stages(*two_clusters(rare=RARE))


@pytest.fixture(scope="module")
def clusters():
    return two_clusters(rare=RARE)[0]


@pytest.fixture(scope="module")
def embedding(clusters, twins):
    return twins[0].embed(clusters)


@pytest.fixture(scope="module")
def score(embedding, twins):
    return twins[1].score(embedding)


def test_score_is_zero_for_the_majority_and_one_for_the_distinct_population(score):
    assert score.dtype == np.float32
    assert score.shape == (MEMBERS, 300)
    assert np.all((score >= 0) & (score <= 1))
    assert np.all(np.median(score[:, RARE:], axis=1) < 0.1)
    assert np.all(np.quantile(score[:, RARE:], 0.95, axis=1) < 0.3)
    assert np.all(np.median(score[:, :RARE], axis=1) > 0.8)
    assert np.all(score[:, :RARE].min(axis=1) > score[:, RARE:].max(axis=1))


def test_members_agree_on_the_score_but_are_not_the_same(score):
    assert np.corrcoef(score)[0, 1] > 0.95
    assert not np.array_equal(score[0], score[1])


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
def test_units_of_the_features_change_nothing(clusters, embedding, factor):
    other, score = embedding_and_score(clusters, factor)
    if factor == 2.0**-40:
        assert np.array_equal(other, embedding)  # a power of two rounds nothing
    assert np.all(np.median(score[:, RARE:], axis=1) < 0.1)
    assert np.all(np.median(score[:, :RARE], axis=1) > 0.8)


def test_a_spectrum_is_scored_alike_whatever_the_others(clusters, twins, score):
    first, second = twins
    assert second.score(first.embed(clusters[5:50])) == pytest.approx(score[:, 5:50], abs=1e-5)


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


@pytest.mark.parametrize("components", [1, 2, 3])
def test_align_undoes_shift_rotation_and_reflection(components):
    rng = np.random.default_rng(3)
    reference = rng.normal(size=(50, components)) * np.arange(1, components + 1)
    turn = np.linalg.qr(rng.normal(size=(components, components)))[0]
    for reflection in (1, -1):
        moved = reference @ (turn * [reflection, *[1] * (components - 1)]) + 7
        assert align(moved, reference) == pytest.approx(reference, abs=1e-9)


def test_align_keeps_all_distances():
    rng = np.random.default_rng(4)
    embedding, reference = rng.normal(size=(2, 30, 2))
    moved = align(embedding, reference)
    before = np.linalg.norm(embedding[:, np.newaxis] - embedding, axis=-1)
    after = np.linalg.norm(moved[:, np.newaxis] - moved, axis=-1)
    assert after == pytest.approx(before, abs=1e-9)
    assert np.linalg.norm(moved - reference) <= np.linalg.norm(embedding - reference)


def test_align_of_points_that_coincide_is_finite():
    assert align(np.ones((5, 2)), np.zeros((5, 2))) == pytest.approx(0)


def test_the_reference_member_agrees_best_with_the_others():
    rng = np.random.default_rng(5)
    shape = rng.normal(size=(500, 2))
    rotation = np.array([[0.6, -0.8], [0.8, 0.6]])
    members = np.stack([rng.normal(size=(500, 2)), shape + rng.normal(size=shape.shape), shape, -shape @ rotation])
    member, agreement = reference_member(members.astype(np.float32))
    assert member in (2, 3)
    assert agreement[2, 3] == pytest.approx(1, abs=1e-5)
    assert np.all(np.diag(agreement) == 1)
    assert agreement == pytest.approx(agreement.T)
    assert agreement[0, 2] < 0.3 < agreement[1, 2] < 0.9


def test_agreement_does_not_depend_on_how_many_points_are_compared(embedding):
    assert reference_member(embedding, sample=150)[1] == pytest.approx(reference_member(embedding)[1], abs=0.05)
    assert reference_member(embedding)[1][0, 1] > 0.9

import math

import numpy as np
import pytest

from didymos.twin.example_score import ExampleScore, example_score, nearest
from didymos.twin.training.similarity import ByLabel

MEMBERS, POINTS, OTHER = 2, 40, -2


@pytest.fixture(scope="module")
def embedding():
    return np.random.default_rng(0).normal(size=(MEMBERS, POINTS, 3))


@pytest.fixture(scope="module")
def labelled():
    """Labels of the first 20 points in another order: the majority, two kinds and some only unlike them."""
    known = np.random.default_rng(1).permutation(20)
    labels = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, OTHER, OTHER, 0, 1, 2, 0, 0, OTHER], dtype=np.int32)
    return ByLabel(labels), known


def plain_score(points, labels, known, point):
    """The score of one point of one member, from means as loops."""

    def mean(label):
        own = [points[index] for index, each in zip(known, labels, strict=True) if each == label]
        return [math.fsum(column) / len(own) for column in zip(*own, strict=True)]

    like = min(math.dist(point, mean(kind)) for kind in (1, 2))
    others = [points[index] for index, each in zip(known, labels, strict=True) if each == OTHER]
    unlike = min(math.dist(point, place) for place in (mean(0), *others))
    return unlike / (unlike + like)


def test_agrees_with_loops_over_the_examples(embedding, labelled):
    similarity, known = labelled
    score = example_score(embedding, similarity, known)
    assert score.like.shape == (MEMBERS, 2, 3)
    assert score.unlike.shape == (MEMBERS, 4, 3)
    found = score.score(embedding)
    assert found.shape == (MEMBERS, POINTS)
    for member, points in enumerate(embedding):
        expected = [plain_score(points, similarity.labels, known, point) for point in points]
        assert found[member] == pytest.approx(expected, abs=1e-12)


def test_the_nearest_place_of_each_member(embedding):
    places = np.random.default_rng(2).normal(size=(MEMBERS, 5, 3))
    expected = [
        [min(math.dist(p, q) for q in own) for p in points] for points, own in zip(embedding, places, strict=True)
    ]
    assert nearest(embedding, places) == pytest.approx(np.array(expected))


def test_the_score_is_zero_at_the_majority_and_one_at_a_kind_and_a_half_between():
    score = ExampleScore(np.array([[[4.0, 0.0]]]), np.array([[[0.0, 0.0], [0.0, 9.0]]]))
    points = np.array([[[0.0, 0.0], [4.0, 0.0], [2.0, 0.0], [2.0, 5.0], [0.0, 9.0], [3.0, 0.0]]])
    # the fourth is nearer to the other that is unlike the kind
    expected = [0, 1, 0.5, np.hypot(2, 4) / (np.hypot(2, 4) + np.hypot(2, 5)), 0, 0.75]
    assert score.score(points)[0] == pytest.approx(expected)


def test_rotation_shift_and_factor_of_the_embedding_change_nothing(embedding, labelled):
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    moved = 7 * embedding @ turn + 2
    before, after = (example_score(points, *labelled).score(points) for points in (embedding, moved))
    assert after == pytest.approx(before, abs=1e-9)
    assert np.all((before >= 0) & (before <= 1))


def test_where_nothing_tells_a_kind_from_the_majority_the_score_is_a_half():
    score = ExampleScore(np.zeros((1, 1, 2)), np.zeros((1, 1, 2)))
    assert score.score(np.zeros((1, 3, 2))).tolist() == [[0.5] * 3]
    assert score.score(np.ones((1, 3, 2))) == pytest.approx(0.5)

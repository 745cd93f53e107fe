import json

import numpy as np
import pytest

from didymos.core.pairs.mixture import best_fit
from didymos.core.pairs.pair_statistics import pair_histogram
from didymos.twin.parameters import (
    auto_or_positive,
    automatic_threshold,
    given_similarity,
    is_positive,
    is_positive_integer,
    listed,
    one_of,
    plain,
)
from didymos.twin.training.similarity import ByLabel, ByPair


def test_pairs_go_before_labels_and_nothing_is_nothing():
    assert given_similarity(None, None, 3) == (None, None)
    labels = np.array([1, None, 1], dtype=object)
    known, similarity = given_similarity(labels, None, 3)
    assert isinstance(similarity, ByLabel)
    assert known is not None
    assert known.tolist() == [0, 2]
    known, similarity = given_similarity(labels, [(0, 1, 1.0)], 3)
    assert known is None
    assert isinstance(similarity, ByPair)


def test_the_automatic_threshold_is_the_crossing_of_the_two_gaussians():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 3))
    features[:60, 0] += 20
    threshold = automatic_threshold(features, seed=0)
    assert threshold == pytest.approx(best_fit(pair_histogram(features)).crossing)
    assert 3 < threshold < 18
    # a sample stands for very many points
    sampled = automatic_threshold(features, seed=0, largest_sample=200)
    assert sampled == pytest.approx(threshold, rel=0.3)
    assert sampled == automatic_threshold(features, seed=0, largest_sample=200)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_points_that_coincide_have_a_threshold_over_their_distances(value):
    assert 0 < automatic_threshold(np.full((50, 2), value), seed=0) <= 1


@pytest.mark.parametrize("value", [1, 0.5, np.float32(2), np.int64(3)])
def test_a_positive_number_is_taken(value):
    assert is_positive(value)
    assert auto_or_positive("threshold", value) == value
    assert auto_or_positive("threshold", "auto") is None


@pytest.mark.parametrize("value", [0, -1.0, np.nan, np.inf, True, "high", None, [1]])
def test_what_is_no_positive_number_is_refused_by_name(value):
    assert not is_positive(value)
    with pytest.raises(ValueError, match=r"^threshold is .*; allowed are 'auto' or a positive number$"):
        auto_or_positive("threshold", value)


@pytest.mark.parametrize(("value", "expected"), [(1, True), (np.int32(7), True), (0, False), (-1, False)])
def test_positive_integers(value, expected):
    assert is_positive_integer(value) is expected
    assert not is_positive_integer(float(value))
    assert not is_positive_integer(True)


@pytest.mark.parametrize("value", ["step", None, 3, ["tanh"]])
def test_what_is_none_of_the_names_is_refused_with_them(value):
    one_of("activation", "tanh", {"tanh", "relu"})
    with pytest.raises(ValueError, match=r"^activation is .*; allowed are relu, tanh$"):
        one_of("activation", value, {"tanh", "relu"})


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ((np.int64(8), 2), [8, 2]),
        (np.float32(1.5), 1.5),
        (np.int64(3), 3),
        (None, None),
        (True, True),
        ("auto", "auto"),
        (np.random.RandomState(0), None),
    ],
    ids=str,
)
def test_parameters_become_json_and_come_back(value, stored):
    found = json.loads(json.dumps(plain(value)))
    assert found == stored
    assert type(found) is type(stored)
    again = listed(found)
    assert again == (tuple(stored) if isinstance(stored, list) else stored)

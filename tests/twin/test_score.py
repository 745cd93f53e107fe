from functools import cache

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from twin_data import FAR, QUICK, gap, three_clusters

from didymos import TwinScore

PARAMETERS = QUICK | {"layers": (8, 1)}
MEMBERS = 3
NEAR = slice(0, 100)


@cache
def points():
    """A majority, and in FAR a few points far from it."""
    values = np.random.default_rng(0).normal(size=(120, 2)) * [1.0, 0.5]
    values[FAR] += [8.0, 6.0]
    return values


@cache
def fitted():
    return TwinScore(**PARAMETERS, members=MEMBERS).fit(points())


def assert_apart(score, order=None):
    """The majority is near 0, the others near 1."""
    score = score[:, 0] if order is None else score[np.argsort(order), 0]
    assert np.all((score >= 0) & (score <= 1))
    assert np.median(score[NEAR]) < 0.1
    assert np.median(score[FAR]) > 0.7
    assert score[FAR].min() > 2 * score[NEAR].max()


def test_the_majority_is_at_zero_and_the_distinct_at_one():
    score = fitted().transform(points())
    assert score.shape == (120, 1)
    assert_apart(score)
    assert fitted().notes_ == ()


def test_the_default_parameters_do_the_same():
    assert_apart(TwinScore().fit_transform(points()))


def test_the_score_is_the_mean_of_the_members_and_its_spread_theirs():
    members = fitted().transform_members(points())
    assert members.shape == (MEMBERS, 120, 1)
    assert np.array_equal(fitted().transform(points()), members.mean(axis=0))
    spread = fitted().score_std(points())
    assert spread.shape == (120,)
    assert spread == pytest.approx([np.std(members[:, index, 0], ddof=1) for index in range(120)])
    assert spread.max() > 0
    for member in members:
        assert_apart(member)
    assert fitted().agreement_.shape == (MEMBERS, MEMBERS)
    assert np.all(fitted().agreement_ > 0.8)


def test_a_single_member_has_no_spread():
    score = TwinScore(**PARAMETERS).fit(points())
    assert np.all(np.isnan(score.score_std(points())))
    assert score.score_std(points()).shape == (120,)


def test_the_same_seed_gives_the_same_bits():
    again = clone(fitted())
    assert np.array_equal(again.fit_transform(points()), fitted().transform(points()))
    other = TwinScore(**PARAMETERS, members=MEMBERS, random_state=1).fit_transform(points())
    assert not np.array_equal(other, fitted().transform(points()))


@pytest.mark.parametrize("factor", [2.0**40, 2.0**-40, 1e3])
def test_units_do_not_matter(factor):
    score = TwinScore(**PARAMETERS, members=MEMBERS).fit(factor * points())
    found = score.transform(factor * points())
    if factor == 1e3:
        assert_apart(found)
        assert score.boundary_ == pytest.approx(factor * fitted().boundary_, rel=1e-3)
    else:
        # a power of two rounds nothing
        assert np.array_equal(found, fitted().transform(points()))
        assert score.boundary_ == factor * fitted().boundary_


def test_a_shift_does_not_matter():
    assert_apart(TwinScore(**PARAMETERS).fit_transform(points() - 500))


def test_a_given_boundary_is_taken_in_the_units_of_the_points():
    for factor in (1.0, 1e3):
        score = TwinScore(**PARAMETERS, boundary=4 * factor).fit(factor * points())
        assert score.boundary_ == 4 * factor
        assert_apart(score.transform(factor * points()))


def test_the_boundary_decides_what_is_the_majority():
    # one population of two sides: with a boundary that all are within, nobody is distinct
    values = np.random.default_rng(1).uniform(-1, 1, size=(200, 2))
    score = TwinScore(**PARAMETERS, boundary=10.0)
    with pytest.warns(ConvergenceWarning, match="no pair is dissimilar"):
        score.fit(values)
    assert score.transform(values).max() < 0.1


def test_the_order_of_the_points_does_not_matter():
    order = np.random.default_rng(1).permutation(120)
    assert_apart(TwinScore(**PARAMETERS).fit_transform(points()[order]), order)


def test_the_type_of_the_output_is_that_of_the_input():
    single = points().astype(np.float32)
    assert fitted().transform(single).dtype == np.float32
    assert fitted().transform(points()).dtype == np.float64
    assert_apart(TwinScore(**PARAMETERS).fit_transform(single))


def test_a_point_is_scored_alike_whatever_the_others():
    whole = fitted().transform(points())
    assert fitted().transform(points()[90:110]) == pytest.approx(whole[90:110], abs=1e-12)


def test_names_and_pandas():
    assert fitted().get_feature_names_out().tolist() == ["twinscore0"]
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(points(), columns=["first", "second"])
    score = TwinScore(**PARAMETERS).set_output(transform="pandas").fit(frame)
    assert list(score.transform(frame).columns) == ["twinscore0"]
    assert score.feature_names_in_.tolist() == ["first", "second"]


@pytest.mark.parametrize("given", ["labels", "some labels", "pairs"])
def test_what_is_given_wins_over_distances(given):
    values, kind = three_clusters()
    # the most frequent label is that of a cluster at the rim
    values, kind = values[30:], kind[30:]
    label = np.where(kind == 2, "b", "a").astype(object)
    alike = np.equal.outer(label, label).astype(float)
    label[::5] = None if given == "some labels" else label[::5]
    score = TwinScore(**PARAMETERS, members=2)
    score.fit(values, pairs=alike) if given == "pairs" else score.fit(values, label)
    assert np.isnan(score.boundary_)
    assert score.notes_ == ()
    found = score.transform(values)[:, 0]
    assert gap(found[:, np.newaxis], kind == 2) > 3
    if given != "pairs":
        assert np.median(found[kind < 2]) < 0.1
        assert np.median(found[kind == 2]) > 0.8


def test_the_most_frequent_label_scores_zero_wherever_it_lies():
    values, kind = three_clusters()
    for most in range(3):
        chosen = np.flatnonzero((kind == most) | (np.arange(len(kind)) % 3 > 0))
        found = TwinScore(**PARAMETERS).fit(values[chosen], kind[chosen]).transform(values[chosen])[:, 0]
        medians = [np.median(found[kind[chosen] == number]) for number in range(3)]
        assert np.argmin(medians) == most
        assert medians[most] < 0.1
        assert sorted(medians)[1] > 0.3


def test_what_cannot_be_transformed_is_refused():
    with pytest.raises(NotFittedError):
        TwinScore().transform(points())
    with pytest.raises(NotFittedError):
        TwinScore().score_std(points())
    with pytest.raises(ValueError, match="2 features"):
        fitted().transform(points()[:, :1])

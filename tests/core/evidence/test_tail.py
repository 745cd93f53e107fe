import numpy as np
import pytest
from scipy.stats import chi, chi2

from didymos.core.evidence.tail import Tail


def lengths(degrees, count=20_000, power=1.0, seed=0):
    return chi.rvs(degrees, size=count, random_state=seed) ** power


@pytest.mark.parametrize("degrees", [1, 3, 6])
def test_a_normal_majority_has_a_power_of_one(degrees):
    tail = Tail.of(lengths(degrees), degrees)
    assert tail.power == pytest.approx(1, abs=0.08)
    assert tail.normal(np.array([2.0, 5.0])) == pytest.approx([2.0, 5.0], rel=0.1)


@pytest.mark.parametrize("power", [1.3, 2.0])
@pytest.mark.parametrize("degrees", [1, 3])
def test_a_longer_tail_is_estimated_and_taken_back(degrees, power):
    tail = Tail.of(lengths(degrees, power=power), degrees)
    assert tail.power == pytest.approx(power, rel=0.08)
    # the lengths of such a majority become normal ones
    again = tail.normal(lengths(degrees, power=power, seed=1))
    for share in (0.5, 0.9, 0.99, 0.999):
        assert np.quantile(again, share) == pytest.approx(np.sqrt(chi2.ppf(share, degrees)), rel=0.08)


def test_a_tail_never_counts_as_shorter_than_normal():
    tail = Tail.of(np.random.default_rng(0).uniform(0.9, 1.1, 5000), 2)
    assert tail.power == 1


@pytest.mark.parametrize("probability", [0.1, 1e-3])
@pytest.mark.parametrize("power", [1.0, 1.6])
def test_the_limit_is_exceeded_that_often(probability, power):
    tail = Tail.of(lengths(2, power=power), 2)
    fresh = lengths(2, count=400_000, power=power, seed=2)
    # the longest of several estimates of the tail counts
    assert probability / 3 < np.mean(fresh > tail.limit(probability)) < 1.2 * probability


@pytest.mark.parametrize("factor", [1e-9, 1e6])
def test_units_do_not_matter(factor):
    some = lengths(3, power=1.4)
    plain, scaled = Tail.of(some, 3), Tail.of(factor * some, 3)
    assert scaled.power == pytest.approx(plain.power)
    assert scaled.normal(factor * some[:9]) == pytest.approx(plain.normal(some[:9]))
    assert scaled.limit(1e-4) == pytest.approx(factor * plain.limit(1e-4))


@pytest.mark.parametrize("count", [1, 5, 20])
def test_few_lengths_say_nothing_of_the_tail(count):
    assert Tail.of(lengths(2, count=count, power=3.0), 2).power == 1


@pytest.mark.parametrize("count", [60, 120, 400])
def test_the_tail_of_few_lengths_is_not_taken_for_shorter_than_it_is(count):
    """Among many small maps the estimate lies over the truth in most: one standard error is added."""
    found = [Tail.of(lengths(2, count=count, power=1.5, seed=seed), 2).power for seed in range(200)]
    assert np.mean(np.array(found) > 1.5) > 0.75
    assert np.median(found) < 1.5 * (1 + 3 / np.sqrt(count / 10))


def test_a_majority_exactly_alike_has_no_tail():
    tail = Tail.of(np.zeros(100), 2)
    assert (tail.power, tail.median) == (1, 0)
    assert np.isfinite(tail.normal(np.array([0.0, 1.0]))).all()

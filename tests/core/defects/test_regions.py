import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import naive
from didymos.core.defects.amplitude import Amplitudes
from didymos.core.defects.regions import (
    LIKE,
    MINORITY_AMPLITUDE,
    TRANSITION_AMPLITUDE,
    RegionModel,
    learn_regions,
    region_probability,
)

POINTS = 3000


def measured(value, noise=(0.02,), kind=None, doubtful=None):
    """Amplitudes as they come from a map; which points are quiet says nothing about regions."""
    points = len(value)
    return Amplitudes(
        np.asarray(value, dtype=np.float64),
        np.ones(points, dtype=np.int16) if kind is None else np.asarray(kind, dtype=np.int16),
        np.zeros(points, dtype=bool),
        np.zeros(points, dtype=bool) if doubtful is None else doubtful,
        np.array(noise),
    )


def graded(seed=0, noise=0.02, points=POINTS):
    """True amplitudes, evenly from 0 to 1, and what is measured of them."""
    rng = np.random.default_rng(seed)
    truth = rng.random(points)
    return truth, measured(truth + rng.normal(scale=noise, size=points), noise=(noise,))


def pooled(score, goal):
    """The isotonic regression of the goal on scores without ties: neighbours that fall are averaged until none does."""
    order = np.argsort(score)
    blocks = []
    for value in goal[order]:
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (first, one), (second, other) = blocks[-2:]
            blocks[-2:] = [[(first * one + second * other) / (one + other), one + other]]
    fitted = np.empty(len(score))
    fitted[order] = np.repeat([value for value, _ in blocks], [count for _, count in blocks])
    return fitted


@pytest.mark.parametrize("noise", [0.005, 0.1])
@pytest.mark.parametrize("relation", [np.sqrt, np.square, lambda a: np.tanh(3 * a)])
def test_thresholds_are_the_scores_of_the_amplitudes_they_stand_for(relation, noise):
    truth, amplitudes = graded(noise=noise)
    found = learn_regions(relation(truth), amplitudes).thresholds
    # the noise blurs the amplitude, but as much up as down
    tolerance = 0.005 + 0.2 * noise
    for score, amplitude in zip(found, (TRANSITION_AMPLITUDE, MINORITY_AMPLITUDE), strict=True):
        assert relation(amplitude - tolerance) < score < relation(amplitude + tolerance)


@given(st.integers(0, 1000), st.floats(0.001, 1.0), st.floats(0, 1), st.integers(2, 60))
def test_thresholds_are_ordered_and_in_the_range_of_the_scores(seed, noise, blur, points):
    rng = np.random.default_rng(seed)
    truth, amplitudes = graded(seed, noise, points)
    score = (1 - blur) * truth + blur * rng.random(points)
    first, second = learn_regions(score, amplitudes).thresholds
    assert 0 <= first <= second <= np.nextafter(1.0, np.inf)


@given(st.integers(0, 1000), st.floats(0.001, 1.0), st.floats(0, 1), st.integers(1, 60))
def test_probabilities_are_those_of_one_of_three_and_rise_with_the_score(seed, noise, blur, points):
    rng = np.random.default_rng(seed)
    truth, amplitudes = graded(seed, noise, points)
    model = learn_regions((1 - blur) * truth + blur * rng.random(points), amplitudes)
    found = model.probability(np.linspace(-0.5, 1.5, 200))
    assert found.shape == (200, 3)
    assert np.all((found >= 0) & (found <= 1))
    assert found.sum(axis=1) == pytest.approx(1)
    assert np.all(np.diff(found[:, 0]) <= 1e-12)
    assert np.all(np.diff(found[:, 2]) >= -1e-12)


def test_the_thresholds_are_where_the_probabilities_pass_one_half():
    rng = np.random.default_rng(1)
    truth, amplitudes = graded(1, 0.1)
    model = learn_regions(truth + 0.05 * rng.normal(size=POINTS), amplitudes)
    transition, minority = model.thresholds
    at_transition, at_minority = model.probability(np.array([transition, minority]))
    assert at_transition[1:].sum() == pytest.approx(0.5)
    assert at_minority[2] == pytest.approx(0.5)


def test_the_probabilities_are_those_of_an_isotonic_regression():
    rng = np.random.default_rng(2)
    truth, amplitudes = graded(2, 0.15, 400)
    score = truth + 0.1 * rng.normal(size=400)
    model = learn_regions(score, amplitudes)
    found = model.probability(score)
    for bound, probability in (
        (TRANSITION_AMPLITUDE, found[:, 1:].sum(axis=1)),
        (MINORITY_AMPLITUDE, found[:, 2]),
    ):
        expected = pooled(score, norm.cdf((amplitudes.value - bound) / 0.15))
        assert probability == pytest.approx(expected, abs=1e-9)
    assert len(model.score) < 300


def test_every_kind_has_a_noise_of_its_own():
    kind = np.repeat([2, 1], 20)
    model = learn_regions(np.where(kind == 2, 0.25, 0.75), measured(np.full(40, 0.3), (0.1, 1.0), kind))
    found = model.probability(np.array([0.25, 0.75]))
    bounds = np.array([TRANSITION_AMPLITUDE, MINORITY_AMPLITUDE])
    assert found[1, 1:].sum() == pytest.approx(norm.cdf((0.3 - bounds[0]) / 0.1))
    assert found[0, 1:].sum() == pytest.approx(norm.cdf(0.3 - bounds[0]))
    # 0.3 is rather minority for the kind with much noise: the curve must not fall, and so takes the mean
    mean = norm.cdf((0.3 - bounds[1]) / np.array([0.1, 1.0])).mean()
    assert found[:, 2] == pytest.approx([mean, mean])


def test_scores_that_rise_together_have_thresholds_that_rise_together():
    rng = np.random.default_rng(3)
    truth, amplitudes = graded(3, 0.1)
    score = truth + 0.05 * rng.normal(size=POINTS)
    plain = learn_regions(score, amplitudes)
    moved = learn_regions(np.exp(2 * score), amplitudes)
    assert moved.thresholds == pytest.approx(np.exp(2 * np.array(plain.thresholds)), rel=0.01)
    # at the scores themselves only their order counts
    assert moved.probability(np.exp(2 * score)) == pytest.approx(plain.probability(score), abs=1e-9)


def test_what_a_doubtful_spectrum_measures_is_left_out():
    rng = np.random.default_rng(4)
    truth, amplitudes = graded(4)
    doubtful = rng.random(POINTS) < 0.3
    score, value = truth.copy(), amplitudes.value.copy()
    score[doubtful], value[doubtful] = rng.uniform(-5, 5, (2, doubtful.sum()))
    found = learn_regions(score, measured(value, doubtful=doubtful))
    expected = learn_regions(truth[~doubtful], measured(amplitudes.value[~doubtful]))
    assert np.array_equal(found.score, expected.score)
    assert np.array_equal(found.beyond_majority, expected.beyond_majority)
    assert np.array_equal(found.minority, expected.minority)


def test_the_order_of_the_spectra_does_not_matter():
    rng = np.random.default_rng(5)
    truth, amplitudes = graded(5, 0.1)
    # ties too: their amplitudes count by their mean
    score = np.round(truth + 0.05 * rng.normal(size=POINTS), 2)
    order = rng.permutation(POINTS)
    plain = learn_regions(score, amplitudes)
    other = learn_regions(score[order], measured(amplitudes.value[order], (0.1,)))
    assert other.thresholds == pytest.approx(plain.thresholds, rel=1e-9)
    assert other.probability(score) == pytest.approx(plain.probability(score), abs=1e-9)


@pytest.mark.parametrize(("largest", "transition"), [(0.4, True), (0.05, False)])
def test_a_region_that_no_amplitude_reaches_has_no_score(largest, transition):
    truth, amplitudes = graded()
    first, second = learn_regions(truth, measured(largest * amplitudes.value)).thresholds
    assert not np.any(truth >= second)
    assert np.any(truth >= first) == transition


def test_all_is_minority_where_every_amplitude_is():
    truth, _ = graded()
    model = learn_regions(truth, measured(np.full(POINTS, 0.9)))
    assert model.thresholds == (0.0, 0.0)
    assert model.probability(truth) == pytest.approx(np.tile([0.0, 0.0, 1.0], (POINTS, 1)), abs=1e-9)


@pytest.mark.parametrize(("amplitude", "reached"), [(0.0, (False, False)), (0.3, (True, False)), (1.0, (True, True))])
def test_a_constant_score_is_one_region(amplitude, reached):
    score = np.full(50, 0.3)
    model = learn_regions(score, measured(np.full(50, amplitude)))
    assert tuple(bool(np.all(score >= limit)) for limit in model.thresholds) == reached
    assert model.probability(score)[:, sum(reached)] == pytest.approx(1)


def test_amplitudes_without_noise_are_known():
    truth, _ = graded()
    model = learn_regions(truth, measured(truth, (0.0,)))
    certain = np.abs(truth[:, np.newaxis] - [TRANSITION_AMPLITUDE, MINORITY_AMPLITUDE]).min(axis=1) > 1e-4
    number = (truth >= TRANSITION_AMPLITUDE).astype(int) + (truth >= MINORITY_AMPLITUDE)
    assert model.probability(truth)[certain] == pytest.approx(np.eye(3)[number[certain]], abs=1e-6)


def test_between_its_knots_a_probability_is_linear_and_beyond_them_constant():
    model = RegionModel(np.array([0.2, 0.6]), np.array([0.1, 0.9]), np.array([0.0, 0.6]))
    found = model.probability(np.array([0.0, 0.4, 0.6, 2.0]))
    expected = [[0.9, 0.1, 0.0], [0.5, 0.2, 0.3], [0.1, 0.3, 0.6], [0.1, 0.3, 0.6]]
    assert found == pytest.approx(np.array(expected))
    assert model.thresholds == pytest.approx((0.4, 0.2 + 0.4 * 5 / 6))


BOUNDS = np.array([TRANSITION_AMPLITUDE, MINORITY_AMPLITUDE])


def judged(score, amplitudes):
    """The probabilities from score and amplitude, and from the score alone."""
    model = learn_regions(score, amplitudes)
    return region_probability(score, amplitudes, model), model.probability(score)


def brier(probability, truth):
    """Mean squared error of the probabilities that the two bounds are exceeded."""
    beyond = np.stack([1 - probability[:, 0], probability[:, 2]], axis=-1)
    return float(np.mean((beyond - (truth[:, np.newaxis] > BOUNDS)) ** 2))


@pytest.mark.parametrize("blur", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("noise", [0.02, 0.1, 0.3])
def test_score_and_amplitude_together_say_more_than_either(blur, noise):
    truth, amplitudes = graded(7, noise)
    score = truth + blur * np.random.default_rng(8).normal(size=POINTS)
    both, by_score = judged(score, amplitudes)
    by_amplitude = norm.cdf((amplitudes.value[:, np.newaxis] - BOUNDS) / noise)
    alone = np.column_stack([1 - by_amplitude[:, 0], by_amplitude[:, 0] - by_amplitude[:, 1], by_amplitude[:, 1]])
    assert brier(both, truth) < 1.05 * min(brier(by_score, truth), brier(alone, truth))


@pytest.mark.parametrize(("blur", "noise"), [(0.1, 0.1), (0.3, 0.1), (0.1, 0.3)])
def test_the_probabilities_are_as_often_right_as_they_say(blur, noise):
    truth, amplitudes = graded(9, noise, 20_000)
    score = truth + blur * np.random.default_rng(10).normal(size=20_000)
    minority = judged(score, amplitudes)[0][:, 2]
    for low in np.arange(0, 1, 0.2):
        about = (minority >= low) & (minority < low + 0.2)
        assert np.mean(truth[about] > MINORITY_AMPLITUDE) == pytest.approx(minority[about].mean(), abs=0.06)


def test_score_and_amplitude_are_weighed_as_in_a_plain_loop():
    rng = np.random.default_rng(11)
    truth, amplitudes = graded(11, 0.1, 300)
    kind = 1 + (np.arange(300) % 2)
    amplitudes = measured(amplitudes.value, (0.1, 0.3), kind)
    score = truth + 0.1 * rng.normal(size=300)
    found = judged(score, amplitudes)[0]
    noise = np.array([0.1, 0.3])[kind - 1]
    expected = naive.region_posterior(score, pooled(score, amplitudes.value), amplitudes.value, noise, BOUNDS, LIKE)
    assert 1 - found[:, 0] == pytest.approx(expected[:, 0], abs=1e-9)
    assert found[:, 2] == pytest.approx(expected[:, 1], abs=1e-9)


@given(st.integers(0, 1000), st.floats(0.0, 1.0), st.floats(0, 1), st.integers(1, 80))
def test_they_are_probabilities_of_one_of_three_whatever_comes(seed, noise, blur, points):
    rng = np.random.default_rng(seed)
    truth, amplitudes = graded(seed, noise, points)
    found = judged(np.round((1 - blur) * truth + blur * rng.random(points), 2), amplitudes)[0]
    assert found.shape == (points, 3)
    assert np.all(found >= 0)
    assert found.sum(axis=1) == pytest.approx(1)


def test_where_the_amplitude_is_doubtful_the_score_alone_counts():
    truth, amplitudes = graded(12, 0.1)
    doubtful = np.random.default_rng(12).random(POINTS) < 0.3
    found, by_score = judged(truth, measured(amplitudes.value, (0.1,), doubtful=doubtful))
    assert np.array_equal(found[doubtful], by_score[doubtful])
    assert not np.array_equal(found[~doubtful], by_score[~doubtful])


def test_the_order_of_the_spectra_does_not_matter_to_the_probabilities():
    rng = np.random.default_rng(13)
    truth, amplitudes = graded(13, 0.1)
    score = np.round(truth + 0.05 * rng.normal(size=POINTS), 2)
    order = rng.permutation(POINTS)
    plain, other = judged(score, amplitudes)[0], judged(score[order], measured(amplitudes.value[order], (0.1,)))[0]
    assert other == pytest.approx(plain[order], abs=1e-9)

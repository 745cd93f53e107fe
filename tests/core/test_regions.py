import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymos.core.regions import score_thresholds


def surface(seed=0, majority=900, minority=60, far=20.0):
    """Distances of a majority around 1 and a minority around `far`, with a flank between, in random order."""
    rng = np.random.default_rng(seed)
    near, flank = rng.gamma(9, 1 / 9, majority), rng.uniform(3, far, 40)
    core = rng.normal(far, 0.05 * far, minority)
    distance = np.concatenate([near, flank, core])
    truth = np.repeat([0, 1, 2], [majority, 40, minority])
    order = rng.permutation(len(distance))
    return distance[order], truth[order]


def test_a_score_that_is_the_distance_is_cut_half_way_to_the_population():
    distance, truth = surface()
    found = score_thresholds(distance / 20, distance, 2.5, truth == 2)
    population = np.quantile(distance[truth == 2], 0.95)
    assert found.minority == pytest.approx(population / 2 / 20, rel=0.05)
    assert 0.5 * 2.5 / 20 < found.majority < 1.2 * 2.5 / 20


@pytest.mark.parametrize("seed", range(3))
def test_noisy_scores_part_majority_and_minority(seed):
    distance, truth = surface(seed)
    rng = np.random.default_rng(seed + 10)
    score = np.clip(np.log(1 + distance) / np.log(21) + rng.normal(0, 0.01, len(distance)), 0, 1)
    found = score_thresholds(score, distance, 2.5, truth == 2)
    assert np.mean(score[truth == 0] < found.majority) > 0.99
    assert np.all(score[truth == 2] >= found.minority)


@given(st.floats(0.01, 100), st.integers(0, 5), st.booleans())
def test_the_minority_never_begins_before_the_majority_ends(boundary, seed, one):
    distance, truth = surface(seed)
    evidence = truth == 2
    if one:
        evidence = np.arange(len(distance)) == np.flatnonzero(evidence)[0]
    found = score_thresholds(distance / distance.max(), distance, boundary, evidence)
    assert 0 <= found.majority <= found.minority <= 1


def test_order_and_units_do_not_matter():
    distance, truth = surface()
    score = np.tanh(distance / 10)
    plain = score_thresholds(score, distance, 2.5, truth == 2)
    scaled = score_thresholds(score, 2.0**-40 * distance, 2.0**-40 * 2.5, truth == 2)
    turned = score_thresholds(score[::-1], distance[::-1], 2.5, truth[::-1] == 2)
    for other in (scaled, turned):
        assert [other.majority, other.minority] == pytest.approx([plain.majority, plain.minority], rel=1e-9)

import numpy as np
import pytest

from didymos.core.kinds import find_kinds

FEATURES = 5


def planted(sizes, seed=0, noise=0.5):
    """Residuals along one axis for each kind, from 4 to 20 times the noise (cores and flanks), in random order."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(sizes)), sizes)
    rng.shuffle(truth)
    axes = np.eye(FEATURES)[: len(sizes)]
    height = rng.uniform(4, 20, len(truth))[:, np.newaxis]
    return height * axes[truth] + rng.normal(scale=noise, size=(len(truth), FEATURES)), truth


@pytest.mark.parametrize("sizes", [(60,), (60, 30), (60, 35, 15), (8, 5, 4)])
def test_planted_directions_come_back_largest_first(sizes):
    residual, truth = planted(sizes)
    found = find_kinds(residual, np.ones(len(truth), dtype=bool), seed=0)
    assert np.array_equal(found, truth + 1)
    assert np.array_equal(np.bincount(found)[1:], sizes)


def test_opposite_directions_are_two_kinds():
    residual, truth = planted((40,))
    residual[:15] *= -1
    found = find_kinds(residual, np.ones(len(truth), dtype=bool), seed=0)
    assert np.array_equal(found, np.where(np.arange(40) < 15, 2, 1))


@pytest.mark.parametrize("factor", [1e-12, 1e6])
def test_units_do_not_matter(factor):
    residual, truth = planted((40, 20))
    assert np.array_equal(find_kinds(factor * residual, np.ones(60, dtype=bool), seed=0), truth + 1)


def test_flanks_join_the_kind_of_the_nearest_direction():
    residual, truth = planted((40, 20), noise=0.1)
    clear = np.linalg.norm(residual, axis=1) > 8
    assert 3 < clear.sum() < 60
    assert np.array_equal(find_kinds(residual, clear, seed=0), truth + 1)


def test_unknown_surroundings_join_the_largest_kind():
    residual, truth = planted((40, 20))
    for seed in range(3):
        lost = np.random.default_rng(seed).choice(60, 5, replace=False)
        broken = residual.copy()
        broken[lost] = np.nan
        found = find_kinds(broken, np.ones(60, dtype=bool), seed=seed)
        expected = truth + 1
        expected[lost] = 1
        assert np.array_equal(found, expected)


def test_without_structure_or_evidence_there_is_one_kind():
    rng = np.random.default_rng(0)
    assert set(find_kinds(rng.normal(size=(80, FEATURES)), np.ones(80, dtype=bool), seed=0)) == {1}
    assert set(find_kinds(rng.normal(size=(9, FEATURES)), np.zeros(9, dtype=bool), seed=0)) == {1}
    assert set(find_kinds(np.zeros((9, FEATURES)), np.ones(9, dtype=bool), seed=0)) == {1}
    assert set(find_kinds(np.full((9, FEATURES), np.nan), np.ones(9, dtype=bool), seed=0)) == {1}
    assert set(find_kinds(rng.normal(size=(1, FEATURES)), np.ones(1, dtype=bool), seed=0)) == {1}

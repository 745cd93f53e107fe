import numpy as np

from didymos.core.preparation.levelling import levelled_lines


def ground(seed=0):
    return np.random.default_rng(seed).normal(0, 1e-12, (30, 41))


def test_offsets_of_lines_are_removed():
    steps = np.random.default_rng(1).normal(0, 1e-10, (30, 1))
    found = levelled_lines(ground() + steps)
    assert found.mean(axis=1).std() < 4e-12
    np.testing.assert_allclose(found.mean(), (ground() + steps).mean())


def test_a_step_across_less_than_half_of_a_line_stays():
    heights = ground()
    heights[10:20, :15] += 3e-10
    found = levelled_lines(heights)
    assert abs(found[12:18, :15].mean() - found[12:18, 15:].mean() - 3e-10) < 2e-12
    assert abs(found[:10].mean() - found[20:].mean()) < 5e-12


def test_gaps_stay_gaps_and_an_empty_line_is_passed_over():
    heights = ground() + 1e-9 * (np.arange(30) > 12)[:, None]
    heights[12], heights[3, 4] = np.nan, np.nan
    found = levelled_lines(heights)
    assert np.array_equal(np.isfinite(found), np.isfinite(heights))
    assert abs(np.nanmean(found[:12]) - np.nanmean(found[13:])) < 5e-12
    assert np.isnan(levelled_lines(np.full((3, 4), np.nan))).all()


def test_levelled_lines_are_levelled():
    found = levelled_lines(ground())
    np.testing.assert_allclose(levelled_lines(found), found, atol=1e-24)

import numpy as np
import pytest
from scipy.stats import binom

from didymos.core.pairs.one_population import compare_with_one_population
from didymos.core.pairs.settings import OnePopulationSettings


def cluster(rng, points, features, share, away):
    spectra = rng.normal(size=(points, features))
    spectra[: round(share * points), 0] += away
    return spectra


def student(rng, points, features, freedom):
    return rng.normal(size=(points, features)) * np.sqrt(freedom / rng.chisquare(freedom, size=(points, 1)))


def drift(rng, side, features):
    """Return a smooth field for every feature, each a wave over the surface, with a little noise."""
    y, x = np.mgrid[:side, :side].reshape(2, -1) / side
    wave, phase = 2 * rng.normal(size=(features, 2)), rng.uniform(0, 2 * np.pi, features)
    fields = np.sin(2 * np.pi * (np.outer(x, wave[:, 0]) + np.outer(y, wave[:, 1])) + phase)
    return fields + 0.2 * rng.normal(size=fields.shape)


ONE = {
    "normal": lambda rng: rng.normal(size=(40, 3)),
    "uneven": lambda rng: rng.normal(size=(40, 6)) * np.geomspace(1, 10, 6),
    "few": lambda rng: rng.normal(size=(20, 4)),
    "more features than spectra": lambda rng: rng.normal(size=(20, 25)),
    "tails": lambda rng: student(rng, 40, 3, 5),
    "drift": lambda rng: drift(rng, 7, 2),
    "flat": lambda rng: rng.uniform(size=(60, 2)),
}


def test_one_population_is_rarely_called_two():
    rng = np.random.default_rng(0)
    found = [
        compare_with_one_population(draw(rng), replicates=9, seed=seed).p_value
        for draw in ONE.values()
        for seed in range(2)
    ]
    # a test of the right size calls more than this two once in a thousand times
    assert np.sum(np.array(found) <= 0.1) <= binom.isf(1e-3, len(found), 0.1)


def test_a_flat_population_on_a_line_is_rarely_called_two():
    rng = np.random.default_rng(1)
    found = [compare_with_one_population(rng.uniform(size=(100, 1)), replicates=9, seed=0).p_value for _ in range(20)]
    assert np.sum(np.array(found) <= 0.1) <= binom.isf(1e-3, len(found), 0.1)


@pytest.mark.parametrize(
    ("points", "features", "share", "away"), [(120, 10, 0.06, 10), (100, 3, 0.1, 10), (80, 5, 0.5, 10)]
)
def test_two_populations_are_found(points, features, share, away):
    spectra = cluster(np.random.default_rng(1), points, features, share, away)
    found = compare_with_one_population(spectra, replicates=19, seed=0)
    assert found.p_value == pytest.approx(1 / 20)
    assert found.gain > found.replicate_gains.max()
    assert len(found.replicate_gains) == 2 * 19  # with long tails, and flat


def test_p_value_counts_the_replicates_that_reach_the_gain():
    found = compare_with_one_population(np.random.default_rng(2).normal(size=(40, 2)), replicates=9, seed=3)
    reached = sum(gain >= found.gain for gain in found.replicate_gains)
    assert found.p_value == pytest.approx((1 + reached) / 10)
    assert found.degrees_of_freedom <= 15.0


def test_units_rotation_order_and_origin_change_nothing():
    rng = np.random.default_rng(4)
    spectra = rng.normal(size=(50, 3)) * [1, 2, 5]
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    plain = compare_with_one_population(spectra, replicates=5, seed=0)
    for other in (1e-12 * spectra, 2.0**30 * spectra, spectra @ turn, spectra[::-1], spectra + 100):
        same = compare_with_one_population(other, replicates=5, seed=0)
        assert same.gain == pytest.approx(plain.gain, abs=1e-3)
        assert same.p_value == pytest.approx(plain.p_value, abs=0.2)
        assert same.degrees_of_freedom == plain.degrees_of_freedom
        assert same.widths / same.widths[0] == pytest.approx(plain.widths / plain.widths[0], rel=1e-6)


def test_widths_follow_the_axes_and_tails_the_radii():
    rng = np.random.default_rng(5)
    uneven = compare_with_one_population(rng.normal(size=(900, 3)) * [1, 10, 3], replicates=1, seed=0)
    assert uneven.widths / uneven.widths[0] == pytest.approx([1, 0.3, 0.1], rel=0.15)
    heavy = compare_with_one_population(student(rng, 400, 8, 3), replicates=1, seed=0)
    light = compare_with_one_population(rng.normal(size=(400, 8)), replicates=1, seed=0)
    assert heavy.degrees_of_freedom <= 3 < 7 <= light.degrees_of_freedom


def test_a_sample_of_many_spectra_is_used_and_the_seed_decides():
    spectra = np.random.default_rng(6).normal(size=(300, 2))
    first, again, other = (
        compare_with_one_population(spectra, replicates=3, seed=seed, settings=OnePopulationSettings(most_spectra=40))
        for seed in (0, 0, 1)
    )
    assert first.spectra == 38
    assert np.array_equal(first.replicate_gains, again.replicate_gains)
    assert not np.array_equal(first.replicate_gains, other.replicate_gains)


def test_spectra_without_a_distance_are_left_out():
    spectra = np.random.default_rng(7).normal(size=(30, 2))
    corrupted = np.vstack([spectra, [[np.nan, 0.0], [np.inf, 1.0]]])
    assert compare_with_one_population(corrupted, replicates=2, seed=0).gain == pytest.approx(
        compare_with_one_population(spectra, replicates=2, seed=0).gain
    )


@pytest.mark.parametrize(
    "spectra",
    [
        np.zeros((0, 3)),
        np.array([[0.0], [1.0]]),
        np.full((40, 3), 0.1),
        np.array([[0.0]] * 30 + [[1.0]]),
        np.full((20, 2), np.nan),
        np.zeros((30, 0)),
    ],
    ids=["none", "two", "identical", "one odd", "unknown", "no features"],
)
def test_nothing_can_be_said(spectra):
    found = compare_with_one_population(spectra, replicates=3, seed=0)
    assert found.p_value == 1
    assert found.gain == 0
    assert len(found.replicate_gains) == 0


@pytest.mark.parametrize(
    "spectra",
    [
        np.eye(20),
        np.vstack([np.random.default_rng(8).normal(size=(40, 2)), [[1e9, 0.0]]]),
        np.vstack([np.random.default_rng(8).normal(size=(40, 2)), [[1e9, 0.0], [-1e9, 1e9]]]),
    ],
    ids=["all equally far", "one outlier", "two outliers"],
)
def test_equal_distances_and_outliers_are_no_population(spectra):
    assert compare_with_one_population(spectra, replicates=9, seed=0).p_value > 0.1


def test_repeated_spectra_have_an_answer():
    values = np.repeat([[0.0, 0.0], [1.0, 0.0]], 20, axis=0)
    assert 0 < compare_with_one_population(values, replicates=3, seed=0).p_value <= 1


@pytest.mark.parametrize(
    "wrong", [{"replicates": 0}, {"settings": OnePopulationSettings(most_spectra=3)}, {"features": np.zeros(5)}]
)
def test_senseless_requests_are_refused(wrong):
    with pytest.raises(ValueError, match="least"):
        compare_with_one_population(**({"features": np.zeros((20, 2)), "seed": 0} | wrong))

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import naive
from didymos.core.energies.iso_energy import otsu_level
from didymos.core.latent import distance_correlation as module
from didymos.core.latent.distance_correlation import (
    correlate_distances,
    distance_correlation,
    distance_to_mean,
    log_distance_correlation,
)
from didymos.core.numeric.moments import moments
from didymos.core.numeric.principal_components import principal_components
from didymos.core.numeric.rescaling import log_rescale
from didymos.simulate import fese


def spectra_and_latent(points=300, seed=0):
    """Spectra with a minority, and a latent space that bends them."""
    rng = np.random.default_rng(seed)
    spectra = rng.normal(size=(points, 8)) * np.linspace(0.2, 2, 8)
    spectra[: points // 20] += 3
    return spectra, np.column_stack([np.tanh(spectra[:, 7]), np.sin(spectra[:, 6]), spectra[:, 0] ** 2])


def rotation(dimension, seed=1):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(dimension, dimension)))[0]


def numbers(found):
    """The numbers that have no unit."""
    return np.array([found.line_share, found.step_share, found.step_index, found.share_above])


def steps(found):
    return np.array([found.low_level, found.high_level, found.cut])


# --- known truth


def test_all_principal_components_keep_every_distance():
    spectra, _ = spectra_and_latent()
    components = principal_components(moments(spectra), 8)
    found = distance_correlation(spectra, components.scores(spectra))
    np.testing.assert_allclose(found.latent_distance, found.raw_distance, rtol=1e-12)
    assert found.line_share == pytest.approx(1, abs=1e-12)
    assert found.step_index == pytest.approx(-1, abs=1e-9)
    assert found.counts.sum() == np.trace(found.counts) == 300


@pytest.mark.parametrize("minority", [1, 30, 150])
def test_an_ideal_step_is_explained_by_two_levels_whatever_the_raw_distances(minority):
    raw = np.random.default_rng(0).normal(size=(300, 5))
    latent = np.where(np.arange(300) < minority, 7.0, 2.0)
    found = distance_correlation(raw, latent, origin=[2.0])
    assert found.step_share == pytest.approx(1, abs=1e-12)
    assert found.step_index == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(steps(found), [0, 5, 2.5], atol=1e-12)
    assert found.share_above == minority / 300
    # where the raw distances are two clusters as well, a line comes close but the step stays perfect
    apart = np.where(np.arange(300) < minority, 9.0, 1.0) + 0.1 * np.random.default_rng(1).random(300)
    near_line = correlate_distances(apart, latent)
    assert near_line.line_share > 0.95
    assert near_line.step_index == pytest.approx(1, abs=1e-9)


def test_a_step_with_some_spread_outranks_latent_distances_without_levels():
    rng = np.random.default_rng(0)
    raw = rng.gamma(5, size=20000)
    spread = np.where(raw > 10, 4.0, 1.0) + 0.1 * rng.normal(size=20000)
    step = correlate_distances(raw, spread)
    assert step.step_share > 0.95
    assert step.step_index > 0.85
    assert step.share_above == np.mean(raw > 10)
    without_levels = correlate_distances(raw, rng.normal(size=20000))
    assert without_levels.line_share < 1e-3
    assert without_levels.step_share == pytest.approx(2 / np.pi, abs=0.01)
    assert without_levels.step_index == pytest.approx(0.47, abs=0.02)
    uniform = correlate_distances(raw, rng.random(20000))
    assert uniform.step_share == pytest.approx(0.75, abs=0.01)


def test_line_and_step_that_both_fit_perfectly_are_even():
    raw = np.array([1.0, 1.0, 3.0, 1.0])
    found = correlate_distances(raw, 0.1 * raw + 0.7)
    assert found.line_share == pytest.approx(1, abs=1e-12)
    assert found.step_share == pytest.approx(1, abs=1e-12)
    assert found.step_index == 0


@pytest.mark.parametrize("offset", [0.01, 1.0, 100.0])
def test_log_rescaled_distances_lie_on_the_concave_curve(offset):
    raw = distance_to_mean(spectra_and_latent(2000)[0])
    found = log_distance_correlation(raw, offset, bins=50)
    order = np.argsort(raw)
    assert (np.diff(found.latent_distance[order]) > 0).all()
    slope = np.diff(found.latent_distance[order]) / np.diff(raw[order])
    assert (np.diff(slope) <= 1e-6 * slope[0]).all()
    # every occupied bin is crossed by the curve
    rows, columns = np.nonzero(found.counts)
    assert (log_rescale(found.raw_edges[rows], offset) <= found.latent_edges[columns + 1] + 1e-12).all()
    assert (log_rescale(found.raw_edges[rows + 1], offset) >= found.latent_edges[columns] - 1e-12).all()
    assert found.step_index < 0


def test_log_rescaling_with_a_large_offset_is_a_line():
    raw = distance_to_mean(spectra_and_latent()[0])
    shares = [log_distance_correlation(raw, offset).line_share for offset in (0.01, 1.0, 100.0, 1e5)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1, abs=1e-8)


def test_two_components_of_iron_selenide_are_a_line():
    surface = fese(shape=(48, 48), energies=64)
    spectra = surface.spectra.values.reshape(-1, 64)
    components = principal_components(moments(spectra), 2)
    found = distance_correlation(spectra, components.scores(spectra))
    assert found.line_share > 0.99
    assert found.step_index < -0.9
    defects = surface.truth_amplitude.values.ravel() > 0.5
    ideal = distance_correlation(spectra, defects.astype(float))
    assert ideal.step_index == pytest.approx(1, abs=1e-6)
    assert ideal.share_above == defects.mean()
    assert 0.5 < ideal.line_share < 0.9


# --- laws


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    points=st.integers(3, 40),
    energies=st.integers(1, 6),
    components=st.integers(1, 3),
    bins=st.integers(1, 9),
    offset=st.sampled_from([0.0, -3.0, 1e6]),
    unit=st.sampled_from([1.0, 1e-12, 1e9]),
    missing=st.integers(0, 3),
    values_per_block=st.sampled_from([1, 20, 1 << 18]),
)
def test_agrees_with_plain_loops(seed, points, energies, components, bins, offset, unit, missing, values_per_block):
    rng = np.random.default_rng(seed)
    raw = unit * (offset + rng.normal(size=(points + missing, energies)))
    latent = rng.exponential(size=(points + missing, components))
    for place in range(missing):
        (raw, latent)[place % 2][place, 0] = (np.nan, np.inf, -np.inf)[place]
    finite = np.arange(points + missing) >= missing
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_VALUES", values_per_block)
        found = distance_correlation(raw, latent, bins=bins)
    x, y = found.raw_distance, found.latent_distance
    assert np.isnan(x[~finite]).all()
    assert np.isnan(y[~finite]).all()
    x, y = x[finite], y[finite]
    # the rounding of an offset in the data themselves is all that may be lost
    lost = 1e-12 * unit * (1 + 1e-2 * abs(offset))
    np.testing.assert_allclose(x, naive.distances_to_mean(raw[finite]), rtol=1e-12, atol=lost)
    np.testing.assert_allclose(y, naive.distances_to_mean(latent[finite]), rtol=1e-12, atol=1e-14)
    assert found.line_share == pytest.approx(naive.line_share(x / unit, y), abs=1e-9)
    assert found.step_share == pytest.approx(naive.step_share(y), abs=1e-9)
    above = y > found.cut
    np.testing.assert_allclose(steps(found), [y[~above].mean(), y[above].mean(), otsu_level(y)], rtol=1e-12)
    assert found.share_above == pytest.approx(above.mean(), rel=1e-12)
    np.testing.assert_array_equal(found.counts, naive.joint_counts(x, y, found.raw_edges, found.latent_edges))
    assert found.counts.sum() == points
    for edges, distance in ((found.raw_edges, x), (found.latent_edges, y)):
        assert (edges[0], edges[-1]) == (distance.min(), distance.max())
        np.testing.assert_allclose(np.diff(edges), np.ptp(edges) / bins, rtol=1e-6)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    raw_unit=st.sampled_from([1e-12, 1e-3, 1e9]),
    latent_unit=st.sampled_from([1e-9, 7.0, 1e12]),
    shift=st.sampled_from([0.0, -5.0, 1e4]),
)
def test_units_rotations_translations_and_order_change_nothing(seed, raw_unit, latent_unit, shift):
    raw, latent = spectra_and_latent(100, seed)
    plain = distance_correlation(raw, latent)
    moved = distance_correlation(
        raw_unit * (raw @ rotation(8) + shift), latent_unit * (latent @ rotation(3, seed) - shift)
    )
    np.testing.assert_allclose(numbers(moved), numbers(plain), atol=1e-8)
    np.testing.assert_allclose(steps(moved), latent_unit * steps(plain), rtol=1e-8)
    np.testing.assert_allclose(moved.raw_distance, raw_unit * plain.raw_distance, rtol=1e-8)
    order = np.random.default_rng(seed).permutation(100)
    shuffled = distance_correlation(raw[order], latent[order])
    np.testing.assert_allclose(numbers(shuffled), numbers(plain), atol=1e-12)
    np.testing.assert_allclose(shuffled.latent_distance, plain.latent_distance[order], rtol=1e-12)
    np.testing.assert_allclose(shuffled.raw_edges, plain.raw_edges, rtol=1e-12)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), points=st.integers(2, 30))
def test_numbers_stay_in_their_range(seed, points):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 4, (2, points)) * 0.1
    found = correlate_distances(x, y)
    assert np.isnan(numbers(found)[:3]).all() == (np.ptp(y) == 0)
    if np.ptp(y) > 0:
        assert 0 <= found.line_share <= 1
        assert 0 < found.step_share <= 1
        assert -1 <= found.step_index <= 1
        assert found.low_level < found.cut < found.high_level


def test_a_spectrum_missing_in_one_space_counts_in_neither():
    raw, latent = spectra_and_latent()
    raw[3, 2], latent[7, 1], latent[9, 0] = np.nan, np.inf, np.nan
    found = distance_correlation(raw, latent)
    kept = ~np.isin(np.arange(300), [3, 7, 9])
    rest = distance_correlation(raw[kept], latent[kept])
    np.testing.assert_array_equal(found.raw_distance[kept], rest.raw_distance)
    np.testing.assert_array_equal(found.latent_distance[kept], rest.latent_distance)
    assert np.isnan(found.raw_distance[~kept]).all()
    assert np.isnan(found.latent_distance[~kept]).all()
    np.testing.assert_array_equal(numbers(found), numbers(rest))
    np.testing.assert_array_equal(found.counts, rest.counts)
    assert found.counts.sum() == 297


def test_the_origin_of_a_curved_latent_space_can_be_given():
    raw, latent = spectra_and_latent()
    origin = np.array([0.5, -1.0, 2.0])
    found = distance_correlation(raw, latent, origin=origin)
    np.testing.assert_allclose(found.latent_distance, np.linalg.norm(latent - origin, axis=1), rtol=1e-12)
    np.testing.assert_array_equal(found.raw_distance, distance_to_mean(raw))
    default = distance_correlation(raw, latent, origin=latent.mean(axis=0))
    np.testing.assert_allclose(numbers(default), numbers(distance_correlation(raw, latent)), rtol=1e-9)


def test_one_component_may_be_a_plain_list_of_numbers():
    raw, latent = spectra_and_latent()
    column, flat = (distance_correlation(raw, values, origin=0.3) for values in (latent[:, :1], latent[:, 0]))
    np.testing.assert_array_equal(flat.latent_distance, column.latent_distance)
    np.testing.assert_array_equal(distance_to_mean(raw[:, 0]), distance_to_mean(raw[:, :1]))


# --- accuracy


def test_distances_survive_a_large_offset_in_single_precision():
    # whole numbers, so that single precision holds them exactly beside the offset
    small = np.random.default_rng(0).integers(-8, 9, (70001, 6)).astype(np.float32)
    expected = distance_to_mean(small.astype(np.float64))
    np.testing.assert_allclose(distance_to_mean(small + np.float32(8e6)), expected, rtol=1e-13)
    np.testing.assert_allclose(distance_to_mean(small.astype(int) + 10**12), expected, rtol=1e-13)
    np.testing.assert_allclose(expected, np.linalg.norm(small - small.mean(axis=0, dtype=float), axis=1), rtol=1e-12)


def test_the_mean_leaves_out_points_that_are_not_finite():
    points = np.array([[np.nan, 1.0], [0.0, 0.0], [6.0, 8.0], [1.0, -np.inf], [np.inf, 5.0]])
    np.testing.assert_array_equal(distance_to_mean(points), [np.nan, 5, 5, np.nan, np.nan])


def test_memory_beyond_the_input_is_a_few_blocks():
    raw = np.zeros((20000, 256), dtype=np.float32)
    raw[::7] = 1
    raw[5, 3] = np.nan
    tracemalloc.start()
    distance_correlation(raw, raw[:, :2])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < raw.nbytes / 2


# --- nothing to see


def test_the_same_latent_point_for_all_has_no_share():
    raw = np.random.default_rng(0).normal(size=(50, 4))
    found = distance_correlation(raw, np.full((50, 2), 0.1))
    assert np.isnan(numbers(found)[:3]).all()
    assert (found.low_level, found.cut, found.share_above) == (0, 0, 0)
    assert np.isnan(found.high_level)
    assert found.counts.sum() == 50
    assert (found.latent_distance == 0).all()


def test_latent_points_on_a_circle_are_all_equally_far():
    angle = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    found = distance_correlation(np.arange(1000.0), 3 * np.column_stack([np.cos(angle), np.sin(angle)]))
    assert np.isnan(numbers(found)[:3]).all()
    assert found.low_level == pytest.approx(3)
    assert found.share_above == 0
    assert found.counts.sum() == 1000
    assert found.latent_edges[[0, -1]] == pytest.approx([1.5, 4.5])


def test_a_constant_raw_distance_explains_nothing():
    latent = np.random.default_rng(0).normal(size=(50, 2))
    found = distance_correlation(np.full((50, 4), 1e9), latent)
    assert found.line_share == 0
    assert 0.5 < found.step_share < 1
    assert found.counts.sum() == 50


@pytest.mark.parametrize("points", [0, 1, 2])
def test_too_few_points_for_a_variance(points):
    # two points are equally far from their mean
    raw, latent = np.random.default_rng(0).normal(size=(2, points, 3)) + 1e3
    found = distance_correlation(raw, latent)
    assert np.isnan(numbers(found)[:3]).all()
    assert found.counts.sum() == points
    assert found.counts.shape == (64, 64)
    assert (np.diff(found.latent_edges) > 0).all()
    assert np.isnan(found.high_level)
    assert np.isnan(found.cut) == np.isnan(found.low_level) == np.isnan(found.share_above) == (points == 0)
    assert distance_to_mean(raw).shape == (points,)


def test_two_points_seen_from_elsewhere_fit_everything():
    found = distance_correlation(np.array([1.0, 1.5]), np.array([1.0, 4.0]), origin=[0.0])
    assert found.line_share == 0
    assert found.step_share == 1
    found = correlate_distances(np.array([1.0, 1.5]), np.array([1.0, 4.0]))
    assert (found.line_share, found.step_share, found.step_index) == (1, 1, 0)


def test_only_missing_spectra_give_missing_answers():
    found = distance_correlation(np.full((4, 3), np.nan), np.ones((4, 2)))
    assert np.isnan(found.raw_distance).all()
    assert np.isnan(found.latent_distance).all()
    assert np.isnan(numbers(found)).all()
    assert np.isnan(steps(found)).all()
    assert found.counts.sum() == 0


def test_what_does_not_fit_is_refused():
    ones = np.ones((4, 2))
    with pytest.raises(ValueError, match="3 spectra have 4 latent points"):
        distance_correlation(np.ones((3, 5)), ones)
    for origin in ([1.0], [1.0, np.nan], [[1.0, 2.0]]):
        with pytest.raises(ValueError, match="origin must be 2 finite"):
            distance_correlation(ones, ones, origin=origin)
    with pytest.raises(ValueError, match="no list of points"):
        distance_to_mean(np.ones((2, 2, 2)))
    for first, second in ((np.ones(3), np.ones(4)), (ones, ones)):
        with pytest.raises(ValueError, match="do not pair up"):
            correlate_distances(first, second)
    with pytest.raises(ValueError, match="at least one bin"):
        correlate_distances(np.ones(3), np.ones(3), bins=0)
    for offset in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="must be positive"):
            log_distance_correlation(np.ones(3), offset)

import numpy as np
import pytest

import naive
from didymos.core.energies.energy_histogram import means_and_stds, region_distance_histogram, signal_histogram


def spectra(points, energies=9, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(points, energies)) + np.arange(energies)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("points", [1, 2, 1000])
def test_signals_are_counted_as_numpy_counts_them(points, dtype):
    values = spectra(points, dtype=dtype)
    edges, counts = signal_histogram(values, bins=32)
    assert counts.shape == (32, 9)
    assert (edges[0], edges[-1]) == (values.min(), values.max())
    np.testing.assert_array_equal(counts, naive.signal_counts(values, edges))
    assert counts.sum() == values.size


def test_signal_histogram_keeps_its_laws():
    values = spectra(500, dtype=np.float64)
    edges, counts = signal_histogram(values, bins=32)
    shuffled = np.random.default_rng(1).permutation(500)
    np.testing.assert_array_equal(signal_histogram(values[shuffled], bins=32)[1], counts)
    # a power of two changes units without rounding
    small_edges, small_counts = signal_histogram(values * 2.0**-40, bins=32)
    np.testing.assert_array_equal(small_counts, counts)
    np.testing.assert_allclose(small_edges, edges * 2.0**-40, rtol=1e-12)
    np.testing.assert_array_equal(signal_histogram(values[:, ::-1], bins=32)[1], counts[:, ::-1])


@pytest.mark.parametrize("outlier", [1e3, -1e8, 1e20])
def test_one_outlier_does_not_flatten_the_histogram(outlier):
    values = spectra(1000)
    clean_edges, _ = signal_histogram(values)
    values[17, 3] = outlier
    edges, counts = signal_histogram(values)
    assert edges[-1] - edges[0] < 2.5 * np.ptp(clean_edges)
    np.testing.assert_array_equal(counts, naive.signal_counts(values, edges))
    outside = np.isfinite(values).sum(axis=0) - counts.sum(axis=0)
    np.testing.assert_array_equal(outside, np.arange(9) == 3)


def test_missing_and_constant_signals_are_counted():
    values = spectra(100)
    values[:10] = np.nan
    values[10, 2] = np.inf
    edges, counts = signal_histogram(values)
    np.testing.assert_array_equal(counts.sum(axis=0), np.where(np.arange(9) == 2, 89, 90))
    np.testing.assert_array_equal(counts, naive.signal_counts(values, edges))
    for constant in (0.0, 3e-12, -5.0):
        edges, counts = signal_histogram(np.full((20, 4), constant))
        assert (np.diff(edges) > 0).all()
        assert (counts.sum(axis=0) == 20).all()
    assert signal_histogram(np.full((20, 4), np.nan))[1].sum() == 0
    # nearly all counts are zero: what is not zero must still be seen
    rare = np.zeros((5000, 4))
    rare[0, 1] = 7.0
    edges, counts = signal_histogram(rare)
    assert edges[-1] == 7
    assert counts.sum() == rare.size


@pytest.mark.parametrize(("majority", "minority"), [(60, 7), (5, 40), (1, 1), (30, 30)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_differences_of_all_pairs_are_exact(majority, minority, dtype):
    first, second = spectra(majority, 20, 1, dtype), spectra(minority, 20, 2, dtype) * 2 + 1
    edges, counts = region_distance_histogram(first, second, bins=24)
    assert counts.shape == (24, 20)
    np.testing.assert_array_equal(counts, naive.region_difference_counts(first, second, edges))
    assert (counts.sum(axis=0) == majority * minority).all()
    assert edges[0] == 0
    assert edges[-1] == np.abs(first[:, np.newaxis].astype(np.float64) - second).max()


def test_differences_on_the_edges_of_bins_are_exact():
    # values of a digitiser: many differences fall exactly on an edge
    rng = np.random.default_rng(4)
    first, second = rng.integers(0, 9, (40, 6)).astype(float), rng.integers(0, 9, (20, 6)).astype(float)
    first[0], second[0] = 8, 0
    edges, counts = region_distance_histogram(first, second, bins=8)
    np.testing.assert_array_equal(edges, np.arange(9))
    np.testing.assert_array_equal(counts, naive.region_difference_counts(first, second, edges))


def test_difference_histogram_keeps_its_laws():
    first, second = spectra(80, dtype=np.float64), spectra(15, seed=2, dtype=np.float64) + 3
    edges, counts = region_distance_histogram(first, second)
    swapped = region_distance_histogram(second[::-1], first)
    np.testing.assert_array_equal(swapped[1], counts)
    scaled = region_distance_histogram(first * 2.0**-40, second * 2.0**-40)
    np.testing.assert_array_equal(scaled[1], counts)
    np.testing.assert_allclose(scaled[0], edges * 2.0**-40, rtol=1e-12)
    # the edges start at 0 even where all differences are large
    far_edges, far_counts = region_distance_histogram(first, second + 100)
    assert far_edges[0] == 0
    assert far_counts.sum() == 80 * 15 * 9
    # a common background at an energy cancels
    background = 16.0 * np.arange(9)
    np.testing.assert_allclose(region_distance_histogram(first + background, second + background)[1], counts, atol=2)


def test_differences_of_missing_equal_and_no_spectra():
    first, second = spectra(50), spectra(10, seed=2)
    assert region_distance_histogram(first, second[:0])[1].sum() == 0
    assert region_distance_histogram(first[:0], second)[1].shape == (96, 9)
    first[3], second[1, 4] = np.nan, np.nan
    edges, counts = region_distance_histogram(first, second)
    np.testing.assert_array_equal(counts.sum(axis=0), np.where(np.arange(9) == 4, 49 * 9, 49 * 10))
    np.testing.assert_array_equal(counts, naive.region_difference_counts(first, second, edges))
    equal = region_distance_histogram(np.ones((4, 2)), np.ones((3, 2)))[1]
    assert (equal[0] == 12).all()
    assert equal.sum() == 24


def test_one_outlier_does_not_flatten_the_differences():
    first, second = spectra(200), spectra(30, seed=2)
    plain = region_distance_histogram(first, second)[0][-1]
    first[5, 5] = 1e12
    edges, counts = region_distance_histogram(first, second)
    assert edges[0] == 0
    assert edges[-1] < 4 * plain  # what is not the tail fills a quarter of the bins
    assert 30 <= 200 * 30 * 9 - counts.sum() <= 30 + 200 * 30 * 9 * 1e-3
    np.testing.assert_array_equal(counts[:, :2], naive.region_difference_counts(first[:, :2], second[:, :2], edges))


def test_region_average_and_spread():
    values = spectra(300) * 1e-12 + np.float32(1e-9)
    labels = np.random.default_rng(1).integers(-1, 3, 300).astype(np.int8)
    values[np.flatnonzero(labels == 2)[0], 4] = np.nan
    for region, mean, std in zip((0, 1, 2), *means_and_stds(values, labels[:, np.newaxis] == [0, 1, 2]), strict=True):
        members = values[labels == region].astype(np.float64)
        np.testing.assert_allclose(mean, np.nanmean(members, axis=0), rtol=1e-12)
        np.testing.assert_allclose(std, np.nanstd(members, axis=0, ddof=1), rtol=1e-9)


def test_average_of_one_spectrum_and_of_none():
    values = spectra(3)
    mean, std = means_and_stds(values, np.array([[0, 1, 0]]).T == 1)
    np.testing.assert_allclose(mean[0], values[1], rtol=1e-12)
    assert np.isnan(std).all()
    mean, std = means_and_stds(values, np.zeros((3, 1), dtype=bool))
    assert np.isnan(mean).all()
    assert np.isnan(std).all()


def test_blocks_leave_no_seam():
    values = np.tile(np.arange(3.0), (20_000, 1)) + (np.arange(20_000) % 2.0)[:, np.newaxis]
    mean, std = means_and_stds(values, np.ones((20_000, 1), dtype=bool))
    np.testing.assert_allclose(mean[0], np.arange(3) + 0.5)
    np.testing.assert_allclose(std[0], np.sqrt(0.25 * 20_000 / 19_999))

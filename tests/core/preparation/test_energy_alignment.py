import numpy as np
import pytest

import naive
from didymos.core.preparation.alignment import aligned_to_each_other, correlations, shifted_back, shifts_from, typical

ENERGY = np.arange(120.0)


def line(shift, scale=1.0, offset=0.0):
    at = ENERGY - 60 - np.asarray(shift)[..., None]
    return offset + scale * (np.exp(-(at**2) / (2 * 5.0**2)) + 0.4 * np.exp(-((at - 20) ** 2) / (2 * 4.0**2)))


def test_a_shift_is_found_to_a_small_part_of_a_step():
    true = np.linspace(-8.3, 8.3, 40)
    found = shifts_from(line(true), line(0.0))
    np.testing.assert_allclose(found, true, atol=0.03)


@pytest.mark.parametrize(("scale", "offset"), [(1e-12, 0.0), (3.0, 100.0)])
def test_scale_and_offset_do_not_matter(scale, offset):
    true = np.array([-3.4, 0.0, 2.2])
    np.testing.assert_allclose(shifts_from(line(true, scale, scale * offset), line(0.0)), true, atol=0.03)


def test_shifts_with_noise_have_no_bias():
    random = np.random.default_rng(0)
    true = random.uniform(-4, 4, 500)
    found = shifts_from(line(true) + random.normal(0, 0.05, (500, 120)), line(0.0))
    assert np.isfinite(found).all()
    assert abs((found - true).mean()) < 0.03
    assert (found - true).std() < 0.25


def test_what_cannot_be_aligned_has_no_shift():
    random = np.random.default_rng(1)
    spectra = np.stack([random.normal(size=120), np.full(120, np.nan), np.full(120, 3.0), line(40.0), line(1.5)])
    found = shifts_from(spectra, line(0.0))
    assert np.isnan(found[:4]).all()
    assert found[4] == pytest.approx(1.5, abs=0.03)


def test_gaps_are_bridged():
    spectra = line([2.5])
    spectra[0, [10, 50, 90]] = np.nan
    assert shifts_from(spectra, line(0.0))[0] == pytest.approx(2.5, abs=0.1)


@pytest.mark.parametrize("shift", [0.0, 3.0, -2.0, 0.5, -3.7])
def test_shifted_back_a_spectrum_is_the_reference(shift):
    found = shifted_back(line([shift]), [shift])[0]
    known = np.isfinite(found)
    assert known.sum() == 120 - np.ceil(abs(shift))
    np.testing.assert_allclose(found[known], line(0.0)[known], atol=2e-4)


def test_a_gap_takes_one_value_beside_it_at_most():
    spectra = line([0.5])
    spectra[0, 40] = np.nan
    found = shifted_back(spectra, [0.5])[0]
    assert np.flatnonzero(np.isnan(found)).tolist() == [39, 40, 119]


def test_a_spectrum_without_a_shift_stays():
    spectra = line([4.0, 1.0])
    assert np.array_equal(shifted_back(spectra, [np.nan, 0.0]), spectra)


def test_the_typical_spectrum_sharpens_when_spectra_are_aligned():
    true = np.random.default_rng(3).normal(0, 4, 300)
    spectra = line(true - np.median(true))
    sharp = aligned_to_each_other(spectra)
    assert np.abs(typical(spectra) - line(0.0)).max() > 0.1
    assert np.nanmax(np.abs(sharp - line(0.0))) < 0.05


def test_the_typical_value_passes_over_gaps():
    assert np.array_equal(typical(np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])), [2.0, np.nan], True)


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-12, 1e-9), (1e6, -1e9)])
def test_correlations_are_those_of_every_lag_alone(scale, offset):
    random = np.random.default_rng(5)
    spectra = np.concatenate([line(random.normal(0, 3, 4)), random.normal(size=(3, 120)), np.ones((1, 120))])
    reference = line(0.0) + random.normal(0, 0.1, 120)
    expected = naive.correlations_at_lags(spectra, reference, 13)
    np.testing.assert_allclose(correlations(offset + scale * spectra, reference, 13), expected, atol=1e-6)

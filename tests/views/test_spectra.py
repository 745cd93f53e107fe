"""Spectra of eight bits: how much of them a page keeps."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from didymos.views.spectra import MISSING, grouped, groups_of, packed
from naive import packed_spectrum

EPS = float(np.finfo(np.float32).eps)


def result_of(spectra, energy=None):
    """Return the part of a result that holds spectra, one a row."""
    spectra = np.asarray(spectra, dtype=np.float32)
    energy = np.linspace(-1.0, 1.0, spectra.shape[1]) if energy is None else energy
    return xr.Dataset({"spectra": (("point", "energy"), spectra)}, coords={"energy": energy})


def everything(spectra):
    """Return all spectra as they stand in a page."""
    return packed(result_of(spectra), np.arange(len(spectra)), 10_000)


def allowed(found, spectra):
    """Return the largest error of every spectrum: half a step, and the rounding of numbers of 32 bits."""
    known = np.where(np.isfinite(spectra), np.abs(spectra), 0).max(axis=1, initial=0)
    largest = known + np.abs(found.mean).max(initial=0)
    return found.step / 2 + 8 * EPS * largest + 1e-44


finite = st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False)
some_spectra = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 9)),
    elements=st.one_of(finite, st.floats(-1, 1, width=32), st.just(float("nan"))),
)


@given(some_spectra)
def test_the_error_is_at_most_half_a_step(spectra):
    found = everything(spectra)
    unpacked = found.unpacked()
    np.testing.assert_array_equal(np.isnan(unpacked), np.isnan(spectra))
    error = np.where(np.isnan(spectra), 0, np.abs(unpacked.astype(float) - spectra)).max(axis=1)
    assert np.all(error <= allowed(found, spectra))


def test_a_step_is_a_254th_of_the_range_of_the_difference_from_the_mean():
    spectra = np.random.default_rng(0).normal(5, 1, (20, 30)).astype(np.float32)
    found = everything(spectra)
    np.testing.assert_allclose(found.mean, spectra.mean(axis=0), rtol=1e-6)
    for row, spectrum in enumerate(spectra.astype(float)):
        expected, step = packed_spectrum(spectrum, found.mean.astype(float))
        assert found.step[row] == pytest.approx(step, rel=1e-5)
        # a value in the middle between two levels may go either way
        np.testing.assert_allclose(found.unpacked()[row], expected, atol=1.001 * step)
        assert np.median(np.abs(found.unpacked()[row] - expected)) < 1e-5


@pytest.mark.parametrize("size", [1e-30, 1e-12, 1.0, 1e12, 1e30])
def test_spectra_of_any_size_keep_their_shape(size):
    spectra = (size * np.random.default_rng(0).normal(3, 1, (40, 25))).astype(np.float32)
    found = everything(spectra)
    assert np.all(found.step > 0)
    error = np.abs(found.unpacked().astype(float) - spectra)
    assert np.all(error.max(axis=1) <= allowed(found, spectra))
    assert error.max() < size / 50


def test_a_small_difference_keeps_its_shape_beside_a_large_common_structure():
    common = 1e3 * np.sin(np.arange(64))
    spectra = common + 0.01 * np.random.default_rng(0).normal(size=(50, 64))
    found = everything(spectra)
    assert np.abs(found.unpacked() - spectra).max() < 5e-4


def test_the_largest_numbers_of_32_bits_stay_finite():
    largest = np.finfo(np.float32).max
    spectra = np.array([[largest, -largest, 0], [-largest, largest, 0], [0, 1, 2]], dtype=np.float32)
    found = everything(spectra)
    for values in (found.mean, found.offset, found.step):
        assert np.isfinite(values).all()
    assert not (found.level == MISSING).any()


@pytest.mark.parametrize("value", [0.0, 3.0, -1e-30, 1e30])
def test_constant_spectra_stay_as_they_are(value):
    found = everything(np.full((5, 4), value))
    assert not found.step.any()
    np.testing.assert_allclose(found.unpacked(), value, rtol=1e-6)


def test_gaps_stay_gaps_and_infinite_values_become_gaps():
    spectra = np.random.default_rng(0).normal(size=(6, 8))
    spectra[0], spectra[1, 3], spectra[2, 2], spectra[:, 7] = np.nan, np.nan, np.inf, np.nan
    found = everything(spectra)
    np.testing.assert_array_equal(np.isnan(found.unpacked()), ~np.isfinite(spectra))
    assert (found.step[0], found.offset[0], found.mean[7]) == (0, 0, 0)
    np.testing.assert_allclose(found.mean[:7], np.nanmean(np.where(np.isfinite(spectra), spectra, np.nan)[:, :7], 0),
                               rtol=1e-5)  # fmt: skip


def test_one_energy_and_one_spectrum():
    assert everything([[1.0], [2.0], [np.nan]]).unpacked().tolist()[:2] == [[1.0], [2.0]]
    np.testing.assert_allclose(everything([[3.0, 1.0, 2.0]]).unpacked(), [[3.0, 1.0, 2.0]])


@given(st.integers(1, 3000), st.integers(1, 300))
def test_groups_of_energies_differ_in_size_by_one_at_most(energies, most):
    group = groups_of(energies, most)
    assert len(group) == energies
    assert set(np.diff(group)) <= {0, 1}
    assert (group[0], group[-1]) == (0, min(energies, most) - 1)
    sizes = np.bincount(group)
    assert sizes.max() - sizes.min() <= 1


@given(arrays(np.float32, (3, 11), elements=st.one_of(st.floats(-10, 10, width=32), st.just(float("nan")))),
       st.integers(1, 15))  # fmt: skip
def test_the_mean_of_a_group_is_that_of_what_is_known(values, most):
    group = groups_of(11, most)
    found = grouped(values, group)
    assert found.shape == (3, min(11, most))
    for row in range(3):
        for number in range(group[-1] + 1):
            known = [float(v) for v in values[row, group == number] if np.isfinite(v)]
            expected = sum(known) / len(known) if known else np.nan
            assert found[row, number] == pytest.approx(expected, rel=1e-5, abs=1e-6, nan_ok=True)


def test_fewer_energies_stand_for_the_middle_of_their_group():
    energy = np.linspace(-2, 3, 50)
    spectra = np.stack([energy, 2 * energy + 1])
    found = packed(result_of(spectra, energy), np.array([0, 1]), 7)
    assert len(found.energy) == found.level.shape[1] == 7
    np.testing.assert_allclose(found.energy, [energy[found.group == number].mean() for number in range(7)])
    np.testing.assert_allclose(found.unpacked(), [found.energy, 2 * found.energy + 1], atol=found.step.max())


@pytest.mark.parametrize("points", [[3, 4, 9], [50, 2, 77, 30], [5, 5, 1]])
@pytest.mark.parametrize("dims", [("point",), ("y", "x")])
def test_spectra_that_are_not_in_memory_give_the_same(points, dims):
    random = np.random.default_rng(0)
    shape = (80,) if len(dims) == 1 else (8, 10)
    values = random.normal(size=(*shape, 40)).astype(np.float32)
    result = xr.Dataset({"spectra": ((*dims, "energy"), values)}, coords={"energy": np.arange(40.0)})
    chunks = {dims[0]: 3, "energy": 40}
    for most in (128, 9):
        expected = packed(result, np.array(points), most)
        found = packed(result.chunk(chunks), np.array(points), most)
        for name in ("energy", "group", "mean", "offset", "step", "level"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)
        rows = grouped(values.reshape(-1, 40)[points], found.group)
        assert np.abs(found.unpacked() - rows).max() <= found.step.max()

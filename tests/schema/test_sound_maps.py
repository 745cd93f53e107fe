"""Positions that are none, and spectra that single precision does not hold: said in one line, or counted instead."""

import warnings
from typing import Any

import numpy as np
import pytest
import xarray as xr

from didymos import analyze, open_map
from didymos.report import write
from didymos.schema import InputError, spectral_map
from didymos.schema.positions import with_sound_positions

SHAPE, ENERGIES = (9, 10), 16


def image(**coords):
    rng = np.random.default_rng(0)
    values = 1 + np.tanh(np.linspace(-2, 2, ENERGIES)) + 0.1 * rng.standard_normal((*SHAPE, ENERGIES))
    array = spectral_map(values, np.linspace(-1, 1, ENERGIES), x=np.arange(10.0), y=np.arange(9.0))
    return array.assign_coords(coords)


def points(x, y):
    flat = image().values.reshape(90, ENERGIES)
    return spectral_map(flat, np.linspace(-1, 1, ENERGIES), x=x, y=y)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "equal": ({"x": np.ones(10)}, "x is neither ascending nor descending"),
    "not a number": ({"y": np.where(np.arange(9) == 3, np.nan, np.arange(9.0))}, "y has values that are no numbers"),
    "text": ({"x": [f"a{i}" for i in range(10)]}, r"x is of type <U2"),
    "date": ({"x": np.arange(10).astype("datetime64[s]")}, "x is of type datetime64"),
    "vast": ({"x": np.arange(10) * 1e301}, r"x extends over 9e\+301"),
    "unsorted": ({"y": [3.0, 1, 2, 0, 4, 5, 6, 7, 8]}, "y is neither"),
}


@pytest.mark.parametrize("case", WRONG)
def test_positions_that_are_none_are_counted_instead_and_that_is_said(case):
    coords, reason = WRONG[case]
    array = image(**{name: (name, np.asarray(values)) for name, values in coords.items()})
    sound = with_sound_positions(array)
    assert sound.x.values.tolist() == list(range(10))
    assert sound.y.values.tolist() == list(range(9))
    assert sound.x.attrs["units"] == sound.y.attrs["units"] == "pixel"
    assert "The positions are left out, since" in sound.attrs["position_note"]
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(sound.attrs["position_note"])


def test_sound_positions_stay():
    for array in (image(), image(x=("x", np.arange(10.0)[::-1])), points(np.arange(90.0), np.zeros(90))):
        assert with_sound_positions(array) is array
    lacking = points(np.where(np.arange(90) == 4, np.nan, np.arange(90.0)), np.arange(90.0))
    assert with_sound_positions(lacking) is lacking


@pytest.mark.parametrize("case", ["equal", "text", "vast"])
def test_such_a_map_is_analysed_to_the_end(tmp_path, case):
    coords, _ = WRONG[case]
    array = image(**{name: (name, np.asarray(values)) for name, values in coords.items()})
    array.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    result = analyze(open_map(tmp_path / "map.nc"), members=1)
    assert "positions are left out" in result.attrs["preparation_notes"]
    page = write(result, tmp_path / "out")
    assert "positions are left out" in page.read_text("utf-8")


def test_points_in_one_place_are_in_the_order_of_measurement():
    result = analyze(points(np.full(90, 2.0), np.full(90, 3.0)), members=1)
    assert "all points are in one place" in result.attrs["preparation_notes"]
    assert result.x.values.tolist() == list(range(90))


@pytest.mark.parametrize("factor", [1e-30, 1e30])
def test_magnitudes_whose_squares_are_lost_are_opened_and_not_analysed(factor):
    array = spectral_map(factor * image().values.astype(float), np.linspace(-1, 1, ENERGIES), signal_units="A")
    np.testing.assert_allclose(array.values, factor * image().values, rtol=1e-6)
    with pytest.raises(InputError, match=r"A; single precision, in which they are kept, needs 1e-18 to 1e\+18: divide"):
        analyze(array)


@pytest.mark.parametrize("factor", [1e60, 1e-60])
def test_magnitudes_beyond_single_precision_are_refused_with_the_reason(factor):
    with pytest.raises(InputError, match=r"single precision, in which they are kept, needs 1e-37 to 3e\+38: divide"):
        spectral_map(factor * image().values.astype(float), np.linspace(-1, 1, ENERGIES), signal_units="A")


def test_spectra_without_any_variation_are_none_that_lost_it():
    rounding = 3.1e-12 * (1 + 1e-16 * np.random.default_rng(0).standard_normal((5, 5, ENERGIES)))
    assert spectral_map(rounding, np.linspace(-1, 1, ENERGIES)).shape == (5, 5, ENERGIES)


@pytest.mark.parametrize("factor", [1e-15, 1.0, 1e15])
def test_magnitudes_within_single_precision_make_no_difference(factor):
    plain = image()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, other = (
            analyze(plain.copy(data=plain.values * np.float32(part)), members=1).distance_to_majority.values
            for part in (1.0, factor)
        )
    np.testing.assert_allclose(other, first, rtol=1e-3)


def test_a_variation_that_an_offset_hides_is_refused_and_not_lost():
    values = image().values.astype(float)
    spectral_map(values - 1e4, np.linspace(-1, 1, ENERGIES))
    for wrong in (values - 1e9, (values * 100 - 1e12).astype(np.int64)):
        with pytest.raises(InputError, match=r"which single precision .* does not hold: subtract their common offset"):
            spectral_map(wrong, np.linspace(-1, 1, ENERGIES))


def test_energies_are_numbers():
    array = xr.DataArray(np.ones((2, 2, 3)), dims=("y", "x", "energy"))
    for energies in (np.arange(3).astype("datetime64[s]"), ["a", "b", "c"]):
        with pytest.raises(InputError, match=r"the energies are of type .*; allowed are numbers: convert them first"):
            analyze(array.assign_coords(energy=energies))

import numpy as np
import pytest
import xarray as xr

from didymos.schema import (
    COMPARISON_ATTRIBUTES,
    COMPARISON_VARIABLES,
    RESULT_ATTRIBUTES,
    RESULT_VARIABLES,
    InputError,
    Region,
    is_image,
    missing_points,
    region_attributes,
    space_dims,
    spectral_map,
    validate_map,
)

ENERGIES = np.array([-2.0, 0.0, 1.0, 5.0])


def an_image(**options):
    values = np.arange(24, dtype=float).reshape(2, 3, 4)
    return spectral_map(values, ENERGIES, **options)


def one_line(error):
    message = str(error.value)
    return "\n" not in message and message


def test_an_image_keeps_its_values_names_and_units():
    array = an_image(
        x=[0, 1e-9, 2e-9],
        y=[5e-9, 6e-9],
        energy_units="meV",
        signal_units="nS",
        signal_name="dI/dV",
        attrs={"tip": "W"},
    )
    assert array.dims == ("y", "x", "energy")
    assert array.dtype == np.float32
    assert array.name == "spectra"
    assert array.attrs == {"units": "nS", "long_name": "dI/dV", "tip": "W"}
    assert [array[name].attrs["units"] for name in ("energy", "x", "y")] == ["meV", "m", "m"]
    assert np.array_equal(array, np.arange(24).reshape(2, 3, 4))
    assert np.array_equal(array.energy, ENERGIES)
    assert np.array_equal(array.x, [0, 1e-9, 2e-9])
    assert is_image(array)
    assert space_dims(array) == ("y", "x")


def test_scattered_spectra():
    array = spectral_map(np.ones((5, 4)), ENERGIES, x=np.arange(5), y=np.zeros(5), length_units="nm")
    assert array.dims == ("point", "energy")
    assert array.x.dims == array.y.dims == ("point",)
    assert array.y.attrs["units"] == "nm"
    assert not is_image(array)
    assert space_dims(array.to_dataset()) == ("point",)


def test_without_positions_the_index_is_the_position():
    array = an_image()
    assert np.array_equal(array.x, [0, 1, 2])
    assert array.x.attrs["units"] == array.y.attrs["units"] == "pixel"


def test_values_per_point_travel_with_the_map():
    height = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    array = an_image(coords={"topography": (height, "m")})
    assert array.topography.dims == ("y", "x")
    assert array.topography.attrs["units"] == "m"
    assert np.array_equal(array.isel(y=1).topography, height[1])


def test_descending_energies_are_turned_around_with_the_values():
    values = np.arange(24, dtype=float).reshape(2, 3, 4)
    array = spectral_map(values, ENERGIES[::-1], energy_units="eV", signal_units="S")
    assert np.array_equal(array.energy, ENERGIES)
    assert np.array_equal(array, values[..., ::-1])
    assert array.energy.attrs["units"] == "eV"
    assert array.attrs["units"] == "S"


@pytest.mark.parametrize("order", [("energy", "x", "y"), ("x", "energy", "y"), ("y", "x", "energy")])
def test_dims_in_any_order_are_put_in_order(order):
    array = an_image(coords={"topography": (np.zeros((2, 3)), "m")})
    assert validate_map(array.transpose(*order)).identical(array)


def test_scattered_dims_in_any_order_are_put_in_order():
    array = spectral_map(np.arange(20).reshape(5, 4), ENERGIES)
    assert validate_map(array.transpose()).identical(array)


def test_validation_changes_a_valid_map_no_more():
    array = an_image(signal_units="nS")
    assert validate_map(array).identical(array)
    assert validate_map(validate_map(array.astype(float).rename("dI/dV"))).identical(array)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float16, np.float64])
def test_real_numbers_become_float32(dtype):
    array = spectral_map(np.arange(8, dtype=dtype).reshape(2, 4), ENERGIES)
    assert array.dtype == np.float32
    assert np.array_equal(array, np.arange(8).reshape(2, 4))


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        (np.ones((2, 4)) * 1j, "take the real part"),
        (np.full((2, 4), "a"), "convert them"),
        (np.ones((2, 4), dtype=bool), "convert them"),
        (np.full((2, 4), None), "convert them"),
    ],
)
def test_what_is_no_real_number_is_refused(values, remedy):
    with pytest.raises(InputError, match=r"allowed are real numbers") as error:
        spectral_map(values, ENERGIES)
    assert remedy in one_line(error)


@pytest.mark.parametrize("shape", [(4,), (1, 2, 3, 4), ()])
def test_other_numbers_of_dimensions_are_refused(shape):
    with pytest.raises(InputError, match=rf"spectra have {len(shape)} dimensions; allowed are .*: reshape") as error:
        spectral_map(np.zeros(shape), ENERGIES)
    assert one_line(error)


@pytest.mark.parametrize(
    "energies", [[0, 0, 1, 2], [0, 1, 1, 2], [3, 1, 1, 0], [0, 2, 1, 3], [0, 1, np.nan, 3], [0, 1, 2, np.inf]]
)
def test_energies_that_are_not_strictly_monotonic_are_refused(energies):
    with pytest.raises(InputError, match=r"not strictly ascending or descending: sort them") as error:
        spectral_map(np.zeros((2, 4)), energies)
    assert one_line(error)


@pytest.mark.parametrize(
    "wrong",
    [
        {"energy": [0, 1, 2]},
        {"x": [0, 1]},
        {"y": np.zeros((2, 3))},
        {"coords": {"topography": (np.zeros((3, 2)), "m")}},
        {"coords": {"topography": (np.zeros(3), "m")}},
    ],
)
def test_coordinates_that_do_not_fit_are_refused(wrong):
    with pytest.raises(InputError, match=r"does not fit spectra of shape \(2, 3, 4\): give it the shape") as error:
        spectral_map(np.zeros((2, 3, 4)), **{"energy": ENERGIES, **wrong})
    assert one_line(error)


@pytest.mark.parametrize("dims", [("y", "x", "bias"), ("row", "column", "energy"), ("x", "energy"), ("energy",)])
def test_other_dims_are_refused(dims):
    array = xr.DataArray(np.zeros((2,) * len(dims)), dims=dims)
    with pytest.raises(InputError, match=r"allowed are .* or .*: rename or select") as error:
        validate_map(array)
    assert str(dims) in one_line(error) or f"('{dims[0]}',)" in one_line(error)


def test_energies_without_values_are_refused():
    with pytest.raises(InputError, match=r"no energy coordinate: assign one") as error:
        validate_map(xr.DataArray(np.zeros((2, 3)), dims=("point", "energy")))
    assert one_line(error)


def test_one_energy_and_one_point_are_a_map():
    assert spectral_map([[[1.0]]], [0.0]).shape == (1, 1, 1)


def test_missing_points_are_those_without_any_value():
    values = np.ones((2, 3, 4))
    values[0, 1] = np.nan
    values[1, 2, :3] = np.nan
    array = spectral_map(values, ENERGIES)
    assert np.array_equal(missing_points(array), [[False, True, False], [False, False, False]])
    assert np.array_equal(array, values.astype(np.float32), equal_nan=True)


def test_the_input_is_left_alone():
    values, energies = np.arange(8.0).reshape(2, 4), ENERGIES[::-1].copy()
    array = spectral_map(values, energies)
    array.values[:] = -1
    assert np.array_equal(values, np.arange(8.0).reshape(2, 4))
    assert np.array_equal(energies, ENERGIES[::-1])


def test_flags_of_the_regions_follow_the_climate_and_forecast_conventions():
    attributes = region_attributes()
    meanings = attributes["flag_meanings"].split()
    assert attributes["flag_values"].dtype == np.int8
    assert dict(zip(meanings, attributes["flag_values"].tolist(), strict=True)) == {
        "missing": -1,
        "majority": 0,
        "transition": 1,
        "minority": 2,
        "artefact": 3,
    }
    assert {meaning: Region[meaning.upper()].value for meaning in meanings} == dict(
        zip(meanings, attributes["flag_values"], strict=True)
    )


def test_every_variable_of_a_result_has_dims_and_a_meaning():
    for name, variable in RESULT_VARIABLES.items():
        assert name.islower()
        assert len(set(variable.dims)) == len(variable.dims) > 0
        assert "space" not in variable.dims[1:]  # the points come first
        assert variable.meaning
    assert RESULT_VARIABLES["spectra"].dims == ("space", "energy")


def test_every_variable_of_a_comparison_has_dims_and_a_meaning():
    for name, variable in COMPARISON_VARIABLES.items():
        assert name.islower()
        assert len(set(variable.dims)) == len(variable.dims) > 0
        assert "space" not in variable.dims[1 + (variable.dims[0] == "algorithm") :]
        assert "algorithm" not in variable.dims[1:]
        assert variable.meaning
    # a dim may not have the name of a variable, which would become its coordinate
    dims = {dim for variable in COMPARISON_VARIABLES.values() for dim in variable.dims}
    assert dims.isdisjoint(COMPARISON_VARIABLES)


def test_what_a_comparison_shares_with_a_result_has_the_same_name_and_dims():
    for name in ("spectra", "topography", "region", "distance_to_mean"):
        assert COMPARISON_VARIABLES[name].dims == RESULT_VARIABLES[name].dims
    shared = {"preparation_notes", "settings", "didymos_version", "input_file", "input_sha256", "seed", "created"}
    assert {*COMPARISON_ATTRIBUTES} & {*RESULT_ATTRIBUTES} == shared

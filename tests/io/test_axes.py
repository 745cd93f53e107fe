import itertools

import numpy as np
import pytest
import xarray as xr

from didymos import open_map
from didymos.io import describe
from didymos.io.axes import axes_of, parse_dims, standard_axis, with_standard_axes
from didymos.schema import InputError

USUAL = [
    ("Y", "X", "Wavelength"),
    ("y", "x", "bias"),
    ("y", "x", "V"),
    ("Y (nm)", "X (nm)", "Bias (V)"),
    ("row", "column", "energy_loss"),
    ("lines", "cols", "Raman shift"),
    ("y", "x", "z"),
    ("scan_y", "scan_x", "Energy-Loss"),
    ("y", "x", "energy"),
]


def cube(dims, sizes=(3, 4, 5)):
    values = np.random.default_rng(0).random(sizes)
    axes = zip(dims, sizes, strict=True)
    coords = {dim: (dim, np.arange(size) + 10.0, {"units": f"u{i}"}) for i, (dim, size) in enumerate(axes)}
    return xr.DataArray(values, dims=dims, coords=coords, name="counts")


@pytest.mark.parametrize("dims", USUAL)
def test_usual_names_in_any_order(tmp_path, dims):
    array = cube(dims)
    for order in itertools.permutations(dims):
        array.transpose(*order).to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
        opened = open_map(tmp_path / "map.nc")
        assert opened.dims == ("y", "x", "energy")
        np.testing.assert_array_equal(opened.values, array.values.astype(np.float32))
        assert [opened[dim].attrs["units"] for dim in opened.dims] == ["u0", "u1", "u2"]
    if dims[2] != "energy":
        assert opened.energy.attrs["long_name"] == dims[2].replace("_", " ").replace(" (V)", "")


def test_points_under_usual_names(tmp_path):
    array = cube(("Position", "bias"), (6, 5)).drop_vars("Position")
    array = array.assign_coords(X=("Position", np.arange(6.0), {"units": "nm"}), Y=("Position", np.arange(6.0)[::-1]))
    array.to_netcdf(tmp_path / "points.nc", engine="h5netcdf")
    opened = open_map(tmp_path / "points.nc")
    assert opened.dims == ("point", "energy")
    np.testing.assert_array_equal(opened.y, np.arange(6.0)[::-1])
    assert opened.x.attrs["units"] == "nm"


def test_the_third_axis_is_the_spectrum_whatever_its_name(tmp_path):
    cube(("y", "x", "something")).to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    assert open_map(tmp_path / "map.nc").energy.attrs["long_name"] == "something"


def test_an_array_per_component_is_no_map_beside_one_of_spectra():
    assert axes_of(cube(("y", "x", "component"))) is None
    assert axes_of(cube(("y", "x", "component")), by_exclusion=True) == {"y": "y", "x": "x", "component": "energy"}
    assert axes_of(cube(("energy", "energy_loss", "x"))) is None


@pytest.mark.parametrize("dims", [("x", "bias"), ("bias", "y")])
def test_a_line_is_a_map_with_one_row_or_column(tmp_path, dims):
    array = cube(dims, (6, 5) if dims[0] == "x" else (5, 6))
    array.to_netcdf(tmp_path / "line.nc", engine="h5netcdf")
    opened = open_map(tmp_path / "line.nc")
    expected = array.transpose("bias", ...).values.T.astype(np.float32)
    np.testing.assert_array_equal(opened.values.reshape(6, 5), expected)
    assert sorted((opened.sizes["y"], opened.sizes["x"])) == [1, 6]


def test_dims_of_one_value_do_not_count(tmp_path):
    array = cube(("y", "x", "bias")).expand_dims(sweep=1)
    array.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    assert open_map(tmp_path / "map.nc").shape == (3, 4, 5)


def test_where_the_names_tell_nothing_the_user_does(tmp_path):
    array = cube(("dim_0", "dim_1", "dim_2"))
    path = tmp_path / "map.nc"
    array.to_netcdf(path, engine="h5netcdf")
    with pytest.raises(InputError, match=r"\('dim_0', 'dim_1', 'dim_2'\): name the axes with dims, for example y,x,"):
        open_map(path)
    for dims in (("energy", "y", "x"), ("x", "energy", "y")):
        opened = open_map(path, dims=",".join(dims))
        expected = array.rename(dict(zip(array.dims, dims, strict=True))).transpose("y", "x", "energy")
        np.testing.assert_array_equal(opened.values, expected.values.astype(np.float32))
        assert describe(path, dims=dims).axes[0].size == array.shape[dims.index("energy")]
    with pytest.raises(InputError, match=r"no variable has 2 dims .* as dims says \(point,energy\)"):
        open_map(path, dims="point,energy")


@pytest.mark.parametrize("dims", ["y,x", "y,x,bias", "y,y,energy", "", "point,x,energy", 3, [1, 2, 3], {"y": 1}])
def test_dims_that_are_no_map(dims):
    with pytest.raises(InputError, match=r"^dims is .*; allowed are y,x,energy or point,energy"):
        parse_dims(dims)


@pytest.mark.parametrize(
    ("name", "axis"),
    [
        ("Bias calc (V)", None),
        ("Bias (V)", "energy"),
        ("WAVELENGTH [nm]", "energy"),
        ("X", "x"),
        ("ramanshift", "energy"),
    ],
)
def test_names_without_case_and_units(name, axis):
    assert standard_axis(name) == axis


def test_what_is_no_map_cannot_be_named_one():
    with pytest.raises(InputError, match=r"the axes \('a', 'b'\) are no map"):
        with_standard_axes(cube(("a", "b"), (2, 2)))


def test_units_in_the_names_of_axes(tmp_path):
    data = xr.DataArray(
        np.random.default_rng(0).random((3, 4, 5)),
        {"y (nm)": np.arange(3.0), "x [nm]": np.arange(4.0), "Bias (mV)": np.linspace(-1, 1, 5)},
        ("y (nm)", "x [nm]", "Bias (mV)"),
        name="didv",
    )
    data.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    array = open_map(tmp_path / "map.nc")
    assert [array[dim].attrs["units"] for dim in ("y", "x", "energy")] == ["nm", "nm", "mV"]
    assert array.energy.attrs["long_name"] == "Bias"


@pytest.mark.parametrize("units", ["V", "mV", "µV"])
def test_a_current_over_a_bias_is_differentiated_whatever_the_format(tmp_path, units):
    bias = np.linspace(-1, 1, 9)
    current = np.broadcast_to(bias**2, (3, 4, 9)) * (1 + np.random.default_rng(0).random((3, 4, 1)))
    axis = ("energy", bias, {"units": units})
    data = xr.DataArray(current, {"energy": axis}, ("y", "x", "energy"), name="Current", attrs={"units": "A"})
    data.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    found = open_map(tmp_path / "map.nc")
    assert "numerical derivative of Current" in found.attrs["derived"]
    np.testing.assert_allclose(found.values, np.gradient(current, bias, axis=-1), rtol=1e-5, atol=1e-6)
    other = data.assign_coords(energy=("energy", bias, {"units": "nm"}))
    other.to_netcdf(tmp_path / "z.nc", engine="h5netcdf")
    assert "derived" not in open_map(tmp_path / "z.nc").attrs

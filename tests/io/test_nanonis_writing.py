import json

import nanonispy2
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nanonis_writer import GridFile
from numpy.testing import assert_allclose, assert_array_equal

import didymos
from didymos import preparing
from didymos.io import describe, open_map, save_nanonis
from didymos.io.nanonis import writing as nanonis_writing
from didymos.io.nanonis.header import read_header
from didymos.io.nanonis.notes import read_map_line
from didymos.io.nanonis.records import read_records
from didymos.preparing import PreparingSettings
from didymos.schema import InputError, spectral_map

PITCH = 2.5e-10


def a_map(shape=(3, 4, 8), *, seed=1, units="nS", name="dI/dV", energy=(-20.0, 20.0), **options):
    """Positions at the centres of pixels, as an opened grid has them."""
    rows, columns, points = shape
    rng = np.random.default_rng(seed)
    places = {dim: PITCH * (np.arange(size) + 0.5) for dim, size in (("y", rows), ("x", columns))}
    return spectral_map(
        rng.random(shape, np.float32) + 0.1,
        np.linspace(energy[0], energy[1], points),
        signal_units=units,
        signal_name=name,
        coords={"topography": (1e-9 * rng.random((rows, columns)), "m")},
        **(places | options),
    )


def a_surface(**options):
    """A Dataset with truth, such as the simulations give."""
    array = a_map(**options)
    rng = np.random.default_rng(2)
    shape = array.shape[:2]
    truth = {
        "truth_amplitude": (("y", "x"), rng.random(shape, np.float32), {"units": "1"}),
        "truth_kind": (("y", "x"), rng.integers(0, 2, shape, dtype=np.int8), {"flag_meanings": "none vacancy"}),
        "truth_artefact": (("x", "y"), rng.integers(0, 3, shape[::-1], dtype=np.int8)),
        "truth_position": (("defect", "axis"), np.zeros((1, 2))),
        "truth_name": (("y", "x"), np.full(shape, "a")),
    }
    parameters = json.dumps({"seed": 3, "note": 'a "quote"; b = c\nμ'})
    dataset = xr.Dataset({"spectra": array.drop_vars("topography"), "topography": array.topography.variable, **truth})
    return dataset.assign_attrs(recipe="fese", parameters=parameters)


def numbers_of(path):
    """What stands in the records, by the name of the parameter, in the order of the file."""
    header = read_header(path)
    return dict(zip(header.parameters, read_records(path, header).parameters.T, strict=True))


def assert_same_map(array, true, rtol=3e-7):
    assert array.dims == ("y", "x", "energy")
    assert_array_equal(array.values, true.values)
    for name in ("x", "y", "energy"):
        assert_allclose(array[name].values, true[name].values, rtol=rtol, atol=rtol * np.abs(true[name].values).max())
        assert array[name].attrs["units"] == true[name].attrs["units"]
    assert_allclose(array.topography.values, true.topography.values, rtol=rtol)
    assert (array.attrs["units"], array.attrs["long_name"]) == (true.attrs["units"], true.attrs["long_name"])


def test_a_map_comes_back(tmp_path):
    true = a_map()
    path = save_nanonis(true, tmp_path / "new" / "map.3ds")
    assert path == tmp_path / "new" / "map.3ds"
    array = open_map(path)
    assert_same_map(array, true)
    assert array.attrs["channel"] == "dI/dV (nS)"
    assert array.attrs["pixel_order"] == "by the recorded X and Y"
    assert array.energy.attrs["long_name"] == "Bias"
    assert [file.name for file in path.parent.iterdir()] == ["map.3ds"]


def test_nanonispy_reads_the_same(tmp_path):
    surface = a_surface()
    path = save_nanonis(surface, tmp_path / "map.3ds")
    peer = nanonispy2.read.Grid(str(path))
    assert peer.header["dim_px"] == [4, 3]
    assert peer.header["channels"] == ["Current (A)", "dI/dV (nS)"]
    assert_allclose(peer.header["size_xy"], [4 * PITCH, 3 * PITCH])
    assert_array_equal(peer.signals["dI/dV (nS)"], surface.spectra.values)
    assert_array_equal(peer.signals["topo"], surface.topography.values.astype(np.float32))
    assert_allclose(peer.signals["sweep_signal"], surface.energy.values / 1e3, rtol=1e-6)
    names = peer.header["fixed_parameters"] + peer.header["experimental_parameters"]
    assert names[:5] == ["Sweep Start", "Sweep End", "X (m)", "Y (m)", "Z (m)"]
    x, y = (peer.signals["params"][:, :, names.index(name)] for name in ("X (m)", "Y (m)"))
    assert_allclose(x, np.broadcast_to(surface.x.values, (3, 4)), rtol=1e-6)
    assert_allclose(y, np.broadcast_to(surface.y.values[:, None], (3, 4)), rtol=1e-6)
    assert json.loads(peer.header["comment"])["seed"] == 3


def test_the_header_has_the_lines_of_the_instrument(tmp_path):
    path = save_nanonis(a_map(), tmp_path / "map.3ds")
    written = path.read_bytes().partition(b":HEADER_END:\r\n")[0]
    real = GridFile().header_bytes().partition(b":HEADER_END:\r\n")[0]
    keys, real_keys = ([line.split(b"=")[0] for line in text.split(b"\r\n")] for text in (written, real))
    assert keys[: len(real_keys) - 1] == real_keys[:-1]
    assert written.count(b"\n") == written.count(b"\r\n")
    assert b'Sweep Signal="Bias (V)"\r\nFixed parameters="Sweep Start;Sweep End"\r\n' in written
    assert b'Experiment parameters="X (m);Y (m);Z (m);Z offset (m);Settling time (s);Integration time (s);' in written


def test_the_current_is_the_integral_of_the_conductance(tmp_path):
    slope = np.array([[[2.0]], [[5.0]]])
    bias = np.linspace(-20, 20, 41)
    array = spectral_map(slope + 0.01 * slope * bias, bias, signal_units="nS")
    path = save_nanonis(array, tmp_path / "map.3ds")
    current = open_map(path, channel="Current")
    volts = bias / 1e3
    assert_allclose(current.values, 1e-9 * slope * (volts + 5 * volts**2), rtol=1e-6, atol=1e-17)
    assert current.attrs["units"] == "A"
    assert (current.values[..., 20] == 0).all()


@pytest.mark.parametrize(("units", "factor"), [("S", 1), ("pS", 1e-12), ("µS", 1e-6), ("A/V", 1), ("nA/V", 1e-9)])
def test_every_unit_of_a_conductance_keeps_its_values(tmp_path, units, factor):
    true = a_map(units=units, name="signal")
    path = save_nanonis(true, tmp_path / "map.3ds")
    assert_same_map(open_map(path), true.assign_attrs(long_name="dI/dV"))
    current = open_map(path, channel="Current").values
    mean = (true.values[..., 1:] + true.values[..., :-1]) / 2
    assert_allclose(np.diff(current), mean * factor * 0.04 / 7, rtol=2e-5)


@pytest.mark.parametrize(
    ("units", "name", "channel"),
    [
        ("1", "dI/dV", "dI/dV (1)"),
        ("", "", "Signal"),
        ("A", "dI/dV", "dI/dV (A)"),
        ("A", "Tunnelling current", "Tunnelling current (A)"),
        ("arb. units", "Lock-in Y", "Lock-in Y (arb. units)"),
        ("V", "Bias of the probe", "Signal Bias of the probe (V)"),
        ("S/V", "d2I/dV2", "d2I/dV2 (S/V)"),
        ("Å ☃", "Höhe", "Höhe (Å ☃)"),
        ('a;"b"\r\n(c)=:HEADER_END:', "x (y) [bwd]; [00001]", "x {y} [bwd], [00001] (a,'b' {c}=)"),
    ],
)
def test_any_other_signal_is_the_one_channel(tmp_path, units, name, channel):
    true = a_map(units=units, name=name)
    path = save_nanonis(true, tmp_path / "map.3ds")
    array = open_map(path)
    assert read_header(path).channels == (channel,)
    assert nanonispy2.read.Grid(str(path)).header["channels"] == [channel]
    assert_array_equal(array.values, true.values)
    assert "derived" not in array.attrs
    if "(" not in units:
        assert array.attrs["units"] == units


@pytest.mark.parametrize("units", ["A", "pA"])
def test_a_current_is_written_as_such(tmp_path, units):
    true = a_map(units=units, name="Current")
    path = save_nanonis(true, tmp_path / "map.3ds")
    array = open_map(path, channel="Current (A)")
    assert_allclose(array.values, true.values * (1e-12 if units == "pA" else 1), rtol=1e-6)
    assert array.attrs["units"] == "A"
    assert open_map(path).attrs["derived"] == "dI/dV by numerical derivative of Current (A)"


@pytest.mark.parametrize(
    ("units", "name", "signal", "read"),
    [
        ("V", "", "Bias (V)", ("mV", 1e3)),
        ("uV", "sample bias", "Bias (V)", ("mV", 1e-3)),
        ("nm", "Height", "Height (m)", ("nm", 1)),
        ("meV", "", "Energy (meV)", ("meV", 1)),
        ("", "index", "index", ("", 1)),
    ],
)
def test_other_energies(tmp_path, units, name, signal, read):
    true = a_map(energy_units=units, units="1")
    true.energy.attrs["long_name"] = name
    array = open_map(save_nanonis(true, tmp_path / "map.3ds"))
    assert read_header(tmp_path / "map.3ds").sweep_signal == signal
    assert array.energy.attrs["units"] == read[0]
    assert_allclose(array.energy.values, true.energy.values * read[1], rtol=3e-7)
    assert_array_equal(array.values, true.values)


def test_a_conductance_over_something_else_has_no_current(tmp_path):
    true = a_map(energy_units="nm")
    path = save_nanonis(true, tmp_path / "map.3ds")
    assert read_header(path).channels == ("dI/dV (nS)",)
    assert_array_equal(open_map(path).values, true.values)


def test_energies_in_descending_order_are_turned(tmp_path):
    true = a_map()
    turned = true.isel(energy=slice(None, None, -1)).transpose("energy", "x", "y")
    assert_same_map(open_map(save_nanonis(turned, tmp_path / "map.3ds")), true)


def test_an_aborted_map_ends_with_its_last_spectrum(tmp_path):
    true = a_map((4, 5, 8))
    true.values[2, 3:] = np.nan
    true.values[3] = np.nan
    path = save_nanonis(true, tmp_path / "map.3ds")
    header = read_header(path)
    assert path.stat().st_size == header.data_offset + 13 * 4 * header.values_per_record
    assert_array_equal(open_map(path).values, true.values)
    assert (describe(path).complete, describe(path).missing) == (13, 7)
    assert_array_equal(nanonispy2.read.Grid(str(path)).signals["dI/dV (nS)"][:2], true.values[:2])


def test_missing_spectra_in_between_are_nan_and_never_zero(tmp_path):
    true = a_map((4, 5, 8))
    true.values[0, 0] = true.values[1, 2] = true.values[2] = np.nan
    true.values[3, 1, 5:] = np.nan
    true.values[3, 2, 0] = np.inf
    path = save_nanonis(true, tmp_path / "map.3ds")
    true.values[3, 2, 0] = np.nan
    array = open_map(path)
    assert_same_map(array, true)
    assert (describe(path).complete, describe(path).partial, describe(path).missing) == (11, 2, 7)
    peer = nanonispy2.read.Grid(str(path)).signals
    assert_array_equal(peer["dI/dV (nS)"], true.values)
    assert np.isnan(peer["Current (A)"][2]).all()


def test_zeros_that_were_measured_stay(tmp_path):
    true = a_map()
    true.values[1, 1] = true.values[:, :, 5:] = 0
    true.values[0, 0, 0] = 1e-35
    array = open_map(save_nanonis(true, tmp_path / "map.3ds"))
    true.values[0, 0, 0] = 0
    assert_same_map(array, true)


def test_the_truth_and_the_parameters_are_in_the_file(tmp_path):
    surface = a_surface()
    surface.spectra.values[2, 2:] = np.nan
    path = save_nanonis(surface, tmp_path / "map.3ds")
    numbers = numbers_of(path)
    assert [name for name in numbers if "ruth" in name] == ["Truth amplitude", "Truth kind", "Truth artefact"]
    for name in ("truth_amplitude", "truth_kind", "truth_artefact"):
        true = surface[name].transpose("y", "x").values.ravel()
        assert_array_equal(numbers[name.replace("_", " ").capitalize()][:10], true[:10])
    header = read_header(path)
    assert header.text("didymos>Truth kind") == "none vacancy"
    assert header.text("didymos>Version") == didymos.__version__
    parameters = json.loads(open_map(path).attrs["comment"])
    assert parameters == {"recipe": "fese", "seed": 3, "note": 'a "quote"; b = c\nμ'}


@pytest.mark.parametrize(
    ("attrs", "comment"),
    [
        ({"comment": 'Au(111);\r\n"5 K"'}, "Au{111}, '5 K'"),
        ({"parameters": "[1]", "comment": "no mapping"}, "no mapping"),
        ({"parameters": {"a": 1}}, None),
        ({"parameters": '{"a": 1}'}, '{"a": 1}'),
    ],
)
def test_comments_stay_in_one_line(tmp_path, attrs, comment):
    array = open_map(save_nanonis(a_map(attrs=attrs), tmp_path / "map.3ds"))
    assert array.attrs.get("comment") == comment


def test_a_grid_goes_back_to_where_it_was_measured(tmp_path):
    grid = GridFile(columns=6, rows=5, angle=30.0, order="meander")
    true = open_map(grid.write(tmp_path / "grid.3ds"))
    array = open_map(save_nanonis(true, tmp_path / "again.3ds"))
    assert_same_map(array, true)
    for name in ("frame_center", "frame_size", "frame_angle", "start_time"):
        assert array.attrs[name] == true.attrs[name]
    part = open_map(save_nanonis(true.isel(y=slice(1, 4), x=slice(2, None)), tmp_path / "part.3ds"))
    assert_array_equal(part.values, true.values[1:4, 2:])
    numbers = numbers_of(tmp_path / "part.3ds")
    places = np.array([grid.position(row, column) for row in range(1, 4) for column in range(2, 6)])
    assert_allclose(np.stack([numbers["X (m)"], numbers["Y (m)"]], axis=1), places, rtol=1e-6)


@pytest.mark.parametrize(("units", "factor"), [("nm", 1e9), ("m", 1), ("µm", 1e6)])
def test_positions_of_any_origin_and_length_unit(tmp_path, units, factor):
    true = a_map()
    moved = true.assign_coords(
        x=("x", (true.x.values + 3e-8) * factor, {"units": units}),
        y=("y", (true.y.values - 5e-8) * factor, {"units": units}),
        topography=(("y", "x"), true.topography.values * factor, {"units": units}),
    )
    array = open_map(save_nanonis(moved, tmp_path / "map.3ds"))
    assert_same_map(array, true)
    (left, bottom), (width, height) = array.attrs["frame_center"], array.attrs["frame_size"]
    assert_allclose(array.x.values + left - width / 2, moved.x.values / factor)
    assert_allclose(array.y.values + bottom - height / 2, moved.y.values / factor)


def test_positions_too_far_away_for_single_precision_are_left_to_the_order_of_the_file(tmp_path):
    true = a_map()
    array = open_map(
        save_nanonis(true.assign_coords(y=("y", true.y.values + 7e-3, {"units": "m"})), tmp_path / "map.3ds")
    )
    assert_same_map(array, true)
    assert array.attrs["pixel_order"] == "in the order of the file (positions are missing)"
    assert_allclose(array.attrs["frame_center"][1] - array.attrs["frame_size"][1] / 2, 7e-3)


def test_a_map_in_pixels_stays_in_pixels(tmp_path):
    true = spectral_map(a_map().values, np.linspace(-1, 1, 8), signal_units="nS")
    path = save_nanonis(true.to_dataset(), tmp_path / "map.3ds")
    array = open_map(path)
    assert_array_equal(array.values, true.values)
    assert array.x.attrs["units"] == "pixel"
    assert_array_equal(array.x.values, true.x.values)
    assert "topography" not in array.coords
    assert_array_equal(open_map(save_nanonis(true.drop_vars(["x", "y"]), path)).y.values, true.y.values)


def test_one_row_without_a_height(tmp_path):
    true = a_map((1, 4, 8)).drop_vars("y")
    array = open_map(save_nanonis(true, tmp_path / "map.3ds"))
    assert_allclose(array.x.values, true.x.values)
    assert_array_equal(array.values, true.values)


def test_rows_written_in_strips_are_the_same_file(tmp_path, monkeypatch):
    surface = a_surface(shape=(7, 3, 8))
    surface.spectra.values[4, 1:] = surface.spectra.values[5:] = np.nan
    whole = save_nanonis(surface, tmp_path / "whole.3ds").read_bytes()
    for strip in (1, 2 * 3 * 8):
        monkeypatch.setattr(nanonis_writing, "STRIP", strip)
        assert save_nanonis(surface, tmp_path / "strips.3ds").read_bytes() == whole
    lazy = surface.chunk({"y": 2})
    assert save_nanonis(lazy, tmp_path / "lazy.3ds").read_bytes() == whole


def test_the_map_itself_is_not_changed(tmp_path):
    surface = a_surface()
    surface.spectra.values[0, 0] = np.inf
    before = surface.copy(deep=True)
    save_nanonis(surface, tmp_path / "map.3ds")
    xr.testing.assert_identical(surface, before)


def test_a_simulated_map(tmp_path):
    surface = didymos.simulate.fese(shape=(6, 7), energies=16, missing=0.2, aborted_rows=1)
    path = save_nanonis(surface, tmp_path / "map.3ds")
    array = open_map(path)
    assert_array_equal(array.values, surface.spectra.values)
    assert_allclose(array.energy.values, surface.energy.values, rtol=3e-7)
    assert (array.attrs["units"], array.attrs["long_name"]) == ("nS", "dI/dV")
    corner = np.array(array.attrs["frame_center"]) - np.array(array.attrs["frame_size"]) / 2
    for name, start in zip(("x", "y"), corner, strict=True):
        assert_allclose(array[name].values + start, surface[name].values, rtol=1e-6, atol=1e-16)
    count = int(np.flatnonzero(np.isfinite(surface.spectra.values).any(axis=-1).ravel())[-1]) + 1
    assert_array_equal(numbers_of(path)["Truth amplitude"][:count], surface.truth_amplitude.values.ravel()[:count])
    assert json.loads(array.attrs["comment"])["missing"] == 0.2
    assert_array_equal(nanonispy2.read.Grid(str(path)).signals["dI/dV (nS)"][:4], surface.spectra.values[:4])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_shape_and_any_gaps(tmp_path, data):
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(2, 20)))
    scale = data.draw(st.sampled_from([1e-12, 1.0, 1e6]))
    units = data.draw(st.sampled_from(["nS", "S", "1", "", "A/V", "counts"]))
    energy = data.draw(st.sampled_from([(-15.0, 15.0), (0.0, 1e3), (5.0, 6.0), (-80.25, -3.125)]))
    true = a_map(shape, units=units, energy=energy, seed=data.draw(st.integers(0, 99)))
    true.values[...] *= scale
    gone = data.draw(st.lists(st.booleans(), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    gone[data.draw(st.integers(0, len(gone) - 1))] = False
    gone = np.reshape(gone, shape[:2])
    true.values[gone] = np.nan
    array = open_map(save_nanonis(true, tmp_path / "map.3ds"))
    last = int(np.flatnonzero(~gone)[-1]) + 1
    assert np.isnan(array.topography.values.ravel()[last:]).all()
    assert_same_map(array, true.assign_coords(topography=array.topography.variable))
    assert_allclose(array.topography.values.ravel()[:last], true.topography.values.ravel()[:last], rtol=3e-7)


def uneven(array):
    return array.assign_coords(energy=("energy", array.energy.values**3, {"units": "mV"}))


def with_x(array, values, units="m"):
    return array.assign_coords(x=("x", np.asarray(values, dtype=float), {"units": units}))


REFUSED = {
    "uneven energies": (uneven, "energies are 46.6472 to 5084.55 mV apart.*evenly spaced.*as .nc instead"),
    "energies too fine": (
        lambda a: a.assign_coords(energy=("energy", 1e6 + 1e-3 * np.arange(8), {"units": "mV"})),
        "energies are 0.001 to 0.001 mV apart.*in single precision.*as .nc instead",
    ),
    "scattered": (lambda a: a.stack(point=("y", "x")), r"dims \('energy', 'point'\).*grid \(y, x, energy\) only"),
    "one energy": (lambda a: a.isel(energy=[0]), "3 x 4 points and 1 energies.*two energies.*as .nc instead"),
    "no row": (lambda a: a.isel(y=[]), "0 x 4 points and 8 energies"),
    "no map": (lambda a: a.to_dataset(name="signal"), "no 'spectra'; it has signal: rename"),
    "complex": (lambda a: a * 1j, "complex.*real part"),
    "NaN position": (lambda a: with_x(a, [0, 1, np.nan, 3]), r"x has positions that are missing \(NaN\).*as .nc"),
    "descending": (lambda a: a.isel(y=slice(None, None, -1)), r"y runs from 6.25e-10 to 1.25e-10 m.*sortby\('y'\)"),
    "uneven x": (lambda a: with_x(a, [0, 1, 2, 4]), "x runs from 0 to 4 m and is not evenly ascending"),
    "unit of x": (lambda a: with_x(a, range(4), "inch"), "x has the unit 'inch'; allowed are m, mm.*convert it"),
    "one in pixels": (lambda a: with_x(a, range(4), "pixel"), "counts pixels, the other has a length: give both"),
    "nothing measured": (lambda a: a * np.nan, "no measured value"),
    "too large": (lambda a: (a * 1e20).assign_attrs(units="1"), "largest value of the map is .*e\\+20.*scale the map"),
    "too small": (lambda a: (a * 1e-34).assign_attrs(units="1"), "largest value of the map is .*e-34.*scale the map"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_grid_cannot_hold_is_refused_in_one_line(tmp_path, case):
    change, line = REFUSED[case]
    with pytest.raises(InputError, match=line) as caught:
        save_nanonis(change(a_map()), tmp_path / "map.3ds")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_only_the_suffix_of_a_grid_is_taken(tmp_path):
    with pytest.raises(InputError, match=r"map\.nc has the suffix '\.nc'; a Nanonis grid needs \.3ds"):
        save_nanonis(a_map(), tmp_path / "map.nc")


def test_what_was_there_stays_where_writing_fails(tmp_path):
    path = save_nanonis(a_map(), tmp_path / "map.3ds")
    before = path.read_bytes()
    with pytest.raises(InputError, match="scale the map"):
        save_nanonis((a_map() * 1e20).assign_attrs(units="1"), path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["map.3ds"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (2, 0, 1), (1, 0, 2), (0, 2, 1), (1, 2, 0)])
def test_the_order_of_a_map_in_memory_changes_nothing(tmp_path, order):
    values = np.random.default_rng(0).random((5, 7, 11)).astype(np.float32)
    # the same values, laid out in another order
    laid_out = np.ascontiguousarray(values.transpose(order)).transpose(np.argsort(order))
    array = spectral_map(laid_out, np.linspace(-5, 5, 11), signal_units="V", signal_name="signal")
    again = open_map(save_nanonis(array, tmp_path / "map.3ds"))
    assert_array_equal(again.values, values)


def test_what_is_known_of_every_point_comes_back(tmp_path):
    surface = a_surface()
    surface.spectra.values[2, 2:] = np.nan
    smooth = preparing.prepared(surface, PreparingSettings(smooth=5))
    smooth = smooth.assign_attrs(set_point=1e-10, set_point_bias=0.2, source_channel="LI Demod 1 X; = (A)")
    truth = ("truth_amplitude", "truth_kind", "truth_artefact")
    smooth = smooth.assign_coords({name: surface[name] for name in truth})
    again = open_map(save_nanonis(smooth, tmp_path / "map.3ds"))
    for name in ("preparation", "prepared_with", "source_channel"):
        assert again.attrs[name] == smooth.attrs[name]
    assert again.attrs["set_point"] == pytest.approx(1e-10)
    assert again.attrs["set_point_bias"] == pytest.approx(0.2)
    measured = np.isfinite(again.values).any(axis=-1)
    for name in (*truth, "artefact"):
        assert again[name].dtype.kind == smooth[name].dtype.kind
        assert_array_equal(again[name].values[measured], smooth[name].transpose("y", "x").values[measured])
    assert_array_equal(again.artefact.attrs["flag_masks"], [1, 2, 4, 8])
    assert prepared_before(again) == prepared_before(smooth)


def prepared_before(spectra):
    return json.loads(spectra.attrs["prepared_with"])["smooth"]


@pytest.mark.parametrize("text", ["{", "[]", '{"points": {"Truth kind": {"name": "x"}}}', '{"attrs": 3}'])
def test_a_damaged_note_about_the_map_says_nothing(text):
    assert read_map_line(text) == ({}, {})


@pytest.mark.parametrize(("units", "factor"), [("Å", 1e-10), ("angstrom", 1e-10), ("nm", 1e-9)])
def test_positions_in_angstrom(tmp_path, units, factor):
    true = a_map()
    data = true.assign_coords(
        {dim: (dim, true[dim].values / factor, {"units": units}) for dim in ("x", "y")}
    ).drop_vars("topography")
    again = open_map(save_nanonis(data, tmp_path / "map.3ds"))
    assert_allclose(np.diff(again.x), np.diff(true.x), rtol=1e-6)


def test_positions_without_a_unit_are_pixels(tmp_path):
    true = a_map()
    data = true.assign_coords({dim: (dim, np.arange(true.sizes[dim])) for dim in ("x", "y")}).drop_vars("topography")
    again = open_map(save_nanonis(data, tmp_path / "map.3ds"))
    assert again.x.attrs["units"] == "pixel"
    assert_array_equal(again.values, open_map(save_nanonis(true, tmp_path / "other.3ds")).values)

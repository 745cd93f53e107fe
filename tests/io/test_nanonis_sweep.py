import numpy as np
import pytest
from nanonis_writer import GridFile
from numpy.testing import assert_allclose, assert_array_equal

from didymos.io import open_map
from didymos.schema import InputError

KEY = "Segment Start (V), Segment End (V), Settling (s), Integration (s), Steps (xn)"
LONG_KEY = KEY + ", Lockin, Init. Settling (s)"


def read(tmp_path, grid, **options):
    return open_map(grid.write(tmp_path / "grid.3ds"), **options)


def test_descending_sweeps_are_turned_round(tmp_path):
    grid = GridFile(sweep=(0.3, -0.1))
    array = read(tmp_path, grid)
    assert_allclose(array.energy.values, np.linspace(-100, 300, 8))
    assert_array_equal(array.values, grid.spectra[:, :, 1, ::-1])
    assert array.attrs["sweep_direction"] == "down"


def test_limits_are_the_numbers_that_were_typed(tmp_path):
    array = read(tmp_path, GridFile(sweep=(-0.22, 0.22)))
    assert (array.energy.values[0], array.energy.values[-1]) == (-220.0, 220.0)


def test_sweeps_of_the_height_are_in_nanometres(tmp_path):
    grid = GridFile(sweep=(0.0, -3e-10), sweep_signal="Z rel (m)", channels=("Current (A)",))
    array = read(tmp_path, grid)
    assert_allclose(array.energy.values, np.linspace(-0.3, 0, 8), atol=1e-12)
    assert array.energy.attrs == {"units": "nm", "long_name": "Z rel"}
    assert_array_equal(array.values, grid.spectra[:, :, 0, ::-1])
    assert "derived" not in array.attrs


@pytest.mark.parametrize("key", [KEY, LONG_KEY])
def test_segments_with_their_joints_once(tmp_path, key):
    # three segments of 9, 2 and 9 points that share their joints
    rest = ",15E-3,360E-3"
    text = f"-100E-3,-20E-3{rest},9,0E+0,0E+0;-20E-3,20E-3{rest},2,0E+0,0E+0;20E-3,100E-3{rest},9,0E+0,0E+0"
    grid = GridFile(points=18, header={"Filetype": "MLS", key: text})
    array = read(tmp_path, grid)
    assert_allclose(array.energy.values, [*np.linspace(-100, -20, 9), *np.linspace(20, 100, 9)])
    assert_array_equal(array.values, grid.spectra[:, :, 1])
    assert array.attrs["sweep_axis"] == "segments of the header"


def test_descending_segments_with_their_joints_twice_are_averaged_there(tmp_path):
    text = "0.3,0,1E-2,1E-1,4;0,-0.5,1E-2,1E-1,6"
    grid = GridFile(points=10, header={"Filetype": "MLS", KEY: text})
    grid.spectra[0, 0, 1, 3] = np.nan
    array = read(tmp_path, grid)
    assert_allclose(array.energy.values, [-500, -400, -300, -200, -100, 0, 100, 200, 300], atol=1e-10)
    true = grid.spectra[:, :, 1]
    joint = true[..., 3:5].mean(axis=-1)
    joint[0, 0] = true[0, 0, 4]
    assert_allclose(array.values[..., 5], joint, rtol=1e-6)
    assert_array_equal(array.values[..., 6:], true[..., 2::-1])
    assert_array_equal(array.values[..., :5], true[..., :4:-1])


def test_segments_that_count_steps_and_not_points(tmp_path):
    text = "-0.5,0,1E-2,1E-1,4;0,0.5,1E-2,1E-1,3"
    array = read(tmp_path, GridFile(header={KEY: text}))
    assert_allclose(array.energy.values, [*np.linspace(-500, 0, 5), *np.linspace(0, 500, 4)[1:]], atol=1e-10)


def test_segments_with_a_gap(tmp_path):
    text = "-0.5,-0.1,1E-2,1E-1,4;0.1,0.5,1E-2,1E-1,4"
    array = read(tmp_path, GridFile(header={KEY: text}))
    assert_allclose(array.energy.values, [*np.linspace(-500, -100, 4), *np.linspace(100, 500, 4)])


def test_derivative_on_the_axis_of_the_segments(tmp_path):
    bias = np.array([-0.5, -0.3, -0.1, 0.0, 0.1, 0.3, 0.5])
    text = "-0.5,-0.1,1E-2,1E-1,3;-0.1,0.1,1E-2,1E-1,3;0.1,0.5,1E-2,1E-1,3"
    grid = GridFile(
        points=7, channels=("Current (A)",), header={KEY: text}, spectra=np.tile(1e-9 * (bias + bias**2), (3, 4, 1, 1))
    )
    array = read(tmp_path, grid)
    assert_allclose(array.values[0, 0, 1:-1], 1e-9 * (1 + 2 * bias[1:-1]), rtol=1e-4)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-0.5,0.5,1E-2,1E-1,5", "have 5 steps, the spectra 8 points"),
        ("-0.5,0.5,1E-2", "segments of the sweep cannot be read"),
        ("-0.5,0.5,1E-2,1E-1,4;0.5,-0.5,1E-2,1E-1,4", "segments of the sweep turn back"),
        ("0.5,0.5,1E-2,1E-1,8", "turn back or stand still"),
    ],
)
def test_segments_that_make_no_axis(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, GridFile(header={KEY: text}))


def with_recorded_bias(bias, sweep=(-0.5, 0.5)):
    grid = GridFile(points=11, channels=("LI Demod 1 X (A)", "Bias (V)"), sweep=sweep)
    grid.spectra[:, :, 1] = bias
    return grid


def test_a_recorded_bias_that_bends_is_the_axis(tmp_path):
    line = np.linspace(-1, 1, 11)
    bent = 0.5 * np.sign(line) * np.abs(line) ** 2.5
    array = read(tmp_path, with_recorded_bias(bent))
    assert_allclose(array.energy.values, 1e3 * bent, rtol=1e-5)
    assert array.attrs["sweep_axis"] == "recorded in Bias (V)"


@pytest.mark.parametrize(
    "bias",
    [np.linspace(-0.501, 0.499, 11), 0.1 * np.linspace(-0.5, 0.5, 11), np.zeros(11), np.full(11, np.nan)],
    ids=["noise", "divider", "zero", "missing"],
)
def test_a_recorded_bias_that_does_not_bend_is_not_the_axis(tmp_path, bias):
    array = read(tmp_path, with_recorded_bias(bias))
    assert_allclose(array.energy.values, np.linspace(-500, 500, 11), atol=1e-9)
    assert array.attrs["sweep_axis"] == "linear between the sweep limits"


def test_a_sweep_that_stands_still(tmp_path):
    with pytest.raises(InputError, match=r"the sweep stands still at 0\.2 V: give a grid of sweeps"):
        read(tmp_path, GridFile(sweep=(0.2, 0.2)))


def test_an_energy_range(tmp_path):
    grid = GridFile(points=11)
    array = read(tmp_path, grid, energy_range=(200, -100))
    assert_allclose(array.energy.values, [-100, 0, 100, 200], atol=1e-9)
    assert_array_equal(array.values, grid.spectra[:, :, 1, 4:8])
    with pytest.raises(InputError, match="600 to 900 mV leaves 0 points; the spectra run from -500 to 500 mV"):
        read(tmp_path, grid, energy_range=(600, 900))

import numpy as np
import pytest
import xarray as xr
from nanonis_writer import GridFile

from didymos.io import describe, open_map, save_map
from didymos.io.lockin import quadratures_of, split_signal
from didymos.preparing import smooth
from didymos.schema import InputError
from didymos.workflow import prepare

NAMES = ("Current (A)", "LI Demod 1 X (A)", "LI Demod 1 Y (A)")
SWEEP = np.linspace(-0.5, 0.5, 60)


def signal(seed=0, spectra=144):
    """dI/dV with a gap, in places with a state in it; its integral."""
    rng = np.random.default_rng(seed)
    depth = 1 + 0.2 * rng.random((spectra, 1))
    didv = 1 - depth * 0.8 * np.exp(-((SWEEP / 0.15) ** 2)) + 0.3 * np.tanh(3 * SWEEP)
    return didv, np.cumsum(didv, axis=1) * (SWEEP[1] - SWEEP[0])


def quadratures(phase, noise=0.05, seed=0):
    didv, current = signal(seed)
    rng = np.random.default_rng(seed + 1)
    angle = np.radians(phase)
    x, y = (didv * part + noise * rng.standard_normal(didv.shape) for part in (np.cos(angle), np.sin(angle)))
    return x, y, current + 1e-3 * noise * rng.standard_normal(didv.shape)


def grid(tmp_path, phase, names=NAMES, **options):
    x, y, current = quadratures(phase, **options)
    spectra = 1e-9 * np.stack([current, x, y], axis=1)[:, : len(names)].reshape(12, 12, len(names), -1)
    if "Current (A)" not in names:
        spectra = 1e-9 * np.stack([x, y], axis=1).reshape(12, 12, 2, -1)
    file = GridFile(columns=12, rows=12, points=60, channels=names, spectra=spectra)
    return file.write(tmp_path / "grid.3ds"), 1e-9 * signal()[0].reshape(12, 12, -1)


@pytest.mark.parametrize("phase", [-170.0, -60.0, 0.0, 30.0, 90.0, 135.0])
@pytest.mark.parametrize("known", [True, False], ids=["current", "no current"])
def test_the_phase_is_found_from_the_signal(phase, known):
    x, y, current = quadratures(phase)
    found = split_signal(x, y, np.gradient(current, axis=1) if known else None)
    # the signal is positive: the opposite phase is none
    assert abs((found.phase - phase + 180) % 360 - 180) < 1.5
    assert found.share == pytest.approx(np.cos(np.radians(phase)) ** 2, abs=0.05)


def test_the_law_of_rotation_scale_and_order():
    x, y, _ = quadratures(20.0)
    first = split_signal(x, y)
    assert split_signal(1e-12 * x, 1e-12 * y).phase == pytest.approx(first.phase)
    assert split_signal(y, x).phase == pytest.approx(90 - first.phase)
    order = np.random.default_rng(0).permutation(len(x))
    assert split_signal(x[order], y[order]).phase == pytest.approx(first.phase)
    turned = split_signal(*(x * c + y * s for c, s in ((0.8, 0.6), (-0.6, 0.8))))
    assert first.phase - turned.phase == pytest.approx(np.degrees(np.arctan2(0.6, 0.8)))


def test_noise_alone_decides_nothing():
    rng = np.random.default_rng(3)
    assert not any(split_signal(*rng.standard_normal((2, 100, 50))).sure for _ in range(20))
    assert not split_signal(np.full((5, 4), np.nan), np.full((5, 4), np.nan)).sure
    assert not split_signal(np.ones((5, 4)), np.ones((5, 4))).sure


def test_what_varies_but_is_not_the_derivative_of_the_current_is_no_signal():
    x, y, current = quadratures(0.0)
    crosstalk = y + 9 * SWEEP**2
    assert split_signal(x, crosstalk).in_y
    found = split_signal(x, crosstalk, np.gradient(current, axis=1))
    assert (found.in_y, found.sure) == (False, True)


def test_clipped_spectra_do_not_decide():
    x, y, _ = quadratures(0.0)
    y[:9] = 1e3 * np.sin(np.arange(60))
    assert not split_signal(x, y).in_y


def test_a_grid_is_read_in_the_quadrature_that_holds_the_signal(tmp_path):
    path, truth = grid(tmp_path, 92.0)
    array = open_map(path)
    assert array.attrs["channel"] == "LI Demod 1 Y (A)"
    assert "lock-in phase (auto)" in array.attrs["channel_rule"]
    assert describe(path).channel == "LI Demod 1 Y (A)"
    assert open_map(path, channel="LI Demod 1 X").attrs["channel"] == "LI Demod 1 X (A)"
    rotated = open_map(path, lockin_phase="auto")
    assert rotated.attrs["lockin_phase"] == pytest.approx(92, abs=1.5)
    assert np.abs(rotated.values - truth).std() < 1.1 * 0.05e-9
    lazy = open_map(path, lockin_phase="auto", lazy=True)
    np.testing.assert_array_equal(lazy.values, rotated.values)


def test_a_phase_that_the_user_gives(tmp_path):
    path, _ = grid(tmp_path, 0.0)
    x, y = (open_map(path, channel=f"LI Demod 1 {letter}").values for letter in "XY")
    np.testing.assert_allclose(open_map(path, lockin_phase=0).values, x, rtol=1e-6, atol=1e-16)
    np.testing.assert_allclose(open_map(path, lockin_phase="90").values, y, rtol=1e-6, atol=1e-16)
    expected = np.cos(0.5) * x + np.sin(0.5) * y
    np.testing.assert_allclose(open_map(path, lockin_phase=np.degrees(0.5)).values, expected, rtol=1e-5, atol=1e-15)
    with pytest.raises(InputError, match=r"^lockin_phase is 'maybe'; allowed are auto or a number of degrees"):
        open_map(path, lockin_phase="maybe")


def test_a_phase_needs_both_quadratures(tmp_path):
    path, _ = grid(tmp_path, 0.0, names=NAMES[:2])
    with pytest.raises(InputError, match=r"grid\.3ds: a lock-in phase needs lock-in X and Y of one demodulator"):
        open_map(path, lockin_phase="auto")


@pytest.mark.parametrize("phase", [3.0, 88.0])
def test_labelled_files_know_the_quadratures_too(tmp_path, phase):
    x, y, _ = quadratures(phase)
    dims = ("y", "x", "bias")
    dataset = xr.Dataset(
        {n: (dims, v.reshape(12, 12, 60)) for n, v in (("LockinX", x), ("LockinY", y))}, {"bias": SWEEP}
    )
    dataset.to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    assert open_map(tmp_path / "map.nc").attrs["channel"] == ("LockinX" if phase < 45 else "LockinY")
    rotated = open_map(tmp_path / "map.nc", lockin_phase="auto")
    assert rotated.attrs["lockin_phase"] == pytest.approx(phase, abs=1.5)
    np.testing.assert_allclose(rotated.values, signal()[0].reshape(12, 12, -1), atol=0.3)


@pytest.mark.parametrize(
    "names",
    [
        ("LockinX (V)", "LockinY (V)", "LockinR (V)"),
        ("LIX 1 omega (A)", "LIY 1 omega (A)", "LIR 1 omega (A)"),
        ("LI Demod 1 X [bwd] (A)", "LI Demod 1 Y [bwd] (A)", "LI Demod 1 R [bwd] (A)"),
        ("DSP Lockin-X (%)", "DSP Lockin-Y (%)", "DSP Lockin-R (%)"),
        ("LI_Demod_1_X", "LI_Demod_1_Y", "LI_Demod_1_R"),
    ],
)
def test_the_quadratures_by_their_names(names):
    others = ("LI Demod 2 X (A)", "LI Demod 2 Y (A)", "Current (A)")
    for index in range(3):
        found = quadratures_of((*others, *names), 3 + index)
        assert (found.x, found.y, found.r) == (3, 4, 5)


def test_an_amplitude_with_more_signal_than_x(tmp_path):
    x, y, _ = quadratures(88.0)
    spectra = 1e-9 * np.stack([x, np.hypot(x, y)], axis=1).reshape(12, 12, 2, -1)
    file = GridFile(columns=12, rows=12, points=60, channels=("LockinX (A)", "LockinR (A)"), spectra=spectra)
    assert open_map(file.write(tmp_path / "grid.3ds")).attrs["channel"] == "LockinR (A)"


def test_a_file_with_the_names_of_xarray_nanonis(tmp_path):
    x, y, current = quadratures(0.0)
    crosstalk = y + 9 * SWEEP**2
    dims = ("bias", "y", "x")
    parts = {
        name: (dims, values.reshape(12, 12, 60).transpose(2, 0, 1))
        for name, values in (("Current", current), ("LI_Demod_1_X", x), ("LI_Demod_1_Y", crosstalk))
    }
    height = np.random.default_rng(5).random((12, 12))
    coords = {"bias": ("bias", SWEEP, {"units": "V"}), "Z": (("y", "x"), height, {"units": "m"})}
    xr.Dataset(parts, coords, {"Sweep Signal": "Bias (V)"}).to_netcdf(tmp_path / "map.nc", engine="h5netcdf")
    array = open_map(tmp_path / "map.nc")
    # what varies most is in Y, what follows the current in X
    assert array.attrs["channel"] == "LI_Demod_1_X"
    np.testing.assert_array_equal(array.topography.values, height)
    assert array.topography.attrs["units"] == "m"
    derived = open_map(tmp_path / "map.nc", channel="Current")
    assert "derived" not in derived.attrs
    xr.Dataset({"Current": parts["Current"]}, coords, {"Sweep Signal": "Bias (V)"}).to_netcdf(
        tmp_path / "current.nc", engine="h5netcdf"
    )
    slope = open_map(tmp_path / "current.nc")
    np.testing.assert_allclose(slope.values, np.gradient(current, SWEEP, axis=1).reshape(12, 12, 60), rtol=1e-4)
    assert slope.attrs["derived"] == "dI/dV by numerical derivative of Current"


@pytest.mark.parametrize(
    "options", [{"lockin_phase": 25}, {"channel": "LI Demod 1 X", "average_backward": True}, {}], ids=str
)
def test_what_is_computed_from_a_clipped_channel_is_known(tmp_path, options):
    random = np.random.default_rng(1)
    channels = ("Current (A)",) if not options else ("LI Demod 1 X (A)", "LI Demod 1 Y (A)", "LI Demod 1 X [bwd] (A)")
    file = GridFile(rows=12, columns=11, points=40, channels=channels)
    rising = 1e-12 * (2 + np.linspace(-1, 1, 40) + 0.05 * random.normal(size=(12, 11, len(channels), 40)))
    rising[4, 7, -1, 30:] = rising.max() * 1.05  # of the last channel alone
    if options.get("lockin_phase"):
        rising[4, 7, 0, 30:] = rising[4, 7, -1, 30]
    file.spectra[:] = rising
    path = file.write(tmp_path / "grid.3ds")
    array = open_map(path, **options)
    assert np.argwhere(array.saturated.values).tolist() == [[4, 7]]
    points = prepare(array)
    assert np.flatnonzero(points.artefacts & 4).tolist() == [4 * 11 + 7]
    assert np.flatnonzero(prepare(smooth(array, 5)).artefacts & 4).tolist() == [4 * 11 + 7]
    save_map(array, tmp_path / "map.nc")
    assert np.flatnonzero(prepare(open_map(tmp_path / "map.nc")).artefacts & 4).tolist() == [4 * 11 + 7]
    assert "saturated" not in open_map(path, lazy=True).coords


def test_a_channel_as_it_was_recorded_shows_itself_that_it_was_clipped(tmp_path):
    path, _ = grid(tmp_path, 0.0)
    assert "saturated" not in open_map(path, channel="LI Demod 1 X").coords

"""Every step on maps: known truth, units, notes, missing values, and maps that are not in memory."""

import re

import numpy as np
import pytest
import xarray as xr
from prepared_maps import BIAS, OFFSET, SENSITIVITY, a_map, conductance, current_from, measured

import naive
from didymos import InputError, preparing, spectral_map
from didymos.io.blocks import is_lazy

STEPS = {
    "crop": lambda data: preparing.crop(data, x=(1e-9, 8e-9)),
    "mask": lambda data: preparing.mask(data, np.arange(120).reshape(10, 12) % 7 > 0),
    "despike": preparing.despike,
    "align_energies": preparing.align_energies,
    "power-law": lambda data: preparing.subtract_background(data, "power-law", window=(10, 40)),
    "als": lambda data: preparing.subtract_background(data, "als", width=60),
    "set-point": lambda data: preparing.normalise(data, "set-point"),
    "area": lambda data: preparing.normalise(data, "area"),
    "maximum": lambda data: preparing.normalise(data, "maximum"),
    "feenstra": lambda data: preparing.normalise(data, "feenstra", the_current(data), broadening=20),
    "calibrate": lambda data: preparing.calibrate_lockin(data, the_current(data)),
    "smooth": lambda data: preparing.smooth(data, 7),
    "bin_map": lambda data: preparing.bin_map(data, 2, 3),
    "level": lambda data: preparing.level(data, "lines"),
    "drift": lambda data: preparing.correct_drift(data, data),
}
ON_SCATTERED = [name for name in STEPS if name not in ("mask", "bin_map", "level", "drift")]


def the_current(data):
    current = a_map(current_from(conductance()), "A", "Current", scattered="point" in data.dims)
    return current.chunk(dict.fromkeys(current.dims[:-1], 5)) if is_lazy(data) else current


def noisy(scattered=False):
    spectra = conductance() + np.random.default_rng(3).normal(0, 0.02, (10, 12, BIAS.size))
    spectra[2, 3, 20:23] = np.nan
    spectra[6:8] = np.nan
    return a_map(spectra, scattered=scattered)


@pytest.mark.parametrize("name", STEPS)
def test_a_step_says_what_it_did_and_keeps_the_rest(name):
    data = noisy()
    before = data.copy(deep=True)
    found = STEPS[name](data)
    xr.testing.assert_identical(data, before)  # what was given stays
    (sentence,) = found.attrs["preparation"].splitlines()
    assert re.fullmatch(r"[A-Z].*\.", sentence)
    assert found.dtype == np.float32
    assert found.dims == data.dims
    assert found.name == "spectra"
    assert {"topography", "x", "y", "energy"} <= {*found.coords}
    assert found.energy.attrs["units"] == "mV"
    assert found.x.attrs["units"] == "m"
    # no step makes a value of nothing
    assert np.isnan(found.values).all(axis=-1).any()
    twice = STEPS[name](found) if name in ("smooth", "despike", "level") else None
    assert twice is None or len(twice.attrs["preparation"].splitlines()) == 2


@pytest.mark.parametrize("name", STEPS)
def test_a_map_in_blocks_stays_in_blocks_and_gives_the_same(name):
    data = noisy()
    lazy = STEPS[name](data.chunk({"y": 4, "x": 5, "energy": 30}))
    assert is_lazy(lazy)
    expected = STEPS[name](data)
    xr.testing.assert_allclose(lazy.compute(), expected, rtol=1e-5)
    number = r" *[;,]? *\d+ values? without a positive denominator (is|are) missing"
    assert lazy.attrs["preparation"] == re.sub(number, "", expected.attrs["preparation"])


@pytest.mark.parametrize("name", ON_SCATTERED)
def test_scattered_spectra_become_what_those_of_a_grid_do(name):
    found, expected = STEPS[name](noisy(scattered=True)), STEPS[name](noisy())
    np.testing.assert_allclose(found.values, expected.values.reshape(found.shape), rtol=1e-5)


@pytest.mark.parametrize("name", ["bin_map", "drift", "level"])
def test_what_needs_a_grid_says_so(name):
    with pytest.raises(InputError, match="needs a grid"):
        STEPS[name](noisy(scattered=True))


@pytest.mark.parametrize("name", [name for name in STEPS if name not in ("calibrate", "feenstra")])
def test_the_scale_of_the_signal_scales_the_result_or_nothing(name):
    data = noisy()
    larger = STEPS[name](data.copy(data=1000 * data.values))
    factor = 1 if name in ("set-point", "area", "maximum") else 1000
    np.testing.assert_allclose(larger.values, factor * STEPS[name](data).values, rtol=2e-3, atol=2e-4 * factor)


def test_a_calibration_recovers_what_the_lock_in_did():
    lockin, current = measured()
    found = preparing.calibrate_lockin(lockin, current)
    assert found.attrs["units"] == "nS"
    assert found.attrs["long_name"] == "dI/dV"
    note = re.fullmatch(
        r"Calibrated: ([\d.]+) ± ([\d.]+) nS per V of the lock-in, offset ([\d.]+) nS, from (\d+) spectra.*\.",
        found.attrs["preparation"],
    )
    assert note is not None
    slope, error, offset = map(float, note.groups()[:3])
    assert abs(slope - SENSITIVITY) < 4 * error
    assert error < 0.02
    assert offset == pytest.approx(OFFSET, abs=0.02)
    np.testing.assert_allclose(found.values, conductance(), rtol=0.01)


@pytest.mark.parametrize(("units", "factor"), [("A", 1.0), ("pA", 1e12), ("nA", 1e9), ("µA", 1e6)])
def test_the_unit_of_the_current_does_not_matter(units, factor):
    lockin, current = measured()
    other = current.copy(data=current.values * factor)
    other.attrs["units"] = units
    found = preparing.calibrate_lockin(lockin, other)
    np.testing.assert_allclose(found.values, preparing.calibrate_lockin(lockin, current).values, rtol=1e-4)
    assert found.attrs["preparation"] == preparing.calibrate_lockin(lockin, current).attrs["preparation"]


@pytest.mark.parametrize("conductance_of", [1e-3, 1.0, 250.0])
def test_an_ohmic_contact_is_one_after_feenstra(conductance_of):
    spectra = np.full((4, 5, BIAS.size), conductance_of)
    current = a_map(current_from(spectra) + 3e-12, "A", "Current")
    found = preparing.normalise(a_map(spectra), "feenstra", current, broadening=20)
    np.testing.assert_allclose(found.values, 1, rtol=1e-4)
    assert found.attrs["units"] == "1"
    assert "offset of the current of 3 pA removed" in found.attrs["preparation"]
    assert "broadened by 20 mV (exponential)" in found.attrs["preparation"]


@pytest.mark.parametrize(("how", "of"), [("set-point", slice(40, 81)), ("area", slice(None))])
def test_averages_become_one(how, of):
    found = preparing.normalise(a_map(conductance()), how)
    average = np.trapezoid(found.values[..., of], BIAS[of], axis=-1) / np.ptp(BIAS[of])
    np.testing.assert_allclose(average, 1, rtol=1e-5)
    assert "dI/dV" in found.attrs["long_name"]


def test_the_largest_becomes_one_and_what_is_not_positive_missing():
    spectra = conductance()
    spectra[1, 1] = -1
    found = preparing.normalise(a_map(spectra), "maximum")
    assert found.values[0].max(axis=-1).tolist() == [1] * 12
    assert np.isnan(found.values[1, 1]).all()
    assert "81 values without a positive denominator are missing" in found.attrs["preparation"]


def test_spikes_go_and_a_defect_stays():
    spectra = conductance() + np.random.default_rng(5).normal(0, 0.02, (10, 12, BIAS.size))
    # a line of one energy that the neighbours share
    spectra[4, 5, 60] += 1.0
    spectra[[4, 5, 4], [4, 5, 6], 60] += 0.5
    spectra[1, 2, 10] += 2.0
    spectra[8, 9, [30, 31]] -= 2.0
    found = preparing.despike(a_map(spectra))
    assert found.attrs["preparation"] == "Despiked: 3 values in 2 spectra."
    gone = np.argwhere(np.isnan(found.values)).tolist()
    assert gone == [[1, 2, 10], [8, 9, 30], [8, 9, 31]]


def test_lines_are_despiked_some_at_a_time(monkeypatch):
    data = noisy()
    random = np.random.default_rng(8)
    for _ in range(40):
        place = tuple(int(random.integers(size)) for size in data.shape)
        data.values[place] += 3
    whole = preparing.despike(data)
    monkeypatch.setattr("didymos.preparing.cleaning.AT_ONCE", 2000)  # two lines
    xr.testing.assert_identical(preparing.despike(data), whole)
    assert "0 values" not in whole.attrs["preparation"]


def test_bins_are_averages_of_what_is_known_and_the_noise_falls():
    data = noisy()
    found = preparing.bin_map(data, 3, 4)
    np.testing.assert_allclose(found.values, naive.averages_of_bins(data.values.astype(float), 3, 3, 4), rtol=1e-5)
    assert found.attrs["preparation"] == (
        "Binned: averages of 3 rows × 3 columns × 4 energies, up to 36 values each; left out at the end: 1 row, "
        "1 energy."
    )
    np.testing.assert_allclose(found.y.values, [1e-9, 4e-9, 7e-9])
    np.testing.assert_allclose(found.energy.values[0], BIAS[:4].mean())
    noise = spectral_map(np.random.default_rng(0).normal(size=(60, 60, 40)), np.arange(40.0))
    assert preparing.bin_map(noise, 2, 4).values.std() == pytest.approx(1 / np.sqrt(16), rel=0.02)


def test_flags_of_a_bin_are_the_largest():
    data = noisy().assign_coords(truth_artefact=(("y", "x"), np.zeros((10, 12), dtype=np.int8)))
    data.truth_artefact[2, 3] = 2
    found = preparing.bin_map(data, 2)
    assert found.truth_artefact.dtype == np.int8
    assert found.truth_artefact.values.sum() == found.truth_artefact.values[1, 1] == 2
    assert preparing.bin_map(data, 1, 2).truth_artefact.shape == (10, 12)


def test_aligned_spectra_and_their_shifts():
    true = np.random.default_rng(2).normal(0, 6, (10, 12))
    true -= np.median(true)
    spectra = np.exp(-((BIAS - 10 - true[..., None]) ** 2) / (2 * 12.0**2))
    found = preparing.align_energies(a_map(spectra))
    np.testing.assert_allclose(found.energy_shift.values, true, atol=0.15)
    assert found.energy_shift.attrs["units"] == "mV"
    assert np.nanstd(found.values, axis=(0, 1)).max() < 0.02 < np.std(spectra, axis=(0, 1)).max()
    said = re.search(r"standard deviation of ([\d.]+) mV, at most ([\d.]+) mV", found.attrs["preparation"])
    assert said is not None
    assert float(said[1]) == pytest.approx(true.std(), rel=0.02)
    assert float(said[2]) == pytest.approx(np.abs(true).max(), rel=0.02)


def test_a_current_is_shifted_with_its_spectra():
    shift = np.repeat([[0.0, 5.0, -5.0, 10.0]], 3, axis=0)[..., None]  # whole steps are 2.5 mV
    true = 1 + ((BIAS - shift) / 100) ** 2 + np.exp(-((BIAS - 30 - shift) ** 2) / 200)
    step = np.diff(BIAS) * 1e-3
    areas = np.concatenate([np.zeros((3, 4, 1)), np.cumsum((true[..., 1:] + true[..., :-1]) / 2 * step, -1)], -1)
    at_zero = np.stack([np.interp(s, BIAS, one) for s, one in zip(shift.ravel(), areas.reshape(-1, 81), strict=True)])
    current = 1e-9 * (areas - at_zero.reshape(3, 4, 1))
    data = preparing.with_current(a_map(true), a_map(current, "A", "Current"))
    found = preparing.normalise(preparing.align_energies(data), "feenstra", broadening=20).values[..., 4:-5]
    straight = preparing.normalise(data, "feenstra", broadening=20).values[..., 4:-5]
    assert found.std(axis=1).max() < 0.05 < straight.std(axis=1).max()


def test_a_drift_moves_the_positions_onto_the_reference():
    whole = np.random.default_rng(4).normal(size=(60, 60)).cumsum(0).cumsum(1)
    whole = np.sin(whole / 5)
    position = 1e-9 * np.arange(60)
    reference = xr.DataArray(
        whole, {"y": ("y", position, {"units": "m"}), "x": ("x", position, {"units": "m"})}, ("y", "x")
    )
    spectra = np.ones((40, 40, 5))
    # the map believes to lie at 10 to 49, and lies 2 rows up and 3 columns left of it
    data = spectral_map(
        spectra, np.arange(5.0), x=position[10:50], y=position[10:50], coords={"topography": (whole[12:52, 7:47], "m")}
    )
    found = preparing.correct_drift(data, reference)
    np.testing.assert_allclose(found.y.values, position[12:52], atol=0.3e-9)
    np.testing.assert_allclose(found.x.values, position[7:47], atol=0.3e-9)
    assert "correlation" in found.attrs["preparation"]
    again = preparing.correct_drift(found, reference)
    np.testing.assert_allclose(again.x.values, found.x.values, atol=0.3e-9)


@pytest.mark.parametrize("seed", range(4))
def test_another_surface_is_no_reference(seed):
    random = np.random.default_rng(seed)
    whole = [np.sin(random.normal(size=(40, 40)).cumsum(0).cumsum(1) / 5) for _ in range(2)]
    data, other = (a_scan(one, slice(0, 40), slice(0, 40)) for one in whole)
    with pytest.raises(InputError, match=r"no shift .* stands out .* at most 1 % may"):
        preparing.correct_drift(data, other)


def a_scan(whole, rows, columns, **frame):
    """A map of a part of a scene of 1 nm pixels, at positions in its own frame."""
    part = whole[rows, columns]
    x, y = (1e-9 * (np.arange(size) + 0.5) for size in part.shape[::-1])
    return spectral_map(
        np.ones((*part.shape, 4)), np.arange(4.0), x=x, y=y, coords={"topography": (part, "m")}, attrs=frame
    )


@pytest.mark.parametrize("angle", [0.0, 30.0, -135.0])
def test_frames_of_scans_are_taken_into_account(angle):
    whole = np.sin(np.random.default_rng(4).normal(size=(90, 90)).cumsum(0).cumsum(1) / 5)
    turned = np.deg2rad(angle)
    # 7 columns right and 4 rows up of the centre of the reference, along the sides of the turned frame
    u, v = 7e-9, 4e-9
    centre = [1e-6 + u * np.cos(turned) + v * np.sin(turned), -2e-6 - u * np.sin(turned) + v * np.cos(turned)]
    reference = a_scan(
        whole, slice(5, 85), slice(5, 85), frame_center=[1e-6, -2e-6], frame_size=[8e-8, 8e-8], frame_angle=angle
    )
    data = a_scan(whole, slice(29, 69), slice(32, 72), frame_center=centre, frame_size=[4e-8, 4e-8], frame_angle=angle)
    found = preparing.correct_drift(data, reference)
    np.testing.assert_allclose([found.x, found.y], [data.x, data.y], atol=0.2e-9)
    drifted = a_scan(
        whole, slice(31, 71), slice(29, 69), frame_center=centre, frame_size=[4e-8, 4e-8], frame_angle=angle
    )
    found = preparing.correct_drift(drifted, reference)
    np.testing.assert_allclose(found.x.values - data.x.values, -3e-9, atol=0.2e-9)
    np.testing.assert_allclose(found.y.values - data.y.values, 2e-9, atol=0.2e-9)
    with pytest.raises(InputError, match="turned by 5 degrees"):
        preparing.correct_drift(data, reference.assign_attrs(frame_angle=angle + 365))


def test_a_mask_keeps_what_it_names(tmp_path):
    data = noisy()
    kept = np.zeros((10, 12), dtype=int)
    kept[1:4, 2:5] = 1
    found = preparing.mask(data, kept)
    assert found.attrs["preparation"] == "Masked: 9 of 120 spectra stay."
    assert np.array_equal(np.isfinite(found.values).any(axis=-1), kept == 1)
    np.save(tmp_path / "kept.npy", kept == 1)
    np.savetxt(tmp_path / "kept.csv", kept, delimiter=",", fmt="%d")
    xr.Dataset({"mask": (("y", "x"), kept)}).to_netcdf(tmp_path / "kept.nc", engine="h5netcdf")
    for name in ("kept.npy", "kept.csv", "kept.nc"):
        xr.testing.assert_identical(preparing.mask(data, tmp_path / name), found)


def test_a_crop_keeps_its_edges():
    found = preparing.crop(noisy(), x=(2e-9, 5e-9), y=(0, 3e-9))
    assert found.shape == (4, 4, BIAS.size)
    assert found.attrs["preparation"].endswith("4 × 4 spectra left.")
    np.testing.assert_allclose(found.x.values, 1e-9 * np.arange(2, 6))


def test_a_levelled_topography_has_no_tilt():
    data = noisy()
    found = preparing.level(data)
    assert np.std(found.topography.values) < 1.2e-10 < 6e-11 + np.std(data.topography.values)
    np.testing.assert_array_equal(found.values, data.values)
    assert found.topography.attrs["units"] == "m"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            lambda data: preparing.crop(data, x=(1.0, 2.0)),
            "crop_x 1 to 2 m leaves no spectrum; x runs .* 1 to 2 nm are 1e-09 2e-09",
        ),
        (lambda data: preparing.mask(data, np.zeros((10, 12))), "names no spectrum"),
        (lambda data: preparing.mask(data, np.ones((3, 4))), r"the mask \(given\) has the shape \(3, 4\)"),
        (lambda data: preparing.mask(data, "no.csv"), "cannot be opened"),
        (lambda data: preparing.normalise(data, "feenstra"), "with_current"),
        (preparing.calibrate_lockin, "with_current"),
        (lambda data: preparing.normalise(data, "mean"), "allowed are feenstra"),
        (lambda data: preparing.normalise(data, "set-point", set_point=500), "set-point of 500 mV"),
        (lambda data: preparing.subtract_background(data, "shirley"), "allowed are power-law, als"),
        (lambda data: preparing.subtract_background(data, "power-law"), "background_range"),
        (lambda data: preparing.subtract_background(data, "power-law", window=(300, 400)), "holds 0 of the energies"),
        (lambda data: preparing.smooth(data, 6), "odd"),
        (lambda data: preparing.smooth(data, 99), "81 energies"),
        (lambda data: preparing.bin_map(data, 0), "positive integers"),
        (lambda data: preparing.bin_map(data, 11), "a bin of 11 does not fit"),
        (lambda data: preparing.level(data, "rows"), "allowed are plane, lines"),
        (lambda data: preparing.level(data.drop_vars("topography")), "needs a topography"),
        (lambda data: preparing.correct_drift(data, data.drop_vars("topography")), "has no topography"),
        (lambda data: preparing.calibrate_lockin(data, the_current(data)[:5]), "take both from one file"),
        (lambda data: preparing.align_energies(data.isel(energy=[0, 1, 5, 9])), "evenly spaced"),
        (lambda data: preparing.despike(data.values), "a map is an array of shape"),
    ],
)
def test_what_cannot_be_done_is_one_line(step, words):
    with pytest.raises(InputError, match=words) as caught:
        step(noisy())
    assert "\n" not in str(caught.value)


def test_energies_that_are_no_bias_are_not_calibrated():
    lockin, current = measured()
    for one in (lockin, current):
        one.energy.attrs["units"] = "eV"
    with pytest.raises(InputError, match="energies that are a bias"):
        preparing.calibrate_lockin(lockin, current)
    lockin, current = measured()
    current.attrs["units"] = "V"
    with pytest.raises(InputError, match="parts of an ampere"):
        preparing.calibrate_lockin(lockin, current)
    with pytest.raises(InputError, match="calibrate the lock-in"):
        preparing.normalise(lockin, "feenstra", current)


def test_unlike_images_have_no_drift():
    data = noisy()
    other = data.assign_coords(topography=(("y", "x"), np.random.default_rng(77).normal(size=(10, 12))))
    with pytest.raises(InputError, match="no shift of the topography"):
        preparing.correct_drift(data, other)


@pytest.mark.parametrize(("recorded", "end"), [(0.06, 60.0), (-0.04, -40.0), (0.5, 100.0), (None, 100.0)])
def test_the_set_point_of_the_file_is_taken_where_it_lies_in_the_sweep(recorded, end):
    data = noisy().assign_attrs({} if recorded is None else {"set_point_bias": recorded})
    found, wanted = preparing.normalise(data, "set-point"), preparing.normalise(data, "set-point", set_point=end)
    np.testing.assert_array_equal(found.values, wanted.values)
    assert preparing.normalise(data, "set-point", set_point=20.0).attrs["preparation"] != found.attrs["preparation"]

import dataclasses

import numpy as np
import pytest

from didymos.schema import InputError
from didymos.simulate.measurement import conductance, record, topography
from didymos.simulate.noise import (
    ARTEFACTS,
    conductance_noise,
    corrupt,
    flicker_noise,
    missing_spectra,
    tunnelling_current,
)
from didymos.simulate.options import Measurement

ENERGY = np.linspace(-15, 15, 301)
FLAT = np.full((40, 50, ENERGY.size), 6.0, dtype=np.float32)


def rng():
    return np.random.default_rng(3)


def recorded_copy(spectra, setting):
    recorded = spectra.copy()
    return recorded, record(recorded, ENERGY, setting, rng())


@pytest.mark.parametrize("bias", [15.0, -15.0, 60.0])
def test_the_current_at_the_setpoint_is_the_setpoint_current(bias):
    setting = Measurement(setpoint_bias=bias, setpoint_current=80.0)
    energy = np.linspace(min(bias, 0), max(bias, 0), 401)
    grid = setting.grid(energy, 0.5)
    density = np.stack([[1 + 0.5 * np.tanh(grid / 5), 3 + np.cos(grid / 4)]]).astype(np.float32)
    spectra, integral = conductance(density, grid, energy, setting)
    np.testing.assert_allclose(np.trapezoid(spectra, energy, axis=-1), 80.0, rtol=1e-3)
    doubled, twice = conductance(2 * density, grid, energy, setting)
    np.testing.assert_allclose(doubled, spectra, rtol=1e-5)
    # a tip that sees twice the states retracts by ln 2 / (2 kappa), the same everywhere
    np.testing.assert_allclose(np.log(twice / integral), np.log(2), rtol=1e-5)
    height = topography(integral, decay=1e10)
    assert height[0, 1] - height[0, 0] == pytest.approx(np.log(integral[0, 1] / integral[0, 0]) / 2e10)


def test_no_state_up_to_the_setpoint_gets_one_line():
    setting = Measurement()
    grid = setting.grid(ENERGY, 0.5)
    with pytest.raises(InputError, match="setpoint_bias"):
        conductance(np.zeros((1, 1, grid.size), dtype=np.float32), grid, ENERGY, setting)


def test_current_of_an_ohmic_contact_is_ohmic_in_any_window():
    for energy in (ENERGY, np.linspace(2, 10, 51), np.linspace(-9, -3, 31)):
        np.testing.assert_allclose(tunnelling_current(np.full(energy.size, 6.0), energy), 6.0 * energy, atol=1e-4)


def test_shot_noise_is_schottky_and_amplifier_noise_is_white():
    # 2 e I B of 100 pA in 100 Hz is (56.6 fA)^2; over 0.4 mV that is 0.1415 nS
    assert conductance_noise(np.array(100.0), 100.0, 0.0, 0.4) == pytest.approx(0.1415, rel=1e-3)
    assert conductance_noise(np.array(0.0), 100.0, 5.0, 0.4) == pytest.approx(5e-15 * 10 / 0.4e-3 * 1e9)
    assert conductance_noise(np.array(-40.0), 10.0, 0.0, 1.0) == conductance_noise(np.array(10.0), 40.0, 0.0, 1.0)


def test_recorded_noise_has_the_standard_deviation_asked_for():
    setting = Measurement(noise=2.0)
    recorded, artefact = recorded_copy(FLAT, setting)
    expected = 2 * conductance_noise(6.0 * ENERGY, 100.0, 5.0, 0.4)
    np.testing.assert_allclose((recorded - FLAT).std(axis=(0, 1)), expected, rtol=0.12)
    assert (recorded - FLAT).mean() == pytest.approx(0, abs=1e-3)
    assert not artefact.any()


def test_nothing_wrong_is_the_map_itself():
    recorded, _ = recorded_copy(FLAT, Measurement(noise=0.0))
    np.testing.assert_array_equal(recorded, FLAT)


def test_causes_have_streams_of_their_own():
    plain, _ = recorded_copy(FLAT, Measurement())
    with_more, artefact = recorded_copy(FLAT, Measurement(corrupted=0.1, missing=0.1, aborted_rows=3))
    good = (artefact == 0) & np.isfinite(with_more).all(axis=-1)
    np.testing.assert_array_equal(with_more[good], plain[good])


def test_flicker_noise_has_unit_variance_and_a_power_that_falls_like_one_over_f():
    noise = flicker_noise(2**17, rng())
    assert noise.std() == pytest.approx(1, abs=0.15)
    power = np.abs(np.fft.rfft(noise)) ** 2
    low, high = power[20:200].mean(), power[2000:20000].mean()
    assert low / high == pytest.approx(100, rel=0.3)


def test_line_offsets_change_between_rows_only():
    recorded, _ = recorded_copy(FLAT, Measurement(noise=0.0, line_offset=0.5))
    offset = (recorded - FLAT)[:, 0, 0]
    np.testing.assert_allclose(recorded - FLAT, offset[:, None, None] * np.ones_like(FLAT), atol=1e-5)
    assert offset.std() == pytest.approx(0.5, rel=0.4)


def test_corrupted_spectra_are_flagged_and_changed_and_no_others():
    spectra = FLAT + np.linspace(0, 3, ENERGY.size, dtype=np.float32)
    damaged = spectra.copy()
    artefact = corrupt(damaged, 0.1, rng())
    changed = (damaged != spectra).any(axis=-1)
    np.testing.assert_array_equal(changed, artefact > 0)
    causes = {name: damaged[artefact == index] for index, name in enumerate(ARTEFACTS)}
    assert {len(some) for name, some in causes.items() if name != "good"} == {50}
    steps = {name: np.abs(np.diff(some, axis=-1)) for name, some in causes.items()}
    assert steps["tip_change"].max(axis=-1).min() > 1.0 > steps["clipped"].max()
    ceiling = causes["clipped"] == causes["clipped"].max(axis=-1, keepdims=True)
    assert (ceiling.mean(axis=-1) > 0.25).all()
    apart = np.abs(causes["spike"] - spectra[0, 0]) > 1.0
    assert apart.any(axis=-1).all()
    assert (apart.sum(axis=-1) <= 3).all()
    assert not steps["dead"].any()
    assert np.abs(causes["dead"]).max() < 0.05 * spectra.mean()


def test_missing_spectra_are_missing_throughout():
    gone = missing_spectra((20, 30), 0.25, 4, rng())
    assert gone[16:].all()
    assert gone[:16].mean() == pytest.approx(0.25, abs=0.06)
    recorded, artefact = recorded_copy(FLAT, Measurement(missing=0.2, aborted_rows=5, corrupted=0.3))
    absent = np.isnan(recorded)
    np.testing.assert_array_equal(absent.any(axis=-1), absent.all(axis=-1))
    assert absent[35:].all()
    assert not artefact[absent.all(axis=-1)].any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"corrupted": 1.5}, "numbers from 0 to 1"),
        ({"setpoint_current": 0.0}, "setpoint_current is 0"),
        ({"modulation": 0.0}, "set noise=0"),
        ({"modulation": float("nan")}, "finite"),
        ({"drift": (1e-9,)}, "two finite numbers in m"),
        ({"tip_changes": 1.5}, "integers"),
        ({"aborted_rows": 0.5}, "integers"),
    ],
)
def test_bad_options_get_one_line(options, words):
    with pytest.raises(InputError, match=words) as caught:
        Measurement(**options)
    assert "\n" not in str(caught.value)


def test_aborted_rows_leave_at_least_one():
    with pytest.raises(InputError, match="from 0 to 9"):
        missing_spectra((10, 10), 0.0, 10, rng())


def test_every_option_of_the_measurement_is_documented():
    for field in dataclasses.fields(Measurement):
        assert f"    {field.name} : " in (Measurement.__doc__ or "")

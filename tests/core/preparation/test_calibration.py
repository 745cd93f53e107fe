import numpy as np
import pytest

import naive
from didymos.core.preparation.calibration import calibration_of, joined, sums_of

BIAS = np.linspace(-0.1, 0.1, 101)
SLOPE, OFFSET = 3.4e-9, 2e-11


def recorded(seed=0, count=200, noise=2e-13):
    """A lock-in signal in V, a current in A whose derivative is OFFSET + SLOPE times the signal, and the biases."""
    random = np.random.default_rng(seed)
    height = random.uniform(0.5, 1.5, (count, 1))
    place = random.normal(0, 0.02, (count, 1))
    conductance = 1e-9 * height * (1 + 2 * np.exp(-((BIAS - place) ** 2) / (2 * 0.02**2)))
    step = np.diff(BIAS) / 2
    areas = (conductance[:, 1:] + conductance[:, :-1]) * step
    current = np.concatenate([np.zeros((count, 1)), np.cumsum(areas, axis=1)], axis=1)
    return (conductance - OFFSET) / SLOPE, current + random.normal(0, noise, current.shape), BIAS


def test_without_noise_it_is_exact():
    found = calibration_of(sums_of(*recorded(noise=0)))
    assert found.slope == pytest.approx(SLOPE, rel=1e-9)
    assert found.offset == pytest.approx(OFFSET, rel=1e-6)


def test_the_line_is_that_of_all_pairs_of_values():
    lockin, current, _ = recorded(count=20)
    current[3, 10:14] = np.nan
    uneven = np.sort(np.random.default_rng(1).uniform(-0.1, 0.1, BIAS.size))
    found = calibration_of(sums_of(lockin, current, uneven))
    slope, offset = naive.calibration_line(lockin, current, uneven)
    if found.outlying == 0:
        assert (found.slope, found.offset) == pytest.approx((slope, offset), rel=1e-6, abs=0)
    assert found.spectra + found.outlying == 20
    found = calibration_of(sums_of(lockin, current, BIAS))
    slope, offset = naive.calibration_line(lockin, current, BIAS)
    assert found.outlying == 0
    assert (found.slope, found.offset) == pytest.approx((slope, offset), rel=1e-6, abs=0)


def test_the_standard_error_is_the_spread_of_repeated_measurements():
    found = [calibration_of(sums_of(*recorded(seed, count=40))) for seed in range(60)]
    z = np.array([(one.slope - SLOPE) / one.error for one in found])
    assert abs(z.mean()) < 0.5
    assert 0.75 < z.std() < 1.35
    assert np.abs(z).max() < 4.5


def test_outlying_spectra_are_set_aside():
    lockin, current, _ = recorded()
    current[:5] *= 10
    lockin[7] = -lockin[7]
    found = calibration_of(sums_of(lockin, current, BIAS))
    assert found.outlying >= 6
    assert abs(found.slope - SLOPE) < 4 * found.error


@pytest.mark.parametrize(
    ("signal", "flow", "volts"), [(1e6, 1.0, 1.0), (1.0, 1e12, 1.0), (1.0, 1.0, 1e3), (-1.0, 1, 1)]
)
def test_units_and_sign_only_scale_the_slope(signal, flow, volts):
    lockin, current, _ = recorded(count=50)
    one, other = sums_of(lockin, current, BIAS), sums_of(signal * lockin, flow * current, volts * BIAS)
    before, after = calibration_of(one), calibration_of(other)
    factor = flow / volts / signal
    assert after.slope == pytest.approx(before.slope * factor, rel=1e-9)
    assert after.error == pytest.approx(before.error * abs(factor), rel=1e-7)
    assert after.outlying == before.outlying


def test_parts_of_a_map_give_the_whole():
    lockin, current, _ = recorded(count=50)
    parts = [sums_of(lockin[part], current[part], BIAS) for part in (slice(0, 13), slice(13, None))]
    assert calibration_of(joined(parts)) == calibration_of(sums_of(lockin, current, BIAS))


def test_nothing_in_common_is_no_calibration():
    random = np.random.default_rng(0)
    shape = (100, BIAS.size)
    found = calibration_of(sums_of(random.normal(size=shape), random.normal(size=shape), BIAS))
    assert not found.significant()
    assert calibration_of(sums_of(*recorded())).significant()
    assert not calibration_of(sums_of(np.full(shape, np.nan), np.full(shape, np.nan), BIAS)).significant()
    assert not calibration_of(sums_of(np.ones(shape), np.ones(shape), BIAS)).significant()

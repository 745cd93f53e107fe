import numpy as np
import pytest

from didymos.core.energies.energy_correlation import (
    EnergyWindow,
    energy_correlation,
    energy_windows,
    weight_transfer,
    window_weights,
)
from didymos.core.numeric.moments import moments
from didymos.simulate import fese, semiconductor

ENERGY = np.linspace(-10.0, 10.0, 201)


def correlation_of(values):
    return energy_correlation(moments(values).covariance)


def one_mode(shape, *, noise, points=2000, seed=0):
    """Return spectra in which a single random amplitude moves a fixed shape."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(points, 1)) * shape + noise * rng.normal(size=(points, len(shape)))


def opposite_windows(energy):
    return np.where(energy <= -4, 1.0, np.where(energy >= 2, -1.0, 0.0))


def boundaries(windows):
    return [(window.start, window.stop, window.sign) for window in windows]


def test_correlation_is_that_of_numpy_in_any_units():
    values = np.random.default_rng(1).normal(size=(50, 7)) @ np.random.default_rng(2).normal(size=(7, 7))
    expected = np.corrcoef(values.T)
    for factor in (1.0, 1e-12, 1e-140, 1e9):
        np.testing.assert_allclose(correlation_of(factor * values), expected, atol=1e-12)
    np.testing.assert_array_equal(np.diagonal(correlation_of(values)), 1.0)


def test_energies_where_nothing_varies_have_no_correlation():
    values = np.random.default_rng(1).normal(size=(50, 5))
    values[:, 2] = 3.0
    correlation = correlation_of(values)
    assert np.isnan(correlation[2]).all()
    assert np.isnan(correlation[:, 2]).all()
    assert np.isfinite(np.delete(np.delete(correlation, 2, 0), 2, 1)).all()
    assert np.isnan(energy_correlation(np.zeros((4, 4)))).all()


@pytest.mark.parametrize("noise", [0.1, 1.0, 4.0])
def test_two_anticorrelated_windows_are_found_at_any_noise(noise):
    values = one_mode(opposite_windows(ENERGY), noise=noise)
    windows = energy_windows(correlation_of(values), ENERGY, spectra=len(values))
    (low, high) = windows
    # the running mean blurs a boundary by less than half of the least width, 0.3
    assert [low.start, low.stop, high.start, high.stop] == pytest.approx([-10, -4, 2, 10], abs=0.31)
    # the upper window is the wider one and so holds more of the mode
    assert (low.sign, high.sign) == (-1, 1)
    expected = -1 / (1 + noise**2)
    assert low.strength == pytest.approx(expected, abs=0.03)
    assert low.strength == pytest.approx(high.strength, rel=1e-12)


def test_windows_do_not_depend_on_units_pixel_order_or_energy_origin():
    rng = np.random.default_rng(3)
    values = one_mode(opposite_windows(ENERGY), noise=0.5)
    expected = boundaries(energy_windows(correlation_of(values), ENERGY))
    assert len(expected) == 2
    gains = rng.uniform(0.1, 10, len(ENERGY))
    for changed in (1e-12 * values, -values, values[rng.permutation(len(values))], gains * values + 7):
        assert boundaries(energy_windows(correlation_of(changed), ENERGY)) == expected
    shifted = boundaries(energy_windows(correlation_of(values), 1e-3 * ENERGY + 5))
    np.testing.assert_allclose(shifted, [(1e-3 * a + 5, 1e-3 * b + 5, sign) for a, b, sign in expected], rtol=1e-12)
    reverse = boundaries(energy_windows(correlation_of(values[:, ::-1]), ENERGY[::-1]))
    assert reverse[::-1] == expected


def test_windows_do_not_depend_on_how_densely_the_energies_lie():
    # one half of the range sampled ten times as densely: by count of energies the narrow window would weigh most
    energy = np.concatenate([np.linspace(-10, 0, 200, endpoint=False), np.linspace(0, 10, 21)])
    values = one_mode(np.where(energy < -6, 1.0, np.where(energy > 3, -1.0, 0.0)), noise=0.3)
    low, high = energy_windows(correlation_of(values), energy)
    assert (low.start, high.stop) == (-10, 10)
    assert low.stop == pytest.approx(-6, abs=0.31)
    assert high.start == pytest.approx(3, abs=0.51)
    assert (low.sign, high.sign) == (-1, 1)
    # of two independent modes the one that takes more of the range leads, not that of more energies
    rng = np.random.default_rng(1)
    values = one_mode(np.where(energy < -3, 1.0, 0.0), noise=0.3) + rng.normal(size=(2000, 1)) * (energy > -1.5)
    (window,) = energy_windows(correlation_of(values), energy)
    assert window.start == pytest.approx(-1.5, abs=0.31)
    assert window.stop == 10


def test_a_common_gain_gives_one_window_of_everything():
    values = one_mode(1 + ENERGY**2 / 50, noise=0.2)
    (window,) = energy_windows(correlation_of(values), ENERGY)
    assert (window.start, window.stop, window.sign) == (-10, 10, 1)
    assert np.isnan(window.strength)


@pytest.mark.parametrize(("points", "energies"), [(100, 200), (400, 200), (5000, 200), (300, 12)])
def test_noise_has_no_windows(points, energies):
    energy = np.linspace(0, 1, energies)
    for seed in range(5):
        noise = np.random.default_rng(seed).normal(size=(points, energies))
        assert energy_windows(correlation_of(noise), energy, spectra=points) == []


def test_noise_smoothed_along_energy_has_no_windows():
    energy = np.linspace(0, 1, 500)
    noise = np.random.default_rng(0).normal(size=(3000, 504))
    smoothed = sum(noise[:, shift : shift + 500] for shift in range(5))
    assert energy_windows(correlation_of(smoothed), energy, spectra=3000) == []


def test_gaps_are_closed_and_slivers_dropped():
    shape = opposite_windows(ENERGY)
    shape[20:25] = 0.0  # 0.5 wide within a window, less than the least width of 0.6
    shape[120:122] = 1.0
    (low, high) = energy_windows(correlation_of(one_mode(shape, noise=0.3)), ENERGY)
    assert [low.stop, high.start] == pytest.approx([-4, 2], abs=0.31)


def test_dead_energies_do_not_spoil_the_others():
    values = one_mode(opposite_windows(ENERGY), noise=0.3)
    expected = boundaries(energy_windows(correlation_of(values), ENERGY))
    values[:, [10, 100, 180]] = 1.0
    windows = energy_windows(correlation_of(values), ENERGY)
    assert boundaries(windows) == expected
    assert np.isfinite([window.strength for window in windows]).all()
    values[:] = 1.0
    assert energy_windows(correlation_of(values), ENERGY) == []
    assert energy_windows(np.ones((2, 2)), ENERGY[:2]) == []


def test_iron_selenide_shows_the_windows_of_the_paper():
    surface = fese(shape=(60, 60), energies=256, seed=1)
    energy = surface.energy.values
    windows = energy_windows(correlation_of(surface.spectra.values.reshape(-1, 256)), energy, spectra=3600)
    first, last = windows[0], windows[-1]
    assert first.start == -15
    assert first.stop > -5
    assert 7 <= last.start <= 11
    assert last.stop == 15
    assert (first.sign, last.sign) == (1, -1)
    assert first.strength < -0.4
    assert last.strength < -0.4


def test_a_drifting_conduction_band_edge_opposes_the_valence_band():
    surface = semiconductor(shape=(40, 40), seed=1)
    energy = surface.energy.values
    windows = energy_windows(correlation_of(surface.spectra.values.reshape(1600, -1)), energy, spectra=1600)
    sign_at = {
        probe: [window.sign for window in windows if window.start <= probe <= window.stop] for probe in (-700, 0, 450)
    }
    assert sign_at == {-700: [1], 0: [], 450: [-1]}


def test_integrals_follow_the_true_axis():
    energy = np.array([0.0, 1.0, 1.5, 4.0, 10.0])
    values = np.stack([2 * energy + 1, np.ones(5), np.full(5, np.nan)])
    window = EnergyWindow(1.0, 4.0, 1, np.nan)
    expected = [18.0, 3.0, np.nan]
    np.testing.assert_allclose(window_weights(values, energy, [window])[:, 0], expected)
    np.testing.assert_allclose(window_weights(values[:, ::-1], energy[::-1], [window])[:, 0], expected)
    empty = [EnergyWindow(1.5, 1.5, 1, np.nan), EnergyWindow(20.0, 30.0, 1, np.nan)]
    np.testing.assert_array_equal(window_weights(values[:2], energy, empty), np.zeros((2, 2)))
    assert window_weights(values, energy, []).shape == (3, 0)


def transfer_of(majority, minority, window):
    return weight_transfer(*(window_weights(values, ENERGY, [window])[:, 0] for values in (majority, minority)))


def test_transfer_and_its_error_scatter_as_they_say():
    window = EnergyWindow(-2.0, 3.0, 1, np.nan)
    rng = np.random.default_rng(5)
    scale = 1e-12
    found = []
    for _ in range(400):
        majority = scale * (4 + rng.normal(size=(60, len(ENERGY))))
        minority = scale * (4.5 + 2 * rng.normal(size=(12, len(ENERGY))))
        found.append(transfer_of(majority, minority, window))
    transfer, error = np.array(found).T / scale
    # 0.5 more over a width of 5
    assert transfer.mean() == pytest.approx(2.5, abs=4 * transfer.std() / 20)
    assert np.sqrt((error**2).mean()) == pytest.approx(transfer.std(), rel=0.15)


def test_transfer_with_few_spectra():
    window = EnergyWindow(-2.0, 3.0, 1, np.nan)
    majority = np.ones((3, len(ENERGY)))
    minority = np.full((2, len(ENERGY)), 3.0)
    assert transfer_of(majority, minority, window) == pytest.approx((10.0, 0.0))
    minority[1] = np.nan
    transfer, error = transfer_of(majority, minority, window)
    assert transfer == pytest.approx(10.0)
    assert np.isnan(error)
    assert np.isnan(transfer_of(majority, minority[:0], window)).all()

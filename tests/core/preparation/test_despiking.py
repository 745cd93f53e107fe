import numpy as np
import pytest

import naive
from didymos.core.preparation.despiking import (
    beside_image,
    beside_points,
    excess,
    noise_of,
    on_both_sides,
    spikes,
    standardised,
)

SHAPE = (12, 14, 60)


def surface(seed=0):
    random = np.random.default_rng(seed)
    energy = np.linspace(-1, 1, SHAPE[2])
    return 5 + np.tanh(3 * energy) + random.normal(0, 0.05, SHAPE)


def found_in(image):
    rows = image.reshape(-1, image.shape[-1])
    z = standardised(rows, noise_of(rows))
    found = spikes(z, beside_image(z.reshape(image.shape)).reshape(2, *z.shape))
    return on_both_sides(rows, found).reshape(image.shape)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_spikes_are_found_and_nothing_else(sign, width):
    image, true = surface(), np.zeros(SHAPE, dtype=bool)
    for row, column, energy in [(2, 3, 10), (5, 5, 30), (8, 12, 50), (0, 0, 20), (11, 13, 57), (4, 9, 0)]:
        true[row, column, energy : energy + width] = True
    image[true] += sign * 2.0
    assert np.array_equal(found_in(image), true)


@pytest.mark.parametrize("seed", range(3))
def test_noise_has_no_spikes(seed):
    assert not found_in(surface(seed)).any()


def test_a_narrow_line_that_neighbours_share_stays():
    image = surface()
    y, x = np.indices(SHAPE[:2])
    defect = 3 * np.exp(-((y - 6) ** 2 + (x - 6) ** 2) / (2 * 1.2**2))
    image[..., 31] += defect
    assert not found_in(image).any()


def test_a_line_of_all_spectra_and_a_broad_line_of_one_stay():
    image = surface()
    image[..., 20] += 4
    image[3, 3] += 2 * np.exp(-((np.arange(60) - 40) ** 2) / (2 * 4.0**2))
    assert not found_in(image).any()


def test_a_noisy_spectrum_has_no_spikes_for_being_noisy():
    image = surface()
    image[4, 4] += np.random.default_rng(1).normal(0, 1, 60)
    assert not found_in(image).any()


@pytest.mark.parametrize("scale", [1e-12, 1e6, -2.0])
def test_scale_and_offset_do_not_matter(scale):
    image = surface()
    image[3, 4, 20] += 2
    assert np.array_equal(found_in(scale * image + 7 * scale), found_in(image))


def test_the_order_of_rows_and_columns_does_not_matter():
    image = surface()
    image[3, 4, 20] += 2
    assert np.array_equal(found_in(image[::-1, ::-1])[::-1, ::-1], found_in(image))


def test_the_excess_passes_over_gaps():
    spectra = surface()[0]
    spectra[np.random.default_rng(2).random(spectra.shape) < 0.3] = np.nan
    spectra[3] = np.nan
    np.testing.assert_allclose(excess(spectra), naive.excess_over_median(spectra, 9))


def test_gaps_are_no_spikes_and_hide_none():
    image = surface()
    image[3, 4, 20] += 2
    image[3, 4, 23:30] = np.nan
    image[2] = np.nan
    found = found_in(image)
    assert found.sum() == 1
    assert found[3, 4, 20]


def test_neighbours_of_an_image_are_the_eight_around():
    z = np.zeros((4, 5, 1))
    z[1, 2], z[0, 0] = 3, -2
    high, low = beside_image(z)[..., 0]
    expected = np.zeros((4, 5))
    expected[0:3, 1:4] = 3
    expected[1, 2] = 0
    assert np.array_equal(high, expected)
    assert {tuple(at) for at in np.argwhere(low < 0).tolist()} == {(0, 1), (1, 0), (1, 1)}
    points = beside_points(z.reshape(-1, 1), np.array([[1], *[[0]] * 19]))
    assert points[1, 1:].min() == points[1, 1:].max() == -2


def test_counts_with_hardly_any_noise():
    image = np.zeros(SHAPE)
    image[3, 4, 20] = 9
    assert found_in(image).sum() == 1


@pytest.mark.parametrize("energies", [1, 2, 3, 8])
def test_short_spectra(energies):
    few = surface()[..., :energies]
    assert not found_in(few).any()
    few[2, 2, 0] += 50
    assert found_in(few).sum() == (energies > 4)


@pytest.mark.parametrize("height", [-2.0, 2.0, 10.0])
def test_a_step_is_no_spike(height):
    image = surface()
    for energy in range(4, 57):
        image[energy % 12, energy // 12 * 3 + 1, energy:] += height
    assert not found_in(image).any()


def test_both_sides_are_those_of_the_plain_rule():
    random = np.random.default_rng(5)
    spectra = random.normal(size=(300, 17)).cumsum(axis=1)
    spectra[random.random(spectra.shape) < 0.2] = np.nan
    found = (random.random(spectra.shape) < 0.3) & np.isfinite(spectra)
    expected = naive.stands_out_on_both_sides(spectra, found, 4, 7, 0.5)
    assert 0 < expected.sum() < found.sum()
    assert np.array_equal(on_both_sides(spectra, found), expected)
    # in another unit, upside down, and from the other end
    for other, back in ((-1e-12 * spectra, 1), (spectra[:, ::-1], -1)):
        assert np.array_equal(on_both_sides(other, found[:, ::back])[:, ::back], expected)

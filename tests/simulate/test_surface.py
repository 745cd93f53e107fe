import numpy as np
import pytest

from didymos.schema import InputError
from didymos.simulate.surface import gaussian_random_field, scatter_sites, shift_in_energy, surface_fields
from didymos.simulate.truth import defect_amplitude, kind_amplitude


def rng(seed=0):
    return np.random.default_rng(seed)


def test_random_field_has_unit_variance_and_its_correlation_length():
    fields = np.stack([gaussian_random_field((60, 40), 0.5e-9, 2e-9, rng(seed)) for seed in range(150)])
    assert fields.mean() == pytest.approx(0, abs=0.05)
    assert fields.var() == pytest.approx(1, abs=0.06)
    for lag in (2, 4, 8):  # points, 4 to the correlation length
        expected = np.exp(-(lag**2) / (2 * 4**2))
        assert (fields[:, lag:] * fields[:, :-lag]).mean() == pytest.approx(expected, abs=0.06)
        assert (fields[:, :, lag:] * fields[:, :, :-lag]).mean() == pytest.approx(expected, abs=0.06)
    # opposite edges know nothing of each other
    assert (fields[:, 0] * fields[:, -1]).mean() == pytest.approx(0, abs=0.1)


def test_sites_keep_their_distance_and_too_many_get_one_line():
    sites = scatter_sites((50, 60), 20, 7.0, rng())
    distance = np.linalg.norm(sites[:, None] - sites, axis=-1)
    assert distance[~np.eye(20, dtype=bool)].min() >= 7
    assert (sites >= 0).all()
    assert (sites < (50, 60)).all()
    assert scatter_sites((5, 5), 0, 7.0, rng()).shape == (0, 2)
    with pytest.raises(InputError, match="100 defects came"):
        scatter_sites((20, 20), 100, 7.0, rng())


def test_shift_moves_a_smooth_spectrum_by_as_much():
    grid = np.linspace(-10, 10, 201)
    shift = np.array([[0.0, 0.73], [-2.04, 3.0]])
    density = np.broadcast_to(np.exp(-(grid**2) / 8), (2, 2, 201)).astype(np.float32)
    moved = shift_in_energy(density, grid, shift)
    expected = np.exp(-((grid - shift[..., None]) ** 2) / 8)
    np.testing.assert_allclose(moved[..., 40:-40], expected[..., 40:-40], atol=1e-5)


def test_amplitude_is_the_share_of_the_change_at_the_core():
    template = np.array([1.0, -2.0, 0.5])
    share = np.zeros((9, 9))
    share[4, 4], share[4, 5], share[2, 2], share[0, 0] = 1.0, 0.3, -0.4, 0.01
    np.testing.assert_allclose(
        defect_amplitude(share[..., None] * template, np.array([[4, 3]]), 2), np.clip(share, 0, 1)
    )
    orthogonal = share[..., None] * template + (1 - share[..., None]) * np.array([2.0, 1.0, 0.0])
    core = defect_amplitude(orthogonal, np.array([[4, 4]]), 0)
    np.testing.assert_allclose(core, np.clip(share, 0, 1), atol=1e-12)
    assert not defect_amplitude(share[..., None] * template, np.zeros((0, 2), dtype=int), 2).any()


def test_points_belong_to_the_kind_of_their_nearest_defect():
    sites, kind = np.array([[0, 0], [5, 9], [8, 1]]), np.array([1, 2, 1])
    amplitude = kind_amplitude(np.ones((10, 12, 4)), sites, kind, [1.0, 1.0, 1.0])
    y, x = np.indices((10, 12))
    distance = (y[..., None] - sites[:, 0]) ** 2 + (x[..., None] - sites[:, 1]) ** 2
    ties = np.sort(distance, axis=-1)
    nearest = np.where(ties[..., 0] < ties[..., 1], kind[distance.argmin(axis=-1)], 0)
    for index in (1, 2):
        assert (amplitude[index - 1][nearest == index] == 1).all()
        assert not amplitude[2 - index][nearest == index].any()
    assert not amplitude[2].any()
    wider = kind_amplitude(np.ones((10, 12, 4)), sites, kind, [1.0, 3.0, 1.0])
    assert wider[1].sum() > amplitude[1].sum()
    assert not kind_amplitude(np.ones((3, 3, 4)), sites[:0], kind[:0], [1.0, 1.0]).any()


@pytest.mark.parametrize("texture", ["smooth", "moire", "domains"])
def test_fields_of_every_texture_have_zero_mean_and_unit_variance(texture):
    fields = np.stack([surface_fields(texture, 3, (60, 80), 1e-9, 8e-9, rng(seed)) for seed in range(60)])
    assert fields.shape == (60, 3, 60, 80)
    assert fields.mean() == pytest.approx(0, abs=0.1)
    assert fields.var() == pytest.approx(1, abs=0.1)
    assert not np.allclose(fields[0, 0], fields[1, 0])


def test_a_moire_repeats_after_its_period_and_domains_have_one_wall():
    period = 12.0
    moire = surface_fields("moire", 1, (96, 96), 1e-9, period * 1e-9, rng())[0]
    power = np.abs(np.fft.fft2(moire - moire.mean())) ** 2
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(96), np.fft.fftfreq(96)))
    assert frequency.ravel()[power.argmax()] == pytest.approx(2 / np.sqrt(3) / period, abs=0.006)
    walls = surface_fields("domains", 2, (96, 96), 1e-9, 2e-8, rng())
    sides = walls > 0
    assert 0.25 < sides[0].mean() < 0.75
    # both fields change at the same wall, which is straight: few neighbours lie across it
    crossing = [np.abs(np.diff(side.astype(int), axis=1)).sum() + np.abs(np.diff(side.astype(int), axis=0)).sum()
                for side in sides]  # fmt: skip
    assert max(crossing) < 2 * 96 + 40
    assert np.mean(sides[0] == sides[1]) in (pytest.approx(1, abs=0.05), pytest.approx(0, abs=0.05))

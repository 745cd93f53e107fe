import numpy as np
import pytest

from didymos.schema import InputError
from didymos.simulate.surface import gaussian_random_field, scatter_sites, shift_in_energy
from didymos.simulate.truth import defect_amplitude, nearest_defect


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


def test_nearest_defect_is_the_one_of_least_distance():
    sites = np.array([[0, 0], [5, 9], [8, 1]])
    y, x = np.indices((10, 12))
    distance = (y[..., None] - sites[:, 0]) ** 2 + (x[..., None] - sites[:, 1]) ** 2
    chosen = np.take_along_axis(distance, nearest_defect((10, 12), sites)[..., None], axis=-1)[..., 0]
    np.testing.assert_array_equal(chosen, distance.min(axis=-1))

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from didymos.core.defects.amplitude import find_amplitudes
from didymos.core.evidence.population import Population, find_population
from didymos.core.surface.neighbourhood import ImageNeighbourhood, NoNeighbourhood, ScatteredNeighbourhood

SIDE, FEATURES, WIDTH, STRENGTH = 40, 5, 2.5, 20.0
IMAGE = ImageNeighbourhood(np.ones((SIDE, SIDE), dtype=bool))
PLACES = [(9, 9), (20, 30), (31, 12)]
OTHERS = [(8, 26), (30, 29)]
AXES = np.linalg.qr(np.random.default_rng(99).normal(size=(FEATURES, FEATURES)))[0]


def profile(positions, places, width=WIDTH):
    """Amplitude of Gaussian objects at these places."""
    squared = np.stack([((positions - place) ** 2).sum(axis=1) for place in places])
    return np.exp(-squared / (2 * width**2)).max(axis=0)


GRID = np.indices((SIDE, SIDE)).reshape(2, -1).T.astype(float)


def drift(seed):
    """A smooth change of the surface, of spread 1."""
    smooth = gaussian_filter(np.random.default_rng(1000 + seed).normal(size=(SIDE, SIDE)), 6, mode="wrap").ravel()
    return (smooth - smooth.mean()) / smooth.std()


def planted(kinds, seed=0, strength=STRENGTH):
    """Noise of spread 1, a drift, and objects of several kinds: features and the true amplitude of each kind."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(SIDE**2, FEATURES)) + 3 * drift(seed)[:, np.newaxis] * AXES[3]
    truth = np.stack([profile(GRID, places) for places in kinds], axis=1)
    return features + strength * truth @ AXES[: len(kinds)], truth


def amplitudes_of(features, neighbourhood=IMAGE):
    population = find_population(features, neighbourhood)
    assert population.distinct
    return find_amplitudes(features, population, neighbourhood)


@pytest.mark.parametrize("kinds", [[PLACES], [PLACES, OTHERS]], ids=["one kind", "two kinds"])
@pytest.mark.parametrize("seed", range(2))
def test_the_amplitude_is_the_planted_one(kinds, seed):
    features, truth = planted(kinds, seed)
    found, whole = amplitudes_of(features), truth.max(axis=1)
    assert np.corrcoef(found.value, whole)[0, 1] > 0.95
    core = found.value[whole > 0.97]
    assert core.min() > 0.8
    assert core.max() < 1.2
    assert found.value[whole < 0.01].mean() == pytest.approx(0, abs=0.02)
    assert found.kind.dtype == np.int16
    assert found.kind.max() == len(kinds) == len(found.noise)


def test_around_an_object_spectra_are_of_its_kind():
    features, truth = planted([PLACES, OTHERS])
    found = amplitudes_of(features)
    around = truth.max(axis=1) > 0.1
    assert np.array_equal(found.kind[around], truth[around].argmax(axis=1) + 1)


@pytest.mark.parametrize("kinds", [[PLACES], [PLACES, OTHERS]], ids=["one kind", "two kinds"])
def test_quiet_are_spectra_away_from_all_objects(kinds):
    features, truth = planted(kinds)
    found = amplitudes_of(features)
    assert truth[found.background].max() < 0.15
    assert found.background[truth.max(axis=1) < 1e-4].mean() > 0.9
    assert not np.any(found.background & found.ambiguous)


@pytest.mark.parametrize("strength", [10.0, 20.0])
def test_the_noise_is_that_of_the_spectra_along_the_change(strength):
    features, _ = planted([PLACES], strength=strength)
    found = amplitudes_of(features)
    assert found.noise == pytest.approx([1 / strength], rel=0.12)
    assert found.value[found.background].std() == pytest.approx(found.noise[0])


def test_every_kind_has_its_own_noise():
    features, truth = planted([PLACES, OTHERS])
    # the second kind changes the spectra half as much
    found = amplitudes_of(features - 0.5 * STRENGTH * truth[:, 1:] * AXES[1])
    assert found.noise == pytest.approx([1 / STRENGTH, 2 / STRENGTH], rel=0.15)
    assert found.value[truth.max(axis=1) > 0.97].mean() == pytest.approx(1, abs=0.1)


def test_a_drift_along_the_change_itself_is_surface():
    features, truth = planted([PLACES])
    hills = drift(7)
    features += 2 * hills[:, np.newaxis] * AXES[0]
    found = amplitudes_of(features)
    before, after = (
        np.corrcoef(some[found.background], hills[found.background])[0, 1] for some in (features @ AXES[0], found.value)
    )
    assert before > 0.85
    assert abs(after) < 0.25
    assert found.value[truth[:, 0] > 0.97] == pytest.approx(1, abs=0.2)


def test_a_weak_defect_has_a_small_amplitude():
    features, _ = planted([PLACES])
    features += 0.5 * STRENGTH * profile(GRID, [(33, 33)])[:, np.newaxis] * AXES[0]
    found = amplitudes_of(features)
    weak, strong = (found.value[profile(GRID, places) > 0.9].mean() for places in ([(33, 33)], PLACES))
    assert weak / strong == pytest.approx(0.5, abs=0.05)


def test_a_defect_that_was_not_found_is_ambiguous():
    features, _ = planted([PLACES])
    whole = find_population(features, IMAGE)
    lost = whole.label == whole.label.reshape(SIDE, SIDE)[PLACES[1]]
    label = np.where(lost, 0, whole.label)
    number = np.unique(label, return_inverse=True)[1]
    found = find_amplitudes(features, Population(whole.p_value, number, whole.far, whole.directions), IMAGE)
    assert lost.any()
    assert np.all(found.ambiguous[lost])
    assert not np.any(found.background[lost])
    assert found.value[lost].min() > 0.3
    assert not np.any(found.ambiguous[profile(GRID, [PLACES[0], PLACES[2]]) > 0.1])
    assert not amplitudes_of(features).ambiguous[lost].any()


@pytest.mark.parametrize("kinds", [[PLACES], [PLACES, OTHERS]], ids=["one kind", "two kinds"])
def test_coordinates_and_units_of_the_features_hardly_matter(kinds):
    rng = np.random.default_rng(3)
    features, _ = planted(kinds)
    plain = amplitudes_of(features)
    for factor in (1e-9, 1.0, 1e9):
        mixing = factor * (rng.normal(size=(FEATURES, FEATURES)) + 3 * np.eye(FEATURES))
        other = amplitudes_of(features @ mixing + 50 * factor)
        # where there is no defect it is chance which kind is nearer
        alike = other.kind == plain.kind
        assert other.value[alike] == pytest.approx(plain.value[alike], abs=0.05)
        assert alike.mean() > 0.97
        assert np.mean(other.background == plain.background) > 0.97
        assert other.noise == pytest.approx(plain.noise, rel=0.05)


@pytest.mark.parametrize("view", [lambda image: image[::-1], lambda image: image.transpose(1, 0, 2)])
def test_the_side_from_which_the_surface_is_seen_does_not_matter(view):
    features, _ = planted([PLACES])
    rotated = amplitudes_of(view(features.reshape(SIDE, SIDE, FEATURES)).reshape(-1, FEATURES))
    back = view(rotated.value.reshape(SIDE, SIDE, 1)).ravel()
    assert back == pytest.approx(amplitudes_of(features).value, abs=0.02)


def scattered(seed=0):
    rng = np.random.default_rng(seed)
    positions = SIDE * rng.random((SIDE**2, 2))
    truth = profile(positions, PLACES, width=1.5)
    return positions, rng.normal(size=(SIDE**2, FEATURES)) + STRENGTH * truth[:, np.newaxis] * AXES[0], truth


def test_scattered_points_have_amplitudes_too():
    positions, features, truth = scattered()
    found = amplitudes_of(features, ScatteredNeighbourhood(positions))
    # hardly more than the noise
    assert np.sqrt(np.mean((found.value - truth) ** 2)) < 1.2 / STRENGTH
    assert found.value[truth > 0.97] == pytest.approx(1, abs=0.2)
    assert truth[found.background].max() < 0.15


def test_the_order_of_scattered_points_does_not_matter():
    positions, features, _ = scattered()
    order = np.random.default_rng(1).permutation(len(positions))
    plain = amplitudes_of(features, ScatteredNeighbourhood(positions))
    other = amplitudes_of(features[order], ScatteredNeighbourhood(positions[order]))
    assert other.value == pytest.approx(plain.value[order], abs=1e-6)
    for name in ("kind", "background", "ambiguous"):
        assert np.array_equal(getattr(other, name), getattr(plain, name)[order])


def test_missing_points_hide_nothing_else():
    features, truth = planted([PLACES])
    present = np.random.default_rng(4).random((SIDE, SIDE)) > 0.2
    found = amplitudes_of(features[present.ravel()], ImageNeighbourhood(present))
    assert np.corrcoef(found.value, truth[present.ravel(), 0])[0, 1] > 0.95


def test_without_positions_the_mean_of_the_others_is_the_surface():
    rng = np.random.default_rng(5)
    features = rng.normal(size=(900, FEATURES))
    truth = np.zeros((900, 2))
    truth[:30, 0] = truth[30:50, 1] = 1
    found = amplitudes_of(features + STRENGTH * truth @ AXES[:2], NoNeighbourhood())
    defect = truth.any(axis=1)
    assert found.value[defect] == pytest.approx(1, abs=0.25)
    assert found.value[~defect].mean() == pytest.approx(0, abs=0.05)
    assert np.array_equal(found.kind[defect], truth[defect].argmax(axis=1) + 1)
    assert not found.background[defect].any()
    assert found.background[~defect].mean() > 0.98
    assert found.noise == pytest.approx(1 / STRENGTH, rel=0.15)


@pytest.mark.parametrize("seed", range(2))
def test_a_defect_that_fades_over_many_steps_is_followed_to_its_end(seed):
    rng = np.random.default_rng(seed)
    distance = np.linalg.norm(GRID - (18, 22), axis=1)
    amplitude = np.exp(-((distance / 12) ** 2)) / np.hypot(1, distance / 2)
    found = amplitudes_of(rng.normal(size=(SIDE**2, FEATURES)) + 80 * amplitude[:, np.newaxis] * AXES[0])
    assert np.corrcoef(found.value, amplitude)[0, 1] > 0.97
    assert amplitude[found.background].max() < 0.2
    assert not found.ambiguous[amplitude > 0.1].any()


def test_a_defect_of_one_point_with_a_weak_flank_is_a_kind():
    features, truth = planted([PLACES])
    point = profile(GRID, [(33, 33)], 0.6)
    features = features + 120 * point[:, np.newaxis] * AXES[1]
    found = amplitudes_of(features)
    assert found.kind.max() == 2
    assert np.all(found.kind[point > 0.2] == 2)
    assert np.all(found.kind[truth[:, 0] > 0.3] == 1)


def test_lobes_beside_a_defect_are_no_kind():
    features, _ = planted([PLACES])
    lobes = profile(GRID, [(row, column + 7) for row, column in PLACES], 1.2)
    found = amplitudes_of(features + 0.4 * STRENGTH * lobes[:, np.newaxis] * AXES[1])
    assert found.kind.max() == 1
    # as strong, or far away, they are
    strong = amplitudes_of(features + STRENGTH * lobes[:, np.newaxis] * AXES[1])
    assert strong.kind.max() == 2
    away = profile(GRID, [(5, 34), (35, 33)], 1.2)
    assert amplitudes_of(features + 0.4 * STRENGTH * away[:, np.newaxis] * AXES[1]).kind.max() == 2

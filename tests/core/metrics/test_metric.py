import numpy as np
import pytest

import naive
from didymos.core.metrics.registry import METRICS, fit_metric, sample_with_neighbours
from didymos.core.numeric.lengths import distance_to_centre
from didymos.core.numeric.robust_covariance import majority_covariance
from didymos.core.surface.nearest import adjacent_pairs

SIDE, ENERGIES = 22, 50
POINTS = SIDE * SIDE
ENERGY = np.linspace(-1, 1, ENERGIES)
NEIGHBOURS = adjacent_pairs(np.stack(np.divmod(np.arange(POINTS), SIDE), axis=1).astype(float))


def majority(rng, points=POINTS, noise=0.05):
    """Spectra that vary in four directions with very different strengths, and white noise."""
    strength = np.array([3.0, 1.0, 0.5, 0.3])
    modes = np.stack([np.cos(np.pi * k * (ENERGY + 1) / 2) for k in range(4)])
    return 2 + rng.normal(size=(points, 4)) * strength @ modes + rng.normal(scale=noise, size=(points, ENERGIES))


@pytest.fixture(scope="module")
def spectra():
    values = majority(np.random.default_rng(0))
    values[:25] += 1.5 * np.exp(-(((ENERGY - 0.2) / 0.1) ** 2))
    values.setflags(write=False)
    return values


def distances(name, values, rank=4, seed=0):
    fitted = fit_metric(name, values, NEIGHBOURS, rank=rank, seed=seed)
    return fitted.distance(fitted.transform(values))


@pytest.mark.parametrize("rank", [1, 3, 7])
def test_euclidean_distances_are_those_of_the_truncated_components(spectra, rank):
    fitted = fit_metric("euclidean", spectra, NEIGHBOURS, rank=rank, seed=0)
    mean, modes, _ = naive.principal_components(spectra, np.ones(ENERGIES))
    truncated = (spectra - mean) @ modes[:rank].T @ modes[:rank]
    found = naive.pair_distances(fitted.transform(spectra)[::50])
    assert found == pytest.approx(naive.pair_distances(truncated[::50]), rel=1e-6)


def test_euclidean_with_all_components_is_the_plain_distance(spectra):
    fitted = fit_metric("euclidean", spectra, NEIGHBOURS, rank=ENERGIES, seed=0)
    found = naive.pair_distances(fitted.transform(spectra)[::50])
    assert found == pytest.approx(naive.pair_distances(spectra[::50]), rel=1e-9)


def test_robust_features_of_the_majority_have_unit_spread(spectra):
    fitted = fit_metric("robust", spectra, NEIGHBOURS, rank=None, seed=0)
    features = fitted.transform(spectra[25:])
    assert np.cov(features, rowvar=False) == pytest.approx(np.eye(fitted.rank), abs=0.3)
    assert features.mean(axis=0) == pytest.approx(0, abs=0.2)
    # the squared distance of normally distributed spectra follows chi squared, with the rank as its mean
    assert np.median(distance_to_centre(features) ** 2) == pytest.approx(fitted.rank - 2 / 3, rel=0.15)


def test_robust_distance_finds_what_euclidean_distance_hides(spectra):
    robust, euclidean = distances("robust", spectra, rank=None), distances("euclidean", spectra, rank=None)
    assert robust[:25].min() > robust[25:].max()
    assert euclidean[:25].min() < np.quantile(euclidean[25:], 0.9)


@pytest.mark.parametrize("factor", [1e-12, 1e-3, 1e12])
def test_units(spectra, factor):
    assert distances("robust", factor * spectra) == pytest.approx(distances("robust", spectra), rel=1e-5)
    expected = factor * distances("euclidean", spectra)
    assert distances("euclidean", factor * spectra) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", METRICS)
def test_a_common_spectrum_added_to_all_changes_nothing(spectra, name):
    for added in (1e5, 100 * np.sin(5 * ENERGY)):
        assert distances(name, spectra + added) == pytest.approx(distances(name, spectra), rel=1e-5)


@pytest.mark.parametrize("name", METRICS)
def test_order_and_sign_of_the_energies_change_nothing(spectra, name):
    assert distances(name, spectra[:, ::-1]) == pytest.approx(distances(name, spectra), rel=1e-6)
    assert distances(name, -spectra) == pytest.approx(distances(name, spectra), rel=1e-6)


def test_robust_distance_hardly_depends_on_the_gain_of_an_energy(spectra):
    gain = np.geomspace(0.1, 10, ENERGIES)
    assert distances("robust", gain * spectra) == pytest.approx(distances("robust", spectra), rel=0.1)


def test_robust_distance_is_affine_invariant_in_the_kept_components():
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(500, 3)) * [1, 4, 0.2]
    scores[:50] += 8
    mixing = rng.normal(size=(3, 3)) + 2 * np.eye(3)

    def squared(values):
        centre, covariance = majority_covariance(values)
        return np.einsum("ij,jk,ik->i", values - centre, np.linalg.inv(covariance), values - centre)

    moved = squared(scores @ mixing + [100.0, -3.0, 7.0])
    assert moved == pytest.approx(squared(scores), rel=1e-4)


def test_order_of_the_spectra_does_not_matter(spectra):
    order = np.random.default_rng(2).permutation(POINTS)
    back = np.argsort(order)
    fitted = fit_metric("robust", spectra[order], back[NEIGHBOURS], rank=4, seed=0)
    ratio = fitted.distance(fitted.transform(spectra[order]))[back] / distances("robust", spectra)
    assert ratio == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("distance", [20, 1e6])
@pytest.mark.parametrize("share", [0.3, 0.4, 0.45])
def test_outliers_move_neither_centre_nor_covariance(share, distance):
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(1000, 4)) * [5, 2, 1, 0.5] + [0, 100, -3, 0]
    clean = scores[int(share * 1000) :].copy()
    scores[: int(share * 1000)] += distance * np.array([1, 1, -1, 1])
    centre, covariance = majority_covariance(scores)
    spread = clean.std(axis=0)
    assert centre / spread == pytest.approx(clean.mean(axis=0) / spread, abs=0.3)
    # of the majority no more than the consistent core decides, so the spread is right within a factor of two
    ratio = np.linalg.eigvalsh(covariance / np.outer(spread, spread))
    assert np.all((ratio > 0.5) & (ratio < 2))


def test_large_maps_are_sampled_without_bias():
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(120_000, 2)) * [3, 0.1] + [1000, 0]
    centre, covariance = majority_covariance(scores)
    assert centre == pytest.approx([1000, 0], abs=0.2)
    assert np.diag(covariance) == pytest.approx([9, 0.01], rel=0.15)


@pytest.mark.parametrize("largest", [10, 11, 400])
def test_a_sample_holds_each_spectrum_with_its_neighbour(largest):
    values = np.arange(1000.0)[:, np.newaxis]
    neighbours = (np.arange(len(values)) + 3) % len(values)
    some, partners = sample_with_neighbours(values, neighbours, largest, seed=1)
    assert largest - 1 <= len(some) == len(partners) <= largest
    step = (some[partners] - some)[:, 0] % len(values)
    assert set(step) == {3, len(values) - 3}  # the neighbour, and back
    assert len(np.unique(some[: largest // 2])) == largest // 2


def test_a_sample_of_few_spectra_is_all_of_them():
    values = np.arange(9.0)[:, np.newaxis]
    neighbours = np.roll(np.arange(9), 1)
    few, same = sample_with_neighbours(values, neighbours, 9, seed=1)
    assert np.array_equal(few, values)
    assert np.array_equal(same, neighbours)


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_of_very_many_spectra_is_that_of_a_sample(name):
    values = majority(np.random.default_rng(6), points=6000)
    neighbours = np.append(np.arange(1, len(values)), len(values) - 2)
    whole = fit_metric(name, values, neighbours, rank=4, seed=0)
    sampled = fit_metric(name, values, neighbours, rank=4, seed=0, largest_sample=2000)
    first, second = (fitted.distance(fitted.transform(values)) for fitted in (whole, sampled))
    assert second == pytest.approx(first, rel=0.15, abs=0.15 * np.median(first))
    assert not np.array_equal(first, second)


def test_the_seed_decides_everything(spectra):
    first, second = (fit_metric("robust", spectra, NEIGHBOURS, rank=4, seed=5) for _ in range(2))
    assert np.array_equal(first.projection, second.projection)
    assert np.array_equal(first.mean, second.mean)


def test_hidden_state_decides_nothing(spectra):
    first = fit_metric("robust", spectra, NEIGHBOURS, rank=4, seed=5)
    np.random.seed(123)  # noqa: NPY002 - the hidden state is what is meant
    np.random.random(17)  # noqa: NPY002
    assert np.array_equal(fit_metric("robust", spectra, NEIGHBOURS, rank=4, seed=5).projection, first.projection)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("points", [2, 3, 5, 12])
def test_few_spectra(name, points):
    values = majority(np.random.default_rng(6), points)
    neighbours = np.roll(np.arange(points), 1)
    features = fit_metric(name, values, neighbours, rank=None, seed=0).transform(values)
    assert features.shape[0] == points
    assert np.all(np.isfinite(features))
    assert naive.pair_distances(features).max() > 0


def test_few_spectra_are_measured_by_the_spread_of_each_component():
    scores = np.random.default_rng(7).normal(size=(20, 3)) * [10, 1, 0.1]
    centre, covariance = majority_covariance(scores)
    assert np.array_equal(centre, np.median(scores, axis=0))
    assert np.sqrt(np.diag(covariance)) == pytest.approx([10, 1, 0.1], rel=0.5)
    assert np.count_nonzero(covariance - np.diag(np.diag(covariance))) == 0


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("spectrum", [np.zeros(10), np.full(10, 4.4e-12), np.sin(np.arange(10.0))])
def test_identical_spectra_have_no_distance(name, spectrum):
    assert distances(name, np.tile(spectrum, (POINTS, 1))) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("name", METRICS)
def test_three_spectra_among_identical_ones_are_far(name):
    values = np.where(np.arange(POINTS) < 3, 1.0, 0.0)[:, np.newaxis] * np.sin(np.arange(10.0))
    distance = distances(name, values)
    assert distance[:3].min() > 1
    assert distance[3:].max() < 1e-9


@pytest.mark.parametrize("name", METRICS)
def test_a_spectrum_with_a_missing_value_has_missing_features(spectra, name):
    fitted = fit_metric(name, spectra, NEIGHBOURS, rank=4, seed=0)
    values = spectra[:10].copy()
    values[3, 7] = np.nan
    features = fitted.transform(values)
    assert np.all(np.isnan(features[3]))
    assert np.delete(features, 3, axis=0) == pytest.approx(np.delete(fitted.transform(spectra[:10]), 3, axis=0))


def test_an_unknown_metric_is_refused(spectra):
    with pytest.raises(KeyError, match="cosine"):
        fit_metric("cosine", spectra, NEIGHBOURS, rank=None, seed=0)

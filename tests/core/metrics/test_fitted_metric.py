import numpy as np
import pytest

import naive
from didymos.core.defects.amplitude import Amplitudes
from didymos.core.evidence.directions import Directions, covariance_of, discriminant_directions
from didymos.core.metrics.metric import fit_metric
from didymos.core.numeric.lengths import distance_to_centre
from didymos.core.numeric.rescaling import compress, shorten_rest
from didymos.core.surface.nearest import nearest_neighbours

SIDE, ENERGIES = 22, 50
POINTS = SIDE * SIDE
ENERGY = np.linspace(-1, 1, ENERGIES)
NEIGHBOURS = nearest_neighbours(np.stack(np.divmod(np.arange(POINTS), SIDE), axis=1).astype(float))
DEFECTS = np.where(np.arange(POINTS) < 25, 1, 0)
PEAK = 1.5 * np.exp(-(((ENERGY - 0.2) / 0.1) ** 2))


def majority(seed):
    """Spectra that vary in four directions with very different strengths, and white noise."""
    rng = np.random.default_rng(seed)
    strength = np.array([3.0, 1.0, 0.5, 0.3])
    modes = np.stack([np.cos(np.pi * k * (ENERGY + 1) / 2) for k in range(4)])
    return 2 + rng.normal(size=(POINTS, 4)) * strength @ modes + rng.normal(scale=0.05, size=(POINTS, ENERGIES))


@pytest.fixture(scope="module")
def spectra():
    values = majority(0) + PEAK * DEFECTS[:, np.newaxis]
    values.setflags(write=False)
    return values


def directions_of(features):
    """The directions of the defects of the fixture, known by their places."""
    centre, whitening = covariance_of(features, DEFECTS == 0)
    white = (features - centre) @ whitening
    basis = discriminant_directions(white, DEFECTS, np.eye(white.shape[1]))
    return Directions.of(white, DEFECTS == 0, centre, whitening, basis)


@pytest.fixture(scope="module")
def fitted(spectra):
    return fit_metric("robust", spectra, NEIGHBOURS, rank=None, seed=0)


@pytest.fixture(scope="module")
def directions(spectra, fitted):
    return directions_of(fitted.uncompressed(spectra))


@pytest.fixture(scope="module")
def turned(spectra, fitted, directions):
    return fitted.turned(directions, spectra)


def test_uncompressed_features_are_linear_in_the_spectra(spectra, fitted):
    features = fitted.uncompressed(spectra)
    middle = fitted.uncompressed((spectra[:-1] + spectra[1:]) / 2)
    assert middle == pytest.approx((features[:-1] + features[1:]) / 2, rel=1e-6, abs=1e-6)
    assert fitted.transform(spectra) == pytest.approx(compress(features, fitted.length))


def test_turned_features_are_those_of_the_directions(spectra, fitted, directions, turned):
    expected = (fitted.uncompressed(spectra) - directions.centre) @ directions.whitening @ directions.rotation
    assert np.allclose(turned.uncompressed(spectra), expected, rtol=1e-6, atol=1e-6)
    assert turned.kept == directions.basis.shape[1] < fitted.rank
    assert (turned.radius, turned.rank) == (directions.radius, fitted.rank)


def test_turned_features_are_shortened_and_then_compressed(spectra, turned):
    plain = turned.uncompressed(spectra)
    expected = compress(naive.shortened(plain, turned.kept, turned.radius), turned.length)
    assert turned.transform(spectra) == pytest.approx(expected)
    across = turned.transform(spectra)[DEFECTS == 0][:, turned.kept :]
    # nearly all of the majority has nothing left across the directions
    assert np.mean(np.all(across == 0, axis=1)) == pytest.approx(0.99, abs=0.005)


def test_a_turned_metric_tells_the_length_before_compression(spectra, turned):
    before = distance_to_centre(shorten_rest(turned.uncompressed(spectra), turned.kept, turned.radius))
    assert turned.distance(turned.transform(spectra)) == pytest.approx(before, rel=1e-9)
    assert np.median(before) == pytest.approx(turned.length)


def test_turning_separates_the_defects_from_a_majority_of_unit_spread(spectra, fitted, turned):
    features = turned.uncompressed(spectra)[DEFECTS == 0]
    assert features.mean(axis=0) == pytest.approx(0, abs=1e-6)
    assert np.cov(features, rowvar=False) == pytest.approx(np.eye(fitted.rank), abs=1e-6)

    def ratio(metric):
        distance = metric.distance(metric.transform(spectra))
        return distance[DEFECTS == 1].min() / np.quantile(distance[DEFECTS == 0], 0.99)

    assert ratio(turned) > 1.1 * ratio(fitted)


def test_turning_leaves_the_metric_it_came_from(spectra, fitted, directions):
    before = fitted.transform(spectra)
    fitted.turned(directions, spectra)
    assert np.array_equal(fitted.transform(spectra), before)
    assert (fitted.kept, fitted.radius) == (None, 0.0)


@pytest.mark.parametrize("factor", [1e-9, 1e9, -1.0])
def test_a_turned_metric_does_not_know_the_units(spectra, turned, factor):
    plain = fit_metric("robust", factor * spectra, NEIGHBOURS, rank=None, seed=0)
    other = plain.turned(directions_of(plain.uncompressed(factor * spectra)), factor * spectra)
    found, expected = other.transform(factor * spectra), turned.transform(spectra)
    assert naive.pair_distances(found[::8]) == pytest.approx(naive.pair_distances(expected[::8]), rel=1e-4, abs=1e-6)
    assert other.distance(found) == pytest.approx(turned.distance(expected), rel=1e-4)
    assert other.kept == turned.kept


def test_turning_does_not_mind_a_common_spectrum(spectra, turned):
    moved = spectra + 100 * np.sin(5 * ENERGY)
    plain = fit_metric("robust", moved, NEIGHBOURS, rank=None, seed=0)
    other = plain.turned(directions_of(plain.uncompressed(moved)), moved)
    assert other.distance(other.transform(moved)) == pytest.approx(turned.distance(turned.transform(spectra)), rel=1e-4)


def test_a_turned_metric_of_a_spectrum_with_a_missing_value(spectra, turned):
    values = spectra[:10].copy()
    values[3, 7] = np.nan
    features = turned.transform(values)
    assert np.all(np.isnan(features[3]))
    assert np.delete(features, 3, axis=0) == pytest.approx(np.delete(turned.transform(spectra[:10]), 3, axis=0))


def measured(value, kind=None, noise=(0.05,)):
    """Amplitudes as a map would tell them; quiet is where there is none."""
    value = np.asarray(value, dtype=np.float64)
    kind = np.ones(len(value)) if kind is None else kind
    return Amplitudes(
        value, np.asarray(kind, dtype=np.int16), value == 0, np.zeros(len(value), dtype=bool), np.array(noise)
    )


AMPLITUDE = np.where(np.arange(POINTS) < 100, (np.arange(POINTS) + 1) / 100, 0.0)


@pytest.fixture(scope="module")
def graded():
    """Spectra with a hundred defects from weak to strong."""
    values = majority(1) + AMPLITUDE[:, np.newaxis] * PEAK
    values.setflags(write=False)
    return values


def taught_on(values, amplitudes=None, factor=1.0):
    """The metric of spectra, turned to their defects and taught how much of a defect is in each."""
    plain = fit_metric("robust", factor * values, NEIGHBOURS, rank=None, seed=0)
    features = plain.uncompressed(factor * values)
    core = np.where(AMPLITUDE > 0.5, 1, 0)
    centre, whitening = covariance_of(features, AMPLITUDE == 0)
    white = (features - centre) @ whitening
    basis = discriminant_directions(white, core, np.eye(white.shape[1]))
    turned = plain.turned(Directions.of(white, AMPLITUDE == 0, centre, whitening, basis), factor * values)
    return turned.taught(measured(AMPLITUDE) if amplitudes is None else amplitudes, factor * values, seed=0)


@pytest.fixture(scope="module")
def taught(graded):
    return taught_on(graded)


def test_a_metric_is_taught_after_it_was_turned(spectra, fitted):
    with pytest.raises(ValueError, match="turned"):
        fitted.taught(measured(DEFECTS), spectra, seed=0)


def test_without_learning_the_degree_is_the_distance(spectra, fitted, turned):
    for metric in (fitted, turned):
        assert metric.learned is None
        assert np.array_equal(metric.degree(spectra), metric.distance(metric.transform(spectra)))
    assert (fitted.leading, turned.leading) == (None, turned.kept)


def test_taught_features_begin_with_the_amplitude_in_units_of_its_noise(graded, taught):
    plain = taught.uncompressed(graded)
    leading = taught.learned.forms(plain) / taught.learned.noise
    across = shorten_rest(plain, taught.kept, taught.radius)[:, taught.kept :]
    whole = np.concatenate([leading, across], axis=1)
    assert taught.leading == leading.shape[1] == 1
    assert taught.transform(graded) == pytest.approx(compress(whole, taught.length))
    assert taught.distance(taught.transform(graded)) == pytest.approx(distance_to_centre(whole), rel=1e-9)
    assert taught.length == pytest.approx(np.median(distance_to_centre(whole)))


def test_two_kinds_have_two_leading_features(graded):
    kind = np.where(np.arange(POINTS) % 2 == 0, 1, 2)
    metric = taught_on(graded, measured(AMPLITUDE, kind, (0.05, 0.05)))
    assert metric.leading == 2
    # they may be more than there are directions
    assert metric.kept == 1
    assert metric.transform(graded).shape == (POINTS, metric.rank + 1)


def test_the_degree_is_about_the_amplitude(graded, taught):
    degree = taught.degree(graded)
    assert degree.shape == (POINTS,)
    assert np.sqrt(np.mean((degree - AMPLITUDE) ** 2)) < 0.1
    assert np.corrcoef(degree[:100], AMPLITUDE[:100])[0, 1] > 0.95


def test_degree_and_amplitudes_come_from_one_pass(graded):
    kind = np.where(np.arange(POINTS) % 2 == 0, 1, 2)
    metric = taught_on(graded, measured(AMPLITUDE, kind, (0.05, 0.05)))
    degree, amplitudes = metric.degree_and_amplitudes(graded)
    assert np.array_equal(degree, metric.degree(graded))
    assert amplitudes == pytest.approx(metric.learned.forms(metric.uncompressed(graded)))


def test_a_metric_that_learned_nothing_knows_no_amplitudes(spectra, fitted, turned):
    for metric in (fitted, turned):
        with pytest.raises(ValueError, match="not learned"):
            metric.degree_and_amplitudes(spectra)


def test_the_degree_adds_what_is_strange_in_units_of_the_length_of_a_core(graded, taught):
    # some that are far across the directions too
    values = graded + 5 * np.sin(9 * ENERGY) * (np.arange(POINTS) % 7 == 0)[:, np.newaxis]
    plain = taught.uncompressed(values)
    along = np.hypot(np.maximum(taught.learned.forms(plain)[:, 0], 0), taught.learned.noise)
    across = distance_to_centre(naive.shortened(plain, taught.kept, taught.radius)[:, taught.kept :])
    core = np.median(distance_to_centre(taught.uncompressed(graded)[AMPLITUDE > 0.5]))
    assert across.max() > core / 5
    assert taught.degree(values) == pytest.approx(np.hypot(along, across / core))


def test_spectra_that_taught_nothing_have_the_right_degree(taught):
    others = majority(2) + AMPLITUDE[:, np.newaxis] * PEAK
    assert np.sqrt(np.mean((taught.degree(others) - AMPLITUDE) ** 2)) < 0.15


def test_what_no_defect_looks_like_has_a_degree_too(graded, taught):
    ordinary = graded[AMPLITUDE == 0]
    # a change of the first feature across the directions and of no other
    strange = np.linalg.pinv(taught.projection)[taught.kept] * taught.scale
    length = np.array([0.0, 1.0, 2.0])[:, np.newaxis] * taught.learned.strangeness * 10
    degree = taught.degree(ordinary.mean(axis=0) + length * strange)
    assert np.all(np.diff(degree) > 5)
    assert degree[0] < 0.3


@pytest.mark.parametrize("factor", [1e-9, 1e9])
def test_a_taught_metric_does_not_know_the_units(graded, taught, factor):
    other = taught_on(graded, factor=factor)
    assert other.degree(factor * graded) == pytest.approx(taught.degree(graded), rel=1e-4, abs=1e-6)
    found, expected = other.transform(factor * graded), taught.transform(graded)
    assert naive.pair_distances(found[::8]) == pytest.approx(naive.pair_distances(expected[::8]), rel=1e-4, abs=1e-6)


def test_teaching_leaves_the_metric_it_came_from(spectra, turned):
    before = turned.transform(spectra)
    turned.taught(measured(DEFECTS), spectra, seed=0)
    assert turned.learned is None
    assert np.array_equal(turned.transform(spectra), before)


def test_a_taught_metric_of_a_spectrum_with_a_missing_value(graded, taught):
    values = graded[:10].copy()
    values[3, 7] = np.nan
    assert np.all(np.isnan(taught.transform(values)[3]))
    degree = taught.degree(values)
    assert np.isnan(degree[3])
    assert np.delete(degree, 3) == pytest.approx(np.delete(taught.degree(graded[:10]), 3))


def test_without_a_clear_defect_a_metric_is_taught_all_the_same(graded):
    metric = taught_on(graded, measured(0.4 * AMPLITUDE))
    assert metric.learned.strangeness == 1.0
    assert np.all(np.isfinite(metric.degree(graded)))

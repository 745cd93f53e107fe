"""Find all like this: a spectrum of the map, an average, or a spectrum from elsewhere."""

import dataclasses

import numpy as np
import pytest

from didymos import InputError, Settings
from didymos.simulate import fese
from didymos.workflow import Teacher
from didymos.workflow.alike import AlikeSettings, like_points, like_spectrum, noise_of, ordinary_distance

SIDE, ENERGIES = 32, 48
SMALL = Settings(members=2)


@pytest.fixture(scope="module")
def surface():
    """FeSe with vacancies; one spectrum is missing, one has a long gap, one is clipped and one is constant."""
    data = fese(shape=(SIDE, SIDE), energies=ENERGIES, defects=4, seed=3).load()
    values = data["spectra"].values
    values[0, 3] = np.nan
    values[1, 20, 20:] = np.nan
    values[5, 28, 30:] = 1.01 * np.nanmax(values)
    values[27, 6] = values[27, 6].mean()
    return data


@pytest.fixture(scope="module")
def ground(surface):
    return Teacher.of(surface, SMALL)


@pytest.fixture(scope="module")
def truth(surface):
    return surface["truth_amplitude"].values.ravel()


@pytest.fixture(scope="module")
def cores(ground, truth):
    return np.flatnonzero((truth > 0.8) & ground.points.usable)


def test_a_spectrum_is_most_like_itself_and_its_kind_follows(ground, truth, cores):
    found = like_points(ground.points, ground.features, int(cores[0]))
    assert found.order[0] == cores[0]
    assert found.similarity[cores[0]] == pytest.approx(1.0)
    first = truth[found.order[: len(cores)]]
    assert np.mean(first > 0.5) > 0.9
    assert np.isfinite(found.similarity).sum() == len(found.order)


def test_similarity_is_that_of_the_distance_in_the_metric(ground, cores):
    points, features = ground.points, ground.features
    found = like_points(points, features, cores[:3])
    values = np.asarray(points.values, dtype=np.float64)
    wanted = features.metric.transform(values[cores[:3]].mean(axis=0)[np.newaxis])[0]
    for point in (0, 40, 5 * SIDE + 28, int(cores[4])):
        away = np.linalg.norm(features.metric.transform(values[point][np.newaxis])[0] - wanted)
        expected = 1 / (1 + (away / ordinary_distance(features)) ** 2)
        assert found.similarity[point] == pytest.approx(expected, rel=1e-6)
    assert (np.diff(found.similarity[found.order]) <= 0).all()
    missing = np.flatnonzero(~points.finite)
    assert {3, SIDE + 20} <= set(missing.tolist())
    assert np.isnan(found.similarity[missing]).all()
    assert not set(missing.tolist()) & set(found.order.tolist())


def test_the_distance_of_ordinary_spectra_is_that_of_a_pair_of_the_majority(ground):
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3000, 6)) * [5.0, 3.0, 1.0, 1.0, 0.1, 0.0]
    values[:200] += 100.0  # a rare kind does not count
    features = dataclasses.replace(ground.features, values=values)
    square = np.sum((values[200:1600] - values[1600:]) ** 2, axis=1)
    assert ordinary_distance(features) == pytest.approx(np.sqrt(square.mean()), rel=0.1)
    same = dataclasses.replace(features, values=np.zeros((10, 2)))
    assert ordinary_distance(same) == 1.0
    same.values[0] = 3.0, 4.0
    assert ordinary_distance(dataclasses.replace(same)) == 5.0


def test_two_ordinary_spectra_are_about_half_similar(ground, truth):
    bare = np.flatnonzero((truth < 0.01) & ground.points.usable)
    values = [like_points(ground.points, ground.features, int(one)).similarity[bare] for one in bare[::10]]
    assert 0.4 < np.median(values) < 0.75


@pytest.mark.parametrize("metric", ["robust", "euclidean"])
def test_similarity_depends_neither_on_units_nor_on_the_order_of_the_points(surface, cores, metric):
    chosen = dataclasses.replace(SMALL, metric=metric)
    teacher = Teacher.of(surface["spectra"], chosen)
    found = like_points(teacher.points, teacher.features, int(cores[0])).similarity
    larger = Teacher.of((4096 * surface["spectra"]).assign_attrs(surface["spectra"].attrs), chosen)
    scaled = like_points(larger.points, larger.features, int(cores[0])).similarity
    np.testing.assert_allclose(scaled, found, rtol=1e-4, atol=1e-9)
    order = np.random.default_rng(0).permutation(SIDE * SIDE)
    data = surface["spectra"].stack(point=("y", "x")).transpose("point", "energy").reset_index("point")
    one, other = (Teacher.of(part, chosen) for part in (data, data.isel(point=order)))
    values = like_points(one.points, one.features, cores[:2].tolist()).similarity
    moved = like_points(other.points, other.features, np.argsort(order)[cores[:2]].tolist()).similarity
    # the metric itself is fitted anew, in another order
    np.testing.assert_allclose(moved, values[order], rtol=0, atol=0.03)


def test_points_that_cannot_be_compared_are_refused(ground):
    for chosen, what in (
        ([], "no point is chosen"),
        (3, "point 3 has no spectrum without gaps"),
        ([7, SIDE * SIDE], "the map has the points 0 to 1023"),
        (-1, "point -1 is chosen"),
    ):
        with pytest.raises(InputError, match=what):
            like_points(ground.points, ground.features, chosen)


def naive_correlation(points, energy, values, weight):
    """One spectrum after the other, by the definition."""
    inside = (points.energy >= energy.min()) & (points.energy <= energy.max())
    target, w = np.interp(points.energy[inside], energy, values), weight[inside] / weight[inside].sum()
    found = np.full(len(points.finite), np.nan)
    for point in np.flatnonzero(points.finite):
        x = points.values[point, inside].astype(np.float64)
        covariance = np.sum(w * (x - np.sum(w * x)) * (target - np.sum(w * target)))
        spread = np.sqrt(np.sum(w * (x - np.sum(w * x)) ** 2) * np.sum(w * (target - np.sum(w * target)) ** 2))
        found[point] = covariance / spread if spread > 1e-12 else 0.0
    return found


def test_a_spectrum_from_elsewhere_is_compared_by_its_correlation(ground, cores):
    points = ground.points
    energy = np.linspace(points.energy[5] - 0.01, points.energy[-1] + 5, 301)
    values = np.interp(energy, points.energy, points.values[cores].mean(axis=0))
    noise = np.linspace(1.0, 3.0, ENERGIES)
    for given, weight in ((None, np.ones(ENERGIES)), (noise, 1 / noise**2)):
        found = like_spectrum(points, energy, values, noise=given)
        np.testing.assert_allclose(found.similarity, naive_correlation(points, energy, values, weight), atol=1e-9)
        assert np.isnan(found.similarity[[3, SIDE + 20]]).all()
        assert found.similarity[27 * SIDE + 6] == 0.0


def test_gain_offset_and_order_of_the_energies_do_not_matter(ground, truth, cores):
    points = ground.points
    values = points.values[cores].mean(axis=0).astype(np.float64)
    noise = np.linspace(1.0, 3.0, ENERGIES)
    found = like_spectrum(points, points.energy, values, noise=noise)
    assert np.mean(truth[found.order[: len(cores)]] > 0.5) > 0.9
    order = np.random.default_rng(0).permutation(ENERGIES)
    for gain, offset in ((1e-200, 0.0), (1e200, 3e200), (2.5, -7.0)):
        other = like_spectrum(points, points.energy[order], gain * values[order] + offset, noise=noise)
        np.testing.assert_allclose(other.similarity, found.similarity, atol=1e-9)
    opposite = like_spectrum(points, points.energy, -values, noise=noise)
    np.testing.assert_allclose(opposite.similarity, -found.similarity, atol=1e-12)


def test_the_noise_of_the_map_is_that_of_its_metric(ground, surface):
    metric = dataclasses.replace(ground.features.metric, stabilisation=None)
    np.testing.assert_array_equal(noise_of(metric), metric.scale)
    assert metric.scale.shape == (ENERGIES,)
    assert noise_of(dataclasses.replace(metric, whitened=False)) is None
    plain = Teacher.of(surface, dataclasses.replace(SMALL, metric="euclidean"))
    assert noise_of(plain.features.metric) is None


def test_a_map_that_is_not_in_memory_and_scattered_spectra_give_the_same(surface, ground, cores, monkeypatch):
    monkeypatch.setattr("didymos.stored.spectra.READ_AT_ONCE", 4 * SIDE * ENERGIES * 3)
    data = surface["spectra"]
    stored = Teacher.of(data.chunk({"y": 6}), SMALL)
    assert not isinstance(stored.points.values, np.ndarray)
    values = data.values.reshape(-1, ENERGIES)[cores[0]]
    for expected, found in (
        (
            like_points(ground.points, ground.features, cores[:3]),
            like_points(stored.points, stored.features, cores[:3]),
        ),
        (
            like_spectrum(ground.points, ground.points.energy, values),
            like_spectrum(stored.points, stored.points.energy, values),
        ),
    ):
        np.testing.assert_allclose(found.similarity, expected.similarity, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("energy", "values", "what"),
    [
        ([100, 200, 300], [1, 2, 3], "0% of the range and 0 energies of the map are common"),
        ([-0.5, 0.0, 0.5], [1, 2, 3], r"the spectrum spans -0.5 to 0.5 and the map -15 to 15"),
        ([-15, 15], [2, 2], "constant over the range"),
        ([-15, 0, 15], [1, np.nan, 2], "no finite numbers"),
        ([-15, 0, 0], [1, 2, 3], "occurs twice"),
        ([-15, 0], [1, 2, 3], "two equal lists"),
        ([1], [1], "two equal lists"),
    ],
)
def test_what_is_no_spectrum_of_this_range_is_refused(ground, energy, values, what):
    with pytest.raises(InputError, match=what) as caught:
        like_spectrum(ground.points, energy, values)
    assert "\n" not in str(caught.value)


def test_how_much_must_be_common_is_a_setting(ground):
    few = AlikeSettings(fewest=2, overlap=0.01)
    found = like_spectrum(ground.points, [-1.0, 0.0, 1.0], [1.0, 2.0, 4.0], settings=few)
    assert len(found.order) == ground.points.finite.sum()

"""What every method must do: on two clouds, in any unit, with few spectra, with the same seed."""

import importlib.util

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, average_precision_score
from sklearn.neighbors import KNeighborsClassifier
from tasks import task_of, two_clouds

from didymos.methods import chosen, missing_packages
from didymos.schema import InputError

METHODS = {method.name: method for method in chosen()}
OPTIONAL = {"umap": "umap", "tsne": "openTSNE"}
# a picture that keeps neighbours has no meaning of far; a narrow kernel sees parts of a cloud; a network can tell both
FAR_IS_NOT_RARE = {"umap", "tsne", "autoencoder", "kernel-pca-narrow"}
DIVIDES_IN_TWO = {"kmeans-2", *(name for name in METHODS if name.startswith("agglomerative"))}
# k-means may divide one cloud in two anywhere
ORDER_COUNTS = {"umap", "tsne", "autoencoder", "kmeans-3"}


@pytest.fixture(scope="module", params=METHODS)
def method(request):
    for package in METHODS[request.param].packages:
        pytest.importorskip(package)
    return METHODS[request.param]


@pytest.fixture(scope="module")
def clouds():
    return two_clouds()


@pytest.fixture(scope="module")
def outcome(method, clouds):
    return method.run(task_of(clouds[0]))


def test_the_spectra_of_the_rare_cloud_are_the_unusual_ones(method, outcome, clouds):
    if method.name not in FAR_IS_NOT_RARE:
        assert average_precision_score(clouds[1], outcome.score) > 0.99


def test_the_places_of_the_two_clouds_lie_apart(method, outcome, clouds):
    if outcome.space is None or method.name == "kernel-pca-narrow":
        return
    neighbours = KNeighborsClassifier(5).fit(outcome.space, clouds[1])
    assert adjusted_rand_score(clouds[1], neighbours.predict(outcome.space)) > 0.99


def test_the_network_places_the_rare_cloud_far_from_the_mean(clouds):
    found = METHODS["autoencoder"].run(task_of(clouds[0]))
    assert found.space is not None
    assert found.origin is not None
    distance = np.linalg.norm(found.space - found.origin, axis=1)
    assert average_precision_score(clouds[1], distance) > 0.99


def test_two_groups_are_the_two_clouds(method, outcome, clouds):
    if method.name in DIVIDES_IN_TWO or method.name == "log-rescaled":
        assert adjusted_rand_score(clouds[1], outcome.labels) > 0.99


def test_an_outcome_is_complete(outcome, clouds):
    points = len(clouds[0])
    assert outcome.score.shape == (points,)
    assert np.isfinite(outcome.score).all()
    assert (outcome.space is None) == (outcome.origin is None)
    if outcome.space is not None:
        assert outcome.space.shape == (points, 2)
        assert outcome.origin.shape == (2,)
        assert np.isfinite(outcome.space).all()
        assert np.isfinite(outcome.origin).all()
    if outcome.labels is not None:
        assert outcome.labels.shape == (points,)
        assert outcome.labels.dtype.kind == "i"
    assert outcome.space is not None or outcome.labels is not None


def test_the_unit_of_the_signal_does_not_count(method, outcome, clouds):
    # a power of two: the very same spectra in about 1e-12 of the unit
    scaled = method.run(task_of(clouds[0] * np.float32(2.0**-40)))
    assert np.array_equal(np.argsort(scaled.score, kind="stable"), np.argsort(outcome.score, kind="stable"))
    if outcome.labels is not None:
        assert np.array_equal(scaled.labels, outcome.labels)


def test_any_unit_of_the_signal_gives_the_same_picture(method, outcome, clouds):
    if method.name in ORDER_COUNTS:
        return
    # rounded otherwise, so nearly the same spectra
    scaled = method.run(task_of(clouds[0] * 3.7e-12))
    size = outcome.score.max()
    assert scaled.score / scaled.score.max() == pytest.approx(outcome.score / size, abs=1e-3)
    if outcome.labels is not None:
        assert np.array_equal(scaled.labels, outcome.labels)


def test_the_same_seed_gives_the_same_outcome(method, outcome, clouds):
    np.random.seed(7)  # noqa: NPY002 - what the process did with the old generator may not count
    np.random.random(3)  # noqa: NPY002
    again = method.run(task_of(clouds[0]))
    assert np.array_equal(again.score, outcome.score)
    if outcome.space is not None:
        assert np.array_equal(again.space, outcome.space)


def test_the_order_of_the_spectra_does_not_count(method, outcome, clouds):
    if method.name in ORDER_COUNTS:
        return
    order = np.random.default_rng(3).permutation(len(clouds[0]))
    found = method.run(task_of(clouds[0][order], places=order))
    size = np.ptp(outcome.score)
    assert found.score == pytest.approx(outcome.score[order], abs=1e-3 * size)
    if outcome.labels is not None:
        assert adjusted_rand_score(found.labels, outcome.labels[order]) > 0.999


@pytest.mark.parametrize("shape", [(8, 3), (9, 64)])
def test_few_spectra_have_an_outcome(method, shape):
    values = np.random.default_rng(0).normal(size=shape)
    values[0] += 20
    found = method.run(task_of(values))
    assert found.score.shape == shape[:1]
    assert np.isfinite(found.score).all()


def test_identical_spectra_are_refused_in_one_line(method):
    with pytest.raises(InputError, match="all 12 spectra are the same") as caught:
        method.run(task_of(np.full((12, 5), 3.0)))
    assert "\n" not in str(caught.value)


def test_two_different_spectra_many_times_have_an_outcome(method):
    values = np.ones((40, 6))
    values[:3] = 2 + np.arange(6)
    if method.name == "kmeans-3":
        with pytest.raises(InputError, match="3 clusters are asked of 2 different spectra"):
            method.run(task_of(values))
        return
    found = method.run(task_of(values))
    assert np.isfinite(found.score).all()
    if method.name not in FAR_IS_NOT_RARE:
        assert found.score[:3].min() > found.score[3:].max()


def test_the_optional_packages_are_found_where_they_are():
    for name, method in METHODS.items():
        package = OPTIONAL.get(name)
        assert [*method.packages] == ([package] if package else [])
        absent = [package] if package and importlib.util.find_spec(package) is None else []
        assert missing_packages(method) == absent

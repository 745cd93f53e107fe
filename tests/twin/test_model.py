import io
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from didymos.core.defects.regions import RegionModel
from didymos.core.metrics.registry import fit_metric
from didymos.schema import InputError
from didymos.twin.distances import distance_score, distance_to_phases, phase_centres
from didymos.twin.embedding_stage import EmbeddingStage
from didymos.twin.example_score import ExampleScore
from didymos.twin.model import Networks, TwinModel, load_model, save_model
from didymos.twin.score_stage import ScoreStage
from didymos.twin.training.encoder import random_encoder

MEMBERS, POINTS, ENERGIES = 2, 60, 12
REGIONS = RegionModel(np.array([0.1, 0.4, 0.9]), np.array([0.0, 0.7, 1.0]), np.array([0.0, 0.2, 0.8]))


@pytest.fixture(scope="module")
def spectra():
    rng = np.random.default_rng(0)
    modes = np.stack([np.cos(np.pi * k * np.linspace(0, 1, ENERGIES)) for k in range(4)])
    return rng.normal(size=(POINTS, 4)) @ modes + rng.normal(scale=0.05, size=(POINTS, ENERGIES))


@pytest.fixture(scope="module", params=["robust", "euclidean"])
def model(request, spectra):
    """A model with random weights: what is stored must not depend on a training."""
    neighbours = np.minimum(np.arange(1, POINTS + 1), POINTS - 2)
    metric = fit_metric(request.param, spectra, neighbours, rank=4, seed=0)
    generators = [np.random.default_rng([0, member]) for member in range(MEMBERS)]
    first, second = random_encoder(generators, 4, (6, 3), "tanh"), random_encoder(generators, 3, (5, 1), "relu")
    score = ScoreStage(second, np.array([0.125, -0.25]), np.array([1.5, 2.0]))
    networks = Networks(EmbeddingStage(first, 2.5), score, 1)
    return TwinModel(np.linspace(-5, 5, ENERGIES), metric, networks, 3.5, {"energy_units": "mV", "µ": [1, None]})


def same_prediction(first, second):
    """Tell whether two predictions have the same bits, those without an embedding as well."""
    return all(
        (a is None and b is None) or np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True)
    )


@pytest.fixture
def plain(model):
    """The model where nothing was known to train networks on."""
    return replace(model, networks=None)


def rewritten(path, **changes):
    """Write the arrays of a model again with some of them changed (None: left out)."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = {**stored, **changes}
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


def header(path, **changes):
    with np.load(path, allow_pickle=False) as stored:
        found = json.loads(str(stored["header"]))
    kept = {name: value for name, value in {**found, **changes}.items() if value != "left out"}
    return np.array(json.dumps(kept))


def refused(path):
    with pytest.raises(InputError) as caught:
        load_model(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_a_model_comes_back_to_the_bit(model, spectra, tmp_path):
    path = tmp_path / "ein Modell µ.npz"
    save_model(model, path)
    again = load_model(path)
    assert same_prediction(again.predict(spectra), model.predict(spectra))
    assert np.array_equal(again.energy, model.energy)
    assert again.networks is not None
    assert (again.networks.reference, again.about, again.metric.rank) == (1, model.about, 4)
    assert (again.distance_unit, again.score_source, again.regions) == (3.5, "twin networks", None)


def test_a_model_without_networks_comes_back_to_the_bit(plain, spectra, tmp_path):
    save_model(plain, tmp_path / "model.npz")
    again = load_model(tmp_path / "model.npz")
    assert (again.networks, again.score_source, again.distance_unit) == (None, "distance", 3.5)
    assert same_prediction(again.predict(spectra), plain.predict(spectra))
    with np.load(tmp_path / "model.npz") as stored:
        assert not any(name.startswith(("embedding", "score")) for name in stored.files)


def test_the_score_is_the_mean_of_the_members(model, spectra):
    found = model.predict(spectra)
    features = model.metric.transform(spectra)
    embedded = model.networks.embedding.embed(features)
    members = model.networks.score.score(embedded)
    assert members.shape == (MEMBERS, POINTS)
    assert found.score == pytest.approx(members.mean(axis=0), rel=1e-6)
    assert found.score_std == pytest.approx(np.abs(members[0] - members[1]) / np.sqrt(2), rel=1e-4, abs=1e-6)
    assert np.array_equal(found.embedding, embedded[1].astype(np.float32))
    assert found.embedding.shape == (POINTS, 3)
    assert found.distance == pytest.approx(np.linalg.norm(features, axis=1))
    assert np.all((found.score >= 0) & (found.score <= 1))
    assert same_prediction(model.predict_features(features), found)


@pytest.fixture
def of_examples(model):
    """The model with a score from examples instead of the second network."""
    rng = np.random.default_rng(8)
    score = ExampleScore(rng.normal(size=(MEMBERS, 2, 3)), rng.normal(size=(MEMBERS, 4, 3)))
    return replace(model, networks=replace(model.networks, score=score))


def test_a_model_with_a_score_from_examples_comes_back_to_the_bit(of_examples, spectra, tmp_path):
    save_model(of_examples, tmp_path / "model.npz")
    again = load_model(tmp_path / "model.npz")
    found = again.predict(spectra)
    assert same_prediction(found, of_examples.predict(spectra))
    assert again.networks is not None
    assert isinstance(again.networks.score, ExampleScore)
    assert np.ptp(found.score) > 0.1
    assert found.score_std.max() > 0
    with np.load(tmp_path / "model.npz") as stored:
        assert not any(name.startswith("score") for name in stored.files)


@pytest.mark.parametrize(
    "changes",
    [
        {"example_like": None},
        {"example_unlike": None},
        {"example_like": np.zeros((MEMBERS, 0, 3))},
        {"example_unlike": np.zeros((MEMBERS, 3))},
        {"example_unlike": np.zeros((3, 4, 3))},
        {"example_like": np.zeros((MEMBERS, 2, 1)), "example_unlike": np.zeros((MEMBERS, 4, 1))},
        {"example_like": np.zeros((1, 2, 3)), "example_unlike": np.zeros((1, 4, 3))},
        {"example_like": np.full((MEMBERS, 2, 3), np.nan)},
        {"example_unlike": np.full((MEMBERS, 4, 3), np.inf)},
        {"example_unlike": np.full((MEMBERS, 4, 3), "a")},
    ],
)
def test_examples_that_do_not_fit_are_refused(of_examples, tmp_path, changes):
    path = tmp_path / "model.npz"
    save_model(of_examples, path)
    refused(rewritten(path, **changes))


def test_a_single_member_has_a_score_without_spread(model, spectra):
    networks = model.networks
    first = EmbeddingStage(networks.embedding.encoder.choose([0]), networks.embedding.scale)
    second = ScoreStage(networks.score.encoder.choose([0]), networks.score.centre[:1], networks.score.unit[:1])
    found = replace(model, networks=Networks(first, second, 0)).predict(spectra)
    assert np.all(np.isnan(found.score_std))
    assert np.all(np.isfinite(found.score))


def test_without_networks_the_score_is_the_rescaled_distance(plain, spectra):
    found = plain.predict(spectra)
    assert found.embedding is None
    assert found.score_std.shape == (POINTS,)
    assert np.all(np.isnan(found.score_std))
    expected = [distance**2 / (distance**2 + 3.5**2) for distance in found.distance.tolist()]
    assert found.score == pytest.approx(expected, rel=1e-6)
    assert (found.score.dtype, found.distance.dtype) == (np.dtype(np.float32), np.dtype(np.float64))


def test_the_score_of_a_distance_is_a_half_at_the_unit_and_keeps_the_order():
    assert distance_score(np.array([0.0, 4.0, 8.0, 12.0]), 4.0) == pytest.approx([0, 0.5, 0.8, 0.9])
    distance = np.sort(np.random.default_rng(1).lognormal(sigma=3, size=500))
    score = distance_score(distance, 0.7)
    assert np.all(np.diff(score) > 0)
    assert np.all((score > 0) & (score < 1))
    # units of the distance do not matter
    assert distance_score(1e6 * distance, 0.7e6) == pytest.approx(score, rel=1e-12)


@pytest.mark.parametrize("distance", [0.0, 1e-300, 1e300])
def test_the_score_of_an_extreme_distance_is_finite(distance):
    score = distance_score(np.array([distance]), 1.0)
    assert score == pytest.approx(float(distance > 1), abs=1e-12)


def test_the_file_holds_plain_arrays_only(model, tmp_path):
    path = tmp_path / "model.npz"
    save_model(model, path)
    with np.load(path, allow_pickle=False) as stored:
        assert {stored[name].dtype.kind for name in stored.files} <= {"f", "i", "U"}


def test_a_stream_holds_the_same_arrays_as_a_file(model, tmp_path):
    stream = io.BytesIO()
    save_model(model, stream)
    save_model(model, tmp_path / "model.npz")
    stream.seek(0)
    with np.load(stream) as first, np.load(tmp_path / "model.npz") as second:
        assert first.files == second.files
        assert all(np.array_equal(first[name], second[name], equal_nan=True) for name in numbers(first))
        assert str(first["header"]) == str(second["header"])


def numbers(stored):
    return [name for name in stored.files if stored[name].dtype.kind == "f"]


def test_no_such_file(tmp_path):
    assert "no such model file" in refused(tmp_path / "model.npz")


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"PK\x03\x04", pickle.dumps({"a": 1}), b"\x93NUMPY\x01\x00", bytes(300)],
    ids=["empty", "text", "zip", "pickle", "npy", "zeros"],
)
def test_foreign_content_is_refused(tmp_path, content):
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    assert "is not a model of didymos" in refused(path)


def test_a_folder_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    path.mkdir()
    assert "holds no model.npz" in refused(path)


def test_other_arrays_are_refused(tmp_path):
    path = tmp_path / "model.npz"
    np.savez(path, a=np.arange(3))
    refused(path)
    with path.open("wb") as stream:
        np.save(stream, np.arange(3))
    refused(path)
    with path.open("wb") as stream:
        np.save(stream, np.array([{}]), allow_pickle=True)
    refused(path)


def test_a_truncated_or_damaged_file_is_refused(model, tmp_path):
    path = tmp_path / "model.npz"
    save_model(model, path)
    content = path.read_bytes()
    for size in range(0, len(content), len(content) // 12):
        path.write_bytes(content[:size])
        refused(path)
    place = content.index(b"metric_projection.npy") + 180
    path.write_bytes(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
    refused(path)


@pytest.mark.parametrize(
    "text", ["", "[]", "3", "null", "{", '{"format": 1}', '{"format": "didymos twin model"}'], ids=range(7)
)
def test_a_header_of_another_sort_is_refused(model, tmp_path, text):
    path = tmp_path / "model.npz"
    save_model(model, path)
    refused(rewritten(path, header=np.array(text)))


@pytest.mark.parametrize(
    "changes",
    [
        {"format_version": 99},
        {"kind": "TwinScore"},
        {"kind": 3},
        {"format_version": "new"},
        {"embedding": {"layers": 9, "activation": "tanh"}},
        {"score": {"layers": 0, "activation": "relu"}},
        {"score": {"layers": 2, "activation": "unheard of"}},
        {"score": {"layers": 2}},
        {"score": "left out"},
        {"embedding": 2},
        {"embedding": None},
        {"reference": 7},
        {"reference": -1},
        {"reference": None},
        {"rank": "many"},
        {"about": 3},
        {"about": "left out"},
        {"rank": "left out"},
    ],
    ids=str,
)
def test_a_header_that_does_not_fit_is_refused(model, tmp_path, changes):
    path = tmp_path / "model.npz"
    save_model(model, path)
    refused(rewritten(path, header=header(path, **changes)))


@pytest.mark.parametrize(
    "changes",
    [
        {"embedding_weight_0": None},
        {"score_bias_1": None},
        {"metric_mean": None},
        {"energy": np.zeros(3)},
        {"metric_mean": np.zeros(3)},
        {"embedding_weight_1": np.zeros((2, 3, 3))},
        {"score_unit": np.ones(5)},
        {"score_unit": np.array([1.0, 0.0])},
        {"score_centre": np.ones(3)},
        {"score_weight_0": np.zeros((1, 3, 5))},
        {"distance_unit": None},
        {"distance_unit": np.array(0.0)},
        {"distance_unit": np.array(-1.0)},
        {"distance_unit": np.array(np.nan)},
        {"distance_unit": np.array(np.inf)},
        {"distance_unit": np.ones(2)},
        {"metric_scale": np.array(["a"] * ENERGIES)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_arrays_that_do_not_fit_are_refused(model, tmp_path, changes):
    path = tmp_path / "model.npz"
    save_model(model, path)
    refused(rewritten(path, **changes))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    "name", ["embedding_weight_0", "embedding_bias_1", "score_weight_1", "score_bias_0", "score_centre", "score_unit"]
)
def test_a_model_whose_numbers_are_not_finite_is_refused(model, tmp_path, name, value):
    path = tmp_path / "model.npz"
    save_model(model, path)
    with np.load(path) as stored:
        array = stored[name]
    array.flat[0] = value
    refused(rewritten(path, **{name: array}))


@pytest.mark.parametrize("name", ["metric_scale", "metric_mean", "metric_projection"])
def test_a_metric_that_is_not_finite_is_refused_without_networks_too(plain, tmp_path, name):
    path = tmp_path / "model.npz"
    save_model(plain, path)
    with np.load(path) as stored:
        array = stored[name]
    array.flat[0] = np.nan
    refused(rewritten(path, **{name: array}))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_model_of_an_earlier_didymos_is_refused(model, tmp_path, version):
    path = tmp_path / "model.npz"
    save_model(model, path)
    message = refused(rewritten(path, header=header(path, format_version=version)))
    assert f"has model format {version} of an earlier didymos" in message


def test_a_model_of_a_later_didymos_is_refused(model, tmp_path):
    path = tmp_path / "model.npz"
    save_model(model, path)
    message = refused(rewritten(path, header=header(path, format_version=5)))
    assert "model format 5" in message
    assert "update" in message


def test_regions_come_back_to_the_bit(model, tmp_path):
    path = tmp_path / "model.npz"
    save_model(replace(model, regions=REGIONS), path)
    again = load_model(path).regions
    assert again is not None
    score = np.linspace(-0.1, 1.1, 50)
    assert np.array_equal(again.probability(score), REGIONS.probability(score))
    assert again.thresholds == REGIONS.thresholds


def test_without_networks_every_phase_is_background(plain, spectra, tmp_path):
    features = plain.metric.transform(spectra)
    second = features.mean(axis=0) + 40.0
    two = replace(plain, phases=np.stack([np.zeros_like(second), second]))
    shifted = np.concatenate([features, features + second, features + 7 * second])
    scores = two.predict_features(shifted).score.reshape(3, -1)
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)
    assert scores[2].min() > scores[:2].max()
    assert plain.predict_features(shifted).score.reshape(3, -1)[1].min() > scores[:2].max()
    save_model(two, tmp_path / "model.npz")
    assert same_prediction(load_model(tmp_path / "model.npz").predict_features(shifted), two.predict_features(shifted))


@pytest.mark.parametrize("centres", [np.ones(4), np.ones((2, 1)), np.ones((2, 5)), np.full((2, 4), np.nan)])
def test_phases_that_do_not_fit_are_refused(plain, tmp_path, centres):
    save_model(replace(plain, phases=np.ones((2, 4))), tmp_path / "model.npz")
    refused(rewritten(tmp_path / "model.npz", phase_centres=centres))


def test_the_centres_of_phases():
    features = np.array([[0.0, 1.0], [0.2, 1.2], [0.4, 1.1], [5.0, 5.0], [9.0, 9.0]])
    assert phase_centres(features, np.array([1, 1, 1, 1, 1])) is None
    np.testing.assert_array_equal(phase_centres(features, np.array([1, 1, 1, 2, 0])), [[0.2, 1.1], [5.0, 5.0]])
    np.testing.assert_allclose(distance_to_phases(features, np.array([[0.0, 1.0], [5.0, 9.0]]))[[0, 3, 4]], [0, 4, 4])


def test_without_regions_no_region_is_stored(model, tmp_path):
    path = tmp_path / "model.npz"
    save_model(model, path)
    assert load_model(path).regions is None
    with np.load(path) as stored:
        assert not any(name.startswith("region") for name in stored.files)


@pytest.mark.parametrize(
    "changes",
    [
        {"region_minority": None},
        {"region_beyond_majority": None},
        {"region_score": None},
        {"region_minority": np.zeros(2)},
        {"region_beyond_majority": np.zeros(4)},
        {"region_score": np.zeros((3, 1))},
        {"region_score": np.array(0.5)},
        {"region_score": np.array([0.1, 0.9, 0.4])},
        {"region_score": np.array([0.1, 0.1, 0.4])},
        {"region_minority": np.array([0.0, np.nan, 0.8])},
        {"region_score": np.array(["a", "b", "c"])},
        {f"region_{name}": np.zeros(0) for name in ("score", "beyond_majority", "minority")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_regions_that_do_not_fit_are_refused(model, tmp_path, changes):
    path = tmp_path / "model.npz"
    save_model(replace(model, regions=REGIONS), path)
    refused(rewritten(path, **changes))

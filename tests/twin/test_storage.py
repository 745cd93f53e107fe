import io
import json
import pickle
from dataclasses import replace

import numpy as np
import pytest

from didymos.core.defects.amplitude import Amplitudes
from didymos.core.defects.regions import learn_regions
from didymos.core.evidence.directions import Directions, covariance_of
from didymos.core.metrics.metric import fit_metric
from didymos.schema import InputError
from didymos.twin.training.encoder import Encoder, random_encoder
from didymos.twin.stages import EmbeddingStage, ScoreStage
from didymos.twin.storage import TwinModel, load_model, save_model

MEMBERS, POINTS, ENERGIES = 2, 60, 12


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
    first = in_single_precision(random_encoder(generators, 4, (6, 3), "tanh"))
    second = in_single_precision(random_encoder(generators, 3, (5, 1), "relu"))
    score = ScoreStage(second, np.array([0.125, -0.25]), np.array([1.5, 2.0]))
    energy = np.linspace(-5, 5, ENERGIES)
    return TwinModel(energy, metric, EmbeddingStage(first, 2.5), score, 1, {"energy_units": "mV", "µ": [1, None]})


def in_single_precision(encoder):
    """Round the weights to what files of the first format hold, in double precision all the same."""
    weights, biases = (
        tuple(array.astype(np.float32).astype(np.float64) for array in arrays)
        for arrays in (encoder.weights, encoder.biases)
    )
    return Encoder(weights, biases, encoder.activation)


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
    for before, after in zip(model.predict(spectra), again.predict(spectra), strict=True):
        assert np.array_equal(before, after)
    assert np.array_equal(again.energy, model.energy)
    assert (again.reference, again.about, again.metric.rank) == (1, model.about, 4)
    assert again.metric.length == model.metric.length


def test_a_file_of_the_first_format_is_read(model, spectra, tmp_path):
    path = tmp_path / "model.npz"
    save_model(model, path)
    with np.load(path) as stored:
        single = {
            name: stored[name].astype(np.float32)
            for name in stored.files
            if name.startswith(("embedding_weight", "embedding_bias", "score_"))
        }
    rewritten(path, header=header(path, kind="left out", format_version=1), **single)
    for before, after in zip(model.predict(spectra), load_model(path).predict(spectra), strict=True):
        assert np.array_equal(before, after)


def test_the_score_is_the_mean_of_the_members(model, spectra):
    embedding, score, spread, distance = model.predict(spectra)
    members = model.score.score(model.embedding.embed(model.metric.transform(spectra)))
    assert members.shape == (MEMBERS, POINTS)
    assert score == pytest.approx(members.mean(axis=0), rel=1e-6)
    assert spread == pytest.approx(np.abs(members[0] - members[1]) / np.sqrt(2), rel=1e-4, abs=1e-6)
    assert embedding.shape == (POINTS, 3)
    assert distance.shape == (POINTS,)
    assert np.all((score >= 0) & (score <= 1))


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
    assert "not a model of didymos" in refused(path)


def test_a_folder_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    path.mkdir()
    assert "not a model of didymos" in refused(path)


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
def test_a_strange_header_is_refused(model, tmp_path, text):
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
        {"layers": [9, 2]},
        {"layers": 2},
        {"layers": [0, 2]},
        {"activation": ["tanh", "unheard of"]},
        {"activation": ["tanh"]},
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
        {"embedding_weight_1": np.zeros((2, 3, 3), np.float32)},
        {"score_unit": np.ones(5, np.float32)},
        {"score_weight_0": np.zeros((1, 3, 5), np.float32)},
        {"metric_scale": np.array(["a"] * ENERGIES)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_arrays_that_do_not_fit_are_refused(model, tmp_path, changes):
    path = tmp_path / "model.npz"
    save_model(model, path)
    refused(rewritten(path, **changes))


@pytest.fixture(scope="module")
def taught(spectra):
    """A model that knows amplitudes of defects and regions, again with random weights."""
    number = np.arange(POINTS)
    amplitude = np.where(number < 20, (number + 1) / 20, 0.0)
    metric = fit_metric("robust", spectra, np.minimum(number + 1, POINTS - 2), rank=4, seed=0)
    features = metric.uncompressed(spectra)
    centre, whitening = covariance_of(features, amplitude == 0)
    white = (features - centre) @ whitening
    directions = Directions.of(white, amplitude == 0, centre, whitening, np.eye(4)[:, :2])
    kind = np.where(number % 2 == 0, 1, 2).astype(np.int16)
    amplitudes = Amplitudes(amplitude, kind, amplitude == 0, amplitude < 0, np.array([0.1, 0.2]))
    metric = metric.turned(directions, spectra).taught(amplitudes, spectra, seed=0)
    generators = [np.random.default_rng([1, member]) for member in range(MEMBERS)]
    first, second = random_encoder(generators, 4, (6, 3), "tanh"), random_encoder(generators, 3, (5, 1), "relu")
    stages = EmbeddingStage(first, 2.5), ScoreStage(second, np.zeros(MEMBERS), np.ones(MEMBERS))
    model = TwinModel(np.linspace(-5, 5, ENERGIES), metric, *stages, 0, {})
    regions = learn_regions(model.predict(spectra)[1], amplitudes)
    return replace(model, regions=regions, kind_gains=np.tile([1.0, 1.7], (MEMBERS, 1)))


def test_a_model_that_knows_amplitudes_and_regions_comes_back_to_the_bit(taught, spectra, tmp_path):
    path = tmp_path / "model.npz"
    save_model(taught, path)
    again = load_model(path)
    for before, after in zip(taught.predict(spectra), again.predict(spectra), strict=True):
        assert np.array_equal(before, after)
    assert np.array_equal(again.metric.degree(spectra), taught.metric.degree(spectra))
    score = np.linspace(0, 1, 100)
    assert np.array_equal(again.regions.probability(score), taught.regions.probability(score))
    assert again.regions.thresholds == taught.regions.thresholds
    assert np.array_equal(again.kind_gains, taught.kind_gains)


def test_the_gain_of_a_kind_lifts_the_scores_of_its_spectra_only(taught, spectra):
    plain = replace(taught, kind_gains=None)
    before, after = (model.predict(spectra)[1] for model in (plain, taught))
    amplitude = taught.metric.degree_and_amplitudes(spectra)[1]
    second = (amplitude.argmax(axis=1) == 1) & (amplitude.max(axis=1) > 0.1)
    assert second.any()
    assert np.all(after[second & (before > 0.01) & (before < 0.6)] > before[second & (before > 0.01) & (before < 0.6)])
    assert np.array_equal(after[amplitude.argmax(axis=1) == 0], before[amplitude.argmax(axis=1) == 0])


def test_a_model_without_a_distinct_population_has_no_regions(model, tmp_path):
    path = tmp_path / "model.npz"
    save_model(model, path)
    again = load_model(path)
    assert again.regions is None
    assert again.kind_gains is None
    assert again.metric.learned is None
    with np.load(path) as stored:
        assert not any(name.startswith(("region", "amplitude", "kind")) for name in stored.files)


@pytest.mark.parametrize(
    "changes",
    [
        {"region_minority": None},
        {"region_score": np.zeros(1)},
        {"region_beyond_majority": np.zeros((2, 2))},
        {"amplitude_noise": None},
        {"amplitude_noise": np.ones(3)},
        {"amplitude_noise": np.ones(1)},
        {"amplitude_linear": np.ones((3, 2))},
        {"amplitude_quadratic": np.ones((9, 2))},
        {"amplitude_offset": np.ones(3)},
        {"amplitude_reach": np.ones(2)},
        {"amplitude_strangeness": None},
        {"metric_kept": None},
        {"kind_gains": np.ones((MEMBERS, 3))},
        {"kind_gains": np.ones(2)},
        {"kind_gains": np.full((MEMBERS, 2), np.nan)},
        {"kind_gains": np.full((MEMBERS, 2), "a")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_amplitudes_and_regions_that_do_not_fit_are_refused(taught, tmp_path, changes):
    path = tmp_path / "model.npz"
    save_model(taught, path)
    refused(rewritten(path, **changes))

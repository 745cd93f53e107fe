import io
import json
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from twin_data import QUICK, planted_spectra, same

from didymos import TwinEmbedding, TwinScore
from didymos.core.metrics.euclidean import Euclidean
from didymos.core.metrics.registry import fit_metric
from didymos.schema import InputError
from didymos.twin.embedding_stage import EmbeddingStage
from didymos.twin.model import Networks, TwinModel, load_model, save_model
from didymos.twin.score_stage import ScoreStage

KINDS: dict[str, TwinEmbedding | TwinScore] = {
    "embedding": TwinEmbedding(**QUICK, members=2),
    "embedding, euclidean": TwinEmbedding(**QUICK, members=2, metric="euclidean", rank=3),
    "score": TwinScore(**QUICK | {"layers": (8, 1)}, members=2),
}
BOTH = pytest.mark.parametrize("kind", ["embedding", "score"])


def data_for(kind):
    return planted_spectra() if kind.startswith("embedding") else planted_spectra()[:, [0, 15]]


@cache
def fitted(kind: str) -> TwinEmbedding | TwinScore:
    estimator: TwinEmbedding | TwinScore = KINDS[kind].fit(data_for(kind))
    return estimator


@pytest.fixture(params=["embedding", "score"])
def stored(request, tmp_path):
    """A kind and the file of an estimator of it."""
    path = tmp_path / "twin.npz"
    fitted(request.param).save(path)
    return request.param, path


def refused(kind, path):
    with pytest.raises(InputError) as caught:
        type(KINDS[kind]).load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def rewritten(path, header=(), **changes):
    """Write the arrays of a file again with some of them, or of its header, changed (None: left out)."""
    with np.load(path, allow_pickle=False) as found:
        arrays = {**found, **changes}
    kept = json.loads(str(arrays["header"])) | dict(header)
    arrays["header"] = np.array(json.dumps({name: value for name, value in kept.items() if value is not None}))
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_an_estimator_comes_back_to_the_bit(kind, tmp_path):
    before, data = fitted(kind), data_for(kind)
    before.save(tmp_path / "twin µ")
    assert [path.name for path in tmp_path.iterdir()] == ["twin µ"]
    after = type(before).load(tmp_path / "twin µ")
    assert np.array_equal(after.transform(data), before.transform(data))
    assert np.array_equal(after.transform_members(data), before.transform_members(data))
    assert same(after.stage_.encoder, before.stage_.encoder)
    assert after.get_params() == before.get_params()
    assert after.get_feature_names_out().tolist() == before.get_feature_names_out().tolist()
    names = {name for name in vars(before) if name.endswith("_")} - {"stage_", "metric_"}
    assert names <= set(vars(after))
    for name in names:
        assert np.array_equal(getattr(after, name), getattr(before, name)), name
    assert np.array_equal(after.fit(data).transform(data), before.transform(data))


@BOTH
def test_a_stream_gets_the_same(kind, tmp_path):
    stream = io.BytesIO()
    fitted(kind).save(stream)
    (tmp_path / "twin.npz").write_bytes(stream.getvalue())
    after = type(KINDS[kind]).load(str(tmp_path / "twin.npz"))
    assert same(after.stage_.encoder, fitted(kind).stage_.encoder)


def test_names_of_features_come_back(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(planted_spectra()[:, [0, 15]], columns=["first µ", "second"])
    score = TwinScore(**QUICK | {"layers": (8, 1)}, members=2).fit(frame)
    score.save(tmp_path / "twin.npz")
    after = TwinScore.load(tmp_path / "twin.npz")
    assert after.feature_names_in_.tolist() == ["first µ", "second"]
    assert np.array_equal(after.transform(frame), score.transform(frame))
    with pytest.raises(ValueError, match="feature names"):
        after.transform(frame[["second", "first µ"]])


def test_parameters_that_are_numbers_of_numpy_are_stored(tmp_path):
    parameters = QUICK | {"layers": (np.int64(8), np.int32(2)), "members": np.int64(2), "rank": np.int64(3)}
    parameters |= {"margin": np.float32(1.5), "jitter": np.float64(0.25), "metric": "euclidean"}
    before = TwinEmbedding(**parameters).fit(planted_spectra())
    before.save(tmp_path / "twin.npz")
    assert TwinEmbedding.load(tmp_path / "twin.npz").get_params() == before.get_params()


def test_what_is_code_is_not_stored(tmp_path):
    parameters = QUICK | {"members": 2, "metric": Euclidean(rank=3), "random_state": np.random.RandomState(0)}
    before = TwinEmbedding(**parameters, callback=lambda *_: None).fit(planted_spectra())
    before.save(tmp_path / "twin.npz")
    after = TwinEmbedding.load(tmp_path / "twin.npz")
    assert [getattr(after, name) for name in ("callback", "metric", "random_state")] == [None] * 3
    assert np.array_equal(after.transform(planted_spectra()), before.transform(planted_spectra()))


@BOTH
def test_what_is_not_fitted_is_not_stored(kind, tmp_path):
    with pytest.raises(NotFittedError):
        type(KINDS[kind])().save(tmp_path / "twin.npz")
    assert list(tmp_path.iterdir()) == []


def test_the_file_holds_plain_arrays_only(stored):
    with np.load(stored[1], allow_pickle=False) as found:
        assert {found[name].dtype.kind for name in found.files} <= {"f", "i", "U", "b"}


def test_another_kind_is_refused(stored):
    kind, path = stored
    other = {"embedding": "score", "score": "embedding"}[kind]
    message = refused(other, path)
    assert "TwinScore" in message
    assert "TwinEmbedding" in message
    with pytest.raises(InputError, match=f"{type(KINDS[kind]).__name__}.*TwinModel"):
        load_model(path)


@BOTH
def test_a_model_is_no_estimator(kind, tmp_path):
    save_model(model(), tmp_path / "model.npz")
    assert "TwinModel" in refused(kind, tmp_path / "model.npz")


@pytest.mark.parametrize(
    "header",
    [
        {"kind": None},
        {"format": "other"},
        {"format_version": 99},
        {"format_version": 3},
        {"layers": 9},
        {"layers": None},
        {"activation": "unheard of"},
        {"parameters": {"colour": 3}},
        {"parameters": None},
        {"notes": 3},
        {"n_iter": "many"},
    ],
    ids=str,
)
def test_a_header_that_does_not_fit_is_refused(stored, header):
    refused(stored[0], rewritten(stored[1], header))


@pytest.mark.parametrize(
    "header", [{"reference": 2}, {"reference": -1}, {"rank": None}, {"threshold": "high"}], ids=str
)
def test_a_header_of_an_embedding_that_does_not_fit_is_refused(header, tmp_path):
    fitted("embedding").save(tmp_path / "twin.npz")
    refused("embedding", rewritten(tmp_path / "twin.npz", header))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("embedding", {"embedding_weight_0": None}),
        ("embedding", {"embedding_weight_1": np.zeros((2, 3, 2))}),
        ("embedding", {"embedding_bias_1": np.zeros((1, 2))}),
        ("embedding", {"metric_projection": np.zeros((30, 1))}),
        ("embedding", {"loss": None}),
        ("embedding", {"embedding_bias_0": np.full((2, 8), np.inf)}),
        ("embedding", {"embedding_scale": np.array(0.0)}),
        ("score", {"score_bias_1": None}),
        ("score", {"score_unit": np.ones(5)}),
        ("score", {"score_centre": None}),
        ("score", {"centre": np.zeros(3)}),
        ("score", {"centre": np.array(["a", "b"])}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_arrays_that_do_not_fit_are_refused(kind, changes, tmp_path):
    fitted(kind).save(tmp_path / "twin.npz")
    refused(kind, rewritten(tmp_path / "twin.npz", **changes))


def test_a_truncated_or_missing_file_is_refused(stored):
    kind, path = stored
    content = path.read_bytes()
    for size in range(0, len(content), len(content) // 7):
        path.write_bytes(content[:size])
        refused(kind, path)
    path.unlink()
    assert "no such" in refused(kind, path)


def model():
    """A model of what the estimators have learnt."""
    spectra = planted_spectra()
    neighbours = np.minimum(np.arange(1, 121), 118)
    metric = fit_metric("robust", spectra, neighbours, rank=4, seed=0)
    first, second = fitted("embedding").stage_, fitted("score").stage_
    assert isinstance(first, EmbeddingStage)
    assert isinstance(second, ScoreStage)
    encoder = first.encoder
    padded = np.zeros((2, 4, 8))
    padded[:, : min(4, encoder.weights[0].shape[1])] = encoder.weights[0][:, :4]
    encoder = type(encoder)((padded, *encoder.weights[1:]), encoder.biases, encoder.activation)
    networks = Networks(EmbeddingStage(encoder, first.scale), second, 1)
    return TwinModel(np.linspace(-1, 1, 30), metric, networks, 1.0, {})


CODE = """
import sys
import numpy as np
import didymos
from didymos.twin import TwinEmbedding, TwinScore, load_model
spectra = np.load("spectra.npy")
np.save("points.npy", TwinEmbedding.load("embedding.npz").transform(spectra))
np.save("score.npy", TwinScore.load("score.npz").transform(spectra[:, [0, 15]]))
load_model("model.npz").predict(spectra)
print(sorted(name for name in sys.modules if name.split(".")[0] in ("jax", "jaxlib", "optax")))
"""


def test_who_only_applies_a_model_is_spared_jax(tmp_path):
    np.save(tmp_path / "spectra.npy", planted_spectra())
    for kind in ("embedding", "score"):
        fitted(kind).save(tmp_path / f"{kind}.npz")
    save_model(model(), tmp_path / "model.npz")
    done = subprocess.run([sys.executable, "-c", CODE], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "[]"
    expected = fitted("embedding").transform(planted_spectra())
    assert np.array_equal(np.load(tmp_path / "points.npy"), expected)
    assert np.array_equal(np.load(tmp_path / "score.npy"), fitted("score").transform(data_for("score")))

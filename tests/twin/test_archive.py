import io
import json

import numpy as np
import pytest

from didymos.core.defects.amplitude import Amplitudes
from didymos.core.defects.regions import RegionModel
from didymos.core.evidence.directions import Directions
from didymos.schema import InputError
from didymos.twin import archive
from didymos.twin.archive import (
    FORMAT,
    FORMAT_VERSION,
    encoder_arrays,
    encoder_from,
    metric_arrays,
    metric_from,
    read,
    region_arrays,
    region_from,
    write,
)
from didymos.twin.training.encoder import random_encoder

HEADER = {"kind": "test", "µ": [1, None, "mV"], "nothing": float("nan")}
ARRAYS = {"one": np.arange(6.0).reshape(2, 3), "name": np.array(["µ", "b"]), "single": np.array(2.5, np.float32)}


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def refused(path):
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def rewritten(path, **changes):
    header = {"format": FORMAT, "format_version": FORMAT_VERSION, **changes}
    np.savez(path, header=np.array(json.dumps({k: v for k, v in header.items() if v != "left out"})), **ARRAYS)
    return path


def test_what_is_written_is_read(tmp_path):
    write(tmp_path / "ein Name µ", HEADER, ARRAYS)
    assert files(tmp_path) == ["ein Name µ"]
    header, arrays = read(tmp_path / "ein Name µ")
    assert (header["format"], header["format_version"]) == (FORMAT, FORMAT_VERSION)
    assert {name: header[name] for name in ("kind", "µ")} == {name: HEADER[name] for name in ("kind", "µ")}
    assert np.isnan(header["nothing"])
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert np.array_equal(arrays[name], array)


def test_a_stream_gets_the_same(tmp_path):
    stream = io.BytesIO()
    write(stream, HEADER, ARRAYS)
    (tmp_path / "twin.npz").write_bytes(stream.getvalue())
    assert read(tmp_path / "twin.npz")[0]["kind"] == "test"
    write(str(tmp_path / "twin.npz"), HEADER, ARRAYS)
    assert files(tmp_path) == ["twin.npz"]


def test_nothing_is_pickled(tmp_path):
    write(tmp_path / "twin.npz", HEADER, ARRAYS)
    with np.load(tmp_path / "twin.npz", allow_pickle=False) as stored:
        assert set(stored.files) - {"allow_pickle"} == {"header", *ARRAYS}
        assert all(stored[name].dtype != object for name in stored.files)
    with pytest.raises(ValueError, match="allow_pickle"):
        write(tmp_path / "twin.npz", HEADER, {"any": np.array([{}])})


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("where", ["savez", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, error, where):
    path = tmp_path / "twin.npz"
    write(path, HEADER, ARRAYS)
    before = path.read_bytes()

    def fail(target, *_, **__):
        if where == "savez":
            target.write(b"half")
        raise error

    monkeypatch.setattr(archive.np if where == "savez" else archive.os, where, fail)
    try:
        write(path, {"kind": "new"}, ARRAYS)
    except error:
        pass
    else:
        pytest.fail("the error is swallowed")
    assert path.read_bytes() == before
    assert files(tmp_path) == ["twin.npz"]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "no" / "twin.npz", HEADER, ARRAYS)
    assert files(tmp_path) == []


@pytest.mark.parametrize("version", [1, FORMAT_VERSION])
def test_all_formats_up_to_this_one_are_read(tmp_path, version):
    assert read(rewritten(tmp_path / "twin.npz", format_version=version))[0]["format_version"] == version


def test_a_later_format_is_refused(tmp_path):
    message = refused(rewritten(tmp_path / "twin.npz", format_version=FORMAT_VERSION + 1))
    assert str(FORMAT_VERSION + 1) in message
    assert "update" in message


@pytest.mark.parametrize(
    "changes", [{"format": "other"}, {"format": "left out"}, {"format_version": "new"}, {"format_version": "left out"}]
)
def test_a_foreign_header_is_refused(tmp_path, changes):
    assert "not a model" in refused(rewritten(tmp_path / "twin.npz", **changes))


def test_a_missing_file_is_told(tmp_path):
    assert "no such model file" in refused(tmp_path / "twin.npz")


def test_an_encoder_comes_back_to_the_bit():
    encoder = random_encoder([np.random.default_rng(member) for member in range(2)], 4, (8, 3, 2), "silu")
    arrays = encoder_arrays("first", encoder)
    assert all(name.startswith("first_") for name in arrays)
    again = encoder_from("first", 3, "silu", arrays)
    inputs = np.random.default_rng(3).normal(size=(1, 10, 4))
    assert np.array_equal(again.embed(inputs), encoder.embed(inputs))
    assert again.activation == "silu"


@pytest.mark.parametrize("length", [None, 2.5])
def test_a_metric_comes_back_to_the_bit(length):
    rng = np.random.default_rng(4)
    metric = archive.FittedMetric(rng.random(5), rng.random(5), rng.random((5, 3)), 3, length)
    again = metric_from(3, metric_arrays(metric))
    values = rng.random((7, 5))
    assert np.array_equal(again.transform(values), metric.transform(values))
    assert (again.rank, again.length) == (3, length)


def turned_metric():
    """A metric of three features turned to one direction, and spectra."""
    rng = np.random.default_rng(5)
    plain = archive.FittedMetric(rng.random(5) + 1, rng.random(5), rng.normal(size=(5, 3)), 3, 2.5, adapts=True)
    values = rng.normal(size=(40, 5))
    basis = np.linalg.qr(rng.normal(size=(3, 1)))[0]
    whitening = np.diag([1.0, 2.0, 0.5])
    directions = Directions.of(
        plain.uncompressed(values) @ whitening, np.ones(40, dtype=bool), np.zeros(3), whitening, basis
    )
    return plain.turned(directions, values), values


def test_a_turned_metric_comes_back_to_the_bit(tmp_path):
    metric, values = turned_metric()
    write(tmp_path / "twin.npz", HEADER, metric_arrays(metric))
    again = metric_from(3, read(tmp_path / "twin.npz")[1])
    features = metric.transform(values)
    assert np.array_equal(again.transform(values), features)
    assert np.array_equal(again.distance(features), metric.distance(features))
    assert (again.kept, again.radius, again.length) == (1, metric.radius, metric.length)
    assert again.radius > 0


@pytest.mark.parametrize("kept", [None, 0, 2])
def test_how_many_features_are_kept_comes_back(kept):
    metric = archive.FittedMetric(np.ones(4), np.zeros(4), np.eye(4), 4, None, kept, 0.75)
    again = metric_from(4, metric_arrays(metric))
    assert (again.kept, again.radius) == (kept, 0.75)
    values = np.random.default_rng(6).normal(size=(9, 4))
    assert np.array_equal(again.transform(values), metric.transform(values))


def test_a_file_from_before_directions_loads(tmp_path):
    metric, values = turned_metric()
    arrays = metric_arrays(metric)
    write(tmp_path / "twin.npz", HEADER, {k: v for k, v in arrays.items() if k not in ("metric_kept", "metric_radius")})
    again = metric_from(3, read(tmp_path / "twin.npz")[1])
    assert (again.kept, again.radius) == (None, 0.0)
    plain = archive.FittedMetric(metric.scale, metric.mean, metric.projection, 3, metric.length)
    assert np.array_equal(again.transform(values), plain.transform(values))
    assert not np.allclose(again.transform(values), metric.transform(values))


@pytest.mark.parametrize("name", ["metric_scale", "metric_mean", "metric_projection", "metric_length"])
def test_a_metric_without_its_other_parts_is_damaged(name):
    arrays = metric_arrays(turned_metric()[0])
    del arrays[name]
    with pytest.raises(archive.DAMAGE):
        metric_from(3, arrays)


def taught_metric(kinds=2):
    """The turned metric, taught the amplitudes of two kinds of defects, and spectra."""
    metric, values = turned_metric()
    number = np.arange(40)
    kind = (number % kinds + 1).astype(np.int16)
    value = np.where(number < 20, number / 20, 0.0)
    amplitudes = Amplitudes(value, kind, number >= 20, np.zeros(40, dtype=bool), np.full(kinds, 0.1))
    return metric.taught(amplitudes, values, seed=0), values


@pytest.mark.parametrize("kinds", [1, 2])
def test_a_taught_metric_comes_back_to_the_bit(tmp_path, kinds):
    metric, values = taught_metric(kinds)
    write(tmp_path / "twin.npz", HEADER, metric_arrays(metric))
    again = metric_from(3, read(tmp_path / "twin.npz")[1])
    features = metric.transform(values)
    assert again.leading == kinds
    assert np.array_equal(again.transform(values), features)
    assert np.array_equal(again.distance(features), metric.distance(features))
    assert np.array_equal(again.degree(values), metric.degree(values))
    # beyond what was learned from as well
    assert np.array_equal(again.degree(100 * values), metric.degree(100 * values))


def test_a_metric_that_learned_nothing_stores_no_amplitude():
    metric = turned_metric()[0]
    arrays = metric_arrays(metric)
    assert not any(name.startswith("amplitude") for name in arrays)
    assert metric_from(3, arrays).learned is None


@pytest.mark.parametrize("name", ["linear", "quadratic", "reach", "noise", "strangeness"])
def test_an_amplitude_without_its_other_parts_is_damaged(name):
    arrays = metric_arrays(taught_metric()[0])
    del arrays[f"amplitude_{name}"]
    with pytest.raises(archive.DAMAGE):
        metric_from(3, arrays)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("offset", (3,)),
        ("linear", (2, 2)),
        ("linear", (3, 5)),
        ("quadratic", (5, 2)),
        ("quadratic", (6, 3)),
        ("noise", (3,)),
        ("noise", (1,)),
        ("reach", (2,)),
        ("strangeness", (2,)),
    ],
)
def test_an_amplitude_whose_parts_do_not_fit_is_damaged(name, shape):
    metric, values = taught_metric()
    arrays = metric_arrays(metric) | {f"amplitude_{name}": np.ones(shape)}
    # at the latest when it is used
    with pytest.raises(archive.DAMAGE):
        metric_from(3, arrays).transform(values)


REGIONS = RegionModel(np.array([0.1, 0.4, 0.9]), np.array([0.0, 0.7, 1.0]), np.array([0.0, 0.2, 0.8]))


def test_regions_come_back_to_the_bit(tmp_path):
    write(tmp_path / "twin.npz", HEADER, region_arrays(REGIONS))
    again = region_from(read(tmp_path / "twin.npz")[1])
    score = np.linspace(-0.1, 1.1, 50)
    assert np.array_equal(again.probability(score), REGIONS.probability(score))
    assert again.thresholds == REGIONS.thresholds


def test_without_regions_there_are_none():
    assert region_from(metric_arrays(turned_metric()[0])) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"region_minority": None},
        {"region_beyond_majority": None},
        {"region_minority": np.zeros(2)},
        {"region_beyond_majority": np.zeros(4)},
        {"region_score": np.zeros((3, 1))},
        {"region_score": np.array(0.5)},
        {f"region_{name}": np.zeros(0) for name in ("score", "beyond_majority", "minority")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_regions_that_do_not_fit_are_damaged(changes):
    arrays = {name: array for name, array in (region_arrays(REGIONS) | changes).items() if array is not None}
    with pytest.raises(archive.DAMAGE):
        region_from(arrays)

import numpy as np
import pytest
from twin_data import MEMBERS, same

from didymos.core.metrics.linear import LinearMetric
from didymos.twin.archive import DAMAGE, read, write
from didymos.twin.embedding_stage import EmbeddingStage
from didymos.twin.example_score import ExampleScore
from didymos.twin.parts import (
    embedding_arrays,
    embedding_from,
    example_arrays,
    example_from,
    metric_arrays,
    metric_from,
    score_arrays,
    score_from,
    shape_of,
)
from didymos.twin.score_stage import ScoreStage
from didymos.twin.training.encoder import random_encoder


def drawn_metric():
    rng = np.random.default_rng(4)
    return LinearMetric(rng.random(5) + 1, rng.random(5), rng.normal(size=(5, 3)), 2)


def drawn_encoder(inputs, layers, activation):
    return random_encoder([np.random.default_rng(member) for member in range(MEMBERS)], inputs, layers, activation)


def embedding_stage():
    return EmbeddingStage(drawn_encoder(3, (6, 2), "gelu"), 2.5)


def score_stage():
    return ScoreStage(drawn_encoder(2, (5, 4, 1), "relu"), np.array([0.25, -1.0]), np.array([1.5, 2.0]))


def test_a_metric_comes_back_to_the_bit(tmp_path):
    metric = drawn_metric()
    write(tmp_path / "twin.npz", {}, metric_arrays(metric))
    again = metric_from(2, read(tmp_path / "twin.npz")[1])
    values = np.random.default_rng(5).normal(size=(7, 5))
    features = metric.transform(values)
    assert np.array_equal(again.transform(values), features)
    assert np.array_equal(again.distance(features), metric.distance(features))
    assert again.rank == 2


def test_an_embedding_stage_comes_back_to_the_bit(tmp_path):
    stage = embedding_stage()
    write(tmp_path / "twin.npz", shape_of(stage), embedding_arrays(stage))
    again = embedding_from(*read(tmp_path / "twin.npz"))
    features = np.random.default_rng(6).normal(size=(9, 3))
    assert same(again.encoder, stage.encoder)
    assert np.array_equal(again.embed(features), stage.embed(features))


def test_a_score_stage_comes_back_to_the_bit(tmp_path):
    stage = score_stage()
    write(tmp_path / "twin.npz", shape_of(stage), score_arrays(stage))
    again = score_from(*read(tmp_path / "twin.npz"))
    embedding = np.random.default_rng(7).normal(size=(MEMBERS, 9, 2))
    assert same(again.encoder, stage.encoder)
    assert np.array_equal(again.score(embedding), stage.score(embedding))


def test_a_score_from_examples_comes_back_to_the_bit(tmp_path):
    rng = np.random.default_rng(8)
    score = ExampleScore(rng.normal(size=(MEMBERS, 2, 3)), rng.normal(size=(MEMBERS, 4, 3)))
    write(tmp_path / "twin.npz", {}, example_arrays(score))
    again = example_from(read(tmp_path / "twin.npz")[1])
    embedding = rng.normal(size=(MEMBERS, 9, 3))
    assert np.array_equal(again.score(embedding), score.score(embedding))


@pytest.mark.parametrize("name", ["metric_scale", "metric_mean", "metric_projection"])
def test_a_metric_without_a_part_is_damaged(name):
    arrays = metric_arrays(drawn_metric())
    del arrays[name]
    with pytest.raises(DAMAGE):
        metric_from(2, arrays)


@pytest.mark.parametrize("missing", [*embedding_arrays(embedding_stage())])
def test_an_embedding_stage_without_a_part_is_damaged(missing):
    stage = embedding_stage()
    arrays = {name: array for name, array in embedding_arrays(stage).items() if name != missing}
    with pytest.raises(DAMAGE):
        embedding_from(shape_of(stage), arrays)


@pytest.mark.parametrize("missing", [*score_arrays(score_stage())])
def test_a_score_stage_without_a_part_is_damaged(missing):
    stage = score_stage()
    arrays = {name: array for name, array in score_arrays(stage).items() if name != missing}
    with pytest.raises(DAMAGE):
        score_from(shape_of(stage), arrays)


@pytest.mark.parametrize(
    "changes",
    [
        {"score_unit": np.ones(3)},
        {"score_centre": np.zeros(1)},
        {"score_unit": np.array([1.0, 0.0])},
        {"score_unit": np.array([1.0, np.nan])},
        {"score_unit": np.array([1.0, np.inf])},
        {"score_centre": np.array([0.0, np.nan])},
    ],
    ids=str,
)
def test_centres_and_units_that_do_not_fit_are_damaged(changes):
    stage = score_stage()
    with pytest.raises(DAMAGE):
        score_from(shape_of(stage), score_arrays(stage) | changes)


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf])
def test_a_scale_that_is_no_length_is_damaged(scale):
    stage = embedding_stage()
    with pytest.raises(DAMAGE):
        embedding_from(shape_of(stage), embedding_arrays(stage) | {"embedding_scale": np.array(scale)})

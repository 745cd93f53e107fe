"""Where the similarity of pairs comes from: evidence, threshold or examples; and where there is none."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from didymos import InputError, Settings, analyze, pair_statistics
from didymos.simulate import fese
from didymos.twin.training.similarity import ByLabel
from didymos.workflow import find_evidence, fit_metric, prepare, run, similarity_of, train_twins

SMALL = Settings(members=2, seed=1)
PAPER = dataclasses.replace(SMALL, metric="euclidean", similarity="threshold", margin_grows=False)
NEITHER = -1


@pytest.fixture(scope="module")
def surface():
    """FeSe with three vacancies."""
    return fese(shape=(32, 32), energies=48, defects=3, seed=3)


@pytest.fixture(scope="module")
def steps(surface):
    """The first three steps."""
    points = prepare(surface, SMALL)
    features = fit_metric(points, SMALL)
    return points, features, find_evidence(points, features, SMALL)


@pytest.fixture(scope="module")
def paper_steps(surface):
    points = prepare(surface, PAPER)
    features = fit_metric(points, PAPER)
    return points, features, find_evidence(points, features, PAPER)


def similarity_from(steps, settings, **options):
    points, features, evidence = steps
    return similarity_of(points, features, evidence, settings, **options)


def labels_of(lesson):
    """The spectra that a twin is trained on, and their labels."""
    assert lesson is not None
    assert isinstance(lesson.similarity, ByLabel)
    return lesson.known, lesson.similarity


def precision(surface, score):
    """How far the score puts defects before bare surface; spectra between are not counted."""
    amplitude = surface["truth_amplitude"].values.ravel()
    counted = (amplitude > 0.5) | (amplitude < 0.02)
    return average_precision_score(amplitude[counted] > 0.5, np.ravel(score)[counted])


def test_auto_is_evidence_without_examples_and_examples_with(surface):
    cores = np.argwhere(surface["truth_amplitude"].values > 0.8)[:2]
    rows = {"row": [*cores[:, 0], 0], "column": [*cores[:, 1], 0], "label": ["a", "a", "majority"]}
    for given, source in ((None, "evidence"), (rows, "examples")):
        points = prepare(surface, SMALL, examples=given)
        features = fit_metric(points, SMALL)
        found = similarity_of(points, features, find_evidence(points, features, SMALL), SMALL)
        assert found.source == source


def test_evidence_knows_background_and_kinds_and_nothing_of_the_rest(steps):
    evidence = steps[2]
    found = similarity_from(steps, SMALL)
    label = evidence.label
    assert (label == NEITHER).sum() > 50
    known, lesson = labels_of(found.embedding)
    sure = np.flatnonzero(label != NEITHER)
    assert np.isin(sure, known).all()
    assert np.array_equal(lesson.labels[np.isin(known, sure)], label[sure])
    # what takes part beside the certain spectra is more of its kind than of the background
    flank = ~np.isin(known, sure)
    amplitudes = evidence.amplitudes
    assert np.array_equal(lesson.labels[flank], amplitudes.kind[known[flank]])
    assert not amplitudes.ambiguous[known[flank]].any()
    assert (lesson.amplitude[lesson.labels == 0] == 0).all()
    assert (lesson.amplitude[lesson.labels > 0] >= 0.5).all()
    assert len(known) < len(label) - 20
    assert (found.names, found.pairs) == ((), None)


def test_what_is_neither_does_not_train_the_embedding(steps):
    points, features, _ = steps
    similarity = similarity_from(steps, SMALL)
    rest = np.setdiff1d(np.arange(len(features.values)), similarity.embedding.known)
    values = features.values.copy()
    values[rest] = values[np.random.default_rng(0).permutation(rest)]
    exchanged = dataclasses.replace(features, values=values)
    first, second = (train_twins(points, each, similarity, SMALL).ensembles[0] for each in (features, exchanged))
    assert np.array_equal(first.trained.loss, second.trained.loss, equal_nan=True)
    for one, other in zip(first.trained.encoder.weights, second.trained.encoder.weights, strict=True):
        assert np.array_equal(one, other)


def test_the_score_is_trained_on_amplitudes_of_all_that_is_not_ambiguous(steps):
    evidence = steps[2]
    known, lesson = labels_of(similarity_from(steps, SMALL).score)
    assert np.array_equal(known, np.flatnonzero(~evidence.amplitudes.ambiguous))
    amplitude = lesson.amplitude
    assert ((amplitude >= 0) & (amplitude <= 1)).all()
    assert (amplitude[evidence.amplitudes.background[known]] == 0).all()
    assert set(lesson.labels) == {1}


@pytest.mark.parametrize("seed", [0, 1])
def test_30_percent_wrong_labels_of_defects_cost_little(surface, steps, seed):
    points, features, evidence = steps
    rng = np.random.default_rng(seed)
    cores, bare = np.flatnonzero(evidence.label > 0), np.flatnonzero(evidence.label == 0)
    wrong = round(0.3 * len(cores))
    lost, invented = rng.permutation(cores)[:wrong], rng.permutation(bare)[:wrong]
    label, value, background = (
        array.copy() for array in (evidence.label, evidence.amplitudes.value, evidence.amplitudes.background)
    )
    label[lost], background[lost] = 0, True
    label[invented], background[invented], value[invented] = 1, False, 1.0
    amplitudes = dataclasses.replace(evidence.amplitudes, value=value, background=background)
    mistaken = dataclasses.replace(evidence, label=label, amplitudes=amplitudes)
    right, found = (
        train_twins(points, features, similarity_of(points, features, each, SMALL), SMALL).prediction.score
        for each in (evidence, mistaken)
    )
    assert precision(surface, right) > 0.99
    assert precision(surface, found) > precision(surface, right) - 0.03


def test_the_threshold_of_the_paper_is_the_crossing_of_two_gaussians(surface, paper_steps):
    reported = []
    found = similarity_from(paper_steps, PAPER, report=lambda step, share: reported.append(step))
    assert set(reported) == {"distances of all pairs"}
    weight, mean, sd = found.pairs.mixture.weight, found.pairs.mixture.mean, found.pairs.mixture.sd
    u = np.log(found.embedding.similarity + found.pairs.mixture.offset)
    density = weight / sd * np.exp(-(((u - mean) / sd) ** 2) / 2)
    assert density[0] == pytest.approx(density[1], rel=1e-6)
    assert mean.min() < u < mean.max()
    statistics = pair_statistics(surface, Settings(metric="euclidean", seed=1))
    assert statistics.attrs["distance_threshold"] == found.embedding.similarity
    assert (found.source, found.embedding.known, found.score.known) == ("threshold", None, None)


def test_a_threshold_can_be_given(paper_steps):
    settings = dataclasses.replace(PAPER, threshold=3.0)
    assert similarity_from(paper_steps, settings).embedding.similarity == 3.0


def test_the_paper_s_way_finds_the_defects(surface):
    result = analyze(surface, PAPER, progress=False)
    assert precision(surface, result["score"]) > 0.97
    assert (result.attrs["similarity"], result.attrs["score_source"]) == ("threshold", "twin networks")


def test_evidence_needs_no_pairs(steps):
    def refuse(step, share):
        raise AssertionError(step)

    similarity_from(steps, SMALL, report=refuse)


def test_examples_are_needed_where_they_are_asked_for(steps):
    with pytest.raises(InputError, match="no examples are given") as caught:
        similarity_from(steps, dataclasses.replace(SMALL, similarity="examples"))
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def clean():
    """A surface without defects, analysed."""
    data = fese(shape=(24, 24), energies=48, seed=1, defect_free=True)
    return SimpleNamespace(data=data, analysis=run(data, SMALL, progress=False))


def test_without_a_distinct_population_no_network_is_trained(clean):
    result, model = clean.analysis.result, clean.analysis.model
    assert result.attrs["distinct_population"] == 0
    assert (result.attrs["similarity"], result.attrs["score_source"]) == ("evidence", "distance")
    assert model.networks is None
    assert not {"embedding", "training_loss"} & {*result.data_vars}
    assert not {"embedding_agreement", "score_agreement", "reference_member"} & {*result.attrs}
    assert result.attrs["training_notes"] == ""
    assert np.isnan(result["score_std"].values).all()
    assert "twin network" not in result["latent_space"].values
    assert (result["region"].values == 0).all()
    assert (result["region_probability"].sel(region_name="majority").values == 1).all()


def test_without_networks_the_score_orders_spectra_by_their_distance(clean):
    score, distance = (clean.analysis.result[name].values.ravel() for name in ("score", "distance_to_majority"))
    order = np.argsort(distance, kind="stable")
    assert (np.diff(score[order]) >= 0).all()
    assert len(np.unique(score)) > 0.99 * len(score)
    assert ((score >= 0) & (score < 1)).all()
    assert np.median(score) < 0.1


def test_evidence_of_nothing_trains_nothing(clean):
    points = prepare(clean.data, SMALL)
    features = fit_metric(points, SMALL)
    evidence = find_evidence(points, features, SMALL)
    assert not evidence.distinct
    assert evidence.amplitudes is None
    assert (evidence.label == NEITHER).all()
    similarity = similarity_of(points, features, evidence, SMALL)
    assert (similarity.embedding, similarity.score) == (None, None)
    assert train_twins(points, features, similarity, SMALL).ensembles == ()


def test_the_paper_s_way_trains_on_any_map(clean):
    result = analyze(clean.data, PAPER, progress=False)
    assert result.attrs["score_source"] == "twin networks"
    assert result["embedding"].shape == (24, 24, 2)
    assert (result["region"].values == 0).all()


def test_spectra_do_not_know_their_positions_without_a_neighbourhood(surface):
    alone = dataclasses.replace(SMALL, spatial="none")
    order = np.random.default_rng(0).permutation(32 * 32)
    shuffled = surface["spectra"].copy(data=surface["spectra"].values.reshape(-1, 48)[order].reshape(32, 32, 48))
    here, there = (
        find_evidence(points, fit_metric(points, alone), alone)
        for points in (prepare(data, alone) for data in (surface["spectra"], shuffled))
    )
    assert here.distinct == there.distinct

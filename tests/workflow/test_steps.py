"""The five steps, each called alone, and the keywords of an analysis."""

import dataclasses
import io
import json
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from didymos import InputError, Settings, analyze
from didymos.simulate import fese
from didymos.twin.model import save_model
from didymos.workflow import (
    find_evidence,
    find_regions,
    fit_metric,
    prepare,
    run,
    similarity_of,
    train_twins,
)

SMALL = Settings(members=2, seed=4)
WAYS = {
    "evidence": SMALL,
    "threshold": dataclasses.replace(SMALL, metric="euclidean", similarity="threshold", margin_grows=False),
    "examples": SMALL,
}


@pytest.fixture(scope="module")
def surface():
    """FeSe with one vacancy; one row is missing and one spectrum ends early."""
    data = fese(shape=(24, 24), energies=48, seed=0)
    data["spectra"].values[-1] = np.nan
    data["spectra"].values[3, 4, 40:] = np.nan
    return data


@pytest.fixture(scope="module")
def examples(surface):
    """Three spectra of the vacancy and three of the bare surface."""
    amplitude = surface["truth_amplitude"].values
    cores = np.argwhere(amplitude > 0.8)[:3]
    bare = np.argwhere(amplitude < 0.02)[[5, 100, 200]]
    row, column = np.concatenate([cores, bare]).T
    return {"row": row, "column": column, "label": ["vacancy"] * 3 + ["majority"] * 3}


@pytest.fixture(scope="module", params=list(WAYS))
def way(request, surface, examples):
    """An analysis in one call, and step by step."""
    settings, given = WAYS[request.param], examples if request.param == "examples" else None
    whole = run(surface, settings, examples=given, progress=False)
    points = prepare(surface, settings, examples=given)
    features = fit_metric(points, settings)
    evidence = find_evidence(points, features, settings)
    similarity = similarity_of(points, features, evidence, settings)
    twins = train_twins(points, features, similarity, settings)
    regions = find_regions(points, evidence, similarity, twins)
    return whole, (points, features, evidence, similarity, twins, regions)


def test_steps_alone_give_the_same_bits_as_the_whole(way):
    whole, (points, features, evidence, similarity, twins, regions) = way
    result = whole.result
    usable = points.usable
    assert usable.sum() == 23 * 24 - 1

    def of(name):
        values = result[name].values
        return values.reshape(len(usable), *values.shape[2:])[usable]

    assert np.array_equal(of("score"), twins.prediction.score)
    assert np.array_equal(of("score_std"), twins.prediction.score_std)
    assert np.array_equal(of("embedding"), twins.prediction.embedding)
    assert np.array_equal(of("distance_to_majority"), features.distance.astype(np.float32))
    assert np.array_equal(of("region"), regions.region)
    assert np.array_equal(of("kind"), regions.kind)
    assert np.array_equal(of("region_probability"), regions.probability.astype(np.float32))
    assert result.attrs["similarity"] == similarity.source
    assert result.attrs["distinct_population"] == evidence.distinct
    assert result.attrs["distinct_population_p_value"] == evidence.p_value
    assert result.attrs["rank"] == features.metric.rank


def test_steps_alone_give_the_same_model(way):
    whole, (*_, twins, regions) = way
    assert twins.model.regions is None
    models = []
    for model in (whole.model, twins.with_regions(regions.model).model):
        file = io.BytesIO()
        save_model(model, file)
        with np.load(io.BytesIO(file.getvalue()), allow_pickle=False) as stored:
            models.append({name: stored[name] for name in stored.files})
    assert models[0].keys() == models[1].keys()
    assert any(name.startswith("region") for name in models[0])
    for name, values in models[0].items():
        assert np.array_equal(values, models[1][name]), name


def test_what_a_step_returns_cannot_be_changed(way):
    for step in way[1]:
        for field in fields(step):
            with pytest.raises(FrozenInstanceError):
                setattr(step, field.name, None)


def test_a_step_leaves_what_it_was_given_as_it_was(surface):
    points = prepare(surface, SMALL)
    values, usable = points.values[:].copy(), points.usable.copy()
    features = fit_metric(points, SMALL)
    mapped = features.values.copy()
    evidence = find_evidence(points, features, SMALL)
    label = evidence.label.copy()
    similarity = similarity_of(points, features, evidence, SMALL)
    twins = train_twins(points, features, similarity, SMALL)
    find_regions(points, evidence, similarity, twins)
    assert np.array_equal(points.values[:], values, equal_nan=True)
    assert np.array_equal(points.usable, usable)
    assert np.array_equal(features.values, mapped)
    assert np.array_equal(evidence.label, label)


def test_the_steps_work_without_settings(surface):
    points = prepare(surface)
    features = fit_metric(points)
    evidence = find_evidence(points, features)
    assert np.array_equal(features.values, fit_metric(points, Settings()).values)
    assert np.array_equal(evidence.label, find_evidence(points, features, Settings()).label)
    assert similarity_of(points, features, evidence).source == "evidence"


def test_the_neighbourhood_is_that_of_the_usable_spectra(surface):
    points = prepare(surface)
    assert {*points.neighbours.ravel()} == {*range(points.usable.sum())}
    position = points.positions[points.usable]
    away = np.linalg.norm(position[points.neighbours[:, 0]] - position[points.neighbours[:, 1]], axis=1)
    assert away.min() >= 1
    assert away.max() <= 2  # the missing spectrum has neighbours on the other side
    assert points.neighbours is points.neighbours
    assert points.neighbourhood is points.neighbourhood


def test_keywords_go_before_settings(surface):
    found = analyze(surface, SMALL, seed=9, members=1, progress=False)
    settings = json.loads(found.attrs["settings"])
    assert (settings["seed"], settings["members"]) == (9, 1)
    assert found.attrs["seed"] == 9
    same = analyze(surface, Settings(seed=9, members=1), progress=False)
    assert np.array_equal(found["score"].values, same["score"].values, equal_nan=True)
    assert Settings(members=2, seed=4) == SMALL


def test_keywords_alone_are_settings(surface):
    found = analyze(surface, members=2, seed=4, progress=False)
    same = analyze(surface, SMALL, progress=False)
    assert found.attrs["settings"] == same.attrs["settings"]
    assert np.array_equal(found["score"].values, same["score"].values, equal_nan=True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sead": 1}, "no setting 'sead'; there are activation, align, background"),
        ({"seed": -1}, "seed is -1"),
        ({"similarity": "nearness"}, "similarity is 'nearness'; allowed are auto, evidence, examples, threshold"),
        (
            {"settings": {"seed": 1}},
            "settings are a dict; allowed is didymos.Settings or keywords",
        ),
    ],
)
def test_a_wrong_keyword_is_refused_in_one_line(surface, wrong, words):
    with pytest.raises(InputError) as caught:
        analyze(surface, **wrong)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", list(WAYS))
def test_every_step_is_reported_from_0_to_1_once(surface, examples, name):
    seen: list[tuple[str, float]] = []
    run(
        surface,
        WAYS[name],
        examples=examples if name == "examples" else None,
        progress=lambda step, share: seen.append((step, share)),
    )
    order = list(dict.fromkeys(step for step, _ in seen))
    steps = ["prepare", "fit metric", "find evidence", "similarity", "train twins", "describe the map"]
    assert order == steps
    # one step after the other, none begins again
    assert [step for step, _ in seen] == [step for each in order for step, _ in seen if step == each]
    for each in order:
        shares = [share for step, share in seen if step == each]
        assert shares == sorted(shares)
        assert shares[-1] == 1
        assert 0 <= shares[0] <= 1

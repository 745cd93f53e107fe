"""Spectra that the user has labelled: how they are read, and what an analysis makes of them."""

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from didymos import InputError, Settings, analyze, spectral_map
from didymos.simulate import fese
from didymos.twin.training.similarity import ByLabel
from didymos.workflow import find_evidence, fit_metric, prepare, run, similarity_of, train_twins
from didymos.workflow.examples import examples_of

SMALL = Settings(members=2)
SIDE, ENERGIES = 32, 48
LABELS = ["vacancy"] * 3 + ["majority"] * 3


@pytest.fixture(scope="module")
def surface():
    """FeSe with two vacancies and two adatoms."""
    return fese(shape=(SIDE, SIDE), energies=ENERGIES, kinds=("vacancy", "adatom"), defects=4, seed=3)


@pytest.fixture(scope="module")
def cores(surface):
    """Row and column of spectra of a vacancy, of an adatom and of the bare surface, in an order without meaning."""
    rng = np.random.default_rng(0)
    vacancy, adatom = np.moveaxis(surface["truth_kind_amplitude"].transpose("kind_index", "y", "x").values, 0, 0)
    bare = surface["truth_amplitude"].values < 0.02
    return {
        name: rng.permutation(np.argwhere(where))
        for name, where in (("vacancy", vacancy > 0.7), ("adatom", adatom > 0.7), ("majority", bare))
    }


def table(points, labels):
    row, column = np.asarray(points).T
    return {"row": row, "column": column, "label": list(labels)}


@pytest.fixture(scope="module")
def examples(cores):
    return table([*cores["vacancy"][:3], *cores["majority"][:3]], LABELS)


@pytest.fixture(scope="module")
def found(surface, examples):
    return analyze(surface, SMALL, examples=examples, progress=False)


@pytest.fixture(scope="module")
def single():
    """FeSe with three vacancies."""
    return fese(shape=(SIDE, SIDE), energies=ENERGIES, defects=3, seed=3)


def labels_of(lesson):
    """The spectra that a twin is trained on, and their labels."""
    assert lesson is not None
    assert isinstance(lesson.similarity, ByLabel)
    return lesson.known, lesson.similarity


def at(values, points):
    return values[tuple(np.asarray(points).T)]


@pytest.mark.parametrize("seed", [0, 1])
def test_three_of_a_kind_and_three_of_the_majority_find_all_like_it(single, seed):
    rng = np.random.default_rng(seed)
    amplitude = single["truth_amplitude"].values
    named = [*rng.permutation(np.argwhere(amplitude > 0.8))[:3], *rng.permutation(np.argwhere(amplitude < 0.02))[:3]]
    result = analyze(single, SMALL, examples=table(named, LABELS), progress=False)
    counted = (amplitude > 0.5) | (amplitude < 0.02)
    assert average_precision_score(amplitude[counted] > 0.5, result["score"].values[counted]) >= 0.95
    assert result.attrs["similarity"] == "examples"
    assert result["kind_name"].values.tolist() == ["vacancy"]
    assert np.mean(result["region"].values[amplitude < 0.02] == 0) > 0.95
    assert np.mean(result["region"].values[amplitude > 0.8] == 2) > 0.95


def test_one_wrong_label_in_ten_does_not_break_it(single):
    rng = np.random.default_rng(0)
    amplitude = single["truth_amplitude"].values
    defect, bare = (rng.permutation(np.argwhere(where))[:30] for where in (amplitude > 0.5, amplitude < 0.02))
    labels = ["majority"] * 3 + ["vacancy"] * 30 + ["majority"] * 27
    result = analyze(single, SMALL, examples=table([*defect, *bare], labels), progress=False)
    counted = (amplitude > 0.5) | (amplitude < 0.02)
    assert average_precision_score(amplitude[counted] > 0.5, result["score"].values[counted]) > 0.8


def test_every_kind_gets_the_name_of_its_examples(surface, cores):
    named = [*cores["adatom"][:3], *cores["vacancy"][:3], *cores["majority"][:3]]
    labels = ["ad atom"] * 3 + LABELS
    result = analyze(surface, SMALL, examples=table(named, labels), progress=False)
    # the largest kind is the first, whichever was named first
    assert result["kind_name"].values.tolist() == ["vacancy", "ad atom"]
    assert result["kind_size"].values[0] >= result["kind_size"].values[1] > 0
    assert np.mean(at(result["kind"].values, cores["vacancy"]) == 1) > 0.9
    assert np.mean(at(result["kind"].values, cores["adatom"]) == 2) > 0.9
    assert result["kind_name"].dims == ("kind_index",)


def test_other_lowers_the_score_of_another_kind(surface, cores, examples, found):
    named = [*cores["vacancy"][:3], *cores["majority"][:3], *cores["adatom"][:3]]
    result = analyze(surface, SMALL, examples=table(named, [*LABELS, "other", "Other", "OTHER"]), progress=False)
    others = cores["adatom"][3:]
    assert np.median(at(result["score"].values, others)) < np.median(at(found["score"].values, others))
    assert np.median(at(result["score"].values, others)) < 0.1
    assert np.median(at(result["score"].values, cores["vacancy"])) > 0.8
    assert result["kind_name"].values.tolist() == ["vacancy"]


def test_unlabelled_spectra_do_not_train(surface, examples):
    points = prepare(surface, SMALL, examples=examples)
    features = fit_metric(points, SMALL)
    similarity = similarity_of(points, features, find_evidence(points, features, SMALL), SMALL)
    known, labels = labels_of(similarity.embedding)
    assert sorted(labels.labels) == [0, 0, 0, 1, 1, 1]
    unlabelled = np.setdiff1d(np.arange(SIDE * SIDE), known)
    values = features.values.copy()
    values[unlabelled] = values[np.random.default_rng(0).permutation(unlabelled)]
    exchanged = dataclasses.replace(features, values=values)
    first, second = (train_twins(points, each, similarity, SMALL).ensembles[0] for each in (features, exchanged))
    for one, other in zip(first.trained.encoder.weights, second.trained.encoder.weights, strict=True):
        assert np.array_equal(one, other)
    # of other spectra only the typical length counts, which far ones do not change
    plain = dataclasses.replace(SMALL, jitter=0.0)
    far = unlabelled[features.distance[unlabelled] > 1.05 * np.median(features.distance)]
    values = features.values.copy()
    values[far] *= 3.0
    stretched = dataclasses.replace(features, values=values)
    first, second = (train_twins(points, each, similarity, plain).ensembles[0] for each in (features, stretched))
    assert np.array_equal(first.trained.loss, second.trained.loss, equal_nan=True)
    for one, other in zip(first.trained.encoder.weights[:-1], second.trained.encoder.weights[:-1], strict=True):
        assert np.array_equal(one, other)


def test_artefacts_are_left_out(surface, cores, examples):
    corrupted = [(2, 3), (17, 30)]
    named = {
        name: [*examples[name], *more]
        for name, more in zip(examples, (*zip(*corrupted, strict=True), ["Artefact"] * 2), strict=True)
    }
    result = analyze(surface, SMALL, examples=named, progress=False)
    assert (at(result["region"].values, corrupted) == 3).all()
    assert (result["region"].values == 3).sum() == 2
    assert result["region_size"].sum() == SIDE * SIDE - 2
    points = prepare(surface, SMALL, examples=named)
    assert not points.usable.reshape(SIDE, SIDE)[tuple(np.transpose(corrupted))].any()
    assert (result["kind_name"].values == "vacancy").all()


def test_a_labelled_spectrum_takes_part_even_where_it_looks_corrupted(surface, examples):
    data = surface.copy(deep=True)
    row, column = examples["row"][0], examples["column"][0]
    data["spectra"].values[row, column, 30:] = 1.01 * data["spectra"].values.max()  # clipped
    assert not prepare(data, SMALL).usable.reshape(SIDE, SIDE)[row, column]
    points = prepare(data, SMALL, examples=examples)
    assert points.usable.reshape(SIDE, SIDE)[row, column]
    assert points.artefacts.reshape(SIDE, SIDE)[row, column] == 0


def test_examples_override_evidence_at_their_points(surface, cores):
    settings = dataclasses.replace(SMALL, similarity="evidence")
    plain = prepare(surface, settings)
    features = fit_metric(plain, settings)
    evidence = find_evidence(plain, features, settings)
    kinds = int(evidence.label.max())
    core, bare = np.flatnonzero(evidence.label > 0), np.flatnonzero(evidence.label == 0)
    unsure = np.setdiff1d(
        np.arange(len(evidence.label)), labels_of(similarity_of(plain, features, evidence, settings).embedding)[0]
    )
    chosen = [core[0], core[1], bare[0], bare[1], unsure[0]]
    labels = ["majority", "other", "strange", "majority", "odd"]
    points = prepare(surface, settings, examples=table([divmod(int(point), SIDE) for point in chosen], labels))
    found = similarity_of(points, features, evidence, settings)
    # the two named kinds come first, those of the evidence after them
    before_known, before = labels_of(similarity_of(plain, features, evidence, settings).embedding)
    expected = np.full(len(evidence.label), -1)
    expected[before_known] = np.where(before.labels > 0, before.labels + 2, before.labels)
    expected[chosen] = [0, -2, 1, 0, 2]
    known, lesson = labels_of(found.embedding)
    assert np.array_equal(known, np.flatnonzero(expected != -1))
    assert np.array_equal(lesson.labels, expected[expected != -1])
    assert found.names == ("strange", "odd", *(str(kind) for kind in range(1, kinds + 1)))
    known, lesson = labels_of(found.score)
    amplitude = dict(zip(known.tolist(), lesson.amplitude.tolist(), strict=True))
    assert [amplitude[point] for point in chosen] == [0, 1, 1, 0, 1]
    label = dict(zip(known.tolist(), lesson.labels.tolist(), strict=True))
    assert [label[point] for point in chosen] == [1, -2, 1, 1, 1]


def test_an_example_in_a_kind_of_the_evidence_names_that_kind(surface):
    settings = dataclasses.replace(SMALL, similarity="evidence")
    plain = prepare(surface, settings)
    evidence = find_evidence(plain, fit_metric(plain, settings), settings)
    kinds = int(evidence.label.max())
    core = int(np.flatnonzero(evidence.label == kinds)[0])
    points = prepare(surface, settings, examples=table([divmod(core, SIDE)], ["adatom"]))
    features = fit_metric(points, settings)
    found = similarity_of(points, features, evidence, settings)
    _, lesson = labels_of(found.embedding)
    assert found.names[0] == "adatom"
    assert len(found.names) == kinds
    assert (lesson.labels == 1).sum() >= (evidence.label == kinds).sum()


def test_examples_beside_evidence_are_analysed(single):
    amplitude = single["truth_amplitude"].values
    bare = np.argwhere(amplitude < 0.02)[::100]
    named = table(bare, ["majority"] * len(bare))
    result = analyze(single, SMALL, similarity="evidence", examples=named, progress=False)
    assert result.attrs["similarity"] == "evidence"
    # kinds that no example names have their number for a name
    assert result["kind_name"].values.tolist() == ["1"]
    counted = (amplitude > 0.5) | (amplitude < 0.02)
    assert average_precision_score(amplitude[counted] > 0.5, result["score"].values[counted]) > 0.99


def test_a_threshold_takes_no_examples(surface, examples):
    message = refused(surface, examples, similarity="threshold")
    assert "takes no examples" in message


def test_the_same_seed_gives_the_same_result(surface, examples, found):
    again = analyze(surface, SMALL, examples=examples, progress=False)
    for name in found.data_vars:
        np.testing.assert_array_equal(again[name].values, found[name].values)


def test_positions_and_rows_and_columns_are_the_same(surface, examples, found, tmp_path):
    x, y = surface["x"].values[examples["column"]], surface["y"].values[examples["row"]]
    pitch = float(surface["x"][1] - surface["x"][0])
    rows = [(float(a), float(b), label) for a, b, label in zip(x + 0.4 * pitch, y - 0.4 * pitch, LABELS, strict=True)]
    path = tmp_path / "examples.csv"
    path.write_text("Label;Y;X\n" + "".join(f"{c};{b!r};{a!r}\n" for a, b, c in rows), encoding="utf-8")
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({**examples, "who": ["me"] * 6})
    expected = examples_of(examples, surface["spectra"])
    assert expected.index.tolist() == (SIDE * np.array(examples["row"]) + examples["column"]).tolist()
    assert (expected.text, expected.names) == (tuple(LABELS), ("vacancy",))
    for given in (rows, iter(rows), path, str(path), frame, {"x": x, "y": y, "label": LABELS}):
        same = examples_of(given, surface["spectra"])
        assert np.array_equal(same.index, expected.index)
        assert (same.text, same.names) == (expected.text, expected.names)
    result = analyze(surface, SMALL, examples=path, progress=False)
    assert np.array_equal(result["score"].values, found["score"].values)


def test_scattered_points_are_labelled_by_position_or_by_number(surface, examples, found):
    values = surface["spectra"].values.reshape(-1, ENERGIES)
    y, x = (axis.ravel() for axis in np.meshgrid(surface["y"], surface["x"], indexing="ij"))
    order = np.random.default_rng(1).permutation(SIDE * SIDE)
    points = spectral_map(values[order], surface["energy"].values, x=x[order], y=y[order], signal_units="nS")
    index = SIDE * np.array(examples["row"]) + examples["column"]
    by_position = {"x": x[index], "y": y[index], "label": LABELS}
    by_number = {"row": [0] * 6, "column": np.argsort(order)[index], "label": LABELS}
    one, other = (examples_of(given, points) for given in (by_position, by_number))
    assert np.array_equal(order[one.index], index)
    assert np.array_equal(one.index, other.index)
    result = analyze(points, SMALL, examples=by_position, progress=False)
    assert result["score"].dims == ("point",)
    back = np.empty(SIDE * SIDE)
    back[order] = result["score"].values
    # the nearest neighbours differ, and with these the noise, the distances and what is drawn together
    assert np.corrcoef(back, found["score"].values.ravel())[0, 1] > 0.9


def test_a_transposed_map_has_the_examples_transposed(surface, examples):
    turned = surface["spectra"].transpose("x", "y", "energy").rename(x="y", y="x")
    there = {"row": examples["column"], "column": examples["row"], "label": LABELS}
    index = examples_of(there, turned).index
    assert np.array_equal(
        np.divmod(index, SIDE)[::-1], np.divmod(examples_of(examples, surface["spectra"]).index, SIDE)
    )
    points = prepare(turned, SMALL, examples=there)
    here = prepare(surface, SMALL, examples=examples)
    assert points.examples is not None
    assert here.examples is not None
    labels = points.examples.labels(points.usable).reshape(SIDE, SIDE)
    assert np.array_equal(labels.T, here.examples.labels(here.usable).reshape(SIDE, SIDE))


def test_labels_are_read_as_written_but_for_case_and_spaces_of_reserved_ones(surface):
    rows = {
        "row": [0, 0, 0, 0, 0],
        "column": [0, 1, 2, 3, 0],
        "label": [" Majority", "Vac A", "vac a", " Vac A ", "majority"],
    }
    read = examples_of(rows, surface["spectra"])
    assert read.text == ("majority", "Vac A", "vac a", "Vac A")
    assert read.names == ("Vac A", "vac a")
    assert read.present == ("majority", "Vac A", "vac a")
    assert read.labels(np.ones(SIDE * SIDE, dtype=bool))[:5].tolist() == [0, 1, 2, 1, -1]
    assert read.labelled("Vac A").tolist() == [1, 3]


def refused(surface, examples, **options):
    with pytest.raises(InputError) as caught:
        run(surface, dataclasses.replace(SMALL, **options), examples=examples, progress=False)
    message = str(caught.value)
    assert "\n" not in message
    return message


WRONG = {
    "a column is missing": ({"x": [0.0], "y": [0.0]}, "have the columns x, y; allowed is a table"),
    "no columns": ({}, "have the columns none; allowed is"),
    "columns of two lengths": ({"row": [0, 1], "column": [0, 1], "label": ["a"]}, "different lengths"),
    "outside": ({"x": [1.0], "y": [0.0], "label": ["a"]}, "example 1 is at x = 1, y = 0; the map spans x = 0 to "),
    "outside, rows": ({"row": [32], "column": [0], "label": ["a"]}, "row 32, column 0; the map has rows 0 to 31"),
    "before the first row": ({"row": [0], "column": [-1], "label": ["a"]}, "columns 0 to 31"),
    "between rows": ({"row": [0.5], "column": [0], "label": ["a"]}, "example 1 is at row 0.5"),
    "not a number": ({"row": ["one"], "column": [0], "label": ["a"]}, "example 1 is at 'one', 0; allowed are numbers"),
    "NaN": ({"x": [np.nan], "y": [0.0], "label": ["a"]}, "example 1 is at x = nan"),
    "NaN, rows": ({"row": [np.nan], "column": [0], "label": ["a"]}, "example 1 is at row nan"),
    "None": ({"row": [None], "column": [0], "label": ["a"]}, "example 1 is at None, 0; allowed are numbers"),
    "no label": ({"row": [0], "column": [0], "label": [""]}, "example 1 has no label"),
    "NaN for a label": ({"row": [0], "column": [0], "label": [np.nan]}, "example 1 has no label"),
    "None for a label": ({"row": [0], "column": [0], "label": [None]}, "example 1 has no label"),
    "two labels": (
        {"row": [0, 0], "column": [0, 0], "label": ["a", "b"]},
        "example 2 says 'b' of a spectrum that another calls 'a'",
    ),
    "no majority": ({"row": [0], "column": [0], "label": ["a"]}, "labels a; at least one 'majority' and one kind"),
    "majority only": ({"row": [0], "column": [0], "label": ["majority"]}, "labels majority; at least one"),
    "no kind": ({"row": [0, 1], "column": [0, 0], "label": ["majority", "other"]}, "labels majority, other; at least"),
    "empty": ([], "the examples are empty"),
    "empty columns": ({"row": [], "column": [], "label": []}, "the examples are empty"),
    "a row of two values": ([(0.0, 0.0)], "does not hold three values"),
    "a row that is text": (["0,0,a"], "does not hold three values"),
    "a number": (3, "examples are a int; allowed is a table"),
    "a missing file": ("no/such/examples.csv", "examples.csv: no such file of examples"),
    "all corrupted": (
        {
            "row": np.repeat(np.arange(32), 32),
            "column": np.tile(np.arange(32), 32),
            "label": ["artefact"] * 1020 + ["majority", "a", "a", "a"],
        },
        "so many spectra corrupted that 4 are left",
    ),
}


@pytest.mark.parametrize(("given", "words"), list(WRONG.values()), ids=list(WRONG))
def test_wrong_examples_are_refused_in_one_line(surface, given, words):
    assert words in refused(surface, given)


def test_an_example_without_a_whole_spectrum_is_refused(surface, examples):
    data = surface.copy(deep=True)
    data["spectra"].values[examples["row"][1], examples["column"][1], 3:] = np.nan
    assert "1 of 6 examples name spectra with too many missing values" in refused(data, examples)


@pytest.mark.parametrize(("label", "meant"), [("majorty", "majority"), ("Artifact", "artefact"), ("others", "other")])
def test_a_slip_in_a_reserved_label_is_no_kind(label, meant):
    values = np.random.default_rng(0).normal(size=(4, 4, 6))
    spectra = spectral_map(values, np.arange(6))
    with pytest.raises(InputError, match=f"example 2 has the label '{label}'.*did you mean '{meant}'"):
        examples_of({"row": [0, 1], "column": [0, 1], "label": ["majority", label]}, spectra)
    assert examples_of({"row": [0], "column": [0], "label": ["adatom"]}, spectra).names == ("adatom",)

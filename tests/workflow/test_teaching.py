"""A teacher gives the numbers of an analysis with the same examples, again and again, and only does what is needed."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from didymos import InputError, Settings, analyze
from didymos.schema import RESULT_VARIABLES
from didymos.simulate import fese
from didymos.workflow import Marks, Teacher, prepare, run
from didymos.workflow.teaching import settings_of, taught_settings

SMALL = Settings(members=2)
SIDE, ENERGIES = 32, 48
EXACT = ("score", "score_std", "embedding", "distance_to_majority", "region", "region_probability", "kind")
CLOSE = ("region_spectrum", "region_spectrum_std", "kind_spectrum")
"""Averages are sums in another order."""
NOTHING = lambda *_, **__: pytest.fail("this is done a second time")  # noqa: E731


@pytest.fixture(scope="module")
def surface():
    """FeSe with two vacancies and two adatoms, one spectrum of which is clipped and one missing."""
    data = fese(shape=(SIDE, SIDE), energies=ENERGIES, kinds=("vacancy", "adatom"), defects=4, seed=3).load()
    values = data["spectra"].values
    values[5, 28, 30:] = 1.01 * np.nanmax(values)
    values[0, 3] = np.nan
    return data


@pytest.fixture(scope="module")
def rows(surface):
    """Rows, columns and labels of three spectra of every kind and of the bare surface."""
    rng = np.random.default_rng(0)
    kinds = surface["truth_kind_amplitude"].transpose("kind_index", "y", "x").values
    places = {"vacancy": kinds[0] > 0.7, "adatom": kinds[1] > 0.7, "majority": surface["truth_amplitude"].values < 0.02}
    sound = surface["spectra"].notnull().all("energy").values
    return [
        (int(row), int(column), label)
        for label, where in places.items()
        for row, column in rng.permutation(np.argwhere(where & sound))[:3]
    ]


@pytest.fixture(scope="module")
def teacher(surface):
    return Teacher.of(surface, SMALL)


def table(rows):
    return dict(zip(("row", "column", "label"), map(list, zip(*rows, strict=True)), strict=True))


def assert_same(taught, expected):
    """The variables of a lesson are those of the result of an analysis."""
    assert set(taught.result.variables) <= set(expected.variables)
    for name in taught.result.data_vars:
        one, other = taught.result[name], expected[name]
        assert one.dims == other.dims
        assert str(one.attrs) == str(other.attrs)
        if name in CLOSE:
            scale = np.nanmax(np.abs(other.values))
            np.testing.assert_allclose(one.values, other.values, rtol=0, atol=1e-12 * scale)
        else:
            np.testing.assert_array_equal(one.values, other.values)
    for name, value in taught.result.attrs.items():
        assert value == expected.attrs[name] or value != value


def test_lessons_give_the_numbers_of_an_analysis_also_several_in_a_row(surface, rows, teacher):
    corrupted, forgiven = (9, 9, "artefact"), (5, 28, "majority")
    assert not prepare(surface, SMALL).usable[5 * SIDE + 28]
    lessons = [rows, [*rows, corrupted], rows[1:], [*rows, forgiven], [*rows, corrupted], rows[::-1], rows]
    found = [teacher.teach(table(lesson)) for lesson in lessons]
    for taught, lesson in list(zip(found, lessons, strict=True))[:-2]:
        assert_same(taught, analyze(surface, SMALL, examples=table(lesson)))
    xr.testing.assert_identical(found[0].result, found[-1].result)
    assert {*EXACT, *CLOSE, "defect_x", "defect_score", "kind_name", "region_size"} <= set(found[0].result.data_vars)
    assert set(found[0].result.data_vars) <= set(RESULT_VARIABLES)
    assert "spectra" not in found[0].result
    assert found[0].result["kind_name"].values.tolist() == ["vacancy", "adatom"]
    assert found[1].result["region"].values[9, 9] == 3


def test_a_lesson_on_the_evidence_is_the_analysis_by_evidence_with_examples(surface, rows, teacher):
    by_evidence = dataclasses.replace(SMALL, similarity="evidence")
    for lesson in (rows, [*rows, (9, 9, "artefact")]):
        taught = teacher.teach(table(lesson), on_evidence=True)
        assert taught.settings == by_evidence
        assert_same(taught, analyze(surface, by_evidence, examples=table(lesson)))
        assert taught.result.attrs["distinct_population"] == 1


@pytest.mark.parametrize("on_evidence", [False, True])
@pytest.mark.slow
def test_the_whole_analysis_follows_without_training(surface, rows, teacher, monkeypatch, on_evidence):
    taught = teacher.teach(table(rows), on_evidence=on_evidence)
    expected = run(surface, taught.settings, examples=table(rows))
    monkeypatch.setattr("didymos.workflow.analysis.train_twins", NOTHING)
    whole = taught.analysis()
    assert list(whole.result.variables) == list(expected.result.variables)
    for name, variable in expected.result.variables.items():
        np.testing.assert_array_equal(whole.result[name].values, variable.values, err_msg=str(name))
    assert {**whole.result.attrs, "created": ""} == pytest.approx({**expected.result.attrs, "created": ""}, nan_ok=True)
    assert whole.model is taught.model
    spectra = surface["spectra"].values[8:9].reshape(-1, ENERGIES)
    np.testing.assert_array_equal(whole.model.predict(spectra).score, expected.model.predict(spectra).score)


def test_only_what_examples_change_is_done_again(surface, rows, monkeypatch):
    teacher = Teacher.of(surface, SMALL)
    named = [teacher.teach(table([*rows, (9, 9, "artefact")])), teacher.teach(table(rows))]
    for name in ("teaching.prepare", "taught.fit_metric", "taught.find_evidence"):
        monkeypatch.setattr(f"didymos.workflow.{name}", NOTHING)
    teacher.teach(table(rows[:-1]))
    teacher.teach(table([*rows[:-1], (9, 9, "artefact")]))
    assert named[0].ground is not named[1].ground is teacher.ground
    assert named[1].steps.points.spectra is teacher.points.spectra
    assert named[1].steps.points.neighbourhood is teacher.points.neighbourhood


def test_few_sets_of_usable_spectra_are_kept(surface, rows):
    teacher = Teacher.of(surface, SMALL)
    for column in range(6):
        teacher.teach(table([*rows, (9, column, "artefact")]))
    assert len(teacher._kept) == 4


@pytest.mark.parametrize(
    ("lesson", "what"),
    [
        ([(1, 1, "vacancy"), (2, 2, "vacancy")], "at least one 'majority' and one kind"),
        ([(1, 1, "majority")], "at least one 'majority' and one kind"),
        ([(1, 1, "other"), (2, 2, "artefact")], "at least one 'majority' and one kind"),
        ([(0, 3, "vacancy"), (2, 2, "majority")], "too many missing values"),
        ([(SIDE, 3, "vacancy"), (2, 2, "majority")], "the map has rows 0 to 31"),
    ],
)
def test_examples_that_do_not_suffice_change_nothing(rows, teacher, lesson, what):
    before = teacher.teach(table(rows))
    with pytest.raises(InputError, match=what):
        teacher.teach(table(lesson))
    xr.testing.assert_identical(teacher.teach(table(rows)).result, before.result)


@pytest.mark.slow
def test_other_settings_are_those_of_an_analysis(surface, rows, teacher):
    for change in (
        {"seed": 3},
        {"metric": "euclidean"},
        {"jitter": 0.2, "layers": (8, 3)},
        {"energy_range": (-10.0, 10.0)},
    ):
        changed = dataclasses.replace(SMALL, **change)
        taught = teacher.with_settings(changed).teach(table(rows))
        assert_same(taught, analyze(surface, changed, examples=table(rows)))


def test_other_settings_only_repeat_what_depends_on_them(surface, teacher, monkeypatch):
    monkeypatch.setattr("didymos.workflow.teaching.prepare", NOTHING)
    assert teacher.with_settings(dataclasses.replace(SMALL, jitter=0.1)).ground is teacher.ground
    other = teacher.with_settings(dataclasses.replace(SMALL, metric="euclidean"))
    assert other.points is teacher.points
    assert other.features is not teacher.features
    with pytest.raises(InputError, match="iso_energy"):
        teacher.with_settings(dataclasses.replace(SMALL, iso_energy=1e9))
    assert teacher.settings == SMALL


def test_similarity_is_what_the_lesson_is_on():
    given: tuple[Settings, ...] = (
        Settings(),
        Settings(similarity="examples"),
        Settings(similarity="evidence"),
        Settings(similarity="threshold"),
    )
    for settings, alone in zip(given, ("auto", "examples", "examples", "examples"), strict=True):
        assert taught_settings(settings, on_evidence=False).similarity == alone
        assert taught_settings(settings, on_evidence=True).similarity == "evidence"
        assert taught_settings(settings, on_evidence=True).similarity_source(given=True) == "evidence"
        assert taught_settings(settings, on_evidence=False).similarity_source(given=True) == "examples"


@pytest.mark.slow
def test_a_result_is_taught_with_its_own_settings(rows, surface):
    settings = dataclasses.replace(SMALL, seed=2, similarity="evidence", layers=(6, 2))
    result = analyze(surface, settings)
    assert settings_of(result) == settings
    assert settings_of(surface) == Settings()
    taught = Teacher.of(result).teach(table(rows))
    assert taught.settings == dataclasses.replace(settings, similarity="examples")
    assert_same(taught, analyze(surface, taught.settings, examples=table(rows)))
    for text in ("no JSON", "[]", '{"members": -1}'):
        with pytest.raises(InputError, match=r"settings|members"):
            settings_of(result.assign_attrs(settings=text))


def test_a_map_that_is_not_in_memory_gives_the_same(surface, rows, monkeypatch):
    monkeypatch.setattr("didymos.stored.spectra.READ_AT_ONCE", 4 * SIDE * ENERGIES * 3)
    data = surface["spectra"]
    examples = table([*rows, (9, 9, "artefact")])
    expected = Teacher.of(data, SMALL).teach(examples)
    taught = Teacher.of(data.chunk({"y": 6}), SMALL).teach(examples)
    assert not isinstance(taught.steps.points.values, np.ndarray)
    for name in EXACT:
        np.testing.assert_allclose(taught.result[name].values, expected.result[name].values, rtol=1e-5, atol=1e-6)
    for name in CLOSE:
        np.testing.assert_allclose(taught.result[name].values, expected.result[name].values, rtol=1e-6)


def test_scattered_spectra_are_taught_as_they_are_analysed(surface, rows):
    data = surface["spectra"].stack(point=("y", "x")).transpose("point", "energy").reset_index("point")
    examples = table([(0, row * SIDE + column, label) for row, column, label in rows])
    taught = Teacher.of(data, SMALL).teach(examples)
    assert taught.result["score"].dims == ("point",)
    assert_same(taught, analyze(data, SMALL, examples=examples))


def test_progress_is_reported(rows, teacher):
    steps = []
    teacher.teach(table(rows), progress=lambda step, _: steps.append(step))
    assert list(dict.fromkeys(steps)) == ["similarity", "train twins"]


@pytest.mark.slow
def test_one_member_has_scores_and_no_spread(surface, rows):
    taught = Teacher.of(surface, Settings(members=1)).teach(table(rows))
    assert taught.member_scores.shape == (1, int(taught.steps.points.usable.sum()))
    assert taught.result["score_std"].isnull().all()


def test_scores_of_members_make_up_the_score(rows, teacher):
    taught = teacher.teach(table(rows))
    prediction = taught.steps.twins.prediction
    np.testing.assert_allclose(taught.member_scores.mean(axis=0), prediction.score, rtol=1e-5)
    np.testing.assert_allclose(taught.member_scores.std(axis=0, ddof=1), prediction.score_std, rtol=1e-3, atol=1e-6)
    assert taught.examples.names == ("vacancy", "adatom")


def test_neither_the_order_of_the_examples_nor_how_they_are_given_matters(surface, rows, teacher):
    expected = teacher.teach(table(rows)).result
    marks = Marks()
    for row, column, label in [*rows[2::-1], *rows[5:2:-1], *rows[:5:-1]]:
        marks = marks.add(row * SIDE + column, label)
    by_position = marks.table(surface["spectra"])
    assert list(by_position) == ["x", "y", "label"]
    xr.testing.assert_identical(teacher.teach(by_position).result, expected)


def test_units_do_not_matter(surface, rows, teacher):
    expected = teacher.teach(table(rows)).result
    data = 1024 * surface["spectra"]
    data.attrs.update(surface["spectra"].attrs)
    found = Teacher.of(data, SMALL).teach(table(rows)).result
    both = np.isfinite(expected["score"].values)
    np.testing.assert_array_equal(np.isfinite(found["score"].values), both)
    assert np.mean(np.abs(found["score"].values - expected["score"].values)[both]) < 0.01
    assert np.mean(found["region"].values == expected["region"].values) > 0.98
    np.testing.assert_allclose(found["region_size"].values, expected["region_size"].values, rtol=0.2, atol=5)

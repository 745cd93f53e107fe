"""What models, analyses and settings print: one short line, and a table in a notebook, with everything escaped."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from didymos import Settings, TwinEmbedding, TwinScore, simulate
from didymos.schema.printing import p_value
from didymos.workflow import ComparisonSettings, Marks, Teacher, fit_metric, prepare, run

LONGEST = 400
HOSTILE = "<script>alert(1)</script> & \"'"


class Cells(HTMLParser):
    """The tags and texts of a table."""

    def __init__(self, text):
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def surface():
    surface = simulate.fese(shape=(20, 20), energies=40, seed=2, defects=3)
    surface["spectra"].attrs["input_file"] = HOSTILE
    return surface


@pytest.fixture(scope="module")
def analysis(surface):
    return run(surface, Settings(members=2), progress=False)


def test_settings_show_what_is_not_the_default():
    assert repr(Settings()) == "Settings()"
    settings = Settings(seed=1, layers=(8, 2), metric="euclidean")
    assert repr(settings) == "Settings(metric='euclidean', layers=(8, 2), seed=1)"
    assert eval(repr(settings)) == settings
    assert repr(ComparisonSettings("pca")) == "ComparisonSettings(methods=('pca',))"


def test_a_table_shows_every_setting():
    cells = Cells(Settings(seed=1)._repr_html_())
    assert {"metric", "robust", "seed", "1", "energy_range", "None"} <= set(cells.texts)
    assert set(cells.tags) == {"table", "caption", "tbody", "tr", "th", "td"}
    assert Settings(seed=1)._repr_html_().count("font-weight: bold") == 2  # the title and the seed


def test_an_analysis_says_what_was_found(analysis):
    text = repr(analysis)
    assert text.startswith("<Analysis: input ")
    assert "spectra 20 × 20 at 40 energies" in text
    assert f"defects {analysis.result.sizes['defect']} of" in text
    assert re.search(r"distinct population detected \(p (?:< 1e-12|= [\d.e-]+)\)", text)
    assert (p_value(2.2e-308), p_value(0.0234)) == ("p < 1e-12", "p = 0.023")


def test_a_model_says_what_it_is_of(analysis):
    text = repr(analysis.model)
    assert "metric robust of rank" in text
    assert "energies 40 from -15 to 15 mV" in text
    assert "networks 2, embedding of 2 components" in text
    assert "score from the twin networks" in text
    assert "score from the distance" in repr(replace(analysis.model, networks=None))


def test_every_object_of_the_way_through_is_one_line(surface, analysis):
    points = prepare(surface)
    teacher = Teacher.of(surface, Settings(members=2))
    marks = Marks().add([3, 4], "majority").add(7, "dark")
    for thing in (
        analysis,
        analysis.model,
        analysis.model.metric,
        analysis.model.networks,
        analysis.model.regions,
        points,
        fit_metric(points),
        teacher,
        teacher.ground,
        teacher.evidence,
        marks,
        TwinEmbedding(members=3),
        TwinScore(),
    ):
        text = repr(thing)
        assert "\n" not in text, text
        assert 5 < len(text) < LONGEST, text
        assert type(thing).__name__ in text
    assert repr(marks) == "<Marks: 2 majority, 1 dark>"
    assert "400 spectra at 40 energies" in repr(points)
    assert "400 usable" in repr(points) or "usable" in repr(points)


def test_a_lesson_says_what_it_was_taught(surface):
    teacher = Teacher.of(surface, Settings(members=2))
    result = teacher.ground.evidence
    assert "distinct population" in repr(result)
    rows = {"row": [0, 0, 0, 9, 9, 9], "column": [0, 1, 2, 9, 10, 8], "label": ["majority"] * 3 + ["dark"] * 3}
    taught = teacher.teach(rows)
    assert repr(taught) == "<Taught: 6 examples (3 majority, 3 dark), Settings(members=2)>"


def test_what_comes_from_a_file_is_escaped(analysis):
    named = replace(analysis.model, about=analysis.model.about | {"kind_names": [HOSTILE], "energy_units": HOSTILE})
    for thing in (analysis, named):
        page = thing._repr_html_()
        assert "<script" not in page
        cells = Cells(page)
        assert any(HOSTILE in text for text in cells.texts) or HOSTILE in "".join(cells.texts)
        assert set(cells.tags) == {"table", "caption", "tbody", "tr", "th", "td"}

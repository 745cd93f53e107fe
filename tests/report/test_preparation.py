"""How a map was prepared has a heading of its own on the pages."""

import json
import re

import pytest
from comparison_builder import build_comparison
from result_builder import build_result
from test_comparison_pages import few
from test_report import HOSTILE, drawn_few

from didymos.report import write_comparison, write_report
from didymos.report.sentences import found, prepared

NOTES = ["Smoothed: Savitzky-Golay, 5 energies, order 2.", "Binned: averages of 2 energies, up to 2 values each."]
HEADING = "<h3>Preparation</h3>"


def written(kind, notes, folder):
    """Write the page of an analysis or a comparison with some notes, and return its text."""
    if kind == "analysis":
        data = drawn_few(build_result("image"))
        data.attrs["preparation_notes"] = "\n".join(notes)
        return write_report(data, folder / "report.html").read_text(encoding="utf-8")
    data = few(build_comparison(names=["pca"])).assign_attrs(settings=json.dumps({"seed": 7}))
    data.attrs["preparation_notes"] = "\n".join(notes)
    return write_comparison(data, folder, "none").read_text(encoding="utf-8")


def listed(text):
    """Return the sentences under the heading, as they stand in the page."""
    under = re.search(rf"{HEADING}\s*<ul[^>]*>(.*?)</ul>", text, re.DOTALL)
    assert under is not None
    return re.findall(r"<li>(.*?)</li>", under[1])


@pytest.mark.parametrize("kind", ["analysis", "comparison"])
def test_the_preparation_has_a_heading_of_its_own(kind, tmp_path):
    assert listed(written(kind, NOTES, tmp_path)) == NOTES


@pytest.mark.parametrize("kind", ["analysis", "comparison"])
def test_without_any_preparation_there_is_no_heading(kind, tmp_path):
    assert "Preparation" not in written(kind, [], tmp_path)


@pytest.mark.parametrize("kind", ["analysis", "comparison"])
def test_what_a_note_holds_is_escaped(kind, tmp_path):
    text = written(kind, [f"Read from {HOSTILE}."], tmp_path)
    assert "<script>alert(1)" not in text
    assert listed(text)[0].startswith("Read from &lt;script&gt;")


def test_the_findings_do_not_repeat_it():
    result = build_result("image")
    result.attrs["preparation_notes"] = "\n".join(NOTES)
    assert prepared(result) == NOTES
    assert not set(NOTES) & set(found(result))

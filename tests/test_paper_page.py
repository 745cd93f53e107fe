"""The page on the paper: every panel is there, and its table is that of the script's claims."""

import importlib
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
TEXT = (DOCS / "paper.md").read_text("utf-8")
PANELS = {1: "abcd", 2: "ab", 3: "abcd", 4: "abcd", 5: "abc", 6: "abcd", 7: "abcd", 8: "abc"}
"""The panels of the paper."""
SECTIONS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
LARGEST = 300_000
"""Bytes of an image."""


@pytest.fixture
def script(monkeypatch):
    """Import a module of the scripts that draw the page."""
    monkeypatch.syspath_prepend(DOCS / "figures")
    return importlib.import_module


def section(figure: int) -> str:
    (found,) = (each for each in SECTIONS if each.startswith(f"Figure {figure}:"))
    return found


def table() -> list[list[str]]:
    inside = re.search(r"^<!-- claims -->\n(.*)^<!-- end of claims -->$", TEXT, re.MULTILINE | re.DOTALL)
    assert inside is not None
    lines = [line for line in inside[1].splitlines() if line.startswith("| ")]
    assert lines[0] == "| claim of the paper | where | here | holds? |"
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


@pytest.mark.parametrize(("figure", "letters"), PANELS.items())
def test_every_panel_of_the_paper_has_its_image_and_its_words(figure, letters):
    (image,) = re.findall(r"!\[.+\]\((images/paper/.+?\.png)\)", section(figure))
    path = DOCS / image
    assert path.stat().st_size < LARGEST
    assert np.ptp(np.asarray(Image.open(path).convert("L"))) > 200
    named = set(re.findall(r"\*\*([a-e])\*\*", section(figure)))
    assert named >= set(letters)


def test_no_image_is_left_over():
    named = set(re.findall(r"images/paper/(.+?\.png)", TEXT))
    assert named == {path.name for path in (DOCS / "images" / "paper").iterdir()}


def test_every_row_has_a_number_and_a_verdict():
    assert len(table()) >= 40
    for claim, where, here, holds in table():
        assert re.search(r"\d", here), claim
        assert holds in {"yes", "partly", "no"}, claim
        assert where == "text" or int(where[0]) in PANELS


def test_every_figure_has_a_claim():
    assert {int(where[0]) for _, where, *_ in table() if where != "text"} == {*PANELS}


def test_the_rows_are_the_claims_of_the_script(script):
    claims = script("paper_claims").CLAIMS
    assert [row[:2] for row in table()] == [[claim.text, claim.where] for claim in claims]
    for claim, (*_, here, holds) in zip(claims, table(), strict=True):
        # what does not hold says why
        assert (holds == "yes") or (claim.why and here.endswith(claim.why)), claim.text


def test_the_pictures_are_those_that_the_script_draws(script):
    figures = script("paper").FIGURES
    assert [f"{name}.png" for name in figures] == re.findall(r"images/paper/(.+?\.png)", TEXT)


def test_a_verdict_follows_the_number(script):
    graded = script("paper_verdicts").graded
    assert [graded(value, 0.8, 0.4) for value in (0.9, 0.5, 0.1, -1)] == ["yes", "partly", "no", "no"]
    assert [graded(value, 10, 100) for value in (3, 50, 500)] == ["yes", "partly", "no"]


def test_the_best_direction_of_a_plane_finds_what_lies_aside(script):
    verdicts, random = script("paper_verdicts"), np.random.default_rng(3)
    truth = (np.arange(400) >= 380).astype(int)
    plane = random.normal(size=(400, 2))
    found, _ = verdicts.best_direction(plane, truth)
    assert found < 0.4
    plane[truth == 1] += 9 * np.array([-np.sqrt(0.5), np.sqrt(0.5)])
    found, along = verdicts.best_direction(plane, truth)
    assert found == pytest.approx(1)
    assert along[truth == 1].min() > along[truth == 0].max()


def test_skewness_of_a_histogram_is_that_of_its_distribution(script):
    place = np.linspace(0, 40, 4001)
    density = place**3 * np.exp(-place)  # gamma of shape 4: skewness 2 / sqrt(4)
    assert script("paper_verdicts").skewness(place, density) == pytest.approx(1, abs=1e-3)

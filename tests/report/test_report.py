import itertools
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import xarray as xr
from result_builder import build_result

from didymos.plots import available, save_figures
from didymos.plots.numbers import number
from didymos.report import write_report
from didymos.report.html import SECTIONS, flattened
from didymos.report.measurement import measured
from didymos.report.sentences import FOUND, NOT_FOUND, UNDECIDED, found

VOID = {"meta", "link", "img", "br", "hr", "input"}
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Checks that tags nest, and collects what the tests ask for."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def drawn_few(result):
    """Leave only what draws fast."""
    names = ["spectra", "score", "region", "embedding", "window_start", "window_stop"]
    names += ["window_weight_transfer", "window_weight_transfer_std", "window_sign"]
    return result[[name for name in names if name in result]]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    result = build_result("image")
    path = write_report(result, tmp_path_factory.mktemp("report") / "report.html")
    return result, path, path.read_text(encoding="utf-8")


def page_of(result, folder):
    return Page(write_report(result, folder / "report.html").read_text(encoding="utf-8"))


def test_it_is_well_formed_and_complete(report):
    result, _, text = report
    page = Page(text)
    assert page.all("html")[0]["lang"] == "en"
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for section in SECTIONS:
        assert section.anchor in ids
    links = [attrs["href"] for attrs in page.all("a") if "download" not in attrs]
    assert {link.removeprefix("#") for link in links} <= set(ids)
    assert {"#summary", "#provenance"} < set(links)
    assert len(page.all("img")) == len(available(result))


def test_headings_are_in_order(report):
    headings = Page(report[2]).headings
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(headings))


def test_every_picture_has_a_text_and_a_caption(report):
    result, _, text = report
    page = Page(text)
    assert all(len(attrs["alt"]) > 20 for attrs in page.all("img"))
    for entry in available(result).values():
        assert " ".join(entry.caption(result).split()) in page.text


def test_nothing_is_loaded(report):
    page = Page(report[2])
    for tag, attrs in page.tags:
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            value = attrs.get(name) or "#"
            assert value.startswith(("#", "data:")), (tag, name, value[:80])
    assert not {tag for tag, _ in page.tags} & {"iframe", "object", "embed", "form"}
    style = re.findall("<style>(.*?)</style>", report[2], re.DOTALL)[0]
    assert "url(" not in style
    assert "@import" not in style
    policy = next(attrs["content"] for attrs in page.all("meta") if "http-equiv" in attrs)
    assert "default-src 'none'" in policy
    # scripts by their checksums, no host
    assert re.search(r"script-src( 'sha256-[\w+/=]+')+;", policy)
    assert not re.search(r"https?:|\*|unsafe-eval", policy)


def test_it_says_what_was_measured_and_found(report):
    text = Page(report[2]).text
    for words in (
        FOUND,
        "grid_007.3ds",
        "36 × 30 (x × y), 54 × 45 nm",
        "96 values from −15 to 15 mV",
        "dI/dV in V",
        "LI Demod 1 X (V)",
        "the first lock-in X channel",
        "p\xa0=\xa02.4\xa0×\xa010⁻⁶".replace("\xa0", " "),
        "strong evidence",
        "54 points without a spectrum and 5 corrupted spectra",
        "ab" * 32,
        "twin.layers",
        "[20, 5, 2]",
        "2026-01-02T03:04:05Z",
    ):
        assert words in text, words


def test_the_sentences_hold_the_numbers_of_the_result():
    result = build_result("image")
    sentences = " ".join(found(result)).replace("\xa0", " ")
    size = int((result["region"] == 2).sum())
    scored = int(np.isin(result["region"], (0, 1, 2)).sum())
    assert f"{size} of {number(scored)} spectra ({100 * size / scored:.2g} %)" in sentences
    assert "Between −15 and 1.5 mV the minority has 310 ± 40 µV mV less spectral weight" in sentences
    assert "220 ± 30 µV mV more" in sentences
    assert f"a median of {float(np.nanmedian(result['score_std'])):.2g} over all points" in sentences


def test_without_a_distinct_population_that_stands_on_top(tmp_path):
    page = page_of(drawn_few(build_result("image", distinct=False)), tmp_path)
    assert page.text.index(NOT_FOUND) < page.text.index("Contents")
    assert FOUND not in page.text
    assert "no evidence for a second population" in page.text
    assert "This order is not evidence of two populations" in page.text


def test_the_evidence_never_contradicts_the_verdict():
    result = build_result("image", distinct=False)
    result.attrs["distinct_population_p_value"] = 2e-4
    words = " ".join(found(result))
    assert "strong evidence" not in words
    assert "not enough evidence" in words


def test_an_untested_result_says_so(tmp_path):
    result = drawn_few(build_result("image"))
    for name in ("distinct_population", "distinct_population_p_value"):
        del result.attrs[name]
    page = page_of(result, tmp_path)
    assert UNDECIDED in page.text
    assert FOUND not in page.text


def test_a_derived_channel_is_named():
    result = build_result("image")
    result["spectra"].attrs["derived"] = "dI/dV by numerical derivative of Current (A)"
    assert ("Prepared by", "dI/dV by numerical derivative of Current (A)") in measured(result)
    result["spectra"].attrs["derived"] = "none"
    assert "Prepared by" not in dict(measured(result))


@pytest.mark.parametrize("layout", ["points", "row", "column", "pixel"])
def test_other_layouts_have_a_report(layout, tmp_path):
    page = page_of(drawn_few(build_result(layout)), tmp_path)
    assert len(page.all("img")) >= 3
    expected = {"points": "400 scattered points", "row": "90 × 1 (x × y), 135 nm", "column": "1 × 90 (x × y), 135 nm"}
    assert expected.get(layout, "1 × 1") in page.text


def test_what_comes_from_a_file_is_escaped(tmp_path):
    result = drawn_few(build_result("image"))
    result.attrs |= {"input_file": HOSTILE, "note": HOSTILE, HOSTILE: "value", "metric": HOSTILE}
    result.attrs["settings"] = json.dumps({HOSTILE: {"deep": HOSTILE}})
    for name in ("spectra", "energy", "x", "window_weight_transfer"):
        result[name].attrs |= {"units": HOSTILE, "long_name": HOSTILE, "channel": HOSTILE, "channel_rule": HOSTILE}
    result["spectra"].attrs["derived"] = HOSTILE
    text = write_report(result, tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(re.findall("<script", text)) == 4  # two of data, Bokeh and ours
    assert "<img src=x" not in text
    page = Page(text)
    assert "<script>alert(1)</script>" in page.text
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]


def test_settings_that_are_no_json_are_shown_as_they_are(tmp_path):
    result = drawn_few(build_result("image"))
    result.attrs["settings"] = "{broken <b>"
    assert "{broken <b>" in page_of(result, tmp_path).text


def test_settings_are_flattened():
    rows = flattened({"a": {"b": 1, "c": [1, 2]}, "d": None, "e": {}})
    assert rows == [("a.b", "1"), ("a.c", "[1, 2]"), ("d", "null"), ("e", "{}")]


def test_figures_already_drawn_are_used(tmp_path, monkeypatch):
    result = drawn_few(build_result("image"))
    fresh = write_report(result, tmp_path / "fresh.html").read_bytes()
    save_figures(result, tmp_path)
    monkeypatch.setattr("didymos.report.html.rendered", None)
    assert write_report(result, tmp_path / "again.html", tmp_path / "figures").read_bytes() == fresh


def test_an_old_report_stays_when_the_new_one_fails(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(KeyError):
        write_report(xr.Dataset(attrs={"didymos_version": "0.1.0"}), path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (-15.0, "−15"),
        (12345, "12\u202f345"),
        (2.4e-6, "2.4\xa0×\xa010⁻⁶"),
        (0.123456, "0.123"),
        (np.nan, "unknown"),
    ],
)
def test_numbers_are_written_for_people(value, words):
    assert number(value) == words

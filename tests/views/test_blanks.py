"""Figures with blanks: what is filled in is what Bokeh would have made, and one result has one page."""

import itertools
import json
from typing import Any

import pytest

from didymos.views import blanks
from didymos.views.blanks import NUMBERS, Blank, filled

RANGES = (-1.5, 2.0, 1e-9, 3e5)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DIDYMOS_CACHE", str(tmp_path / "cache"))
    blanks._template.cache_clear()
    yield tmp_path / "cache" / "figures"
    blanks._template.cache_clear()


def made_by_bokeh(name, labels, ranges):
    """What Bokeh describes for the same figure, its models numbered by their order."""
    import re

    import bokeh.embed

    from didymos.views import figures as module

    figures: Any = module
    plot = {
        "map": lambda: figures.map_figure("map", *labels, ranges),
        "second": lambda: figures.map_figure("second", *labels, ranges),
        "embedding": lambda: figures.embedding_figure(*labels, ranges),
        "spectra": lambda: figures.spectra_figure(*labels, ranges[:2], ranges[2:]),
    }[name]()
    text = json.dumps(bokeh.embed.json_item(plot))
    number = {one: place for place, one in enumerate(dict.fromkeys(re.findall(r'"id": "(p\d+)"', text)), 1)}
    return json.loads(re.sub(r'"(p\d+)"', lambda one: f'"element-{number[one[1]]}"', text))


NAMES, TWO = ("map", "second", "embedding", "spectra"), (("x (nm)", "y (nm)"), ('"</script>@second@', "\\1 $$x$$ µ"))


@pytest.mark.parametrize(
    ("name", "labels"), [*itertools.product(NAMES, TWO), *itertools.product(("map", "second"), [("x", "")])]
)
def test_a_filled_figure_is_the_one_that_bokeh_makes(name, labels):
    expected = made_by_bokeh(name, labels, RANGES)
    for _ in range(2):  # made, and from the disk
        found = filled({"element": Blank(name, labels, RANGES)})["element"]
        assert found.pop("target_id") == "view-element"
        assert found == {key: value for key, value in expected.items() if key != "target_id"}
        blanks._template.cache_clear()


def test_it_is_kept_on_the_disk_and_found_there(own_cache, monkeypatch):
    figure = {"map": Blank("map", ("x", "y"), RANGES)}
    first = filled(figure)
    assert [path.suffix for path in own_cache.iterdir()] == [".json"]
    blanks._template.cache_clear()
    monkeypatch.setattr(blanks, "_made", None)
    assert filled(figure) == first


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", '{"root_id": 1}', '{"root_id": 1, "doc": 2, "version": 3, "target_id": 4}']
)
def test_a_damaged_file_is_made_again(text, own_cache):
    figure = {"map": Blank("map", ("x", "y"), RANGES)}
    first = filled(figure)
    (path,) = own_cache.iterdir()
    path.write_text(text)
    blanks._template.cache_clear()
    assert filled(figure) == first


@pytest.mark.parametrize("folder", ["none", "file/below"])
def test_without_a_cache_it_is_made_every_time(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DIDYMOS_CACHE", folder if folder == "none" else str(tmp_path / folder))
    assert filled({"map": Blank("map", ("x", "y"), RANGES)})["map"]["doc"]


def test_elements_of_one_page_share_no_model():
    page = filled({name: Blank("map", ("x", "y"), RANGES) for name in ("left", "right")})
    texts = [json.dumps(page[name]) for name in ("left", "right")]
    assert "left-1" in texts[0]
    assert "left-" not in texts[1]
    assert not any(json.dumps(number) in text for number in NUMBERS for text in texts)

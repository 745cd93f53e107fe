"""Drawing beside another process: the same images, and none lost where a process fails."""

import sys
import threading

import pytest
from result_builder import build_result

from didymos.io import save_result
from didymos.plots import available
from didymos.plots import helpers as helpers_module
from didymos.plots.export import drawn
from didymos.plots.helpers import Helper, drawn_together, helpers
from didymos.plots.settings import FigureSettings

NAMES = [f"figure {number}" for number in range(8)]


def image(name):
    return {"png": name.encode()}


def test_every_figure_is_drawn_once():
    here: list[str] = []
    there: list[str] = []
    both = threading.Barrier(2)

    def own(name):
        if not here:
            both.wait(timeout=60)
        here.append(name)
        return image(name)

    def other(name):
        if not there:
            both.wait(timeout=60)
        there.append(name)
        return image(name)

    found = dict(drawn_together(NAMES, own, [lambda: other]))
    assert found == {name: image(name) for name in NAMES}
    assert sorted(here + there) == NAMES
    assert here[0] == NAMES[0]
    assert there[0] == NAMES[-1]


def test_what_another_process_fails_at_is_drawn_here():
    tried = threading.Event()

    def own(name):
        tried.wait(timeout=60)
        return image(name)

    def other(name):
        tried.set()
        raise OSError("gone")

    def never():
        return None

    assert dict(drawn_together(NAMES, own, [lambda: other, never])) == {name: image(name) for name in NAMES}


def test_an_error_of_a_figure_is_told():
    def own(name):
        raise KeyError(name)

    with pytest.raises(KeyError):
        dict(drawn_together(NAMES, own, []))


def test_a_process_draws_the_same_images(tmp_path):
    result = build_result("image")
    stored = save_result(result, tmp_path / "results.nc")
    helper = Helper()
    try:
        assert helper.wait_until_ready()
        alone = drawn(result, {name: available(result)[name] for name in ("score_map", "embedding")}, FigureSettings())
        for name, expected in alone.items():
            assert helper.draw(stored, name, ["png"], 300) == expected
        with pytest.raises(OSError, match="ended"):
            helper.draw(tmp_path / "nowhere.nc", "score_map", ["png"], 300)
        assert not helper.wait_until_ready()
    finally:
        helper.close()
    assert helper.process.returncode is not None


def test_there_is_a_process_for_every_further_core(monkeypatch):
    for cores, most, number in ((1, 3, 0), (3, 3, 2), (9, 3, 3), (9, 0, 0)):
        monkeypatch.setattr(helpers_module, "allowed_threads", lambda cores=cores: cores)
        with helpers(FigureSettings(most_helpers=most)) as started:
            assert len(started) == number
        assert all(helper.process.poll() is not None for helper in started)


def test_where_no_process_can_be_started_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(helpers_module, "allowed_threads", lambda: 4)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no python"))
    with helpers(FigureSettings()) as started:
        assert started == []

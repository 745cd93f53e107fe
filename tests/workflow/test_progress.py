"""Progress: which steps are named, the time that is left, and how both are shown where nobody can see a bar."""

import sys

import pytest

from didymos import Settings
from didymos.simulate import polynomials
from didymos.workflow import progress as progress_module
from didymos.workflow import run
from didymos.workflow.progress import Clock, in_words, shown, silent, stage

STEPS = ["prepare", "fit metric", "find evidence", "similarity", "train twins", "describe the map"]


@pytest.fixture(scope="module")
def surface():
    return polynomials(shape=(12, 10), energies=16, separation=4.0, seed=1)


@pytest.mark.parametrize("similarity", ["evidence", "threshold"])
def test_an_analysis_reports_its_five_steps_in_order(surface, similarity):
    heard: list[tuple[str, float]] = []
    settings = Settings(members=1, layers=(4, 2), score_layers=(3, 1), similarity=similarity)
    run(surface, settings, progress=lambda step, share: heard.append((step, share)))
    assert list(dict.fromkeys(step for step, _ in heard)) == STEPS
    for step in STEPS:
        shares = [share for name, share in heard if name == step]
        assert (shares[0], shares[-1]) == (0.0, 1.0)
        assert shares == sorted(shares)
        assert shares.count(1.0) == 1
    if similarity == "threshold":  # always trains
        assert sum(step == "train twins" for step, _ in heard) > 4


def test_a_step_that_fails_does_not_end():
    heard: list[tuple[str, float]] = []
    with pytest.raises(ValueError, match="broken"), stage(lambda *state: heard.append(state), "prepare"):
        raise ValueError("broken")
    assert heard == [("prepare", 0.0)]


def test_the_time_that_is_left_follows_from_the_share():
    now = [100.0]
    clock = Clock(lambda: now[0])
    assert clock.left("a", 0.0) is None
    now[0] = 101.0
    assert clock.left("a", 0.5) is None  # too early to tell
    now[0] = 103.0
    assert clock.left("a", 0.25) == pytest.approx(9.0)
    assert clock.left("a", 1.0) is None
    assert clock.left("a", 0.0) is None
    assert clock.left("b", 0.25) is None  # a step of its own
    assert (in_words(None), in_words(9.4), in_words(125)) == ("", "9 s left", "2 min 05 s left")


def test_elsewhere_every_step_is_one_line(capsys):
    with shown(True) as report:
        for share in (0.0, 0.3, 1.0):
            report("prepare", share)
        report("fit metric", 0.0)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("didymos: prepare: 0.0 s")


@pytest.mark.parametrize("progress", [None, False])
def test_nothing_is_shown_where_nobody_looks(capsys, progress):
    with shown(progress) as report:
        assert report is silent
    assert capsys.readouterr().err == ""


def test_a_terminal_shows_the_time_that_is_left(monkeypatch, capsys):
    times = iter([0.0, 4.0])
    monkeypatch.setattr(progress_module, "Clock", lambda: Clock(lambda: next(times)))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    with shown(None) as report:
        report("train twins", 0.0)
        report("train twins", 0.5)
    text = capsys.readouterr().err
    assert "train twins" in text
    assert "4 s left" in text

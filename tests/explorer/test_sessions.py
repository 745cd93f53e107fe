"""Sessions on a disk: written and read back, and hostile files."""

import json
import sys
from pathlib import Path

import pytest

from didymos import InputError
from didymos.explorer import Desk
from didymos.explorer.saving import LARGEST_SESSION, Session, load_session, save_session

sys.path.append(str(Path(__file__).parents[1] / "plots"))
from result_builder import build_result

HOSTILE = "</script>\u2028\x00\ud800\"'é"
EXAMPLES: dict[str, list] = {"row": [1, 2], "column": [3, 4], "label": ["majority", "vacancy"]}


def written(folder, text):
    """Write a file of a session."""
    (folder / "explorer").mkdir(exist_ok=True)
    (folder / "explorer" / "session.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def session(**parts):
    return json.dumps({"examples": EXAMPLES, "on_evidence": False, "view": ""} | parts)


@pytest.mark.parametrize(
    "kept",
    [
        Session(),
        Session(EXAMPLES, True, "#view&layer=region&A=m1,2 3,4 5,6"),
        Session({"x": [1e-9, 2.5e-8], "y": [0.1, -3e-300], "label": ["majority", "é ü 中"]}, False, HOSTILE),
    ],
)
def test_a_session_is_read_back(kept, tmp_path):
    folder = save_session(tmp_path, kept, None)
    assert folder == tmp_path / "explorer"
    assert load_session(tmp_path) == kept
    assert (folder / "examples.csv").exists() == bool(kept.examples)
    save_session(tmp_path, Session(view="later"), None)
    assert load_session(tmp_path) == Session(view="later")
    assert [path.name for path in folder.iterdir()] == ["session.json"]


def test_without_a_session_there_is_none(tmp_path):
    assert load_session(tmp_path) is None
    assert load_session(tmp_path / "nowhere") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        b"\xff\xfe",
        "null",
        "3",
        '"x"',
        "[]",
        "{}",
        "[" * 100_000,
        '{"a":' * 50_000,
        "9" * 5000,
        session(examples=None),
        session(examples=[1]),
        session(examples={"row": 3}),
        '{"examples": {}, "on_evidence": 1}',
    ],
    ids=lambda text: str(text)[:30],
)
def test_a_damaged_session_is_refused_in_one_line(text, tmp_path):
    with pytest.raises(InputError, match=r"session\.json is no session .*: remove it") as error:
        load_session(written(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_session_that_is_too_large_is_not_read(tmp_path):
    with (written(tmp_path, "{}") / "explorer" / "session.json").open("wb") as file:
        file.truncate(LARGEST_SESSION + 1)
    with pytest.raises(InputError, match="larger than any session"):
        load_session(tmp_path)


def test_a_folder_in_place_of_a_session_is_refused(tmp_path):
    (tmp_path / "explorer" / "session.json").mkdir(parents=True)
    with pytest.raises(InputError, match="remove it"):
        load_session(tmp_path)


@pytest.mark.parametrize(
    "examples",
    [
        {"row": [1], "column": [2, 3], "label": ["a"]},
        {"row": [1e99], "column": [2], "label": ["a"]},
        {"row": [-1], "column": [2], "label": ["a"]},
        {"row": [10**400], "column": [2], "label": ["a"]},
        {"row": [float("nan")], "column": [2], "label": ["a"]},
        {"row": [None], "column": [2], "label": ["a"]},
        {"row": [[1]], "column": [[2]], "label": [["a"]]},
        {"row": [{}], "column": [2], "label": ["a"]},
        {"row": [1], "column": [2], "label": ["\ud800\x00"]},
        {"row": [1], "column": [2], "label": [""]},
        {"label": ["a"]},
    ],
    ids=lambda examples: str(examples)[:40],
)
def test_a_session_that_does_not_fit_the_result_is_refused_in_one_line(examples, tmp_path):
    desk = Desk(build_result(energies=8), written(tmp_path, session(examples=examples)))
    with pytest.raises(InputError) as error:
        desk.reopen()
    assert "\n" not in str(error.value)
    assert len(desk.marks) == 0


def test_a_session_is_taken_up(tmp_path):
    desk = Desk(build_result(energies=8), written(tmp_path, session(on_evidence=True, view=HOSTILE)))
    desk.reopen()
    assert desk.marks.labels == {36 + 3: "majority", 2 * 36 + 4: "vacancy"}
    assert (desk.on_evidence, desk.view) == (True, HOSTILE)


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "explorer").write_text("a file")
    with pytest.raises(InputError):
        save_session(tmp_path, Session(), None)

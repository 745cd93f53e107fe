"""Tables of examples in files."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymos import InputError
from didymos.io.examples import read_examples, write_examples

ROWS = {"x": ["1e-9", "2.5"], "y": ["0", "-3"], "label": ["vacancy", "majority"]}


def refused(path):
    with pytest.raises(InputError) as caught:
        read_examples(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(os.path.basename(path))
    return message


@pytest.fixture
def table(tmp_path):
    def write(text, name="examples.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("separator", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_columns_by_name(table, separator, end, encoding):
    lines = ("x,y,label", "1e-9,0,vacancy", "2.5,-3,majority")
    text = end.join(lines).replace(",", separator) + end
    assert read_examples(table(text, encoding=encoding)) == ROWS


def test_empty_lines_comments_and_spaces_are_skipped(table):
    text = "# drawn by eye\n\n X , Y ,Label\n 1e-9 , 0 , vacancy \n  # not sure\n\n2.5,-3,majority\n   \n"
    assert read_examples(table(text)) == ROWS


def test_a_label_may_hold_the_separator_and_any_letter(table):
    text = 'x,y,label\n1,2,"adatom, bright"\n3,4,Fehlstelle µ\n'
    assert read_examples(table(text))["label"] == ["adatom, bright", "Fehlstelle µ"]


def test_other_columns_come_along(table):
    found = read_examples(table("label,row,column,who\nmajority,1,2,me\n"))
    assert found == {"label": ["majority"], "row": ["1"], "column": ["2"], "who": ["me"]}


def test_a_table_without_rows_has_empty_columns(table):
    assert read_examples(table("x,y,label\n")) == {"x": [], "y": [], "label": []}


def test_the_path_may_be_text(table):
    assert read_examples(str(table("x,y,label\n1e-9,0,vacancy\n2.5,-3,majority"))) == ROWS


def test_a_missing_file_or_a_folder_is_refused(tmp_path):
    assert "no such file" in refused(tmp_path / "none.csv")
    assert "CSV file with columns x, y, label" in refused(tmp_path / "none.csv")
    assert refused(tmp_path)


@pytest.mark.parametrize("text", ["", "\n \n", "# only a comment\n"], ids=["nothing", "blank", "comment"])
def test_an_empty_file_is_refused(table, text):
    assert "is empty" in refused(table(text))


def test_a_line_of_another_length_is_refused(table):
    message = refused(table("x,y,label\n1,2,majority\n3,4\n"))
    assert "line 3 has 2 values, the first line names 3" in message


def test_the_number_of_the_line_is_that_of_the_file(table):
    assert "line 5 has 2 values" in refused(table("# a comment\n\nx,y,label\n1,2,majority\n3,4\n"))


def test_what_is_no_text_is_refused(table, tmp_path):
    path = tmp_path / "image.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe")
    assert "UTF-8" in refused(path)
    assert "UTF-8" in refused(table("x,y,label\n1,2,Störstelle\n", encoding="latin-1"))


def test_a_huge_file_is_refused_unread(tmp_path):
    path = tmp_path / "map.csv"
    with path.open("wb") as stream:
        stream.truncate(10**9)  # a hole: nothing is stored
    assert "is larger than" in refused(path)


@pytest.mark.parametrize("text", ["x,y,label,x\n1,2,majority,3\n", "x,X,y,label\n1,2,3,majority\n"])
def test_two_columns_of_one_name_are_refused(table, text):
    assert "two columns 'x'" in refused(table(text))


def test_a_quote_that_never_ends_is_refused(table):
    assert "as CSV" in refused(table('x,y,label\n1,2,"' + "a" * 200_000 + "\n"))


LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1).map(str.strip).filter(bool)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(allow_nan=False), st.integers(-(10**9), 10**9), LABELS)))
def test_what_is_written_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "examples.csv"
    x, y, label = map(list, zip(*rows, strict=True)) if rows else ([], [], [])
    write_examples(path, {" label": label, "x ": x, "y": np.array(y, dtype=np.int64)})
    found = read_examples(path)
    assert list(found) == ["label", "x", "y"]
    assert found["label"] == label
    assert list(map(float, found["x"])) == x
    assert list(map(int, found["y"])) == y


@pytest.mark.parametrize(
    "label",
    ["a,b;c\td", 'say "this"', "=SUM(A1)", "# no comment", "'quoted'", "-1", "Fehlstelle µ", '"', ",", "\\n"],
)
def test_labels_survive_whatever_they_hold(tmp_path, label):
    path = tmp_path / "folder" / "examples.csv"
    write_examples(path, {"label": [f" {label} ", "majority"], "x": np.array([0.1, 1e-9], np.float64), "y": [2, -0.3]})
    assert read_examples(path) == {"label": [label, "majority"], "x": ["0.1", "1e-09"], "y": ["2", "-0.3"]}


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({}, "the columns none"),
        ({"x": [1], "label": []}, "all be of one length"),
        ({"x": [1], "label": ["a\nb"]}, "line break"),
        ({"x": [1], "label": ["a\u2028b"]}, "line break"),
        ({"x;y": [1]}, "is no name of a column"),
        ({"": [1]}, "is no name of a column"),
    ],
)
def test_a_table_that_could_not_be_read_is_not_written(tmp_path, columns, what):
    path = tmp_path / "examples.csv"
    path.write_text("what was there", "utf-8")
    with pytest.raises(InputError, match=what) as caught:
        write_examples(path, columns)
    assert "\n" not in str(caught.value)
    assert path.read_text("utf-8") == "what was there"
    assert list(tmp_path.iterdir()) == [path]

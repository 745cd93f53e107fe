"""Tables of examples in files."""

import os

import pytest

from didymos import InputError
from didymos.io.examples import read_examples

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

"""Marks: a history of labels, and the table that stands for them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didymos import InputError, spectral_map
from didymos.io.examples import read_examples, write_examples
from didymos.workflow import Marks
from didymos.workflow.examples import examples_of
from didymos.workflow.marks import label_of

ENERGY = np.linspace(-1, 1, 4)


def image(shape=(6, 5), **given):
    return spectral_map(np.random.default_rng(0).random((*shape, 4)), ENERGY, **given)


def scattered(x, y):
    return spectral_map(np.random.default_rng(0).random((len(x), 4)), ENERGY, x=x, y=y, length_units="nm")


MAPS = {
    "image": image(x=np.linspace(-3e-9, 3e-9, 5), y=np.linspace(1e-7, 1e-7 + 7e-9, 6)),
    "pixels": image(),
    "points": scattered(np.random.default_rng(1).random(30) * 1e-3 + 1e6, np.random.default_rng(2).random(30)),
    "one line": image((1, 30)),
}
TWICE = {
    "the same position": scattered([0.0, 1.0, 1.0], [0.0, 2.0, 2.0]),
    "no position": scattered([0.0, np.nan, 1.0], [0.0, 2.0, 2.0]),
    "an image of one place": image((1, 3), x=np.zeros(3), y=np.zeros(1)),
}


def test_later_marks_replace_earlier_ones_and_old_marks_stay():
    first = Marks().add(3, "vacancy").add([5, 4], "majority")
    second = first.add([3, 7], "adatom").remove([5, 99])
    assert first.labels == {3: "vacancy", 5: "majority", 4: "majority"}
    assert second.labels == {3: "adatom", 4: "majority", 7: "adatom"}
    assert second.points.tolist() == [3, 4, 7]
    assert (len(Marks()), len(first), len(second)) == (0, 3, 3)
    assert not Marks().can_undo
    assert Marks().points.dtype == np.intp


def test_every_change_can_be_undone_and_redone():
    marks = Marks().add(1, "a").add(2, "b").remove(1)
    back = marks.undo()
    assert back.labels == {1: "a", 2: "b"}
    assert back.can_redo
    assert not marks.can_redo
    assert back.redo() == marks == marks.redo()
    assert back.undo().undo() == back.undo().undo().undo()
    assert back.undo().undo().labels == {}
    other = back.undo().add(9, "c")
    assert other.labels == {1: "a", 9: "c"}
    assert not other.can_redo


def test_what_changes_nothing_is_no_change():
    marks = Marks().add(1, "a")
    assert marks.add(1, " a ") is marks
    assert marks.remove(7) is marks
    assert marks.add([], "b") is marks


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ARUZ"), st.integers(0, 4), st.sampled_from(["a", "b", "majority"]))))
def test_marks_are_those_of_a_plain_history(commands):
    marks = Marks()
    past: list[dict[int, str]] = [{}]
    future: list[dict[int, str]] = []
    for command, point, label in commands:
        if command == "U":
            marks = marks.undo()
            if len(past) > 1:
                future.append(past.pop())
        elif command == "Z":
            marks = marks.redo()
            if future:
                past.append(future.pop())
        else:
            now = dict(past[-1])
            if command == "A":
                marks, now[point] = marks.add(point, label), label
            else:
                marks = marks.remove(point)
                now.pop(point, None)
            if now != past[-1]:
                past.append(now)
                future = []
        assert marks.labels == past[-1]
        assert (marks.can_undo, marks.can_redo) == (len(past) > 1, bool(future))


@pytest.mark.parametrize("data", MAPS.values(), ids=MAPS)
def test_a_table_names_the_same_points_by_their_position(data, tmp_path):
    marks = Marks().add([7, 0, 29], "kind, 1").add([12], "majority").add(3, "=1+1")
    table = marks.table(data)
    assert list(table) == ["x", "y", "label"]
    write_examples(tmp_path / "marks.csv", table)
    for given_table in (table, tmp_path / "marks.csv", read_examples(tmp_path / "marks.csv")):
        found = examples_of(given_table, data)
        assert dict(zip(found.index.tolist(), found.text, strict=True)) == marks.labels
        assert found.index.tolist() == marks.points.tolist()
        assert Marks.of(given_table, data).labels == marks.labels
        assert Marks.of(given_table, data).undo().labels == {}


@pytest.mark.parametrize("data", TWICE.values(), ids=TWICE)
def test_where_positions_do_not_tell_points_apart_rows_and_columns_do(data):
    marks = Marks().add([2, 1], "a")
    table = marks.table(data)
    assert table == {"row": [0, 0], "column": [2, 1], "label": ["a", "a"]}
    assert examples_of(table, data).index.tolist() == [2, 1]


def test_positions_are_used_where_only_other_points_have_none():
    assert list(Marks().add(0, "a").table(TWICE["no position"])) == ["x", "y", "label"]


def test_points_outside_the_map_are_refused():
    with pytest.raises(InputError, match="point 30 is marked; the map has the points 0 to 29"):
        Marks().add(30, "a").table(MAPS["image"])


def test_labels_have_one_form():
    assert label_of("  Majority ") == "majority"
    assert label_of("ARTEFACT") == "artefact"
    assert label_of(" Two \t words\n") == "Two words"
    for text in ("", "  ", "NaN", "a\x00b", "\ud800"):
        with pytest.raises(InputError) as caught:
            label_of(text)
        assert "\n" not in str(caught.value)

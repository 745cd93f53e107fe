"""What the explorer answers, without a browser."""

import copy
import json

import numpy as np
import pytest
from matplotlib.path import Path as Outline

from didymos import InputError, Settings, analyze, apply, load_model, open_result
from didymos.explorer import Desk
from didymos.explorer.requests import answer
from didymos.explorer.saving import load_session
from didymos.explorer.selection import average, inside
from didymos.views.payload import decoded

LEARNT = ("score", "score_std", "region", "kind", "embedding")


@pytest.fixture(scope="module")
def first(analysed):
    """A desk on which the map is prepared already."""
    desk = Desk(open_result(analysed / "results.nc"), analysed)
    desk.prepare()
    return desk


@pytest.fixture
def desk(first):
    """The same desk with nothing on it but the result."""
    return copy.copy(first)


def some(result, name, value, count=3):
    """Return a few points where a variable has a value."""
    points = np.flatnonzero(result[name].values.ravel() == value)
    return points[np.linspace(0, len(points) - 1, count).astype(int)].tolist()


def taught(desk):
    """Give three examples of the first kind and three of the majority; return the last answer."""
    answer(desk, {"do": "mark", "points": some(desk.result, "kind", 1), "label": "vacancy"})
    return answer(desk, {"do": "mark", "points": some(desk.result, "region", 0), "label": "majority"})


def layers(said):
    return {layer["name"]: layer for layer in said["findings"]["layers"]}


def table(said, result):
    """Return marks as rows of row, column, label."""
    row, column = np.divmod([point for point, _ in said["marks"]], result.sizes["x"])
    return {"row": row, "column": column, "label": [label for _, label in said["marks"]]}


def test_three_clicks_each_give_what_an_analysis_with_these_examples_gives(desk, surface):
    said = taught(desk)
    expected = analyze(surface, Settings(), examples=table(said, desk.result))
    for name in LEARNT:
        np.testing.assert_array_equal(desk.taught.result[name].values, expected[name].values, err_msg=name)
    found = layers(said)
    np.testing.assert_array_equal(decoded(found["score"]["values"]), expected["score"].values.ravel())
    np.testing.assert_array_equal(decoded(found["region"]["values"]), expected["region"].values.ravel())
    assert [1, "vacancy"] in [group[:2] for group in found["kind"]["groups"]]
    x = decoded(said["findings"]["defects"]["x"])
    np.testing.assert_allclose(x, expected["defect_x"].values * 1e9, rtol=1e-5)
    json.dumps(said, allow_nan=False)


@pytest.mark.slow
def test_on_top_of_the_evidence(desk, surface):
    taught(desk)
    said = answer(desk, {"do": "evidence", "on": True})
    expected = analyze(surface, similarity="evidence", examples=table(said, desk.result))
    np.testing.assert_array_equal(desk.taught.result["score"].values, expected["score"].values)


def test_marks_that_do_not_suffice_wait(desk):
    said = answer(desk, {"do": "mark", "points": [5], "label": "vacancy"})
    assert "majority" in said["waiting"]
    assert said["marks"] == [[5, "vacancy"]]
    np.testing.assert_array_equal(decoded(layers(said)["score"]["values"]), desk.result["score"].values.ravel())


def test_undo_and_redo_give_what_was_there(desk):
    first = taught(desk)
    second = answer(desk, {"do": "mark", "points": some(desk.result, "region", 0, 5)[1:2], "label": "other"})
    assert len(second["marks"]) == len(first["marks"]) + 1
    undone, redone = answer(desk, {"do": "undo"}), answer(desk, {"do": "redo"})
    for before, after in ((first, undone), (second, redone)):
        assert before["marks"] == after["marks"]
        assert before["findings"] == after["findings"]
        assert before["doubtful"] == after["doubtful"]


def test_the_doubtful_points_are_unlabelled_and_doubtful(desk):
    said = taught(desk)
    marked = {point for point, _ in said["marks"]}
    assert said["doubtful"]
    assert not marked & set(said["doubtful"])
    spread = desk.taught.result["score_std"].values.ravel()
    assert np.median(spread[said["doubtful"]]) > np.nanmedian(spread)


def test_a_selection_is_averaged_over_all_spectra(desk):
    x, y = (desk.result[name].values * 1e9 for name in "xy")
    corners = np.array([[x[3], y[2]], [x[20], y[4]], [x[15], y[25]], [x[2], y[18]]])
    polygon = {"figure": "map", "x": corners[:, 0].tolist(), "y": corners[:, 1].tolist()}
    said = answer(desk, {"do": "average", "polygons": [polygon]})
    grid = np.stack([axis.ravel() for axis in np.meshgrid(x, y)], axis=1)
    mask = Outline(corners).contains_points(grid)
    spectra = desk.result["spectra"].values.reshape(len(mask), -1)[mask] * desk.factor
    assert said["count"] == said["selected"] == mask.sum()
    np.testing.assert_allclose(said["mean"], spectra.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(said["spread"], spectra.std(axis=0, ddof=1), rtol=1e-3)


def test_selections_add_up_and_one_in_the_embedding_follows_the_lesson(desk):
    everything = {"figure": "embedding", "x": [-1e3, 1e3, 1e3, -1e3], "y": [-1e3, -1e3, 1e3, 1e3]}
    nothing = {"figure": "map", "x": [-5.0, -4.0, -4.0], "y": [-5.0, -5.0, -4.0]}
    both = inside([everything, nothing], desk.shown, 100)
    np.testing.assert_array_equal(both, np.isfinite(desk.shown["embedding"].values).all(axis=-1).ravel())
    taught(desk)
    assert answer(desk, {"do": "average", "polygons": [everything]})["count"] == both.sum()


def test_an_empty_selection_has_no_average(desk):
    spectra = np.ones((4, 3), dtype=np.float32)
    found = average(spectra, np.ones(4, bool), np.zeros(4, bool))
    assert (found.count, found.selected) == (0, 0)
    assert np.isnan(found.mean).all()
    nothing = {"figure": "map", "x": [-5.0, -4.0, -4.0], "y": [-5.0, -5.0, -4.0]}
    said = answer(desk, {"do": "average", "polygons": [nothing]})
    assert said["count"] == 0
    assert set(said["mean"]) == {None}


def test_all_like_a_point_are_ranked(desk):
    score = np.where(desk.result["kind"].values == 1, desk.result["score"].values, -1)
    point = int(score.argmax())
    said = answer(desk, {"do": "alike", "points": [point]})
    similarity = decoded(said["layer"]["values"])
    assert said["ranked"][0] == point
    assert similarity[point] == 1
    np.testing.assert_array_equal(np.sort(similarity[said["ranked"]])[::-1], similarity[said["ranked"]])
    truth = desk.result["truth_kind"].values.ravel()
    assert (truth[said["ranked"][:10]] > 0).all()


def test_all_like_a_pasted_spectrum_in_other_units_are_ranked(desk):
    spectrum = desk.result["kind_spectrum"].values[0]
    rows = zip(desk.result["energy"].values, 3e4 * spectrum - 17, strict=True)
    said = answer(desk, {"do": "alike", "text": "\n".join(f"{energy} {value}" for energy, value in rows)})
    truth = desk.result["truth_kind"].values.ravel()
    assert (truth[said["ranked"][:10]] > 0).all()


@pytest.mark.slow
def test_another_analysis_replaces_the_result_and_keeps_the_marks(desk, surface):
    taught(desk)
    said = answer(desk, {"do": "retrain", "settings": {"metric": "euclidean"}})
    assert len(said["marks"]) == 6
    assert said["settings"]["metric"] == "euclidean"
    np.testing.assert_array_equal(desk.result["score"].values, analyze(surface, metric="euclidean")["score"].values)
    assert desk.taught.settings.metric == "euclidean"
    assert desk.result.attrs["input_file"] == "surface.nc"


def test_a_saved_session_serves_other_commands_and_is_taken_up_again(copied, surface):
    desk = Desk(open_result(copied / "results.nc"), copied)
    marks = taught(desk)["marks"]
    said = answer(desk, {"do": "save", "view": "#view&layer=region"})
    assert said["saved"] == str(copied / "explorer")
    score = desk.shown["score"].values
    np.testing.assert_array_equal(
        analyze(surface, examples=copied / "explorer" / "examples.csv")["score"].values, score
    )
    applied = apply(load_model(copied / "explorer" / "model.npz"), surface)
    np.testing.assert_allclose(applied["score"].values, score, atol=1e-5)
    saved = open_result(copied / "explorer" / "results.nc")
    assert saved.attrs["similarity"] == "examples"
    assert saved.attrs["input_file"] == "surface.nc"
    again = Desk(open_result(copied / "results.nc"), copied)
    again.reopen()
    greeting = answer(again, {"do": "hello"})
    assert greeting["marks"] == marks
    assert greeting["view"] == "#view&layer=region"
    np.testing.assert_array_equal(again.shown["score"].values, score)


def test_without_a_folder_nothing_is_saved(desk):
    desk.folder = None
    assert "folder" in answer(desk, {"do": "save"})["error"]


@pytest.mark.parametrize("text", ["{", "[]", '{"examples": 3}', '{"examples": {}, "on_evidence": 1}', "\x00"])
def test_a_damaged_session_is_refused_in_one_line(text, copied):
    (copied / "explorer").mkdir()
    (copied / "explorer" / "session.json").write_text(text)
    with pytest.raises(InputError, match=r"session\.json is no session"):
        load_session(copied)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"do": "delete"}, "allowed are hello, mark"),
        ({}, "allowed are hello"),
        ({"do": "mark", "points": [], "label": "a"}, "points are"),
        ({"do": "mark", "points": [10**9], "label": "a"}, "points are"),
        ({"do": "mark", "points": [-1], "label": "a"}, "points are"),
        ({"do": "mark", "points": [True], "label": "a"}, "points are"),
        ({"do": "mark", "points": ["../../x"], "label": "a"}, "points are"),
        ({"do": "mark", "points": [1], "label": " "}, "no label"),
        ({"do": "average"}, "no polygons"),
        ({"do": "average", "polygons": [3]}, "no polygon"),
        ({"do": "average", "polygons": [{"figure": "map", "x": [1, 2], "y": [1, 2]}]}, "corners"),
        ({"do": "average", "polygons": [{"figure": "map", "x": [1, 2, 1e999], "y": [1, 2, 3]}]}, "corners"),
        ({"do": "average", "polygons": [{"figure": "/etc", "x": [1, 2, 3], "y": [1, 2, 3]}]}, "allowed are map"),
        ({"do": "alike", "text": "nothing"}, "two columns"),
        ({"do": "alike", "text": "1 2\n2 3"}, "needed"),
        ({"do": "retrain"}, "settings"),
        ({"do": "retrain", "settings": {"channel": "x"}}, "allowed are metric"),
        ({"do": "retrain", "settings": {"metric": "cosine"}}, "allowed are euclidean"),
    ],
)
def test_a_wrong_request_gets_one_line(desk, request_, words):
    before = desk.marks
    said = answer(desk, request_)
    assert set(said) == {"error"}
    assert words in said["error"]
    assert "\n" not in said["error"]
    assert desk.marks is before


def test_two_results_are_compared_layer_by_layer(desk, analysed):
    other = desk.result.copy(deep=True)
    other["score"] = 1 - other["score"]
    page = Desk(desk.result, other=other).page()
    found = {layer["name"]: decoded(layer["values"]) for layer in page["layers"]}
    np.testing.assert_allclose(found["other_change"], 1 - 2 * found["score"], atol=1e-6)
    with pytest.raises(InputError, match="one map"):
        Desk(desk.result, other=desk.result.isel(x=slice(5)))


def test_a_result_without_scores_is_refused(desk):
    with pytest.raises(InputError, match="no scores"):
        Desk(desk.result.drop_vars("score"))

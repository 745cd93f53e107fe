"""Which points lie in a selection, on all points of a map."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from didymos import InputError
from didymos.core.numeric.rows import Spectra
from didymos.explorer.selection import average, inside, positions_in
from naive import is_inside

sys.path.append(str(Path(__file__).parents[1] / "plots"))
from result_builder import build_result

MAP = build_result("image", shape=(9, 11), energies=8)
whole = st.integers(-2, 20)


def polygon(corners, figure="map"):
    return {"figure": figure, "x": [float(x) for x, _ in corners], "y": [float(y) for _, y in corners]}


# corners are between the points, so that none lies on a side; sides may cross each other
@given(st.lists(st.tuples(whole, whole), min_size=3, max_size=9))
def test_points_are_inside_by_the_even_odd_rule(steps):
    corners = [(100.31 + 0.93 * x + 0.0137 * y, -20.29 + 0.91 * y + 0.0171 * x) for x, y in steps]
    position = positions_in(MAP, "map")
    expected = [is_inside(x, y, corners) for x, y in position]
    np.testing.assert_array_equal(inside([polygon(corners)], MAP, 100), expected)


@pytest.mark.parametrize("figure", ["map", "embedding"])
@pytest.mark.parametrize("layout", ["image", "wide", "row", "column", "points"])
def test_every_layout_has_positions(layout, figure):
    result = build_result(layout, energies=8)
    position = positions_in(result, figure)
    assert position.shape == (result["score"].size, 2)
    known = position[np.isfinite(position).all(axis=1)]
    low, high = known.min(axis=0) - 1, known.max(axis=0) + 1
    around = [low, (high[0], low[1]), high, (low[0], high[1])]
    found = inside([polygon(around, figure)], result, 100)
    np.testing.assert_array_equal(found, np.isfinite(position).all(axis=1))


def test_the_positions_are_those_of_the_page():
    from didymos.views import ViewSettings
    from didymos.views.places import places_of

    for layout in ("image", "row", "column", "points"):
        result = build_result(layout, energies=8)
        places = places_of(result, ViewSettings())
        np.testing.assert_array_equal(positions_in(result, "map"), np.stack([places.x, places.y], axis=1))


def test_polygons_add_up():
    one, other = [(99, -21), (104, -21), (101, -10)], [(105, -15), (120, -15), (110, 0)]
    both = inside([polygon(one), polygon(other)], MAP, 10)
    np.testing.assert_array_equal(both, inside([polygon(one)], MAP, 10) | inside([polygon(other)], MAP, 10))
    assert not inside([], MAP, 10).any()


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        3,
        "map",
        [],
        {},
        {"figure": "map", "x": [1, 2, 3]},
        {"figure": "map", "x": 1, "y": 2},
        {"figure": "map", "x": [], "y": []},
        {"figure": "map", "x": [1, 2, 3], "y": [1, 2]},
        {"figure": "map", "x": "123", "y": "123"},
        {"figure": "map", "x": [[1, 2], [3, 4], [5, 6]], "y": [[1, 2], [3, 4], [5, 6]]},
        {"figure": "map", "x": [10**400, 1, 2], "y": [1, 2, 3]},
        {"figure": "map", "x": [None, 1, 2], "y": [1, 2, 3]},
        {"figure": "map", "x": [float("nan"), 1, 2], "y": [1, 2, 3]},
        {"figure": "map", "x": [0.0] * 101, "y": [0.0] * 101},
        {"figure": "spectra", "x": [1, 2, 3], "y": [1, 2, 4]},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_what_is_no_polygon_is_refused_in_one_line(wrong):
    with pytest.raises(InputError) as error:
        inside([wrong], MAP, 100)
    assert "\n" not in str(error.value)


def test_without_an_embedding_nothing_is_drawn_in_it():
    with pytest.raises(InputError, match="allowed are map"):
        positions_in(MAP.drop_vars(["embedding", "pca"]), "embedding")


def test_the_average_leaves_out_spectra_with_gaps():
    spectra: Spectra = np.array([[1, 2], [3, 6], [5, 1], [9, 9]], dtype=np.float32)
    chosen, finite = np.array([True, True, True, False]), np.array([True, True, False, True])
    found = average(spectra, finite, chosen)
    assert (found.count, found.selected) == (2, 3)
    np.testing.assert_allclose(found.mean, [2, 4])
    np.testing.assert_allclose(found.spread, np.std([[1, 2], [3, 6]], axis=0, ddof=1))

"""Which points a page shows, where they lie, and which spectra come with them."""

import numpy as np
import pytest
from result_builder import build_result

from didymos.views import ViewSettings
from didymos.views.places import places_of
from naive import best_of_blocks, nearest_of

NANOMETRES = 1e9
GRIDS = ("image", "wide", "row", "column")
SMALL = ViewSettings(most_places=60, most_spectra=40, sample=20)


def turned(result, change):
    """Return a result whose columns, rows or both descend, or one without positions."""
    if change == "no positions":
        return result.drop_vars(["x", "y"])
    return result.isel({dim: slice(None, None, -1) for dim in change if dim in result.dims})


def positions(result):
    """Return where all points lie, in the order of the result."""
    units = 1 if "x" not in result.coords else NANOMETRES
    x, y = (
        result[name].values * units if name in result.coords else np.arange(result.sizes[name], dtype=float)
        for name in "xy"
    )
    x, y = (axis.ravel() for axis in np.meshgrid(x, y))
    if result.sizes["y"] == 1:
        return x, np.zeros(len(x))
    return (y, np.zeros(len(y))) if result.sizes["x"] == 1 else (x, y)


def scattered(x, y, score=None):
    """Return a result of scattered points at given positions in nanometres."""
    result = build_result("points", shape=(len(x),), energies=8, flagged=False)
    units = {"units": "m"}
    result = result.assign_coords(
        x=("point", np.asarray(x) / NANOMETRES, units), y=("point", np.asarray(y) / NANOMETRES, units)
    )
    if score is not None:
        result["score"] = ("point", np.asarray(score, dtype=np.float32))
    return result


def centres(picture):
    """Return x and y of the middles of all cells, each of the shape of the picture."""
    rows, columns = picture.place.shape
    across = picture.left + picture.width * (np.arange(columns) + 0.5) / columns
    up = picture.bottom + picture.height * (np.arange(rows) + 0.5) / rows
    return np.meshgrid(across, up)


@pytest.mark.parametrize("change", ["", "x", "y", "xy", "no positions"])
@pytest.mark.parametrize("layout", GRIDS)
def test_the_middle_of_every_cell_is_the_position_of_its_place(layout, change):
    result = turned(build_result(layout, energies=8), change)
    found = places_of(result, ViewSettings())
    x, y = positions(result)
    np.testing.assert_array_equal(found.index, np.arange(x.size))
    np.testing.assert_allclose(found.x, x, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found.y, y, rtol=1e-12, atol=1e-12)
    picture = found.picture
    assert np.array_equal(np.sort(picture.place.ravel()), np.arange(x.size))
    u, v = centres(picture)
    tolerance = 1e-6 * picture.width / picture.place.shape[1]
    np.testing.assert_allclose(found.x[picture.place], u, atol=tolerance)
    np.testing.assert_allclose(found.y[picture.place], v, atol=tolerance)


@pytest.mark.parametrize("layout", [*GRIDS, "points", "pixel"])
def test_every_place_comes_with_its_own_spectrum_up_to_the_limit(layout):
    result = build_result(layout, energies=8)
    found = places_of(result, ViewSettings())
    count = result["score"].size
    assert found.points == len(found.index) == len(found.x) == len(found.y) == count
    np.testing.assert_array_equal(found.with_spectrum, np.arange(count))
    np.testing.assert_array_equal(found.nearest, np.arange(count))


@pytest.mark.parametrize("change", ["", "x", "y"])
@pytest.mark.parametrize("shape", [(30, 36), (7, 61), (1, 90), (90, 1), (61, 2), (8, 8)])
@pytest.mark.parametrize("most", [1, 13, 60, 61, 300])
def test_of_every_block_the_point_with_the_largest_score_is_shown(shape, change, most):
    result = turned(build_result(shape=shape, energies=8), change)
    found = places_of(result, ViewSettings(most_places=most))
    score = np.nan_to_num(result["score"].values, nan=-1)
    assert len(found.index) <= most
    assert found.points == score.size
    side = next(side for side in range(1, 99) if -(-shape[0] // side) * -(-shape[1] // side) <= most)
    np.testing.assert_array_equal(found.index, best_of_blocks(score, side))
    x, y = positions(result)
    np.testing.assert_allclose(found.x, x[found.index])
    np.testing.assert_allclose(found.y, y[found.index], atol=1e-12)
    # every place lies within its cell
    u, v = centres(found.picture)
    across = found.picture.width / found.picture.place.shape[1]
    up = found.picture.height / found.picture.place.shape[0]
    assert np.all(np.abs(found.x[found.picture.place] - u) <= across / 2)
    assert np.all(np.abs(found.y[found.picture.place] - v) <= up / 2)


def test_cells_of_blocks_are_whole_numbers_of_pixels():
    found = places_of(build_result(shape=(30, 37), energies=8), ViewSettings(most_places=100))
    rows, columns = found.picture.place.shape
    assert found.picture.width / columns == pytest.approx(4 * 1.5)
    assert found.picture.height / rows == pytest.approx(4 * 1.5)
    assert (found.picture.left, found.picture.bottom) == pytest.approx((100 - 0.75, -20 - 0.75))


def test_scattered_points_are_shown_where_they_lie():
    result = build_result("points", energies=8)
    found = places_of(result, ViewSettings(cells=64))
    np.testing.assert_allclose(found.x, result["x"].values * NANOMETRES)
    np.testing.assert_allclose(found.y, result["y"].values * NANOMETRES)
    assert max(found.picture.place.shape) == 64
    u, v = centres(found.picture)
    cell = found.picture.width / found.picture.place.shape[1]
    expected = nearest_of(np.stack([found.x, found.y], 1), np.stack([u.ravel(), v.ravel()], 1)).reshape(u.shape)
    place, shown = found.picture.place, found.picture.place >= 0
    inside = shown & (np.abs(found.x[place] - u) <= cell / 2) & (np.abs(found.y[place] - v) <= cell / 2)
    np.testing.assert_array_equal(place[shown & ~inside], expected[shown & ~inside])
    # no point is farther from its cell than points from each other, and every point is in the picture
    assert np.hypot(found.x[place] - u, found.y[place] - v)[shown].max() < 0.6 * 60 / np.sqrt(400)
    assert 0.3 < shown.mean() < 1
    assert len(np.unique(place[shown])) > 0.97 * 400


def test_of_several_points_in_a_cell_the_one_with_the_largest_score_is_seen():
    random = np.random.default_rng(0)
    x, y = random.uniform(0, 50, 4000), random.uniform(0, 50, 4000)
    score = np.zeros(4000)
    score[[17, 1700, 3999]] = 1
    found = places_of(scattered(x, y, score), ViewSettings(cells=20))
    assert {17, 1700, 3999} <= set(found.picture.place.ravel().tolist())
    u, v = centres(found.picture)
    cell = found.picture.width / found.picture.place.shape[1]
    for point in (17, 1700, 3999):
        row, column = (at[0] for at in np.nonzero(found.picture.place == point))
        assert abs(u[row, column] - x[point]) <= cell / 2
        assert abs(v[row, column] - y[point]) <= cell / 2


@pytest.mark.parametrize("most", [10, 50, 399])
def test_of_many_scattered_points_those_with_the_largest_scores_are_shown(most):
    result = build_result("points", energies=8)
    found = places_of(result, ViewSettings(most_places=most, most_spectra=most))
    score = np.nan_to_num(result["score"].values, nan=-1)
    assert len(found.index) == most == len(np.unique(found.index))
    assert score.argmax() in found.index
    np.testing.assert_allclose(found.x, result["x"].values[found.index] * NANOMETRES)
    # they are spread over the map
    spread = np.std(result["x"].values * NANOMETRES)
    assert np.std(found.x) == pytest.approx(spread, rel=0.35)


@pytest.mark.parametrize("settings", [ViewSettings(), SMALL, ViewSettings(most_spectra=40, sample=20)])
def test_points_without_a_position_are_in_no_cell(settings):
    result = build_result("points", energies=8)
    x, y = result["x"].values.copy(), result["y"].values.copy()
    x[::7], y[5] = np.nan, np.nan
    result = result.assign_coords(x=("point", x, {"units": "m"}), y=("point", y, {"units": "m"}))
    found = places_of(result, settings)
    lost = ~np.isfinite(found.x) | ~np.isfinite(found.y)
    place = found.picture.place
    assert not lost[place[place >= 0]].any()
    assert found.x_label == "x (nm)"
    held = found.with_spectrum
    np.testing.assert_array_equal(found.nearest[held], np.arange(len(held)))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.full(300, 4.0), np.full(300, 7.0)),
        (np.full(300, np.nan), np.full(300, np.nan)),
        (np.arange(300) // 3, np.arange(300) // 3 % 10),
        (np.arange(300), np.zeros(300)),
        (np.zeros(300), np.arange(300)),
        (np.arange(300), np.arange(300)),
        (np.arange(300), 1e-2 * (np.arange(300) % 2)),
    ],
    ids=["one place", "nowhere", "duplicates", "row", "column", "diagonal", "nearly a row"],
)
@pytest.mark.parametrize("settings", [ViewSettings(), SMALL])
def test_points_anywhere_make_a_picture(x, y, settings):
    found = places_of(scattered(x, y), settings)
    picture = found.picture
    assert picture.width > 0
    assert picture.height > 0
    assert picture.place.min() >= -1
    assert picture.place.max() < len(found.index)
    assert np.isfinite([picture.left, picture.bottom]).all()
    if np.isfinite(x).any():
        assert (picture.place >= 0).any()


def test_a_sample_holds_the_largest_scores_and_others_at_random():
    result = build_result("image", energies=8)
    settings = ViewSettings(most_spectra=200, sample=100)
    found = places_of(result, settings)
    score, region = result["score"].values.ravel(), result["region"].values.ravel()
    assert len(found.with_spectrum) == 100
    assert np.all(np.diff(found.with_spectrum) > 0)
    assert not (region[found.with_spectrum] == -1).any()
    best = np.sort(np.nan_to_num(score, nan=-1))[::-1][:50]
    held = np.sort(np.nan_to_num(score[found.with_spectrum], nan=-1))[::-1]
    np.testing.assert_array_equal(held[:50], best)
    again = places_of(result, settings)
    np.testing.assert_array_equal(again.with_spectrum, found.with_spectrum)
    np.testing.assert_array_equal(again.nearest, found.nearest)


@pytest.mark.parametrize("layout", ["image", "row", "points"])
@pytest.mark.parametrize("most_places", [10_000, 150])
def test_a_place_without_its_spectrum_shows_the_nearest_one(layout, most_places):
    result = build_result(layout, energies=8)
    found = places_of(result, ViewSettings(most_places=most_places, most_spectra=80, sample=40))
    held = found.with_spectrum
    position = np.stack([found.x, found.y], axis=1)
    missing = result["region"].values.ravel()[found.index] == -1
    asked = np.flatnonzero(~missing)
    expected = nearest_of(position[held], position[asked])
    away = np.linalg.norm(position[held[found.nearest[asked]]] - position[asked], axis=1)
    np.testing.assert_allclose(away, np.linalg.norm(position[held[expected]] - position[asked], axis=1))
    np.testing.assert_array_equal(found.nearest[held], np.arange(len(held)))
    # what was not measured shows nothing
    assert set(found.nearest[missing]) <= {-1}


def test_of_a_map_that_was_stopped_all_spectra_there_are_held():
    result = build_result("image", energies=8, flagged=False)
    result["region"].values.ravel()[150:] = -1
    found = places_of(result, ViewSettings(most_spectra=200, sample=100))
    np.testing.assert_array_equal(found.with_spectrum, np.arange(150))
    np.testing.assert_array_equal(found.nearest[:150], np.arange(150))
    assert set(found.nearest[150:]) == {-1}


def test_the_order_of_the_dims_does_not_matter():
    result = build_result("image", energies=8)
    expected = places_of(result, SMALL)
    found = places_of(result.transpose("x", ...), SMALL)
    np.testing.assert_array_equal(found.index, expected.index)
    np.testing.assert_array_equal(found.with_spectrum, expected.with_spectrum)

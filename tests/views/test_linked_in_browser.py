"""What a user does with the linked views of a report, in a real browser, against the result."""

import csv
import io

import numpy as np
import pytest
from linked_page import LinkedPage
from matplotlib.path import Path as Outline
from result_builder import build_result

import chromium
from didymos import plots
from didymos.report import write_report
from didymos.views import ViewSettings

pytestmark = pytest.mark.browser
NANOMETRES = 1e9
SIGNAL = 1e6  # the signal of the result is drawn in microvolts


@pytest.fixture(scope="module")
def result():
    found = build_result("image")
    found.attrs |= {"score_threshold_majority": 0.25, "score_threshold_minority": 0.6}
    middle = np.argwhere(found["region"].values == 2)[[0, 8, 16]]
    columns = {"x": found["x"].values[middle[:, 1]], "y": found["y"].values[middle[:, 0]], "extent": [3e-9, 4e-9, 5e-9]}
    for name, values in columns.items():
        found[f"defect_{name}"] = ("defect", values, {"units": "m"})
    for name, values in {"spectra": [4, 5, 6], "kind": [1, 1, 2], "score": [0.99, 0.98, 0.9]}.items():
        found[f"defect_{name}"] = ("defect", np.array(values))
    return found


@pytest.fixture(scope="module")
def address(result, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        # the pictures of the report take most of the time, and have tests of their own
        patch.setattr("didymos.plots.catalogue.FIGURES", {"score_map": plots.FIGURES["score_map"]})
        return write_report(result, tmp_path_factory.mktemp("views") / "report.html").as_uri()


@pytest.fixture
def page(browser, address):
    chromium.requested(browser)
    chromium.complaints(browser)
    opened = LinkedPage(browser).open(address)
    yield opened
    assert chromium.complaints(browser) == []
    assert [
        url[:80] for url in chromium.requested(browser) if not url.startswith(("file:", "data:", "about:", "blob:"))
    ] == []


@pytest.fixture(scope="module")
def positions(result):
    x, y = np.meshgrid(result["x"].values * NANOMETRES, result["y"].values * NANOMETRES)
    return x, y


def spectra_of(result):
    return result["spectra"].values.reshape(-1, result.sizes["energy"]) * SIGNAL


def drawn(page, name):
    return page.array(f"didymos.views.plots.spectra.select('line_{name}')[0].data.y")


def tolerance(result):
    """Half a level of the spectrum with the widest range."""
    return np.nanmax(np.ptp(spectra_of(result), axis=1)) / 254


def test_numbers_are_written_for_people(page):
    values = [0, -1.25, 123456, -2.5e-7, 0.001, 1e-15]
    expected = ["0", "−1.25", "1.23 × 10⁵", "−2.50 × 10⁻⁷", "0.001", "1.00 × 10⁻¹⁵"]
    assert page.run("return arguments[0].map((v) => didymos.shown(v).replaceAll('\\u00a0', ' '))", values) == expected


@pytest.mark.parametrize("width", [1100, 1400])
def test_the_frames_of_the_panels_are_level(page, width):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    page.settle()
    boxes = page.run(
        "return arguments[0].map((name) => document.getElementById(`view-${name}`).getBoundingClientRect())",
        ["map", "embedding", "spectra"],
    )
    for edge in ("top", "bottom"):
        assert np.ptp([box[edge] for box in boxes]) < 1


def test_pointing_shows_the_spectrum_the_position_and_the_score(page, result, positions):
    row, column = 12, 20
    page.move("map", positions[0][row, column], positions[1][row, column])
    status = page.text("status").replace("−", "-")
    assert f"x = {float(f'{positions[0][row, column]:.4g}'):g} nm" in status
    assert f"score {float(f'{result.score.values[row, column]:.3g}'):g}" in status
    assert result["region"].values[row, column] == 0
    assert "majority" in status
    spectrum = result["spectra"].values[row, column] * SIGNAL
    np.testing.assert_allclose(drawn(page, "point"), spectrum, atol=tolerance(result))


@pytest.mark.slow
def test_a_radius_averages_the_spectra_around(page, result, positions):
    row, column = 14, 18
    page.choose("radius", 2)
    page.move("map", positions[0][row, column], positions[1][row, column])
    near = np.hypot(positions[0] - positions[0][row, column], positions[1] - positions[1][row, column]) <= 3.0001
    near &= np.isfinite(result["spectra"].values).all(axis=-1)
    assert f"average of {near.sum()} spectra" in page.text("status")
    average = result["spectra"].values[near].mean(axis=0) * SIGNAL
    np.testing.assert_allclose(drawn(page, "point"), average, atol=tolerance(result))


def test_a_lasso_in_the_map_lights_up_the_embedding_and_averages(page, result, positions):
    left, bottom = positions[0].min(), positions[1].min()
    corners = [(left + u, bottom + v) for u, v in ((4, 4), (22, 5), (20, 24), (6, 20), (4, 4))]
    page.lasso("map", corners)
    polygon = page.run("const p = didymos.views.state.selections.A.polygons[0]; return [p.x, p.y]")
    # the pointer moves in whole pixels
    assert min(polygon[0]) == pytest.approx(left + 4, abs=0.6)
    assert max(polygon[1]) == pytest.approx(bottom + 24, abs=0.6)
    inside = Outline(np.transpose(polygon)).contains_points(np.stack([p.ravel() for p in positions], axis=1))
    np.testing.assert_array_equal(page.array("didymos.views.masks.A") == 1, inside)
    chosen = spectra_of(result)[inside]
    chosen = chosen[np.isfinite(chosen).all(axis=1)]
    np.testing.assert_allclose(drawn(page, "A"), chosen.mean(axis=0), atol=0.1 * tolerance(result))
    spread = page.array("didymos.views.lines.A.spread")
    np.testing.assert_allclose(spread, chosen.std(axis=0), rtol=0.02)
    shown = page.array("didymos.views.plots.embedding.select('embedding_marks')[0].data.opacity")
    finite = np.isfinite(result["embedding"].values).all(axis=-1).ravel()
    assert (shown > 0.9).sum() == (inside & finite).sum()
    assert f"selection A ({len(chosen)})" in page.text("lines")


def test_a_lasso_in_the_embedding_lights_up_the_map(page, result):
    plane = result["embedding"].values.reshape(-1, 2)
    known = plane[np.isfinite(plane).all(axis=1)]
    middle = np.median(known, axis=0)
    width = 0.5 * known.std(axis=0)
    page.choose("selection", "B")
    page.lasso("embedding", [middle + width * offset for offset in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))])
    polygon = np.transpose(page.run("const p = didymos.views.state.selections.B.polygons[0]; return [p.x, p.y]"))
    inside = Outline(polygon).contains_points(np.nan_to_num(plane, nan=1e9))
    assert inside.any()
    np.testing.assert_array_equal(page.array("didymos.views.masks.B") == 1, inside)
    opacity = page.array("new Uint8Array(didymos.views.plots.map.select('map_image')[0].data.image[0].buffer)")[3::4]
    np.testing.assert_array_equal(opacity == 255, inside)


def test_the_difference_of_two_selections_has_its_standard_error(page, result, positions):
    boxes = {"A": (2, 2, 14, 14), "B": (30, 10, 44, 26)}
    for name, (u, v, w, z) in boxes.items():
        page.choose("selection", name)
        x, y = positions[0].min(), positions[1].min()
        page.lasso("map", [(x + u, y + v), (x + w, y + v), (x + w, y + z), (x + u, y + z), (x + u, y + v)])
    page.choose("minuend", "A")
    page.choose("subtrahend", "B")
    means, errors = [], []
    for name in boxes:
        chosen = spectra_of(result)[page.array(f"didymos.views.masks.{name}") == 1]
        chosen = chosen[np.isfinite(chosen).all(axis=1)]
        means.append(chosen.mean(axis=0))
        errors.append(chosen.var(axis=0) / len(chosen))
    np.testing.assert_allclose(drawn(page, "difference"), means[0] - means[1], atol=0.2 * tolerance(result))
    band = "didymos.views.plots.spectra.select('band_difference')[0].data"
    width = (page.array(f"{band}.high") - page.array(f"{band}.low")) / 2
    np.testing.assert_allclose(width, np.sqrt(sum(errors)), rtol=0.03)
    assert drawn(page, "A").size == 0


def test_thresholds_move_the_regions_and_their_spectra(page, result):
    page.choose("low", 300)
    page.choose("high", 700)
    score, region = result["score"].values.ravel(), result["region"].values.ravel()
    expected = np.where(score >= 0.7, 2, np.where(score >= 0.3, 1, 0))
    expected = np.where((region < 0) | (region > 2), region, expected)
    np.testing.assert_array_equal(page.array("didymos.views.region"), expected)
    minority = spectra_of(result)[expected == 2].mean(axis=0)
    np.testing.assert_allclose(drawn(page, "minority"), minority, atol=0.2 * tolerance(result))
    page.press("reset")
    np.testing.assert_array_equal(page.array("didymos.views.region"), region)
    of_result = result["region_spectrum"].values[2] * SIGNAL
    np.testing.assert_allclose(drawn(page, "minority"), of_result, rtol=1e-5)


def test_the_slider_of_the_energy_shows_a_slice(page, result):
    page.choose("energy", 40)
    assert page.text("energy-value").replace("−", "-") == f"{float(f'{result.energy.values[40]:.4g}'):g}"
    slice_ = result["spectra"].values[..., 40].ravel() * SIGNAL
    np.testing.assert_allclose(page.array("didymos.views.shownLayer.values"), slice_, atol=tolerance(result))
    assert "µV" in page.text("colours")


@pytest.mark.slow
def test_a_click_in_the_spectra_chooses_the_energy(page, result):
    low, high = page.run("const r = didymos.views.plots.spectra.y_range; return [r.start, r.end]")
    page.click("spectra", 6.0, (low + high) / 2)
    expected = int(np.abs(result["energy"].values - 6.0).argmin())
    assert abs(page.run("return didymos.views.state.energy") - expected) <= 1
    assert page.run("return didymos.views.state.layer") == "slice"


def test_a_click_holds_a_point_and_the_keys_move_it(page, result, positions):
    row, column = 10, 10
    page.click("map", positions[0][row, column], positions[1][row, column])
    index = row * result.sizes["x"] + column
    assert page.run("return didymos.views.state.point") == index
    page.move("map", positions[0][20, 30], positions[1][20, 30])
    assert page.run("return didymos.views.state.point") == index
    page.run("document.getElementById('view-map').focus()")
    from selenium.webdriver import ActionChains, Keys

    ActionChains(page.browser).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_UP).perform()
    page.settle()
    assert page.run("return didymos.views.state.point") == (row + 1) * result.sizes["x"] + column + 2
    ActionChains(page.browser).send_keys(Keys.ESCAPE).perform()
    page.settle()
    assert page.run("return didymos.views.state.point") == -1


def test_a_selection_leaves_as_table_and_as_mask(page, result, positions):
    x, y = positions[0].min(), positions[1].min()
    page.lasso("map", [(x + 3, y + 3), (x + 20, y + 3), (x + 20, y + 15), (x + 3, y + 15), (x + 3, y + 3)])
    inside = page.array("didymos.views.masks.A") == 1
    name, content = page.downloads("mask")
    assert name.endswith("_selection_A.npy")
    mask = np.load(io.BytesIO(content), allow_pickle=False)
    assert mask.dtype == bool
    np.testing.assert_array_equal(mask, inside.reshape(result["score"].shape))
    name, content = page.downloads("csv")
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert name.endswith("_selection.csv")
    where = np.array([[int(row["row"]), int(row["column"])] for row in rows])
    np.testing.assert_array_equal(where, np.argwhere(mask))
    score = np.array([float(row["score"]) for row in rows])
    np.testing.assert_allclose(score, result["score"].values[mask], rtol=1e-6)
    assert {row["label"] for row in rows} == {"A"}


@pytest.mark.parametrize("figure", ["map", "beside", "spectra"])
def test_figures_leave_as_files(page, figure):
    assert page.downloads(f"{figure}-png")[1].startswith(b"\x89PNG")
    name, content = page.downloads(f"{figure}-svg")
    assert name.endswith({"beside": "embedding"}.get(figure, figure) + ".svg")
    assert content.lstrip().startswith(b"<svg")


def test_a_link_restores_the_view(page, browser, address, positions):
    x, y = positions[0].min(), positions[1].min()
    page.lasso("map", [(x + 3, y + 3), (x + 20, y + 3), (x + 20, y + 15), (x + 3, y + 15), (x + 3, y + 3)])
    page.choose("layer", "region")
    page.choose("low", 200)
    page.choose("radius", 1.5)
    page.choose("minuend", "A")
    page.choose("subtrahend", "majority")
    page.click("map", x + 30, y + 30)
    page.wait("location.hash.includes('point')")
    before = page.run("return [location.hash, didymos.views.state]")
    mask = page.array("didymos.views.masks.A")
    LinkedPage(browser).open(address + before[0])
    after = page.run("return [location.hash, didymos.views.state]")
    assert {**after[1], "active": ""} == {**before[1], "active": ""}
    np.testing.assert_array_equal(page.array("didymos.views.masks.A"), mask)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fragment", ["#view&layer=nothing&energy=1e9&point=-7&A=mx&thresholds=a,b&map-box=1,2", "#view", "#view&A=q1,2"]
)
def test_a_link_that_does_not_fit_is_harmless(page, browser, address, fragment):
    LinkedPage(browser).open(address + fragment)
    assert page.run("return didymos.views.state.layer") == "score"
    assert page.run("return didymos.views.anySelected()") is False


def test_a_defect_of_the_table_is_centred(page, result):
    page.run("document.querySelector('[data-defect=\"2\"] a').click()")
    page.settle()
    x, y = (float(result[f"defect_{name}"].values[1]) * NANOMETRES for name in "xy")
    box = page.run(
        "const p = didymos.views.plots.map; return [p.x_range.start, p.x_range.end, p.y_range.start, p.y_range.end]"
    )
    assert (box[0] + box[1]) / 2 == pytest.approx(x, abs=1e-3)
    assert (box[2] + box[3]) / 2 == pytest.approx(y, abs=1e-3)
    assert drawn(page, "point").size == result.sizes["energy"]


def test_it_works_with_the_network_switched_off(browser, address):
    browser.execute_cdp_cmd("Network.enable", {})
    off = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
    browser.execute_cdp_cmd("Network.emulateNetworkConditions", off)
    try:
        page = LinkedPage(browser).open(address)
        page.choose("energy", 30)
        assert np.isfinite(page.array("didymos.views.shownLayer.values")).any()
    finally:
        on = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        browser.execute_cdp_cmd("Network.emulateNetworkConditions", on)


def test_hostile_names_are_text_in_every_view(browser, result, tmp_path):
    hostile = "</script><img src=x onerror=\"document.title='broken'\">$$x$$"
    named = result.copy()
    named["kind_name"] = ("kind_index", np.array([hostile, "b"]))
    for name in ("spectra", "energy", "x", "y"):
        named[name].attrs |= {"units": hostile, "long_name": hostile}
    named.attrs["input_file"] = hostile
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("didymos.plots.catalogue.FIGURES", {"score_map": plots.FIGURES["score_map"]})
        path = write_report(named, tmp_path / "report.html")
    page = LinkedPage(browser).open(path.as_uri())
    page.choose("layer", "kind")
    assert hostile in page.text("colours")
    page.choose("beside", "slice")
    page.choose("minuend", "minority")
    page.run("document.querySelector('[data-defect=\"1\"] a').click()")
    page.settle()
    assert page.run("return document.querySelectorAll('img[src=x]').length") == 0
    assert "broken" not in page.browser.title.replace(hostile, "")
    assert [url for url in chromium.requested(browser) if url.endswith("/x")] == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_labels_are_seen_on_light_and_on_dark(page, scheme):
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page.settle()
    colour = page.run("return didymos.views.plots.map.below[0].axis_label_text_color")
    assert colour == {"light": "#1b1f24", "dark": "#e3e7ec"}[scheme]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_another_map_beside_shows_the_same_part_and_the_same_point(page, positions):
    page.choose("beside", "topography")
    assert page.run("return document.getElementById('view-embedding').hidden")
    assert "pm" in page.text("second-colours")
    page.move("second", positions[0][8, 9], positions[1][8, 9])
    assert page.run("return didymos.views.state.point") == 8 * positions[0].shape[1] + 9
    page.run("didymos.views.frame({left: 110, right: 120, bottom: -5, top: 5})")
    page.settle()
    ranges = page.run(
        "return ['map', 'second'].map(name => { const {x_range: a, y_range: b} = didymos.views.plots[name];"
        " return [a.start, a.end, b.start, b.end]; })"
    )
    assert ranges[0] == ranges[1]


def test_the_map_is_drawn_to_scale(page):
    for _ in range(2):
        width, height, across, up = page.run(
            "const p = didymos.views.plots.map; return [p.inner_width, p.inner_height,"
            " p.x_range.end - p.x_range.start, p.y_range.end - p.y_range.start]"
        )
        assert across / width == pytest.approx(up / height, rel=0.01)
        page.browser.set_window_size(900, 700)
        page.settle()
        page.settle()
    page.browser.set_window_size(1280, 900)


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["row", "column", "points"])
def test_other_layouts_are_pointed_at_and_selected_too(browser, layout, tmp_path):
    found = build_result(layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("didymos.plots.catalogue.FIGURES", {"score_map": plots.FIGURES["score_map"]})
        page = LinkedPage(browser).open(write_report(found, tmp_path / "report.html").as_uri())
    x, y = (page.array(f"didymos.views.places.{axis}") for axis in "xy")
    known = np.flatnonzero(found["region"].values.ravel() == 0)
    point = int(known[len(known) // 2])
    page.move("map", x[point], y[point])
    assert page.run("return didymos.views.state.point") == point
    axis = "y" if layout == "column" else "x"
    assert page.text("status").startswith(f"{axis} = {float(f'{x[point]:.4g}'):g} nm".replace("-", "−"))
    assert (", y = " in page.text("status")) == (layout == "points")
    width, height = np.ptp(x) / 4, max(np.ptp(y) / 4, 0.02 * np.ptp(x))
    corners = [(x[point] + u * width, y[point] + v * height) for u, v in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    page.lasso("map", corners)
    polygon = np.transpose(page.run("const p = didymos.views.state.selections.A.polygons[0]; return [p.x, p.y]"))
    inside = Outline(polygon).contains_points(np.stack([x, y], axis=1))
    assert inside.any()
    np.testing.assert_array_equal(page.array("didymos.views.masks.A") == 1, inside)


@pytest.mark.slow
def test_a_map_in_blocks_exports_a_mask_of_all_points(browser, tmp_path):
    found = build_result(shape=(31, 37), energies=8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("didymos.plots.catalogue.FIGURES", {"score_map": plots.FIGURES["score_map"]})
        path = write_report(found, tmp_path / "report.html", views=ViewSettings(most_places=200, most_spectra=150))
    page = LinkedPage(browser).open(path.as_uri())
    page.run("didymos.views.addPolygon('map', {x: [-1e6, 1e6, 1e6, -1e6], y: [-1e6, -1e6, 1e6, 1e6]})")
    page.settle()
    mask = np.load(io.BytesIO(page.downloads("mask")[1]), allow_pickle=False)
    assert mask.shape == (31, 37)
    assert mask.all()

"""What a user does with two methods side by side, in a real browser, against the comparison."""

import csv
import io
import re

import numpy as np
import pytest
from comparison_builder import build_comparison
from linked_page import LinkedPage
from matplotlib.path import Path as Outline
from selenium.webdriver import ActionChains, Keys

import chromium
from didymos.plots import of_method
from didymos.plots.comparison_plane import plane
from didymos.report import comparison as pages

pytestmark = pytest.mark.browser
NANOMETRES, MICROVOLTS = 1e9, 1e6
HOSTILE = "<script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"
NAMES = ("pca", "kmeans-3", "log-rescaled", "umap", "twin-robust", f"plane:'{HOSTILE}; m1,2")
PANELS = ("left-map", "left-plane", "right-map", "right-plane")


def written(comparison, folder):
    """Write the page without the pictures, which take most of the time and have tests of their own."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COMPARISON_FIGURES", "METHOD_FIGURES"):
            patch.setattr(pages, name, {})
        patch.setattr(pages, "_thumbnails", lambda _: dict.fromkeys(("map", "plane", "distances")))
        return pages.write_comparison(comparison, folder, "none").as_uri()


@pytest.fixture(scope="module")
def comparison():
    found = build_comparison(names=NAMES)
    found["method_title"][-1] = HOSTILE
    return found


@pytest.fixture(scope="module")
def address(comparison, tmp_path_factory):
    return written(comparison, tmp_path_factory.mktemp("compared"))


@pytest.fixture
def page(browser, address):
    chromium.requested(browser)
    chromium.complaints(browser)
    yield LinkedPage(browser).open(address)
    assert chromium.complaints(browser) == []
    asked = chromium.requested(browser)
    assert [url[:80] for url in asked if not url.startswith(("file:", "data:", "about:", "blob:"))] == []


@pytest.fixture(scope="module")
def positions(comparison):
    x, y = np.meshgrid(comparison["x"].values * NANOMETRES, comparison["y"].values * NANOMETRES)
    return x, y


def spectra_of(comparison):
    return comparison["spectra"].values.reshape(-1, comparison.sizes["energy"]) * MICROVOLTS


def tolerance(comparison):
    """Half a level of the spectrum with the widest range."""
    return np.nanmax(np.ptp(spectra_of(comparison), axis=1)) / 254


def plane_of(comparison, name):
    found = plane(of_method(comparison, name))
    return np.stack([found.x, found.y], axis=1)


def typed(text):
    """Return a text with its numbers as a program writes them."""
    plain = text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789"))
    return plain.replace("\xa0×\xa010", "e")


def marks(page):
    """Where each panel marks the spectrum under the pointer."""
    return {
        name: page.run(
            "const [name, source] = arguments, d = didymos.views.plots[name].select(source)[0].data;"
            "return [Array.from(d.x), Array.from(d.y)].map((one) => one[0] ?? null)",
            name,
            "map_point" if name.endswith("map") else "embedding_point",
        )
        for name in PANELS
    }


def lit(page, panel):
    """Whether a panel shows each place undimmed, in the order of the places; None where it does not show a place."""
    if panel.endswith("map"):
        pixels = f"didymos.views.plots['{panel}'].select('map_image')[0].data.image[0].buffer"
        return page.array(f"new Uint8Array({pixels})")[3::4] == 255
    return page.array(f"didymos.views.plots['{panel}'].select('embedding_marks')[0].data.opacity") > 0.9


def box(x, y, width, height):
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]


def middle_of(comparison, name):
    """Return a lasso around half of the spectra of a plane."""
    known = plane_of(comparison, name)
    known = known[np.isfinite(known).all(axis=1)]
    low, high = np.quantile(known, [0.25, 0.75], axis=0)
    return box(*low, *(high - low))


def test_it_begins_with_the_twins_and_pca(page):
    assert page.run("return [didymos.views.state.left, didymos.views.state.right]") == ["twin-robust", "pca"]
    assert page.run("return document.getElementById('view-right').selectedOptions[0].text") == "Principal components"
    sizes = page.run("return ['left', 'right'].map((s) => document.getElementById(`view-${s}`).options.length)")
    assert sizes == [len(NAMES)] * 2


def test_the_average_of_the_map_is_seen_before_anything_is_pointed_at(page, comparison):
    used = comparison["region"].values.ravel() == 0
    chosen = spectra_of(comparison)[used]
    data = "didymos.views.plots.spectra.select('{}_average')[0].data"
    mean, low, high = (page.array(f"{data.format(kind)}.{name}") for kind, name in
                       (("line", "y"), ("band", "low"), ("band", "high")))  # fmt: skip
    np.testing.assert_allclose(mean, chosen.mean(axis=0), atol=0.1 * tolerance(comparison))
    np.testing.assert_allclose((high - low) / 2, chosen.std(axis=0), rtol=0.02)
    assert page.text("lines") == f"average of the map ({used.sum()})"
    start, end = page.run("const r = didymos.views.plots.spectra.y_range; return [r.start, r.end]")
    assert start < low.min() < high.max() < end


def test_a_spectrum_stands_beside_the_average_of_the_map_and_can_be_compared_with_it(page, comparison):
    page.run("didymos.views.set({point: 40, pinned: true})")
    page.choose("minuend", "point")
    page.choose("subtrahend", "average")
    assert all(words in page.text("lines") for words in ("average of the map", "this point (1)"))
    spectra, used = spectra_of(comparison), comparison["region"].values.ravel() == 0
    expected = spectra[40] - spectra[used].mean(axis=0)
    drawn = page.array("didymos.views.plots.spectra.select('line_difference')[0].data.y")
    np.testing.assert_allclose(drawn, expected, atol=1.1 * tolerance(comparison))
    page.wait("location.hash.includes('difference')")
    page.run("didymos.views.set({difference: null}); didymos.controls.restore(location.hash)")
    assert page.run("return didymos.views.state.difference") == ["point", "average"]


def frames(page):
    """Return left and top of the frame of every figure, relative to its column, and in the window."""
    found = page.run(
        "return Object.fromEntries(arguments[0].map((name) => {"
        "const {canvas_view, frame} = Bokeh.index.get_by_id(didymos.views.plots[name].id);"
        "const box = canvas_view.el.getBoundingClientRect();"
        "return [name, [frame.bbox.left, box.left + frame.bbox.left, box.top + frame.bbox.top]]; }))",
        [*PANELS, "spectra"],
    )
    return {name: np.array(place) for name, place in found.items()}


def test_the_frames_of_the_figures_are_aligned(page):
    for right in ("pca", "umap", "log-rescaled"):
        page.choose("right", right)
        page.settle()
        found = frames(page)
        for side in ("left", "right"):
            assert abs(found[f"{side}-map"][1] - found[f"{side}-plane"][1]) < 1
        assert len({round(found[name][0]) for name in PANELS}) == 1
        for kind, others in (("map", ["right-map", "spectra"]), ("plane", ["right-plane"])):
            assert all(abs(found[f"left-{kind}"][2] - found[other][2]) < 1 for other in others)


@pytest.mark.parametrize("panel", PANELS)
def test_pointing_anywhere_marks_the_same_spectrum_everywhere(page, comparison, positions, panel):
    planes = {"left": plane_of(comparison, "twin-robust"), "right": plane_of(comparison, "pca")}
    where = np.stack([p.ravel() for p in positions], axis=1)
    side, kind = panel.split("-")
    shown = where if kind == "map" else planes[side]
    # a spectrum at the edge of the plane has no other in its place
    known = np.flatnonzero(np.isfinite(planes["left"]).all(axis=1))
    point = known[np.nanargmax(np.linalg.norm(planes[side][known] - np.nanmean(planes[side], axis=0), axis=1))]
    page.move(panel, *shown[point])
    for name, mark in marks(page).items():
        expected = where if name.endswith("map") else planes[name.split("-")[0]]
        np.testing.assert_allclose(mark, expected[point], rtol=1e-3, atol=1e-3 * np.nanmax(np.abs(expected)))
    drawn = page.array("didymos.views.plots.spectra.select('line_point')[0].data.y")
    np.testing.assert_allclose(drawn, spectra_of(comparison)[point], atol=tolerance(comparison))
    status = page.text("status")
    scores = [float(text) for text in re.findall(r"score ([-\d.e]+)", typed(status))]
    expected = [comparison["method_score"].sel(algorithm=name).values.ravel()[point] for name in ("twin-robust", "pca")]
    np.testing.assert_allclose(scores, expected, rtol=0.005)
    words = {1: "true defect", 0: "no defect", -1: "not counted"}
    assert f"truth: {words[int(comparison['truth'].values.ravel()[point])]}" in status


def test_a_lasso_in_a_plane_lights_up_both_maps_and_both_planes(page, comparison):
    page.lasso("right-plane", middle_of(comparison, "pca"))
    polygon = np.transpose(page.run("const p = didymos.views.state.selections.A.polygons[0]; return [p.x, p.y]"))
    inside = Outline(polygon).contains_points(np.nan_to_num(plane_of(comparison, "pca"), nan=1e9))
    assert 100 < inside.sum() < inside.size
    np.testing.assert_array_equal(page.array("didymos.views.masks.A") == 1, inside)
    for side in ("left", "right"):
        np.testing.assert_array_equal(lit(page, f"{side}-map"), inside)
        assert lit(page, f"{side}-plane").sum() == inside.sum()
    chosen = spectra_of(comparison)[inside]
    drawn = page.array("didymos.views.plots.spectra.select('line_A')[0].data.y")
    np.testing.assert_allclose(drawn, chosen.mean(axis=0), atol=0.1 * tolerance(comparison))
    band = "didymos.views.plots.spectra.select('band_A')[0].data"
    spread = (page.array(f"{band}.high") - page.array(f"{band}.low")) / 2
    np.testing.assert_allclose(spread, chosen.std(axis=0), rtol=0.02)
    truth = comparison["truth"].values.ravel()[inside]
    page.run("didymos.views.set({point: -1, pinned: false})")
    page.settle()
    of_them = f"{(truth == 1).sum()} true defects and {(truth == 0).sum()} without defect"
    assert f"selection A: {inside.sum()} spectra, of them {of_them}" in page.text("status")


@pytest.mark.slow
def test_bokeh_itself_selects_nothing(page, comparison):
    page.lasso("right-plane", middle_of(comparison, "pca"))
    assert page.run("return didymos.views.source('right-plane', 'embedding_marks').selected.indices.length") == 0


@pytest.mark.slow
def test_a_selection_in_a_map_stays_when_another_method_is_chosen(page, comparison, positions):
    x, y = positions[0].min(), positions[1].min()
    page.lasso("left-map", box(x + 3, y + 3, 20, 12))
    page.choose("selection", "B")
    page.lasso("left-plane", middle_of(comparison, "twin-robust"))
    masks = [page.array(f"didymos.views.masks.{name}") for name in "AB"]
    assert all(0 < mask.sum() < mask.size for mask in masks)
    outlines = "didymos.views.plots['left-plane'].select('outlines_embedding')[0].data.colour.length"
    assert page.run(f"return {outlines}") == 1
    page.choose("left", "kmeans-3")
    assert page.run(f"return {outlines}") == 0
    for name, mask in zip("AB", masks, strict=True):
        np.testing.assert_array_equal(page.array(f"didymos.views.masks.{name}"), mask)
    np.testing.assert_array_equal(lit(page, "left-map"), masks[0] + masks[1] > 0)
    page.choose("minuend", "A")
    page.choose("subtrahend", "B")
    means = [np.nanmean(spectra_of(comparison)[mask == 1], axis=0) for mask in masks]
    drawn = page.array("didymos.views.plots.spectra.select('line_difference')[0].data.y")
    np.testing.assert_allclose(drawn, means[0] - means[1], atol=0.2 * tolerance(comparison))


def test_scores_groups_and_planes_are_those_of_the_comparison(page, comparison):
    for name in NAMES:
        page.choose("right", name)
        one = comparison.sel(algorithm=name)
        score = one["method_score"].values.ravel()
        shown = page.array("didymos.views.scoreOf(didymos.views.state.right)")
        np.testing.assert_allclose(shown, score, atol=np.nanmax(np.abs(score)) / 30_000)
        groups = page.array("didymos.views.groupsOf(didymos.views.state.right)")
        np.testing.assert_array_equal(groups, np.minimum(one["method_label"].values.ravel(), 9))
        expected = plane_of(comparison, name)
        has_plane = np.isfinite(expected).all(axis=1).any()
        assert page.run("return document.getElementById('view-right-none').hidden") == has_plane
        if has_plane:
            drawn = page.array("didymos.views.positions('right-plane').y")
            np.testing.assert_allclose(drawn, expected[:, 1], atol=np.nanmax(np.abs(expected)) / 15_000)
        assert page.text("right-number") == f"AP {float(one['average_precision']):.3f}"


@pytest.mark.slow
def test_the_colours_can_be_the_groups_or_the_truth(page, comparison):
    page.choose("colour", "truth")
    truth = comparison["truth"].values
    for side in ("left", "right"):
        assert f"true defect ({(truth == 1).sum()})" in page.text(f"{side}-colours")
        pixels = page.array(
            f"new Uint8Array(didymos.views.plots['{side}-map'].select('map_image')[0].data.image[0].buffer)"
        ).reshape(-1, 4)
        usable = (comparison["region"].values == 0).ravel()
        orange = (pixels[:, :3] == (0xD5, 0x5E, 0x00)).all(axis=1)
        np.testing.assert_array_equal(orange[usable], (truth.ravel() == 1)[usable])
        assert "corrupted (5)" in page.text(f"{side}-colours")
    page.choose("colour", "group")
    page.choose("left", "kmeans-3")
    count = int((comparison["method_label"].sel(algorithm="kmeans-3") == 2).sum())
    assert f"group 2 ({count})" in page.text("left-colours")


@pytest.mark.slow
def test_a_link_restores_methods_colours_and_selections(page, browser, address, comparison, positions):
    page.choose("left", NAMES[-1])
    page.choose("right", "umap")
    page.choose("colour", "truth")
    x, y = positions[0].min(), positions[1].min()
    page.lasso("right-map", box(x + 5, y + 5, 15, 15))
    page.choose("selection", "B")
    page.lasso("left-plane", middle_of(comparison, NAMES[-1]))
    page.click("left-map", x + 30, y + 10)
    page.wait("location.hash.includes('point')")
    state = "const {active, ...kept} = didymos.views.state; return [location.hash, kept]"
    before, masks = page.run(state), [page.array(f"didymos.views.masks.{name}") for name in "AB"]
    assert all(mask.any() for mask in masks)
    LinkedPage(browser).open(address + before[0])
    assert page.run(state) == before
    for name, mask in zip("AB", masks, strict=True):
        np.testing.assert_array_equal(page.array(f"didymos.views.masks.{name}"), mask)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fragment", ["#view", "#view&left=none&colour=x&point=-4&A=q1,2&B=pnone:1,2 3,4 5,6&map-box=1"]
)
def test_a_link_that_does_not_fit_is_harmless(page, browser, address, fragment):
    LinkedPage(browser).open(address + fragment)
    assert page.run("const s = didymos.views.state; return [s.left, s.right, s.colour, s.point]") == [
        "twin-robust", "pca", "score", -1,
    ]  # fmt: skip
    assert page.run("return didymos.views.anySelected()") is False


def test_what_comes_from_outside_is_text(page):
    page.choose("left", NAMES[-1])
    page.run("didymos.views.set({point: 40, pinned: true})")
    page.settle()
    assert HOSTILE in page.text("status")
    assert page.run("return document.getElementById('view-left').selectedOptions[0].text") == HOSTILE
    assert page.run("return document.images.length") == 0


@pytest.mark.slow
def test_the_maps_move_together_and_stay_to_scale(page):
    page.run("const r = didymos.views.plots['right-map']; r.x_range.setv({start: 10, end: 20})")
    page.settle()
    assert page.run("const r = didymos.views.plots['left-map'].x_range; return [r.start, r.end]") == [10, 20]


@pytest.mark.slow
@pytest.mark.parametrize("side", ["left", "right"])
def test_the_keys_move_the_point_in_either_map(page, comparison, side):
    page.run("document.getElementById(arguments[0]).focus()", f"view-{side}-map")
    ActionChains(page.browser).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_UP).perform()
    page.settle()
    before = page.run("return didymos.views.state.point")
    ActionChains(page.browser).send_keys(Keys.ARROW_UP, Keys.ARROW_LEFT).perform()
    page.settle()
    assert page.run("return didymos.views.state.point") == before + comparison.sizes["x"] - 1


@pytest.mark.parametrize("panel", ["left-map", "right-plane", "spectra"])
def test_figures_leave_as_files(page, panel):
    assert page.downloads(f"{panel}-png")[1].startswith(b"\x89PNG")
    name, content = page.downloads(f"{panel}-svg")
    assert name.endswith(f"{panel}.svg")
    assert content.lstrip().startswith(b"<svg")


@pytest.mark.slow
def test_a_selection_leaves_as_table_and_as_mask(page, comparison, positions):
    x, y = positions[0].min(), positions[1].min()
    page.lasso("left-map", box(x + 3, y + 3, 20, 12))
    mask = np.load(io.BytesIO(page.downloads("mask")[1]), allow_pickle=False)
    np.testing.assert_array_equal(mask.ravel(), page.array("didymos.views.masks.A") == 1)
    rows = list(csv.DictReader(io.StringIO(page.downloads("csv")[1].decode())))
    where = tuple(np.array([[int(row["row"]), int(row["column"])] for row in rows]).T)
    np.testing.assert_array_equal(np.transpose(where), np.argwhere(mask))
    for name in ("twin-robust", "pca"):
        score = comparison["method_score"].sel(algorithm=name).values[where]
        shown = np.array([float(row[f"score_{name}"]) for row in rows])
        np.testing.assert_allclose(shown, score, atol=np.nanmax(np.abs(score)) / 10_000)
    assert [int(row["truth"]) for row in rows] == comparison["truth"].values[where].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 1280, 1920])
def test_nothing_sticks_out(page, width):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page.settle()
        assert page.run("return document.documentElement.scrollWidth") <= width
        boxes = page.run(
            "return arguments[0].map((n) => document.getElementById(`view-${n}`).getBoundingClientRect())",
            [*PANELS, "spectra"],
        )
        assert all(one["height"] >= 200 and one["width"] >= 200 for one in boxes)
        columns = {round(one["left"]) for one in boxes}
        assert len(columns) == (1 if width == 400 else 3)
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["points", "row"])
def test_other_layouts_and_no_truth(browser, tmp_path, layout):
    comparison = build_comparison(layout, names=("pca", "log-rescaled"), truth=False)
    page = LinkedPage(browser).open(written(comparison, tmp_path))
    assert page.run("return [...document.getElementById('view-colour').options].map((o) => o.value)") == [
        "score", "group",
    ]  # fmt: skip
    page.run("didymos.views.set({point: 7, pinned: true})")
    page.settle()
    assert marks(page)["left-map"] == marks(page)["right-map"]
    assert "truth" not in page.text("status")
    assert chromium.complaints(browser) == []

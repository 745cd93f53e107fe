"""Teaching by pointing in a real browser: clicks, what the page then shows, and what an analysis with them gives."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from linked_page import LinkedPage

import chromium
from didymos import analyze
from didymos.explorer import explore
from didymos.workflow.marks import Marks

pytestmark = pytest.mark.browser
NANOMETRES = 1e9


class ExplorerPage(LinkedPage):
    """The page of the explorer in a browser."""

    def open(self, address):
        super().open(address)
        self.wait("document.getElementById('view').dataset.live", 120)
        return self

    def teach(self, label, name=""):
        """Choose the label that clicks give."""
        self.run(
            "const [value, name] = arguments; if (name) document.getElementById('teach-kind').value = name;"
            "document.querySelector(`input[name='teach-label'][value='${value}']`).click()",
            label,
            name,
        )

    def message(self):
        return self.run("return document.getElementById('teach-message').textContent")

    def wait_for_marks(self, count):
        self.wait(f"didymos.teach.marks.length === {count} && document.getElementById('teach-progress').hidden", 60)
        self.settle()

    def layer(self, name):
        return self.array(f"didymos.views.layers.get('{name}').values")


@pytest.fixture(scope="module")
def running(analysed, tmp_path_factory):
    folder = Path(shutil.copytree(analysed, tmp_path_factory.mktemp("explored") / "analysed"))
    with explore(folder) as explorer:
        yield explorer


@pytest.fixture
def page(browser, running):
    running.desk.marks, running.desk.taught = Marks(), None
    chromium.requested(browser)
    chromium.complaints(browser)
    opened = ExplorerPage(browser).open(running.url)
    opened.explorer = running
    yield opened
    local = (f"http://127.0.0.1:{running.port}", f"ws://127.0.0.1:{running.port}", "data:", "about:", "blob:")
    assert [url[:80] for url in chromium.requested(browser) if not url.startswith(local)] == []
    assert chromium.complaints(browser) == []


def click(page, points):
    """Click on some points of the map; return how many marks there are."""
    result = page.explorer.desk.result
    for point in points:
        row, column = divmod(int(point), result.sizes["x"])
        before = page.run("return didymos.teach.marks.length")
        page.click("map", result["x"].values[column] * NANOMETRES, result["y"].values[row] * NANOMETRES)
        page.wait_for_marks(before + 1)


def few(result, name, value):
    points = np.flatnonzero(result[name].values.ravel() == value)
    return points[[0, len(points) // 2, -1]]


def test_three_clicks_each_teach_and_the_page_shows_what_an_analysis_gives(page, surface):
    result = page.explorer.desk.result
    page.teach("kind", "vacancy")
    click(page, few(result, "kind", 1))
    assert "majority" in page.message()
    page.teach("majority")
    click(page, few(result, "region", 0))
    assert page.message().startswith("Trained on 6 examples in")
    page.run("document.getElementById('teach-save').click()")
    page.wait("document.getElementById('teach-message').textContent.startsWith('Saved')", 60)
    expected = analyze(surface, examples=page.explorer.desk.folder / "explorer" / "examples.csv")
    for name in ("score", "region", "kind"):
        np.testing.assert_array_equal(page.layer(name), expected[name].values.ravel(), err_msg=name)
    plane = expected["embedding"].values.reshape(-1, 2)
    np.testing.assert_allclose(page.array("didymos.views.plane.x"), plane[:, 0], rtol=1e-6)
    spectrum = page.array("didymos.views.plots.spectra.select('line_minority')[0].data.y")
    minority = expected["region_spectrum"].values[2] * page.explorer.desk.factor
    np.testing.assert_allclose(spectrum, minority, rtol=1e-5)
    rows = page.run("return [...document.querySelectorAll('#teach-defects tr')].map(row => row.cells[4].textContent)")
    assert [int(row) for row in rows] == expected["defect_spectra"].values.tolist()
    assert f"minority ({expected['region_size'].values[2]})" in page.text("lines")
    np.testing.assert_array_equal(page.layer("score_before"), result["score"].values.ravel())


@pytest.mark.slow
def test_undo_takes_a_lesson_back(page):
    result = page.explorer.desk.result
    page.teach("kind", "vacancy")
    click(page, few(result, "kind", 1)[:1])
    page.teach("majority")
    click(page, few(result, "region", 0)[:1])
    learnt = page.layer("score")
    page.run("document.getElementById('teach-undo').click()")
    page.wait_for_marks(1)
    np.testing.assert_array_equal(page.layer("score"), result["score"].values.ravel())
    page.run("document.getElementById('teach-redo').click()")
    page.wait_for_marks(2)
    np.testing.assert_array_equal(page.layer("score"), learnt)
    page.run("document.querySelector('#teach-marks li:last-child button:last-child').click()")
    page.wait_for_marks(1)


def test_keys_label_the_point_and_ask_about_doubtful_ones(page):
    from selenium.webdriver import ActionChains

    result = page.explorer.desk.result
    page.teach("kind", "vacancy")
    click(page, few(result, "kind", 1))
    page.teach("majority")
    click(page, few(result, "region", 0))
    page.teach("")
    page.run("document.activeElement.blur()")
    ActionChains(page.browser).send_keys("d").perform()
    page.settle()
    asked = page.run("return didymos.views.places.index[didymos.views.state.point]")
    assert asked == page.run("return didymos.teach.doubtful[0]")
    ActionChains(page.browser).send_keys("n").perform()
    page.wait_for_marks(7)
    assert [asked, "other"] in page.run("return didymos.teach.marks")
    assert asked not in page.run("return didymos.teach.doubtful")


def test_a_selection_is_labelled_at_once_and_averaged_exactly(page):
    result = page.explorer.desk.result
    x, y = (result[name].values * NANOMETRES for name in "xy")
    corners = [(x[2], y[2]), (x[6], y[2]), (x[6], y[6]), (x[2], y[6]), (x[2], y[2])]
    page.lasso("map", corners)
    page.wait("didymos.views.exact.A")
    page.settle()
    mask = page.array("didymos.views.masks.A") == 1
    spectra = result["spectra"].values.reshape(len(mask), -1)[mask] * page.explorer.desk.factor
    shown = page.array("didymos.views.plots.spectra.select('line_A')[0].data.y")
    np.testing.assert_allclose(shown, spectra.mean(axis=0), rtol=1e-5)
    page.teach("majority")
    page.run("document.getElementById('teach-selection').click()")
    page.wait_for_marks(int(mask.sum()))


def test_all_like_the_point_are_shown_and_stepped_through(page):
    result = page.explorer.desk.result
    score = np.where(result["kind"].values == 1, result["score"].values, -1)
    row, column = np.unravel_index(score.argmax(), score.shape)
    page.click("map", result["x"].values[column] * NANOMETRES, result["y"].values[row] * NANOMETRES)
    page.run("document.getElementById('teach-alike').click()")
    page.wait("didymos.views.state.layer === 'alike'")
    assert page.layer("alike")[score.argmax()] == 1
    for rank in range(2):
        page.run("document.getElementById('teach-next').click()")
        page.settle()
        point = page.run("return didymos.views.places.index[didymos.views.state.point]")
        assert point == page.run(f"return didymos.search.ranked[{rank}]")


@pytest.mark.slow
def test_a_pasted_spectrum_is_found_and_a_wrong_one_is_refused_in_the_page(page):
    result = page.explorer.desk.result
    rows = zip(result["energy"].values, result["kind_spectrum"].values[0] * 1e9 + 5, strict=True)
    text = "\n".join(f"{energy};{value}" for energy, value in rows)
    page.run("document.getElementById('teach-text').value = arguments[0]", text)
    page.run("document.getElementById('teach-find').click()")
    page.wait("didymos.views.state.layer === 'alike'")
    page.run("document.getElementById('teach-text').value = '<img src=x onerror=alert(1)>'")
    page.run("document.getElementById('teach-find').click()")
    page.wait("document.getElementById('teach-message').classList.contains('wrong')")
    assert "two columns" in page.message()


@pytest.mark.slow
def test_hostile_names_of_kinds_are_text(page):
    name = "<img src=x onerror=\"document.title='broken'\">"
    result = page.explorer.desk.result
    page.teach("kind", name)
    click(page, few(result, "kind", 1))
    page.teach("majority")
    click(page, few(result, "region", 0))
    page.choose("layer", "kind")
    assert name in page.text("colours")
    assert page.run("return document.querySelectorAll('img[src=x]').length") == 0
    assert "broken" not in page.browser.title


@pytest.mark.slow
@pytest.mark.parametrize("width", [400, 1280, 1920])
def test_nothing_sticks_out(page, width):
    page.browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    page.settle()
    try:
        assert page.run("return document.documentElement.scrollWidth") <= width
    finally:
        page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

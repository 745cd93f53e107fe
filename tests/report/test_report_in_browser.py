import pytest
from result_builder import build_result

import chromium
from didymos.report import write_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=["image", pytest.param("points", marks=pytest.mark.slow)])
def opened(request, browser, tmp_path_factory):
    result = build_result(request.param, distinct=request.param == "image")
    result.attrs["input_file"] = "a_very_long_file_name_without_any_space_" * 3 + "<b>.3ds"
    path = write_report(result, tmp_path_factory.mktemp("report") / "report.html")
    chromium.requested(browser)
    chromium.complaints(browser)
    browser.get(path.as_uri())
    return browser


def test_it_opens_alone(opened):
    asked = chromium.requested(opened)
    assert any(url.startswith("file:") for url in asked)
    assert [url[:80] for url in asked if not url.startswith(("file:", "data:"))] == []
    assert chromium.complaints(opened) == []


def test_every_picture_is_drawn(opened):
    sizes = opened.execute_script("return [...document.images].map(i => [i.complete, i.naturalWidth, i.naturalHeight])")
    assert len(sizes) >= 10
    assert all(complete and width > 100 and height > 50 for complete, width, height in sizes)


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_sticks_out(opened, width):
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    assert opened.execute_script("return window.innerWidth") == width
    assert opened.execute_script("return document.documentElement.scrollWidth") <= width
    outside = opened.execute_script(
        "return [...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll'))"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert outside == []


ROWS = """
const wide = [];
for (const grid of document.querySelectorAll('.figures')) {
  const frame = grid.getBoundingClientRect(), rows = new Map();
  for (const cell of grid.children) {
    const box = cell.getBoundingClientRect();
    rows.set(Math.round(box.top), [...(rows.get(Math.round(box.top)) ?? []), box]);
  }
  for (const row of rows.values()) {
    const left = Math.min(...row.map(box => box.left)) - frame.left;
    const right = frame.right - Math.max(...row.map(box => box.right));
    wide.push([row.length, left, right, frame.width]);
  }
}
return wide;
"""


@pytest.mark.parametrize("media", ["screen", "print"])
@pytest.mark.parametrize("width", [400, 718, 1000, 1280, 1920])
def test_no_row_of_figures_is_half_empty(opened, width, media):
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    )
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media})
    try:
        rows = opened.execute_script(ROWS)
        aside = opened.execute_script(
            "return [...document.querySelectorAll('figure')].filter(f =>"
            "f.querySelector('figcaption').getBoundingClientRect().top"
            "< f.querySelector('img').getBoundingClientRect().bottom - 1).length"
        )
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen"})
    assert aside == 0  # captions stand beneath
    assert len(rows) >= 7
    for count, left, right, _ in rows:
        assert abs(left - right) <= 1  # one alone stands in the middle
        assert left <= 1 or count == 1
    if width >= 1000 and media == "screen":
        assert {count for count, *_ in rows} <= {1, 2, 3}
        assert sum(count == 1 for count, *_ in rows) <= len(rows) / 2


def test_the_contents_lead_to_every_section(opened):
    targets = opened.execute_script(
        "return [...document.querySelectorAll('nav a')]"
        ".map(a => document.querySelector(a.getAttribute('href'))?.tagName)"
    )
    assert set(targets) == {"SECTION"}

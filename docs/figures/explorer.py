"""Draw the pictures of report and explorer into docs/images: what a user sees in a headless Chromium.

Run with ``python docs/figures/explorer.py``: a simulated surface with two kinds of defects is analysed; the linked
views of its report; the explorer; and a strip of three moments while the twins are taught to find one kind only.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from selenium import webdriver

import didymos
from didymos.report import write_report

IMAGES = Path(__file__).resolve().parents[1] / "images"
NANOMETRES = 1e9
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PRESS = "document.querySelector(arguments[0]).click()"


def main() -> int:
    """Analyse, teach and take the pictures."""
    surface = didymos.simulate.fese(shape=(80, 80), energies=256, kinds=("vacancy", "magnetic"), defects=12, seed=6)
    result = didymos.analyze(surface, progress=False)
    result.attrs["input_file"] = "surface.nc"
    with tempfile.TemporaryDirectory() as folder:
        page = write_report(result, Path(folder) / "report.html")
        browser = _browser(Path(folder) / "profile")
        _report(browser, page.as_uri(), result)
        with didymos.explore(result) as explorer:
            browser.get(explorer.url)
            _wait(browser, "document.getElementById('view')?.dataset.live")
            _teach(browser, surface)
        browser.quit()
    return 0


def _report(browser: Any, address: str, result: Any) -> None:
    """Take the picture of the linked views with two selections and a point."""
    browser.get(address)
    _wait(browser, "document.getElementById('view')?.dataset.ready")
    x, y = (result[f"defect_{name}"].values * NANOMETRES for name in "xy")
    kind = result["defect_kind"].values
    for name, number in (("A", 1), ("B", 2)):
        at = int(np.flatnonzero(kind == number)[0])
        corners = [(x[at] + 1.7 * np.cos(angle), y[at] + 1.7 * np.sin(angle)) for angle in np.linspace(0, 6.2, 40)]
        browser.execute_script(
            "const [name, x, y] = arguments; didymos.views.set({active: name});didymos.views.addPolygon('map', {x, y})",
            name,
            [float(corner[0]) for corner in corners],
            [float(corner[1]) for corner in corners],
        )
    browser.execute_script("didymos.views.set({hidden: ['transition']})")
    browser.execute_script("document.querySelector('#view').scrollIntoView({behavior: 'instant'})")
    time.sleep(0.6)
    _save(_shot(browser, "#view"), "report.png")


def _teach(browser: Any, surface: Any) -> None:
    """Teach in two steps and take pictures before and after each."""
    vacancy, magnetic = surface["truth_kind_amplitude"].transpose("kind_index", "y", "x").values.reshape(2, -1)
    bare = np.flatnonzero(surface["truth_amplitude"].values.ravel() < 0.01)
    moments = [_shot(browser, ".view-figures")]
    _mark(browser, _some(magnetic), "magnetic")
    _mark(browser, bare[[400, 2500, 4800]].tolist(), "majority")
    moments.append(_shot(browser, ".view-figures"))
    _mark(browser, _some(vacancy)[:2], "other")
    moments.append(_shot(browser, ".view-figures"))
    width = moments[0].width
    strip = Image.new("RGB", (width, sum(moment.height for moment in moments) + 24), "white")
    top = 0
    for moment in moments:
        strip.paste(moment, (0, top))
        top += moment.height + 12
    _save(strip, "teaching.png")
    browser.execute_script("scrollTo(0, 0)")
    _save(Image.open(io.BytesIO(browser.get_screenshot_as_png())).convert("RGB"), "explorer.png")


def _some(amplitude: Any) -> list[int]:
    """Return three points in the cores of different defects, as far as they lie apart in the order of the points."""
    cores = np.flatnonzero(amplitude > 0.8)
    return cores[[0, len(cores) // 2, -1]].tolist()


def _mark(browser: Any, points: list[int], label: str) -> None:
    for point in points:
        count = browser.execute_script("return didymos.teach.marks.length")
        browser.execute_script(
            "const [point, label] = arguments; didymos.teach.mark([didymos.teach.placeOf.get(point)], label)",
            int(point),
            label,
        )
        _wait(browser, f"didymos.teach.marks.length > {count} && document.getElementById('teach-progress').hidden")
    time.sleep(0.8)


def _shot(browser: Any, selector: str) -> Image.Image:
    """Return a part of the page as a picture."""
    element = browser.find_element("css selector", selector)
    return Image.open(io.BytesIO(element.screenshot_as_png)).convert("RGB")


def _save(picture: Image.Image, name: str) -> None:
    # few colours, but those of the legends as they are
    picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    print(IMAGES / name)


def _wait(browser: Any, condition: str) -> None:
    for _ in range(3000):
        if browser.execute_script(f"return Boolean({condition})"):
            time.sleep(0.4)
            return
        time.sleep(0.02)
    raise SystemExit(f"waited in vain for {condition}")


def _browser(profile: Path) -> Any:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for option in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"):
        options.add_argument(option)
    for option in ("--hide-scrollbars", "--window-size=1360,860", f"--user-data-dir={profile}"):
        options.add_argument(option)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    size = {"width": 1360, "height": 860, "deviceScaleFactor": 1.5, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    return browser


if __name__ == "__main__":
    sys.exit(main())

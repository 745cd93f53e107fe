"""How long a user of the linked views waits: pages, lassos, slices and lessons, in a headless Chromium.

A FeSe surface of 100 x 100 spectra of 512 energies is analysed once. Lessons are clicks: from the click to the picture
that shows what the twins learnt, beside a whole analysis with the same examples in the same process. Larger results
are tiles of this one, binned to 64 energies; a lasso is timed from its end to the picture and the average spectrum of
the page, and to the exact average over all spectra from the explorer.

Targets (``--check`` exits 1 where one is missed), on two quiet cores: the linked views add at most 4 MB to a report of
10,000 x 512; a lesson in 0.5 s; lasso to picture in 0.2 s at 100,000 points.

Run with ``python benchmarks/explorer.py [--check] [--lessons N] [--million]``. It needs Chromium and chromedriver.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from didymos import analyze
from didymos.explorer import explore
from didymos.simulate import fese
from didymos.views import linked_views

MEGABYTES, LESSON, LASSO = "linked views in a report (MB)", "click to lesson shown", "lasso to picture, 100,000 points"
TARGETS = {MEGABYTES: 4.0, LESSON: 0.5, LASSO: 0.2}
"""Targets by the row of the table."""
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRAWN = "await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));"
LASSO_SCRIPT = f"""
const done = arguments[0], views = didymos.views, {{left, bottom, width, height}} = views.picture;
const shift = Math.random(), angles = Array.from({{length: 200}}, (_, i) => (2 * Math.PI * i) / 200);
const polygon = {{x: angles.map(a => left + width * (0.4 + 0.05 * shift + 0.2 * Math.cos(a))),
                 y: angles.map(a => bottom + height * (0.5 + 0.2 * Math.sin(a)))}};
const start = performance.now();
views.exact = {{}};
views.addPolygon("map", polygon);
(async () => {{
  {DRAWN}
  const shown = performance.now();
  while (!views.exact.A) await new Promise(next => setTimeout(next, 2));
  done([shown - start, performance.now() - start]);
}})();
"""
SLICE_SCRIPT = f"""
const done = arguments[0], views = didymos.views, start = performance.now();
views.set({{layer: "slice", energy: 3 + Math.floor(20 * Math.random())}});
(async () => {{ {DRAWN} done(performance.now() - start); }})();
"""
LESSON_SCRIPT = f"""
const [places, label, done] = arguments, start = performance.now();
(async () => {{ await didymos.teach.mark(places, label); {DRAWN} done(performance.now() - start); }})();
"""


def main() -> int:
    """Measure, print the table, check the targets."""
    parser = argparse.ArgumentParser(description="what a user of the linked views waits for")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--lessons", type=int, default=9)
    parser.add_argument("--million", action="store_true", help="also a million points")
    options = parser.parse_args()
    data = fese(shape=(100, 100), energies=512, seed=1).load()
    result = analyze(data)
    rows: dict[str, float] = {}
    rows["linked views made"], views = _timed(lambda: linked_views(result))
    size = len(views.data) + len(views.figures) + sum(map(len, views.scripts))
    rows[MEGABYTES] = size / 1e6
    with tempfile.TemporaryDirectory() as profile:
        browser = _browser(profile)
        rows |= _lessons(browser, result, data, options.lessons)
        for points in (100_000, *([1_000_000] if options.million else [])):
            rows |= _large(browser, tiled(result, points), f"{points:,}")
        browser.quit()
    for name, value in rows.items():
        target = f"{TARGETS[name]:g}" if name in TARGETS else ""
        print(f"{name:<48} {value:9.3f} {target:>6}")
    ratio = rows["whole analysis with the same examples"] / rows[LESSON]
    print(f"whole analysis over lesson: {ratio:.0f}")
    met = all(rows[name] <= target for name, target in TARGETS.items())
    print("targets met" if met else "targets missed")
    return 0 if met or not options.check else 1


def tiled(result: xr.Dataset, points: int) -> xr.Dataset:
    """Return a result whose map is one with few energies repeated until there are so many points.

    Parameters
    ----------
    result : xarray.Dataset
    points : int

    Returns
    -------
    xarray.Dataset
    """
    side = round(points**0.5)
    kept = [name for name, v in result.variables.items() if {"energy", "energy_2"}.isdisjoint(v.dims) and name != "x"]
    names = ["spectra", "region_spectrum", "kind_spectrum"]
    small = result[[name for name in kept if name in result.data_vars] + names].isel(energy=slice(None, None, 8))
    at = np.arange(side) % result.sizes["x"]
    large = small.isel(x=at, y=at)
    step = float(np.diff(result["x"].values[:2])[0])
    return large.assign_coords({name: (name, np.arange(side) * step, result[name].attrs) for name in ("x", "y")})


def _lessons(browser: Any, result: xr.Dataset, data: xr.Dataset, lessons: int) -> dict[str, float]:
    """Teach by clicks; return seconds by the row of the table."""
    kind, region = result["kind"].values.ravel(), result["region"].values.ravel()
    random = np.random.default_rng(0)
    with explore(result) as explorer:
        ready = _opened(browser, explorer.url)
        marks = [(int(random.choice(np.flatnonzero(kind == 1))), "vacancy")]
        marks += [(int(random.choice(np.flatnonzero(region == 0))), "majority") for _ in range(lessons)]
        took = [browser.execute_async_script(LESSON_SCRIPT, [point], label) / 1000 for point, label in marks]
        table = explorer.desk.marks.table(result["spectra"])
        learnt = explorer.desk.shown["score"].values
    seconds, whole = _timed(lambda: analyze(data, examples=table))
    assert np.array_equal(whole["score"].values, learnt, equal_nan=True)
    return {
        "explorer opened and the map prepared": ready,
        LESSON: statistics.median(took[1:]),
        "slowest lesson but the first": max(took[2:]),
        "whole analysis with the same examples": seconds,
    }


def _large(browser: Any, result: xr.Dataset, points: str) -> dict[str, float]:
    """Open a large result; return seconds by the row of the table."""
    with explore(result) as explorer:
        ready = _opened(browser, explorer.url)
        lassos = np.median([browser.execute_async_script(LASSO_SCRIPT) for _ in range(5)], axis=0) / 1000
        slices = statistics.median(browser.execute_async_script(SLICE_SCRIPT) for _ in range(5)) / 1000
    return {
        f"explorer opened and prepared, {points} points": ready,
        f"lasso to picture, {points} points": float(lassos[0]),
        f"lasso to exact average, {points} points": float(lassos[1]),
        f"slice at another energy, {points} points": slices,
    }


def _opened(browser: Any, url: str) -> float:
    """Open the explorer and return how many seconds it took until it could be taught."""
    start = time.perf_counter()
    browser.get("about:blank")
    browser.get(url)
    while not browser.execute_script("return Boolean(document.getElementById('view')?.dataset.live)"):
        time.sleep(0.02)
    return time.perf_counter() - start


def _browser(profile: str) -> Any:
    """Start a headless Chromium."""
    from selenium import webdriver

    driver = shutil.which("chromedriver")
    if not (CHROMIUM and driver):
        sys.exit("Chromium and chromedriver are needed: install them")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for option in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"):
        options.add_argument(option)
    for option in ("--window-size=1280,900", f"--user-data-dir={Path(profile)}"):
        options.add_argument(option)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    browser.set_script_timeout(300)
    return browser


def _timed(job: Any) -> tuple[float, Any]:
    """Return how many seconds a job takes, and what it returns."""
    start = time.perf_counter()
    answer = job()
    return time.perf_counter() - start, answer


if __name__ == "__main__":
    sys.exit(main())

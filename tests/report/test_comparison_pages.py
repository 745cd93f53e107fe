import csv
import json

import numpy as np
import pytest
import xarray as xr
from comparison_builder import NAMES, build_comparison
from test_report import HOSTILE, Page

from didymos.io.results import open_result
from didymos.plots import METHOD_FIGURES, of_method
from didymos.report import write_comparison
from didymos.report.comparison import file_names
from didymos.report.comparison_words import COLUMNS, DESCRIPTIONS, cells, compared, description, shown_columns


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    comparison = build_comparison(names=("kmeans-3", "agglomerative-single", "log-rescaled"))
    comparison["average_precision"][:] = [0.25, 0.9996, np.nan]
    comparison["step_index"][:] = [-0.5, 0.1, 0.1]
    folder = tmp_path_factory.mktemp("comparison")
    return comparison, folder, write_comparison(comparison, folder)


@pytest.fixture(scope="module")
def pages(written):
    _, folder, main = written
    return {path: Page(path.read_text(encoding="utf-8")) for path in (main, *(folder / "methods").iterdir())}


def few(comparison):
    """Leave only what draws fast."""
    names = ["spectra", "region", "truth", "method_title", "method_note", "method_score", "group_count"]
    return comparison[[*names, *(column.name for column in COLUMNS if column.name != "group_count")]]


def test_everything_is_written(written):
    comparison, folder, main = written
    assert main == folder / "comparison.html"
    assert {path.name for path in folder.iterdir()} == {
        "comparison.nc", "comparison.html", "methods", "figures", "tables", "settings.toml",
    }  # fmt: skip
    names = list(map(str, comparison["algorithm"].values))
    assert {path.stem for path in (folder / "methods").iterdir()} == set(names)
    figures = {path.name for path in (folder / "figures").iterdir()}
    expected = {
        f"{name}.{figure}"
        for name in names
        for figure, entry in METHOD_FIGURES.items()
        if entry.can_draw(of_method(comparison, name))
    }
    expected |= {"surface", "overview", "distance-correlations"}
    assert figures == {f"{name}.png" for name in expected}


def test_the_comparison_can_be_opened_again(written):
    comparison, folder, _ = written
    xr.testing.assert_identical(open_result(folder / "comparison.nc")["method_score"], comparison["method_score"])


def test_links_lead_to_files(written, pages):
    for path, page in pages.items():
        ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
        assert len(ids) == len(set(ids))
        links = [attrs["href"] for attrs in page.all("a") if "download" not in attrs]
        assert links
        for link in links:
            assert link.removeprefix("#") in ids if link.startswith("#") else (path.parent / link).is_file()
    main = [attrs["href"] for attrs in pages[written[2]].all("a")]
    back = [page for path, page in pages.items() if path != written[2]]
    assert {f"methods/{path.name}" for path in pages if path != written[2]} <= set(main)
    assert all("../comparison.html" in [attrs["href"] for attrs in page.all("a")] for page in back)


def test_nothing_is_loaded(pages):
    for page in pages.values():
        assert all(attrs["src"].startswith("data:") for attrs in page.all("img"))
        assert not {tag for tag, _ in page.tags} & {"iframe", "object", "embed", "form"}
        assert all("src" not in attrs for attrs in page.all("script"))
        assert all(len(attrs["alt"]) > 10 for attrs in page.all("img"))
        policy = next(attrs["content"] for attrs in page.all("meta") if "http-equiv" in attrs)
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")
        assert page.headings[0] == 1
        assert page.headings.count(1) == 1


def test_the_table_holds_the_numbers(written, pages):
    comparison = written[0]
    text = pages[written[2]].text
    shown = cells(comparison)
    for row, name in enumerate(comparison["algorithm"].values):
        title = str(comparison["method_title"].values[row])
        assert f"{title} {' '.join(cell.text for cell in shown[row])}" in text, name
    assert [row[0].text for row in shown] == ["0.250", "1.000", "–"]
    place = {column.name: index for index, column in enumerate(shown_columns(comparison))}
    assert shown[0][place["step_index"]].text == "−0.50"
    assert [row[place["group_count"]].text for row in shown] == ["3", "2", "2"]
    seconds = [float(row[place["seconds"]].text) for row in shown]
    np.testing.assert_allclose(seconds, comparison["seconds"], rtol=0.05)


def test_the_best_of_each_column_is_marked():
    comparison = few(build_comparison(names=NAMES[:3]))
    comparison["average_precision"][:] = [0.9, np.nan, 0.2]
    comparison["latent_average_precision"][:] = np.nan
    comparison["adjusted_rand_index"][:] = [0.5, 0.50001, 0.1]  # the same as far as is shown
    comparison["step_index"][:] = 0.3
    comparison["seconds"][:] = [3.0, 2.0, 10.0]
    marked = {
        column.name: [row for row, line in enumerate(cells(comparison)) if line[index].best]
        for index, column in enumerate(shown_columns(comparison))
    }
    assert {name: rows for name, rows in marked.items() if rows} == {
        "average_precision": [0],
        "adjusted_rand_index": [0, 1],
        "seconds": [1],
    }


def test_without_a_truth_there_is_no_empty_column_and_no_best_method(tmp_path):
    comparison = few(build_comparison(names=NAMES[:3], truth=False))
    page = Page(write_comparison(comparison, tmp_path).read_text(encoding="utf-8"))
    names = [column.name for column in shown_columns(comparison)]
    assert not {"average_precision", "latent_average_precision", "adjusted_rand_index"} & set(names)
    assert {"seconds", "group_count"} <= set(names)
    assert not any(cell.best for row in cells(comparison) for cell in row)
    assert not [attrs for attrs in page.all("td") if attrs.get("class") == "best"]
    assert "The best value" not in page.text
    assert "AP" not in page.text.split()
    assert len(page.all("abbr")) == len(names)
    for path in (tmp_path / "methods").iterdir():
        assert "best value" not in path.read_text(encoding="utf-8")


def test_with_a_truth_the_best_is_marked_and_explained(written, pages):
    page = pages[written[2]]
    assert [attrs for attrs in page.all("td") if attrs.get("class") == "best"]
    assert "The best value of a column is marked." in page.text


@pytest.mark.parametrize("corrupted", [True, False])
def test_corrupted_spectra_are_explained_where_there_are_any(corrupted, tmp_path):
    comparison = few(build_comparison(names=["pca"]))
    comparison["region"] = comparison["region"].where(comparison["region"] != 3, 3 if corrupted else 0)
    page = Page(write_comparison(comparison, tmp_path).read_text(encoding="utf-8"))
    assert ("Pink marks corrupted spectra" in page.text) == corrupted


def test_the_csv_reads_back(written):
    comparison, folder, _ = written
    with (folder / "tables" / "comparison.csv").open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    table = dict(zip(header, zip(*rows, strict=True), strict=True))
    assert list(table["method"]) == list(comparison["algorithm"].values)
    for name, heading in {"average_precision": "average_precision", "seconds": "seconds (s)"}.items():
        np.testing.assert_allclose(np.array(table[heading], dtype=float), comparison[name].values, rtol=1e-4)
    assert table["group_count"] == ("3", "2", "2")
    assert table["note"][1] == "Of 1,026 spectra 500 were clustered. The rest followed."


def test_it_says_what_was_compared(written, pages):
    comparison = written[0]
    usable = int((comparison["region"] == 0).sum())
    true, counted = int((comparison["truth"] == 1).sum()), int((comparison["truth"] >= 0).sum())
    words = compared(comparison).replace("\u202f", "")
    assert f"3 methods were applied to the same {usable} spectra of grid_007.3ds." in words
    assert f"{true} of {counted} counted spectra" in words
    assert "truth is not known" in compared(build_comparison(names=NAMES[:1], truth=False))
    text = pages[written[2]].text
    for part in (compared(comparison), "it needs openTSNE", "5 corrupted", "96 values from", "ab" * 32, "energy_range"):
        assert " ".join(part.split()) in text, part
    assert text.count("1 of 97 energies is missing in all spectra and is left out: 3 mV.") >= 1


def test_a_method_has_its_notes_and_its_description(written, pages):
    text = pages[written[1] / "methods" / "agglomerative-single.html"].text
    assert "Of 1,026 spectra 500 were clustered." in text
    assert DESCRIPTIONS["agglomerative"] in text
    assert "Upper end of the tree" in text
    assert "Upper end of the tree" not in pages[written[1] / "methods" / "kmeans-3.html"].text
    assert description("kernel-pca-wide") == DESCRIPTIONS["kernel-pca"]
    assert description("pcamera") == description("somebody-elses") == ""


def test_what_comes_from_outside_is_escaped(tmp_path):
    comparison = few(build_comparison(names=[HOSTILE, f"../{HOSTILE}", "pca"]))
    comparison["method_title"] = ("algorithm", [HOSTILE, f"{HOSTILE} 2", "PCA"])
    comparison["method_note"] = ("algorithm", [HOSTILE, "", "fine"])
    for name in ("spectra", "energy", "x"):
        comparison[name].attrs |= {"units": HOSTILE, "long_name": HOSTILE}
    comparison.attrs |= {"input_file": HOSTILE, "truth_source": HOSTILE, "settings": json.dumps({HOSTILE: HOSTILE})}
    comparison.attrs["skipped_methods"] = json.dumps({HOSTILE: HOSTILE})
    main = write_comparison(comparison, tmp_path / "out")
    methods = list((tmp_path / "out" / "methods").iterdir())
    assert len(methods) == 3
    for path in (main, *methods):
        text = path.read_text(encoding="utf-8")
        assert text.count("<script") == (4 if path == main else 0)  # ours: two of data, two that run
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        page = Page(text)
        assert not [attrs for _, attrs in page.tags if any(name.startswith("on") for name in attrs)]
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_every_method_has_a_file_of_its_own():
    files = file_names(["pca", "PCA", "../pca", "a/b", "???", "kmeans-3"])
    assert list(files.values()) == ["pca", "pca-2", "pca-3", "a-b", "method", "kmeans-3"]


def test_pages_of_an_earlier_comparison_do_not_stay(tmp_path):
    write_comparison(few(build_comparison(names=["pca", "umap"])), tmp_path)
    mine = [tmp_path / "figures" / "mine.png", tmp_path / "methods" / "mine.html", tmp_path / "report.html"]
    for path in mine:
        path.write_text("not ours")
    write_comparison(few(build_comparison(names=["pca"])), tmp_path)
    assert {path.name for path in (tmp_path / "methods").iterdir()} == {"pca.html", "mine.html"}
    assert not [path for path in (tmp_path / "figures").iterdir() if path.name.startswith("umap")]
    assert all(path.read_text() == "not ours" for path in mine)


def test_broken_texts_do_not_break_the_page(tmp_path):
    comparison = few(build_comparison(names=["pca"]))
    comparison.attrs |= {"skipped_methods": "{broken", "settings": "{broken <b>"}
    page = Page(write_comparison(comparison, tmp_path).read_text(encoding="utf-8"))
    assert "Methods left out" not in page.text
    assert "{broken <b>" in page.text


@pytest.mark.browser
@pytest.mark.parametrize("width", [400, 1100])
def test_nothing_sticks_out_in_a_browser(width, written, browser):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for path in (written[2], written[1] / "methods" / "kmeans-3.html"):
            browser.get(path.as_uri())
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            sizes = browser.execute_script("return [...document.images].map(i => [i.complete, i.naturalWidth])")
            assert len(sizes) >= 5
            assert all(complete and natural > 100 for complete, natural in sizes)
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

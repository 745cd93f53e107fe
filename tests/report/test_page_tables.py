"""Tables in the page: the defects, the regions, the energy windows."""

import re

import numpy as np
import pytest
from result_builder import build_result
from test_report import HOSTILE, drawn_few, page_of

from didymos.plots import score_map
from didymos.report import page_tables
from didymos.report.measurement import measured
from didymos.report.tables import TABLES
from didymos.report.typography import with_error


def with_defects(result, count=5, seed=0):
    random = np.random.default_rng(seed)
    for name, attrs in (("x", result["x"].attrs), ("y", result["y"].attrs), ("extent", result["x"].attrs)):
        low, high = (0, 9e-9) if name == "extent" else (float(result[name].min()), float(result[name].max()))
        result[f"defect_{name}"] = ("defect", random.uniform(low, high, count), attrs)
    result["defect_spectra"] = ("defect", random.integers(1, 2000, count))
    result["defect_kind"] = ("defect", 1 + np.arange(count) % 2)
    result["defect_score"] = ("defect", random.uniform(0.5, 1, count))
    return result


def table_of(build, result):
    """Return a table that there has to be."""
    table = build(result)
    assert table is not None
    return table


def rows_of(page):
    return [attrs for attrs in page.all("tr") if "data-defect" in attrs]


def test_every_defect_has_a_row_that_can_be_linked(tmp_path):
    page = page_of(with_defects(drawn_few(build_result("image"))), tmp_path)
    assert [attrs["data-defect"] for attrs in rows_of(page)] == list("12345")
    assert [attrs["id"] for attrs in rows_of(page)] == [f"defect-{number}" for number in range(1, 6)]
    links = [attrs["href"] for attrs in page.all("a")]
    assert [link for link in links if link.startswith("#defect-")] == [f"#defect-{number}" for number in range(1, 6)]
    assert "#defects" in links
    sections = [attrs["id"] for attrs in page.all("section")]
    assert sections[sections.index("where") + 1] == "defects"


def test_positions_are_in_the_unit_of_the_figures_with_few_digits():
    result = with_defects(build_result("image"))
    table = table_of(page_tables.defects, result)
    assert table.header == ("number", "x (nm)", "y (nm)", "extent (nm)", "spectra", "kind", "score")
    assert score_map(result)[0].get_xlabel() == table.header[1]
    assert dict(measured(result))["Points"].endswith(" nm")
    for row, x, extent in zip(table.rows, result["defect_x"].values, result["defect_extent"].values, strict=True):
        assert [float(row[1]), float(row[3])] == pytest.approx([1e9 * x, 1e9 * extent], abs=0.05)
        assert re.fullmatch(r"\d+\.\d", row[1])
        assert re.fullmatch(r"\d\.\d\d", row[6])


@pytest.mark.parametrize("power", [-10, -9, -8, -7, -6, -4, -3, 0])
def test_one_unit_of_length_holds_throughout(power):
    """A span of just under a thousand of a unit, and pixels that reach over it."""
    result = with_defects(drawn_few(build_result("image")))
    for name in ("x", "y"):
        size = result.sizes[name]
        values = np.linspace(0, 9.9 * 10.0**power, size) if name == "x" else np.linspace(0, 10.0**power, size)
        result = result.assign_coords({name: (name, values, {"units": "m"})})
    unit = re.findall(r"\((.+)\)", score_map(result)[0].get_ylabel())[0]
    assert dict(measured(result))["Points"].endswith(f" {unit}")
    assert f"x ({unit})" in table_of(page_tables.defects, result).header


def test_a_map_without_units_is_counted_in_pixels():
    result = drawn_few(build_result("image")).drop_vars(["x", "y"])
    result["defect_x"], result["defect_y"] = ("defect", [3.25]), ("defect", [7.0])
    table = table_of(page_tables.defects, result)
    assert table.header == ("number", "x (pixel)", "y (pixel)")
    assert table.rows == (("1", "3.2", "7.0"),)


def test_scattered_points_have_defects_too():
    table = table_of(page_tables.defects, with_defects(build_result("points")))
    assert len(table.rows) == 5
    assert table.header[1] == "x (nm)"


def test_of_many_defects_the_first_200_are_listed(tmp_path):
    result = with_defects(drawn_few(build_result("image")), 312)
    page = page_of(result, tmp_path)
    assert len(rows_of(page)) == 200
    assert "The first 200 of 312 defects. The file tables/defects.csv lists all." in page.text
    assert "defects" in TABLES
    assert table_of(page_tables.defects, with_defects(drawn_few(build_result("image")), 200)).note == ""


def test_without_defects_there_is_no_section(tmp_path):
    page = page_of(drawn_few(build_result("image", distinct=False)), tmp_path)
    assert rows_of(page) == []
    assert "#defects" not in [attrs["href"] for attrs in page.all("a")]
    assert page_tables.defects(with_defects(build_result("image"), 0)) is None


def test_kinds_have_the_names_of_the_examples_as_text(tmp_path):
    result = with_defects(drawn_few(build_result("image")))
    result["kind_name"] = ("named", [HOSTILE, "step"])
    for name in ("x", "defect_x"):
        result[name].attrs |= {"units": HOSTILE, "long_name": HOSTILE}
    page = page_of(result, tmp_path)
    assert len(rows_of(page)) == 5
    assert "<script>alert(1)</script>" in page.text
    assert all("src" not in attrs for attrs in page.all("script"))
    assert table_of(page_tables.defects, result).rows[1][5] == "step"


def test_values_that_are_not_known_are_a_dash():
    result = with_defects(build_result("image"))
    result["defect_score"][0] = result["defect_x"][0] = np.nan
    row = table_of(page_tables.defects, result).rows[0]
    assert (row[1], row[6]) == ("–", "–")


def test_shares_of_regions_are_in_per_cent():
    result = build_result("image")
    table = table_of(page_tables.regions, result)
    assert [row[0] for row in table.rows] == ["missing", "majority", "transition", "minority", "artefact"]
    assert sum(int(str(row[1]).replace("\u202f", "")) for row in table.rows) == result["region"].size
    assert all(row[2].endswith(" %") for row in table.rows)


def test_energy_windows_show_what_is_known_and_nothing_else():
    result = build_result("image")
    table = table_of(page_tables.energy_windows, result)
    assert table.header[:3] == ("from (mV)", "to (mV)", "sign")
    assert table.rows[0][-1].replace("\xa0", " ") == "−0.000310 ± 0.000040"
    result = build_result("image", distinct=False)
    result["window_sign"][:] = 1
    result["window_strength"][:] = np.nan
    table = table_of(page_tables.energy_windows, result)
    assert table.header == ("from (mV)", "to (mV)")
    assert "unknown" not in str(table.rows)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (284.3, 13.4, "284 ± 13"),
        (4.85, 1.348, "4.8 ± 1.3"),
        (-0.104, 5.66, "−0.1 ± 5.7"),
        (310, 40, "310 ± 40"),
        (12345, 250, "12\u202f340 ± 250"),
        (3.2e-9, 1e-10, "3.2 × 10⁻⁹ ± 1 × 10⁻¹⁰"),
        (5, np.nan, "5"),
        (5, 0, "5"),
    ],
)
def test_a_number_has_the_digits_of_its_error(value, error, words):
    assert with_error(value, error).replace("\xa0", " ") == words

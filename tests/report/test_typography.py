"""Numbers in sentences, tables and provenance as people read them."""

import re

import numpy as np
import pytest
from result_builder import build_result
from test_report import drawn_few, page_of

from didymos.plots import available
from didymos.report.comparison_words import notes, skipped
from didymos.report.measurement import measured
from didymos.report.page_tables import defects, energy_windows
from didymos.report.sentences import found
from didymos.report.typography import p_value, typeset
from didymos.schema.printing import SMALLEST_P

HYPHEN_AS_MINUS = re.compile(r"(?:^|(?<=[\s(\[=]))-\d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("left out: -166.7 mV.", "left out: −166.7 mV."),
        ("from -15 to -2.5e-05 V", "from −15 to −2.5 × 10⁻⁵ V"),
        ("shifted by -1.2e-09 m along x and 3e-10 m along y", "shifted by −1.2 nm along x and 300 pm along y"),
        ("went from 3.1e-11 to 2.1e-12 m.", "went from 31 to 2.1 pm."),
        ("x from 0 to 5.123456e-09 m, 4 × 3 spectra left.", "x from 0 to 5.12346 nm, 4 × 3 spectra left."),
        ("a drift of 2 m", "a drift of 2 m"),
        ("-1e-09 m/s and 2e-10 m²", "−1 × 10⁻⁹ m/s and 2 × 10⁻¹⁰ m²"),
        ("p = 2.2e-308 that another", "p < 1 × 10⁻¹² that another"),
        ("p = 0.013 that", "p = 0.013 that"),
        ("p = 3e-07.", "p = 3 × 10⁻⁷."),
    ],
)  # fmt: skip
def test_numbers_in_a_sentence_are_written_for_people(text, expected):
    assert typeset(text).replace("\xa0", " ") == expected


@pytest.mark.parametrize(
    "text",
    [
        "Savitzky-Golay, order 2", "kmeans-3 and twin-2", "2026-01-02T03:04:05Z", "scan -3.sxm", "grid_007-1.3ds",
        "x1e-5", "1.0-2", "Smoothed: 5 energies, 0.5 mV.", "version 1e5.2", "", "-", "- one - two",
    ],
)  # fmt: skip
def test_names_dates_and_plain_numbers_stay(text):
    assert typeset(text) == text


@pytest.mark.parametrize("value", [0.0, 2.2e-308, 5e-13])
def test_no_probability_is_smaller_than_a_model_can_be_right_to(value):
    assert p_value(value).replace("\xa0", " ") == "p < 1 × 10⁻¹²"


def test_a_probability_that_can_be_right_is_given():
    assert p_value(SMALLEST_P).replace("\xa0", " ") == "p = 1 × 10⁻¹²"
    assert p_value(0.0214).replace("\xa0", " ") == "p = 0.021"


def negative():
    """Return a result in which all that can be negative is, with small lengths and an absurd probability."""
    result = drawn_few(build_result("image"))
    result.attrs |= {
        "preparation_notes": "Drift corrected: shifted by -1.2e-09 m along x (correlation -0.1, p = 2.2e-308).",
        "distinct_population_p_value": 2.2e-308,
        "two_gaussians_p_value": 2.2e-308,
        "distance_threshold": -1.5e-11,
        "distance_offset": np.float64(1.5e-11),
        "offset_of_rows": np.int64(-3),
    }
    result["spectra"].attrs["derived"] = "rotated by -12.3°"
    result["spectra"].attrs["channel"] = "LI -1 X"
    for name, values in {"x": [-1e-9, 2e-9], "y": [-3e-9, 0.0], "extent": [1e-10, 2e-9]}.items():
        result[f"defect_{name}"] = ("defect", values, {"units": "m"})
    return result


def test_a_report_has_true_minus_signs_readable_lengths_and_no_absurd_probability(tmp_path):
    result = negative()
    text = page_of(result, tmp_path).text.replace("\xa0", " ")
    # without the data of the linked views and the settings, which are for machines
    summary = text[text.index("Findings and significance") : text.index("Save the settings")]
    assert "shifted by −1.2 nm along x (correlation −0.1, p < 1 × 10⁻¹²)." in summary
    assert ("Prepared by", "rotated by −12.3°") in measured(result)
    assert ("Channel", "LI -1 X") in measured(result)
    assert "offset_of_rows −3" in summary
    assert "two_gaussians_p_value < 1 × 10⁻¹²" in summary
    assert "e-308" not in summary
    assert not re.findall(r"\de[-−+]\d", summary)
    assert HYPHEN_AS_MINUS.findall(summary.replace("LI -1 X", "")) == []
    assert not re.findall(r"\d m\b", summary)


def test_tables_and_findings_have_true_minus_signs():
    result = negative()
    tables = [table for table in (defects(result), energy_windows(result)) if table is not None]
    cells = [cell for table in tables for row in table.rows for cell in row]
    assert any("−" in cell for cell in cells)
    assert not any("-" in text for text in (*cells, *found(result)[1:3]))
    table = defects(result)
    assert table is not None
    assert {"x (nm)", "y (nm)", "extent (nm)"} <= set(table.header)


def test_a_caption_has_powers_of_ten():
    result = build_result("image")
    result.attrs |= {"distance_threshold": 1.54e-11, "distance_offset": 2.5e-12, "two_gaussians_p_value": 2.2e-308}
    captions = " ".join(entry.caption(result) for entry in available(result).values()).replace("\xa0", " ")
    assert "(d = 1.54 × 10⁻¹¹)" in captions
    assert "2.5 × 10⁻¹² " in captions
    assert not re.findall(r"\de[-−+]\d", captions)


def test_the_notes_of_methods_have_true_minus_signs():
    from xarray import DataArray, Dataset

    one = Dataset({"method_note": DataArray("the correlation is -0.3\nkmeans-3 has p = 1e-300")}, attrs={
        "skipped_methods": '{"tsne": "it needs values over -1"}'
    })  # fmt: skip
    assert [note.replace("\xa0", " ") for note in notes(one)] == [
        "The correlation is −0.3.", "Kmeans-3 has p < 1 × 10⁻¹².",
    ]  # fmt: skip
    assert skipped(one) == [("tsne", "it needs values over −1")]

"""Whatever a result holds, its summary and its captions say the same."""

import re

import numpy as np
import pytest
from result_builder import build_result
from test_report import drawn_few, page_of

from didymos import plots
from didymos.plots import available, figure_of
from didymos.report.html import SECTIONS
from didymos.report.measurement import measured
from didymos.report.sentences import FOUND, NOT_FOUND, ONLY_COMMON, computed, found, verdict

PROBABILITIES = (1e-300, 1e-4, 0.02, 0.16, 1.0)


def phases(result, count=2):
    result["phase_size"] = ("phase_index", np.full(count, 500))
    return result


def changed(result, **attributes):
    result.attrs |= attributes
    return result


KINDS = {
    "found": lambda: build_result("image"),
    "found, scattered": lambda: build_result("points"),
    "found on phases": lambda: phases(build_result("image")),
    "nothing": lambda: build_result("image", distinct=False),
    "nothing, with a tail": lambda: changed(build_result("image"), distinct_population=0),
    "nothing, by distance": lambda: changed(build_result("image", distinct=False), score_source="distance"),
    "phases alone": lambda: changed(phases(build_result("image", distinct=False)), score_source="distance"),
    "phases with a tail": lambda: changed(phases(build_result("image")), distinct_population=0),
    "nothing, by the threshold": lambda: changed(build_result("image", distinct=False), similarity="threshold"),
}


def words_of(result):
    """Return every sentence and caption of a result."""
    words = [verdict(result), *found(result), *computed(result)]
    for entry in available(result).values():
        words += [entry.title, entry.caption(result)]
    return " ".join(words).replace("\xa0", " ")


@pytest.mark.parametrize("kind", KINDS)
def test_no_sentence_contradicts_the_verdict(kind):
    result = KINDS[kind]()
    fitting = [chance for chance in PROBABILITIES if chance < 0.05 or not kind.startswith("found")]
    for chance in fitting:
        check_verdict(kind, changed(result, two_gaussians_p_value=0.16, distinct_population_p_value=chance))


def check_verdict(kind, result):
    words = words_of(result)
    if kind.startswith("found"):
        assert verdict(result) == FOUND
        assert not re.findall(r"\bno evidence|not enough evidence|No distinct population|consistent with", words)
        return
    assert verdict(result) == (ONLY_COMMON if kind.startswith("phases") else NOT_FOUND)
    assert not re.findall(r"\b(?:strong|fair|weak) evidence", words)
    for claim in ("Separate clouds are distinct", "most distinct population", "belong to the distinct population"):
        assert claim not in words
    assert len(re.findall(r"\bevidence for", words)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_is_weighed_once_and_in_the_summary(kind):
    result = changed(KINDS[kind](), two_gaussians_p_value=0.16)
    for entry in available(result).values():
        assert not re.search(r"\bevidence\b", entry.caption(result))


def test_the_strength_fits_phases_without_a_rare_population():
    result = changed(phases(build_result("image", distinct=False)), distinct_population_p_value=1.0)
    assert "no evidence for a rare population" in words_of(result)


def test_groups_by_distance_share_no_name_with_the_regions():
    result = build_result("image")
    names = [text.get_text() for text in figure_of(plots.abundance(result)).legends[0].get_texts()]
    assert names[:2] == [
        f"mostly {size} d ({int(count)})"
        for size, count in zip(("small", "large"), result["distance_group_size"].values, strict=True)
    ]
    assert not any(name.startswith(("majority", "minority")) for name in names)
    assert not re.findall(r"\b(?:majority|minority)\b", available(result)["abundance"].caption(result))


@pytest.mark.parametrize("modes", [3, 10, 20])
def test_the_number_of_components_is_that_of_the_plot(modes):
    result = build_result("image")
    result = result.isel(mode=slice(modes)).assign_attrs(rank=18)
    figure = figure_of(plots.scree_and_latent(result))
    drawn = np.size(figure.axes[0].lines[0].get_xdata())
    assert f"the first {drawn} principal components" in available(result)["scree_and_latent"].caption(result)
    assert len(figure.axes[0].lines) == 1
    assert "18 of these" in available(result)["scree_and_latent"].caption(result)


def test_a_difference_within_its_error_is_reported_as_none():
    result = build_result("image")
    result["window_weight_transfer"][:] = [-1e-6, 2.2e-4]
    first, second = (text for text in found(result) if text.startswith("Between"))
    assert "agrees within the error" in first
    assert "more spectral weight" in second


def test_signs_of_windows_are_explained_where_both_are_drawn():
    result = build_result("image")
    assert "anticorrelated" in available(result)["weight_transfer"].caption(result)
    result["window_sign"][:] = 1
    assert "anticorrelated" not in available(result)["weight_transfer"].caption(result)
    marks = [text.get_text() for axes in figure_of(plots.weight_transfer(result)).axes for text in axes.texts]
    assert "+" not in marks


def test_the_provenance_has_the_numbers_of_the_summary(tmp_path):
    result = changed(drawn_few(build_result("image")), distinct_population_p_value=2.2e-308)
    result.attrs |= {"distance_threshold": np.float64(36.434839104658955), "seed": 12345, "score_threshold": np.nan}
    text = page_of(result, tmp_path).text.replace("\xa0", " ")
    assert text.count("< 1 × 10⁻¹²") == 2
    for words in ("distance_threshold 36.435", "seed 12345", "score_threshold unknown"):
        assert words in text
    assert "e-308" not in text


TECHNIQUES = {
    "CL": ("eV", "photon energy", "counts", "CL intensity"),
    "EELS": ("eV", "energy loss", "counts", "EELS intensity"),
    "Raman": ("1/cm", "Raman shift", "counts", "Raman intensity"),
    "force curves": ("nm", "distance", "N", "force"),
}


@pytest.mark.parametrize("technique", TECHNIQUES)
@pytest.mark.parametrize("layout", ["image", pytest.param("points", marks=pytest.mark.slow)])
def test_a_report_speaks_of_its_technique_alone(technique, layout, tmp_path):
    result = drawn_few(build_result(layout, distinct=layout == "image", topography=False))
    energy_units, energy, units, signal = TECHNIQUES[technique]
    result["energy"].attrs = {"units": energy_units, "long_name": energy}
    result["spectra"].attrs = {"units": units, "long_name": signal}
    for name in ("window_weight_transfer", "window_weight_transfer_std"):
        result[name].attrs["units"] = f"{units} {energy_units}"
    page = page_of(result, tmp_path)
    report = page.text[: page.text.rindex("The same input, settings, seed and version")]
    assert not re.findall(r"\b(?:tip|bias|surface|STM|STS|dI/dV|mV|topography)\b", report)
    terms = dict(measured(result))
    assert terms[energy[:1].upper() + energy[1:]].endswith(f" {energy_units}")
    assert "unknown" not in report.replace("File unknown", "")


def test_captions_and_titles_of_other_techniques_are_plain():
    result = build_result("image", topography=False)
    result["energy"].attrs = {"units": "eV", "long_name": "photon energy"}
    result["spectra"].attrs = {"units": "counts", "long_name": "CL intensity"}
    words = " ".join(section.heading + section.text for section in SECTIONS)
    words += words_of(result)
    assert not re.findall(r"\b(?:tip|bias|surface|STM|STS|dI/dV)\b", words)

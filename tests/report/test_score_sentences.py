"""What the report says about how the score was computed, with networks and without."""

import json
import re

import numpy as np
import pytest
from result_builder import build_result
from test_report import drawn_few, page_of

from didymos.plots import available
from didymos.report.html import SECTIONS
from didymos.report.measurement import measured
from didymos.report.sentences import BY_DISTANCE, SIMILARITY, computed, found
from didymos.report.tables import write_tables


def without_networks(result):
    """Return a result as an analysis leaves it that trained no network."""
    result = result.drop_vars(["embedding", "training_loss"])
    result["score_std"] = result["score_std"] * np.nan
    result.attrs |= {"score_source": "distance", "similarity": "evidence"}
    del result.attrs["two_gaussians_p_value"]
    return result


def test_a_score_from_the_distance_is_reported_and_needs_no_network(tmp_path):
    result = without_networks(build_result("image", distinct=False))
    page = page_of(drawn_few(result), tmp_path)
    assert BY_DISTANCE in page.text
    assert SIMILARITY["evidence"] not in page.text
    assert "twin networks" not in " ".join(found(result))
    assert not {"embedding", "training_loss", "score_uncertainty"} & set(available(result))
    assert "twin" not in [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert "distance to the majority, rescaled to 0 to 1. (b) The signal averaged" in page.text
    assert len(write_tables(result, tmp_path)) == len(write_tables(build_result("image", distinct=False), tmp_path))


@pytest.mark.parametrize("source", ["evidence", "threshold", "examples"])
def test_it_says_how_similarity_was_decided(source, tmp_path):
    result = drawn_few(build_result("image"))
    assert computed(result) == []
    result.attrs |= {"score_source": "twin networks", "similarity": source}
    assert computed(result) == [SIMILARITY[source]]
    assert SIMILARITY[source] in page_of(result, tmp_path).text


def test_a_threshold_of_the_settings_is_reported_as_such():
    result = drawn_few(build_result("image"))
    result.attrs |= {"similarity": "threshold", "settings": json.dumps({"threshold": 18.5})}
    assert computed(result) == ["A pair is similar where its distance is under 18.5, the threshold of the settings."]
    result.attrs["settings"] = json.dumps({"threshold": "auto"})
    assert computed(result) == [SIMILARITY["threshold"]]


def test_no_sentence_supposes_a_tip_a_bias_or_a_surface():
    result = build_result("image", topography=False)
    result.attrs["similarity"] = "evidence"
    result["energy"].attrs |= {"units": "nm", "long_name": "wavelength"}
    words = [*found(result), *computed(result), *(f"{term} {text}" for term, text in measured(result))]
    words += [section.heading + section.text for section in SECTIONS]
    for entry in available(result).values():
        words += [entry.title, entry.caption(result), entry.alternative]
    assert not re.findall(r"\b(?:tip|bias|surface)\b", " ".join(words))


@pytest.mark.parametrize("distinct", [True, False])
def test_the_minority_of_examples_is_what_is_like_them(distinct):
    result = build_result("image", distinct=distinct)
    result.attrs |= {"similarity": "examples", "score_source": "twin networks"}
    result["kind_name"] = ("named", ["adatom", "step"])
    assert "are like the examples of adatom, step: the minority" in found(result)[0]
    assert not any("belong to the distinct population" in sentence for sentence in found(result))


def test_a_name_from_a_file_is_text_and_no_markup(tmp_path):
    result = drawn_few(build_result("image"))
    result.attrs |= {"similarity": "examples", "score_source": "twin networks"}
    result["kind_name"] = ("named", ["<b>0"])
    page = page_of(result, tmp_path)
    assert "are like the examples of <b>0" in page.text
    assert page.all("b") == []

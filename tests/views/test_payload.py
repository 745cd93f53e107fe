"""What a page knows of a result, and that nothing in it can end the script it stands in."""

import json

import numpy as np
import pytest
from result_builder import build_result

from didymos.plots.units import scale, units_of
from didymos.views import ViewSettings, linked_views
from didymos.views.payload import array, as_json, decoded, findings, numbers, page_scale, payload
from didymos.views.places import places_of
from didymos.views.spectra import MISSING, groups_of

HOSTILE = "</script><script>alert(1)</script><!--<script>&amp;\u2028\u2029\x00\ud800\x7f'\"\\$$x$$"
LAYOUTS = ("image", "wide", "row", "column", "points")


def made(result, settings=None):
    """Return the places of a result and what a page knows of it."""
    chosen = settings or ViewSettings()
    places = places_of(result, chosen)
    return places, payload(result, places, chosen)


def strict(text):
    """Read JSON as a browser does: no NaN, no infinity."""

    def refused(token):
        raise AssertionError(f"{token} is no JSON")

    return json.loads(text, parse_constant=refused)


def indices(entry, count):
    """Return indices as the page reads them: without an entry they count all places."""
    return np.arange(count) if entry is None else decoded(entry)


@pytest.mark.parametrize("kind", ["uint8", "int8", "int16", "int32", "float32"])
@pytest.mark.parametrize("shape", [(0,), (1,), (7,), (3, 5)])
def test_an_array_is_read_back(kind, shape):
    random = np.random.default_rng(0)
    values = random.integers(0, 100, shape).astype(kind)
    entry = array(values)
    assert entry["type"] == kind
    found = decoded(strict(as_json(entry)))
    assert found.dtype == np.dtype(kind)
    np.testing.assert_array_equal(found, values.ravel())
    big = values.astype(values.dtype.newbyteorder(">"))
    assert array(big) == entry
    np.testing.assert_array_equal(decoded(array(values[::-1])), values[::-1].ravel())


def test_numbers_that_are_not_finite_are_read_back():
    values = np.array([np.nan, np.inf, -np.inf, -0.0], dtype=np.float32)
    np.testing.assert_array_equal(decoded(array(values)), values)


def test_indices_are_left_out_only_where_they_count_all_places():
    assert numbers(np.arange(5), 5) is None
    assert numbers(np.arange(6).reshape(2, 3), 6) is None
    # the first five of ten places are not all of them
    for some, places in ((np.arange(5), 10), (np.array([0, 2, 1]), 3)):
        entry = numbers(some, places)
        assert entry is not None
        np.testing.assert_array_equal(decoded(entry), some)


@pytest.mark.parametrize("text", ["</script>", "<!--", "&lt;", "\u2028", "\x00", "\ud800", "é", HOSTILE])
def test_no_text_ends_a_script_or_begins_a_tag(text):
    written = as_json({text: [text]})
    assert written.isascii()
    assert not set("<>&\x00\n\r") & set(written)
    assert strict(written) == {text: [text]}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_json_does_not_know_are_refused(value):
    with pytest.raises(ValueError, match="JSON"):
        as_json([value])


def test_hostile_names_stay_text():
    result = build_result(energies=8)
    result["spectra"].attrs |= {"units": HOSTILE, "long_name": HOSTILE}
    result["energy"].attrs |= {"units": HOSTILE, "long_name": HOSTILE}
    for name in "xy":
        result[name].attrs["units"] = HOSTILE
    result["topography"].attrs["units"] = HOSTILE
    result["kind_name"] = ("kind_index", [HOSTILE, "b"])
    result.attrs |= {"input_file": HOSTILE, "metric": HOSTILE}
    views = linked_views(result)
    assert views is not None
    for text in (views.data, views.figures):
        assert text.isascii()
        assert not set("<>&\x00\n\r") & set(text)
        strict(text)
    layers = {layer["name"]: layer for layer in strict(views.data)["layers"]}
    assert layers["kind"]["groups"][1][1] == HOSTILE


def test_dollar_signs_of_a_file_stand_as_they_are():
    result = build_result(energies=8)
    result["spectra"].attrs |= {"units": "$$x$$", "long_name": r"a \(b\) $c"}
    result["energy"].attrs |= {"units": "V$", "long_name": "E"}
    spectra = made(result)[1]["spectra"]
    assert spectra["signalLabel"].startswith(r"a \(b\) $c (")
    assert spectra["signalLabel"].endswith("$$x$$)")
    assert (spectra["energyLabel"], spectra["energyUnits"]) == ("E (V$)", "V$")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("settings", [ViewSettings(), ViewSettings(most_places=70, most_spectra=40, sample=20)])
@pytest.mark.parametrize("energies", [1, 96])
def test_a_page_knows_every_spectrum_it_holds(layout, settings, energies):
    result = build_result(layout).isel(energy=slice(energies), energy_2=slice(energies))
    places, values = made(result, settings)
    said = strict(as_json(values))
    count = said["places"]["count"]
    assert (count, said["places"]["points"]) == (len(places.index), result["score"].size)
    index = indices(said["places"]["index"], count)
    np.testing.assert_array_equal(index, places.index)
    spectra = {name: decoded(said["spectra"][name]).astype(float) for name in ("mean", "offset", "step")}
    level = decoded(said["spectra"]["level"]).reshape(-1, len(said["spectra"]["energy"]))
    rows = spectra["mean"] + spectra["offset"][:, None] + spectra["step"][:, None] * level
    rows[level == MISSING] = np.nan
    place = indices(said["spectra"]["place"], count)
    assert len(place) == len(rows)
    expected = result["spectra"].values.reshape(-1, energies)[index[place]] * page_scale(result).factor
    tolerance = spectra["step"].max() / 2 * 1.001 + 1e-4
    np.testing.assert_allclose(rows, expected, atol=tolerance)
    # what every place shows is one of them; a place without a spectrum shows none
    nearest = indices(said["spectra"]["nearest"], count)
    assert nearest.min() >= 0
    assert nearest.max() < len(rows)
    missing = result["region"].values.ravel()[index] == -1
    assert np.isnan(rows[nearest[missing]]).all()
    assert not np.isnan(rows[nearest[~missing]]).any()


def test_a_map_that_was_stopped_shows_what_is_there():
    result = build_result("image", energies=8, flagged=False)
    result["region"].values.ravel()[150:] = -1
    result["spectra"].values.reshape(-1, 8)[150:] = np.nan
    _, values = made(result, ViewSettings(most_spectra=200, sample=100))
    place = decoded(values["spectra"]["place"])
    np.testing.assert_array_equal(place[:150], np.arange(150))
    assert len(decoded(values["spectra"]["level"])) == 8 * len(place)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_averages_of_the_regions_are_those_of_the_result(layout):
    result = build_result(layout, energies=30)
    settings = ViewSettings(most_places=70, most_spectra=40, sample=20, most_energies=10)
    _, values = made(result, settings)
    factor = page_scale(result).factor
    for row, name in enumerate(("majority", "transition", "minority")):
        entry = values["regions"][name]
        assert entry["size"] == int(result["region_size"].values[row])
        average = result["region_spectrum"].values[row].reshape(10, 3).mean(axis=1) * factor
        np.testing.assert_allclose(decoded(entry["spectrum"]), average, rtol=1e-5)


def test_positions_far_from_the_origin_are_told_apart():
    result = build_result(energies=8)
    far = result.assign_coords(x=("x", result["x"].values + 5.0003217e-3, {"units": "m"}))
    said = strict(as_json(made(far)[1]))
    x = said["places"]["x"]
    assert isinstance(x, list)
    np.testing.assert_allclose(x[:36], (result["x"].values + 5.0003217e-3) * 1e9, atol=1e-6)
    near = decoded(made(result)[1]["places"]["x"])
    np.testing.assert_allclose(near[:36], result["x"].values * 1e9, atol=1e-4)


def test_units_of_positions_may_have_parentheses():
    result = build_result(energies=8)
    result["x"].attrs["units"] = "a (b)"
    assert made(result)[1]["places"]["units"].endswith(" a (b)")


def test_defects_are_in_the_units_of_the_axes():
    result = build_result(energies=8)
    assert made(result)[1]["defects"] is None
    for name, value in {"x": 1.3e-7, "y": -5e-9, "extent": 3e-9}.items():
        result[f"defect_{name}"] = ("defect", [value, np.nan], {"units": "m"})
    result["defect_spectra"] = ("defect", [4, 1])
    defects = {name: decoded(entry) for name, entry in strict(as_json(made(result)[1]))["defects"].items()}
    assert set(defects) == {"x", "y", "extent", "spectra"}
    np.testing.assert_allclose(defects["x"], [130, np.nan], rtol=1e-6)
    np.testing.assert_allclose(defects["extent"], [3, np.nan], rtol=1e-6)


def scale_of(result):
    """The unit in which the principal components are numbers from 1 to 1000."""
    return scale(result["pca"].values[..., :2], units_of(result["pca"]))


def test_the_plane_is_the_embedding_else_the_principal_components():
    result = build_result(energies=8)
    plane = made(result)[1]["embedding"]
    assert plane["xLabel"] == "embedding component 1"
    np.testing.assert_array_equal(decoded(plane["y"]), result["embedding"].values[..., 1].ravel().astype(np.float32))
    x = decoded(plane["x"])
    assert plane["box"][0] < np.nanmin(x) < np.nanmax(x) < plane["box"][1]
    other = made(result.drop_vars("embedding"))[1]["embedding"]
    assert other["xLabel"] == f"principal component 1 ({scale_of(result).units})"
    components = scale_of(result).factor * result["pca"].values[..., 0].ravel()
    np.testing.assert_allclose(decoded(other["x"]), components, rtol=1e-5)
    assert made(result.drop_vars(["embedding", "pca"]))[1]["embedding"] is None
    assert made(result.drop_vars("embedding").isel(mode=[0]))[1]["embedding"] is None
    result["embedding"][:] = np.nan
    assert made(result)[1]["embedding"] is None
    result["embedding"][:] = 2.0
    box = made(result)[1]["embedding"]["box"]
    assert box[0] < 2 < box[1]


def test_thresholds_are_there_only_where_both_are_numbers():
    result = build_result(energies=8)
    assert made(result)[1]["thresholds"] is None
    result.attrs |= {"score_threshold_majority": 0.25, "score_threshold_minority": np.nan}
    assert made(result)[1]["thresholds"] is None
    result.attrs["score_threshold_minority"] = 0.6
    assert made(result)[1]["thresholds"] == [0.25, 0.6]


def test_findings_are_the_part_that_a_lesson_changes():
    result = build_result(energies=96)
    places, values = made(result)
    found = findings(result, places, groups_of(96, 128), page_scale(result).factor)
    assert found == {name: values[name] for name in found}
    assert set(found) == {"layers", "palettes", "embedding", "thresholds", "regions", "defects"}
    assert {layer["palette"] for layer in found["layers"]} <= set(found["palettes"])


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_signals_of_any_size_and_an_outlier_give_numbers(size):
    result = build_result(energies=8)
    for name in ("spectra", "region_spectrum"):
        result[name] = (result[name] * size).assign_attrs(result[name].attrs)
    result["spectra"][2, 3] = np.float32(3e38)
    spectra = strict(as_json(made(result)[1]))["spectra"]
    for name in ("mean", "offset", "step"):
        assert np.isfinite(decoded(spectra[name])).all()

"""What the map and the embedding of a page can be coloured by."""

import re

import numpy as np
import pytest
from result_builder import build_result

from didymos.schema import Region
from didymos.views import ViewSettings
from didymos.views.layers import kind_names, layers_of, palette
from didymos.views.places import places_of

LAYOUTS = ("image", "wide", "row", "column", "points")


def layers(result, settings=None):
    """Return the layers of a result by their name."""
    return {layer.name: layer for layer in layers_of(result, places_of(result, settings or ViewSettings()))}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layers_have_names_titles_and_the_values_of_the_result(layout):
    result = build_result(layout, energies=8)
    found = layers(result)
    titles = {name: layer.title for name, layer in found.items()}
    assert titles == {
        "score": "score",
        "region": "region",
        "kind": "kind",
        "topography": "levelled height",
        "score_std": "standard deviation of the score",
        "distance": "distance to the majority",
    }
    for name, variable in {"score": "score", "score_std": "score_std", "distance": "distance_to_majority"}.items():
        assert found[name].values.dtype == np.float32
        np.testing.assert_array_equal(found[name].values, result[variable].values.ravel().astype(np.float32))
        assert found[name].groups == ()
    for name in ("region", "kind"):
        np.testing.assert_array_equal(found[name].values, result[name].values.ravel())
        assert len(found[name].groups) >= 1
    assert (found["score"].low, found["score"].high) == (0, 1)
    assert found["topography"].units == "pm"
    assert {found[name].units for name in found if name != "topography"} == {""}
    for layer in found.values():
        assert layer.low < layer.high
        assert np.isfinite([layer.low, layer.high]).all()


def test_the_groups_of_the_regions_are_all_regions():
    groups = layers(build_result(energies=8))["region"].groups
    assert [(group.number, group.name) for group in groups] == [(int(r), r.name.lower()) for r in Region]
    assert len({group.colour for group in groups}) == len(Region)
    assert all(re.fullmatch("#[0-9a-f]{6}", group.colour) for group in groups)


def test_kinds_have_the_names_that_examples_gave():
    result = build_result(energies=8)
    assert kind_names(result) == {}
    assert [group.name for group in layers(result)["kind"].groups] == ["no kind", "kind 1", "kind 2"]
    result["kind_name"] = ("kind_index", ["vacancy", "</script>"])
    assert kind_names(result) == {1: "vacancy", 2: "</script>"}
    assert [group.name for group in layers(result)["kind"].groups] == ["no kind", "vacancy", "</script>"]


@pytest.mark.parametrize("kinds", [1, 127, 128, 300])
def test_any_number_of_kinds_keeps_its_numbers(kinds):
    result = build_result(energies=8)
    numbers = np.arange(result["kind"].size) % (kinds + 1)
    result["kind"] = (("y", "x"), numbers.reshape(result["kind"].shape))
    layer = layers(result)["kind"]
    np.testing.assert_array_equal(layer.values, numbers)
    assert layer.values.dtype.name in ("int8", "int16")
    assert [group.number for group in layer.groups] == list(range(kinds + 1))


def test_without_any_defect_there_are_no_kinds():
    found = layers(build_result(distinct=False, energies=8))
    assert "kind" not in found
    assert set(found["region"].values) == {-1, 0, 3}


def test_phases_are_shown_where_there_are_two():
    result = build_result(energies=8)
    assert "phase" not in layers(result)
    result["phase_size"] = ("phase_index", [720, 360])
    found = layers(result)["phase"]
    np.testing.assert_array_equal(found.values, result["phase"].values.ravel())
    assert [group.name for group in found.groups] == ["no phase", "phase 1", "phase 2"]


@pytest.mark.parametrize("height", [0.0, 3.1e-8, np.nan, "plane"])
def test_a_topography_without_relief_is_no_layer(height):
    result = build_result(energies=8)
    shape = result["topography"].shape
    values = (
        np.add.outer(np.arange(shape[0]), np.arange(shape[1])) * 1e-10 if height == "plane" else np.full(shape, height)
    )
    result["topography"] = (("y", "x"), values, {"units": "m"})
    assert "topography" not in layers(result)


def test_a_topography_with_gaps_keeps_them():
    result = build_result(energies=8)
    result["topography"].values[3, 4] = np.nan
    found = layers(result)["topography"]
    assert np.flatnonzero(np.isnan(found.values)).tolist() == [3 * 36 + 4]
    assert np.isfinite([found.low, found.high]).all()


def test_without_any_score_there_are_colours_all_the_same():
    result = build_result(energies=8)
    result["score"][:], result["score_std"][:] = np.nan, np.nan
    found = layers(result)
    assert np.isnan(found["score"].values).all()
    assert "score_std" not in found


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan, np.inf, 1e300, -1e-300])
def test_a_constant_layer_has_a_colour_scale(value):
    result = build_result(energies=8)
    result["distance_to_majority"] = (("y", "x"), np.full((30, 36), value))
    layer = layers(result)["distance"]
    assert np.isfinite([layer.low, layer.high]).all()
    assert layer.low < layer.high


def test_only_what_a_result_holds_is_a_layer():
    result = build_result(energies=8)[["spectra", "score"]]
    assert list(layers(result)) == ["score"]
    assert list(layers(result.drop_vars("score"))) == []


@pytest.mark.parametrize("layout", ["image", "points"])
def test_layers_hold_the_places_in_their_order(layout):
    result = build_result(layout, energies=8)
    settings = ViewSettings(most_places=100, most_spectra=50, sample=20)
    places = places_of(result, settings)
    for name, layer in layers(result, settings).items():
        assert layer.values.shape == (len(places.index),)
        if name in ("score", "region", "kind"):
            np.testing.assert_array_equal(layer.values, result[name].values.ravel()[places.index])
    turned = layers(result.transpose(..., *reversed(result["score"].dims)), settings)
    for name, layer in layers(result, settings).items():
        np.testing.assert_array_equal(turned[name].values, layer.values)


def test_a_colour_scale_has_256_colours():
    for name in ("viridis", "cividis", "RdBu_r"):
        assert len(palette(name)) == 256
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in palette(name))
    assert palette("viridis")[0] == "#440154"

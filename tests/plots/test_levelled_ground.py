"""Topography in figures: levelled, and only where there is any."""

import numpy as np
import pytest
from legibility import assert_legible
from result_builder import build_result

from didymos import plots
from didymos.plots import figure_of
from didymos.plots.maps import ground_map, has_relief

LAYOUTS = ["image", "row", "column", "points"]


def tilted(result, slopes):
    tilt = slopes[0] * (result["x"] - 1e-7) + slopes[1] * result["y"]
    result["topography"] = (result["topography"] + tilt).transpose(*result["topography"].dims).assign_attrs(units="m")
    return result


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("slopes", [(0.2, 0.0), (-0.3, 0.5), (1e-3, -2.0)])
def test_a_tilt_changes_nothing(layout, slopes):
    plain, name = ground_map(build_result(layout))
    other, same = ground_map(tilted(build_result(layout), slopes))
    assert name == same
    assert name.startswith("levelled height (")
    np.testing.assert_allclose(other, plain, atol=1e-6 * np.ptp(plain))


def test_the_result_keeps_the_heights():
    result = tilted(build_result("image"), (0.2, 0.1))
    before = result["topography"].values.copy()
    assert_legible(figure_of(plots.score_map(result)))
    np.testing.assert_array_equal(result["topography"].values, before)


@pytest.mark.parametrize("kind", ["zero", "constant", "plane", "single precision", "unknown"])
@pytest.mark.parametrize("layout", ["image", "points"])
def test_a_topography_without_relief_has_no_panel(kind, layout):
    result = build_result(layout)
    flat = 0 * result["topography"]
    plane = tilted(result.assign(topography=flat), (0.2, -0.4))["topography"] + 3e-8
    result["topography"] = {
        "zero": flat,
        "constant": flat - 4.2e-8,
        "plane": plane,
        "single precision": plane.astype(np.float32),
        "unknown": flat * np.nan,
    }[kind]
    assert not has_relief(result)
    values, name = ground_map(result)
    assert name == "mean dI/dV (µV)"
    assert "averaged over all energies" in plots.FIGURES["score_map"].caption(result)
    assert np.isfinite(values).any()


def test_the_caption_says_that_the_topography_is_levelled():
    caption = plots.FIGURES["score_map"].caption(build_result("image"))
    assert "levelled" in caption
    assert "levelled" not in plots.FIGURES["score_map"].caption(build_result("image", topography=False))

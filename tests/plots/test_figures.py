import itertools
import re

import matplotlib
import numpy as np
import pytest
from legibility import assert_legible
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from result_builder import SHAPES, build_result

from didymos import plots
from didymos.plots import figure_of
from didymos.plots.styling import STYLE
from didymos.plots.styling import style as house_style

LAYOUTS = list(SHAPES)
UNITS = re.compile(r"\(.+\)|principal component|kind")


@pytest.fixture(scope="module")
def results():
    made = {layout: build_result(layout) for layout in LAYOUTS}
    made["nothing distinct"] = build_result("image", distinct=False)
    made["no topography"] = build_result("points", topography=False, truth=False)
    made["no flags"] = build_result("image", flagged=False)
    return made


FURTHER = [pytest.param(kind, marks=pytest.mark.slow) for kind in ("wide", "nothing distinct", "no topography")]


@pytest.mark.parametrize("kind", ["image", "row", "pixel", "points", *FURTHER])
@pytest.mark.parametrize("name", plots.FIGURES)
def test_every_figure_is_legible(name, kind, results):
    result = results[kind]
    entry = plots.FIGURES[name]
    if not entry.can_draw(result):
        pytest.skip("the result does not hold it")
    assert_legible(entry.figure(result))


@pytest.mark.parametrize("name", plots.FIGURES)
def test_every_axis_names_its_unit(name, results):
    figure = plots.FIGURES[name].figure(results["image"])
    labels = [label for axes in figure.axes for label in (axes.get_xlabel(), axes.get_ylabel()) if label]
    assert labels
    for text in labels:
        assert UNITS.search(text) or text in (
            "pairs",
            "number of spectra",
            "sd of score",
            "standard deviation of the score",
        )


def test_lengths_come_in_a_suitable_prefix(results):
    figure = figure_of(plots.score_map(results["image"]))
    assert figure.axes[0].get_xlabel() == "x (nm)"
    assert figure.axes[0].get_xlim() == pytest.approx((99.25, 99.25 + 36 * 1.5))
    assert "levelled height (pm)" in {axes.get_xlabel() for axes in figure.axes}
    assert figure_of(plots.region_spectra(results["image"])).axes[0].get_ylabel() == "dI/dV (µV)"
    assert figure_of(plots.region_spectra(results["image"])).axes[0].get_xlabel() == "bias (mV)"


def test_an_image_is_drawn_where_it_was_measured():
    result = build_result("image", flagged=False)
    upside_down = result.isel(y=slice(None, None, -1))
    for data in (result, upside_down):
        axes = figure_of(plots.score_map(data)).axes[0]
        image = axes.images[0]
        left, right, bottom, top = image.get_extent()
        row, column = np.unravel_index(np.nanargmax(data["score"].values), data["score"].shape)
        at = bottom + (row + 0.5) * (top - bottom) / data.sizes["y"]
        assert at == pytest.approx(float(data["y"][row]) * 1e9, abs=1e-6)
        assert left < float(data["x"][column]) * 1e9 < right
        assert axes.get_ylim()[0] < axes.get_ylim()[1]


def segments_of(lines):
    assert isinstance(lines, LineCollection)
    return lines.get_segments()


def test_outlines_follow_the_pixels():
    result = build_result("image", flagged=False)
    result["region"][:] = 0
    result["region"][3, 5] = 2
    ground = figure_of(plots.score_map(result)).axes[1]
    pieces = [np.asarray(piece) for lines in ground.collections for piece in segments_of(lines)]
    assert len(pieces) == 4
    corners = np.unique(np.concatenate(pieces).round(6), axis=0)
    x, y = float(result["x"][5]) * 1e9, float(result["y"][3]) * 1e9
    expected = [[x + dx, y + dy] for dx in (-0.75, 0.75) for dy in (-0.75, 0.75)]
    np.testing.assert_allclose(corners, np.unique(np.round(expected, 6), axis=0), atol=1e-6)


def test_missing_and_artefacts_are_named(results):
    for layout in ("image", "points", "row"):
        result = results[layout]
        names = [text.get_text() for text in figure_of(plots.score_map(result)).legends[0].get_texts()]
        assert "artefact (5)" in names
        assert f"missing ({int((result['region'] == -1).sum())})" in names
    assert not any(
        "missing" in text.get_text() for text in figure_of(plots.score_map(results["no flags"])).legends[0].get_texts()
    )


def test_a_line_is_drawn_as_a_curve(results):
    for layout, label in (("row", "x (nm)"), ("column", "y (nm)")):
        figure = figure_of(plots.score_map(results[layout]))
        assert figure.axes[1].get_xlabel() == label
        drawn = figure.axes[0].lines[0].get_ydata()
        np.testing.assert_array_equal(drawn, results[layout]["score"].values.ravel())


def test_without_topography_the_mean_map_is_shown(results):
    labels = [axes.get_xlabel() for axes in figure_of(plots.score_map(results["no topography"])).axes]
    assert "mean dI/dV (µV)" in labels


def test_the_scale_of_the_score_is_always_the_same(results):
    for result in (results["image"], results["nothing distinct"]):
        image = figure_of(plots.score_map(result)).axes[0].images[0]
        assert image.get_clim() == (0, 1)


def test_figures_without_their_variables_are_left_out(results):
    names = plots.available(results["nothing distinct"])
    assert "kind_map" not in names
    assert "kind_spectra" not in names
    assert "score_map" in names
    assert "training_loss" not in plots.available(results["image"].drop_vars("training_loss"))
    assert "score_against_truth" not in plots.available(results["no topography"])


def test_the_weight_transfer_shows_what_there_is(results):
    assert (
        len([axes for axes in figure_of(plots.weight_transfer(results["image"])).axes if axes.get_xlim() == (-15, 15)])
        == 3
    )
    alone = results["nothing distinct"]
    panels = [axes for axes in figure_of(plots.weight_transfer(alone)).axes if axes.get_xlim() == (-15, 15)]
    assert len(panels) == 1


def test_the_threshold_stands_where_it_belongs(results):
    figure = figure_of(plots.distance_statistics(results["image"]))
    lines = [np.asarray(line.get_xdata())[0] for line in figure.axes[2].lines if line.get_label() == "threshold"]
    assert lines == [pytest.approx(np.log(18.0 + 2.0))]
    total = next(line for line in figure.axes[2].lines if line.get_label() == "their sum")
    weights = results["image"]["distance_components"].values
    x, drawn = (np.asarray(values) for values in total.get_data())
    expected = sum(w * np.exp(-0.5 * ((x - m) / s) ** 2) / (s * np.sqrt(2 * np.pi)) for w, m, s in weights)
    np.testing.assert_allclose(drawn, expected)


def test_nothing_global_is_changed(results):
    before = dict(matplotlib.rcParams)
    figure_of(plots.region_spectra(results["image"]))
    assert dict(matplotlib.rcParams) == before
    with house_style():
        assert matplotlib.rcParams["font.size"] == STYLE["font.size"]
    assert dict(matplotlib.rcParams) == before


def test_a_style_of_the_caller_does_not_reach_the_figures(results):
    with matplotlib.rc_context({"xtick.labelsize": 30, "font.size": 30, "axes.facecolor": "black"}):
        figure = figure_of(plots.region_spectra(results["image"]))
        figure.draw_without_rendering()
        axes: Axes = figure.axes[0]
        assert axes.xaxis.get_ticklabels()[0].get_fontsize() == 7
        assert matplotlib.colors.to_hex(axes.get_facecolor()) == "#ffffff"


HOSTILE = ["$x", "$\\frac{$", "_^{} <script> 日本 mV\nV", "a" * 500]


@pytest.mark.parametrize("first", [0, *(pytest.param(number, marks=pytest.mark.slow) for number in (1, 2, 3))])
def test_hostile_units_are_drawn_as_text(first):
    result = build_result("image")
    # one after the other: every figure has one of them, or some
    units = itertools.islice(itertools.cycle(HOSTILE), first, None)
    for name in ("spectra", "energy", "topography", "x", "y", "window_weight_transfer", "signal_bin"):
        result[name].attrs["units"] = next(units)
    result["spectra"].attrs["long_name"] = next(units)
    for entry in plots.available(result).values():
        entry.figure(result).draw_without_rendering()


def test_captions_are_sentences_and_fit_the_result(results):
    for result in results.values():
        for entry in plots.available(result).values():
            caption = entry.caption(result)
            assert caption.endswith(".")
            assert 1 <= caption.count(". ") <= 7
    assert "topography" in plots.FIGURES["score_map"].caption(results["image"])
    assert "averaged over all energies" in plots.FIGURES["score_map"].caption(results["no topography"])

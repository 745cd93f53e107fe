"""What everybody expects of a figure function: it takes `ax`, `figsize` and `cmap`, and returns its axes."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from comparison_builder import build_comparison
from matplotlib import colormaps, pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from result_builder import build_result

from didymos import InputError, plots
from didymos.plots.styling import DENSITY_COLOURS, STYLE

SINGLE = {
    "region_map",
    "kind_map",
    "phase_map",
    "region_spectra",
    "kind_spectra",
    "signal_histogram",
    "distance_sweep",
    "embedding",
    "compared_surface",
    "method_score_map",
    "method_group_map",
    "method_spectra",
    "method_distance_correlation",
    "method_dendrogram",
    "method_split_sizes",
}
FIGURES: Any = plots
"""For calls that are wrong on purpose."""

WITHOUT_COLOUR_MAP = {
    "region_map",
    "kind_map",
    "phase_map",
    "region_spectra",
    "kind_spectra",
    "training_loss",
    "distance_statistics",
    "scree_and_latent",
    "method_group_map",
    "method_plane",
    "method_spectra",
    "method_dendrogram",
    "method_split_sizes",
}


@pytest.fixture(scope="module")
def drawn_from() -> dict[str, tuple[Callable[..., Any], Any]]:
    """Every figure function with what it draws."""
    result, comparison = build_result("image"), build_comparison("image")
    found = {}
    for entry in plots.available(result).values():
        found[entry.draw.__name__] = (entry.draw, result)
    for entry in plots.COMPARISON_FIGURES.values():
        found[entry.draw.__name__] = (entry.draw, comparison)
    for name in ("kmeans-3", "agglomerative-ward"):
        one = plots.of_method(comparison, name)
        for entry in plots.METHOD_FIGURES.values():
            if entry.can_draw(one):
                found[entry.draw.__name__] = (entry.draw, one)
    return found


def test_every_figure_returns_its_axes(drawn_from):
    assert set(drawn_from) >= SINGLE
    for name, (draw, data) in drawn_from.items():
        drawn = draw(data)
        if name in SINGLE:
            assert isinstance(drawn, Axes), name
        else:
            assert isinstance(drawn, np.ndarray), name
            assert all(isinstance(panel, Axes) for panel in drawn.ravel()), name
        pyplot.close("all")


def test_every_figure_takes_a_size(drawn_from):
    for name, (draw, data) in drawn_from.items():
        figure = plots.figure_of(draw(data, figsize=(5.5, 4.5)))
        assert tuple(figure.get_size_inches()) == (5.5, 4.5), name
        pyplot.close("all")


def test_one_axes_takes_the_first_panel(drawn_from):
    for name, (draw, data) in drawn_from.items():
        if name == "comparison_overview":  # a page of its own
            continue
        ax = Figure().subplots()
        assert draw(data, ax=ax) is ax, name
        assert ax.has_data(), name
        ax.figure.draw_without_rendering()


def test_several_axes_come_back_as_they_were_given(drawn_from):
    draw, data = drawn_from["score_map"]
    given = Figure().subplots(1, 2)
    drawn = draw(data, ax=given)
    assert drawn[0] is given[0]
    assert drawn[1] is given[1]
    assert all(axes.images for axes in given)
    with pytest.raises(InputError, match="2 panels, 3 axes were given: pass 2, or one for the first panel"):
        draw(data, ax=Figure().subplots(1, 3))


def test_colour_maps_are_taken_where_there_is_one(drawn_from):
    for name, (draw, data) in drawn_from.items():
        takes = "cmap" in inspect.signature(draw).parameters
        assert takes is (name not in WITHOUT_COLOUR_MAP), name
        if takes:
            draw(data, cmap="magma")
            draw(data, cmap=None)
            pyplot.close("all")
    panels = plots.score_map(drawn_from["score_map"][1], cmap="magma")
    assert panels[0].images[0].get_cmap().name == "magma"
    assert panels[1].images[0].get_cmap().name == "gray"
    pyplot.close("all")
    ax = plots.embedding(drawn_from["score_map"][1], cmap=colormaps["plasma"])
    assert ax.collections[0].get_cmap().name == "plasma"


def test_default_colour_maps_serve_colour_blind_readers(drawn_from):
    # of even or monotonic lightness, or diverging from blue to red
    safe = ("cividis", "viridis", "gray", "RdBu_r", DENSITY_COLOURS)
    for name, (draw, _) in drawn_from.items():
        parameter = inspect.signature(draw).parameters.get("cmap")
        assert parameter is None or parameter.default in safe, name


def test_pyplot_knows_new_figures_and_none_that_are_written(drawn_from):
    ax = plots.region_map(drawn_from["region_map"][1])
    assert pyplot.gcf() is ax.figure
    pyplot.close("all")
    plots.FIGURES["region_map"].figure(drawn_from["region_map"][1])
    assert not pyplot.get_fignums()


def test_the_style_of_the_caller_stays(drawn_from):
    before = pyplot.rcParams["font.size"]
    assert before != STYLE["font.size"]
    plots.region_map(drawn_from["region_map"][1])
    assert pyplot.rcParams["font.size"] == before


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda result: FIGURES.score_map(result["spectra"]),
            "score_map needs a result; a spectral map came: give what",
        ),
        (lambda result: FIGURES.score_map("results.nc"), r"open the file with didymos.open_result\('results.nc'\)"),
        (lambda result: FIGURES.score_map(None), "score_map needs a result; None came"),
        (lambda result: FIGURES.score_map(result.drop_vars("score")), "score_map needs a result with score"),
        (
            lambda result: FIGURES.embedding(result.drop_vars("embedding")),
            "embedding draws embedding, which this result",
        ),
        (lambda result: FIGURES.score_map(result, cmap="virids"), "cmap is 'virids'.*did you mean 'viridis'"),
        (lambda result: FIGURES.score_map(result, figsize=3), "figsize is 3; allowed are a width and a height"),
        (lambda result: FIGURES.score_map(result, figsize=(0, 3)), r"figsize is \(0, 3\)"),
        (lambda result: FIGURES.score_map(result, fig_size=(3, 3)), "no 'fig_size'.*did you mean 'figsize'"),
        (
            lambda result: FIGURES.score_map(result, ax="a"),
            "ax is the text .a.; allowed is a matplotlib Axes, or a list",
        ),
        (lambda result: FIGURES.region_map(result, ax=Figure()), "ax is a Figure; allowed is a matplotlib Axes"),
        (lambda result: FIGURES.method_score_map(result), "needs one method of a comparison.*; a result came"),
        (
            lambda result: FIGURES.compared_surface(result["spectra"]),
            "compared_surface needs a comparison; a spectral map",
        ),
        (lambda result: FIGURES.of_method(result, "pca"), "of_method needs a comparison; a result came"),
        (lambda result: FIGURES.available(result["spectra"]), "available needs a result; a spectral map came"),
        (lambda result: FIGURES.save_figures(None, "folder"), "save_figures needs a result; None came"),
        (lambda result: FIGURES.rendered(3), "a figure is an int; allowed are"),
        (lambda result: FIGURES.rendered(Figure(), "jpg"), "kind is 'jpg'; allowed are png, svg, pdf"),
        (lambda result: FIGURES.save_figures(result, "folder", "pgn"), "figures is 'pgn'.*did you mean 'png'"),
    ],
)
def test_wrong_input_gets_one_line(call, message):
    with pytest.raises(InputError, match=message) as error:
        call(build_result("image"))
    assert "\n" not in str(error.value)


def test_a_comparison_is_no_method_of_it():
    comparison = build_comparison("image")
    with pytest.raises(InputError, match=r"one method of a comparison.*of_method"):
        plots.method_dendrogram(comparison.drop_vars("merges"))
    with pytest.raises(InputError, match=r"there is no method 'kmean-3'.*did you mean 'kmeans-3'"):
        plots.of_method(comparison, "kmean-3")
    with pytest.raises(InputError, match=r"kind is 'maps'.*did you mean 'map'"):
        plots.thumbnail(plots.of_method(comparison, "kmeans-3"), "maps")

"""The three linked figures, empty."""

import numpy as np
import pytest

from didymos.schema import SPECTRAL_REGIONS
from didymos.views.figures import (
    LINES,
    embedding_figure,
    map_figure,
    models,
    spectra_figure,
)
from didymos.views.names import AVERAGE, DIFFERENCE, POINTER, SELECTIONS

FORMULAS = ["$$x$$", r"\(x\)", r"\[x\]", "$$", "<b>x</b>"]
BOX = (0.0, 3.0, -1.0, 2.0)


@pytest.fixture
def figures():
    return {
        "map": map_figure("map", "x (nm)", "y (nm)", BOX),
        "embedding": embedding_figure("a", "b", BOX),
        "spectra": spectra_figure("bias (mV)", "dI/dV (V)", (-5.0, 5.0), (0.0, 1.0)),
    }


@pytest.mark.parametrize("text", FORMULAS)
def test_text_of_a_file_is_no_formula(text):
    spectra = spectra_figure(text, text, BOX[:2], BOX[2:])
    for plot in (map_figure("second", text, text, BOX), embedding_figure(text, text, BOX), spectra):
        for axis in (*plot.xaxis, *plot.yaxis):
            assert isinstance(axis.axis_label, models.PlainText)
            assert axis.axis_label.text == text


def test_figures_have_what_the_page_fills(figures):
    def names(plot):
        return {source.name for source in plot.select({"type": models.ColumnDataSource})}

    assert names(figures["map"]) == {"map_image", "map_point", "outlines_map", "examples_map"}
    assert names(figures["embedding"]) == {
        "embedding_image", "embedding_marks", "embedding_point", "outlines_embedding", "examples_embedding"
    }  # fmt: skip
    bands = {f"band_{name}" for name in (AVERAGE, *SELECTIONS, DIFFERENCE)}
    assert names(figures["spectra"]) == bands | {f"line_{name}" for name in (*LINES, DIFFERENCE)}
    assert {name for name, plot in figures.items() if plot.name != name} == set()


def test_lines_are_the_regions_the_selections_and_the_pointer():
    assert (AVERAGE, *(region.name.lower() for region in SPECTRAL_REGIONS), *SELECTIONS, POINTER) == LINES
    assert len({*SELECTIONS.values()}) == len(SELECTIONS)


def test_ranges_are_those_that_were_given(figures):
    for name in ("map", "embedding"):
        plot = figures[name]
        assert (plot.x_range.start, plot.x_range.end, plot.y_range.start, plot.y_range.end) == BOX
    assert (figures["spectra"].x_range.start, figures["spectra"].x_range.end) == (-5, 5)


def test_the_map_of_a_line_has_no_second_axis():
    assert map_figure("map", "x (nm)", "", BOX).yaxis[0].visible is False
    assert map_figure("map", "x (nm)", "y (nm)", BOX).yaxis[0].visible is True


def test_nothing_of_a_figure_leads_elsewhere(figures):
    for plot in figures.values():
        assert plot.toolbar.logo is None
        assert [tool for tool in plot.tools if isinstance(tool, (models.HelpTool, models.SaveTool))] == []


def test_no_figure_holds_data(figures):
    for plot in figures.values():
        for source in plot.select({"type": models.ColumnDataSource}):
            assert max((np.size(column) for column in source.data.values()), default=0) <= 1

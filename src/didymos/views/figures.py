"""The three linked figures: map, embedding and spectra; the page fills and colours them."""

from __future__ import annotations

from typing import Any

import bokeh.models
import bokeh.plotting
import numpy as np

from didymos.plots.styling import REGION_COLOURS
from didymos.schema import SPECTRAL_REGIONS, Region
from didymos.views.names import AVERAGE, DIFFERENCE, EMBEDDING, POINTER, SELECTIONS, SPECTRA

# Bokeh makes its constructors when it is imported: what it declares of them does not fit
models: Any = bokeh.models
figure: Any = bokeh.plotting.figure

LINES = (AVERAGE, *(region.name.lower() for region in SPECTRAL_REGIONS), *SELECTIONS, POINTER)
"""The spectra that can be drawn, from the lowest to the uppermost."""
AVERAGE_COLOUR = "#8c8c8c"
"""Grey, which is seen on light and on dark."""
BLANK = {"image": [np.zeros((1, 1), dtype=np.uint32)], "x": [0.0], "y": [0.0], "dw": [1.0], "dh": [1.0]}


def map_figure(name: str, x_label: str, y_label: str, box: tuple[float, float, float, float]) -> Any:
    """Return the figure of the map, empty.

    Parameters
    ----------
    name : str
        "map", or "second" for another one beside it.
    x_label, y_label : str
    box : tuple of float
        Left, right, bottom and top.
    """
    plot = _figure(name, x_label, y_label, "pan,wheel_zoom,box_select,lasso_select,reset")
    plot.x_range, plot.y_range = models.Range1d(*box[:2]), models.Range1d(*box[2:])
    plot.image_rgba(source=_source(f"{name}_image", BLANK), image="image", x="x", y="y", dw="dw", dh="dh")
    _outlines(plot, name)
    _examples(plot, name)
    _mark(plot, f"{name}_point")
    plot.toolbar.active_drag = plot.select_one(models.LassoSelectTool)
    plot.grid.visible = False
    if not y_label:
        plot.yaxis.visible = False
    return plot


def embedding_figure(x_label: str, y_label: str, box: tuple[float, float, float, float]) -> Any:
    """Return the figure of the embedding, empty: one mark a spectrum, or a picture where there are many."""
    plot = _figure(EMBEDDING, x_label, y_label, "pan,wheel_zoom,box_select,lasso_select,reset")
    plot.x_range, plot.y_range = models.Range1d(*box[:2]), models.Range1d(*box[2:])
    plot.image_rgba(source=_source("embedding_image", BLANK), image="image", x="x", y="y", dw="dw", dh="dh")
    plot.scatter(
        "x",
        "y",
        size="size",
        fill_color="colour",
        line_color="line",
        line_width=0.5,
        alpha="opacity",
        source=_source("embedding_marks", {name: [] for name in ("x", "y", "size", "colour", "line", "opacity")}),
    )
    _outlines(plot, EMBEDDING)
    _examples(plot, EMBEDDING)
    _mark(plot, "embedding_point")
    plot.toolbar.active_drag = plot.select_one(models.LassoSelectTool)
    return plot


def spectra_figure(x_label: str, y_label: str, energies: tuple[float, float], signal: tuple[float, float]) -> Any:
    """Return the figure of the spectra, empty: bands, lines and the energy of the slice."""
    plot = _figure(SPECTRA, x_label, y_label, "pan,box_zoom,wheel_zoom,reset")
    # the page fits the second range to what is drawn
    plot.x_range, plot.y_range = models.Range1d(*energies), models.Range1d(*signal)
    regions = {region.name.lower(): REGION_COLOURS[region] for region in SPECTRAL_REGIONS}
    colours = {AVERAGE: AVERAGE_COLOUR} | regions | SELECTIONS
    for name in (AVERAGE, *SELECTIONS):
        band = _source(f"band_{name}", {"x": [], "low": [], "high": []})
        plot.varea("x", "low", "high", color=colours[name], alpha=0.22, source=band)
    for name in LINES:
        # the page gives the spectrum at a point the colour of the text, dark or light
        colour = colours.get(name, "#1a1a1a")
        dash = "dashed" if name == Region.TRANSITION.name.lower() else "solid"
        line = _source(f"line_{name}", {"x": [], "y": []})
        width = 2 if name in (AVERAGE, *SELECTIONS, POINTER) else 1.4
        plot.line("x", "y", color=colour, width=width, dash=dash, source=line, name=f"glyph_{name}")
    plot.varea("x", "low", "high", color="#888888", alpha=0.25,
               source=_source(f"band_{DIFFERENCE}", {"x": [], "low": [], "high": []}))  # fmt: skip
    plot.line("x", "y", color="#1a1a1a", width=2, name=f"glyph_{DIFFERENCE}",
              source=_source(f"line_{DIFFERENCE}", {"x": [], "y": []}))  # fmt: skip
    # seen only while the map shows one energy
    plot.add_layout(
        models.Span(
            name="slice", dimension="height", location=0, line_color="#d55e00", line_dash="dotted", visible=False
        )
    )
    return plot


def _figure(name: str, x_label: str, y_label: str, tools: str) -> Any:
    plot = figure(
        name=name,
        tools=tools,
        toolbar_location="above",
        sizing_mode="stretch_both",
        min_width=200,
        min_height=200,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color="#8c8c8c",
    )
    # text from a file is not read as a formula
    plot.xaxis.axis_label, plot.yaxis.axis_label = models.PlainText(text=x_label), models.PlainText(text=y_label)
    for axis in (*plot.xaxis, *plot.yaxis):
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = "13px"
        axis.major_label_text_font_size = "12px"
        axis.minor_tick_line_color = None
        axis.axis_label_standoff = 4
    plot.grid.grid_line_color = "#8c8c8c"
    plot.grid.grid_line_alpha = 0.15
    # the page marks what is selected: Bokeh would fade marks by their number, which changes
    for tool in (*plot.select(models.BoxSelectTool), *plot.select(models.LassoSelectTool)):
        tool.renderers = []
    plot.toolbar.logo = None
    plot.toolbar.autohide = False
    return plot


def _outlines(plot: Any, name: str) -> None:
    """Add the outlines of the selections that were drawn in a figure."""
    source = _source(f"outlines_{name}", {"x": [], "y": [], "colour": []})
    plot.patches("x", "y", fill_alpha=0, line_color="colour", line_width=1.5, source=source)


def _examples(plot: Any, name: str) -> None:
    """Add the crosses of spectra that were labelled, seen on dark and on light."""
    source = _source(f"examples_{name}", {"x": [], "y": [], "colour": []})
    plot.scatter("x", "y", marker="x", size=10, line_color="white", line_width=5, source=source)
    plot.scatter("x", "y", marker="x", size=10, line_color="colour", line_width=2.2, source=source)


def _mark(plot: Any, name: str) -> None:
    """Add the mark of the point under the pointer, seen on dark and on light; all below it stays as it is painted."""
    source = _source(name, {"x": [], "y": []})
    for colour, width in (("white", 4), ("#1a1a1a", 1.8)):
        plot.scatter(
            "x", "y", size=13, fill_alpha=0, line_color=colour, line_width=width, source=source, level="overlay"
        )


def _source(name: str, data: dict[str, Any]) -> Any:
    return models.ColumnDataSource(data, name=name)

"""Whether a figure can be read: nothing too small, beyond the page, or on top of other words."""

from __future__ import annotations

import itertools

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from didymos.plots.styling import COLUMN_WIDTH


def assert_legible(figure):
    assert isinstance(figure, Figure)
    assert figure.get_figwidth() == pytest.approx(COLUMN_WIDTH)
    shown = texts_of(figure)
    assert shown
    for text, box in shown:
        assert text.get_fontsize() >= 7, text.get_text()
        assert box.x0 >= -1, f"{text.get_text()!r} leaves the page"
        assert box.x1 <= figure.bbox.width + 1, f"{text.get_text()!r} leaves the page"
        assert box.y0 >= -1, f"{text.get_text()!r} leaves the page"
        assert box.y1 <= figure.bbox.height + 1, f"{text.get_text()!r} leaves the page"
    for (first, box), (second, other) in itertools.combinations(shown, 2):
        overlap = min(box.x1, other.x1) - max(box.x0, other.x0), min(box.y1, other.y1) - max(box.y0, other.y0)
        assert min(overlap) < 1, f"{first.get_text()!r} lies on {second.get_text()!r}"


def texts_of(figure):
    figure.draw_without_rendering()
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    shown = []
    for text in found:
        axes = text.axes
        if axes is not None and not axes.get_visible():
            continue
        box = text.get_window_extent()
        inside = box.x1 > 0 and box.y1 > 0 and box.x0 < figure.bbox.width and box.y0 < figure.bbox.height
        if inside and box.width > 0:
            shown.append((text, box))
    return drawn_only(figure, shown)


def drawn_only(figure, shown):
    # ticks outside the view keep a text that is never drawn
    drawn = {id(text) for part in (figure, *figure.axes) for text in part.texts}
    for axes in figure.axes:
        drawn |= {id(text) for text in (axes.title, axes._left_title, axes._right_title)}
        for axis in (axes.xaxis, axes.yaxis):
            drawn.add(id(axis.label))
            for tick in axis._update_ticks():
                drawn |= {id(label) for label in (tick.label1, tick.label2) if label.get_visible()}
    for legend in [*figure.legends, *(axes.get_legend() for axes in figure.axes)]:
        drawn |= {id(text) for text in legend.get_texts()} if legend else set()
    return [(text, box) for text, box in shown if id(text) in drawn]

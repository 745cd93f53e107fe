"""Everything a comparison of methods leaves in a folder: pages, figures, a table, and the comparison itself."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import xarray as xr
from markupsafe import Markup

from didymos.io.atomic import make_folder
from didymos.io.results import save_result
from didymos.plots import COMPARISON_FIGURES, METHOD_FIGURES, FigureEntry, of_method, rendered, thumbnail
from didymos.plots.comparison import has_truth
from didymos.plots.comparison_sheet import SMALL, can_draw_small
from didymos.plots.export import drawn, write_images
from didymos.plots.helpers import Images
from didymos.plots.settings import FORMATS, FigureSettings
from didymos.plots.sheets import detached
from didymos.report import comparison_words as words
from didymos.report import sentences
from didymos.report.csv_files import write_table
from didymos.report.html import data_url, page, pictures_of, provenance, settings_rows, write_page
from didymos.report.measurement import measured
from didymos.report.settings_file import settings_url, write_settings
from didymos.schema import COMPARISON_ATTRIBUTES, Region
from didymos.schema.given import check_path, check_result, no_result
from didymos.views import compared_views

ELSEWHERE = ("settings", "skipped_methods")
"""Attributes that have a section of their own on the page."""
SMALL_RESOLUTION = 170
OWNED = ("comparison.nc", "comparison.html", "methods", "tables/comparison.csv", "settings.toml")
"""Names that a comparison writes into a folder, beside figures."""
MARK = "didymos method page"
"""Stands in every page of a method, to recognise the pages of an earlier comparison."""


def write_comparison(
    comparison: xr.Dataset, folder: str | os.PathLike[str], figures: str | Sequence[str] | FigureSettings = "png"
) -> Path:
    """Write a comparison: ``comparison.html``, ``comparison.nc``, ``settings.toml``, pages, figures and tables.

    Parameters
    ----------
    comparison : xarray.Dataset
        From :func:`didymos.compare`.
    folder : path
        Made where it is missing; files of the same names are replaced one by one. Pages and figures of methods that an
        earlier comparison left there are removed, all else is left alone.
    figures : str, sequence of str or FigureSettings
        The formats of the figures, as of :func:`didymos.write`.

    Returns
    -------
    pathlib.Path
        The page at a glance, ``comparison.html``.

    Raises
    ------
    InputError
        Where the folder cannot be made or written, or there is no such format.
    """
    check_result(comparison, "write_comparison", "a comparison")
    if "method_score" not in comparison:
        raise no_result(comparison, "write_comparison", "a comparison")
    check_path(folder, "the folder")
    settings = FigureSettings.of(figures)
    target = Path(folder)
    make_folder(target)
    # numbers first: an error in a picture must not cost the comparison
    save_result(comparison, target / "comparison.nc")
    write_table(words.summary_table(comparison), target / "tables" / "comparison.csv")
    write_settings(comparison, target)
    names = file_names([str(name) for name in comparison["algorithm"].values])
    _remove_earlier(target)
    images = _save(comparison, COMPARISON_FIGURES, target / "figures", settings)
    for name in names:
        _write_method(comparison, name, names, target, settings)
    text = page(
        "comparison.html.jinja",
        file=_file(comparison),
        compared=words.compared(comparison),
        measured=[row for row in measured(comparison) if row[1]],
        left_out=words.left_out(comparison),
        prepared=sentences.prepared(comparison),
        columns=words.shown_columns(comparison),
        corrupted=bool((comparison["region"] == Region.ARTEFACT).any()),
        rows=_rows(comparison, names),
        truth=has_truth(comparison),
        pictures={
            picture.name: picture
            for name, entry in COMPARISON_FIGURES.items()
            if name in images and name != "overview"
            for picture in pictures_of(comparison, {name: entry}, images)
        },
        formats=settings.formats,
        skipped=words.skipped(comparison),
        settings=settings_rows(comparison),
        settings_url=settings_url(comparison),
        command="compare",
        provenance=provenance(comparison, COMPARISON_ATTRIBUTES, ELSEWHERE),
        views=compared_views(comparison, [_title(comparison, index) for index in range(len(names))]),
        stem=Path(str(comparison.attrs.get("input_file", "") or "map")).stem,
    )
    return write_page(target / "comparison.html", text)


def file_names(names: Sequence[str]) -> dict[str, str]:
    """Return for each method a file name that is safe on every system, and its own."""
    files: dict[str, str] = {}
    for name in names:
        stem = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-") or "method"
        taken, number, chosen = set(files.values()), 2, stem
        while chosen in taken:
            chosen, number = f"{stem}-{number}", number + 1
        files[name] = chosen
    return files


def _write_method(
    comparison: xr.Dataset, name: str, files: Mapping[str, str], target: Path, settings: FigureSettings
) -> None:
    one = of_method(comparison, name)
    images = _save(one, METHOD_FIGURES, target / "figures", settings, f"{files[name]}.")
    order = list(files)
    index = order.index(name)
    text = page(
        "method.html.jinja",
        mark=MARK,
        file=_file(comparison),
        name=name,
        title=_title(comparison, index),
        description=words.description(name),
        notes=words.notes(one),
        numbers=list(zip(words.shown_columns(comparison), words.cells(comparison)[index], strict=True)),
        pictures=pictures_of(one, {key: METHOD_FIGURES[key] for key in images}, images),
        before=(files[order[index - 1]], _title(comparison, index - 1)) if index else None,
        after=(files[order[index + 1]], _title(comparison, index + 1)) if index + 1 < len(order) else None,
    )
    write_page(target / "methods" / f"{files[name]}.html", text)


def _rows(comparison: xr.Dataset, files: Mapping[str, str]) -> list[dict[str, object]]:
    """Return what the page at a glance shows of every method."""
    return [
        {
            "name": name,
            "file": files[name],
            "title": _title(comparison, index),
            "cells": cells,
            "small": _thumbnails(of_method(comparison, name)),
        }
        for index, (name, cells) in enumerate(zip(files, words.cells(comparison), strict=True))
    ]


def _thumbnails(one: xr.Dataset) -> dict[str, Markup | None]:
    return {kind: _thumbnail(one, kind) if can_draw_small(one, kind) else None for kind in SMALL}


def _thumbnail(one: xr.Dataset, kind: str) -> Markup:
    with detached():
        return data_url(rendered(thumbnail(one, kind), "png", SMALL_RESOLUTION))


def _title(comparison: xr.Dataset, index: int) -> str:
    title = str(comparison["method_title"].values[index])
    # k-means and t-SNE keep their small letter
    return title if title[1:2] == "-" else title[:1].upper() + title[1:]


def _file(comparison: xr.Dataset) -> str:
    return str(comparison.attrs.get("input_file", "") or "spectral map")


def _save(
    data: xr.Dataset, entries: Mapping[str, FigureEntry], folder: Path, settings: FigureSettings, prefix: str = ""
) -> dict[str, Images]:
    """Draw and write the figures that the data can show, and return them by name and format."""
    images = drawn(data, {name: entry for name, entry in entries.items() if entry.can_draw(data)}, settings)
    for name, image in images.items():
        write_images(image, folder / f"{prefix}{name}", settings.formats)
    return images


def _remove_earlier(target: Path) -> None:
    """Remove pages and figures of an earlier comparison: they would pass for pages of this comparison."""
    for name in METHOD_FIGURES:
        for kind in FORMATS:
            for path in (target / "figures").glob(f"*.{name}.{kind}"):
                path.unlink()
    for name in COMPARISON_FIGURES:
        for kind in FORMATS:
            (target / "figures" / f"{name}.{kind}").unlink(missing_ok=True)
    for path in (target / "methods").glob("*.html"):
        if MARK in path.read_text(encoding="utf-8", errors="replace"):
            path.unlink()

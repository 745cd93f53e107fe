"""The report: one self-contained HTML file."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from didymos.io.atomic import replacing
from didymos.plots import FigureEntry, available, rendered
from didymos.plots.helpers import Images
from didymos.plots.numbers import number
from didymos.report import measurement, page_tables, sentences
from didymos.report.settings_file import settings_url
from didymos.report.typography import probability, typeset
from didymos.schema import RESULT_ATTRIBUTES
from didymos.schema.given import check_path, check_result
from didymos.views import ViewSettings, linked_views

HEAVY = 1_500_000
"""An image of more bytes than this does not go into the report as it is."""
PAGE_RESOLUTION = 300


@dataclass(frozen=True)
class Section:
    """A section of the report: its anchor, heading, introduction and figures."""

    anchor: str
    heading: str
    text: str
    figures: tuple[str, ...]


SECTIONS = (
    Section(
        "where",
        "Map of the score",
        "Score, regions and kinds of the spectra over the map.",
        ("score_map", "region_map", "kind_map", "phase_map", "score_uncertainty", "iso_energy"),
    ),
    Section(
        "spectra",
        "Average spectra",
        "Averages over the regions of the map, and the density of all spectra.",
        ("region_spectra", "kind_spectra", "signal_histogram"),
    ),
    Section(
        "variation",
        "Variation of the spectra",
        "Principal components, distances in latent spaces, and distances of pairs of spectra.",
        ("scree_and_latent", "distance_correlation", "distance_statistics", "distance_sweep", "abundance"),
    ),
    Section(
        "twin",
        "Twin networks",
        "Two copies of one network receive a pair of spectra. Training places similar spectra close together.",
        ("embedding", "training_loss"),
    ),
    Section(
        "transfer",
        "Transfer of spectral weight",
        "Correlations between energies, and differences between minority and majority where there are both.",
        ("weight_transfer",),
    ),
    Section("truth", "Comparison with the truth", "This map was simulated.", ("score_against_truth",)),
)
"""The sections with figures, in reading order; one without any figure is left out."""


@dataclass(frozen=True)
class Picture:
    """A figure as it stands in the report."""

    name: str
    title: str
    caption: str
    alternative: str
    source: Markup


def write_report(
    result: xr.Dataset,
    path: str | os.PathLike[str],
    figures: str | os.PathLike[str] | Mapping[str, Images] | None = None,
    views: ViewSettings | None = None,
) -> Path:
    """Write the report of a result: one HTML file that needs nothing else.

    Parameters
    ----------
    result : xarray.Dataset
        A result.
    path : path
        The file to write, usually ``report.html``.
    figures : path or mapping, optional
        To save drawing the figures again: the folder that holds the PNG or SVG files of this very result, as
        :func:`didymos.plots.save_figures` wrote them, or the contents of these files by name and format.
    views : ViewSettings, optional
        How much of the result the linked views hold.

    Returns
    -------
    pathlib.Path
        The file.
    """
    check_result(result, "write_report")
    check_path(path, "the report")
    entries = available(result)
    images = figures if isinstance(figures, Mapping) else {} if figures is None else _stored(Path(figures), entries)
    pictures = {picture.name: picture for picture in pictures_of(result, entries, images)}
    sections = [(section, [pictures[name] for name in section.figures if name in pictures]) for section in SECTIONS]
    text = page(
        "template.html.jinja",
        file=str(result.attrs.get("input_file", "") or "spectral map"),
        found=int(result.attrs.get("distinct_population", 0) or 0) == 1,
        verdict=sentences.verdict(result),
        measured=measurement.measured(result),
        sentences=sentences.found(result),
        prepared=sentences.prepared(result),
        computed=sentences.computed(result),
        sections=[(section, chosen) for section, chosen in sections if chosen],
        section_tables=page_tables.section_tables(result),
        defects=page_tables.defects(result),
        settings=settings_rows(result),
        settings_url=settings_url(result),
        command="analyze",
        provenance=provenance(result),
        views=linked_views(result, views),
        stem=Path(str(result.attrs.get("input_file", "") or "map")).stem,
    )
    return write_page(path, text)


def page(template: str, /, rooms: Sequence[str] = (), **values: Any) -> str:
    """Return a page: one of our templates, filled in; whatever is filled in is escaped."""
    folders = [files(f"didymos.{room}") for room in ("report", "views", *rooms)]

    def text(name: str) -> str | None:
        found = [folder.joinpath(name) for folder in folders if folder.joinpath(name).is_file()]
        return found[0].read_text(encoding="utf-8") if found else None

    templates = Environment(
        loader=FunctionLoader(text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup("\n".join(filter(None, map(text, ("style.css", "views.css", "explorer.css")))))  # our own files
    return templates.get_template(template).render(
        **{"views": None, "connect": "", "live": False, "style": style, **values}
    )


def write_page(path: str | os.PathLike[str], text: str) -> Path:
    """Write a page; what stands there stays until the new one is complete."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace")
    return Path(path)


def pictures_of(result: xr.Dataset, entries: Mapping[str, FigureEntry], images: Mapping[str, Images]) -> list[Picture]:
    """Return figures of a result as they stand in a page; those without an image are drawn."""
    pictures = []
    for name, entry in entries.items():
        image = images.get(name, {})
        kind = next((kind for kind in ("svg", "png") if len(image.get(kind, b"")) in range(1, HEAVY + 1)), None)
        content = image[kind] if kind else rendered(entry.figure(result), "png", PAGE_RESOLUTION)
        pictures.append(Picture(name, entry.title, entry.caption(result), entry.alternative, data_url(content, kind)))
    return pictures


def _stored(folder: Path, names: Iterable[str]) -> dict[str, Images]:
    """Return the figures that a folder holds, by name and format."""
    files = {name: {kind: folder / f"{name}.{kind}" for kind in ("svg", "png")} for name in names}
    return {
        name: {kind: file.read_bytes() for kind, file in kinds.items() if file.is_file()}
        for name, kinds in files.items()
    }


def data_url(content: bytes, kind: str | None = None) -> Markup:
    """Return an image, "svg" or else PNG, as an address that holds it."""
    return Markup(
        f"data:image/{'svg+xml' if kind == 'svg' else 'png'};base64,{base64.b64encode(content).decode('ascii')}"
    )


def provenance(
    result: xr.Dataset, known: Mapping[str, str] = RESULT_ATTRIBUTES, without: Sequence[str] = ("settings",)
) -> list[tuple[str, str, str]]:
    """Return the attributes of a result with their known meanings, without the attributes named in `without`."""
    rows = [
        (name, _readable(name, result.attrs[name]), meaning)
        for name, meaning in known.items()
        if name not in without and name in result.attrs
    ]
    further = [name for name in result.attrs if name not in known]
    return [*rows, *((str(name), _readable(str(name), result.attrs[name])[:500], "") for name in further)]


def _readable(name: str, value: Any) -> str:
    """Return an attribute for people; the result holds all digits."""
    if name.endswith("_notes"):
        return typeset(str(value))
    if isinstance(value, int | np.integer):
        return str(value).replace("-", "−")
    if not isinstance(value, float | np.floating):
        return str(value)
    return probability(float(value)) if name.endswith("p_value") and np.isfinite(value) else number(value, 5)


def flattened(settings: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Return nested settings as rows of dotted names and values."""
    if not isinstance(settings, Mapping) or not settings:
        return [(prefix, json.dumps(settings, ensure_ascii=False))] if prefix else []
    rows = []
    for name, value in settings.items():
        rows += flattened(value, f"{prefix}.{name}" if prefix else str(name))
    return rows


def settings_rows(result: xr.Dataset) -> list[tuple[str, str]]:
    """Return the settings of a result as rows of dotted names and values."""
    return flattened(_settings(result))


def _settings(result: xr.Dataset) -> Any:
    text = result.attrs.get("settings", "{}")
    try:
        settings = json.loads(text)
    except (TypeError, ValueError):
        return {"settings": str(text)}
    return settings if isinstance(settings, Mapping) else {"settings": settings}

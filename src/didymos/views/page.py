"""Linked views as part of a page: markup, figures, data and scripts."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from markupsafe import Markup

from didymos.plots.numbers import number
from didymos.views.blanks import Blank, filled
from didymos.views.names import EMBEDDING, MAP, SECOND, SPECTRA
from didymos.views.payload import as_json, decoded, payload
from didymos.views.places import Places, places_of
from didymos.views.settings import ViewSettings
from didymos.views.spectra import HIGHEST

OWN_SCRIPTS = (
    "numbers.js",
    "exports.js",
    "paint.js",
    "state.js",
    "draw.js",
    "controls.js",
    "follow.js",
    "link.js",
    "start.js",
)
"""Our scripts in the order in which they run."""


@dataclass(frozen=True)
class PageViews:
    """Views as part of a page.

    Attributes
    ----------
    data : Markup
        What the page knows, JSON that can stand in a page.
    figures : Markup
        The figures, JSON that can stand in a page.
    scripts : tuple of Markup
        In the order in which they run.
    notes : tuple of str
        What the page leaves out, sentences.
    """

    data: Markup
    figures: Markup
    scripts: tuple[Markup, ...]
    notes: tuple[str, ...]

    @property
    def hashes(self) -> str:
        """The scripts as sources of a content security policy: no other script runs."""
        digests = (hashlib.sha256(script.encode()).digest() for script in self.scripts)
        return " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)


@dataclass(frozen=True)
class LinkedViews(PageViews):
    """Linked views of a result.

    Attributes
    ----------
    layers : tuple of (name, title)
        What the map can be coloured by.
    energies : int
        Number of energies of a spectrum on the page.
    has_embedding : bool
    has_thresholds : bool
    """

    layers: tuple[tuple[str, str], ...]
    energies: int
    has_embedding: bool
    has_thresholds: bool


def linked_views(result: xr.Dataset, settings: ViewSettings | None = None) -> LinkedViews | None:
    """Return the linked views of a result; None where a result has no score or a single point.

    Parameters
    ----------
    result : xarray.Dataset
        A result.
    settings : ViewSettings, optional

    Returns
    -------
    LinkedViews or None
    """
    if "score" not in result or result["score"].size < 2 or not np.isfinite(result["score"].values).any():
        return None
    chosen = settings or ViewSettings()
    places = places_of(result, chosen)
    return of_payload(payload(result, places, chosen), places)


def of_payload(values: dict[str, Any], places: Places, further: str = "") -> LinkedViews:
    """Return linked views of what :func:`didymos.views.payload.payload` gave.

    Parameters
    ----------
    values : dict
    places : Places
    further : str
        A script that runs after ours.

    Returns
    -------
    LinkedViews
    """
    return LinkedViews(
        # as_json leaves nothing that could end the script
        Markup(as_json(values)),
        Markup(as_json(_figures(values))),
        scripts(further),
        notes_of(places, values["spectra"]),
        tuple((layer["name"], layer["title"]) for layer in values["layers"]),
        len(values["spectra"]["energy"]),
        values["embedding"] is not None,
        values["thresholds"] is not None,
    )


def scripts(further: str = "", names: tuple[str, ...] = OWN_SCRIPTS) -> tuple[Markup, ...]:
    """Return the scripts of a page: Bokeh, ours, and what follows them."""
    bokeh = _script_of_bokeh()
    folder = files("didymos.views")
    own = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    # files of the library and our own
    return tuple(Markup(text.replace("</script", "<\\/script")) for text in (bokeh, own, further) if text)


def _script_of_bokeh() -> str:
    """Return the script of Bokeh without importing it, which takes half a second."""
    found = importlib.util.find_spec("bokeh")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "server/static/js/bokeh.min.js").read_text(encoding="utf-8")


def _figures(values: dict[str, Any]) -> dict[str, Any]:
    """Return the figures as JSON for Bokeh, by the element they go to."""
    plots = {name: map_of(values, name) for name in (MAP, SECOND)}
    if values["embedding"] is not None:
        plots[EMBEDDING] = plane_of(values["embedding"])
    return filled(plots | {SPECTRA: spectra_of(values)})


def map_of(values: dict[str, Any], name: str = MAP) -> Blank:
    """Return the figure of the map of a page, or of a second one."""
    picture, places = values["picture"], values["places"]
    left, bottom = picture["left"], picture["bottom"]
    box = (left, left + picture["width"], bottom, bottom + picture["height"])
    return Blank(name, (places["xLabel"], places["yLabel"]), box)


def plane_of(plane: dict[str, Any]) -> Blank:
    """Return the figure of an embedding or another plane."""
    first, last, bottom, top = plane["box"]
    return Blank(EMBEDDING, (plane["xLabel"], plane["yLabel"]), (first, last, bottom, top))


def spectra_of(values: dict[str, Any]) -> Blank:
    """Return the figure of the spectra of a page."""
    spectra = values["spectra"]
    energies = _apart(spectra["energy"][0], spectra["energy"][-1])
    return Blank(SPECTRA, (spectra["energyLabel"], spectra["signalLabel"]), (*energies, *_signal_range(values)))


def _apart(low: float, high: float) -> tuple[float, float]:
    """Return the ends of an axis; one energy alone gets room on both sides."""
    margin = 0.0 if low < high else abs(low) * 0.01 or 0.5
    return low - margin, high + margin


def _signal_range(values: dict[str, Any]) -> tuple[float, float]:
    """Return the range of the average spectra of the regions, from which the page begins."""
    known = [decoded(region["spectrum"]) for region in values.get("regions", {}).values() if region["size"]]
    finite = np.concatenate([*known, decoded(values["spectra"]["mean"])])
    finite = finite[np.isfinite(finite)]
    return (float(finite.min()), float(finite.max())) if finite.size and np.ptp(finite) > 0 else (0.0, 1.0)


def notes_of(places: Places, spectra: dict[str, Any], most: str = "the largest score") -> tuple[str, ...]:
    """Return what a page leaves out, where the points with `most` are preferred."""
    held, shown, points = len(places.with_spectrum), len(places.index), places.points
    notes = []
    if shown < points:
        notes.append(f"The map shows {number(shown)} of {number(points)} points: the one with {most} in a block.")
    measured = shown - int((places.nearest < 0).sum())
    if held < measured:
        notes.append(
            f"The page holds {number(held)} of {number(points)} spectra: those with {most}s, and as many "
            "drawn at random. Averages are over these; a point without a spectrum shows the nearest one."
        )
    energies, kept = spectra["original"], len(spectra["energy"])
    reduced = f"{number(energies)} energies are averaged to {kept}, and values" if kept < energies else "Values"
    notes.append(
        f"{reduced} are rounded to 1/{HIGHEST} of the range of their spectrum. The full data are in the result."
    )
    return tuple(notes)

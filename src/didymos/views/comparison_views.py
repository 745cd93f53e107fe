"""Linked views of a comparison as part of a page: two methods side by side, and the spectra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from markupsafe import Markup

from didymos.views.blanks import filled
from didymos.views.comparison_payload import compared_payload
from didymos.views.names import SPECTRA
from didymos.views.page import OWN_SCRIPTS, PageViews, map_of, notes_of, plane_of, scripts, spectra_of
from didymos.views.payload import as_json
from didymos.views.settings import ComparedSettings

SIDES = ("left", "right")
"""The two columns; each shows one method."""
SCRIPTS = (*OWN_SCRIPTS[:-1], "compared.js", "compared_controls.js", OWN_SCRIPTS[-1])
"""Our scripts in the order in which they run; the last one starts the page."""


@dataclass(frozen=True)
class ComparedViews(PageViews):
    """Linked views of a comparison.

    Attributes
    ----------
    methods : tuple of (name, title)
        The methods that can be chosen.
    sides : tuple of (side, name)
        The columns, and the method that each begins with.
    colours : tuple of (name, title)
        What maps and planes can be coloured by.
    has_planes : bool
        Whether any method has a latent plane.
    """

    methods: tuple[tuple[str, str], ...]
    sides: tuple[tuple[str, str], ...]
    colours: tuple[tuple[str, str], ...]
    has_planes: bool


def compared_views(
    comparison: xr.Dataset, titles: Sequence[str], settings: ComparedSettings | None = None
) -> ComparedViews | None:
    """Return the linked views of a comparison; None where there is no score or a single point.

    Parameters
    ----------
    comparison : xarray.Dataset
        A comparison.
    titles : sequence of str
        What the methods are called, in their order.
    settings : ComparedSettings, optional

    Returns
    -------
    ComparedViews or None
    """
    if "method_score" not in comparison or comparison["region"].size < 2:
        return None
    if not np.isfinite(comparison["method_score"].values).any():
        return None
    values, places = compared_payload(comparison, settings or ComparedSettings())
    grouped = any(method["groups"] for method in values["methods"])
    colours = {"score": "score of each method"}
    colours |= {"group": "group of each method"} if grouped else {}
    colours |= {"truth": "truth"} if values["truth"] else {}
    rounded = "Scores and latent planes are rounded to 1/65534 of their range."
    return ComparedViews(
        # as_json leaves nothing that could end the script
        Markup(as_json(values)),
        Markup(as_json(_figures(values))),
        scripts(names=SCRIPTS),
        (*notes_of(places, values["spectra"], "the highest mean rank"), rounded),
        tuple((method["name"], title) for method, title in zip(values["methods"], titles, strict=True)),
        tuple(zip(SIDES, values["sides"], strict=True)),
        tuple(colours.items()),
        bool(values["planes"]),
    )


def _figures(values: dict[str, Any]) -> dict[str, Any]:
    """Return the five figures as JSON for Bokeh, by the element they go to."""
    plots = {f"{side}-map": map_of(values) for side in SIDES}
    planes = {method["name"]: method["plane"] for method in values["methods"]}
    for side, name in zip(SIDES, values["sides"], strict=True):
        if values["planes"]:
            # where the method has no plane the page hides the figure
            plane = values["planes"][planes[name] or 0]
            plots[f"{side}-plane"] = plane_of(plane)
    return filled(plots | {SPECTRA: spectra_of(values)})

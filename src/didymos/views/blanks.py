"""Figures as JSON with blanks for what differs between pages: Bokeh makes them once, and they are kept on disk.

Bokeh takes a second to be imported and to describe the figures of a page, which are the same for all results but for
the labels and ranges of their axes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from didymos.io.atomic import replacing
from didymos.schema import InputError
from didymos.twin.training.compile_cache import cache_folder
from didymos.views.names import EMBEDDING, SPECTRA

LABELS = ("@first@", "@second@")
NUMBERS = (1.5e300, 2.5e300, 3.5e300, 4.5e300)
"""What stands for the ends of the ranges of both axes; no axis goes that far."""
_OF_BOKEH = re.compile(r'"id": "(p\d+)"')
_IDENTITY = re.compile(r'"@id(\d+)@"')


@dataclass(frozen=True)
class Blank:
    """A figure whose blanks are to be filled in.

    Attributes
    ----------
    name : str
        "map", "second", "embedding" or "spectra".
    labels : tuple of two str
        Of the axes; without a second one that axis is not drawn.
    ranges : tuple of four float
        Ends of the first and of the second axis.
    """

    name: str
    labels: tuple[str, str]
    ranges: tuple[float, float, float, float]


def filled(figures: Mapping[str, Blank]) -> dict[str, Any]:
    """Return figures as JSON for Bokeh, by the element they go to.

    Parameters
    ----------
    figures : mapping of str to Blank
        By the name of the element, without ``view-``.

    Returns
    -------
    dict
    """
    return {element: _filled(figure, element) for element, figure in figures.items()}


def _filled(figure: Blank, element: str) -> dict[str, Any]:
    text = _template(figure.name, second=bool(figure.labels[1]))
    # models are counted within a page, so that one result has one page
    text = _IDENTITY.sub(rf'"{element}-\1"', text)
    given = [*map(float, figure.ranges), *figure.labels]
    for blank, value in zip((*NUMBERS, *LABELS), given, strict=True):
        text = text.replace(json.dumps(blank), json.dumps(value))
    found: dict[str, Any] = json.loads(text)
    return {**found, "target_id": f"view-{element}"}


@lru_cache(maxsize=16)
def _template(name: str, *, second: bool) -> str:
    """Return a figure with blanks, from the disk where it was made before."""
    path = _path(name, second=second)
    known = _kept(path)
    if known is not None:
        return known
    text = _made(name, second=second)
    if path is not None:
        # where nothing can be kept, the next process makes it again
        try:
            with replacing(path) as temporary:
                temporary.write_text(text, encoding="utf-8")
        except (OSError, InputError):
            pass
    return text


def _made(name: str, *, second: bool) -> str:
    """Let Bokeh describe a figure, its models numbered from 1."""
    import bokeh.embed

    from didymos.views import figures

    labels = (LABELS[0], LABELS[1] if second else "")
    if name == EMBEDDING:
        plot = figures.embedding_figure(*labels, NUMBERS)
    elif name == SPECTRA:
        plot = figures.spectra_figure(*labels, NUMBERS[:2], NUMBERS[2:])
    else:
        plot = figures.map_figure(name, *labels, NUMBERS)
    item: Any = bokeh.embed.json_item
    text = json.dumps(item(plot))
    number = {identity: place for place, identity in enumerate(dict.fromkeys(_OF_BOKEH.findall(text)), 1)}
    return re.sub(r'"(p\d+)"', lambda one: f'"@id{number[one[1]]}@"' if one[1] in number else one[0], text)


def _path(name: str, *, second: bool) -> Path | None:
    """Return where a figure of this very code and version of Bokeh is kept; None where the user wants nothing kept."""
    folder = cache_folder()
    own = [files("didymos.views").joinpath(part).read_text(encoding="utf-8") for part in ("figures.py", "blanks.py")]
    code = hashlib.sha256("".join([version("bokeh"), *own]).encode()).hexdigest()[:16]
    return None if folder is None else folder / "figures" / f"{name}{'' if second else '-line'}-{code}.json"


def _kept(path: Path | None) -> str | None:
    """Return a figure from the disk, None where there is none or it is damaged."""
    if path is None:
        return None
    try:
        text = path.read_text(encoding="utf-8")
        whole = {"root_id", "doc", "version", "target_id"} <= set(json.loads(text))
    except (OSError, ValueError, TypeError):
        return None
    return text if whole and json.dumps(LABELS[0]) in text else None

"""The page of the explorer: the linked views, and beside them what teaches."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from didymos.explorer.desk import Desk
from didymos.explorer.settings import HOSTS
from didymos.report.html import page
from didymos.views.page import of_payload

SCRIPTS = ("talk.js", "teach.js", "search.js", "live.js")


def explorer_page(desk: Desk, port: int) -> str:
    """Return the page of the explorer as HTML.

    Parameters
    ----------
    desk : Desk
    port : int
        Of the explorer, the only one that the page may talk to.

    Returns
    -------
    str
    """
    folder = files("didymos.explorer")
    own = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS)
    views = of_payload(desk.page(), desk.places, own)
    file = str(desk.result.attrs.get("input_file", "") or "spectral map")
    return page(
        "explorer.html.jinja",
        rooms=("explorer",),
        views=views,
        file=file,
        stem=Path(file).stem or "map",
        connect=" ".join(f"ws://{name}:{port}" for name in HOSTS),
        can_save=desk.folder is not None,
        live=True,
    )

"""Open the explorer for a result, from Python, a notebook or the command line."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path

import xarray as xr

from didymos.explorer.desk import Desk
from didymos.explorer.server import Explorer
from didymos.explorer.settings import ExplorerSettings
from didymos.io.results import open_result, result_path
from didymos.schema.given import no_result
from didymos.views.settings import ViewSettings


def explore(
    result: xr.Dataset | str | os.PathLike[str],
    *,
    folder: str | os.PathLike[str] | None = None,
    other: xr.Dataset | str | os.PathLike[str] | None = None,
    port: int = 0,
    browser: bool = False,
    views: ViewSettings | None = None,
) -> Explorer:
    """Open linked views of a result in the browser; the user points at spectra, and the twins learn.

    The page is served to this machine only, at an address with a secret token. In a notebook the returned object shows
    the page in the cell.

    Parameters
    ----------
    result : xarray.Dataset or path
        A result, or the folder of one, as ``didymos analyze`` writes.
    folder : path, optional
        Where sessions are saved: in its folder ``explorer``. Default: that of `result` where it is a path.
    other : xarray.Dataset or path, optional
        Another result of the same map, to compare with.
    port : int
        Of this machine; 0 takes a free one.
    browser : bool
        Whether the browser is opened.
    views : ViewSettings, optional
        How much of the result the page holds.

    Returns
    -------
    Explorer
        Serves until it is closed: ``close()``, or the end of the process.

    Raises
    ------
    InputError
        Where there is no result, the port is taken, or the saved session does not fit.
    """
    settings = ExplorerSettings(port=port)
    known, place = _opened(result)
    second = None if other is None else _opened(other)[0]
    desk = Desk(
        known,
        place if folder is None else Path(folder),
        other=second,
        settings=settings,
        views=views,
    )
    desk.reopen()
    explorer = Explorer(desk)
    if browser:
        webbrowser.open(explorer.url)
    return explorer


def _opened(result: xr.Dataset | str | os.PathLike[str]) -> tuple[xr.Dataset, Path | None]:
    """Return a result and its folder, None where it is in memory."""
    if isinstance(result, xr.Dataset):
        if "score" not in result:
            raise no_result(result, "the explorer")
        return result, None
    if not isinstance(result, (str, os.PathLike)):
        raise no_result(result, "the explorer")
    path = Path(result)
    folder = path.parent if path.suffix in (".nc", ".zarr") else path
    return open_result(path if path != folder else result_path(folder)), folder

"""The command that opens the explorer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def explore(
    result_dir: Path,
    /,
    *,
    other: Path | None = None,
    port: int = 0,
    browser: Annotated[bool, Parameter(negative="--no-browser")] = True,
) -> None:
    """Open linked views of a result in the browser; point at spectra, and the twins learn.

    The page is served to this machine only. Sessions are saved in the folder 'explorer' of RESULT_DIR: examples.csv
    for 'didymos analyze --examples', model.npz for 'didymos apply'.

    Parameters
    ----------
    result_dir
        Folder that 'didymos analyze' wrote, or its results.nc.
    other
        Another result of the same map, to compare with.
    port
        Port on this machine; 0 takes a free one.
    browser
        Open the browser.
    """
    from didymos.explorer.settings import ExplorerSettings

    # a wrong port is refused before anything is read
    ExplorerSettings(port=port)
    from didymos.explorer import explore as opened

    explorer = opened(result_dir, other=other, port=port, browser=browser)
    print(explorer.url, flush=True)
    explorer.wait()

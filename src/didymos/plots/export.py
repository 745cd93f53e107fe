"""Figures as files and as bytes."""

from __future__ import annotations

import io
import os
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from didymos.io.atomic import replacing
from didymos.plots.catalogue import FIGURES, available
from didymos.plots.style import style

RESOLUTION = 300
"""Dots per inch of PNG files, and of dense parts within SVG files."""
FORMATS = ("svg", "png")
# without a date and a version, the same result gives the same file
_METADATA: dict[str, dict[str, str | None]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def rendered(figure: Figure, kind: str = "svg", resolution: int = RESOLUTION) -> bytes:
    """Return a figure as the bytes of a PNG or SVG file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    kind : {"svg", "png"}
        The format.
    resolution : int
        Dots per inch.

    Returns
    -------
    bytes
        What would stand in the file.
    """
    stream = io.BytesIO()
    with style():
        figure.savefig(stream, format=kind, dpi=resolution, metadata=_METADATA[kind])
    return stream.getvalue()


def save_figures(result: xr.Dataset, folder: str | os.PathLike[str]) -> list[Path]:
    """Write every figure that a result can show as PNG (300 dpi) and SVG.

    Parameters
    ----------
    result : xarray.Dataset
        A result.
    folder : path
        The files become ``folder/figures/<name>.png`` and ``.svg``.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    figures = Path(folder) / "figures"
    drawn = available(result)
    for name in FIGURES.keys() - drawn.keys():
        for kind in FORMATS:
            # a figure of an earlier result in the same folder would pass for one of this
            (figures / f"{name}.{kind}").unlink(missing_ok=True)
    return [path for name, entry in drawn.items() for path in save_figure(entry.draw(result), figures / name)]


def save_figure(figure: Figure, path: Path) -> list[Path]:
    """Write one figure as PNG (300 dpi) and SVG.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    path : pathlib.Path
        The files become ``<path>.svg`` and ``<path>.png``.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    paths = []
    for kind in FORMATS:
        file = path.with_name(f"{path.name}.{kind}")
        content = rendered(figure, kind)
        figure.set_layout_engine("none")  # the layout of the first format holds for the second, and takes long
        with replacing(file) as temporary:
            temporary.write_bytes(content)
        paths.append(file)
    return paths

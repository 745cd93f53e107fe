"""Figures as files and as bytes."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import xarray as xr
from matplotlib.figure import Figure

from didymos.io.atomic import replacing
from didymos.plots.catalogue import FIGURES, FigureEntry, available
from didymos.plots.helpers import Helper, Images, drawn_together
from didymos.plots.settings import FORMATS, FigureSettings
from didymos.plots.sheets import Panels, figure_of
from didymos.plots.styling import style
from didymos.schema import InputError
from didymos.schema.given import check_path, is_dataset, no_result
from didymos.schema.suggestions import did_you_mean

RESOLUTION = FigureSettings().resolution

# without a date and a version, the same result gives the same file
_METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def rendered(figure: Figure | Panels, kind: str = "svg", resolution: int = RESOLUTION) -> bytes:
    """Return a figure as the bytes of a PNG, SVG or PDF file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure, or axes of it
        The figure, or what a figure function returns; it is laid out once, for all formats.
    kind : {"svg", "png", "pdf"}
        The format.
    resolution : int
        Dots per inch.

    Returns
    -------
    bytes
        What would stand in the file.
    """
    if kind not in FORMATS:
        raise InputError(f"kind is {kind!r}; allowed are {', '.join(FORMATS)}{did_you_mean(kind, FORMATS)}")
    stream, whole = io.BytesIO(), figure_of(figure)
    with style():
        _lay_out(whole, resolution)
        whole.savefig(stream, format=kind, dpi=resolution, metadata=_METADATA[kind])
    return stream.getvalue()


def _lay_out(figure: Figure, resolution: int) -> None:
    """Give the panels their final places; matplotlib would draw the whole figure once more for that."""
    engine = figure.get_layout_engine()
    if engine is not None:
        figure.set_dpi(resolution)
        engine.execute(figure)
        figure.set_layout_engine("none")


def drawn(
    result: xr.Dataset,
    entries: Mapping[str, FigureEntry],
    settings: FigureSettings,
    *,
    progress: Callable[[float], None] | None = None,
    stored: Path | None = None,
    beside: Sequence[Helper] = (),
) -> dict[str, Images]:
    """Draw figures, each once, in all formats that are written or shown in a page.

    Parameters
    ----------
    result : xarray.Dataset
        A result.
    entries : mapping of str to FigureEntry
        Figures that it can show.
    settings : FigureSettings
    progress : callable, optional
        Called with the share that is drawn.
    stored : pathlib.Path, optional
        The file of this very result, for processes that draw beside this one.
    beside : sequence of Helper
        These processes.

    Returns
    -------
    dict of str to dict of str to bytes
        The contents of files, by the name of the figure and the format.
    """
    kinds = tuple(dict.fromkeys((*settings.formats, settings.shown)))

    def own(name: str) -> Images:
        return images_of(entries[name].figure(result), kinds, settings.resolution)

    def other(helper: Helper) -> Callable[[str], Images] | None:
        if stored is None or not helper.wait_until_ready():
            return None
        return lambda name: helper.draw(stored, name, kinds, settings.resolution)

    images: dict[str, Images] = {}
    for name, image in drawn_together(list(entries), own, [partial(other, helper) for helper in beside]):
        images[name] = image
        if progress is not None:
            progress(len(images) / (len(entries) + 1))
    return {name: images[name] for name in entries}


def images_of(figure: Figure | Panels, kinds: Iterable[str], resolution: int) -> Images:
    """Return a figure in several formats."""
    return {kind: rendered(figure, kind, resolution) for kind in kinds}


def save_figures(
    result: xr.Dataset, folder: str | os.PathLike[str], figures: str | Sequence[str] | FigureSettings = "png"
) -> list[Path]:
    """Write every figure that a result can show.

    Parameters
    ----------
    result : xarray.Dataset
        A result.
    folder : path
        The files become ``folder/figures/<name>.png`` and so on.
    figures : str, sequence of str or FigureSettings
        The formats: "png" (300 dpi), "svg", "pdf", several such as "png,svg", or "none".

    Returns
    -------
    list of pathlib.Path
        The files.

    Raises
    ------
    InputError
        Where there is no such format.
    """
    if not is_dataset(result):
        raise no_result(result, "save_figures")
    check_path(folder, "the folder")
    settings = FigureSettings.of(figures)
    wanted = available(result) if settings.formats else {}
    return store(drawn(result, wanted, settings), folder, settings)


def store(images: Mapping[str, Images], folder: str | os.PathLike[str], settings: FigureSettings) -> list[Path]:
    """Write figures that are drawn, and remove those of an earlier result.

    Parameters
    ----------
    images : mapping of str to Images
        From :func:`drawn`.
    folder : path
        The files become ``folder/figures/<name>.<format>``.
    settings : FigureSettings

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    figures = Path(folder) / "figures"
    for name in FIGURES:
        for kind in FORMATS:
            if name not in images or kind not in settings.formats:
                # a figure of an earlier result in the same folder would pass for one of this
                (figures / f"{name}.{kind}").unlink(missing_ok=True)
    return [path for name, image in images.items() for path in write_images(image, figures / name, settings.formats)]


def write_images(images: Images, path: Path, formats: Iterable[str]) -> list[Path]:
    """Write one figure in some formats, as ``<path>.<format>``, and return the files."""
    paths = []
    for kind in formats:
        file = path.with_name(f"{path.name}.{kind}")
        with replacing(file) as temporary:
            temporary.write_bytes(images[kind])
        paths.append(file)
    return paths


def save_figure(
    figure: Figure | Panels, path: str | os.PathLike[str], figures: str | Sequence[str] | FigureSettings = "png"
) -> list[Path]:
    """Write one figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure, or axes of it
        The figure, or what a figure function returns.
    path : path
        The files become ``<path>.png`` and so on.
    figures : str, sequence of str or FigureSettings
        The formats, see :func:`save_figures`.

    Returns
    -------
    list of pathlib.Path
        The files.
    """
    settings = FigureSettings.of(figures)
    return write_images(images_of(figure, settings.formats, settings.resolution), Path(path), settings.formats)

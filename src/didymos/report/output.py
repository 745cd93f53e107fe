"""Everything an analysis leaves in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import xarray as xr

from didymos.io.atomic import make_folder, replacing
from didymos.io.results import save_in_folder
from didymos.plots import available
from didymos.plots.export import drawn, store
from didymos.plots.helpers import Helper, helpers
from didymos.plots.settings import FigureSettings
from didymos.report.html import write_report
from didymos.report.tables import write_tables
from didymos.twin.model import TwinModel, save_model
from didymos.workflow.progress import Report, silent, stage

WRITE = "draw and write"


def write(
    result: xr.Dataset,
    folder: str | os.PathLike[str],
    model: TwinModel | None = None,
    figures: str | Sequence[str] | FigureSettings = "png",
    progress: Report = silent,
    beside: Sequence[Helper] | None = None,
) -> Path:
    """Write a result as ``results.nc``, ``model.npz``, ``figures/``, ``tables/`` and ``report.html``.

    A large result whose spectra are not in memory becomes ``results.zarr`` instead, written block by block.

    Parameters
    ----------
    result : xarray.Dataset
        From :func:`didymos.analyze`.
    folder : path
        Made where it is missing; files of the same names are replaced one by one, others are left alone.
    model : TwinModel, optional
        Written as ``model.npz`` where given.
    figures : str, sequence of str or FigureSettings
        The formats of the figures: "png" (300 dpi), "svg", "pdf", several such as "png,svg", or "none". The report
        shows the figures as SVG where that is among them, else as PNG.
    progress : callable
        Called with the name of the step and the share that is done.
    beside : sequence of Helper, optional
        Processes that draw beside this one (:func:`didymos.plots.helpers.helpers`), where they are started already.

    Returns
    -------
    pathlib.Path
        The report.

    Raises
    ------
    InputError
        Where the folder cannot be made or written, or there is no such format.
    """
    settings = FigureSettings.of(figures)
    target = Path(folder)
    make_folder(target)
    with stage(progress, WRITE) as part, nullcontext(beside) if beside is not None else helpers(settings) as others:
        # numbers first: an error in a picture must not cost the result
        stored = save_in_folder(result, target)
        if model is not None:
            with replacing(target / "model.npz") as temporary:
                save_model(model, temporary)
        write_tables(result, target)
        images = drawn(result, available(result), settings, progress=partial(part, WRITE), stored=stored, beside=others)
        store(images, target, settings)
        return write_report(result, target / "report.html", images)

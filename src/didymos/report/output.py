"""Everything an analysis leaves in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import xarray as xr

from didymos.io.atomic import replacing
from didymos.io.results import NAMES, save_in_folder
from didymos.io.staging import staged
from didymos.plots import FIGURES, available
from didymos.plots.export import drawn, store
from didymos.plots.helpers import Helper, helpers
from didymos.plots.settings import FORMATS, FigureSettings
from didymos.report.html import write_report
from didymos.report.settings_file import SETTINGS_FILE, write_settings
from didymos.report.tables import TABLES, write_tables
from didymos.schema.given import check_kind, check_path, check_result
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
    """Write a result: ``report.html``, ``results.nc``, ``settings.toml``, ``model.npz``, ``figures/`` and ``tables/``.

    A large result whose spectra are not in memory becomes ``results.zarr`` instead, written block by block.

    Parameters
    ----------
    result : xarray.Dataset
        From :func:`didymos.analyze`.
    folder : path
        Made where it is missing. What an earlier analysis wrote there is replaced as a whole, other files stay; a run
        that is killed leaves the old files or the new ones.
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
    check_result(result, "write")
    check_path(folder, "the folder")
    if model is not None:
        check_kind(model, TwinModel, "write", "give the model of didymos.workflow.run(map), or none")
    settings = FigureSettings.of(figures)
    failure: Exception | None = None
    with (
        stage(progress, WRITE) as part,
        staged(folder, owned_files(model is not None)) as target,
        nullcontext(beside) if beside is not None else helpers(settings) as others,
    ):
        stored = save_in_folder(result, target)
        if model is not None:
            with replacing(target / "model.npz") as temporary:
                save_model(model, temporary)
        write_tables(result, target)
        write_settings(result, target)
        report = partial(part, WRITE)
        # an error in a picture must not cost the numbers
        try:
            images = drawn(result, available(result), settings, progress=report, stored=stored, beside=others)
            store(images, target, settings)
            write_report(result, target / "report.html", images)
        except Exception as error:
            failure = error
    if failure is not None:
        raise failure
    return Path(folder) / "report.html"


def owned_files(model: bool) -> list[str]:
    """Return the names of everything that an analysis may leave in a folder, with a model or without."""
    tables = [f"tables/{name}.csv" for name in TABLES]
    figures = [f"figures/{name}.{kind}" for name in FIGURES for kind in FORMATS]
    return ["report.html", SETTINGS_FILE, *NAMES, *(["model.npz"] if model else []), *tables, *figures]

"""The command that analyses a map, and what the other commands share with it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from didymos.cli.given import reading_with, settings_with
from didymos.cli.options import LargeMap, LargeMapOptions, Options, Output, OutputOptions, Reading
from didymos.io.reading import READING, ReadingSettings
from didymos.preparing.settings import PreparingSettings
from didymos.schema.names import VERSION, InputError

if TYPE_CHECKING:
    import xarray as xr

    from didymos.plots.settings import FigureSettings
    from didymos.stored.journal import Journal
    from didymos.workflow.settings import Settings

ARENAS = -8
"""M_ARENA_MAX of mallopt(3)."""
PATIENCE = "10s"
"""How long a scheduler may take to answer."""


def analyze(
    input: Path,
    /,
    *,
    out: Path | None = None,
    examples: Path | None = None,
    reading: Reading | None = None,
    output: Output | None = None,
    large: LargeMap | None = None,
    settings_file: Annotated[Path | None, Parameter(name="--settings")] = None,
    settings: Options | None = None,
) -> None:
    """Analyse a map and write the report, the result, the model, figures and tables.

    Parameters
    ----------
    input
        A file of any format that 'didymos info' knows: Nanonis, netCDF, zarr, RHK, Igor, EELS, Raman ...
    out
        Folder to write into; INPUT's name beside the current folder where it is not given.
    examples
        CSV file of labelled spectra with columns x, y, label or row, column, label; 'majority', 'artefact' and 'other'
        are reserved labels, all others are kinds.
    reading
        How INPUT is read.
    output
        What is written.
    large
        How a large map is worked on.
    settings_file
        TOML file of settings, such as settings.toml of another result; options go before what it says.
    settings
        Settings of the analysis.
    """
    wanted, read = settings_with(settings_file, settings), reading_with(settings_file, reading)
    writing = output or OutputOptions()
    figures, chosen = writing.settings(), large or LargeMapOptions()
    from didymos.io.folders import check_out
    from didymos.report.output import owned_files

    keep_memory_together()
    named = Path(plain_stem(input))
    # a zarr folder without a suffix, in the current folder, is not to be written into
    default = Path(f"{plain_stem(input)}-result") if named.resolve() == input.resolve() else named
    folder = out or default
    check_out(folder, input, owned_files(True), overwrite=writing.overwrite)  # before the work
    with cluster_at(chosen.scheduler):
        lazy = True if chosen.scheduler or chosen.resume else None
        data = opened(input, read, wanted.preparing, lazy=lazy)
        analyze_and_write(data, input, folder, wanted, figures, examples, resume=chosen.resume)


def plain_stem(path: Path) -> str:
    """Return the name of an input without its suffix, and without the letters of a pattern."""
    return path.stem.translate(str.maketrans("", "", "*?")).strip("_- ") or "spectra"


def opened(
    path: Path, reading: ReadingSettings | None, preparing: PreparingSettings | None = None, **options: Any
) -> xr.DataArray:
    """Open a map as the options say, with its current where it is prepared with one.

    `options` are further ones of :func:`didymos.io.open_map`.
    """
    from didymos.io import open_map

    chosen = reading or ReadingSettings()
    current, options = chosen.current, {**chosen.options, **options}
    data = open_map(path, **options)
    if preparing is None or not preparing.needs_current:
        return data
    from didymos.preparing import with_current

    try:
        second = open_map(path, **{**options, "channel": current, "lockin_phase": None})
    except InputError as error:
        raise InputError(f"calibrate and normalise feenstra need the recorded current (--current): {error}") from None
    if chosen.given:
        data.attrs[READING] = json.dumps(chosen.given)  # the name of the current with them
    return with_current(data, second)


def analyze_and_write(
    data: Any,
    source: Path,
    out: Path,
    settings: Settings,
    figures: FigureSettings,
    examples: Path | None = None,
    *,
    resume: bool = False,
) -> None:
    """Analyse a map, write everything and name the report."""
    from didymos.io import file_sha256
    from didymos.plots.helpers import helpers
    from didymos.report import write
    from didymos.workflow import run
    from didymos.workflow.progress import shown

    spectra = data["spectra"] if "spectra" in getattr(data, "data_vars", ()) else data
    spectra.attrs.update({"input_file": source.name, "input_sha256": file_sha256(source)})
    journal = _journal(out, spectra, settings, examples) if resume else None
    # they import what they draw with while this process still imports: one core alone is busy then
    with helpers(figures) as beside, shown(True) as report:
        analysis = run(data, settings, examples=examples, progress=report, journal=journal)
        path = write(analysis.result, out, analysis.model, figures, report, beside)
    if journal is not None:
        journal.close()
    tell(analysis.result)
    print(path)


def _journal(out: Path, spectra: xr.DataArray, settings: Settings, examples: Path | None) -> Journal:
    """Return the journal of a run, which is the same where the file, what is read of it and the settings are."""
    from didymos.io import file_sha256
    from didymos.stored.journal import Journal

    names = ("input_sha256", "channel", "channel_rule", "backward", "sweeps", "axes", "energies")
    read: dict[str, Any] = {name: spectra.attrs.get(name) for name in names}
    named = (settings.preparing.mask, settings.preparing.drift_reference)
    read["preparing"] = [None if name is None else file_sha256(name) for name in named]
    labels = None if examples is None else examples.read_text(encoding="utf-8")
    return Journal(out, {**read, "settings": settings.to_json(), "examples": labels, "didymos_version": VERSION})


def tell(result: xr.Dataset) -> None:
    """Print what was left out and filled before the work; the output stream is for the path of the report."""
    for note in str(result.attrs.get("preparation_notes", "")).splitlines():
        print(f"didymos: {note}", file=sys.stderr)


@contextlib.contextmanager
def cluster_at(address: str | None) -> Iterator[None]:
    """Let the workers of a dask scheduler do the work on parts of the map; without an address this process does."""
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "--scheduler needs the package distributed: pip install distributed, or leave the option out"
        ) from None
    try:
        # a client that finds no scheduler would stay the default one
        client = Client(address, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"no scheduler answers at {address!r} ({error}): give the address that 'dask scheduler' prints, such as "
            "tcp://host:8786"
        ) from error
    with client, client.as_current():
        yield


def keep_memory_together() -> None:
    """Let all threads of this process share one heap, so that what one frees another takes; only glibc has several."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(ARENAS, 1)

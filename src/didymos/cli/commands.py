"""The commands. What is heavy is imported by the command that needs it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from didymos.cli import TRACEBACK
from didymos.cli.analyzing import analyze, analyze_and_write, opened, plain_stem, tell
from didymos.cli.converting import convert
from didymos.cli.exploring import explore
from didymos.cli.given import comparison_settings_with, note_given, reading_over, reading_with
from didymos.cli.options import Output, OutputOptions, Preparing, Reading
from didymos.cli.simulation_options import SimulationOptions
from didymos.schema.names import VERSION, InputError
from didymos.schema.suggestions import did_you_mean
from didymos.simulate.options import OPTIONS, options_of
from didymos.workflow.method_families import families_in_words
from didymos.workflow.settings import Settings

if TYPE_CHECKING:
    import xarray as xr

    from didymos.io.reading import ReadingSettings
    from didymos.twin.model import TwinModel


app = App(
    name="didymos",
    help=f"Find what is different in a hyperspectral map. {TRACEBACK} shows where an internal error came from.",
    version=VERSION,
    help_format="plaintext",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    config=note_given,
    default_parameter=Parameter(consume_multiple=True, negative_iterable=()),
)

app.command(analyze)
app.command(convert)
app.command(explore)

METHODS_HELP = f"Names of methods or families, all where it is not given: {families_in_words()}."


@app.command
def compare(
    input: Path,
    /,
    *,
    out: Path | None = None,
    reading: Reading | None = None,
    output: Output | None = None,
    methods: Annotated[list[str] | None, Parameter(help=METHODS_HELP, negative=())] = None,
    truth: Path | None = None,
    energy_range: tuple[float, float] | None = None,
    seed: int = 0,
    preparing: Preparing | None = None,
    settings_file: Annotated[Path | None, Parameter(name="--settings")] = None,
) -> None:
    """Compare what the methods of the literature and the twins find in a map.

    Parameters
    ----------
    input
        A file of any format that 'didymos info' knows: Nanonis, netCDF, zarr, RHK, Igor, EELS, Raman ...
    out
        Folder to write into; INPUT's name with '-compared' where it is not given.
    reading
        How INPUT is read.
    output
        What is written.
    methods
        Names of methods or families.
    truth
        File that names the spectra of defects: .npy, .csv, .txt, .png or .nc.
    energy_range
        Lowest and highest energy to compare, in units of the energies.
    seed
        Seed of all random numbers.
    preparing
        How the map is prepared.
    settings_file
        TOML file of settings, such as settings.toml of another comparison; options go before what it says.
    """
    wanted = comparison_settings_with(
        settings_file, methods=methods, energy_range=energy_range, seed=seed, preparing=preparing
    )
    chosen = output or OutputOptions()
    figures = chosen.settings()
    from didymos.io import file_sha256, open_truth
    from didymos.io.folders import check_out
    from didymos.preparing import prepared
    from didymos.report import write_comparison
    from didymos.report.comparison import OWNED
    from didymos.workflow import compare as compare_methods

    folder = out or Path(f"{plain_stem(input)}-compared")
    check_out(folder, input, OWNED, overwrite=chosen.overwrite)  # before the work
    data = opened(input, reading_with(settings_file, reading), wanted.preparing)
    data.attrs["input_sha256"] = file_sha256(input)
    known = None if truth is None else open_truth(truth, data)
    if known is not None:
        # it is cropped and binned with the map
        name = "given_truth"
        data = prepared(data.assign_coords({name: known}), wanted.preparing)
        known = data[name].drop_vars(name).assign_attrs(known.attrs)
        data = data.drop_vars(name)
    options = {name: getattr(wanted, name) for name in ("seed", "energy_range", "preparing")}
    comparison = compare_methods(data, wanted.methods, truth=known, **options, progress=True)
    tell(comparison)
    print(write_comparison(comparison, folder, figures))


@app.command
def apply(
    model_dir: Path,
    input: Path,
    /,
    *,
    out: Path | None = None,
    reading: Reading | None = None,
    output: Output | None = None,
) -> None:
    """Score a map with the model of an earlier analysis.

    Parameters
    ----------
    model_dir
        Folder that 'didymos analyze' wrote, or its model.npz.
    input
        The map to score.
    out
        Folder to write into; INPUT's name with '-applied' where it is not given.
    reading
        How INPUT is read; as the map of the model was where it is not given.
    output
        What is written.
    """
    chosen = output or OutputOptions()
    figures = chosen.settings()
    from didymos.io import file_sha256
    from didymos.io.folders import check_out
    from didymos.report import write
    from didymos.report.output import owned_files
    from didymos.twin import load_model
    from didymos.workflow import apply as apply_model

    folder = out or Path(f"{plain_stem(input)}-applied")
    model = load_model(model_dir)
    check_out(folder, input, owned_files(False), overwrite=chosen.overwrite)
    data = _read_for(model, input, reading)
    data.attrs["input_sha256"] = file_sha256(input)
    result = apply_model(model, data)
    tell(result)
    print(write(result, folder, figures=figures))


def _read_for(model: TwinModel, input: Path, reading: ReadingSettings | None) -> xr.DataArray:
    """Open a map as the map of a model was read: with the options given for it, and its channel where there is one."""
    from didymos.workflow.application import preparing_for

    steps = next((one for one in preparing_for(model) if one.needs_current), None)
    same = reading_over(model.about.get("reading"), reading)
    channel = model.channel
    if same.channel is None and channel is not None:
        with contextlib.suppress(InputError):
            return opened(input, dataclasses.replace(same, channel=channel), steps)
    return opened(input, same, steps)


@app.command
def info(input: Path, /, *, reading: Reading | None = None) -> None:
    """List what is in a file: channels, axes, missing spectra.

    Parameters
    ----------
    input
        A file of any format that 'didymos info' knows: Nanonis, netCDF, zarr, RHK, Igor, EELS, Raman ...
    reading
        How INPUT would be read.
    """
    from didymos.io import describe

    rows = describe(input, **({} if reading is None else reading.options)).rows()
    width = max(len(label) for label, _ in rows)
    for label, text in rows:
        print(f"{label:<{width}}  {text}")


@app.command
def simulate(
    *,
    out: Path | None = None,
    recipe: Annotated[str, Parameter(help=f"Name of the recipe: {', '.join(OPTIONS)}.")] = "fese",
    options: SimulationOptions | None = None,  # type: ignore[valid-type]  # made from the options of the recipes
) -> None:
    """Simulate a surface with known truth and write it as netCDF or as a Nanonis grid.

    Parameters
    ----------
    out
        File to write, .nc or .3ds; RECIPE.nc where it is not given.
    recipe
        Name of the recipe.
    options
        Options of the recipe; without them its own defaults.
    """
    given: dict[str, Any] = (
        {} if options is None else {name: value for name, value in vars(options).items() if value is not None}
    )
    path = out or Path(f"{recipe}.nc")
    _check_recipe(recipe, given)
    write = _writer(path)
    print(write(_simulated(recipe, given), path))


@app.command
def demo(*, out: Path = Path("demo"), seed: int = 0, output: Output | None = None) -> None:
    """Simulate a surface with defects, analyse it and write the report.

    Parameters
    ----------
    out
        Folder to write into.
    seed
        Seed of all random numbers.
    output
        What is written.
    """
    chosen = output or OutputOptions()
    figures = chosen.settings()
    from didymos.io import save_result
    from didymos.io.atomic import make_folder
    from didymos.io.folders import check_out
    from didymos.report.output import owned_files

    check_out(out, None, ["surface.nc", *owned_files(True)], overwrite=chosen.overwrite)  # before the simulation
    surface = _simulated("fese", {"shape": (80, 80), "energies": 256, "seed": seed})
    make_folder(out)
    path = save_result(surface, out / "surface.nc")
    analyze_and_write(surface, path, out, Settings(seed=seed), figures)


def _check_recipe(recipe: str, options: dict[str, Any]) -> None:
    """Refuse a recipe or an option before anything heavy is imported."""
    if recipe not in OPTIONS:
        raise InputError(
            f"recipe is {recipe!r}; allowed are {', '.join(sorted(OPTIONS))}{did_you_mean(recipe, OPTIONS)}"
        )
    options_of(OPTIONS[recipe], options)


def _writer(path: Path) -> Callable[[xr.Dataset, Path], Path]:
    """Return what writes a simulated map, by the suffix of the file."""
    writers = {".nc": "save_result", ".3ds": "save_nanonis"}
    if path.suffix not in writers:
        raise InputError(f"{path} has the suffix {path.suffix!r}; allowed are {' and '.join(writers)}: rename it")
    from didymos import io
    from didymos.io.atomic import check_folder

    check_folder(path.parent)  # before the work
    write: Callable[[xr.Dataset, Path], Path] = getattr(io, writers[path.suffix])
    return write


def _simulated(recipe: str, options: dict[str, Any]) -> xr.Dataset:
    from didymos.simulate import RECIPES

    return RECIPES[recipe](**options)

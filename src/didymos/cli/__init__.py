"""The command line: parses, calls the workflow, turns errors into one line."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from didymos.cli.options import TRACEBACK, InputOptions, Options, Reading
from didymos.cli.simulation_options import SimulationOptions
from didymos.io import describe, file_sha256, open_map, open_truth, save_nanonis, save_result
from didymos.io.atomic import check_folder, make_folder
from didymos.schema import VERSION, InputError
from didymos.simulate import RECIPES
from didymos.workflow.comparison import families_in_words
from didymos.workflow.settings import Settings

if TYPE_CHECKING:
    import xarray as xr

app = App(
    name="didymos",
    help=f"Find what is different in a hyperspectral map. {TRACEBACK} shows where an internal error came from.",
    version=VERSION,
    help_format="plaintext",
    result_action="return_value",
    suppress_keyboard_interrupt=False,
    default_parameter=Parameter(consume_multiple=True, negative_iterable=()),
)

METHODS_HELP = f"Names of methods or families, all where it is not given: {families_in_words()}."


@app.command
def analyze(
    input: Path,
    /,
    *,
    out: Path | None = None,
    examples: Path | None = None,
    reading: Reading | None = None,
    settings: Options | None = None,
) -> None:
    """Analyse a map and write the report, the result, the model, figures and tables.

    Parameters
    ----------
    input
        A Nanonis grid (.3ds), netCDF (.nc) or zarr file.
    out
        Folder to write into; INPUT's name beside the current folder where it is not given.
    examples
        CSV file of labelled spectra with columns x, y, label or row, column, label; 'majority', 'artefact' and 'other'
        are reserved labels, all others are kinds.
    reading
        How INPUT is read.
    settings
        Settings of the analysis.
    """
    data = _opened(input, reading)
    named = Path(input.stem)
    # a zarr folder without a suffix, in the current folder, is not to be written into
    default = Path(f"{input.stem}-result") if named.resolve() == input.resolve() else named
    _analyze_and_write(data, input, out or default, settings or Settings(), examples)


@app.command
def compare(
    input: Path,
    /,
    *,
    out: Path | None = None,
    reading: Reading | None = None,
    methods: Annotated[list[str] | None, Parameter(help=METHODS_HELP, negative=())] = None,
    truth: Path | None = None,
    energy_range: tuple[float, float] | None = None,
    seed: int = 0,
) -> None:
    """Compare what the methods of the literature and the twins find in a map.

    Parameters
    ----------
    input
        A Nanonis grid (.3ds), netCDF (.nc) or zarr file.
    out
        Folder to write into; INPUT's name with '-compared' where it is not given.
    reading
        How INPUT is read.
    methods
        Names of methods or families.
    truth
        File that names the spectra of defects: .npy, .csv, .txt, .png or .nc.
    energy_range
        Lowest and highest energy to compare, in units of the energies.
    seed
        Seed of all random numbers.
    """
    from didymos.report import write_comparison
    from didymos.workflow import compare as compare_methods

    folder = out or Path(f"{input.stem}-compared")
    check_folder(folder)  # before the work
    data = _opened(input, reading)
    data.attrs["input_sha256"] = file_sha256(input)
    known = None if truth is None else open_truth(truth, data)
    comparison = compare_methods(data, methods, truth=known, seed=seed, energy_range=energy_range)
    _tell(comparison)
    print(write_comparison(comparison, folder))


@app.command
def apply(
    model_dir: Path,
    input: Path,
    /,
    *,
    out: Path | None = None,
    reading: Reading | None = None,
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
        How INPUT is read.
    """
    from didymos.report import write
    from didymos.twin import load_model
    from didymos.workflow import apply as apply_model

    model = load_model(model_dir / "model.npz" if model_dir.is_dir() else model_dir)
    data = _opened(input, reading)
    data.attrs["input_sha256"] = file_sha256(input)
    result = apply_model(model, data)
    _tell(result)
    print(write(result, out or Path(f"{input.stem}-applied")))


@app.command
def info(input: Path, /, *, channel: str | None = None) -> None:
    """List what is in a file: channels, axes, missing spectra.

    Parameters
    ----------
    input
        A Nanonis grid (.3ds), netCDF (.nc) or zarr file.
    channel
        Channel that would be analysed instead of the one chosen by rule.
    """
    rows = describe(input, channel=channel).rows()
    width = max(len(label) for label, _ in rows)
    for label, text in rows:
        print(f"{label:<{width}}  {text}")


WRITERS = {".nc": save_result, ".3ds": save_nanonis}
"""What writes a simulated map, by the suffix of the file."""


@app.command
def simulate(
    *,
    out: Path | None = None,
    recipe: Annotated[str, Parameter(help=f"Name of the recipe: {', '.join(RECIPES)}.")] = "fese",
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
    if path.suffix not in WRITERS:
        raise InputError(f"{path} has the suffix {path.suffix!r}; allowed are {' and '.join(WRITERS)}: rename it")
    check_folder(path.parent)  # before the work
    print(WRITERS[path.suffix](_simulated(recipe, given), path))


@app.command
def demo(*, out: Path = Path("demo"), seed: int = 0) -> None:
    """Simulate a surface with defects, analyse it and write the report.

    Parameters
    ----------
    out
        Folder to write into.
    seed
        Seed of all random numbers.
    """
    check_folder(out)  # before the work, so that a wrong name costs none
    surface = _simulated("fese", {"shape": (80, 80), "energies": 256, "seed": seed})
    make_folder(out)
    path = save_result(surface, out / "surface.nc")
    _analyze_and_write(surface, path, out, Settings(seed=seed))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 done, 2 the input is at fault, 1 an internal error.

    With ``--traceback`` an internal error also shows where it came from, for people who report it.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
    """
    console = Console(stderr=True)
    given = list(sys.argv[1:] if arguments is None else arguments)
    wanted = [argument for argument in given if argument != TRACEBACK]
    try:
        app(wanted, exit_on_error=False, print_error=False, error_console=console)
    except InputError as error:
        return _complain(str(error))
    except CycloptsError as error:
        return _complain(f"{error} (see 'didymos --help')")
    except KeyboardInterrupt:
        print("didymos: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        if wanted != given:
            traceback.print_exception(error)
        last = traceback.extract_tb(error.__traceback__)[-1]
        what = " ".join(f"{type(error).__name__}: {error}".split())
        print(
            f"didymos: internal error: {what} ({Path(last.filename).name}:{last.lineno}); "
            f"please report the error with the command, the file and what {TRACEBACK} shows",
            file=sys.stderr,
        )
        return 1
    return 0


def _complain(text: str) -> int:
    print("didymos: " + " ".join(text.split()), file=sys.stderr)
    return 2


def _opened(path: Path, reading: InputOptions | None) -> xr.DataArray:
    chosen = reading or InputOptions()
    return open_map(path, channel=chosen.channel, average_backward=chosen.average_backward)


def _analyze_and_write(data: Any, source: Path, out: Path, settings: Settings, examples: Path | None = None) -> None:
    from didymos.report import write
    from didymos.workflow import run

    check_folder(out)  # before the work, so that a wrong name costs none
    (data["spectra"] if "spectra" in getattr(data, "data_vars", ()) else data).attrs.update(
        {"input_file": source.name, "input_sha256": file_sha256(source)}
    )
    analysis = run(data, settings, examples=examples)
    _tell(analysis.result)
    print(write(analysis.result, out, analysis.model))


def _tell(result: xr.Dataset) -> None:
    """Print what was left out and filled before the work; the output stream is for the path of the report."""
    for note in str(result.attrs.get("preparation_notes", "")).splitlines():
        print(f"didymos: {note}", file=sys.stderr)


def _simulated(recipe: str, options: dict[str, Any]) -> xr.Dataset:
    if recipe not in RECIPES:
        raise InputError(f"recipe is {recipe!r}; allowed are {', '.join(sorted(RECIPES))}")
    return RECIPES[recipe](**options)

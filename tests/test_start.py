"""What starts fast: which packages a fresh process imports, and that it can be stopped at once."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "io"))  # where the writer of grids is
from nanonis_writer import GridFile

HEAVY = {
    "dask", "h5netcdf", "h5py", "jax", "jaxlib", "jinja2", "matplotlib", "numba", "optax", "pandas", "scipy", "sklearn",
    "umap", "xarray", "zarr",
}  # fmt: skip
LISTED = "\nimport json, sys; print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
STATUS = "from didymos.cli import main; assert main({arguments}) == {status}"


IN_MEMORY = """
import didymos
import numpy as np

energy = np.linspace(-1, 1, 40)
spectra = np.tanh(3 * energy) + np.random.default_rng(0).normal(scale=0.05, size=(12, 12, 40))
spectra[4:7, 4:7] += np.exp(-(energy**2) / 0.02)
result = didymos.analyze(didymos.spectral_map(spectra, energy), didymos.Settings(members=1))
assert result.kind.max() == 1
"""


def modules(code: str) -> set[str]:
    """All that a fresh process has imported after it has run the code."""
    done = subprocess.run([sys.executable, "-c", code + LISTED], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def imported(code: str) -> set[str]:
    """The packages among them."""
    return {name.split(".")[0] for name in modules(code)}


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    """A Nanonis grid."""
    return GridFile(rows=3, columns=4, points=9).write(tmp_path_factory.mktemp("grid") / "a.3ds")


@pytest.mark.parametrize(
    "code",
    ["import didymos", "import didymos; didymos.Settings(seed=1); didymos.InputError; dir(didymos)"],
)
def test_the_package_imports_nothing_heavy(code):
    assert imported(code) & (HEAVY | {"numpy", "cyclopts", "rich"}) == set()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["analyze", "--help"], 0),
        (["compare", "--help"], 0),
        (["convert", "--help"], 0),
        (["simulate", "--help"], 0),
        (["explore", "--help"], 0),
        (["analyse"], 2),
        (["analyze", "a.3ds", "--metrik", "robust"], 2),
        (["analyze", "a.3ds", "--metric", "manhattan"], 2),
        (["analyze", "a.3ds", "--threshold", "high"], 2),
        (["compare", "a.3ds", "--seeds", "1"], 2),
        (["apply", "a", "b", "--channels", "1"], 2),
        (["info", "a.3ds", "--chanel", "1"], 2),
        (["convert", "a.3ds", "a.txt"], 2),
        (["simulate", "--recipe", "graphene"], 2),
        (["simulate", "--noise", "-1"], 2),
        (["simulate", "--out", "a.zip"], 2),
        (["demo", "--sed", "1"], 2),
        (["explore", "a", "--port", "99999"], 2),
        (["explore", "a", "--prot", "1"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_help_and_wrong_options_import_nothing_heavy(arguments, status):
    assert imported(STATUS.format(arguments=arguments, status=status)) & (HEAVY | {"numpy"}) == set()


def test_info_of_a_grid_imports_nothing_heavy(grid):
    assert imported(STATUS.format(arguments=["info", str(grid)], status=0)) & HEAVY == set()


def test_a_heavy_import_is_seen(grid):
    assert {"xarray", "pandas"} <= imported(f"import didymos; didymos.open_map({str(grid)!r})")


def test_an_analysis_in_memory_imports_no_heavy_package_for_a_few_functions():
    # that of dask.array is of xarray, which imports it with the first array where dask is installed
    assert modules(IN_MEMORY) & {"scipy.stats", "sklearn", "distributed", "matplotlib"} == set()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("seconds", [0.25, 0.5, 0.9])
def test_a_stop_in_the_first_second_is_one_line(grid, tmp_path, seconds):
    code = "import sys; from didymos.cli import main; print('begun', flush=True); sys.exit(main())"
    command = [sys.executable, "-c", code, "analyze", str(grid), "--out", str(tmp_path / "out")]
    # a test that runs in the background of a shell inherits that this signal is ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=300)
    assert (process.returncode, error) == (130, "didymos: stopped\n")
    assert not (tmp_path / "out").exists()


LOST = """
import os, signal, sys, time
import didymos.cli as cli

class Last:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

def work(arguments):
    last = Last()
    del last  # Python passes over what happens here
    time.sleep(20)
    return 0

cli._run = work
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(cli.main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_a_stop_that_python_passes_over_stops_all_the_same():
    done = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, "didymos: stopped\n")

"""The command that writes a map in another format."""

import sys
from pathlib import Path

import numpy as np
import pytest

from didymos import open_map
from didymos.cli import main

sys.path.append(str(Path(__file__).parent / "io"))  # where the writer of grids is
from nanonis_writer import GridFile

TWINS = ("Current (A)", "LI Demod 1 X (A)", "Current [bwd] (A)", "LI Demod 1 X [bwd] (A)")


@pytest.fixture
def grid(tmp_path):
    """A Nanonis grid with backward sweeps."""
    return GridFile(channels=TWINS, order="meander").write(tmp_path / "Gitter µ.3ds")


def run(*arguments):
    return main(["convert", *map(str, arguments)])


@pytest.mark.parametrize("name", ["map.nc", "map.zarr", "map.3ds", "new folder/MAP.ZARR"])
def test_a_grid_becomes_any_format(grid, tmp_path, capsys, name):
    assert run(grid, tmp_path / name) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / name)
    read, true = open_map(tmp_path / name), open_map(grid)
    np.testing.assert_array_equal(read.values, true.values)
    np.testing.assert_allclose(read.topography.values, true.topography.values)
    assert run(tmp_path / name, tmp_path / "again.zarr") == 0
    np.testing.assert_array_equal(open_map(tmp_path / "again.zarr").values, true.values)


def test_the_options_of_reading(grid, tmp_path):
    options = ["--channel", "Current", "--average-backward", "--energy-range", "-300", "500"]
    assert run(grid, tmp_path / "a.zarr", *options) == 0
    true = open_map(grid, channel="Current", average_backward=True, energy_range=(-300, 500))
    read = open_map(tmp_path / "a.zarr")
    np.testing.assert_array_equal(read.values, true.values)
    np.testing.assert_array_equal(read.energy.values, true.energy.values)


def complaint(capsys, *arguments):
    """Run the command, which must fail, and return its one line on stderr."""
    capsys.readouterr()
    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_faults_are_one_line_before_any_work(grid, tmp_path, capsys, monkeypatch):
    (tmp_path / "mine.zarr").mkdir()
    (tmp_path / "file").write_text("")
    store = tmp_path / "a.zarr"
    assert run(grid, store) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr("didymos.io.opening._open", lambda *_: pytest.fail("the map was opened"))
    monkeypatch.chdir(tmp_path)
    for source, out, line in (
        (grid, "map.txt", "has the suffix '.txt'; maps are written as .nc, .zarr, .3ds: rename it"),
        (grid, grid.name, "is INPUT itself or within it: give another name for OUT"),
        (store, f"./{store.name}", "is INPUT itself or within it"),
        (store, store / "b.nc", "is INPUT itself or within it"),
        (grid, "mine.zarr", "mine.zarr exists and is no zarr store, so it is not replaced: give another name"),
        (grid, "file/map.nc", "file is a file, not a folder: give another name"),
    ):
        assert line in complaint(capsys, source, out)
    monkeypatch.undo()
    assert "gone.3ds does not exist: check the name" in complaint(capsys, tmp_path / "gone.3ds", tmp_path / "b.nc")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_a_grid_cannot_hold(tmp_path, capsys):
    from didymos.io import save_map
    from didymos.schema import spectral_map

    points = save_map(spectral_map(np.ones((5, 8)), np.arange(8.0)), tmp_path / "points.nc")
    assert "a .3ds holds a grid (y, x, energy) only" in complaint(capsys, points, tmp_path / "points.3ds")
    assert not (tmp_path / "points.3ds").exists()

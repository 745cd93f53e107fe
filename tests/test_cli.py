"""The command line: what it writes, its exit status, and one line on stderr for each fault."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from didymos import open_map, open_result, save_result, spectral_map
from didymos.cli import main
from didymos.plots import METHOD_FIGURES
from didymos.simulate import polynomials, semiconductor

sys.path.append(str(Path(__file__).parent / "io"))  # where the writer of grids is
from nanonis_writer import GridFile

QUICK = ["--members", "1", "--layers", "6", "2", "--score-layers", "4", "1"]


def grid_file(path, rows=6, columns=7, points=16, scale=1e-12):
    """Write a grid whose lock-in channel holds a rising spectrum with noise of a hundredth."""
    rng = np.random.default_rng(0)
    grid = GridFile(rows=rows, columns=columns, points=points)
    grid.spectra[:, :, 1] = scale * (1 + np.linspace(0, 1, points) + 0.01 * rng.normal(size=(rows, columns, points)))
    return grid.write(path)


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    """A grid and the folder that 'didymos analyze' wrote; the names have spaces and letters beyond ASCII."""
    folder = tmp_path_factory.mktemp("cli")
    source = grid_file(folder / "Gitter µ 1.3ds")
    out = folder / "Ergebnis für sie"
    assert main(["analyze", str(source), "--out", str(out), *QUICK, "--seed", "3"]) == 0
    return source, out


def complaint(capsys, status, *arguments):
    """Run a command that must fail, and return its one line on stderr."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    assert captured.err.startswith("didymos: ")
    return captured.err


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_analyze_writes_everything(analysed):
    source, out = analysed
    for name in ("report.html", "results.nc", "model.npz"):
        assert (out / name).stat().st_size > 0
    assert list((out / "figures").glob("*.png"))
    assert list((out / "tables").glob("*.csv"))
    with xr.open_dataset(out / "results.nc") as result:
        assert result["score"].shape == (6, 7)
        assert result.attrs["input_file"] == source.name
        assert len(result.attrs["input_sha256"]) == 64
        assert result.attrs["seed"] == 3
        assert result["energy"].attrs["units"] == "mV"


@pytest.mark.usefixtures("one_figure")
def test_apply_scores_the_same_map_alike(analysed, tmp_path, capsys):
    source, out = analysed
    assert main(["apply", str(out), str(source), "--out", str(tmp_path / "again")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "again" / "report.html")
    with xr.open_dataset(out / "results.nc") as first, xr.open_dataset(tmp_path / "again" / "results.nc") as second:
        assert np.array_equal(first["score"], second["score"])


@pytest.mark.usefixtures("one_figure")
def test_info_and_analyze_say_once_what_is_left_out(tmp_path, capsys):
    values = open_map(grid_file(tmp_path / "a.3ds")).copy(deep=True)
    values[..., 5] = np.nan
    path = save_result(values.to_dataset(name="spectra"), tmp_path / "gap.nc")
    note = "1 of 16 energies is missing in all spectra and is left out: -166.7 mV."
    capsys.readouterr()
    assert main(["info", str(path)]) == 0
    assert capsys.readouterr().out.count(note) == 1
    assert main(["analyze", str(path), "--out", str(tmp_path / "out"), *QUICK]) == 0
    shown = capsys.readouterr()
    assert shown.out.strip() == str(tmp_path / "out" / "report.html")
    assert shown.err.count(f"didymos: {note}") == 1
    assert (tmp_path / "out" / "report.html").read_text("utf-8").count(f"<li>{note.replace('-', '−')}</li>") == 1


def test_info_lists_the_channels(analysed, capsys):
    assert main(["info", str(analysed[0])]) == 0
    text = capsys.readouterr().out
    for word in ("LI Demod 1 X (A)", "Current (A)", "7", "6"):
        assert word in text


def test_simulate_writes_a_map_with_truth(tmp_path, capsys):
    path = tmp_path / "mit µ" / "surface.nc"
    arguments = ["--recipe", "polynomials", "--shape", "5", "4", "--energies", "9", "--seed", "2"]
    assert main(["simulate", "--out", str(path), *arguments]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    with xr.open_dataset(path) as data:
        assert data["spectra"].shape == (5, 4, 9)
        assert "truth_amplitude" in data
        assert data.attrs["seed"] == 2


def test_simulate_writes_a_nanonis_grid_with_every_option(tmp_path, capsys):
    path = tmp_path / "surface.3ds"
    arguments = ["--recipe", "semiconductor", "--shape", "7", "6", "--energies", "9", "--kinds", "donor", "deep"]
    arguments += ["--drift", "1e-9", "-5e-10", "--texture", "moire", "--corrupted", "0.1", "--aborted-rows", "2"]
    assert main(["simulate", "--out", str(path), *arguments]) == 0
    read = open_map(path)
    options = {"shape": (7, 6), "energies": 9, "kinds": ("donor", "deep"), "drift": (1e-9, -5e-10)}
    expected = semiconductor(**options, texture="moire", corrupted=0.1, aborted_rows=2).spectra
    assert np.isnan(read[5:]).all()
    np.testing.assert_allclose(read[:5], expected[:5], rtol=1e-5)
    np.testing.assert_allclose(read.energy, expected.energy)
    assert read.attrs["units"] == "nS"


def test_help_of_simulate_tells_recipes_and_their_kinds(capsys):
    assert main(["simulate", "--help"]) == 0
    text = capsys.readouterr().out
    for name in ("fese", "kondo", "landau", "vacancy", "cobalt", "--tip-width", "--correlation-length"):
        assert name in text


def test_demo_analyses_what_it_simulates(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("didymos.cli.commands._simulated", lambda *_: polynomials(shape=(4, 4), energies=8, seed=1))
    monkeypatch.setattr("didymos.cli.commands.analyze_and_write", lambda *arguments: seen.append(arguments))
    assert main(["demo", "--out", str(tmp_path / "demo"), "--seed", "1"]) == 0
    ((_, source, out, settings, _),) = seen
    assert source.is_file()
    assert (out, settings.seed) == (tmp_path / "demo", 1)


def test_settings_reach_the_analysis(analysed, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("didymos.cli.analyzing.analyze_and_write", lambda *arguments, **_: seen.append(arguments))
    options = ["--metric", "euclidean", "--threshold", "2.5", "--energy-range", "-300", "200", "--iso-energy", "-1.5"]
    assert main(["analyze", str(analysed[0]), "--out", str(tmp_path), *options, "--layers", "8", "3"]) == 0
    settings = seen[0][3]
    assert (settings.metric, settings.threshold, settings.energy_range) == ("euclidean", 2.5, (-300.0, 200.0))
    assert (settings.iso_energy, settings.layers, settings.rank) == (-1.5, (8, 3), "auto")


@pytest.fixture
def marked(tmp_path):
    """A simulated map without its truth as a file, and that truth as a mask."""
    surface = polynomials(shape=(12, 10), energies=16, separation=4.0, seed=1)
    mask = tmp_path / "mask µ.csv"
    np.savetxt(mask, surface["truth_amplitude"] > 0.5, fmt="%d", delimiter=",")
    source = tmp_path / "map µ.nc"
    save_result(surface[["spectra"]], source)
    return source, mask


def test_compare_writes_everything(marked, tmp_path, monkeypatch, capsys):
    source, mask = marked
    monkeypatch.chdir(tmp_path)
    # the figures of a method are tested where they are drawn
    monkeypatch.setattr("didymos.report.comparison.METHOD_FIGURES", {"score-map": METHOD_FIGURES["score-map"]})
    capsys.readouterr()
    assert main(["compare", source.name, "--methods", "pca", "kmeans-2", "--truth", str(mask), "--seed", "4"]) == 0
    page = tmp_path / "map µ-compared" / "comparison.html"
    assert capsys.readouterr().out.strip() == str(page.relative_to(tmp_path))
    assert page.stat().st_size > 0
    comparison = open_result(page.with_name("comparison.nc"))
    assert comparison["algorithm"].values.tolist() == ["pca", "kmeans-2"]
    assert comparison["average_precision"].values[1] == pytest.approx(1)
    assert comparison["adjusted_rand_index"].values.tolist() == [1, 1]
    assert (comparison.attrs["input_file"], comparison.attrs["seed"]) == (source.name, 4)
    assert comparison.attrs["truth_source"] == mask.name
    assert len(comparison.attrs["input_sha256"]) == 64


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--methods", "pca", "kmean"], "kmeans"),
        (["--methods"], "method"),
        (["--truth", "nowhere.csv"], "nowhere.csv"),
        (["--truth", "turned.csv"], "(10, 12)"),
        (["--seed", "-1"], "seed"),
        (["--energy-range", "5", "-5"], "energy_range"),
        (["--channel", "LockinX"], "LockinX"),
        (["--out", "map µ.nc"], "--out"),
        (["--out", "map µ.nc/folder"], "--out"),
    ],
    ids=" ".join,
)
def test_a_wrong_option_of_compare_is_told_before_the_work(marked, tmp_path, monkeypatch, capsys, options, word):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("didymos.workflow.comparison.run_methods", lambda *_: pytest.fail("the work began"))
    np.savetxt("turned.csv", np.loadtxt(marked[1], delimiter=",").T, delimiter=",")
    before = files(tmp_path)
    assert word in complaint(capsys, 2, "compare", marked[0], *options)
    assert files(tmp_path) == before


def test_help_of_compare_tells_the_methods(capsys):
    assert main(["compare", "--help"]) == 0
    text = capsys.readouterr().out
    for name in ("pca", "kmeans-3", "umap", "twin-robust", ".png"):
        assert name in text


def test_the_installed_program(analysed):
    program = Path(sys.executable).with_name("didymos")
    if not program.exists():
        pytest.skip("didymos is not installed beside this Python")
    done = subprocess.run([program, "info", analysed[0]], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    assert "LI Demod 1 X (A)" in done.stdout
    done = subprocess.run([program, "analyze", "nowhere.3ds"], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_a_file_that_is_not_there(tmp_path, capsys):
    for command in (["analyze"], ["info"], ["apply", tmp_path]):
        assert "no" in complaint(capsys, 2, *command, tmp_path / "nowhere µ.3ds")


def test_a_channel_that_is_not_there_is_answered_with_those_that_are(analysed, capsys):
    text = complaint(capsys, 2, "analyze", analysed[0], "--channel", "LockinX")
    assert "LockinX" in text
    assert "LI Demod 1 X (A)" in text


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--metrik", "robust"], "--metrik"),
        (["--metric", "manhattan"], "manhattan"),
        (["--threshold", "high"], "high"),
        (["--threshold", "0"], "threshold"),
        (["--seed", "-1"], "seed"),
        (["--seed", "4294967296"], "seed"),
        (["--members", "0"], "members"),
        (["--energy-range", "5", "-5"], "energy_range"),
        (["--energy-range", "9000", "9001"], "holds 0 of 16 energies; the map spans -500 to 500 mV"),
        (["--layers"], "layers"),
    ],
    ids=" ".join,
)
def test_a_wrong_option(analysed, tmp_path, capsys, options, word):
    out = tmp_path / "out"
    assert word in complaint(capsys, 2, "analyze", analysed[0], "--out", out, *options)
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--recipe", "graphene"], "fese"),
        (["--shape", "0", "5"], "shape"),
        (["--shape", "5"], "shape"),
        (["--energies", "1"], "energies"),
        (["--noise", "-1"], "noise"),
        (["--recipe", "polynomials", "--temperature", "4"], "temperature"),
        (["--kinds", "hole"], "vacancy, adatom, magnetic"),
        (["--texture", "rough"], "moire"),
    ],
    ids=" ".join,
)
def test_a_simulation_that_cannot_be(tmp_path, capsys, options, word):
    out = tmp_path / "surface.nc"
    assert word in complaint(capsys, 2, "simulate", "--out", out, *options)
    assert not out.exists()


def test_a_simulation_into_an_unknown_format(tmp_path, capsys):
    assert ".nc and .3ds" in complaint(capsys, 2, "simulate", "--out", tmp_path / "surface.zip")
    assert ".nc and .3ds" in complaint(capsys, 2, "simulate", "--out", tmp_path / "surface")


def test_an_unknown_command(capsys):
    assert "analyse" in complaint(capsys, 2, "analyse", "x.3ds")


def test_a_bad_input_loses_nothing_that_was_written(analysed, tmp_path, capsys):
    source, out = analysed
    before = files(out)
    broken = tmp_path / "broken.3ds"
    broken.write_bytes(source.read_bytes()[:200])
    complaint(capsys, 2, "analyze", broken, "--out", out)
    constant = tmp_path / "constant.nc"
    save_result(spectral_map(np.ones((4, 4, 9)), np.arange(9.0)).to_dataset(), constant)
    complaint(capsys, 2, "analyze", constant, "--out", out)
    assert files(out) == before


def test_a_folder_that_cannot_be_made(analysed, tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("mine", encoding="utf-8")
    for command in (["analyze", analysed[0], *QUICK], ["apply", analysed[1], analysed[0]], ["demo"]):
        assert "--out" in complaint(capsys, 2, *command, "--out", blocked)
    complaint(capsys, 2, "simulate", "--out", blocked / "surface.nc", "--recipe", "polynomials", "--shape", "2", "2")
    assert blocked.read_text(encoding="utf-8") == "mine"


def test_a_model_that_is_none(analysed, tmp_path, capsys):
    source, _ = analysed
    assert "holds no model.npz" in complaint(capsys, 2, "apply", tmp_path, source)
    (tmp_path / "model.npz").write_bytes(b"PK")
    assert "damaged" in complaint(capsys, 2, "apply", tmp_path, source)


def test_a_fault_inside_is_one_line_and_status_1(analysed, capsys, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the first line\nand the second")

    monkeypatch.setattr("didymos.cli.analyzing.opened", fail)
    text = complaint(capsys, 1, "analyze", analysed[0])
    assert "RuntimeError: the first line and the second" in text
    assert "internal error" in text


def test_a_traceback_of_an_internal_error_is_shown_where_it_is_asked_for(analysed, capsys, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the reason")

    monkeypatch.setattr("didymos.cli.analyzing.opened", fail)
    assert main(["analyze", str(analysed[0]), "--traceback"]) == 1
    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert shown.splitlines()[-1].startswith("didymos: internal error: RuntimeError: the reason")


def test_stopping_is_no_fault(analysed, capsys, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("didymos.cli.analyzing.opened", stop)
    assert "stopped" in complaint(capsys, 130, "analyze", analysed[0])


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for command in ("analyze", "compare", "apply", "convert", "simulate", "info", "demo"):
        assert command in text


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_the_output_cannot_encode_are_replaced(encoding, tmp_path):
    data = polynomials(shape=(8, 8), energies=16)
    data.attrs["comment"] = "測定"
    path = save_result(data, tmp_path / "comment.nc")
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from didymos.cli import main; sys.exit(main())", "info", str(path)],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"comment" in done.stdout
    assert b"??" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_an_output_that_is_full_is_said_in_one_line(argument):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from didymos.cli import main; sys.exit(main())", argument],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1
    assert "the output cannot be written" in lines[0]


def test_a_library_that_says_something_else_of_ctrl_c_is_stopped_all_the_same(monkeypatch, capsys):
    def wrapped(arguments):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise RuntimeError("Error calling __set_name__") from error

    monkeypatch.setattr("didymos.cli._run", wrapped)
    assert main(["info"]) == 130
    assert capsys.readouterr().err == "didymos: stopped\n"

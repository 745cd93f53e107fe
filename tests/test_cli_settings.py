"""Settings of a file on the command line, and folders that hold the result of another input."""

import json
import re

import pytest
import xarray as xr

from didymos import Settings, open_result, simulate
from didymos.cli import main
from didymos.io import save_result
from didymos.preparing import PreparingSettings
from didymos.workflow import ComparisonSettings


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    surface = simulate.fese(shape=(12, 12), energies=24, seed=1, defects=1)
    return save_result(surface, tmp_path_factory.mktemp("map") / "map.nc")


@pytest.fixture(scope="module")
def analysed(source):
    out = source.parent / "out"
    options = ["--members", "1", "--layers", "6", "2", "--figures", "none", "--jitter", "0.25"]
    assert main(["analyze", str(source), "--out", str(out), *options]) == 0
    return out


@pytest.fixture
def used(monkeypatch):
    """The settings that an analysis or a comparison would have had; the work itself is left out."""
    found = []

    def analysis(data, source, out, settings, figures, *rest, **options):
        found.append(settings)

    def comparison(data, methods, *, truth, seed, energy_range, preparing, progress):
        found.append(ComparisonSettings(methods, seed, energy_range, preparing))
        return xr.Dataset()

    monkeypatch.setattr("didymos.cli.analyzing.analyze_and_write", analysis)
    monkeypatch.setattr("didymos.workflow.compare", comparison)
    monkeypatch.setattr("didymos.report.write_comparison", lambda *arguments: "comparison.html")
    return found


def complaint(capsys, *arguments):
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1, captured.err
    return captured.err


def test_the_folder_and_the_report_hold_the_settings(analysed):
    settings = Settings.from_toml(analysed / "settings.toml")
    assert settings == Settings(members=1, layers=(6, 2), jitter=0.25)
    assert json.loads(settings.to_json()) == json.loads(open_result(analysed).attrs["settings"])
    page = (analysed / "report.html").read_text(encoding="utf-8")
    (link,) = re.findall(r'<a href="(data:[^"]+)" download="settings.toml">', page)
    import base64

    assert base64.b64decode(link.partition(",")[2]) == (analysed / "settings.toml").read_bytes()
    assert "--settings settings.toml" in page


def test_a_file_gives_the_settings(source, analysed, used, tmp_path):
    assert main(["analyze", str(source), "--out", str(tmp_path), "--settings", str(analysed / "settings.toml")]) == 0
    assert used == [Settings(members=1, layers=(6, 2), jitter=0.25)]


def test_options_go_before_the_file_even_where_they_are_the_defaults(source, analysed, used, tmp_path):
    file = ["--settings", str(analysed / "settings.toml")]
    assert main(["analyze", str(source), "--out", str(tmp_path), "--members", "8", "--seed", "3", *file]) == 0
    assert main(["analyze", str(source), "--out", str(tmp_path), *file, "--no-margin-grows"]) == 0
    assert used == [
        Settings(layers=(6, 2), jitter=0.25, members=8, seed=3),
        Settings(members=1, layers=(6, 2), jitter=0.25, margin_grows=False),
    ]


def test_without_a_file_the_options_alone_count(source, used, tmp_path):
    assert main(["analyze", str(source), "--out", str(tmp_path), "--seed", "3"]) == 0
    assert main(["analyze", str(source), "--out", str(tmp_path)]) == 0
    assert used == [Settings(seed=3), Settings()]


def test_a_comparison_takes_a_file_too(source, used, tmp_path):
    file = tmp_path / "compare.toml"
    file.write_text(ComparisonSettings(("pca",), 4, (-5.0, 5.0)).to_toml(), encoding="utf-8")
    out = ["--out", str(tmp_path / "out")]
    assert main(["compare", str(source), *out, "--settings", str(file)]) == 0
    assert main(["compare", str(source), *out, "--settings", str(file), "--seed", "0", "--methods", "nmf"]) == 0
    assert used == [ComparisonSettings(("pca",), 4, (-5.0, 5.0)), ComparisonSettings(("nmf",), 0, (-5.0, 5.0))]


def test_steps_of_preparing_come_from_the_file_and_from_the_options(source, used, tmp_path):
    both, changed = PreparingSettings(smooth=7, despike=True), PreparingSettings(despike=True, bin_space=2)
    for name, settings in (
        ("analyze", Settings(seed=3, preparing=both)),
        ("compare", ComparisonSettings(("pca",), preparing=both)),
    ):
        file = tmp_path / f"{name}.toml"
        file.write_text(settings.to_toml(), encoding="utf-8")
        out = ["--out", str(tmp_path / name), "--settings", str(file)]
        assert main([name, str(source), *out]) == 0
        assert main([name, str(source), *out, "--smooth", "0", "--bin-space", "2"]) == 0
    found = [settings.preparing for settings in used]
    assert found == [both, changed, both, changed]
    assert used[1].seed == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [("sed = 1", "did you mean 'seed'?"), ("seed = -1", "seed is -1"), ("seed", "is no TOML")],
)
def test_a_wrong_file_is_refused_before_the_work(text, message, source, used, tmp_path, capsys):
    file = tmp_path / "s.toml"
    file.write_text(text, encoding="utf-8")
    assert message in complaint(capsys, "analyze", source, "--out", tmp_path / "out", "--settings", file)
    assert not used
    assert not (tmp_path / "out").exists()


def test_the_same_input_may_go_into_its_folder_again(source, analysed, used):
    assert main(["analyze", str(source), "--out", str(analysed)]) == 0
    assert main(["compare", str(source), "--out", str(analysed)]) == 0
    assert len(used) == 2


def test_another_input_is_refused_before_the_work(source, analysed, used, tmp_path, capsys):
    before = {path: path.stat().st_mtime_ns for path in analysed.rglob("*")}
    other = save_result(simulate.fese(shape=(12, 12), energies=24, seed=2, defects=1), tmp_path / "map.nc")
    for command in (["analyze", other], ["compare", other], ["apply", analysed, other]):
        said = complaint(capsys, *command, "--out", analysed)
        assert "holds the result of another file called 'map.nc' (results.nc): choose another folder" in said
        assert "--overwrite" in said
    assert not used
    assert {path: path.stat().st_mtime_ns for path in analysed.rglob("*")} == before
    assert main(["analyze", str(other), "--out", str(analysed), "--overwrite"]) == 0
    assert len(used) == 1


def test_the_default_folder_does_not_take_two_files_of_one_name(source, analysed, used, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map").mkdir()
    (tmp_path / "map" / "results.nc").write_bytes((analysed / "results.nc").read_bytes())
    other = save_result(simulate.fese(shape=(12, 12), energies=24, seed=2, defects=1), tmp_path / "second" / "map.nc")
    assert "map holds the result of another file called 'map.nc'" in complaint(capsys, "analyze", other)
    assert main(["analyze", str(source)]) == 0
    assert len(used) == 1


def test_misspelt_options_find_their_neighbours(capsys, source):
    assert "Did you mean --seed?" in complaint(capsys, "analyze", source, "--sed", "1")
    assert "did you mean 'robust'?" in complaint(capsys, "analyze", source, "--metric", "robst")
    assert 'Did you mean "evidence"?' in complaint(capsys, "analyze", source, "--similarity", "evidnce")
    assert 'Did you mean "analyze"?' in complaint(capsys, "analyse", source)
    assert "did you mean 'fese'?" in complaint(capsys, "simulate", "--recipe", "fesa")
    assert "did you mean 'png'?" in complaint(capsys, "analyze", source, "--figures", "pgn")

"""How a map was read goes with its settings and its model."""

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from didymos import InputError, Settings, load_model, open_map, open_result
from didymos.cli import main
from didymos.io.reading import ReadingSettings, given_reading, reading_of

sys.path.append(str(Path(__file__).parent / "io"))  # where the writer of grids is
from nanonis_writer import GridFile

QUICK = ["--members", "1", "--layers", "6", "2", "--score-layers", "4", "1", "--figures", "none"]
CHANNELS = ("Current (A)", "LI Demod 1 X (A)", "LI Demod 1 Y (A)", "Current [bwd] (A)")


@pytest.fixture(scope="module")
def grid(tmp_path_factory):
    rng = np.random.default_rng(0)
    file = GridFile(rows=6, columns=7, points=16, channels=CHANNELS)
    shape = (6, 7, 16)
    for index, scale in enumerate((1e-9, 1e-12, 3e-13, 1e-9)):
        file.spectra[:, :, index] = scale * (1 + np.linspace(0, 1, 16) + 0.01 * rng.normal(size=shape))
    return file.write(tmp_path_factory.mktemp("reading") / "grid.3ds")


@pytest.fixture(scope="module")
def analysed(grid):
    out = grid.parent / "out"
    options = ["--channel", "LI Demod 1 Y (A)", "--lockin-phase", "20", *QUICK]
    assert main(["analyze", str(grid), "--out", str(out), *options]) == 0
    return out


def read_with(folder):
    spectra = open_result(folder).spectra
    return given_reading(spectra.attrs)


GIVEN = {"channel": "LI Demod 1 Y (A)", "lockin_phase": "20"}


def test_the_settings_hold_how_the_map_was_read(analysed):
    written = tomllib.loads((analysed / "settings.toml").read_text(encoding="utf-8"))
    assert written["reading"] == GIVEN
    assert Settings.from_toml(analysed / "settings.toml") == Settings(members=1, layers=(6, 2), score_layers=(4, 1))
    assert load_model(analysed).reading == GIVEN


def test_the_same_settings_read_the_map_in_the_same_way(grid, analysed, tmp_path):
    file = ["--settings", str(analysed / "settings.toml"), "--figures", "none"]
    assert main(["analyze", str(grid), "--out", str(tmp_path / "again"), *file]) == 0
    first, again = open_result(analysed), open_result(tmp_path / "again")
    assert np.array_equal(first.score, again.score)
    assert read_with(tmp_path / "again") == GIVEN
    # an option goes before the file
    assert main(["analyze", str(grid), "--out", str(tmp_path / "other"), "--channel", "LI Demod 1 X (A)", *file]) == 0
    assert read_with(tmp_path / "other") == {**GIVEN, "channel": "LI Demod 1 X (A)"}


def test_a_model_is_applied_to_a_map_read_as_its_own(grid, analysed, tmp_path):
    assert main(["apply", str(analysed), str(grid), "--out", str(tmp_path), "--figures", "none"]) == 0
    first, applied = open_result(analysed), open_result(tmp_path)
    assert np.array_equal(first.score, applied.score)
    assert "another way" not in applied.attrs["preparation_notes"]
    options = ["--lockin-phase", "70", "--figures", "none", "--overwrite"]
    assert main(["apply", str(analysed), str(grid), "--out", str(tmp_path), *options]) == 0
    assert "phase of the lock-in 20.0 there, 70.0 here" in open_result(tmp_path).attrs["preparation_notes"]


def test_a_channel_chosen_by_rule_is_taken_again(grid, tmp_path):
    assert main(["analyze", str(grid), "--out", str(tmp_path / "a"), *QUICK]) == 0
    model = load_model(tmp_path / "a")
    assert model.reading == {}
    assert model.channel == "LI Demod 1 X (A)"
    other = GridFile(rows=6, columns=7, points=16, channels=CHANNELS)
    other.spectra[:] = open_map(grid, channel=CHANNELS[2]).values[:, :, None, :]
    other.spectra[:, :, 1] *= 1e-3  # the rule would take Y here
    file = other.write(tmp_path / "other.3ds")
    assert main(["apply", str(tmp_path / "a"), str(file), "--out", str(tmp_path / "b"), "--figures", "none"]) == 0
    assert open_result(tmp_path / "b").spectra.attrs["channel"] == "LI Demod 1 X (A)"


def test_a_converted_map_is_read_anew(grid, tmp_path):
    options = ["--channel", "LI Demod 1 Y (A)"]
    assert main(["convert", str(grid), str(tmp_path / "map.nc"), *options]) == 0
    assert given_reading(open_map(tmp_path / "map.nc").attrs) == {}
    assert given_reading(open_map(grid, average_backward=True, channel="Current (A)").attrs) == {
        "channel": "Current (A)",
        "average_backward": True,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channel": 3}, "channel is an int"),
        ({"average_sweeps": "yes"}, "average_sweeps is the text 'yes'; allowed are True and False"),
        ({"photon_energy": 1}, "photon_energy is an int"),
        ({"lazy": "yes"}, "lazy is the text 'yes'"),
        ({"lockin_phase": "left"}, "lockin_phase is 'left'"),
        ({"dims": 3}, "dims is 3; allowed are y,x,energy"),
    ],
)
def test_options_of_another_type_are_refused(grid, options, message):
    with pytest.raises(InputError, match=message):
        open_map(grid, **options)


def test_the_record_says_what_is_not_the_default():
    assert ReadingSettings().given == {}
    settings = reading_of({"topography": "a.sxm", "lockin_phase": 30, "current": "I"})
    assert json.loads(json.dumps(settings.given)) == {"topography": "a.sxm", "lockin_phase": "30", "current": "I"}
    assert "current" not in settings.options
    with pytest.raises(InputError, match="did you mean 'channel'"):
        reading_of({"chann": "X"}, "a.toml: ")
    with pytest.raises(InputError, match=r"a.toml: reading is an int; .*\[reading\]"):
        reading_of(3, "a.toml: ")
    assert given_reading({"reading": "no JSON"}) == {}

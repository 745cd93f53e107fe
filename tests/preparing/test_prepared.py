"""All steps in their order, alone and within an analysis, on the command line and for a further map."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from prepared_maps import BIAS, a_map, conductance, current_from, measured

import didymos
from didymos import InputError, Settings, preparing
from didymos.cli import main
from didymos.preparing import PreparingSettings, prepared, with_current
from didymos.preparing.pipeline import prepared_before
from didymos.workflow import Teacher

sys.path.append(str(Path(__file__).parents[1] / "io"))  # where the writer of grids is
from nanonis_writer import GridFile

SHAPE = (16, 18)
EVERYTHING = PreparingSettings(
    crop_x=(0, 15e-9), despike=True, level="lines", calibrate=True, align=True, background="als", background_width=500,
    normalise="area", smooth=5, bin_space=2, bin_energy=2,
)  # fmt: skip
ORDER = ("Cropped", "Despiked", "Topography levelled", "Calibrated", "Aligned", "Background", "Normalised", "Smoothed",
         "Binned")  # fmt: skip


def noisy(seed=0):
    random = np.random.default_rng(seed)
    return a_map(conductance(SHAPE, seed) + random.normal(0, 0.03, (*SHAPE, BIAS.size)))


@pytest.fixture(scope="module")
def analysis():
    """An analysis of a prepared map, and its model."""
    from didymos.workflow import run

    settings = PreparingSettings(smooth=5, normalise="set-point", crop_x=(0, 14e-9), bin_energy=2)
    return run(noisy(), Settings(members=1, preparing=settings))


def grid_file(path, seed=0):
    true = conductance(SHAPE, seed) + np.random.default_rng(seed).normal(0, 0.01, (*SHAPE, BIAS.size))
    spectra = np.stack([current_from(true), true / 4.0], axis=2)
    channels = ("Current (A)", "LI Demod 1 X (V)")
    file = GridFile(
        columns=SHAPE[1], rows=SHAPE[0], points=BIAS.size, sweep=(-0.1, 0.1), spectra=spectra, channels=channels
    )
    return file.write(path)


def test_the_steps_come_in_their_order():
    lockin, current = measured(SHAPE)
    found = prepared(lockin, EVERYTHING, current=current)
    assert [line.split(":")[0].split(" in energy")[0].split(" subtracted")[0] for line in
            found.attrs["preparation"].splitlines()] == list(ORDER)  # fmt: skip
    assert json.loads(found.attrs["prepared_with"])["bin_space"] == 2
    assert "recorded_current" not in found.coords
    assert found.shape == (8, 8, 40)
    by_hand = preparing.crop(lockin, x=(0, 15e-9))
    by_hand = preparing.level(preparing.despike(by_hand), "lines")
    by_hand = preparing.calibrate_lockin(by_hand, current.isel(x=slice(16)))
    by_hand = preparing.subtract_background(preparing.align_energies(by_hand), "als", width=500)
    by_hand = preparing.bin_map(preparing.smooth(preparing.normalise(by_hand, "area"), 5), 2, 2)
    xr.testing.assert_allclose(found.drop_attrs(), by_hand.drop_attrs())


def test_nothing_asked_for_is_nothing_done():
    data = noisy()
    assert prepared(data) is data
    assert prepared(data, PreparingSettings(smooth_order=3)) is data


def test_prepared_twice_is_prepared_once():
    settings = PreparingSettings(smooth=5, mask=None)
    once = prepared(noisy(), settings)
    assert prepared(once, settings) is once
    again = prepared(once.to_dataset(), settings)
    assert isinstance(again, xr.Dataset)
    assert again["spectra"].identical(once)
    other = prepared(once, PreparingSettings(smooth=7))
    assert len(other.attrs["preparation"].splitlines()) == 2


def test_the_current_comes_with_the_map_or_in_a_dataset():
    lockin, current = measured()
    settings = PreparingSettings(calibrate=True)
    expected = prepared(lockin, settings, current=current)
    xr.testing.assert_identical(prepared(with_current(lockin, current), settings), expected)
    xr.testing.assert_identical(prepared(xr.Dataset({"spectra": lockin, "current": current}), settings), expected)
    with pytest.raises(InputError, match="needs the recorded current"):
        prepared(lockin, settings)


def test_a_current_that_is_cropped_and_masked_with_the_map(tmp_path):
    lockin, current = measured()
    np.save(tmp_path / "kept.npy", np.arange(120).reshape(10, 12) % 5 > 0)
    settings = PreparingSettings(calibrate=True, crop_x=(0, 6e-9), mask=str(tmp_path / "kept.npy"))
    found = prepared(lockin, settings, current=current)
    assert found.shape == (10, 7, BIAS.size)
    assert "from 56 spectra" in found.attrs["preparation"]


def test_an_analysis_prepares_first_and_says_so(analysis):
    result = analysis.result
    assert result.sizes == {**result.sizes, "y": 16, "x": 15, "energy": 40}
    lines = result.attrs["preparation_notes"].splitlines()
    assert [line.split(":")[0] for line in lines[:4]] == ["Cropped", "Normalised", "Smoothed", "Binned"]
    assert json.loads(result.attrs["settings"])["preparing"]["smooth"] == 5
    assert result.spectra.attrs["units"] == "1"


def test_the_shifts_are_in_the_result(tmp_path):
    true = np.random.default_rng(2).normal(0, 6, SHAPE)
    spectra = np.exp(-((BIAS - true[..., None]) ** 2) / (2 * 12.0**2))
    data = a_map(spectra + np.random.default_rng(3).normal(0, 0.01, spectra.shape))
    result = didymos.analyze(data, members=1, align=True)
    path = didymos.save_result(result, tmp_path / "results.nc")
    kept = didymos.open_result(path)
    np.testing.assert_allclose(kept.energy_shift, true - np.median(true), atol=1)
    assert kept.energy_shift.attrs["units"] == "mV"
    assert "Aligned in energy" in kept.attrs["preparation_notes"]


def test_the_same_by_keywords(analysis):
    options: dict[str, Any] = {"smooth": 5, "normalise": "set-point", "crop_x": (0, 14e-9), "bin_energy": 2}
    result = didymos.analyze(noisy(), members=1, **options)
    assert result.attrs["settings"] == analysis.result.attrs["settings"]
    np.testing.assert_array_equal(result.score, analysis.result.score)
    with pytest.raises(InputError, match=r"no setting 'smoothing'.*smooth_order"):
        didymos.analyze(noisy(), smoothing=5)


def test_a_further_map_is_prepared_the_same_way(analysis, tmp_path):
    path = tmp_path / "model.npz"
    didymos.save_model(analysis.model, path)
    model = didymos.load_model(path)
    found = didymos.apply(model, noisy(seed=4))
    lines = found.attrs["preparation_notes"].splitlines()
    # the crop names places of the first surface
    assert [line.split(":")[0] for line in lines[:3]] == ["Normalised", "Smoothed", "Binned"]
    assert found.sizes["x"] == 18
    again = didymos.apply(model, noisy())
    inside = again.score.values[:, :15]
    np.testing.assert_allclose(inside, analysis.result.score.values, atol=1e-4)
    # spectra of a result are prepared already
    np.testing.assert_allclose(didymos.apply(model, analysis.result).score, analysis.result.score, atol=1e-4)


def test_what_was_prepared_before_the_analysis_is_repeated_too():
    from didymos.workflow import run

    model = run(prepared(noisy(), PreparingSettings(smooth=5, crop_x=(0, 14e-9))), Settings(members=1)).model
    found = didymos.apply(model, noisy(seed=4))
    assert found.attrs["preparation_notes"].startswith("Smoothed: Savitzky-Golay, 5 energies")
    plain = run(noisy(), Settings(members=1)).model
    assert "Smoothed" not in didymos.apply(plain, noisy(seed=4)).attrs["preparation_notes"]


def test_a_model_that_names_no_preparation_that_there_is(analysis):
    for told, words in (
        ("{", "train it again"),
        ('{"smoothing": 3}', "no setting 'smoothing'"),
        ("3", "preparing is an int"),
    ):
        model = dataclasses.replace(analysis.model, about={**analysis.model.about, "prepared_with": told})
        with pytest.raises(InputError, match=words):
            didymos.apply(model, noisy())


def test_a_result_is_not_prepared_anew(analysis):
    teacher = Teacher.of(analysis.result)
    assert teacher.settings.preparing.smooth == 5
    np.testing.assert_array_equal(teacher.points.map.values, analysis.result.spectra.values)


def test_a_comparison_prepares_too():
    data = noisy()
    found = didymos.compare(data, ["pca"], preparing=PreparingSettings(smooth=5, bin_space=2))
    assert found.attrs["preparation_notes"].startswith("Smoothed: Savitzky-Golay, 5 energies, order 2.\nBinned:")
    assert found.sizes["y"] == 8
    assert json.loads(found.attrs["settings"])["preparing"]["smooth"] == 5


def test_convert_writes_the_prepared_map(tmp_path, capsys):
    grid = grid_file(tmp_path / "grid.3ds")
    out = tmp_path / "out.nc"
    arguments = [
        "--calibrate",
        "--normalise",
        "feenstra",
        "--broadening",
        "30",
        "--smooth",
        "5",
        "--energy-range",
        "-50",
        "60",
    ]
    assert main(["convert", str(grid), str(out), *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.out.strip() == str(out)
    lines = [line.removeprefix("didymos: ") for line in captured.err.splitlines()]
    found = didymos.open_map(out)
    assert found.attrs["preparation"].splitlines() == lines
    assert [line.split(":")[0] for line in lines] == ["Calibrated", "Normalised", "Smoothed"]
    assert (found.energy.values[0], found.energy.values[-1]) == (-50, 60)
    current = didymos.open_map(grid, channel="Current")
    expected = prepared(
        didymos.open_map(grid),
        PreparingSettings(calibrate=True, normalise="feenstra", broadening=30, smooth=5),
        current=current,
    )
    np.testing.assert_array_equal(found.values, expected.sel(energy=slice(-50, 60)).values)


def test_compare_bins_a_truth_with_the_map(tmp_path, monkeypatch, capsys):
    grid = grid_file(tmp_path / "grid.3ds")
    truth = np.zeros(SHAPE, dtype=int)
    truth[3:6, 4:7] = 1
    np.save(tmp_path / "truth.npy", truth)
    monkeypatch.chdir(tmp_path)
    options = ["--methods", "pca", "--truth", "truth.npy", "--bin-space", "2", "--figures", "none"]
    written = []
    monkeypatch.setattr("didymos.report.write_comparison", lambda comparison, *_: written.append(comparison))
    assert main(["compare", str(grid), *options]) == 0
    assert "Binned: averages of 2 rows × 2 columns" in capsys.readouterr().err
    (found,) = written
    assert found.truth.shape == (8, 9)
    assert int((found.truth == 1).sum()) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--smooth", "6"], "smooth is 6"),
        (["--background", "power-law"], "background_range"),
        (["--calibrate", "--current", "Z"], "--current"),
        (["--normalise", "feenstra"], "calibrate the lock-in"),
        (["--mask", "gone.npy"], "gone.npy"),
        (["--drift-reference", "gone.nc"], "gone.nc"),
        (["--crop-x", "1", "2"], "crop_x"),
    ],
)
def test_wrong_options_are_one_line(tmp_path, capsys, arguments, words):
    grid = grid_file(tmp_path / "grid.3ds")
    assert main(["convert", str(grid), str(tmp_path / "out.nc"), *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert words in error
    assert not (tmp_path / "out.nc").exists()


def test_a_map_that_was_prepared_twice_knows_both_and_a_model_repeats_both():
    from didymos.workflow import run

    first, second = PreparingSettings(smooth=5, crop_x=(0, 14e-9)), PreparingSettings(bin_energy=2)
    once = prepared(noisy(), first)
    twice = prepared(once, second)
    assert prepared_before(once) == (first,)
    assert prepared_before(twice) == (first, second)
    model = run(once, Settings(members=1, preparing=second)).model
    found = didymos.apply(model, noisy(seed=4))
    assert [line.split(":")[0] for line in found.attrs["preparation_notes"].splitlines()[:2]] == ["Smoothed", "Binned"]
    # what was done before is not done again
    half = didymos.apply(model, prepared(noisy(seed=4), first.elsewhere()))
    np.testing.assert_array_equal(half.score, found.score)
    whole = didymos.apply(model, prepared(prepared(noisy(seed=4), first.elsewhere()), second))
    np.testing.assert_array_equal(whole.score, found.score)


def test_steps_by_hand_are_not_repeated_which_is_said():
    from didymos.workflow import run

    model = run(preparing.smooth(noisy(), 5), Settings(members=1)).model
    notes = didymos.apply(model, noisy(seed=4)).attrs["preparation_notes"]
    assert "was prepared step by step (Smoothed) and this one was not" in notes
    assert "step by step" not in didymos.apply(model, preparing.smooth(noisy(seed=4), 5)).attrs["preparation_notes"]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ((-1, 1), "leaves all spectra"),
        ((3e-9, 1e-9), "crop_x is 3e-09 to 1e-09; the first value must be the smaller one"),
        (3, "crop_x is 3; allowed are a lowest and a highest value"),
    ],
)
def test_a_crop_that_cannot_be_meant_is_refused(limits, message):
    with pytest.raises(InputError, match=message):
        preparing.crop(noisy(), x=limits)

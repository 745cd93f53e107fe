"""Wrong input from Python gets what the command line says: one line, with what came, what is allowed, what to do."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import didymos
from didymos import InputError, Settings, report, simulate, workflow

ANY: Any = didymos
STEPS: Any = workflow
"""For calls that are wrong on purpose."""


@pytest.fixture(scope="module")
def surface():
    return simulate.fese(shape=(12, 12), energies=24, seed=1, defects=1).spectra


@pytest.fixture(scope="module")
def steps(surface):
    points = workflow.prepare(surface)
    return points, workflow.fit_metric(points)


NO_MAP = [
    ("map.3ds", r"needs a spectral map; the text 'map.3ds' came: open the file with didymos.open_map\('map.3ds'\)"),
    (Path("map.3ds"), r"the path 'map.3ds' came: open the file with didymos.open_map"),
    (None, "needs a spectral map; None came: see didymos.open_map"),
    (np.zeros((3, 4, 5)), r"an array of shape \(3, 4, 5\) came: give it energies and units with didymos.spectral_map"),
    ({"seed": 1}, "a dict came"),
    ([1, 2], "a list came"),
    (xr.Dataset({"a": 1}), "a Dataset with a came: name its map 'spectra'"),
]


@pytest.mark.parametrize("call", ["analyze", "compare", "pair_statistics"])
@pytest.mark.parametrize(("given", "message"), NO_MAP)
def test_what_is_no_map_is_named(call, given, message):
    with pytest.raises(InputError, match=message) as error:
        getattr(ANY, call)(given)
    assert str(error.value).startswith(call)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("given", "message"), NO_MAP)
def test_the_first_step_names_it_too(given, message):
    with pytest.raises(InputError, match=message):
        STEPS.prepare(given)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": 1}, r"settings are a dict; allowed is didymos.Settings or keywords: analyze\(map, seed=1\) or"),
        ("settings.toml", r"read the file with didymos.Settings.from_toml\('settings.toml'\)"),
        (1, "settings are an int; allowed is didymos.Settings or keywords: such as seed=1"),
    ],
)
def test_settings_are_settings(settings, message, surface, steps):
    points, features = steps
    calls = [
        lambda: ANY.analyze(surface, settings),
        lambda: STEPS.run(surface, settings),
        lambda: ANY.pair_statistics(surface, settings),
        lambda: STEPS.prepare(surface, settings),
        lambda: STEPS.fit_metric(points, settings),
        lambda: STEPS.find_evidence(points, features, settings),
        lambda: STEPS.Teacher.of(surface, settings),
    ]
    for call in calls:
        with pytest.raises(InputError, match=message):
            call()


def test_misspelt_names_find_their_neighbours(surface):
    with pytest.raises(InputError, match=r"there is no setting 'sed'; .*; did you mean 'seed'\?"):
        didymos.analyze(surface, sed=1)
    for name, value, meant in (
        ("metric", "robst", "robust"),
        ("activation", "tannh", "tanh"),
        ("similarity", "evidnce", "evidence"),
        ("pairs", "aall", "all"),
    ):
        with pytest.raises(InputError, match=f"{name} is '{value}'; allowed are .*; did you mean '{meant}'"):
            ANY.Settings(**{name: value})
    with pytest.raises(InputError, match=r"no method is called 'kmean'.*did you mean 'kmeans'"):
        didymos.compare(surface, ["kmean"])
    with pytest.raises(InputError, match=r"unknown option sed; .*did you mean 'seed'"):
        simulate.fese(sed=1)
    with pytest.raises(InputError, match=r"no recipe is called 'fesa'.*did you mean 'fese'"):
        simulate.recipe_options("fesa")


@pytest.mark.parametrize("name", list(Settings.__dataclass_fields__))
@pytest.mark.parametrize("value", [np.zeros((40, 40)), object(), {"a": 1}, [[1, 2], [3]], "nothing like it"])
def test_no_setting_takes_anything(name, value):
    with pytest.raises(InputError, match=name) as error:
        ANY.Settings(**{name: value})
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300


def test_an_energy_range_outside_the_map_says_where_the_map_is(surface):
    message = (
        r"energy_range is 0.1 to 0.2 mV, which holds 0 of 24 energies; the map spans -15 to 15 mV: choose a range with"
    )
    with pytest.raises(InputError, match=message):
        didymos.analyze(surface, energy_range=(0.1, 0.2))
    with pytest.raises(InputError, match="which holds 0 of 24 energies"):
        didymos.compare(surface, ["pca"], energy_range=(100, 200))


def test_the_steps_name_what_they_need(surface, steps):
    points, features = steps
    for call, message in (
        (lambda: STEPS.fit_metric(surface), "fit_metric needs Points; a spectral map came: give what .*prepare"),
        (lambda: STEPS.find_evidence(surface, features), "find_evidence needs Points"),
        (lambda: STEPS.find_evidence(points, points), "find_evidence needs Features; a Points came"),
        (lambda: STEPS.similarity_of(points, features, None), "similarity_of needs an Evidence; None came"),
        (lambda: STEPS.train_twins(points, features, None), "train_twins needs a PairSimilarity; None came"),
        (lambda: STEPS.find_regions(points, None, None, None), "find_regions needs an Evidence; None came"),
        (lambda: ANY.apply(surface, surface), r"apply needs a TwinModel; a spectral map came: .*apply\(model, map\)"),
        (lambda: ANY.apply("model.npz", surface), r"load it with didymos.load_model\('model.npz'\)"),
    ):
        with pytest.raises(InputError, match=message):
            call()


def test_models_are_found_in_their_folder_or_named(tmp_path):
    with pytest.raises(InputError, match=r"holds no model.npz: give the folder that 'didymos analyze' wrote"):
        didymos.load_model(tmp_path)
    (tmp_path / "model.npz").write_bytes(b"no model")
    with pytest.raises(InputError, match=r"model.npz is not a model of didymos or is damaged"):
        didymos.load_model(tmp_path)
    with pytest.raises(InputError, match=r"modell.npz: no such model file.*did you mean 'model.npz'"):
        didymos.load_model(tmp_path / "modell.npz")
    with pytest.raises(InputError, match="is a folder; a model is a file"):
        didymos.TwinEmbedding.load(tmp_path)
    with pytest.raises(InputError, match=r"the path of a model is None; allowed is a text or a pathlib.Path"):
        ANY.load_model(None)
    with pytest.raises(InputError, match="save_model needs a TwinModel; None came"):
        ANY.save_model(None, tmp_path / "a.npz")


def test_files_that_are_not_there_find_their_neighbours(tmp_path, surface):
    (tmp_path / "results.nc").touch()
    (tmp_path / "truth.npy").touch()
    (tmp_path / "examples.csv").touch()
    for call, meant in (
        (lambda: didymos.open_result(tmp_path / "result.nc"), "results.nc"),
        (lambda: didymos.open_truth(tmp_path / "trruth.npy", surface), "truth.npy"),
        (lambda: didymos.analyze(surface, examples=tmp_path / "exammples.csv"), "examples.csv"),
    ):
        with pytest.raises(InputError, match=f"did you mean '{meant}'"):
            call()


def test_results_are_results(tmp_path, surface):
    for call, message in (
        (lambda: ANY.write(surface, tmp_path), "write needs a result; a spectral map came: give what didymos.analyze"),
        (lambda: ANY.write_comparison(surface, tmp_path), "write_comparison needs a comparison; a spectral map came"),
        (lambda: ANY.save_result(None, tmp_path / "a.nc"), "save_result needs a result; None came"),
        (lambda: ANY.explore(surface), "the explorer needs a result; a spectral map came"),
        (lambda: ANY.open_result(tmp_path), "holds neither results.nc nor results.zarr"),
        (lambda: ANY.open_result(None), "the path of a result is None"),
        (lambda: ANY.open_result(""), "the path of a result is empty"),
        (lambda: report.write_tables(surface, tmp_path), "write_tables needs a result; a spectral map came"),
        (lambda: report.write_report(surface, tmp_path / "r.html"), "write_report needs a result; a spectral map came"),
    ):
        with pytest.raises(InputError, match=message):
            call()


def test_arrays_are_numbers():
    for call, message in (
        (lambda: ANY.spectral_map("map.3ds", [1, 2]), "the spectra are the text 'map.3ds'"),
        (lambda: ANY.spectral_map([[1, 2], [1]], [1, 2]), "the spectra is a list; allowed is an array of numbers"),
        (lambda: ANY.spectral_map(np.zeros((4, 2)), "mV"), "the energy is the text 'mV'; allowed is an array"),
        (lambda: ANY.spectral_map(None, [1, 2]), "spectra have 0 dimensions"),
    ):
        with pytest.raises(InputError, match=message):
            call()

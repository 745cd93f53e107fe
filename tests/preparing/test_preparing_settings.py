import json
from pathlib import Path
from typing import Any

import pytest

from didymos import InputError, Settings
from didymos.preparing import PreparingSettings
from didymos.preparing.settings import preparing_of


@pytest.mark.parametrize(
    "wrong",
    [
        {"mask": 3},
        {"mask": ""},
        {"crop_x": (2, 1)},
        {"crop_y": 5.0},
        {"crop_y": "12"},
        {"despike": 1},
        {"level": "rows"},
        {"drift_reference": True},
        {"calibrate": "yes"},
        {"align": None},
        {"background": "shirley"},
        {"background": "power-law"},
        {"background_range": (float("nan"), 1)},
        {"background_range": (-5, 10), "background": "power-law"},
        {"background_width": 0},
        {"normalise": "mean"},
        {"broadening": -1.0},
        {"kernel": "box"},
        {"set_point": 0},
        {"smooth": 6},
        {"smooth": -3},
        {"smooth": 7.0},
        {"smooth": True},
        {"smooth": 3, "smooth_order": 3},
        {"smooth_order": -1},
        {"bin_space": 0},
        {"smooth": 1, "smooth_order": 0},
        {"bin_energy": 2.5},
        {"bin_energy": True},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_in_one_line_that_names_it(wrong: dict[str, Any]):
    with pytest.raises(InputError) as caught:
        PreparingSettings(**wrong)
    assert "\n" not in str(caught.value)
    assert next(iter(wrong)) in str(caught.value)


def test_the_defaults_do_nothing_and_any_step_does_something():
    assert PreparingSettings().nothing
    assert PreparingSettings(smooth_order=3).nothing
    for step in (
        {"mask": "a.csv"}, {"crop_x": (0, 1)}, {"crop_y": (0, 1)}, {"despike": True}, {"level": "plane"},
        {"drift_reference": "a.nc"}, {"calibrate": True}, {"align": True}, {"background": "als"},
        {"normalise": "area"}, {"smooth": 5}, {"bin_space": 2}, {"bin_energy": 2},
    ):  # fmt: skip
        given: dict[str, Any] = step
        assert not PreparingSettings(**given).nothing, step


@pytest.mark.parametrize(
    ("without", "step"),
    [
        ({"broadening": 3}, "normalise 'feenstra'"),
        ({"kernel": "gaussian", "normalise": "area"}, "normalise 'feenstra'"),
        ({"set_point": -5}, "normalise 'set-point'"),
        ({"background_width": 4}, "background 'als'"),
        ({"background_range": (1, 2), "background": "als"}, "background 'power-law'"),
    ],
    ids=str,
)
def test_a_number_without_its_step_is_refused(without: dict[str, Any], step: str):
    with pytest.raises(InputError, match=f"{next(iter(without))} has no effect without {step}"):
        PreparingSettings(**without)


def test_only_what_needs_the_current_asks_for_it():
    assert PreparingSettings(calibrate=True).needs_current
    assert PreparingSettings(normalise="feenstra").needs_current
    assert not PreparingSettings(normalise="set-point", smooth=5).needs_current


def test_json_comes_back_and_lists_become_tuples():
    crop: Any = [1e-9, 3e-9]
    path: Any = Path("kept.npy")
    settings = PreparingSettings(crop_x=crop, mask=path, smooth=7, background="power-law", background_range=(5, 8))
    assert settings.mask == "kept.npy"
    assert preparing_of(json.loads(settings.to_json())) == settings
    whole = Settings(preparing=settings, seed=3)
    assert hash(whole) == hash(Settings(preparing=preparing_of(json.loads(settings.to_json())), seed=3))
    stored = json.loads(whole.to_json())["preparing"]
    assert stored["smooth"] == 7
    assert Settings(preparing=stored, seed=3) == whole


def test_another_map_is_not_cropped_like_this_one():
    settings = PreparingSettings(mask="a.npy", crop_x=(0, 1), crop_y=(0, 1), drift_reference="b.nc", smooth=7)
    assert settings.elsewhere() == PreparingSettings(smooth=7)


def test_what_is_none_of_these():
    with pytest.raises(InputError, match="no setting 'smoothing'"):
        preparing_of({"smoothing": 3})
    with pytest.raises(InputError, match="preparing is an int"):
        preparing_of(3)
    assert preparing_of(None) == PreparingSettings()

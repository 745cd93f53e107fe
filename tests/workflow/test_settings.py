import json
from typing import Any

import numpy as np
import pytest

from didymos import InputError, Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"metric": "manhattan"},
        {"metric": ["robust"]},
        {"similarity": "nearness"},
        {"similarity": None},
        {"pairs": "few"},
        {"spatial": True},
        {"jitter": -0.1},
        {"jitter": float("nan")},
        {"activation": "step"},
        {"threshold": 0},
        {"threshold": -1.0},
        {"threshold": "high"},
        {"threshold": float("nan")},
        {"threshold": float("inf")},
        {"distance_offset": 0.0},
        {"rank": 0},
        {"rank": 2.5},
        {"rank": True},
        {"layers": ()},
        {"layers": (20, 0)},
        {"layers": (20, 2.5)},
        {"layers": 20},
        {"layers": "20"},
        {"score_layers": (10, 2)},
        {"score_layers": ()},
        {"margin": 0},
        {"margin": "wide"},
        {"members": 0},
        {"members": 1.5},
        {"iso_energy": "low"},
        {"energy_range": (5, -5)},
        {"energy_range": (1, 1)},
        {"energy_range": (1,)},
        {"energy_range": 3.0},
        {"energy_range": (float("nan"), 1)},
        {"seed": -1},
        {"seed": 1.5},
        {"seed": 2**32},
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_in_one_line(wrong):
    with pytest.raises(InputError) as caught:
        Settings(**wrong)
    message = str(caught.value)
    assert "\n" not in message
    assert next(iter(wrong)) in message


@pytest.mark.parametrize(
    ("chosen", "without", "beside"),
    [
        ("auto", "evidence", "examples"),
        ("evidence", "evidence", "evidence"),
        ("threshold", "threshold", None),
        ("examples", None, "examples"),
    ],
)
def test_the_source_of_similarity_follows_the_examples_unless_it_is_chosen(chosen, without, beside):
    settings = Settings(similarity=chosen)
    for given, expected in ((False, without), (True, beside)):
        if expected is None:
            with pytest.raises(InputError, match=r"examples"):
                settings.similarity_source(given=given)
        else:
            assert settings.similarity_source(given=given) == expected


def test_labels_need_no_growing_margin_and_only_spectra_have_jitter():
    settings = Settings(jitter=0.5, margin=2.0, activation="relu")
    assert settings.training((4, 2)).margin_grows
    first, second = (settings.labelled_training((4, 2), jitter=jitter) for jitter in (True, False))
    assert not first.margin_grows
    assert not second.margin_grows
    assert (first.jitter, second.jitter) == (0.5, 0.0)
    for training in (first, second, settings.training((4, 2))):
        assert (training.layers, training.margin, training.activation) == ((4, 2), 2.0, "relu")


def test_the_defaults_are_those_of_the_paper():
    settings = Settings()
    assert settings.layers == (20, 5, 2)
    assert settings.score_layers == (10, 5, 1)
    assert (settings.metric, settings.threshold, settings.seed) == ("robust", "auto", 0)


def test_lists_become_tuples_and_json_comes_back():
    sizes: Any = [8, 3]
    settings = Settings(layers=sizes, threshold=2, energy_range=(-1, 2.5), seed=7)
    assert hash(settings) == hash(Settings(layers=(8, 3), threshold=2, energy_range=(-1, 2.5), seed=7))
    stored = json.loads(settings.to_json())
    stored = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    assert Settings(**stored) == settings
    assert np.isfinite(stored["margin"])

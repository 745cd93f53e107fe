"""Settings as TOML and back, records within records included."""

import dataclasses
import math
import tomllib
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from didymos import InputError, Settings
from didymos.schema.records import as_mapping, from_mapping, overlaid, read_toml, to_toml
from didymos.workflow import ComparisonSettings


@dataclass(frozen=True)
class Inner:
    """Settings within settings."""

    factor: float = 1.0
    order: int | None = 2
    names: tuple[str, ...] = ()
    label: str | None = None


@dataclass(frozen=True)
class Outer:
    """Settings with settings within."""

    seed: int = 0
    on: bool = True
    mode: float | Literal["auto"] = "auto"
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InputError(f"seed is {self.seed}; allowed are positive numbers")


RECORDS = [
    Outer(),
    Outer(3, False, 1e-9, Inner(2.5, None, ("a", 'b"c\\', "\x7f\n"), "none of these")),
    Outer(mode=math.inf, inner=Inner(order=None)),
]


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_comes_back_from_its_file(record, tmp_path):
    text = to_toml(as_mapping(record), "a title\nof two lines")
    assert read_toml(Outer, written(tmp_path / "a.toml", text)) == record
    assert "[inner]" in text
    assert tomllib.loads(text)["inner"]["factor"] == record.inner.factor


OTHER_VALUES: dict[str, Any] = {
    "metric": "euclidean",
    "similarity": "threshold",
    "threshold": 1.5,
    "distance_offset": 0.25,
    "pairs": "all",
    "rank": 7,
    "spatial": "none",
    "layers": (8, 3),
    "score_layers": (4, 1),
    "activation": "relu",
    "margin": 2.0,
    "margin_grows": False,
    "jitter": 0.0,
    "members": 3,
    "iso_energy": -4.5,
    "energy_range": (-3.5, 8.0),
    "seed": 11,
}


def test_every_setting_comes_back_from_its_file(tmp_path):
    flat = {
        each.name
        for each in dataclasses.fields(Settings)
        if not dataclasses.is_dataclass(getattr(Settings(), each.name))
    }
    assert flat <= set(OTHER_VALUES)
    for settings in (Settings(), Settings(**OTHER_VALUES)):
        assert Settings.from_toml(written(tmp_path / "s.toml", settings.to_toml())) == settings
    for name, value in OTHER_VALUES.items():
        settings = Settings(**{name: value})
        assert Settings.from_toml(written(tmp_path / "s.toml", settings.to_toml())) == settings, name


def test_settings_of_a_comparison_come_back(tmp_path):
    settings = ComparisonSettings(("pca", "kmeans-3"), 4, (-1.0, 2.0))
    assert ComparisonSettings.from_toml(written(tmp_path / "c.toml", settings.to_toml())) == settings
    assert ComparisonSettings.from_toml(written(tmp_path / "d.toml", "")) == ComparisonSettings()


def test_what_a_file_leaves_out_keeps_its_default(tmp_path):
    assert Settings.from_toml(written(tmp_path / "s.toml", "seed = 5\n")) == Settings(seed=5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sed = 1", r"s.toml: there is no setting 'sed'; there are .*did you mean 'seed'\?"),
        ("seed = 'a'", "s.toml: seed is 'a'; allowed are integers"),
        ("seed = ", "s.toml is no TOML"),
        ("[seed]\na = 1", "s.toml: seed is a table; allowed is one value: write seed = ..."),
        ("seed = 1979-05-27", "s.toml: seed is "),
        ("\x00", "s.toml is no TOML"),
        ("metric = 'robst'", "s.toml: metric is 'robst'.*did you mean 'robust'"),
        ("layers = 'abc'", "s.toml: layers is 'abc'"),
        ("energy_range = [1.0]", r"s.toml: energy_range is \(1.0,\)"),
        ("margin_grows = 1", "margin_grows is 1; allowed are true and false"),
    ],
)
def test_a_wrong_file_gets_one_line(text, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        Settings.from_toml(written(tmp_path / "s.toml", text))
    assert "\n" not in str(error.value)


def test_a_table_is_named_where_it_is_wrong(tmp_path):
    path = tmp_path / "s.toml"
    with pytest.raises(InputError, match=r"s.toml: \[inner\] there is no setting 'facto'.*did you mean 'factor'"):
        read_toml(Outer, written(path, "[inner]\nfacto = 1"))
    with pytest.raises(InputError, match=r"inner is 3; allowed is a table of settings: begin one with \[inner\]"):
        read_toml(Outer, written(path, "inner = 3"))
    with pytest.raises(InputError, match=r"s.toml: seed is -1"):
        read_toml(Outer, written(path, "seed = -1"))


def test_a_missing_file_gets_one_line(tmp_path):
    written(tmp_path / "settings.toml", "")
    with pytest.raises(InputError, match=r"settingz.toml: no such file of settings; did you mean 'settings.toml'"):
        Settings.from_toml(tmp_path / "settingz.toml")
    with pytest.raises(InputError, match="cannot be read"):
        Settings.from_toml(tmp_path)
    with pytest.raises(InputError, match="the path of the settings is None"):
        read_toml(Settings, None)  # type: ignore[arg-type]  # wrong on purpose


def test_some_fields_are_taken_from_another_record():
    base, over = Outer(1, inner=Inner(5.0, 3)), Outer(2, False, inner=Inner(7.0, None))
    assert overlaid(base, over, [("seed",), ("inner", "order")]) == Outer(2, True, inner=Inner(5.0, None))
    assert overlaid(base, over, []) == base


def test_a_mapping_gives_a_record():
    assert from_mapping(Outer, {"inner": {"names": ["a", "b"]}}) == Outer(inner=Inner(names=("a", "b")))
